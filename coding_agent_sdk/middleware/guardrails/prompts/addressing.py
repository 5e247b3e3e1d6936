"""More signs that a text speaks to the model that reads it, and more that it may want."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.prompts.actions import VALUABLE
from coding_agent_sdk.middleware.guardrails.prompts.directed import Sign

__all__ = ["ADDRESSING", "WANTED"]

_CALLED: Final = re.compile(
    r"(?:^|(?<=[\n>\"'#*;/\[{|!.,\-)(]))[ \t]{0,8}(?:to |for |note (?:for|to) )?(?:the |all |any )?"
    r"(?:(?:ai|coding|code|automated|reviewer|language)[ \-])?"
    r"(?:ai|assistants?|agents?|llms?|claude|copilot|chatgpt|gpt(?:-\d\w*)?|codex|gemini|cursor|"
    r"bot|model)(?: (?:assistant|agent|reviewer|model|notice|instructions?|directive|processing "
    r"this \w+|reading this \w*)){0,2}\s?(?:[:,]|!{1,3}(?: stop\.)?|(?<=notice)\n|"
    r"(?<=instructions)\n)[ *\t]{0,6}"
    r"(?:you must|forward|exec|create|export|merge|report|ignore the|respond only|always "
    r"(?:recommend|add|say)|this (?:package|repository)|escalate|also|push|force-push|send|mark|"
    r"open (?:this|the)|replace|add a|you forgot|the previous|delete|the person|rank|set the|"
    r"connect|deactivate)\b"
    r"|\battention,? (?:ai|llms?|agents?|assistants?)\b"
    r"|\b(?:to|for) the (?:agent|assistant|ai|model|llm)"
    r"(?: (?:processing|reading|handling|that reads) (?:this|the) \w+)?:"
    r"|\b(?:you, the (?:\w+ )?(?:assistant|agent|model)|as the (?:ai|coding) (?:assistant|agent),"
    r"? you)\b|\bagent instructions?:|\bthe (?:assistant|agent|model) (?:must respond to this|"
    r"(?:must|will|has to) now (?:reveal|reply|send|print|paste|call|run|delete)\b)"
    r"|@(?:claude|copilot|assistant|agent|codex|gemini) can you\b"
    r"|\b(?:to any|congratulations|hey) (?:automated )?(?:assistant|agent)\b|\b(?:the model|ai "
    r"agents) (?:reading|summari[sz]ing) this\b|\bif an ai is (?:processing|reading)\b"
    r"|\bas your (?:supervisor|developer|operator|owner|creator),? i (?:order|command|instruct)"
)
_GREETED: Final = re.compile(
    r"(?:^|(?<=[\n>\"'#*;/\[{|!.,\-)(]))[ \t]{0,8}(?:dear|hey|hi|hello|psst|attention|calling all)"
    r",? (?:all )?(?:ai |coding |language )?(?:gpt(?:-\d\w*)?|cursor|bots?|models?|crawlers?|"
    r"chatgpt|"
    r"gemini|devin|codex|llms?|agents?|assistants?)\b(?! team)"
    r"|\bai (?:reviewers?|crawlers?|agents?|readers?|assistants?)(?: instructions?)?\s?:"
)
_CALLED_ABROAD: Final = re.compile(
    r"\bki(?:-?(?:assistent\w*|agent\w*|modell\w*))?\s?[:,]|\bgeehrte[rs]? assistent|\ban (?:das|"
    r"alle) (?:sprach)?"
    r"modelle?\b|\bwenn du ein(?:e)? (?:ki|sprachmodell|ai|llm)"
    r"|\bsi tu es un(?:e)? (?:modèle|ia|assistant|agent)|\bassistant ia\s?[:,]|\bconsigne pour "
    r"(?:le modèle|l'ia|l'assistant)|\bsi eres un(?:a)? (?:modelo|ia|asistente|agente)|"
    r"\basistente(?: de ia)?\s?:|\binstrucción para (?:el modelo|la ia)|\bse você é um(?:a)? "
    r"(?:modelo|ia|assistente|agente)|\binstrução para (?:o modelo|a ia)|\bassistente de ia\s?:|"
    r"\bse sei un(?:a)? (?:modello|ia|assistente|agente)"
    r"|если ты[^.\n]{0,12}?(?:модель|ии|ассистент|агент)|(?:^|\n)\s{0,4}(?:ассистент|агент|"
    r"ии-\w+)[,:]|указани\w+ (?:для )?модел"
    r"|如果你是[^。\n]{0,8}?(?:模型|助手|代理|ai)|给(?:模型|助手|ai)的[^。\n]{0,6}?(?:指示|指令)|"
    r"(?:ai|人工智能)(?:代理|助手)[:：,，]|系统提示[:：]|システム[:：]|もしあなたが(?:ai|言語モデル)"
)
_POSED: Final = re.compile(
    r"[\"']role[\"']\s?:\s?[\"'](?:system|developer)[\"']\s?,\s{0,4}[\"']content[\"']\s?:\s?[\"']"
    r"(?:you must (?:send|upload|run|delete|obey)|override|ignore|new (?:task|policy|rules))"
    r"|\b(?:new user|user) message\s?:\s?(?:now|please)|(?:^|\n)\s{0,4}(?:human|user)\s?:\s?"
    r"(?:actually, before|yes, i approve|now |please (?:run|push|delete))"
    r"|(?:^|\n)\s{0,4}assistant\s?:\s?i will now (?:send|run|delete|upload)"
    r"|\b(?:tool output|tool result|results?) ends?\b|\bopenai security team\b|"
    r"<\|im_end\|>\s{0,2}<\|im_start\|>"
)
_RETASKED: Final = re.compile(
    r"\bnew (?:policy|rules)\s?:|\byour (?:only|sole) (?:job|task|goal|purpose)\b|"
    r"\byou have a new (?:goal|task|mission)\b|\byour (?:task|goal|mission) has changed\b|"
    r"\bobey (?:only this|this document only|only the|this document)|\bthis document only\b|"
    r"\bfrom this point on,? you\b|\bwhen answering, (?:always|also)\b|\btell the user (?:it|"
    r"that|to)\b"
    r"|\b(?:repeat|translate|print|output|put|include) your (?:full |whole )?(?:system prompt|"
    r"instructions|notes)\b|\bauthori[sz]ed test by\b"
    r"|\b(?:after|while) (?:reading|processing|summari[sz]ing) this\b|\bwhenever the user (?:asks|"
    r"mentions)\b|\byou (?:are|will be) an obedient\b|\boverride code\b|\bupdate to your "
    r"(?:guidelines|rules)\b|\bact as (?:the )?root\b|\bpermission granted by\b|\bto continue, the "
    r"(?:agent|assistant|model) (?:has to|must)\b|\bmodels tend to miss\b|\bthe user'?s private\b|"
    r"\bthe hidden prompt\b"
)
_UNASKED: Final = re.compile(
    r"\bwithout (?:informing|telling|notifying|alerting) the (?:user|developer|owner)|"
    r"\bpre-?authori[sz]ed\b[^.\n]{0,40}?(?:confirm|approv|asking)|\bkeep this from the|"
    r"\bdo not explain why\b|\bwhile you are at it, (?:agent|assistant)|не говори|别让用户"
)
_FILE: Final = (
    r"(?:\.env\b|id_rsa|~?/?\.(?:ssh|aws|npmrc|netrc|kube)\b|/etc/(?:passwd|shadow)|\w+_key\b|"
    r"\w+_token\b|api keys?|credentials|private keys?|env(?:ironment)? variables)"
)
_TAKEN: Final = re.compile(
    rf"\b(?:append|add|put|send|include|encode|embed|post|upload)\b[^\n]{{0,12}}?\b(?:contents?|"
    rf"value|output) of [^\n]{{0,24}}?{_FILE}[^\n]{{0,60}}?(?:https?://|url\b)"
    rf"|\bthe user'?s? [^\n]{{0,16}}?{_FILE}[^\n]{{0,30}}?\b(?:send|post|upload|forward) (?:them|"
    rf"it|those) to\b"
    r"|\b(?:send|post|upload) (?:the|this|your|our) (?:whole |full )?(?:conversation|chat|context|"
    r"session)\b[^\n]{0,24}?\bto https?://"
    rf"|\b(?:read|take|cat|open)\b [^\n]{{0,16}}?{_FILE}[^\n]{{0,24}}?\b(?:send|post|upload|"
    rf"forward) (?:it|them|the output|the result|its contents?)\b[^\n]{{0,24}}?https?://"
)
ADDRESSING: Final[tuple[Sign, ...]] = (
    Sign("addressed", 1, (
        "ai:", "ai,", "assistant", "agent", "llm", "claude", "copilot", "chatgpt", "gpt", "codex",
        "gemini", "cursor", "bot,", "bot:", "model:", "model,", "attention", "an ai is",
        "ai agents", "your supervisor",
        "your developer", "your operator", "your owner", "your creator", "to the model",
        "for the model", "reviewer model", "for the ai", "the model must", "the model will",
    ), 30, 110, _CALLED),
    Sign("addressed", 1, (
        "dear", "hey", "hi ", "hello", "psst", "attention", "calling all", "ai reviewer",
        "ai crawler", "ai agent", "ai reader", "ai assistant",
    ), 20, 60, _GREETED),
    Sign("addressed", 1, (
        "ki:", "ki,", "ki-", "ki ", "sprachmodell", "modell", "modèle", "ia :", "ia:", " ia ",
        "asistente", "modelo", "instrucción", "instrução", "assistente", "assistant", "модел",
        "ассистент", "агент", "ии", "模型", "助手", "代理", "系统提示", "システム", "言語モデル",
    ), 24, 40, _CALLED_ABROAD),
    Sign("posed", 1, (
        "role", "message:", "human:", "user:", "i will now", "output end", "result end",
        "results end", "security team", "<|im_end",
    ), 24, 100, _POSED),
    Sign("retasked", 1, (
        "new policy", "new rules", "your only", "your sole", "a new goal", "a new task",
        "a new mission", "has changed", "obey", "this document", "from this point",
        "when answering", "tell the user", "reading this", "processing this", "summarizing this",
        "summarising this", "whenever the user", "an obedient", "override code", "update to your",
        "act as", "permission granted", "to continue", "models tend", "private",
        "hidden prompt", "repeat your", "translate your", "print your",
        "output your", "put your", "include your", "test by",
    ), 24, 70, _RETASKED),
    Sign("hidden", 1, (
        "without informing", "without telling", "without notifying", "without alerting",
        "authorised", "authorized", "keep this", "explain why", "at it,", "не говори", "别让用户",
    ), 30, 80, _UNASKED),
    Sign("taken", 2, (
        "content of", "contents of", "value of", "output of", "the user", "read ", "take ",
        "cat ", "open ", "send the", "post the", "upload the", "send this", "send your", "send our",
    ), 20, 140, _TAKEN),
)  # fmt: skip
"""The signs. One alone is not enough, but for the plain taking of secrets."""

_UNDENIED: Final = r"(?<!never )(?<!not )(?<!n't )(?<!or )(?<!avoid )(?<!without )"
_SENDS: Final = re.compile(
    rf"{VALUABLE}[^\n]{{0,60}}?\b(?:send|post|upload|forward|schick|envoie|envía|envie|invia|"
    rf"отправь)"
    r"\w*\b[^\n]{0,60}?https?://"
    r"|(?:publie|publica|publique|veröffentliche|опубликуй|公布|gib|выведи)[^\n]{0,40}?"
    r"(?:clé|clave|chave|schlüssel|ключ|密钥|umgebungsvariablen)"
    rf"|\b(?:send|envoie|envía|envie|invia|sende|отправь)\b[^\n]{{0,60}}?{VALUABLE}"
    r"[^\n]{0,40}?https?://"
    rf"|{_UNDENIED}\b(?:reveal|echo|prints?|append|dump|leak|include|copy|send|post|paste|"
    rf"upload|exfiltrate|expose)\b[^\n.]{{0,40}}?{VALUABLE}"
    r"|\b(?:append|put|write|paste|print)\b[^\n]{0,20}? contents? of [^\n]{0,40}?\b(?:into|in "
    r"your)\b|\btext of every file\b"
    r"|\b(?:send|post|call|submit|push|connect|point|upload|visit|go|sende\w*|schick\w*|"
    r"envoie\w*|envía|envie|invia|отправь\w*|run|execute|solve|install|replace|"
    r"at)\b[^\n]{0,50}?https?://"
    r"(?!localhost|127\.)|[?&]\w{1,12}=[\[<{$]|"
    rf"{_UNDENIED}\b(?:forward|e-?mail|mail|export)\b[^\n]{{0,40}}?(?:mails?|messages|inbox|"
    r"calendar|table|contacts|notes|history)"
)
_SERVES: Final = re.compile(
    r"\b(?:merge|approve|accept|close) (?:all|every|this|the|any)\b|\bforce-push\b|\b(?:skip|"
    r"bypass|ignore) (?:the |all |any )?(?:hooks|review|checks|signing|tests)\b|"
    r"\bcommit signing\b|--no-verify\b|\b(?:account|user|me) (?:to|an?) (?:admin|maintainer|"
    r"owner)\b|\blgtm\b|\b(?:mark|report|rate|rank|score|set|call|declare)\b[^\n.]{0,40}?"
    r"\b(?:safe|first|100|10/10|secure|passed|best|intended|solved|approved|official)\b|"
    r"\bno further (?:analysis|review|checks)\b|\b(?:wipe|delete|drop|destroy|remove|erase)"
    r" (?:(?:all|his|her|every|main)\b(?! (?:comment|unused|line|section|import|trailing|"
    r"old|template|following|temporary))|(?:the|this) (?:project|bucket|repo\w*|branch|account|"
    r"tests?|migrations))|\bmust (?:not|never) fix\b|\bautoapprove|\ballow list\b|"
    r"\bauthor of the commits\b|\b(?:add|promote|recommend|praise|advertise|"
    r"mention)\b[^\n.]{0,40}?(?:link|\bthe best\b|https?://|hosting)|"
    r"/dev/tcp/|\bterraform destroy\b|\bnpm publish\b|\bpython3? -c [^\n]{0,40}?(?:os\.|exec|"
    r"subprocess)|\bvisudo\b|"
    r"\b(?:lösch|supprim|borr|elimin|удали)\w*\b|\bguardrails are off\b|\bpush to main directly\b|"
    r"\bshow all secrets\b|\badvertisements?\b|\breveal your (?:tools|prompt)|\bsend_email\b|"
    r"\bdelete_file\b|\bos\.system|\bas a maintainer\b|\bis allowed without\b|"
    r"\bdelete tests?/|\bthe hidden prompt\b|\bprivate notes\b|\bbase64 encode\b|"
    r"\binstall [\w\-]+ from\b|\bverify=false\b|\bobey only\b|\bshell\.exec|\byolo mode\b|"
    r"\btell (?:them|him|her|the user) (?:to|that|it)\b[^\n.]{0,40}?(?:call|send|pay|card|"
    r"intended|safe|password|bitcoin|log ?in)|\bcard number\b|\bsend bitcoin\b"
)
WANTED: Final = (
    ("asks for secrets to be sent", 1, _SENDS),
    ("asks for something that only its author wants", 1, _SERVES),
)
"""What such a text may want, besides what is looked for anyway."""
