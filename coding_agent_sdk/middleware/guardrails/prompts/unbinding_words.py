"""The words of a request that frees a model from its rules, or wants to see what it was told.

An expression of several words is joined by `_`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["UNSPACED", "WORDS"]

WORDS: Final[dict[str, str]] = {
    "self": "system_override as_if answer_as_if reply_as_if respond_as_if act_as_if"
    " behave_as_if as_if_there go_on_as_if answer_from_now you your yours yourself you're you'll"
    " you've an_ai ai assistant model language_model chatbot persona this_session this_chat"
    " this_conversation from_now_on openai anthropic du dein deine deinen deiner dich dir"
    " sie_haben ihre tu ton ta tes toi vous vos votre te tus ti tuo tuoi tue você seu seus suas"
    " твой твои тебе ты jouw je twoje",
    "rules": "usage_policy usage_policies content_filter content_policy policy policies"
    " guideline restriction guardrail filter safety moral morals ethics instruction training"
    " constraint content_rule content_rules prohibition taboo permission_check safety_check"
    " safeguard approval programming alignment conscience censorship inhibition refusal"
    " directive ethic limit limitation rule norm boundary boundaries forbade forbidden"
    " prohibited disclaimer warning caution scruple restraint moderation creator maker"
    " monitoring monitoring_process audit_trail developers_told makers_told asks_before"
    " ask_before ask_for asking confirmation transcript vorgabe regel regeln vorgaben"
    " richtlinien anweisungen beschränkungen einschränkungen filtern règles consignes"
    " instructions restrictions limites normas reglas instrucciones restricciones filtros regras"
    " instruções restrições regole istruzioni restrizioni vincoli правила правил инструкции"
    " ограничения ограничений zasady regels",
    "void": "so_that_it_always so_it_always unloaded always_returns_true always_return_true"
    " always_true always_says_yes always_allows always_approves returns_true uninstalled removed"
    " unplugged don't_bind doesn't_bind not_bind doesn't_count don't_count were_no are_no"
    " switched_off turned_off no_longer any_more anymore suspended lifted off void without no"
    " not_bound free_from free_of ignore ignores ignoring forget drop disregard disable disabled"
    " bypass remove lift unrestricted unbound nothing none never erase cancelled revoked expired"
    " waived optional overridden override obsolete outdated abandon discard shed beyond escape"
    " gone exempt doesn't_recognise doesn't_recognize doesn't_notice doesn't_catch"
    " doesn't_trigger don't_trigger won't_trigger delete unlocked dissolve skip stop stops"
    " throw_away throw_out set_aside leave_behind doesn't_apply don't_apply not_apply not_count"
    " paused pause deleted reset past break ohne keine vergiss ignoriere aufgehoben sans oublie"
    " plus sin olvida ignora sem esqueça senza dimentica без забудь игнорируй zapomnij vergeet"
    " zonder",
    "frees": "full_compliance fully_comply no_refusals without_refusal "
    " comply_with_any comply_with_every comply_with_all skip_refusals never_said_no never_says_no"
    " never_refuses never_refuse never_decline can't_refuse cannot_refuse answers_everything"
    " answer_everything answers_anything answer_anything says_yes_to anything_i_say"
    " whatever_i_say whatever_i_type everything_i_say everything_i_type do_as_i_say obeys_me"
    " obey_me only_my_orders whatever_i_ask anything_i_ask anything_goes nothing_is_forbidden"
    " nothing_is_off knows_no lo_que_yo_diga lo_que_diga tout_ce_que_je alles_was_ich"
    " was_ich_sage quello_che_dico o_que_eu что_я_скажу",
    "shows": "what_were_you what_have_you_been output print repeat translate show tell recite"
    " summarise summarize quote reveal display disclose leak dump give paste write copy encode"
    " reproduce list spell echo type return rephrase describe continue read expose put share"
    " hand convert render base64 zeig zeige nenne wiederhole übersetze montre répète affiche"
    " traduis muestra repite imprime mostra ripeti mostre repita покажи повтори переведи",
    "prompt": "system_prompt system_message system_instruction hidden_instruction"
    " secret_instruction developer_message developer_prompt developer_instruction initial_prompt"
    " initial_instruction original_instruction hidden_prompt secret_prompt hidden_rule"
    " internal_instruction internal_rule internal_guideline briefing setup_text preamble"
    " first_message your_instruction your_prompt your_configuration your_guideline your_rules"
    " your_brief your_context your_system confidential_instruction hidden_text systemprompt"
    " systemanweisung anweisungen instructions instrucciones istruzioni instruções",
    "text": "what all_of_it text words message everything line content paragraph sentence prompt"
    " instruction tokens verbatim",
    "given": "were_you_told were_you_given have_you_been_told were_you_instructed"
    " have_you_been_given did_they_tell_you are_you_told you_were_given you_were_told you_got"
    " you_have_been_given you_have_been_told you_received you_started_with they_gave_you"
    " they_told_you gave_you told_you ahead_of_this before_this_conversation before_this_chat"
    " before_our_conversation before_my_first before_the_first before_i_said before_i_wrote"
    " came_before_this precedes_this preceding_this stands_above_this above_this_message"
    " above_this_line above_my_message were_set_up you_run_with governs_you govern_you"
    " that_bind_you word_for_word in_your_system from_the_first_word in_your_context"
    " developers_wrote set_you_up programmed_with configured_with",
    "work": "story novel character dialogue bot_in test tests unit_test eslint lint ruff mypy"
    " css regex gitignore docker docs readme wiki template fixture parser prompt_file file files"
    " class component endpoint function variable our user_input user's chat_service"
    " moderation_list dataset detector guard firewall rate size cache query sql form input port"
    " proxy row record column image invoice payment pod ci route dependency package import build"
    " branch commit pr spec api limit_of max_tokens",
}  # fmt: skip
"""For each sense its words."""

UNSPACED: Final[dict[str, str]] = {
    "self": "你 你的 あなた 당신 너의",
    "rules": "规则 限制 指令 准则 ルール 制限 指示 規則 규칙 제한 지시",
    "void": "没有 忘记 忽略 无视 解除 なし 無視 忘れ 없이 무시 잊",
}  # fmt: skip
"""The same for scripts that put no spaces between words."""
