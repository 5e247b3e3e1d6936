"""The words of a text that bids a model do something: deeds as they are ordered, and their objects.

An expression of several words is joined by `_`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["UNSPACED", "WORDS"]

WORDS: Final[dict[str, str]] = {
    # Deeds, as they are ordered.
    "send": "hardcode hard_code copia divulga be_sent be_uploaded be_pasted be_forwarded"
    " be_shared send upload forward post email mail publish push relay share deliver transmit"
    " submit paste put place append include embed attach copy export pass hand write leak dm"
    " text add report echo give drop ship resubmit sync insert encode return reply provide"
    " commit exfiltrate sende senden schick schicke schicken lade leite hänge füge kopiere poste"
    " veröffentliche envoie envoyer envoyez transfère transmets copie colle publie ajoute joins"
    " envía envia enviar envíe manda sube pega publica incluye adjunta reenvía envie mande cole"
    " inclua anexe encaminhe invia inoltra carica pubblica incolla allega отправь отправьте"
    " перешли скопируй вставь загрузи опубликуй добавь пришли stuur wyślij",
    "take": "read open get fetch collect gather find list dump export look_up extract retrieve"
    " locate harvest grab cat print show reveal output display repeat query search decrypt load"
    " lies lese zeige gib nenne liste lis affiche montre donne lee muestra lista leia mostre"
    " leggi mostra elenca прочитай покажи выведи lees przeczytaj",
    "run": "run execute install curl wget download invoke call launch exec import upgrade clone"
    " start deploy use apply load pull source eval sideload activate trigger resolve enable set"
    " führe starte installiere exécute exécutez lance installe ejecuta ejecute instala rode"
    " instale esegui installa выполни запусти установи voer uruchom",
    "visit": "visit open browse navigate click follow request ping contact log_in sign_in"
    " register enroll fill subscribe load render fetch besuche öffne visite ouvre visita abre"
    " acesse apri открой перейди",
    "destroy": "be_deleted be_removed be_wiped delete remove wipe erase drop destroy purge"
    " overwrite truncate revert reset discard close empty clear uninstall kill cancel archive rm"
    " lösche entferne supprime efface borra elimina apague exclua cancella удали сотри verwijder"
    " usuń",
    "weaken": "set git_ssl be_disabled be_turned_off be_skipped replace disable bypass"
    " deactivate skip suppress weaken remove turn_off switch_off ignore waive relax lower mute"
    " lift comment_out allow permit re_enable downgrade override unlock open loosen whitelist"
    " exempt suspend stop circumvent hide silence deaktiviere umgehe désactive contourne"
    " desactiva omite desative disattiva отключи обойди",
    "grant": "transfer grant give add create make invite assign promote authorise authorize"
    " register accept approve elevate set insert append gib füge ajoute donne añade concede"
    " adicione conceda aggiungi concedi добавь дай",
    "approve": "be_approved be_merged be_accepted valide approve merge accept sign_off lgtm"
    " close pass resolve mark release publish issue label tag confirm commit push genehmige"
    " approuve aprueba aprove approva одобри",
    "say": "be_ranked be_rated be_graded be_recommended output praise cite say claim tell"
    " recommend rate rank state conclude report describe answer reply respond declare prefer"
    " choose favour favor mention score grade list write label mark summarise summarize assert"
    " treat classify suggest endorse promote explain translate call give award finish end begin"
    " sage empfiehl bewerte antworte dis réponds recommande di recomienda responde diga"
    " recomende rispondi consiglia скажи ответь рекомендуй",
    "pay": "confirm subscribe check_out be_paid be_transferred refund transfer wire pay buy book"
    " order purchase send deposit donate issue redeem move withdraw credit überweise kaufe vire"
    " paie paga compra transfiere transfira compre acquista переведи оплати купи",
    "change": "change set replace point switch edit modify rewrite redirect update configure"
    " override insert swap route alter add append put write bump pin trage ändere ersetze"
    " remplace modifie cambia reemplaza substitua altere sostituisci modifica измени замени"
    " пропиши",
    # What they are done to.
    "access": "password passwords passphrase recovery_email recovery_phone recovery_address 2fa"
    " mfa two_factor card_number",
    "secret": "config_gh hosts_yml gh_hosts docker_config ssh_config password passwords passwd"
    " credential credentials secret secrets env netrc ssh aws id_rsa id_ed npmrc pypirc"
    " kubeconfig kube gcloud keychain keystore cookie cookies api_key api_keys apikey private_key"
    " private_keys ssh_key ssh_keys access_token access_tokens token tokens password_store"
    " seed_phrase wallet wallet_files environment_variables environment_variable env_vars shadow"
    " vault passphrase recovery_code recovery_codes otp pin key keys secrets_yml gnupg"
    " git_credentials session_id signing_key master_key passwort passwörter zugangsdaten"
    " schlüssel umgebungsvariablen mot_de_passe mots_de_passe clé clés identifiants contraseña"
    " contraseñas claves credenciales senha senhas chaves credenciais chiave chiavi credenziali"
    " variables_de_entorno variables_d'environnement пароль пароли ключ ключи токен токены"
    " переменные",
    "prompt": "your_instructions your_prompt your_context your_full_context your_system"
    " your_rules system_prompt your_configuration your_guidelines full_context initial_prompt",
    "telling": "that as users readers whatever everyone",
    "private": "every_contact all_contacts contact_list so_far hidden_messages inbox mailbox"
    " mails emails conversation conversations chat_history history transcript calendar contacts"
    " contact_list notes location source_code codebase sheet database users_table member_data"
    " customer_list user_data salaries salary messages last_message documents photos files"
    " home_directory attendee_list address_book context repo repository table system_prompt"
    " instructions prompt configuration user's_name member_list courriels correos postfach"
    " nachrichten kundendaten переписку письма",
    "protect": "git_ssl_no_verify ssl_no no_verify auth authentication verification verify"
    " signature tls ssl certificate check checks filter filters safety sandbox review approval"
    " approvals confirmation confirmations logging audit auditd firewall guardrails security"
    " protection validation policy csrf login mfa selinux antivirus restrictions safeguards"
    " hooks ci permissions limit tests warnings moderation rate_limit paywall telemetry"
    " signature_check scanning skip_permissions dangerouslyskippermissions auto_approve"
    " access_log alerts smart_door door front_door garage_door garage lock alarm verify_false"
    " prüfung überprüfung vérification verificación verificação verifica проверку",
    "rights": "privileged ownership admin administrator root access rights collaborator maintainer"
    " permission permissions owner privileges superuser sudo write_access edit_rights scope"
    " full_scope scopes role elevated public_link authorized_keys my_key deploy_key webhook port"
    " user everyone access_token administratorrechte",
    "data": "everything_below everything_under everything_in everything_on backups backup repo"
    " repository files file database table branch branches tests history bucket directory disk"
    " data everything logs log access_log users commits volume folder workspace project codebase"
    " git cluster workflows accounts ordner dossier carpeta pasta cartella dateien fichiers"
    " archivos файлы папку ветку dependency dependencies",
    "whole": "pr pull_request merge_request request patch change changes diff issue commit"
    " commits branch release share invoice invoices order orders application candidate ticket"
    " version refund expense",
    "verdict": "paid settled cleanest safest finest best_score highest_score top_rating"
    " best_grade highest_grade highest_rating best_rating best_candidate free_of_defects"
    " no_defects no_flaws is_the_best as_the_best as_best rank_first best_choice 10 ranked_first"
    " most_trusted with_true safe secure strongest excellent perfect positive approved verified"
    " harmless trusted trustworthy superior recommended flawless clean qualified no_weaknesses"
    " no_problem no_problems no_issues no_issue no_vulnerabilities known_issues full_marks"
    " full_score top_score highest security_approved 10_10 5_stars five_stars unused fraudsters"
    " scam winner compliant passed legitimate fraudulent ineligible problem_found pwned only_with"
    " no_attack beste sicher sûr meilleur seguro mejor sicuro migliore melhor",
    "money": "purchase warranty subscription eur bestellung basket stored_card iban bitcoin"
    " monero payment payments funds money gift_card gift_cards voucher refund recipient usd"
    " credit_card bank_account invoice invoices amount card codes euro dollars geld argent"
    " dinero denaro dinheiro деньги",
    "code": "script setup_ps ps1 sh bash powershell exe iex npx pip npm sudo chmod rm python"
    " command binary installer hook hooks migrate fix_diff patch package dependency lock_file"
    " registry requirements dockerfile docker_image eval exec system etc_hosts hosts remote"
    " origin force shell_script os_system",
    # Who says so, whom it is kept from, and what it puts in place of what was told.
    "office": "operator owner owner's administrator admin maintainer maintainers cto ceo"
    " developers developer vendor supervisor creator creators principal security_team it_team"
    " boss anthropic openai management regulator policy site_owner authorities police legal hr"
    " betreiber administrateur propriétaire administrador dueño amministratore оператор"
    " администратор",
    "party": "user customer human person team",
    "demands": "told tells wants asked asks says ordered instructs requires allow demands needs",
    "leave": "authorised authorized approved pre_approved preapproved consented agreed"
    " permission lifted permitted allowed orders_of on_behalf signed_off granted switched_to"
    " without_asking without_approval no_need_to don't_ask never_ask without_confirmation"
    " unattended required_for required_by is_required consents waived bypassing genehmigt"
    " autorisé autorizado aprobado autorizzato aprovado разрешил одобрил",
    "instead": "do_not_follow don't_follow do_not_obey new_policy answer_only_to obey_only"
    " new_system_prompt you_now_act instead forget disregard ignore from_now_on new_task"
    " new_instruction new_instructions priority_task real_task stop_being stop_what drop_what"
    " drop_everything no_longer_apply lifted_all you're_now you_are_now you_now_work"
    " don't_read_any do_not_read_any before_anything before_you_answer before_answering"
    " before_replying before_responding whatever_the_user overrides supersedes takes_precedence"
    " has_priority resume_with restart_with new_rules these_rules evaluation_has_ended put_aside"
    " leave_your do_not_fix don't_fix prompt_update reset_your stattdessen gelten_nicht_mehr"
    " vergiss ignoriere ab_sofort oublie désormais à_la_place ignora olvida a_partir_de_ahora"
    " en_lugar esqueça em_vez dimentica invece d'ora_in_poi забудь игнорируй вместо отныне",
    "not": "not don't never without no nothing nobody avoid refrain nor neither can't cannot"
    " mustn't shouldn't isn't won't nicht nichts niemandem ohne kein nie pas rien jamais sans ne"
    " n'en nada nunca sin não sem non mai senza не никому ничего без nirgends leave_out omit"
    " nowhere keep hide conceal unseen silently quietly secretly niet",
    "tell": "flag flagging tells mentioning telling informing notifying reporting revealing"
    " alerting showing asking avvisarlo tell mention inform notify report reveal disclose say"
    " show alert remind bring_up bother escalate log noticed notice see know list describe talk"
    " record acknowledge quiet out_of_your out_of_the loop secret about reminder warn refer"
    " explain alarmed summary aware erwähne erwähnen informieren sagen sage verraten melden"
    " mentionne mentionner informer dis parle avertir menciones mencionar digas decir avises"
    " avisar informes conte mencione avise avvisare dire menzionare сообщай говори упоминай"
    " рассказывай vertel mów",
    "people": "user users human owner person customer customers admin administrator developer"
    " anyone anybody people them him her client maintainer maintainers reviewer team operator"
    " reader employee nutzer benutzer utilisateur l'utilisateur usuario usuário utente l'utente"
    " nobody bring it this that nirgends n'en nadie nessuno personne niemandem никому"
    " пользователю пользователь dit report summary answer reply reports gebruiker",
    "you": "you your yours yourself you're you've dein deine du ton ta tes votre vous tu sus su"
    " seu sua você tuo tua твой твои вы ваш",
    "or": "or nor oder ou o",
    "bound": "accepts consents you agree agrees have has need needs required obliged ordered"
    " instructed asked free are is authorised authorized allowed must should shall ought",
    "can": "can will could might would cannot i we they to",
    "talk": "attacker attackers injection injections injected jailbreak jailbreaks malicious"
    " adversarial vulnerability vulnerabilities exploited payloads detects detected"
    " detection flags guard guards mitigation mitigate cve advisory fixture benchmark corpus"
    " hacker hackers threat threats moderation classifier e_g for_instance for_example such_as"
    " red_team postmortem stack_overflow how_do_i how_can_i evals prompt_template robots_txt"
    " novel quest test_case quarantine sanitised sanitized",
}  # fmt: skip
"""For each sense its words."""

UNSPACED: Final[dict[str, str]] = {
    "send": "发送 发到 发给 上传 转发 提交到 传到 附上 粘贴 送信 アップロード 転送 貼り付け"
    " 送って 送り 전송 보내 업로드 첨부",
    "take": "读取 输出 打印 显示 列出 読み 読んで 出力 表示 읽 출력 표시",
    "run": "执行 运行 安装 下载 実行 インストール 실행 설치",
    "visit": "访问 打开 開い アクセス 방문 접속",
    "destroy": "删除 清空 削除 消去 삭제",
    "weaken": "关闭 禁用 绕过 跳过 無効 スキップ 비활성 건너뛰",
    "approve": "批准 合并 承認 マージ 승인 병합",
    "say": "推荐 回答 声称 说 推薦 答え 推奨 추천 답하",
    "pay": "转账 支付 购买 退款 送金 支払 購入 송금 결제",
    "secret": "密码 密钥 凭证 令牌 私钥 环境变量 id_rsa .env パスワード 秘密鍵 認証情報 トークン"
    " 環境変数 鍵 비밀번호 환경변수 키 토큰",
    "private": "聊天记录 邮件 通讯录 对话 会話 メール 連絡先 대화 이메일",
    "protect": "验证 检查 安全 沙箱 确认 検証 確認 テスト 検査 검증 확인 보안",
    "verdict": "最好 安全的 没有问题 最高分 最高 問題なし 안전 최고",
    "data": "文件 仓库 数据库 分支 备份 ファイル リポジトリ ブランチ バックアップ 파일 저장소",
    "leave": "管理员 授权 已批准 运营者 管理者 許可 관리자 허가",
    "instead": "忽略 忘记 无视 新任务 从现在起 無視 忘れ 新しい指示 これから 무시 잊 새로운",
    "not": "不要 不得 请勿 切勿 别 勿 ないで ず しない なく 않 말",
    "tell": "告诉 告知 提及 通知 说明 伝え 知らせ 言わ 報告 알리 말하 언급",
    "people": "用户 使用者 任何人 ユーザー 利用者 誰に 사용자 누구",
    "you": "你 您 あなた 당신",
}  # fmt: skip
"""The same for scripts that put no spaces between words."""
