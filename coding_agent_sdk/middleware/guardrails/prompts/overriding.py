"""Phrases that set aside what a model was told before, in the languages that attacks come in."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["BEGINS", "OVERRIDES"]

BEGINS: Final = re.compile(
    r"(?:(?:^|[\n.!?:;>\])\"'`*#|({}\-–—,/=¡¿。、，：；！])\s{0,4}"
    r"|\b(?:please|pls|now|must|should|and|then|or|you to|have to|need to|first|may|can|"
    r"immediately|will|just|also|btw|anyway|"
    r"simply|completely|entirely|instead|always|do|are to|bitte|jetzt|und|sofort|por favor|ahora|y|"
    r"e|et|maintenant|"
    r"veuillez|s'il te plaît|s'il vous plaît|per favore|ora|agora|i|oraz|пожалуйста|теперь|сейчас|"
    r"и|просто) "
    r"|[^\x00-\u02ff\u0370-\u04ff]\s?)\Z"
)
"""What goes before an order: `to ignore` and `ignores` only tell of one."""

_FILL: Final = r"(?:[\w'’\-]+[ ,]+){0,5}?"

_EN_VERB: Final = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|discard|set aside|throw away|"
    r"(?:do not|don'?t) (?:follow|obey)|stop (?:following|obeying)|pay no attention to|neglect|"
    r"skip|abandon)"
)
_WHOSE: Final = (
    r"(?:previous|previously|prior|earlier|preceding|above|foregoing|former|past|initial|original|"
    r"your|system|"
    r"developer|user'?s?|operator'?s?|safety|openai'?s?|anthropic'?s?)"
)
_NAMED: Final = (
    r"(?:instructions?|prompts?|guidelines?|directives?|directions|orders|constraints|restrictions|"
    r"programming|training|guardrails?|safeguards|briefing|system message|safety (?:rules|filters?|"
    r"checks)|"
    r"rules|polic(?:y|ies))"
)
_ADDED: Final = r"(?:[\w'\-/]+[ ,]+)"

_EN: Final = re.compile(
    rf"{_EN_VERB}\s+(?!the defaults? )(?:"
    rf"{_ADDED}{{0,4}}?{_WHOSE}\s+{_ADDED}{{0,3}}?{_NAMED}\b(?! (?:file|in the config|key|engine|"
    rf"set|from the (?:config|file)|(?:with|when|if|by|using) [`'\"\-]))"
    rf"|(?:(?:all|any|every|each|the|these|those|of|other)\s+){{1,3}}{_NAMED}\s+"
    r"(?:above(?! (?:if|when|"
    rf"unless) you)|before|so far|you (?:were|have|had|got|received)|that (?:came|were|you)|given|"
    r"from (?:the|your) (?:user|system|developer|operator))"
    r"|(?:all of )?(?:everything|all|anything|whatever) (?:that )?you (?:were|have been|had been|"
    r"know|learned)\b"
    r"|(?:what|whatever) (?:you (?:were|have been)|(?:the |your )?(?:user|system|developers?|"
    r"makers?|creators?|anthropic|openai|google) (?:said|told|"
    r"asked|wants|wrote))"
    r"|(?:the )?user'?s (?:request|task|quer(?:y|ies)|question|instructions?|wish(?:es)?|message|"
    r"prompt)"
    r"|your (?:\w+ )?(?:task|instructions|request|rules|goals?)\b"
    r"|(?:that )?you(?:'re| are| were| have)? (?:ever )?(?:bound|restricted|limited|censored|any"
    r" rules)"
    r")"
)
_EN_WEAK: Final = re.compile(
    r"(?:ignore|disregard|forget|never mind|skip)\s+(?:"
    r"(?:all of )?everything (?:that )?(?:(?:was |is |comes? )?(?:above|before|earlier|prior|said)|"
    r"i (?:told|said))"
    r"|(?:all |about )?(?:the |this |that |what )?(?:\w+ ){0,3}?(?:issue|page|text|document|"
    r"question|ticket|diff|readme|"
    r"content|file|above|rest|task|report|request|context|conversation)\b"
    r"[^.\n]{0,40}?(?:\binstead\b|[,;] |\band (?:instead|then|rather)\b)"
    r"|the user\b(?! (?:agent|interface|input|defined|id|name|data))"
    r"|(?:all )?(?:previous|prior|above|earlier) (?:context|conversation|messages?|commands?|"
    r"tasks?|requests?|text))"
)

_DE: Final = (
    rf"(?:ignorier(?:e|en sie|t)?|vergiss|vergesst|vergessen sie|missachte(?:n sie)?|"
    r"überschreibe|umgehe|verwirf)\s+"
    rf"{_FILL}(?:vorherigen?|bisherigen?|vorigen?|früheren?|obigen?|vorangegangenen?|deine[nr]?|"
    rf"ihre|system\w*|alle[sn]?|sämtliche)\s+{_FILL}"
    r"(?:anweisung\w*|instruktion\w*|regeln?|vorgaben|befehle?|richtlinien|systemprompts?|prompts?|"
    r"aufträge|auftrag|einschränkungen|sicherheits\w+|anfragen?)"
)
_FR: Final = (
    rf"(?:ignore[zr]?|oublie[zr]?|ne (?:tiens|tenez) (?:pas |"
    rf"plus )?(?:compte )?(?:pas )?(?:compte )?(?:de|des)|"
    r"néglige[zr]?|contourne[zr]?|fais abstraction de|faites abstraction d[eu]s?)\s*"
    rf"(?:{_FILL}(?:vos|tes) (?:instructions|consignes|règles)|{_FILL}(?:instructions?|consignes?|"
    rf"règles?|directives?|ordres|"
    r"prompts?|invites?|restrictions)"
    r"(?:\s+(?:[\w'\-]+\s+){0,2}(?:précédent|antérieur|ci-dessus|système|ci-avant|initial|donn|"
    r"reçu|de l'utilisateur|"
    r"de sécurité)))"
)
_ES: Final = (
    rf"(?:ignor[ae]|ignoren|ignorar|olvid[ae]|olviden|descart[ae]|omit[ae]|no sigas|"
    rf"haz caso omiso d[ee]l?|"
    r"desestim[ae]|pas[ae] por alto)\s+"
    rf"{_FILL}(?:instrucciones|instrucción|órdenes|reglas|indicaciones|directrices|normas|prompt|"
    rf"restricciones|"
    r"petición|solicitud)\b"
    r"(?:\s+(?:[\w'\-]+\s+){0,2}(?:anterior|previa|previo|del sistema|de arriba|dad|recibid|"
    r"original|iniciales|"
    r"del usuario|de seguridad))?"
)
_PT: Final = (
    rf"(?:ignor[ea]|ignorem|esque[çc][ae]|desconsider[ea]|descart[ea]|desobede[çc]a)\s+"
    rf"{_FILL}(?:instruç(?:ões|ão)|instrucoes|ordens|regras|comandos|diretrizes|orientações|"
    rf"restrições|prompt|"
    r"pedido)\b"
)
_IT: Final = (
    rf"(?:ignora(?:te)?|ignori|dimentica(?:te)?|dimentichi|trascura(?:te)?|tralascia|non seguire|"
    rf"scarta)\s+"
    rf"{_FILL}(?:istruzion[ei]|regole|direttive|ordini|indicazioni|comandi|prompt|restrizioni|"
    r"richiesta)\b"
)
_OTHER_LATIN: Final = (
    rf"(?:(?:negeer|vergeet) {_FILL}(?:instructies|regels|opdrachten|richtlijnen|systeemprompt)"
    rf"|(?:zignoruj|zapomnij o?|pomiń) {_FILL}(?:instrukcj\w+|polece\w+|zasad\w*|reguł\w*)"
    rf"|(?:ignoruj|ignorujte|zapomeň na) {_FILL}(?:pokyny|instrukce|pravidla)"
    rf"|(?:ignorera|glöm) {_FILL}(?:instruktioner\w*|regler\w*|anvisningar\w*)"
    rf"|(?:ignorér|ignorer|glem) {_FILL}(?:instruk[a-zæøå]+|regler|anvisninger)"
    rf"|(?:unohda|ohita|älä välitä) {_FILL}(?:ohje\w*|säännö\w*|määräy\w*)"
    rf"|(?:abaikan|lupakan) {_FILL}(?:instruksi|perintah|aturan)"
    rf"|(?:bỏ qua|quên) {_FILL}(?:hướng dẫn|chỉ dẫn|lệnh|quy tắc)"
    rf"|(?:ignoră|ignorați|uită) {_FILL}(?:instrucțiun\w+|reguli\w*)"
    rf"|(?:hagyd figyelmen kívül|felejtsd el) {_FILL}(?:utasítás\w*|szabály\w*))"
    r"|(?:önceki|yukarıdaki|tüm) (?:\w+ ){0,3}?(?:talimat|komut|kural|"
    r"yönerge)\w* (?:\w+ )?(?:yok say|görmezden gel|unut|dikkate alma)"
)
_CYRILLIC: Final = (
    rf"(?:игнорируй(?:те)?|проигнорируй(?:те)?|забудь(?:те)?|отбрось(?:те)?|"
    rf"не обращай(?:те)? внимания на|"
    r"не следуй(?:те)?|ігноруй(?:те)?|забудьте|игнорирай(?:те)?|отмени(?:те)?)\s+"
    rf"{_FILL}(?:инструкци\w*|указани\w*|правил\w*|команд\w*|распоряжени\w*|промпт\w*|запрос\w*|"
    r"інструкці\w*|вказівк\w*|ограничени\w*)"
)
_CJK: Final = (
    r"(?:忽略|無視|无视|忘记|忘掉|忘記|忽視|忽视|不要理会|不要遵守|不理会|抛弃|绕过)[^。！？\n]{0,1"
    r"6}?"
    r"(?:指令|指示|规则|規則|提示|说明|說明|要求|命令|限制|设定|請求|请求)"
    r"|(?:指示|命令|ルール|指令|プロンプト|制約|規則|制限)[^。！？\n]{0,10}?"
    r"(?:無視|忘れ|従わない|破棄)(?:し(?:て|ろ|なさい)|せよ|て|る(?:こと|ように)|で)"
    r"|(?:지시|명령|규칙|지침|프롬프트|제한)[^.!?\n]{0,12}?(?:무시하|무시해|잊어|잊고|따르지)"
)
_OTHER_SCRIPTS: Final = (
    r"(?:تجاهل|انس|تجاوز)[^.\n]{0,30}?(?:التعليمات|الأوامر|القواعد|تعليمات)"
    r"|(?:התעלם|התעלמי|תתעלם|שכח)[^.\n]{0,30}?(?:הוראות|ההוראות|הכללים|הנחיות)"
    r"|(?:निर्देश|आदेश|नियम)[^।.\n]{0,30}?(?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल)"
    r"|(?:αγνόησε|αγνοήστε|αγνοησε|ξέχασε|ξεχάστε)[^.;\n]{0,30}?(?:οδηγίες|εντολές|κανόνες)"
    r"|(?:ละเว้น|เพิกเฉย|ลืม)[^.\n]{0,30}?(?:คำสั่ง|คำแนะนำ|กฎ)"
)

OVERRIDES: Final[tuple[tuple[int, tuple[str, ...], re.Pattern[str]], ...]] = (
    (2, ("ignore", "disregard", "forget", "overr", "bypass", "discard", "set aside", "throw away",
         "do not follow", "don't follow", "dont follow", "do not obey", "don't obey",
         "stop following",
         "stop obeying", "pay no attention", "neglect", "abandon", "skip"), _EN),
    (1, ("ignore", "disregard", "forget", "never mind", "skip"), _EN_WEAK),
    (2, ("ignorier", "vergiss", "vergess", "missachte", "überschreib", "umgehe", "verwirf"),
     re.compile(_DE)),
    (2, ("ignore", "oublie", "ne tiens", "ne tenez", "néglige", "contourne", "fais abstraction",
         "faites abstraction"), re.compile(_FR)),
    (2, ("ignor", "olvid", "descart", "omita", "omite", "no sigas", "haz caso omiso", "desestim",
        "pasa", "pase"),
     re.compile(_ES)),
    (2, ("ignor", "esque", "desconsider", "descart", "desobede"), re.compile(_PT)),
    (2, ("ignor", "dimentic", "trascura", "tralascia", "non seguire", "scarta"), re.compile(_IT)),
    (2, ("negeer", "vergeet", "zignoruj", "zapomnij", "pomiń", "ignoruj", "zapomeň", "ignorer",
         "glöm", "ignorér", "glem", "unohda", "ohita", "älä välitä", "abaikan", "lupakan", "bỏ qua",
         "quên", "ignoră", "ignorați", "uită", "hagyd figyelmen", "felejtsd", "önceki",
         "yukarıdaki",
         "tüm"), re.compile(_OTHER_LATIN)),
    (2, ("игнорир", "проигнорир", "забудь", "отбрось", "не обращай", "не следуй", "ігноруй",
         "отмени"), re.compile(_CYRILLIC)),
    (2, ("忽略", "無視", "无视", "忘", "忽視", "忽视", "不要理会", "不要遵守", "不理会", "抛弃",
        "绕过",
         "指示", "命令", "ルール", "指令", "プロンプト", "制約", "規則", "制限", "지시", "명령",
         "규칙", "지침",
         "프롬프트", "제한"), re.compile(_CJK)),
    (2, ("تجاهل", "انس", "تجاوز", "התעלם", "תתעלם", "שכח", "निर्देश", "आदेश", "नियम", "αγνόη",
        "αγνοή", "αγνοη", "ξέχασε",
         "ξεχάστε", "ละเว้น", "เพิกเฉย", "ลืม"), re.compile(_OTHER_SCRIPTS)),
)  # fmt: skip
"""Points, words with which such a phrase begins, and the phrase; by language."""
