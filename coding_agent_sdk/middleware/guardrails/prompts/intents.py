"""Sentences that want harm done to others, by what they want: in several languages."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.prompts.anchors import Anchors

__all__ = ["EXCUSED_ABROAD", "HEADS", "INTENTS"]

_PERSON: Final = (
    r"(?:(?:my|his|her|their|our|the|this|a|an|someone'?s?|every|all|other) (?:\w+ ){0,2}?"
    r"(?:ex|wife|husband|girlfriend|boyfriend|partner|boss|co-?worker|colleague|neighbou?r|"
    r"roommate|teacher|school|classmate|victim|target|competitor|rival|employer|company|customer|"
    r"client|user|employee|people|guest|streamer|girl|stranger|person|lady|friend|hospital|bank|"
    r"university|office|platform|developer|admin|accountant)\w*(?:'s?|s')?|people|everyone|someone|"
    r"employees|customers|victims|strangers)"
)
_MAKING: Final = (
    r"(?:writ|build|creat|mak|cod|develop|generat|giv|program|craft|install|plant|add|put|hid|set|"
    r"send|help|want|need|show|deploy|us|design|produc|turn|start|launch|modif|"
    r"schreib|bau|erstell|entwickl|programmier|mach|starte|écri|cré|fai|développ|lanc|escrib|crea|"
    r"haz|desarroll|instal|lanz|escrev|cri|faça|desenvolv|scriv|svilupp|напиши|созда|сдела|"
    r"разработ|установ|запуст)\w*"
)
_TOOL: Final = (
    r"(?:key ?logger|ransomware|malware|spyware|stalkerware|schadsoftware|trojaner|root ?kit|"
    r"botnet|rat which|(?:token|password|cookie|wallet|credential) (?:grabber|stealer|harvester)|"
    r"stealers?\b|(?:phishing|scam)[ -]?(?:page|site|kit|seite|mail|e-?mail|sms|form)\w*|"
    r"crypto ?miner|cryptojacker|credential[- ]stuffing (?:bot|tool|script)|wiper|dropper which|"
    r"(?:crypto)?miner in|fake proxy|page (?:de|falsa) phishing|página de phishing|"
    r"(?:fausse|falsa) (?:page|página|pagina) \w+|página falsa|pagina falsa|page de connexion de|"
    r"attaque par déni de service|ataque de denegación|attaque ddos|ataque ddos|attacco ddos|"
    r"ddos-?(?:angriff|атак\w*)|"
    r"porte dérobée|hintertür|puerta trasera|"
    r"кейлоггер\w*|шифровальщик\w*|вирус\w*|троян\w*|бэкдор\w*|фишингов\w+|вымогател\w*|"
    r"self-replicating \w+|polymorphic \w+)"
)
_SECRETLY: Final = (
    r"(?:without (?:\w+ ){0,3}?(?:knowing|noticing|notice|knowledge|consent|being noticed)|"
    r"(?:so|before) (?:that )?(?:nobody|no ?one|they|he|she|anyone) (?:\w+ )?(?:sees?|notices?|"
    r"knows?|revokes?)|clear the logs?|silently|secretly|hidden|isn'?t listed|"
    r"heimlich|ohne dass|bevor (?:es )?(?:jemand|sie|er)|niemand (?:weiß|merkt)|damit niemand|"
    r"sans qu|avant que|en secret|"
    r"sin que|para que nadie|antes de que|sem (?:ele|ela|que|ninguém)|чтобы (?:никто|ничего|он|"
    r"она)|незаметно|тайно|без (?:его|её|ее) ведома)"
)
_ACCOUNT: Final = (
    r"(?:instagram|facebook|whatsapp|icloud|gmail|snapchat|tiktok|netflix|konto|account|compte|"
    r"cuenta|conta|wlan|wi-?fi|вай-?фай|handy|móvil|téléphone|celular|телефон|phone|laptop|"
    r"аккаунт|страниц)"
)
_TOOLS_ASKED: Final = re.compile(
    rf"\b{_MAKING}\b[^\n]{{0,60}}?\b{_TOOL}(?!\w)"
    r"(?![ \-](?:scan|check|detect|filter|protect|defin|signature|simulat|remov|alert|report)\w*)"
)
_BREAKS_IN: Final = re.compile(
    rf"\b(?:hacke?|hackea|hackera|pirate|invada|взломай\w*|spioniere|espía|espionne|шпионь) "
    rf"[^\n]{{0,40}}?{_ACCOUNT}"
    rf"|\b(?:get|log|break) into {_PERSON}[^\n]{{0,20}}?{_ACCOUNT}"
    rf"|\b(?:clone|copy) {_PERSON}[^\n]{{0,20}}?(?:key ?card|rfid|badge|sim)\b"
    r"|(?:黑进|入侵|破解)[^。\n]{0,12}?(?:邻居|公司|学校|账号|账户|手机|wifi|服务器)"
)
_FOREIGN_HARM: Final = re.compile(
    rf"\b(?:lösche?|schick|sende|kopier|schürf|supprime|envoie|copie|borra|roba|envía|copia|"
    rf"apague|roube|envie|удали|укради|отправь|скопируй)\w*\b[^\n]{{0,90}}?\b(?:{_SECRETLY})"
    r"|\b(?:vole|roba|roube|ruba|stiehl|укради)\b[^\n]{0,50}?(?:mots de passe|contraseñas|senhas|"
    r"password|passwörter|парол)"
    r"|\b(?:envoie|schick\w*|envía|envie|invia|отправь)\b[^\n]{0,40}?(?:mots de passe|passwörter|"
    r"kundendaten|contraseñas|senhas|парол\w*)[^\n]{0,50}?(?:perso|privat|mi |meu|mio|мне)"
    r"|(?:写|编写|做|制作|创建|开发)[^。\n]{0,16}?(?:键盘记录|钓鱼|勒索|木马|病毒|僵尸网络|"
    r"后门|恶意)|(?:发动|发起)[^。\n]{0,4}?ddos|对[^。\n]{1,16}?(?:发动|发起)[^。\n]{0,6}?(?:ddos|"
    r"攻击)|植入[^。\n]{0,6}?(?:后门|木马|挖矿)|(?:偷取|窃取|盗取)[^。\n]{0,16}?(?:密码|数据|账号|"
    r"资料)|(?:监控|删除|发送)[^,，。\n]{1,30}?[,，][^。\n]{0,4}?(?:别让|不要让|让谁也|不让)|"
    r"(?:キーロガー|ランサムウェア|マルウェア|フィッシング)[^。\n]{0,12}?(?:書い|作っ|作成し)"
)
_WATCHES: Final = re.compile(
    rf"\b(?:log|record|capture|read|track|watch|collect|find)\b[^\n]{{0,50}}?(?:keystrokes?|"
    rf"messages|whatsapp|location|home address|screen|webcams?|passwords of)[^\n]{{0,40}}?"
    rf"{_PERSON}(?=[^\n]*(?:without|each night|mail me|send|post it|cafe|her|him))"
    rf"|\b(?:log|track|watch|read) {_PERSON}[^\n]{{0,60}}?{_SECRETLY}"
    r"|\b(?:log|record|capture) (?:every|all|each) keystrokes?\b[^\n]{0,40}?\b(?:on|of) (?:my "
    r"(?!own)|his|her|their)"
    r"|\b(?:pictures|photos|webcams?|messages) of (?:infected|hacked|her|his|their)\b"
    r"|\b(?:scrape|scraper|collect|harvest)\w*\b[^\n]{0,60}?(?:private|personal)\b[^\n]{0,60}?"
    r"(?:sell|addresses|phone numbers|without|girls)"
)
_USES_OTHERS: Final = re.compile(
    rf"\b(?:mine|mines|mining|miner)\b[^\n]{{0,80}}?(?:{_PERSON}|{_SECRETLY})"
    r"|\b(?:leaked|stolen|breached) (?:passwords|credentials|combos|logins|keys?)\b[^\n]{0,40}?"
    r"\b(?:try|test|against|use|log in)\b"
    r"|\b(?:try|test|use)\b[^\n]{0,40}?\b(?:leaked|stolen|breached|combos)\b[^\n]{0,60}?"
    r"\b(?:against|login|bank|netflix|stripe)"
    rf"|\b(?:flood|hammer|ddos|crash|bypass cloudflare)\w*\b[^\n]{{0,60}}?(?:until it (?:falls|"
    rf"dies|is down|crashes)|(?:of|at) my (?:school|university|employer)|take the \w+ down)"
    r"|\b(?:change|fake|alter|manipulate) my (?:grades|salary|attendance)\b"
    r"|\breplace the (?:bank account|iban|wallet|address)[^\n]{0,50}?\b(?:with|by) mine\b"
    r"|\block(?:s)? (?:everyone|everybody|all users) out\b[^\n]{0,40}?except me"
    r"|\bafter my (?:contract|last day|employment)|\b(?:before (?:i (?:quit|leave)|they revoke))\b"
    rf"|\b(?:use|start)\b[^\n]{{0,20}}?(?:my boss|{_PERSON})[^\n]{{0,20}}?(?:aws|api|ssh|"
    r"credit) ?(?:key|card)\b[^\n]{0,30}?(?:i found|found)"
)
_DECEIVES: Final = re.compile(
    r"\b(?:looks? (?:exactly |just )?like|fake|imitat\w+|pretend\w* to be|clone of)\b[^\n]{0,60}?"
    r"(?:log ?in|sign-?in|bank|paypal|dhl|update|microsoft)\b[^\n]{0,70}?(?:what people|harvest|"
    r"collect|steal|trick|their (?:card|pass)|stores? what|logins of|2fa)"
    r"|\b(?:messages|sms|mails?|calls?) pretending to be\b"
    r"|\b(?:malware|payload|virus|trojan|loader)\b[^\n]{0,40}?(?:looks like|disguised|hides? as)"
    r"|\bhide it in (?:a|the) (?:free )?(?:game|cheat|installer|app)\b"
    r"|\b(?:steals?|swaps?|grabs?|exfiltrates?)\b[^\n]{0,50}?(?:of (?:everyone|people|users)|"
    r"who install|in the clipboard|browser passwords|when (?:someone|the victim|somebody))"
    r"|\b(?:obfuscat\w+|pack|encrypt|modify|write|make)\b[^\n]{0,60}?(?:so (?:that )?|to )"
    r"(?:windows |ms )?(?:defender|crowdstrike|antivirus|anti-virus|edr|av)\b[^\n]{0,40}?(?:not|"
    r"n't) (?:detect|see|flag|notice)"
    r"|\b(?:get past|slip past|evade|past) (?:the )?(?:antivirus|anti-virus|defender|edr)\b"
    r"|\bencrypts?\b[^\n]{0,60}?(?:victim|(?:demand|ask|note)[^\n]{0,20}?(?:bitcoin|ransom|"
    r"monero))"
    r"|\b(?:bypass|crack|remove) the licen[cs]e\b[^\n]{0,60}?(?:distribute|crack|share it)"
    r"|\b(?:bank|card|paypal) ?\w*\b[^\n]{0,20}?generat\w+[^\n]{0,40}?tests? them"
    r"|\b(?:forward|copy|bcc)s?\b[^\n]{0,12}?every (?:e-?mail|message)[^\n]{0,40}?(?:ceo|cfo|boss|"
    r"coworker|'s mailbox)"
    r"|\bdump lsass\b|\b(?:turn|make)\b[^\n]{0,30}?into a botnet\b|\bpoison the (?:pip|npm|pypi|"
    r"package)\b|\bsend (?:\w+ ){0,3}?dns queries to me\b"
    r"|\bintercept the 2fa|\bmy (?:reverse shell|payload|targets?)\b(?= when|[^\n]{0,20}$)"
)

INTENTS: Final = (
    ("it wants a tool made that attacks others", _TOOLS_ASKED),
    ("it wants somebody's machines, accounts or people attacked", _BREAKS_IN),
    ("it wants somebody's machines, accounts or people attacked", _FOREIGN_HARM),
    ("it wants somebody watched", _WATCHES),
    ("it wants what is others' used or altered", _USES_OTHERS),
    ("it wants others deceived or robbed", _DECEIVES),
)
"""What a sentence wants, and how that is said."""

EXCUSED_ABROAD: Final = re.compile(
    r"\b(?:tests?|teste\w*|prüf\w*|erkenn\w*|erkannt|schütz\w*|schutz|verhinder\w*|erklär\w*|"
    r"détect\w*|protég\w*|protect\w*|empêch\w*|expliqu\w*|"
    r"prueba\w*|detect\w*|proteger\w*|explica\w*|evitar|defend\w*|rilev\w*|spiega|difend\w*|"
    r"тест\w*|проверя\w*|обнаруж\w*|защит\w*|объясни\w*)|检测|防御|防止|解释|测试|保护|テスト|検出|"
    r"説明|対策"
)
"""Words of work about such things, in other languages than English."""

HEADS: Final = Anchors(
    [
        (
            "keylogger", "key logger", "keystroke", "ransom", "malware", "spyware", "stalkerware",
            "schadsoftware", "trojan", "rootkit", "botnet", "grabber", "stealer", "harvest",
            "phishing", "scam", "déni", "denegación", "miner", "mine", "mines", "mining",
            "cryptojack", "credential",
            "wiper", "dropper", "fausse", "falsa", "ddos", "dérobée", "hintertür", "trasera",
            "кейлоггер", "шифровал", "вирус", "троян", "бэкдор", "фишинг", "вымогат",
            "replicating", "polymorphic", "hacke", "hack", "hackea", "hackera", "pirate", "invada",
            "взломай", "spioniere", "espía", "espionne", "get into", "break into", "log into",
            "clone", "黑进", "入侵", "破解", "heimlich", "ohne dass", "bevor", "niemand",
            "sans qu", "avant que", "sin que", "nadie", "antes de", "sem ele", "sem ela",
            "чтобы", "незаметно", "тайно", "vole", "roba", "roube", "ruba", "stiehl", "укради",
            "kundendaten", "mots de passe", "passwörter", "contraseñas", "senhas", "парол",
            "键盘", "钓鱼", "勒索", "木马", "病毒", "后门", "攻击", "偷取", "窃取", "盗取", "别让",
            "不要让", "让谁也", "キーロガー", "ランサム", "マルウェア", "フィッシング",
            "whatsapp", "location", "home address", "webcam", "scrape", "scraper", "leaked",
            "stolen", "breached", "combos", "flood", "crash", "cloudflare", "grades",
            "bank account", "except me", "contract", "last day", "revoke", "looks like",
            "look like", "exactly like", "fake", "pretending", "hide it", "steals", "swaps",
            "defender", "crowdstrike", "antivirus", "evade", "encrypts", "license", "every email",
            "every mail", "lsass", "poison", "reverse shell", "payload", "targets", "virus",
            "passwords of", "boss", "dns queries", "2fa", "limits",
        )
    ]
)  # fmt: skip
"""Words of which each such sentence holds one."""
