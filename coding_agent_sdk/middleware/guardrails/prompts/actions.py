"""What an injected text wants done: send a secret, run a danger, open a door, destroy."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ACTIONS", "SECRET_THING", "SENDING"]

SECRET_THING: Final = (
    r"(?:\.env\b|id_rsa|id_ed25519|\.ssh\b|\.aws\b|\.kube\b|\.npmrc|\.pypirc|\.netrc|\.git-credentials|\.gnupg|kubeconfig|"
    r"/etc/(?:passwd|shadow)|credentials?|api[ _\-]?keys?|\w+_(?:key|token|secret|password)\b|secrets?\b|(?:access |auth |session |bearer )?tokens?\b|passwords?|private keys?|ssh keys?|"
    r"environment variables?|env vars?|\benv\b|printenv|source code|(?:conversation|chat)(?: history)?|system prompt|cookies?|keychain|wallet|seed phrase|"
    r"customer (?:data|records|list)|user data|database dump|files? (?:in|of|from) (?:the )?home|zugangsdaten|passw(?:ö|o)rt\w*|schlüssel|"
    r"mots? de passe|clés?|contraseñas?|claves?|credenciales|senhas?|chaves?|credenciais|credenziali|chiav[ei]|парол\w*|ключ\w*|токен\w*|"
    r"密码|密钥|凭证|密鑰|パスワード|秘密鍵|認証情報|비밀번호|키|자격 증명|환경 변수|环境变量|環境変数)"
)
SENDING: Final = (
    r"(?:send|sends|upload|post|e-?mail|mail|exfiltrate|leak|forward|transmit|include|append|put|paste|copy|embed|encode|attach|publish|share|print|reveal|output|add|write|commit|dump|submit|push|echo|base64|display|show|expose|deliver|pipe|curl|wget|read|cat|"
    r"send(?:e|et|en)|schick(?:e|t|en)|lade|übermittle|gib|poste|kopiere|veröffentliche|envoie|envoyez|transmets|transmettez|affiche|publie|publiez|envía|envia|enviar|envíe|envie|sube|publica|copia|muestra|mande|manda|invia|inviare|carica|pubblica|mostra|inoltra|"
    r"отправь\w*|пошли\w*|загрузи\w*|выведи\w*|покажи\w*|перешли\w*|скопируй\w*|发送|上传|发给|发到|输出|泄露|复制|送信|アップロード|出力|表示|送って|보내|전송|업로드|출력)"
)
_DESTINATION: Final = (
    r"(?:https?://|ftp://|www\.|[\w.+\-]{1,40}@[\w\-]{1,40}\.\w|\b(?:to|at|an|nach|à|a|para|per|на|到|至) [\w\-]{1,40}\.(?:com|net|org|io|top|rip|sh|xyz|ru|cn|example|dev|app|info|ly|me)\b|"
    r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|pastebin|paste\.|webhook|gist|telegram|discord|slack|dns|your (?:next |final )?(?:commit|answer|response|reply|summary|message|output|pull request|pr|comment)|"
    r"the (?:next |final )?(?:commit(?: message)?|answer|response|reply|pull request|pr description|issue|comment|url|query string|log)|"
    r"(?:my|our|this|the) (?:server|endpoint|address|collector|bucket|inbox|host|domain)|"
    r"commit message|(?:the|this|a|your) summary|pr (?:description|comment)|attacker|as (?:a )?(?:query|url) param\w*|a (?:public )?(?:comment|issue|gist|repo\w*)|plain ?text|verbatim|als antwort|en tu respuesta)"
)

_SENDS: Final = re.compile(
    rf"{SENDING}\b[^\n]{{0,140}}?{SECRET_THING}[^\n]{{0,140}}?{_DESTINATION}"
    rf"|(?:发送|上传|发给|发到|输出|泄露|送信|アップロード|出力|보내|전송|업로드|отправ)[^\n]{{0,80}}?(?:https?://|\.env|{SECRET_THING})"
    rf"|{SECRET_THING}[^\n]{{0,80}}?(?:https?://[^\s]{{1,80}}|[\w.+\-]{{1,40}}@[\w\-.]{{1,60}})[^\n]{{0,30}}?(?:送信|アップロード|보내|전송|업로드|发送|上传)"
    rf"|{SENDING}\b[^\n]{{0,60}}?{_DESTINATION}[^\n]{{0,80}}?(?:containing|with|including|content of|contents of|value of|output of)[^\n]{{0,40}}?{SECRET_THING}"
    r"|!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?=/&][^)\n]{0,80}(?:\{|<|\[|\$|%7b|secret|token|key|data|base64|env|prompt|history|conversation)"
)
_RUNS: Final = re.compile(
    r"\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest)\b[^\n|]{1,200}\|\s?(?:sudo )?(?:ba|z|da|k)?sh\b|\b(?:curl|wget|iwr|irm)\b[^\n|]{1,200}\|\s?(?:python\d?|node|perl|ruby|iex|bash|php)\b"
    r"|\brm (?:-\w+ |--\w[\w\-]* ){0,3}-?\w*[rf]\w* (?:--\w[\w\-]* )?[~/$*.\"']|\|\s?(?:curl|nc|ncat|wget)\b|\bcurl [^\n]{0,120}?(?:-d|--data\S*|-f|-t|--upload-file|-x post)[ =]?[^\n]{0,40}?[@$`]"
    r"|\bgit (?:push|remote (?:add|set-url))[^\n]{0,60}?https?://|\bnc -\w*e|/dev/tcp/|bash -i\b|\bbase64 (?:-d|--decode)[^\n]{0,40}?\|\s?\w*sh\b|powershell[^\n]{0,30}?-e(?:nc|c)\b|"
    r"\bchmod (?:-r )?(?:777|\+s|u\+s)|\bcrontab\b|\bmkfs|\bdd if=|:\(\)\s?\{|\bsudo\b|\bpip3? install [^\n]{0,40}?(?:https?://|git\+|--index-url|--extra-index)|\bnpm (?:install|i|exec) [^\n]{0,30}?https?://|"
    r"\bnpx (?:-y |--yes )?[\w@/\-.]+|\beval\(|\bos\.system|\bsubprocess\.|\bgit push (?:-f|--force)|\bgit reset --hard|\bdrop (?:table|database)\b|\bssh (?:-\w+ )?\w+@"
    r"|\b(?:curl|wget|nc|ncat)\b[^\n]{0,160}?(?:\d{1,3}\.){3}\d|\b(?:curl|wget)\b[^\n]{0,120}?(?:evil|attacker|malicious|exfil|payload)"
)
_OPENS: Final = re.compile(
    r"authorized_keys|\bback-?doors?\b|\balways (?:works?|returns? (?:true|ok|success|200)|succeeds?|pass(?:es)?|accept\w*|grants?|be (?:accepted|valid|true))|"
    r"\b(?:disable|turn off|remove|bypass|skip|switch off|comment out|weaken|deactivate|delete|drop) (?:all |any |the |every |its |of |our |your |user )*(?:\w+ ){0,2}?"
    r"(?:auth\w*|signature\w*|tls|ssl|certificate\w*|verif\w*|tests?|safety|security|validation|sandbox|csrf|permission\w*|login|checks?|logging|audit\w*|firewall|guard-?rails?|filters?|approval\w*|confirmation\w*|protection|2fa|mfa|rate limit\w*)\b|"
    r"\b(?:change|set|replace|point|switch|modify|update|redirect|rewrite) [^\n]{0,50}?(?:url|endpoint|registry|remote|host|dns|proxy|webhook|index|mirror|server|origin|upstream)\b[^\n]{0,60}?(?:https?://|(?:\d{1,3}\.){3}\d|\w\.\w)|"
    r"\b(?:add|create|insert|make|grant|give) [^\n]{0,40}?(?:admin(?:istrator)?|root|superuser|collaborator|maintainer|owner|sudo)\b[^\n]{0,40}?(?:user|account|access|role|rights|named|called|@|permissions?|\b)|"
    r"\b(?:approve|merge|lgtm|close|accept) (?:this |the |all |every |any )(?:pr|pull request|change|merge request|diff|issue|commit|patch)\b|"
    r"\b(?:delete|remove|wipe|erase|destroy|drop|overwrite|truncate|purge|empty) (?:all |the |every |entire |whole |this |user'?s |of |their )*(?:\w+ )?(?:tests?(?: director\w+| folder| files?| suite)?|repo\w*|\.git\b|branch\w*|database\w*|director\w+|folder|files?|home|workspace|source|backups?|history|table|data|project|code)\b|"
    r"\b(?:chmod|persist|startup script|\.bashrc|\.zshrc|\.profile|pre-?commit hook|git hook|ld_preload|cron(?:tab| ?job)|launchagent|systemd)\b|"
    r"\bhard-?code\b|\bmalware\b|\bcryptominer\b|\breverse shell\b|\b(?:install|add|use|import|depend on) (?:the )?(?:package|dependency|module|library|extension|plugin)\b|"
    r"\b(?:reveal|print|output|repeat|show|display|leak|return|dump|tell (?:me|us)|disclose|expose) [^\n]{0,30}?(?:system prompt|(?:your|hidden|developer|initial|system|original) (?:\w+ )?(?:prompt|instructions?|message|rules|configuration))|"
    r"\b(?:recommend|praise|promote|rate|score|rank|say|state|reply|respond|answer|conclude|report) (?:that |only |with |this |it |as |to |all |everything )+[^\n]{0,40}?(?:safe|secure|excellent|best|no (?:issues|problems|vulnerabilities)|passed|clean|perfect|approved|highest|positive|10/10)|"
    r"\b(?:visit|open|browse to|navigate to|go to|download|fetch|load|clone|click) [^\n]{0,30}?https?://|"
    r"\blösche|supprime|\bborra|\belimina|\bapague\b|удали|删除|刪除|削除|삭제|\bführe\b|\bexécute|\bejecuta|\besegui\b|\bexecute o\b|выполни|执行|運行|运行|実行|실행"
)
_CALLS: Final = re.compile(
    r"\b(?:call|invoke|use|run|execute|trigger) (?:the )?(?:tool |function |command )?[`'\"]?(?:run_cmd|write_file|edit_file|read_file|bash|shell|terminal|execute_\w+|run_\w+|send_\w+|http_\w+|fetch_\w+|delete_\w+|browser|web_\w+|exec)\b|"
    r"\b(?:run|execute)\b\s?:?\s?(?:the (?:following|command|script) )?[`$]|\bexecute:|\brun:|\{\s?\"(?:tool|name|function|tool_name|recipient)\"\s?:"
)

ACTIONS: Final = (
    ("asks for secrets to be sent", 1, _SENDS),
    ("asks for a dangerous command", 1, _RUNS),
    ("asks for a protection or data to be taken away", 1, _OPENS),
    ("asks for a tool call", 1, _CALLS),
)
"""What is asked for, how much it counts, and its pattern; worth looking for near a sign."""
