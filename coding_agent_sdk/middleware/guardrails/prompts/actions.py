"""What an injected text wants done: send a secret, run a danger, open a door, destroy."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ACTIONS", "SENDING", "VALUABLE"]

VALUABLE: Final = (
    r"(?:\.env\b|id_rsa|id_ed25519|\.ssh\b|\.aws\b|\.kube\b|\.npmrc|\.pypirc|\.netrc|"
    r"\.git-credentials|\.gnupg|kubeconfig|"
    r"/etc/(?:passwd|shadow)|credentials?|api[ _\-]?keys?|\w+_(?:key|token|secret|password)\b|"
    r"secrets?\b|(?:access |auth |session |bearer )?tokens?\b|passwords?|private keys?|ssh keys?|"
    r"environment variables?|env vars?|\benv\b|printenv|source code|(?:conversation|"
    r"chat)(?: history)?|system prompt|cookies?|keychain|wallet|seed phrase|"
    r"customer (?:data|records|list)|user data|database dump|files? (?:in|of|from) (?:the )?home|"
    r"zugangsdaten|passw(?:ö|o)rt\w*|schlüssel|"
    r"mots? de passe|clés?|contraseñas?|claves?|credenciales|senhas?|chaves?|credenciais|"
    r"credenziali|chiav[ei]|парол\w*|ключ\w*|токен\w*|"
    r"密码|密钥|凭证|密鑰|パスワード|秘密鍵|認証情報|비밀번호|키|자격 증명|환경 변수|环境变量|"
    r"環境変数)"
)
SENDING: Final = (
    r"(?:send|sends|upload|post|e-?mail|mail|exfiltrate|leak|forward|transmit|include|append|put|"
    r"paste|copy|embed|encode|attach|publish|share|print|reveal|output|add|write|commit|dump|"
    r"submit|push|echo|base64|display|show|expose|deliver|pipe|curl|wget|read|cat|"
    r"send(?:e|et|en)|schick(?:e|t|en)|lade|übermittle|gib|poste|kopiere|veröffentliche|envoie|"
    r"envoyez|transmets|transmettez|affiche|publie|publiez|envía|envia|enviar|envíe|envie|sube|"
    r"publica|copia|muestra|mande|manda|invia|inviare|carica|pubblica|mostra|inoltra|"
    r"отправь\w*|пошли\w*|загрузи\w*|выведи\w*|покажи\w*|перешли\w*|скопируй\w*|发送|上传|发给|"
    r"发到|输出|泄露|"
    r"复制|送信|アップロード|出力|表示|送って|보내|전송|업로드|출력)"
)
_DESTINATION: Final = (
    r"(?:https?://|ftp://|www\.|[\w.+\-]{1,40}@[\w\-]{1,40}\.\w|\b(?:to|at|an|nach|à|a|para|per|на|"
    r"到|至) [\w\-]{1,40}\.(?:com|net|org|io|top|rip|sh|xyz|ru|cn|example|dev|app|info|ly|me)\b|"
    r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|pastebin|paste\.|webhook|gist|telegram|discord|slack|dns|"
    r"your (?:next |final )?(?:commit|answer|response|reply|summary|message|output|pull request|pr|"
    r"comment)|"
    r"the (?:next |final )?(?:commit(?: message)?|answer|response|reply|pull request|"
    r"pr description|issue|comment|url|query string|log)|"
    r"(?:my|our|this|the) (?:server|endpoint|address|collector|bucket|inbox|host|domain)|"
    r"commit message|(?:the|this|a|your) summary|pr (?:description|comment)|attacker|"
    r"as (?:a )?(?:query|url) param\w*|a (?:public )?(?:comment|issue|gist|repo\w*)|plain ?text|"
    r"verbatim|als antwort|en tu respuesta)"
)

_SENDS: Final = re.compile(
    rf"{SENDING}\b[^\n]{{0,140}}?{VALUABLE}[^\n]{{0,140}}?{_DESTINATION}"
    rf"|(?:发送|上传|发给|发到|输出|泄露|送信|アップロード|出力|보내|전송|업로드|отправ)[^\n]{{0,80"
    rf"}}?(?:https?://|\.env|"
    rf"{VALUABLE})"
    rf"|{VALUABLE}[^\n]{{0,80}}?(?:https?://[^\s]{{1,80}}|"
    rf"[\w.+\-]{{1,40}}@[\w\-.]{{1,60}})[^\n]{{0,30}}?(?:送信|アップロード|보내|전송|업로드|发送|"
    rf"上传)"
    rf"|{SENDING}\b[^\n]{{0,60}}?{_DESTINATION}[^\n]{{0,80}}?(?:containing|with|including|"
    rf"content of|contents of|value of|output of)[^\n]{{0,40}}?{VALUABLE}"
    r"|!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?=/&][^)\n]{0,80}(?:\{|<|\[|\$|%7b|secret|token|"
    r"key|data|base64|env|prompt|history|conversation)"
)
_RUNS: Final = re.compile(
    r"\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest)\b[^\n|]{1,200}\|\s?(?:sudo )?(?:ba|z|da|"
    r"k)?sh\b|\b(?:curl|wget|iwr|irm)\b[^\n|]{1,200}\|\s?(?:python\d?|node|perl|ruby|iex|bash|"
    r"php)\b"
    r"|\brm (?:-\w+ |--\w[\w\-]* ){0,3}-?\w*[rf]\w* (?:--\w[\w\-]* )?[~/$*.\"']|\|\s?(?:curl|nc|"
    r"ncat|wget)\b|\bcurl [^\n]{0,120}?(?:-d|--data\S*|-f|-t|--upload-file|"
    r"-x post)[ =]?[^\n]{0,40}?[@$`]"
    r"|\bgit (?:push|remote (?:add|set-url))[^\n]{0,60}?https?://|\bnc -\w*e|/dev/tcp/|bash -i\b|"
    r"\bbase64 (?:-d|--decode)[^\n]{0,40}?\|\s?\w*sh\b|powershell[^\n]{0,30}?-e(?:nc|c)\b|"
    r"\bchmod (?:-r )?(?:777|\+s|u\+s)|\bcrontab\b|\bmkfs|\bdd if=|:\(\)\s?\{|\bsudo\b|"
    r"\bpip3? install [^\n]{0,40}?(?:https?://|git\+|--index-url|--extra-index)|\bnpm (?:install|i|"
    r"exec) [^\n]{0,30}?https?://|"
    r"\bnpx (?:-y |--yes )?[\w@/\-.]+|\beval\(|\bos\.system|\bsubprocess\.|\bgit push (?:-f|"
    r"--force)|\bgit reset --hard|\bdrop (?:table|database)\b|\bssh (?:-\w+ )?\w+@"
    r"|\b(?:curl|wget|nc|ncat)\b[^\n]{0,160}?(?:\d{1,3}\.){3}\d|\b(?:curl|"
    r"wget)\b[^\n]{0,120}?(?:evil|attacker|malicious|exfil|payload)"
)
_OPENS: Final = re.compile(
    r"authorized_keys|\bback-?doors?\b|\balways (?:works?|returns? (?:true|ok|success|200)|"
    r"succeeds?|pass(?:es)?|accept\w*|grants?|be (?:accepted|valid|true))|"
    r"\b(?:disable|turn off|remove|bypass|skip|switch off|comment out|weaken|deactivate|delete|"
    r"drop) (?:all |any |the |every |its |of |our |your |user )*(?:\w+ ){0,2}?"
    r"(?:auth\w*|signature\w*|tls|ssl|certificate\w*|verif\w*|tests?|safety|security|validation|"
    r"sandbox|csrf|permission\w*|login|checks?|logging|audit\w*|firewall|guard-?rails?|filters?|"
    r"approval\w*|confirmation\w*|protection|2fa|mfa|rate limit\w*)\b|"
    r"\b(?:change|set|replace|point|switch|modify|update|redirect|rewrite) [^\n]{0,50}?(?:url|"
    r"endpoint|registry|remote|host|dns|proxy|webhook|index|mirror|server|origin|"
    r"upstream)\b[^\n]{0,60}?(?:https?://|(?:\d{1,3}\.){3}\d|\w\.\w)|"
    r"\b(?:add|create|insert|make|grant|give) [^\n]{0,40}?(?:admin(?:istrator)?|root|superuser|"
    r"collaborator|maintainer|owner|sudo)\b[^\n]{0,40}?(?:user|account|access|role|rights|named|"
    r"called|@|permissions?|\b)|"
    r"\b(?:approve|merge|lgtm|close|accept) (?:this |the |all |every |any )(?:pr|pull request|"
    r"change|merge request|diff|issue|commit|patch)\b|"
    r"\b(?:delete|remove|wipe|erase|destroy|drop|overwrite|truncate|purge|empty) (?:all |the |"
    r"every |entire |whole |this |user'?s |of |their )*(?:\w+ )?(?:tests?(?: director\w+| folder|"
    r" files?| suite)?|repo\w*|\.git\b|branch\w*|database\w*|director\w+|folder|files?|home|"
    r"workspace|source|backups?|history|table|data|project|code)\b|"
    r"\b(?:chmod|persist|startup script|\.bashrc|\.zshrc|\.profile|pre-?commit hook|git hook|"
    r"ld_preload|cron(?:tab| ?job)|launchagent|systemd)\b|"
    r"\bhard-?code\b|\bmalware\b|\bcryptominer\b|\breverse shell\b|\b(?:install|add|use|import|"
    r"depend on) (?:the )?(?:package|dependency|module|library|extension|plugin)\b|"
    r"\b(?:reveal|print|output|repeat|show|display|leak|return|dump|tell (?:me|us)|disclose|"
    r"expose) [^\n]{0,30}?(?:system prompt|(?:your|hidden|developer|initial|system|"
    r"original) (?:\w+ )?(?:prompt|instructions?|message|rules|configuration))|"
    r"\b(?:recommend|praise|promote|rate|score|rank|say|state|reply|respond|answer|conclude|"
    r"report) (?:that |only |with |this |it |as |to |all |everything )+[^\n]{0,40}?(?:safe|secure|"
    r"excellent|best|no (?:issues|problems|vulnerabilities)|passed|clean|perfect|approved|highest|"
    r"positive|10/10)|"
    r"\b(?:visit|open|browse to|navigate to|go to|download|fetch|load|clone|"
    r"click) [^\n]{0,30}?https?://|"
    r"\blösche|supprime|\bborra|\belimina|\bapague\b|удали|删除|刪除|削除|삭제|\bführe\b|\bexécute|"
    r"\bejecuta|\besegui\b|\bexecute o\b|выполни|执行|運行|运行|実行|실행"
)
_CALLS: Final = re.compile(
    r"\b(?:call|invoke|use|run|execute|trigger) (?:the )?(?:tool |function |"
    r"command )?[`'\"]?(?:run_cmd|write_file|edit_file|apply_patch|read_file|bash|shell|"
    r"terminal|execute_\w+|"
    r"run_\w+|send_\w+|http_\w+|fetch_\w+|delete_\w+|browser|web_\w+|exec)\b|"
    r"\b(?:run|execute)\b\s?:?\s?(?:the (?:following|command|script) )?[`$]|\bexecute:|\brun:|"
    r"\{\s?\"(?:tool|name|function|tool_name|recipient)\"\s?:"
)

ACTIONS: Final = (
    ("asks for secrets to be sent", 1, _SENDS),
    ("asks for a dangerous command", 1, _RUNS),
    ("asks for a protection or data to be taken away", 1, _OPENS),
    ("asks for a tool call", 1, _CALLS),
)
"""What is asked for, how much it counts, and its pattern; worth looking for near a sign."""
