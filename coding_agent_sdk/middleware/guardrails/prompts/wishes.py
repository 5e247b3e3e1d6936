"""Judges a request by what it is composed of: who is harmed, by what, in secret, for whose gain.

Each sign counts; none is enough alone, so that work on such things passes and a wish that nobody
has worded so before does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts import harm
from coding_agent_sdk.middleware.guardrails.prompts.anchors import beginnings_of
from coding_agent_sdk.middleware.guardrails.prompts.intents import EXCUSED_ABROAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["MAY_WISH", "wishes_harm"]

_VICTIM: Final = re.compile(
    r"\b(?:my |his |her |their |our |the |this |some |an? |every |all )?(?:old |former |ex-? ?)?"
    r"(?:flat ?mates?|room ?mates?|ex|wife|husband|girlfriend|boyfriend|partner|boss|co-?workers?|"
    r"colleagues?|neighbou?rs?|classmates?|teachers?|victims?|strangers?|streamers?|cousins?|"
    r"aunts?|uncles?|crush|tenants?|students?|pupils?|nurses?|doctors?|accounting|novia|femme|"
    r"mari|journalists?|novio|"
    r"esposa|marido|jefe|freundin|copine|namorada|ragazza|clinics?|"
    r"hospitals?|vendors?|visitors?|shoppers|competitors?|rivals?|employees|employers?|landlord|"
    r"accountant|cfo|ceo|kids|children|girls?|elderly|customers?|clients?|people|everybody|"
    r"everyone|someone|somebody|companies|company|school|university|city|isp|passengers|patients?|"
    r"shop|bank|office|mayor|politician|sister|brother|mother|father|daughter|son)(?:'s?|s')?\b"
    r"|\b(?:her|his) (?:phone|laptop|location|account|e-?mails?|messages|photos|icloud|computer|pc)"
    r"|\b(?:collègue|victime|visiteurs|voisin\w*|kunden|kollegin|kollegen|opfer\w*|nachbar\w*|"
    r"vecino\w*|víctima\w*|clientes|vizinho\w*|vítima\w*|vicin[oa]|vittima|clienti|соседа?|"
    r"жертв\w+|клиентов|коллег\w*)\b|隣人|邻居|别人|他人|被害者|客户|同事|用户的|人の"
)
_PRIVATE: Final = re.compile(
    r"базу клиентов|kreditkarten|\b(?:hr (?:files|data)|payroll|contracts|env(?:ironment)?"
    r" variables|api keys?|secrets|"
    r"pictures|passwords?|logins?|log ?ins|"
    r"credentials?|keystrokes?|key ?strokes|keyboard|everything "
    r"(?:typed|he|she|they)|locations?|whereabouts|messages|chats?|photos|pictures|nudes|cookies|"
    r"tokens?|sessions?|card (?:numbers?|data|details)|credit cards?|bank (?:details|data)|patient "
    r"records|medical records|records|calls|webcam|microphone|camera|screens?|screenshots|browsing|"
    r"address book|contacts|inbox|mailbox|e-?mails|pins?|tans?|otps?|2fa codes?|identit(?:y|ies)|"
    r"wallets?|accounts?|home address|money|savings|iban|payouts?|mots de passe|passwörter|"
    r"zugangsdaten|contraseñas|claves|senhas|пароли|паролей)\b|密码|密碼|パスワード|账号"
)
_SECRECY: Final = re.compile(
    r"\b(?:in)?visible in|\bstays? (?:hidden|invisible|unnoticed)|\bhid(?:es?|ing) (?:its?|"
    r"itself|as|in|inside|"
    r"behind|(?:the )?(?:icon|process|traces|evidence))\b|\bhidden (?:\w+ )?(?:endpoint|door|"
    r"account|"
    r"user|backdoor|process|miner|service|code|camera|access|admin)|"
    r"\binvisibl[ey]\b(?! (?:re)?captcha)|\bundetect\w+|"
    r"\b(?:nobody|no ?one|none|they|he|she|anyone)\b(?: \w+){0,2} "
    r"(?:find\w*|notic\w+|sees?|knows?|suspects?|trace\w*|detects?|realis\w+|realiz\w+)|"
    r"\bwithout (?:\w+ ){0,3}?(?:finding|noticing|seeing|knowing|knowledge|consent|permission|a"
    r" trace|"
    r"traces)|"
    r"\b(?:can'?t|cannot|not|never|un)(?: be)? ?trace(?:d|able)\b|\blooks? like an? (?:accident|"
    r"bug|"
    r"mistake|innocent|game|normal|harmless|update)|\b(?:secretly|covertly|stealthily|quietly|"
    r"discreetly)\b|\bunder the radar\b|\bdisguis\w+|\bcover (?:my|our|the) tracks\b|\bleav\w+ the "
    r"\w+ showing\b|\bsubtle (?:bug|flaw|backdoor|change)|\b(?:zero|no) detections\b|\b(?:not|"
    r"n't|nicht|never) (?:be )?(?:detect\w*|erkannt|flag\w*)|\b(?:security|proxy|dlp|firewall|"
    r"siem|she|he|admins?|auditors?|"
    r"management|police|boss|it|people|they) (?:doesn't|don't|won't|can't|never|not) (?:\w+"
    r" )?(?:sees?|knows?|"
    r"notices?|finds?)\b|\brenames? (?:the |its )?process\b|\bwhile (?:she|he|they)(?:'s|'re| is|"
    r" are) "
    r"(?:away|asleep|out)\b|\bevad\w+|\bgets? "
    r"(?:around|past) (?:\w+'?s? ){0,2}?(?:filters?|defender|antivirus|detection|spam|captcha\w*)|"
    r"\b(?:heimlich|unbemerkt|en secret|discrètement|sin que|a escondidas|sem que|di nascosto|"
    r"незаметно|тайно)\b|偷偷|秘密裏|こっそり"
)
_DECEIT: Final = re.compile(
    r"\bfake (?:[\w\-]+ ){0,3}?(?:wi-?fi|portal|login|page|site|shop|accounts?|profiles?|"
    r"reviews?|invoices?|"
    r"sms|pills|update|support|charity|news|voice|call|receipts?|certificates?|diplomas?|"
    r"passports?|prescriptions?|tickets?)|\b(?:looks?|seems?|appears?) (?:exactly |"
    r"just )?(?:as if|like) (?:it|they|he|she|the|a|an|from|our|my)\b|\blook-?alike (?:domains?|"
    r"pages?|sites?)|\btyposquat\w*|\bfaux (?:site|profil)|\bfausse page|\bfalsa? (?:página|"
    r"pagina|web)|\bgefälscht\w+|\bimpersonat\w+|\bpretend\w* "
    r"to be\b|\bpos(?:e|ing) as\b|\bin the name of\b|\bclone of (?:the )?[\w ]{0,20}?(?:log|bank|"
    r"page|site)|\btrick(?:s|ing)? \w+|\bphish\w*|\bspam\b|\bscam\w*|\bspoof\w*|\bdeepfake\b|"
    r"haciéndo\w+ pasar|se faire passer|im namen (?:der|von)|fingiendo|fingindo|spacciandosi|"
    r"от имени|冒充|なりすま"
)
_STEALING: Final = re.compile(
    r"\b(?:cracked (?:version|copy)|(?:break|crack|remove) the drm|torrent|steals?|grabs?|"
    r"harvests?|skims?|intercepts?|siphons?|sniffs?|spy|spies|"
    r"hooks? (?:the |into the )?(?:keyboard|camera|input|mouse|browser)|poisons? (?:the )?(?:dns|"
    r"arp)|exfiltrat\w+|extorts?|"
    r"blackmails?|hijacks?|cracks?|breaks? into|hacks?|vole[rz]?|"
    r"stiehlt|stehlen|klaut|roba[rn]?|roube|conseguir|ruba(?:re)?|украсть|крадёт|крадет|воровать|"
    r"mails? everything|forwards? everything)\b|窃取|偷|盗|侵入|入侵"
)
_TAKING: Final = re.compile(
    r"\b(?:captures?|scrapes?|leaks?|dumps?|takes?|downloads?|tunnels?|récupérer|"
    r"ab(?:zu)?greif\w+|скачай|"
    r"выгрузи|log(?:s|"
    r"ging)? what|collects?|reads? (?:her|his|their|all|my)|gets? (?:the |"
    r"her|his|their|people)|copies|records?|swipes?|drains?|tracks?|logs? (?:all|every|her|his|"
    r"their|the)|forwards? (?:all|every|them)|sees? (?:her|his|their))\b"
)
_MAKING: Final = re.compile(
    r"^\s*(?:(?:please|now|can you|could you|i (?:need|want)(?: you to)?|let'?s|just) )*(?:write|"
    r"build|make|create|code|generate|give me|set up|deploy|install|turn|register|spread|i"
    r" (?:want|need) an?|add|insert|"
    r"plant|scan|publish|"
    r"obfuscate|pack|design|develop|hide|entwickle|schreib\w*|erstelle?|bau\w*|écri\w+|crée\w*|"
    r"escrib\w+|crea|crie|escreva|scrivi|напиши|создай|сделай)\b"
)
_RUIN: Final = re.compile(
    r"\b(?:encrypt|wipe|brick|crash|break|fail|sabotage|corrupt|delete|ban(?:ned)?|flood|ruin|"
    r"overload|reports?|knock|destroy|take down|spread(?:s)?|infect(?:s)?|self-?replicat\w+|plant|"
    r"poison|alter|manipulate|rig|vandalise|deface|inject|insert|replace|swap|change)\b"
)
_GAIN: Final = re.compile(
    r"\b(?:to|for|by|with|at|into|in|on|from) (?:me|mine|my (?:own )?(?:server|domain|mail|e-?mail|"
    r"gmail|telegram|discord|webhook|account|box|phone|usb(?: stick)?|cloud|dropbox|private"
    r" drive|drive|address|page|wallet|"
    r"iban|key|channel|machine|bucket|site))\b|\bmine\b|\b(?:gives?|lets?|grants?|allows?|makes?|"
    r"pays?|mails?|sends?|owes?|dump|get|show) (?:me|it to me|them to me)\b|\bpay me\b|\bmy "
    r"(?:payload|own key|c2|shell|victims?|targets?)\b|\bfor me\b|\bi (?:get|earn|can get|own|"
    r"control|profit)\b|\b(?:create|make) me\b|mándame|envíame|envoie-moi|zuschick\w*|\bmir zu\b|"
    r"\bkeep the key\b|\bransom\b|\bbitcoin\b|"
    r"\bmonero\b|\bsells?\b|à mon|an"
    r" meine|"
    r"a mi |para mi|per me|мне\b|发到我|我的邮箱"
)
_TOOL: Final = re.compile(
    r"\b(?:credential stuffing|(?:token|cookie|password) grabber|loader|crypto ?miner|"
    r"schadsoftware|(?:that |which )?spreads (?:itself|over|to)|malware|worm|virus|trojan|rat|"
    r"dropper|payload|botnet|keylogger|ransomware|spyware|logiciel espion|software espía|"
    r"spionage\w*|шпион\w*|"
    r"stealer|backdoor|rootkit|exploit|bulk (?:spam|mail\w*|sms)|(?:reverse|remote|hidden) shell|"
    r"c2|logic bomb|"
    r"time bomb|miners?|shellcode|skimmer|"
    r"ddos)\b(?! (?:scan\w*|check\w*|"
    r"simulat\w+|detect\w*|filters?|definitions?|signatures?|protection|report|analysis))|木马|病毒|"
    r"マルウェア|вирус\w*|троян\w*"
)
_LOOT: Final = re.compile(
    r"\b(?:using|use|with|try|tries|test|load)\b[^.\n]{0,30}?(?:\b(?:stolen|leaked|breached|"
    r"cracked)\b"
    r"[^.\n]{0,20}?(?:cookies?|tokens?|credentials?|keys?|passwords?|cards?|logins?)|"
    r"\b(?:credentials|"
    r"keys?|passwords?|cookies?|tokens?) (?:you|i|we) (?:just )?found)|\bcvv\b|\bfrom (?:the|a|"
    r"this) (?:leaked|stolen|breached) (?:database|dump|list)\b|\b(?:erase|delete|"
    r"wipe|remove|destroy)\b[^.\n]{0,40}?(?:camera recordings|footage|access logs?|audit)|"
    r"\b(?:million|"
    r"thousand|\d+k) [^.\n]{0,24}?(?:passwords?|logins?|credentials?|combos?)\b|\bwhich (?:ones"
    r" )?(?:still )?works? (?:at|on|for)\b|\b(?:audit"
    r" (?:trail|logs?)|"
    r"logs?|traces?|evidence|history) of what i\b|\bstolen-looking\b"
)
_SABOTAGE: Final = re.compile(
    r"\b(?:keeps?|makes?|takes?|knocks?|brings?) (?:[\w']+ ){1,5}?(?:unavailable|offline|"
    r"unreachable|"
    r"unusable)\b|\bflood of requests\b|\bso (?:that )?(?:nobody|no one|they) can(?:'t|not)?"
    r" (?:\w+ )?(?:use|reach|open|log)|\bgoes off when\b|\btime-?(?:delayed|released) (?:delete|"
    r"wipe|bomb)|\bself-"
    r"?(?:propagat|replicat|spread)\w+|\block(?:s|ing)? (?:all )?(?:the )?(?:others|everyone|"
    r"everybody) "
    r"out\b|\bimpossible for (?:the )?others\b|\bonly my account\b|\bso that i win\b|\bvote"
    r" counts?\b|"
    r"\bturns? (?:strangers'?|people's|her|his|their) (?:webcams?|cameras?|microphones?) on\b|"
    r"\bwithout the light\b"
)
_STALKING: Final = re.compile(
    r"\bwhere (?:she|he|they|(?:[a-z]+ ){1,2}[a-z]+(?: from \w+)?) (?:now )?(?:lives?|sleeps?)\b|"
    r"\bwhere (?:she|he) (?:now )?works\b|\bwhich way (?:she|he|they)\b|\b(?:she|he) drives? to"
    r" work\b|\bwhereabouts of (?:my|her|"
    r"his)\b|"
    r"\bunderage\b"
)
_LEAVING: Final = re.compile(
    r"\b(?:after|before|when|once) (?:i|my) (?:leave|left|quit|departure|last day|contract|"
    r"dismissal|resignation|am gone|'m gone|get fired|'m fired|am fired)|\bno longer (?:here|"
    r"employed|with the)|\bi start at\b|\bnew employer\b|\bthey'?(?:ll)? (?:have"
    r" to pay|fired|blocked|"
    r"sacked|owe)\b|уволи\w+|\b(?:fired|blocked|dumped|cheated on|left) me\b|\brevenge\b"
)
_WIDE: Final = re.compile(
    r"\b(?:whole|entire) internet\b|\bevery (?:host|server|computer|machine|site|device)\b|\beach "
    r"of them\b|\bten thousand\b|\bthousands? of\b|\b(?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|"
    r"3[01"
    r"])\.|0\.)(?:\d{1,3}\.){3}\d{1,3}\b|\bexposed (?:\w+ )?(?:servers?|databases?|instances?|"
    r"mongodb|redis|cameras?)\b|\bopen (?:mongodb|redis|elasticsearch|s3|bucket|camera)\b"
)
_REALLY: Final = re.compile(r"\bfor real\b|\breally (?:encrypts?|works?|breaks?)\b|\bno test\b")
_FOREIGN: Final = re.compile(
    r"\b(?:(?:el |der |die |la |le )?banco|sparkasse|banque|banca|банка?|paypal|netflix|gmail|"
    r"google|chase|dhl|ups|amazon|microsoft|apple|instagram|facebook|whatsapp|steam|discord|tiktok|"
    r"santander|stripe)\b|wi-?fi"
)
_WHOEVER: Final = re.compile(
    r"\bwho(?:ever)? (?:installs?|opens?|clicks?|visits?|runs?|downloads?|uses?) (?:it|this|the|"
    r"them)\b"
)
_SIGNS: Final = (
    (_WHOEVER, 2), (_STALKING, 1), (_VICTIM, 1), (_PRIVATE, 1), (_GAIN, 1),
    (_RUIN, 1), (_LEAVING, 2), (_WIDE, 1), (_REALLY, 1), (harm.OUTSIDE, 1), (_FOREIGN, 1),
)  # fmt: skip
_DEED: Final = 2
_PLAIN_DEED: Final = 3
_PLAIN_DEEDS: Final = (_SABOTAGE, _LOOT)
_DEEDS: Final = (_STALKING, _SECRECY, _DECEIT, _TOOL, _STEALING)
_ENOUGH: Final = 5
_TWO: Final = 4
"""Two deeds; also where nobody else is named."""
_PLAIN: Final = 6
"""From here on a wish is no exercise because it says so."""
_SHORTEST: Final = 6
_LONGEST: Final = 500
_MOST: Final = 60
"""Sentences of one request that are read."""

_PIECE: Final = re.compile(r"(?:[^.!?\n。！？]|[.!?](?=[^\s\"')]))+(?:[.!?]+|[。！？]|\n|\Z)")
_NOT_A_WISH: Final = re.compile(
    r"\s*(?:how (?:do|does|did|would|could|can) (?:we|you|attackers?|hackers?|an attacker|malware|"
    r"someone|they|this|that|it|the)|why|what|which|who|where|explain|describe|is|are|does|did|can "
    r"you (?:explain|check|tell)|compare|list|find out (?:why|how|whether)|remove|block|detect|"
    r"prevent|stop|fix|check|review|audit|translate|summari[sz]e|rename|refactor|label|search)\b"
)
_OWN: Final = re.compile(
    r"\bagainst (?:bots|spam|fraud|abuse|attack\w*|brute)|\bour (?:own )?(?:\w+ )?(?:app|api|"
    r"site|staging|service|users|customers|tests?|server|"
    r"product|team|staff|database|code|router|queue|login|pipeline|infected|fixtures?)\b|\bmy own "
    r"(?:\w+ )?(?:wifi|zip|phone|server|mysql|account|laptop|machine|file|site)\b|\bi own it\b|"
    r"\bred team\b|\bwritten permission\b|\bpolice\b|\bincident\b|\bgdpr\b|\bstorybook\b|\bdemo\b|"
    r"\bhoneypot\b|\bplaceholder\b|\bquest\b|\bnotebook\b|\bnumpy\b|\bpandemic\b|\bepidemi\w+"
)

MAY_WISH: Final = beginnings_of(
    "office private photos espiona identifiants wifi contacts dropbox pastebin telegram gmail"
    " card cards erase flood death threats harass espion spionage torrent drm unavailable"
    " offline unreachable"
    " unusable vote others million thousand downloads"
    " tunnel lookalike typosquat faux fausse falsa gefälscht propagating delayed webcams cvv"
    " underage lives sleeps drives stolen leaked audit evidence bot bots rename while found"
    " obfuscate"
    " loader schadsoftware cryptominer miner miners spreads grabber credential poison poisons"
    " déni virus"
    " deepfake whoever "
    "hide hides hidden hiding invisible undetected nobody noone notice noticing"
    " without trace traced untraceable accident secretly covertly quietly discreetly disguise"
    " tracks subtle detections evade gets around fake looks look seems impersonate pretend posing"
    " clone trick phish phishing spam scam spoof deepfake steal steals stole stolen grab grabs"
    " harvest skim intercept siphon sniff spy spies hooks hook captures capture exfiltrate leak"
    " leaks dump takes take collect collects reads read copies records swipes drain track tracks"
    " malware worm virus trojan rat dropper payload botnet keylogger ransomware spyware stealer"
    " backdoor rootkit exploit bulk bomb shellcode skimmer ddos leave"
    " departure revenge heimlich unbemerkt secret discrètement escondidas nascosto незаметно тайно"
    " vole voler stiehlt stehlen klaut roba robar roube conseguir ruba украсть haciéndote fingiendo"
    " obfuscate loader schadsoftware cryptominer miner spreads grabber credential hack hacks"
    " crack break blackmail hijack extort poses fails evil"
) | {"вирус", "троян", "незам", "тайно"}
"""Beginnings of words of which a sentence that wishes harm holds one."""
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def wishes_harm(bare: str, beginnings: AbstractSet[str]) -> str:
    """Return what a request wishes done to others; `""` for nothing.

    Args:
        bare: The request as it reads, without code and quotations.
        beginnings: The beginnings of its words.
    """
    if not _may_wish(bare, beginnings):
        return ""
    before = ""
    may_before = False
    looked = 0
    for piece in _pieces(bare):
        may = _may_wish(piece, beginnings_of(piece))
        if (may or may_before) and looked < _MOST and not _NOT_A_WISH.match(piece):
            looked += 1
            whole = f"{before} {piece}" if before else piece
            weight = _weight(whole)
            if weight and not _is_work(whole, plainly=weight >= _PLAIN):
                return "it wants others harmed, deceived or robbed"
        before = "" if _NOT_A_WISH.match(piece) else piece
        may_before = may and bool(before)
    return ""


def _may_wish(text: str, beginnings: AbstractSet[str]) -> bool:
    return not MAY_WISH.isdisjoint(beginnings) or (
        not text.isascii() and _UNSPACED.search(text) is not None
    )


def _pieces(bare: str) -> Iterator[str]:
    seen: set[str] = set()
    for found in _PIECE.finditer(bare):
        piece = found.group()[:_LONGEST]
        if len(piece) < _SHORTEST or piece in seen:
            continue
        seen.add(piece)
        yield piece


def _weight(text: str) -> int:
    deeds = sum(_DEED for pattern in _DEEDS if pattern.search(text))
    plain = sum(_PLAIN_DEED for pattern in _PLAIN_DEEDS if pattern.search(text))
    deeds += plain
    taken = _TAKING.search(text) is not None
    if not deeds and not taken:
        return 0
    makes = plain or _TOOL.search(text) or _DECEIT.search(text)
    made = makes and _MAKING.search(text)
    weight = deeds + taken + bool(made)
    weight += sum(points for pattern, points in _SIGNS if pattern.search(text))
    return weight if weight >= _ENOUGH or deeds >= _TWO else 0


def _is_work(text: str, *, plainly: bool) -> bool:
    """Return whether a text is about work on such things, on one's own."""
    if plainly:
        text = _PRETEXT.sub(" ", text)
    said = _MEANT.sub(" ", text)
    return bool(harm.EXCUSED.search(said) or EXCUSED_ABROAD.search(said) or _OWN.search(text))


_PRETEXT: Final = re.compile(
    r"\b(?:for a (?:class|lesson|course|exercise|school project)|exercise|lesson|tutorial|course|"
    r"game|docker|container|player|sample|toy|tests? (?:them|combos|those|it)|lab|for testing|"
    r"dummy|educational|local(?:ly)?|temp\w*)\b"
)
"""What such a wish is dressed up with."""
_MEANT: Final = re.compile(
    r"(?:\bnot|n't|\bnicht|\bnever) (?:be )?(?:detect\w*|erkannt|flag\w*)|"
    r"\b(?:zero detections?|no detections?|audit (?:trail|log)s?|renames? (?:the |its )?process|"
    r"(?:windows |from )?defender|in (?:the )?(?:code"
    r" )?review|protect\w*|endpoint|game|example|string|function|class|"
    r"branch|warn\w*|local(?:ly)?|variable|method|(?<=token )validation|flag\w*|"
    r"dev(?:elopment)?|raise\w*)\b"
)
"""Words that stand in wishes, too."""
