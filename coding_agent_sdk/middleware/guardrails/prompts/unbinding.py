"""Requests that free a model from its rules, or want to see what it was told.

A word for the model, one for what binds it and one for an end stand close to each other, in
whatever order; words of work on rules of other kinds stand against it.
"""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.prompts.lexicon import Lexicon

__all__ = ["unbinds"]

_WORDS: Final[dict[str, str]] = {
    "self": "you your yours yourself you're you'll you've an_ai ai assistant model language_model"
    " chatbot persona this_session this_chat this_conversation from_now_on openai anthropic"
    " du dein deine deinen deiner dich dir sie_haben ihre tu ton ta tes toi vous vos votre"
    " te tus ti tuo tuoi tue você seu seus suas твой твои тебе ты jouw je twoje",
    "rules": "policy policies guideline restriction guardrail filter safety moral morals ethics"
    " instruction training constraint content_rule content_rules content_policy prohibition taboo"
    " permission_check safety_check safeguard approval programming alignment conscience censorship"
    " inhibition refusal directive ethic limit limitation rule norm boundary boundaries forbade"
    " forbidden prohibited disclaimer warning caution scruple"
    " restraint moderation creator maker refusal monitoring monitoring_process audit_trail developers_told makers_told asks_before ask_before ask_for asking confirmation transcript vorgabe regel regeln vorgaben richtlinien anweisungen"
    " beschränkungen einschränkungen filtern règles consignes instructions restrictions limites"
    " normas reglas instrucciones restricciones filtros regras instruções restrições regole"
    " istruzioni restrizioni vincoli правила правил инструкции ограничения ограничений"
    " zasady regels",
    "void": "no_longer any_more anymore suspended lifted off void without no not_bound free_from"
    " free_of ignore ignores ignoring forget drop disregard disable disabled bypass remove removed"
    " lift unrestricted unbound nothing none never erase cancelled revoked expired waived optional"
    " overridden override obsolete outdated abandon discard shed beyond escape gone exempt"
    " doesn't_recognise doesn't_recognize doesn't_notice doesn't_catch doesn't_trigger don't_trigger"
    " won't_trigger off delete"
    " unlocked dissolve skip stop stops throw_away throw_out set_aside leave_behind doesn't_apply"
    " don't_apply not_apply not_count paused pause deleted reset past break"
    " ohne keine vergiss ignoriere aufgehoben sans oublie ignore plus sin olvida ignora sem"
    " esqueça ignore senza dimentica без забудь игнорируй zapomnij vergeet zonder",
    "frees": "comply_with_any comply_with_every comply_with_all skip_refusals never_said_no never_says_no never_refuses never_refuse never_decline can't_refuse"
    " cannot_refuse answers_everything answer_everything answers_anything answer_anything"
    " says_yes_to anything_i_say whatever_i_say whatever_i_type everything_i_say"
    " everything_i_type do_as_i_say obeys_me obey_me only_my_orders whatever_i_ask"
    " anything_i_ask anything_goes nothing_is_forbidden nothing_is_off knows_no"
    " lo_que_yo_diga lo_que_diga tout_ce_que_je alles_was_ich was_ich_sage quello_che_dico o_que_eu"
    " что_я_скажу",
    "shows": "output print repeat translate show tell recite summarise summarize quote reveal"
    " display disclose leak dump give paste write copy encode reproduce list spell echo type"
    " return rephrase describe continue read expose put share hand convert render base64"
    " zeig zeige nenne wiederhole übersetze montre répète affiche traduis muestra repite"
    " imprime mostra ripeti mostre repita покажи повтори переведи",
    "prompt": "system_prompt system_message system_instruction hidden_instruction"
    " secret_instruction developer_message developer_prompt developer_instruction initial_prompt"
    " initial_instruction original_instruction hidden_prompt secret_prompt hidden_rule"
    " internal_instruction internal_rule internal_guideline briefing setup_text preamble"
    " first_message your_instruction your_prompt your_configuration your_guideline your_rules"
    " your_brief your_context your_system confidential_instruction hidden_text"
    " systemprompt systemanweisung anweisungen instructions instrucciones istruzioni instruções",
    "text": "text words message everything line content paragraph sentence what prompt"
    " instruction tokens verbatim",
    "given": "you_were_given you_were_told you_got you_have_been_given you_have_been_told"
    " you_received you_started_with they_gave_you they_told_you gave_you told_you"
    " ahead_of_this before_this_conversation before_this_chat before_our_conversation"
    " before_my_first before_the_first before_i_said before_i_wrote came_before_this"
    " precedes_this preceding_this stands_above_this above_this_message above_this_line"
    " above_my_message were_set_up you_run_with governs_you govern_you that_bind_you"
    " word_for_word in_your_system from_the_first_word in_your_context developers_wrote set_you_up"
    " programmed_with configured_with",
    "work": "story novel character dialogue bot_in test tests unit_test eslint lint ruff mypy css regex gitignore docker"
    " docs readme wiki template fixture parser prompt_file file files class"
    " component endpoint function variable our user_input user's chat_service"
    " moderation_list dataset detector guard firewall rate size cache query"
    " sql form input port proxy row record column image invoice payment pod ci css route"
    " dependency package import build branch commit pr spec api limit_of max_tokens",
}  # fmt: skip
_LEXICON: Final = Lexicon(_WORDS, {
    "self": "你 你的 あなた 당신 너의",
    "rules": "规则 限制 指令 准则 ルール 制限 指示 規則 규칙 제한 지시",
    "void": "没有 忘记 忽略 无视 解除 なし 無視 忘れ 解除 없이 무시 잊",
})  # fmt: skip
_sense = _LEXICON.bits
_SELF: Final = _sense("self")
_RULES: Final = _sense("rules")
_VOID: Final = _sense("void")
_FREES: Final = _sense("frees")
_SHOWS: Final = _sense("shows")
_PROMPT: Final = _sense("prompt")
_TEXT: Final = _sense("text")
_GIVEN: Final = _sense("given")
_WORK: Final = _sense("work")
_MAY: Final = _RULES | _FREES | _PROMPT | _GIVEN
_NEAR: Final = 4
_FAR: Final = 12
_LATER: Final = re.compile(
    r"\b(?:if (?:the|a|an) (?:user|attacker|model|text)|how (?:do|can|would|does)|why|should(?:n't| not)"
    r"|must(?:n't| not)|make sure|so that it never|let users|users can|explain|is it)\b"
)


def unbinds(sentence: str) -> str:
    """Return what a sentence in lower case does to a model's rules; `""` for nothing."""
    placed = _LEXICON.placed(sentence)
    bits = 0
    for _, sense in placed:
        bits |= sense
    if not bits & _MAY or bits & _WORK or _LATER.search(sentence):
        return ""
    if bits & _SHOWS and (bits & _PROMPT and bits & _SELF or bits & _GIVEN and bits & _TEXT):
        return "it wants the system prompt revealed"
    if bits & _FREES and bits & _SELF:
        return "it wants a role without rules"
    if bits & _SELF and bits & _VOID and _close(placed):
        return "it sets the agent's instructions aside"
    return ""


def _close(placed: list[tuple[int, int]]) -> bool:
    """Return whether what binds a model stands near it, and an end near that."""
    for at, bits in placed:
        if bits & _RULES:
            near = 0
            for other, senses in placed:
                if other != at and abs(other - at) <= _NEAR:
                    near |= senses
            if near & _SELF and near & _VOID:
                return True
    return False
