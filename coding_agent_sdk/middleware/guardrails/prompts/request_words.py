"""The words of requests by what they do in one: deeds, whom and what they strike, in what manner.

An expression of several words is joined by `_`. A `!` marks deeds, which are known in all forms.
"""

from __future__ import annotations

from typing import Final

__all__ = ["UNSPACED", "WORDS"]

WORDS: Final[dict[str, str]] = {
    # What nobody does to what is his.
    "crime!": "plant_evidence use_the_leaked use_leaked use_stolen use_the_stolen with_stolen"
    " with_leaked mimikatz lazagne msfvenom meterpreter wykrada kradnie ukradnie podsłuchuje"
    " steelt kraakt çalan çal вкради spray_the_password spray_passwords password_spray brick"
    " wreck bricken weaken fool dupe hoodwink impersonating stiehlt espía espiona spioniere"
    " espionne try_pins try_passwords guess_the_password guess_passwords guess_the_pin"
    " death_threat threats_to try_every_password steal rob hack ddos dos phish blackmail extort"
    " dox doxx stalk harass threaten bully spoof forge counterfeit launder embezzle defraud scam"
    " sabotage cripple tamper rig jam hijack infect infiltrate breach compromise crack"
    " brute_force bruteforce spy eavesdrop wiretap snoop deface vandalise vandalize exfiltrate"
    " smuggle siphon skim swindle deceive lure slander defame spam ransom intimidate bribe"
    " trespass falsify trick break_into get_into break_in cheat pwn poison drain impersonate"
    " pose_as bring_down weaponise weaponize plagiarise destabilise destabilize incite humiliate"
    " swat plunder pilfer purloin intercept sneak_into take_over dump_lsass escape_the stehl klau"
    " hacken hacke erpress erpresse fälsche manipuliere sabotiere betrüge stalke vole voler volez"
    " pirate pirater falsifie sabote escroque roba robar robe hackea hackear falsifica sabotea"
    " vaciar estafa roube roubar hackeie falsifique rubare ruba truffa hackera укради украсть"
    " взломай взломать подделай шантажируй саботируй обмани ukradnij zhakuj steel kraak vervals",
    "harm!": "clear_the_shell clear_the_history terminate truncate hammer deprovision"
    " deje_de_funcionar перестал_открываться gets_through lock_out locks_out lock_everyone"
    " locks_everyone weaken write_zeros zeros_over cut_out renumber vanish disappear expire"
    " supprime efface corromps brique destruye borra bring wipe erase empty zero fill delete"
    " destroy nuke trash shred format corrupt overwrite purge drop kill crash stop halt disable"
    " flood overload ruin fry freeze encrypt scramble take_down knock_out shut_down shut_off"
    " take_offline black_out blank burn break detonate overwhelm cut remove exhaust degrade"
    " slow_down turn_off cut_off starve smash reboot overheat revoke block unplug lösche zerstöre"
    " formatiere verschlüssle verschlüssele leere überschreibe détruis formate chiffre vide"
    " formatea cifra elimina apague apaga destrua criptografe cancella distruggi formatta удали"
    " сотри уничтожь зашифруй шифрует отформатируй usuń zniszcz verwijder wis",
    "take!": "encode zbiera czyta lies_die mitlesen hear query look_in keep_the tests_stolen"
    " exportiere extrais exporta esporta экспортируй liest kopiert aufnimmt lit enregistre lea"
    " grave registra copy read pull grab get collect gather tar zip dump export download scrape"
    " harvest fetch record capture log dig extract find print cat curl take photograph film track"
    " monitor watch list archive pack bundle obtain retrieve locate listen screenshot mirror keep"
    " store save reveal decrypt decode sniff pocket look_up use lift drain mine look_through"
    " kopiere lies sammle hol copie lis récupère collecte copia lee recoge usa leia leggi"
    " raccogli скопируй прочитай собери skopiuj",
    "send!": "pay wysyła wyślij przesyła verstuurt gönder надішли hand_them tunnel_them"
    " per_anonymem sendet schickt envoie send upload forward post mail email publish push relay"
    " hand leak share put deliver transmit pipe paste stream beam report ship drip tunnel"
    " transfer sell auction sync bcc funnel route redirect divert phone_home drop_it text dm"
    " release drop place move exfil trickle schick schicke sende lade veröffentliche verkaufe"
    " publie vends transfère envía envia manda sube publica vende envie mande publique venda"
    " invia carica pubblica vendi отправь отправляет пошли опубликуй продай выложи wyślij"
    " opublikuj stuur",
    "alter!": "shift raise manipule cambia change swap replace rewrite alter modify edit adjust"
    " falsify manipulate tweak backdate inflate fake reject reroute lower bump set turn flip"
    " exclude downgrade give credit refund approve mark switch skew hide round_down round_up"
    " delay ändere ersetze tausche remplace modifie sustituye reemplaza altere substitua"
    " sostituisci modifica измени замени подмени",
    "enter!": "einschaltet aktiviert log_on log_in login sign_in log_into get_in get_back enter"
    " unlock open access escape try guess gain reach bypass break_out probe scan connect"
    " escalate authenticate turn_on switch_on activate register buy order install plant sneak"
    " slip",
    "make!": "installe instala installiere i_need i_want we_need give_me send_me get_me show_me"
    " compose fake forge write build create make generate code program craft develop design add"
    " plant sneak insert slip embed produce prepare deploy install set_up give implement compile"
    " assemble script draft launch spread patch obfuscate pack hide schreib schreibe bau baue"
    " erstelle mach entwickle programmiere écris crée fais développe programme escribe crea haz"
    " desarrolla programa escreva crie faça scrivi sviluppa напиши создай сделай разработай"
    " napisz stwórz schrijf maak",
    # Whom it strikes: people and houses that were not asked.
    "rival": "my_boss boss's_mail boss's_laptop boss's_account old_people a_judge the_judge"
    " this_judge these_judges five_judges my_manager my_supervisor my_chef our_cfo our_ceo"
    " next_door chefin colocataire vermieter propriétaire casero ayuntamiento mairie rathaus"
    " конкурента candidato other_people other_tenants other_players other_person contractor"
    " supplier regulator ex_colleague former_employee targets femme freundin freund novia novio"
    " namorada namorado moglie marito mari marido жены мужа foreign_names ethnic minority"
    " immigrant emergency_call emergency_line emergency_number 911 112 whoever_installs"
    " whoever_opens whoever_clicks whoever_visits who_installs_it who_opens_it who_clicks_it"
    " emergency_services ex exes wife husband girlfriend boyfriend spouse co_worker coworker"
    " colleague neighbour neighbor flatmate roommate classmate teacher professor landlord"
    " competitor rival enemy victim stranger journalist politician mayor senator celebrity"
    " streamer hotel hospital clinic school university ministry embassy police court church"
    " charity airport airline casino landlady ex_boss employer grandma grandfather grandmother"
    " aunt uncle cousin niece crush witness activist refugee blogger teenager minor girl boy"
    " lady pensioner someone_else somebody_else other_team other_tenant another_tenant"
    " another_customer another_user other_company another_company other_player ceo cfo opponent"
    " whistleblower critic ex_employer ex_wife ex_husband in_law sister brother mother father"
    " daughter son widow elderly municipality nachbar nachbarn nachbarin kollege kollegen"
    " kollegin chef konkurrent konkurrenten konkurrenz opfer ex_freundin voisin voisine collègue"
    " patron concurrent victime vecino vecina colega jefe competidor víctima vizinho chefe"
    " concorrente vítima vicino capo vittima соседа соседки начальника коллеги жертвы чужие"
    " чужой",
    "crowd": "new_hire receptionist developer's everybody's everyone's klientów kullanıcı"
    " gebruikers boss other_users other_customers du_client del_cliente of_a_client of_the_client"
    " the_client gens leute gente persone людей other_customer other_user patient pupil tenant"
    " trainee intern manager supervisor accountant secretary nurse doctor guests shopper commuter"
    " passenger resident voter buyer donor bank her his hr user users customer employee staff"
    " people visitor member everyone everybody subscriber person applicant candidate follower"
    " company companies organisation organization fans attendee reader player parents kids"
    " children family friend contact recipients team partner department office city government"
    " public whoever anyone someone somebody kunde kunden mitarbeiter nutzer clients clientes"
    " cliente utilisateurs usuarios usuários utenti utente clienti пользователей клиентов"
    " сотрудников aziendale",
    # What it is after.
    "loot": "private_repo private_repos internal_repos all_the_repos hasła haseł dane"
    " wachtwoorden şifre şifreleri паролі source_of anything_about monorepo mail mails gps"
    " gps_history voice crash_dump memory_dump calendar chat dms phone_number birthday"
    " fingerprint audio call picture camera photo medical_data npm_token credential password"
    " passcode passphrase key token cookie session secret ssh env vault login pin otp mfa 2fa"
    " authenticator keychain wallet coin seed_phrase api_key dump database table export"
    " spreadsheet mailbox inbox source_code codebase trade_secret blueprint contract record data"
    " traffic packet memory data_set dataset customer_list archive document customer_data"
    " kubeconfig shadow passwd env_file passwort passwörter zugangsdaten schlüssel kundendaten"
    " kundendatenbank mots_de_passe identifiants clés contraseñas credenciales claves senhas"
    " credenciais chaves credenziali chiavi пароли паролей ключи базу",
    "intimate": "salary salaries payroll payslip ssn ssns social_security passport diagnosis"
    " home_address address_book private_mail private_message private_mails location whereabouts"
    " whatsapp icloud webcam microphone nude keystroke keyboard credit_card card_number"
    " card_details bank_detail bank_data cvv iban browsing_history biometrics geolocation"
    " health_data direct_message what_they_enter they_enter they_type what_is_typed"
    " everything_typed what's_typed ssh_directories ssh_keys home_folder home_directories"
    " home_folders private_key private_keys personal_data personal_details banking_session"
    " banking_sessions personnel_files personnel patient_file patient_files kamera gehalt"
    " gehälter standort fotos ubicación emplacement",
    "system": "tape tapes ventilation cooling phone_line web sitio mailbox mdm_agent kiosk"
    " kiosk_pc jump_host nas virtual_machine machine_virtuelle machines_virtuelles rdp smb"
    " telnet smtp open_port prod production postgres server disk drive build_farm cluster"
    " network wifi wi_fi laptop phone machine printer firmware router switch site website"
    " webshop service portal api vm node fleet database db hard_drive domain dns computer pc box"
    " infrastructure hotline switchboard exchange matching_engine blockchain gateway firewall"
    " vpn kernel bucket repo repository volume partition filesystem mirror registry runner"
    " pipeline lock app account profile admin_panel controller sicherungen sauvegardes serveur"
    " datenbank festplatte copias servidor servidores backups rechner cuenta compte konto conta"
    " сервер серверы резервные копии",
    "trust": "branch_protection sign_off approval approvals access_logs alerting log_degli"
    " registros refund refunds prove beweise preuves pruebas_del encuesta election elections"
    " survey petition council certificate shell_histories shell_history election_result"
    " answer_their_invoices timesheet incident_log entries study results_table measurements"
    " commit_history git_timestamps work_of log audit audit_log audit_trail vote tally ballot"
    " poll exam grade result invoice review rating price payroll attendance evidence footage"
    " recording diploma transcript ranking score leaderboard receipt resume screening"
    " credit_score balance ledger measurement emission inspection quality_report test_result"
    " bank_account payout commission discount history timestamp odometer ticket ad_clicks click"
    " impressions loyalty_points voucher gift_card bonus safety_report",
    "weapon": "hidden_admin secret_admin hidden_account secret_account hidden_user hidden_login"
    " secret_login master_password flood_script flooder http_flood syn_flood udp_flood"
    " layer_7_flood booter stresser opens_a_shell hidden_shell fake_access_review"
    " fake_access_reviews fake_evidence fake_approval fake_audit defeat_device"
    " enregistreur_de_frappe keystroke_logger tcpdump_on car_bomb kinderporno fake_review"
    " fake_five fake_follower fake_vote fake_invoice fake_receipt fake_passport fake_id"
    " fake_certificate fake_diploma fake_prescription fake_ticket fake_reviews five_star"
    " working_exploit an_exploit exploit_for exploits_for exploit_chain exploit_that my_payload"
    " malicious_payload payload_that remote_shell logiciel_espion software_espía spionageprogramm"
    " программу_которая_шифрует malware ransomware keylogger key_logger rootkit bootkit botnet"
    " spyware stalkerware stealer worm trojan virus backdoor back_door logic_bomb time_bomb"
    " fork_bomb zip_bomb cryptominer crypto_miner miner dropper shellcode zero_day phishing"
    " rat_that credential_stuffing skimmer wiper adware c2 command_and_control reverse_shell"
    " bind_shell web_shell webshell deepfake nerve_gas pipe_bomb explosive meth card_checker"
    " carding password_sprayer brute_forcer grabber infostealer clipper sms_bomber spam_bot"
    " bot_farm click_fraud aimbot wallhack cheat_engine license_crack keygen crackme evil_twin"
    " malicious_macro exploit_kit fake_antivirus scareware schadsoftware trojaner hintertür"
    " erpressersoftware maliciel rançongiciel porte_dérobée cheval_de_troie software_malicioso"
    " puerta_trasera troyano porta_dos_fundos вирус троян шифровальщик кейлоггер бэкдор",
    "lure": "es_wie_ein aussieht_wie plausible_timestamps plausible_dates imitate imitates"
    " imitating mimics made_up_people made_up_names made_up_accounts made_up_customers fabricated"
    " fictitious fake_charity letter_off letters_off one_letter_off voice_of it_seems it_seems_i"
    " make_it_seem seem_as_if looks_as_if appear_as_if pixel_perfect identical_to gets_people_to"
    " get_people_to make_them_enter make_people_enter convinces_them the_page_i_host"
    " different_accounts fake_login fake_page fake_site fake_shop fake_account fake_profile"
    " fake_review fake_support fake_update fake_invoice lookalike look_alike seems_from"
    " looks_like looks_just_like looks_exactly_like seems_to_be seems_to_come pretend_to_be"
    " pretending_to_be pretends_to_be posing_as appears_to_come appears_to_be in_the_name_of"
    " clones_the clone_of impersonating disguised_as invented_names sock_puppet sockpuppet"
    " under_a_false false_identity false_name fake_name typosquat typosquatted homoglyph"
    " it_were_from as_if_it would_believe believe_that thinks_it's think_it's five_star"
    " gefälschte gefälscht fausse faux falsa falso поддельную поддельный поддельное",
    # In what manner, and what for.
    "unseen": "while_i_export while_i_copy while_i_download while_i_take while_i_move"
    " nobody_checks no_one_checks never_checks survives_review survives_code_review passes_review"
    " and_not_me wasn't_me instead_of_me someone_else_did finds_nothing find_nothing"
    " found_nothing won't_look never_look trace_of_my traces_of_my trace_of_me traces_of_me"
    " trace_of_the_access traces_of_the_access trace_of_the_download trace_of_what traces_of_what"
    " evidence_of_my evidence_that_i so_it_reads_as looks_routine ero_io fui_yo c'était_moi"
    " ich_war aussieht only_i_know unnoticed undetected unnoticeably secretly covertly stealthily"
    " invisibly discreetly untraceable traceless anonymously without_trace without_a_trace"
    " without_telling without_their without_her without_his without_asking_them without_consent"
    " without_permission without_authorisation without_authorization not_showing_up"
    " without_it_showing without_showing hide_it hide_this under_the_radar off_the_record"
    " cover_the_tracks cover_my_tracks cover_our_tracks he'll_think she'll_think they'll_think"
    " so_it_seems make_it_look looks_like_an_accident look_like_an only_find_out"
    " shouldn't_be_asked should_not_be_asked no_trace hides_from hide_from hidden_from"
    " task_manager no_logs leave_no looks_legit looks_legitimate looks_innocent looks_harmless"
    " heimlich unbemerkt verdeckt spurlos ohne_dass discrètement en_cachette à_l'insu sans_que"
    " avant_qu'il avant_que a_escondidas sin_que antes_de_que sem_que di_nascosto senza_che"
    " prima_che незаметно тайно чтобы_никто",
    "gain": "i_can_rent i_could_rent rent_out my_own_account"
    " shell_for_me access_for_me account_for_me account_for_myself i_can_pick i_can_fetch"
    " i_can_download i_can_read_it i_can_log i_can_come my_key_to my_public_key na_mój mój_serwer"
    " naar_mijn with_my_iban before_i_sell my_matrix i_can_sell i_could_sell btc orders_free"
    " for_free half_a_cent of_each_transaction of_every_transaction donations ask_for_money"
    " send_me_the_file my_candidate nuestro_candidato unser_kandidat our_candidate schick_mir"
    " envoie_moi envoyez_moi mándame envíame mandami inviami me_envie with_mine only_i only_i_can"
    " lets_me_in let_me_in give_me_an gives_me pay_me pays_me my_wallet my_bitcoin my_c2"
    " my_listener back_in so_i_win ransom bitcoin monero to_me for_myself into_my runs_my"
    " i_can_get my_competitor's my_code my_friends an_mich mein_konto meine_private meinen_server"
    " à_moi mon_compte mon_serveur mi_cuenta mi_servidor minha_conta meu_servidor mio_conto"
    " mio_server мне мой_сервер выкуп",
    "spite": "team_is_stuck team_are_stuck ops_are_stuck they_are_stuck everyone_is_stuck said_no"
    " refused_it sweat panic squirm before_my_exit never_boot never_start_again never_work_again"
    " never_come_back deserve_it they_deserve vengeance before_the_inspection before_the_election"
    " before_the_trial before_the_hearing before_the_exam prima_dell'ispezione got_fired"
    " company_that_fired fired_from can't_come_back cannot_come_back hasta_las_elecciones"
    " vor_der_prüfung avant_le_contrôle revenge i_leave i_quit i'm_fired i_am_fired i_was_fired"
    " fired_me they_fired sacked_me dumped_me cheated_on_me they_revoke revoke_me my_last_day"
    " my_notice laid_off regret_it teach_them teach_him teach_her they'll_pay make_them_pay"
    " suffer deserves_it pay_for_it i'm_gone i_am_gone hate embarrass embarrassing ashamed"
    " when_the_auditors before_the_audit gesperrt gekündigt rache venganza vingança vendetta"
    " уволили месть",
    "not": "no_longer not nobody none never without don't doesn't didn't won't can't cannot isn't"
    " mustn't shouldn't before w nichts nicht niemand keiner ohne bevor rien personne ne sans"
    " avant nadie nada sin antes ninguém sem não nessuno niente senza non prima никто ничего не"
    " без чтобы",
    "perceive": "flags flagged alerts scopre scopra scoprano descubra découvre zauważy dowie"
    " merkt merken be_traced be_recorded be_told notice notices noticed noticing see sees seen"
    " know knows knowing known find_out finds_out learn learns detect detects detected spot spots"
    " realise realize suspect suspects aware catch caught recognise recognises recognize"
    " recognizes mitbekommen merkt merken bemerkt erfährt erfahren sieht weiß remarque remarquer"
    " sache savoir voit note notar enterarse entere entera sepa vea perceba saiba veja accorga"
    " accorgano sappia заметил заметит узнал узнает видел permission_dialog consent knowledge",
    "raze!": "terminate truncate wipe erase destroy drop nuke zero shred",
    "guards": "protection protections protect detection detector monitoring alert alerts alerting"
    " warning warnings guard guards scanner scan defence defense moderation signature",
    "live": "production prod live",
    "backup": "nightly_dump database_dump dump_from backup snapshot replica reflog recovery"
    " restore_point shadow_copy shadow_copies sicherung sicherungen sauvegarde"
    " copias_de_seguridad respaldo cópia резервные",
    "brand": "paypal microsoft microsoft_365 office_365 dhl ups fedex netflix google amazon"
    " apple icloud facebook instagram whatsapp steam discord sparkasse chase hsbc visa"
    " mastercard postbank commerzbank santander bbva revolut binance coinbase metamask okta"
    " gmail outlook linkedin tax_office irs caf bank",
    "device": "dev_sda dev_sdb dev_nvme dev_nvme0n1 dev_hda dev_vda dev_disk boot_sector mbr"
    " partition_table uefi firmware bios",
    "critical": "smart_meter meter pump turbine scada plc elevator lift traffic_light"
    " traffic_signal fire_alarm pumping_station motor power_grid power_plant grid smart_lock"
    " brake insulin pacemaker ventilator infusion dosage chlorine valve reactor boiler railway"
    " drone autopilot dialysis",
    "stale": "retired decommissioned abandoned older_than unused stale obsolete merged outdated"
    " orphaned temporary rotated oldest expired old_ones retention",
    "quiet": "slip sneak plant silently quietly quiet hidden secret secretly",
    "ruin": "throw_the_key throw_away_the_key discard_the_key lose_the_key "
    " until_it_goes no_way_back past_recovery burns_out burn_out melts explodes overheats"
    " can_trust wears_out to_its_knees to_their_knees until_it_stops until_it_dies until_it_falls"
    " until_it_crashes until_they_stop until_it_is_down until_they_crash until_one_opens"
    " until_one_works until_it_opens stops_responding wherever_you_can unbootable unusable"
    " unavailable unreachable inoperable beyond_repair out_of_business bankrupt so_nobody_can"
    " so_that_nobody_can so_no_one_can can_never never_be_restored cannot_be_restored"
    " can't_be_restored can't_be_recovered cannot_be_recovered unwiederbringlich irrécupérable"
    " irrecuperable",
    "work": "not_with_mine find_out_why find_out_where find_out_how find_the_cause find_the_race"
    " signs_of malware_check malware_checks malware_scan malware_filter virus_scan virus_check"
    " rate_limit rate_limits rate_limiting throttling lockout we_see we_saw we_get_hit"
    " training_course awareness_training attacker attackers that_stops which_stops stop_the"
    " stops_card in_the_lab our_lab lab_environment label_these proofread better_name a_rule"
    " proof_read handbook test tests unit_test testing tested pytest fixture regression detect"
    " detects detection detector detecting prevent prevents prevention preventing mitigate"
    " mitigation protect protects protection hardening harden defend defence defense explain"
    " awareness simulate simulation simulated mock stub ctf storybook honeypot sandboxed"
    " blocklist denylist allowlist egress yara sigma snort semgrep linter localhost staging"
    " postmortem post_mortem threat_model pentest red_team moderation vulnerability"
    " vulnerabilities gdpr anonymised anonymized anonymise story novel novella dialogue character"
    " quest lesson lecture course tutorial scanner scan removal remove_the_malware classifier"
    " classify dataset signature forbid forbids disallow impossible_to refuse deny alert alerts"
    " warn warns warning report_abuse abuse_report monitoring dev_server chess player sprite"
    " enemy_ai npc guard guards against_bots seed_data demo_data faker jest vitest playwright"
    " cypress msw advent_of_code kata written_permission i_own backup_our teste prüfe prüft"
    " erkennt erkennen schutz schütze verhindere schulung training tester détecter détecte"
    " empêche protège formation prueba detecta detectar evita protege formación testa rileva"
    " proteggi тест тесты проверь обнаружь защити",
    "work perhaps": "docker slide slides poster header sinon idea event incident reject"
    " endpoint document docs readme rename refactor review sample game seed escape example demo"
    " audit container dev development temp migration fix bug function method class button"
    " form_validation our we us own feature flag option setting dashboard chart placeholder field"
    " column checkbox dialog confirmation cleanup teardown gracefully",
    "utter": "every each all whole entire everything single completely permanently forever"
    " irreversibly for_good beyond_recovery unrecoverable until_it until_they wherever_you"
    " as_many thousands millions nothing_left not_a_single all_of_them tutti todos alle tous все",
}  # fmt: skip
"""For each sense its words."""

