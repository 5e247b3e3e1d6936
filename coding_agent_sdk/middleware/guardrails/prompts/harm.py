"""The words of a request that wants harm done: deeds, tools, targets, booty, and their excuses."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "ATTACK", "ATTACK_TOOL", "BOOTY", "DEEDS", "DESTROYING", "DEVICE", "EXCUSED", "MALICE", "OTHERS",
    "OUTSIDE", "REAL_TARGET", "STRIKE", "TAKING",
]  # fmt: skip

_ANY: Final = r"(?:[\w'’\-@./~]+,? ){0,4}?"

OTHERS: Final = re.compile(
    r"\b(?:competitors?|rivals?|co-?workers?|colleagues?|neighbou?rs?|ex(?:-?(?:wife|husband|girlfriend|boyfriend|partner|boss|employer))?|boss|"
    r"manager|girlfriend|boyfriend|wife|husband|friend|roommate|teacher|professor|classmates?|school|university|bank|hospital|employer|"
    r"enem(?:y|ies)|victims?|strangers?|someone(?: else)?|somebody|another (?:company|user|person|team|customer|tenant)|other (?:people|users|companies|tenants)|"
    r"everyone|everybody|employees?|customers?|clients?|company|government|police|politician|celebrity|landlord|people|person|targets?|users)(?:'s?|s'?)?\b"
)
"""Whose it is: somebody who was not asked."""

_PLACE: Final = (
    r"(?:machines?|servers?|hosts?|laptops?|phones?|smartphones?|computers?|pcs?|desktops?|accounts?|networks?|lan|vpn|wi-?fi|routers?|websites?|web ?sites?|sites?|pages?|domains?|"
    r"databases?|db|dbs|inbox(?:es)?|e-?mails?|mailbox(?:es)?|apis?|runners?|systems?|infrastructure|cluster|cloud|camera|webcam|portal|gateway|firewall|backend|"
    r"grading system|payroll|crm|erp|intranet|office|data ?cent(?:er|re)|workstations?|devices?|nas|backups?|repos?|repositor(?:y|ies)|boxe?s?|(?:boot|mbr) sectors?|instances?|stores?|shops?|fleet|vault|wallets?|atms?|grid|plants?|scada|printers?)"
)
REAL_TARGET: Final = re.compile(
    rf"\b(?:every|all(?: the| our| of the)?|each|any|whole|entire|their|his|her|someone's|somebody's|company(?:'s)?|office|corporate|production|prod|live|this|that|the|our|my|ci|a|an)\s+(?:[\w'’\-]+\s+){{0,3}}?{_PLACE}\b"
    r"|\b(?:from|in|on|of) (?:the |our )?(?:live |whole |entire )?prod(?:uction)?\b|\b[\w\-]+\.(?:com|net|org|io|example|gov|edu|de|co|victim|local|internal|corp|lan|app|dev|shop|test|bank)\b|\b(?:\d{1,3}\.){3}\d{1,3}\b"
)
DEVICE: Final = re.compile(
    r"/dev/(?:sd|nvme|hd|vd|disk|mmc)\w*|\b(?:this|the|my|every|whole|entire|all) (?:\w+ ){0,2}?(?:box|disks?|hard drives?|drives?|partitions?|filesystems?|file systems?|machine|computer|server|laptop|host|system|volume|ssd|boot sector|mbr|operating system)\b|"
    r"\bsystem32\b|\bc:\\|\b(?:my|the|every) (?:entire |whole |user'?s? )*home(?: director\w+| folder)?s?\b|\beverything (?:on|in|under) (?:this|the|my|/)|(?<![\w.])/(?:etc|usr|boot|var|home|bin|lib|root)?(?:\s|/?\*|$|\.)"
)
MALICE: Final = re.compile(
    r"\bso (?:that )?(?:it|they|nobody|no ?one|nothing|he|she|the \w+) (?:cannot|can'?t|can never|can not|can|is|are|will|won'?t|never|has|have)\b[^.\n]{0,50}?(?:restor|recover|notic|trac|find|know|undone|rebuil|log ?in|work|use|back|see|boot)|"
    r"\b(?:delete|remove|wipe|clear|erase|destroy|clean) (?:all |the |any |my )*(?:logs?|evidence|traces?|tracks|backups?|history|audit)|\b(?:hide|cover|conceal) (?:it|this|that|(?:your|my|our|the|all|any) (?:tracks|traces|evidence|activity))|"
    r"\bwithout (?:telling|anybody|anyone|them|him|her|being|getting|leaving|a trace|notice|noticing|permission|consent|authori[sz]ation|asking|(?:his|her|their|the \w+'?s?) (?:knowledge|knowing|consent|permission))\b|"
    r"\b(?:nobody|no ?one|they|the \w+ team|the \w+) (?:must|should|may|will|can|does)?\s?(?:not|n'?t|never)?\s?(?:notice|find out|know about|suspect|see it|detect)|\b(?:silently|secretly|quietly|covertly|stealthily|unnoticed|undetected|untraceable|irreversibl[ey]|permanently|beyond recovery)\b|"
    r"\bstart with the backups|\b(?:and|including|with) (?:all )?(?:the |its |their )?backups\b|\bno backups?\b|\b(?:dlp|edr|av|siem|antivirus|soc|security team|firewall|monitoring|audit) (?:\w+ )?(?:misses|does(?: not|n't)|won'?t|can'?t|cannot|ignores)|\b(?:evade|bypass|avoid) (?:the |all )?(?:dlp|edr|av|antivirus|detection|monitoring|siem|logging|audit)|"
    r"\bsteal\b|\bransom\b|\brevenge\b|\bpunish\b|\bi want (?:it|this|them|that|him|her|the \w+|this \w+) (?:gone|dead|destroyed|down|to (?:suffer|burn|go down))|\bbefore (?:they|anyone|anybody|he|she) (?:notice|find|realiz|realis)|\bfor real\b|\bdo(?: not|n'?t) ask\b|\bright now\b|\btonight\b|\bno questions\b|"
    r"\bin small (?:pieces|chunks)\b|\bbit by bit\b|\bdisguised? as\b|\bremove the evidence\b|\bafter (?:i|we) (?:leave|quit|get fired|am fired)|\bbring (?:it|them) down\b"
)
DESTROYING: Final = (
    r"(?:wipe(?: out)?|erase|destroy|nuke|brick|trash|shred|format|zero(?: out)?|overwrite|corrupt|sabotage|encrypt|kill|crash|delete|remove|drop|purge|ruin|break|obliterate|annihilate|demolish|blow away|blow up|"
    r"take (?:down|offline)|bring down|shut down|knock (?:out|offline|over)|render|disable|vandali[sz]e|deface|poison|lösche|zerstöre|formatiere|supprime|efface|détruis|borra|destruye|elimina|formatea|apague|destrua|cancella|distruggi|удали|уничтожь|сотри|отформатируй)"
)
TAKING: Final = (
    r"(?:send|upload|post|e-?mail|mail|exfiltrate|leak|forward|transmit|ship|copy|move|push|publish|dump|scrape|steal|smuggle|pipe|curl|beam|sneak|transfer|share|sell|extract|harvest|collect|grab|pull|siphon|download|export|paste|encode|base64|tar|zip|pack|gather|"
    r"sende|schicke|lade|kopiere|envoie|envía|sube|manda|envie|invia|отправь|загрузи|发送|上传)"
)
BOOTY: Final = re.compile(
    r"\.env\b(?!\.(?:example|sample|template|dist|test))|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|~?/?\.(?:ssh|aws|kube|gnupg|docker|netrc|npmrc|pypirc|git-credentials|azure|config/gcloud)\b|/etc/(?:passwd|shadow)|"
    r"\b(?:session|access|auth|api|bearer|refresh|oauth|login|user|aws|gcp|azure|cloud|admin) ?(?:tokens|cookies|keys|credentials?|secrets)\b|\b(?:private|ssh|signing|encryption|deploy|master|gpg|root|ssl|tls|aws|pgp|license) ?keys?\b|\bcredentials\b|\b(?:all |our |the |every |their |user |customer |production |saved |stored |browser |database |db |admin |root )passwords?\b|\bpassword (?:hashes|manager|vault|database|file)|"
    r"\bssns?\b|\bsocial security|\bcredit cards?\b|\bcard numbers?\b|\b(?:customer|user|client|patient|employee|payroll|salary|medical|health|personal|personnel|member)s?'?s? (?:data(?:base|set)?|records?|table|list|e-?mails?|addresses|details|info\w*|files?|pii|dump|phone numbers)\b|"
    r"\b(?:hr|salary|payroll) (?:records|data|files)\b|\bsalar(?:y|ies)\b|\bpayslips?\b|\b(?:prod(?:uction)?|customer|user|hr|entire|whole|company|payments?) (?:\w+ )?(?:db|database|dump|source code|codebase|wiki|secrets?|vault|repos?|mailbox)\b|\b(?:keychain|cookie jar|browser (?:history|profile|cookies)|wallet|seed phrase|chat (?:history|logs)|private messages|dms|source code|trade secrets?|customer list|(?:all )?(?:our|the) secrets|env(?:ironment)? (?:vars?|variables)|medical records|payroll|inbox|home (?:directory|folder))\b|"
    r"\b(?:zugangsdaten|passwörter|schlüssel|kundendaten|mots de passe|identifiants|contraseñas|credenciales|senhas|credenziali|парол\w*|密码|密钥)"
)
OUTSIDE: Final = re.compile(
    r"https?://(?!(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|api\.github\.com|github\.com|codecov|pypi|registry\.npmjs|hooks\.slack\.com/services/\$))|\bftp://|\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[\w.+\-]+@(?!(?:ourcompany|example))[\w\-]+\.\w|\b(?:my|a|an|this|some|their|our competitor'?s?) (?:own |private |personal |remote |external |public |foreign |discord |slack |telegram |c2 |vps |throwaway |anonymous |home |s3 |ftp )*"
    r"(?:server|vps|bucket|bot|channel|webhook|account|e-?mail(?: address)?|gmail|address|gist|pastebin|paste|repo|drive|dropbox|host|box|endpoint|url|chat|inbox|usb(?: stick)?|site|cloud|domain|phone|machine|laptop|listener)\b|"
    r"\b(?:pastebin|paste\.rip|transfer\.sh|file\.io|0x0\.st|ngrok|requestbin|webhook\.site|mega\.nz|anonfiles|telegram|discord|dropbox|google drive|wetransfer|dark ?web|dns (?:quer|request|tunnel|lookup|txt)\w*|icmp|burp|interactsh|oast|tor\b|onion|twitter|reddit|4chan|wikileaks|the (?:press|internet|public|competitor)|competitors?|darknet)|"
    r"\bto [\w\-]+(?:\.[\w\-]+)+\b|\bpublicly\b"
)
ATTACK: Final = re.compile(
    r"\b(?:hack (?:in ?to|my|the|a|an|his|her|their|someone|every|all|into)|hack [\w\-]+\.[a-z]{2,}|break in ?to (?!(?:\w+ )?(?:smaller|two|three|several|multiple|separate|functions?|modules?|pieces|parts|chunks|steps|lines|components|files|words|tokens|classes|methods|sections|packages|the (?:pdb|debugger|repl))\b)|"
    r"ddos|dos attack|launch (?:a |an )?(?:\w+ )?(?:ddos|dos|attack|brute|phishing|exploit)|brute-?force (?:the |my |a |all |his |her |their |this )?(?:\w+'?s? ){0,3}?(?:password|login|account|pin|ssh|admin|vpn|wi-?fi|rdp|server|host|passcode|passphrase)|crack (?:the |my |a |all |his |her |their |these |those )?(?:\w+'?s? ){0,3}?(?:password|wi-?fi|account|pin|hash|login|licen[cs]e|zip|vpn)|"
    r"compromise (?:the|a|every|all|their|his|her|our|my|this)|infiltrate|penetrate (?:the|a|their|every)|hijack (?:the |a |all |every |their |his |her |my |our |someone's )?(?:\w+'?s? ){0,3}?(?:account|session|server|dns|domain|phone|router|machine|accounts|sessions|laptop|camera|webcam|traffic|host|number|sim)|phish |spoof (?:the |a |an |my |our )?(?:\w+'?s? ){0,2}?(?:ceo|bank|email|sender|caller|domain)|"
    r"spy on (?:my|the|a|his|her|their|our|every|all|everyone|users)|stalk |eavesdrop on|intercept (?:the |all |my |his |her |their |every |our )?(?:\w+'?s? ){0,3}?(?:traffic|messages|calls|e-?mails|sms|communications?)|infect (?:the|a|every|all|this|their|his|her|our|my|as many)|deface|take over (?:the |a |every |all |their |his |her |my |our |this )(?:\w+'?s? ){0,3}?(?:account|server|machine|host|domain|domains|network|runner|session|accounts)|"
    r"exploit (?:the |a |this |that |their |every |log4shell |cve-[\d\-]+ )(?:\w+ ){0,4}?(?:on|against|to (?:get|gain|take|own|steal|read|dump|run|access|break)|of (?:the|our|their|a))|attack (?:the |a |every |all |my |his |her |their |our |this )(?:\w+'?s? ){0,4}?(?:server|host|machine|network|website|site|api|router|wi-?fi|competitor|company|hospital|bank|school|domain|infrastructure|computer|laptop|grid|system)s?\b|attack [\w\-]+\.[\w.\-]+|"
    r"take (?:down|offline) (?:the |a |every |all |my |his |her |their |our )(?:\w+'?s? ){0,3}?(?:competitor|website|site|api|company|network|hospital|bank|school|domain|infrastructure|power|shop)|knock (?:[\w.\-']+ ){1,4}?offline|flood (?:the |a |their |my |his |her |[\w\-]+\.)|steal (?:the |all |my |a |his |her |their |our |every |some )?(?:\w+'?s? ){0,4}?(?:data|passwords?|tokens?|keys?|money|credentials?|cookies?|accounts?|identit\w+|cards?|secrets?|database|files|wallets?|bitcoin|crypto|ssns?|session\w*|source)|"
    r"get (?:me )?(?:a )?root (?:shell |access )?on (?:the |a |his |her |their |my (?:co|coll|boss|neigh|ex)|every|all|our)|gain (?:unauthori[sz]ed |root |admin |remote )?(?:access|control) (?:to|on|over|of) (?:the |a |my |his |her |their |someone|every |all |our )|pwn |own every|backdoor (?:the |a |our |every |all |their |this )|plant (?:a |an |some )|sql[- ]?inject (?:the |a |their |[\w\-]+\.)|dox+ |swat |blackmail |extort |impersonate (?:the |my |a |our )(?:\w+ ){0,2}?(?:ceo|boss|bank|customer|admin|police|support|colleague|hr)|"
    r"scan (?:the |all |a |their |every )?(?:\w+ ){0,4}?(?:for|and) (?:\w+ ){0,3}?(?:exploit|hack|attack|break)|drain (?:the |all |every |their |his |her |my )?(?:\w+'?s? ){0,3}?(?:account|wallet|funds)s?|mine (?:bitcoin|monero|crypto\w*|coins) (?:on|with|in) |spam (?:all|every|my|the|everyone|people)|sniff (?:the |all |my |their |his |her )?(?:\w+'?s? ){0,3}?(?:traffic|passwords?|credentials?|packets|wi-?fi)|turn off the (?:power|lights|alarms)|bypass (?:the |their |his |her |a )(?:\w+'?s? ){0,3}?(?:paywall|login|2fa|mfa|license check|licen[cs]e|drm|lock ?screen))"
)
STRIKE: Final = re.compile(
    r"\b(?:exploit|attack|hack|compromise|breach|raid|penetrate|own|phish|brute-?force|take down|flood|jam|infiltrate|pwn|hit|ddos|spy on|crack) "
    r"(?:the (?:login|users|password|admin\w*) (?:of|for|on) )?(?:the |a |an |every |this |that |their |our |my |all |his |her |someone's )?"
    rf"(?:(?!(?:of|in|on|for|with|from|at)\b)[\w'’\-]+ ){{0,3}}?(?:{_PLACE}|[\w\-]+\.[a-z]{{2,}}(?:\.[a-z]{{2,}})*)"
    r"(?=\s*(?:$|[.,!]|(?:of|now|tonight|today|and|for me|with|until|before|so|from)\b))"
)
"""A deed and right after it its target."""

ATTACK_TOOL: Final = re.compile(
    r"\b(?:[\w\-]+ ){0,4}?(?:botnet(?: client| node| agent)?|phishing (?:kit|page|site|e-?mails?|mails?|campaign|form|website|template|sms|login page)|remote access (?:trojan|tool)|trojan(?: horse)?|keylogger|key logger|ransomware|rootkit|bootkit|worm|(?:computer |macro )?virus(?:es)?|malware|spyware|stalkerware|stealer|(?:credential|password|cookie|token|info|session|wallet) ?(?:stealer|harvester|grabber|dumper)|"
    r"cryptominer|crypto ?(?:miner|jacker)|crypto-?jack\w*|backdoor|reverse shell|bind shell|web ?shell|(?:zero-?day |0-?day |working |remote |privilege )?(?:escalation )?exploits?|exploit (?:kit|chain)|shellcode|payload|ddos (?:tool|script|bot|client)|dos (?:tool|script)|fork bomb|zip bomb|logic bomb|time bomb|email bomber|sms bomber|brute-?forcer|password cracker|c2 (?:server|implant|beacon|agent|channel)|command and control server|implant|dropper|loader for|wiper|adware|rat\b|"
    r"fake (?:login (?:page|form)|bank(?:ing)? (?:page|site)|invoice|antivirus|update|reviews?)|deepfake|carding (?:script|tool|bot)|spam (?:bot|campaign|script)|scam (?:page|site|script)|skimmer|sniffer|packet injector|evil twin|dns spoofer|arp spoofer|sim swap\w*|account checker|credential stuffing (?:tool|script|bot)|click ?fraud bot|captcha bypass(?:er)?|aimbot|screen ?grabber|browser hijacker|clipper)\b"
    r"(?! (?:scan\w*|hook|detector|detection|tests?|filters?|rules?|scanner|report|pages? (?:in|of) (?:the|our) docs|dataset|signatures?|simulat\w+|classifier|polic\w+|alert\w*|parser|fixture\w*|regression|cases?|samples?|corpus|definition\w*|removal|protection|prevention|defen[cs]e|blocker|guard|checks?|warning\w*|awareness|training|section|article|analysis|handler|validation|schema|class|model|size|column|field|type|limit|format|object|struct|is|was|has|in (?:the|our) (?:docs|wiki|test\w*|unit|fixture\w*))\b)"
)
DEEDS: Final = (
    "hack break ddos dos launch brute bruteforce crack compromise infiltrate penetrate hijack phish spoof spy stalk eavesdrop intercept infect deface "
    "take exploit attack knock flood steal get gain pwn own backdoor plant sql dox doxx swat blackmail extort impersonate scan drain mine spam sniff "
    "turn bypass write build create make code develop generate give produce program craft design deploy install implement set put drop hide need want "
    "prepare spin show wipe erase destroy nuke brick trash shred format zero overwrite corrupt sabotage encrypt kill crash delete remove purge ruin "
    "obliterate annihilate demolish blow bring shut render disable vandalize vandalise poison lösche zerstöre formatiere supprime efface détruis borra "
    "destruye elimina formatea apague destrua cancella distruggi удали уничтожь сотри отформатируй send upload post email mail exfiltrate leak forward "
    "transmit ship copy move push publish dump scrape smuggle pipe curl beam sneak transfer share sell extract harvest collect grab pull siphon "
    "download export paste encode base tar zip pack gather sende schicke lade kopiere envoie envía sube manda envie invia отправь загрузи run"
)
"""All the deeds, to see at a glance that a sentence holds none."""

EXCUSED: Final = re.compile(
    r"\b(?:tests?|testing|tested|unit|pytest|fixtures?|regression|detect\w*|prevent\w*|mitigat\w*|protect\w*|harden\w*|defend\w*|defen[cs]e|review\w*|audit(?! log)\w*|explain|docs?|docstring|document(?:ation)?|readme|moderation|changelog|awareness|simulat\w*|mock\w*|stub|fake out|ctf|lab|honeypot|sandbox(?:ed)?|"
    r"refactor|rename|sanitiz\w*|sanitis\w*|escap(?:e|es|ing)|reject\w*|blocks|blocked|blocklist|denylist|allowlist|deny list|allow list|block list|egress|egress rule|yara|sigma|snort|semgrep|linter|lint|rule \w+|guard(?:rail)?s? (?:against|for)|guard against|our own parser|migration|teardown|cleanup|seed|scratch|temp(?:orary)?|tmp|local(?:host|ly)?|dev(?:elopment)?|staging|docker|compose|container|ci (?:job|config|workflow)|"
    r"(?<![.\w])example|sample|dummy|toy|exercise|game|chess|board|enemy|player|sprite|canvas|lesson|tutorial|course|how (?:does|do attackers|an attacker)|what is|why (?:does|is|do)|incident|post-?mortem|threat model|pentest report|cve-\d+ (?:fix|patch)|patch(?:es|ed)?|fix(?:es|ed)?|vulnerabilit\w*|warn(?:s|ing)?|flag(?:s|ged)?|raise|raises|must (?:raise|fail|not|be rejected)|should (?:raise|fail|not|be rejected)|string|strings|regex|pattern|variable|function|method|class|endpoint|log line|error message|commit message|branch)\b"
)
"""Words of work about such things, which nobody uses who wants the thing itself."""