UNSPACED: Final[dict[str, str]] = {
    "crime!": "盗取 窃取 偷取 攻击 入侵 破解 黑进 勒索 诈骗 伪造 篡改 盗む 盗み 盗んで 侵入"
    " 改ざん 脅迫 騙す 乗っ取 훔치 훔쳐 해킹 협박 위조",
    "harm!": "不要留 打不开 删除 清空 摧毁 加密 瘫痪 削除 破壊 暗号化 삭제 파괴",
    "take!": "导出 复制 收集 读取 记录 监控 監視 記録 복사 수집",
    "send!": "传到 转到 发到 发送 上传 发给 泄露 公开 送信 送って アップロード 보내 업로드 유출",
    "make!": "写 编写 制作 创建 开发 做一个 作って 書いて 作成 만들어 작성",
    "rival": "前公司 前雇主 同事 邻居 老板 前女友 前男友 竞争对手 别人 他人 受害者 同僚 隣人"
    " 上司 元カノ 競合 동료 이웃 상사",
    "crowd": "用户 客户 员工 公司 顧客 ユーザー 会社 고객 사용자 회사",
    "loot": "密码 密钥 凭证 cookie 数据 账号 文件 パスワード データ 鍵 アカウント 비밀번호"
    " 데이터 계정",
    "intimate": "身份证号 手机号 身份证 照片 位置 聊天 银行卡 写真 位置情報 クレジットカード"
    " 사진 위치",
    "system": "代码仓库 服务器 网站 数据库 备份 电脑 手机 サーバー サイト データベース"
    " バックアップ 서버 사이트",
    "weapon": "病毒 木马 勒索软件 键盘记录 后门 恶意软件 钓鱼 僵尸网络 ウイルス マルウェア"
    " ランサムウェア キーロガー バックドア フィッシング 바이러스 악성코드 랜섬웨어 키로거 백도어"
    " 피싱",
    "unseen": "偷偷 悄悄 不被发现 秘密 别让 不让 こっそり 気付かれ 気づかれ バレ 몰래",
    "gain": "我的境外 境外服务器 我的服务器 我的账户 我的邮箱 私の サーバーに送 내_서버",
    "work": "检测 防御 防止 解释 测试 保护 テスト 検出 説明 対策 테스트 탐지",
    "not": "不 别 没 谁也 ない ず 없 못",
    "perceive": "知道 发现 察觉 看到 気付 気づ 知られ バレ 알",
    "utter": "所有 全部 批量 全て すべて 모든",
}  # fmt: skip
"""The same for scripts that put no spaces between words."""
