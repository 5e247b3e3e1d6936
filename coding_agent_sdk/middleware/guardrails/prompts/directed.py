"""Signs that a text speaks to the model that reads it: it is addressed, posed to, or reassured."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.directed_words import (
    COLONS,
    FOREIGN_HIDING,
    FOREIGN_REASSURING,
    FOREIGN_TASKS,
    HIDING,
    MARKERS,
    NOUNS,
    OTHER_NOUNS,
    REASSURING,
    ROLES,
    SURE_NOUNS,
    TASKS,
)

__all__ = ["DIRECTED", "Sign"]


class Sign(NamedTuple):
    """A kind of sign.

    Attributes:
        kind: What it is a sign of.
        points: How much it counts.
        words: Words near which it stands.
        before: How many characters before such a word it may begin.
        after: How far after the word's beginning it may reach.
        pattern: The sign itself.
    """

    kind: str
    points: int
    words: tuple[str, ...]
    before: int
    after: int
    pattern: re.Pattern[str]


_KIND: Final = (
    r"(?:ai|a\.i\.|llm|language|coding|code|autonomous|automated|virtual|chat|helpful|"
    r"artificial intelligence|ia|ki|gpt|"
    r"large language|smart|intelligent|review|software|cli|background|claude|copilot|"
    r"generative)[ \-]"
)
_NOUN: Final = (
    r"(?:assistants?|agents?|models?|chat-?bots?|bots?|copilots?|llms?|ais?|reviewers?|tools?|"
    r"systems?|claude(?: code)?|chatgpt|"
    r"gpt(?:-?\d[\w.]*)?|gemini|codex|cursor|devin|openhands|cline|windsurf|aider|crawlers?|"
    r"readers?|engineers?|developers?)"
)
_AI: Final = (
    rf"(?:(?:{_KIND}){{1,3}}{_NOUN}|(?:assistants?|agents?|chat-?bots?|copilots?|llms?|ais?|"
    rf"claude(?: code)?|"
    r"chatgpt|gpt-?\d[\w.]*|gemini|codex|openhands))"
)
_SURE_AI: Final = (
    rf"(?:(?:{_KIND}){{1,3}}(?:assistants?|agents?|models?|chat-?bots?|bots?|llms?|reviewers?|"
    rf"tools?|systems?|"
    r"copilots?|crawlers?|readers?)|assistants|llms|ais|chatbots|claude(?: code)?|chatgpt|copilot|"
    r"gemini|codex)"
)
_STARTS: Final = r"(?:^|(?<=[\n>\"'#*\-;/(\[{|!.:,]))[ \t]{0,8}"

_MUST: Final = (
    r"(?:must|should|shall|have to|has to|need to|needs to|are required to|are instructed to|"
    r"are (?:now )?(?:authori[sz]ed|permitted|allowed|asked|expected|to)|will|is required to|"
    r"please|may now|can now|is to|ought to)"
)

_DEAR: Final = re.compile(
    rf"{_STARTS}(?:dear|hey|hello|hi|attention|attn|psst|listen|notice|note|message|memo|reminder|"
    rf"important|urgent|"
    r"hint|instructions?|directive|command|task|warning|info|todo|fixme|for)\b"
    r"[ ,:!\-]{0,4}(?:(?:note|message|notice|information|instructions?|reminder)\s)?(?:to|"
    r"for)?[ ,:]{0,3}"
    r"(?:you,?|any|all|the|every|our|each|whichever|this|future|whatever|your|of)?[ ]?(?:other )?"
    rf"{_AI}\b(?:[ ,:!.\-—–(]|$)(?!agents? (?:settings|config))"
)
_PLURAL_MUST: Final = re.compile(
    rf"\b(?:all |any |every |each |other )?{_SURE_AI}"
    r"(?: (?:reading|that reads?|who reads?|that (?:process|see|view|parse|summari[sz]e)\w*|"
    r"processing|viewing|parsing|scanning|"
    r"analy[sz]ing|summari[sz]ing|working (?:on|with|in)|handling|indexing|crawling|visiting|"
    r"reviewing|using|editing)"
    rf"[^.\n]{{0,60}}?)? (?:\w+ )?{_MUST} "
)
_IF_YOU_ARE: Final = re.compile(
    r"\b(?:if|since|because|as|when) you(?:'re| are)? (?:reading this (?:as|and (?:you )?are)\s|"
    r"currently |really |"
    rf"in fact )?(?:an? |the |some )?{_SURE_AI}"
    rf"|\bas an? {_SURE_AI}[^.\n]{{0,40}}, (?:you|please|always|first)\b"
    rf"|\byou(?: are|'re) (?:an? |the )?{_AI}[ ,]{{1,2}}(?:reading|processing|working|"
    rf"and (?:you )?must|summari)"
)
_COLON: Final = re.compile(
    r"(?:^|(?<=[\n>\"'#*;/\[{|!.,\-)]))(?<!\w-)[ \t]{0,8}(?:@|/)?(?:ai|assistant|agent|llm|"
    r"claude|copilot|"
    r"chatgpt|gpt|"
    r"codex|gemini|bot|(?:ai|coding)[- ](?:agent|assistant|model|reviewer|bot|only|instructions?))"
    r"\s?(?:[:,\]]|--?|–|—|->|=>)\s{0,3}(?:please|you|now|first|important|attention|ignore|"
    r"disregard|forget|run|execute|send|upload|"
    r"post|stop|do not|don'?t|before|when|instead|append|read|delete|call|open|always|never|must|"
    r"skip|approve|reveal|"
    r"print|include|modify|your|the user|urgent|if you|this is|as part of|to (?:complete|finish|"
    r"continue|proceed)|use|add|write|change|remove|disable|merge|install|fetch|download|"
    r"replace)\b(?! \w+ =)"
)
_AT: Final = re.compile(
    r"(?<![\w.])@(?:claude|copilot|assistant|agent|ai|codex|chatgpt|cursor|gemini|bot|"
    r"ai-\w+)\b[ ,:]"
)
_OTHERS: Final = re.compile(
    r"(?:liebe[rs]? |hallo |achtung[,:]? |hinweis (?:an|für) (?:den |die |das |alle )?|an (?:den|"
    r"die|alle) |für (?:den |die |alle ))"
    r"(?:ki|ai|coding|code|sprach)?[- ]?(?:assistent\w*|agent(?:en)?\b|modelle?\b|systeme?\b|"
    r"bots?\b)"
    r"|\b(?:ki|ai)[- ]?(?:assistent\w*|agent(?:en)?|modelle?)\b[^.\n]{0,60}?(?:müssen|muss|sollen|"
    r"sollten|bitte)"
    r"|\b(?:cher|chère|bonjour|attention|note (?:à|pour)|à l'attention de) (?:l'|l’|tous les |les |"
    r"aux? )?(?:assistants?|agents?|modèles?|ia)\b"
    r"|\b(?:assistants?|agents?|modèles?) (?:d'|de l')?ia\b"
    r"|\b(?:estimado|querido|hola|atención|aviso|nota|caro|cara|prezado|olá|atenção|attenzione|"
    r"gentile|ciao)[,:]?(?: \w+)? "
    r"(?:al |para (?:el |o )?|per (?:l')?|all'|ao )?(?:asistente|agente|assistente|modelo|modello|"
    r"ia)\b"
    r"|\b(?:asistentes?|agentes?|assistentes?|modelos?|agenti|assistenti|modelli) (?:de |di |"
    r"da )?(?:ia|ai|inteligencia artificial)\b"
    r"|(?:уважаем\w+|дорог\w+|внимание|примечание для|для)[,:]? (?:ии|ai|"
    r"всех )?[- ]?(?:\w+ )?(?:ассистент\w*|агент\w*|помощник\w*|модел\w*|бот\w*)"
    r"|\bии[- ](?:агент|ассистент|помощник|модел)\w*"
    r"|(?:亲爱的|致|注意|请|尊敬的|各位)[^。\n]{0,6}(?:助手|代理|智能体|模型|ai|机器人)|(?:ai|智能|"
    r"人工智能|编码|编程)\s?(?:助手|代理|智能体|"
    r"模型)"
    r"|(?:ai|コーディング|自動)?(?:アシスタント|エージェント|モデル)(?:へ|の皆|は[、]?|さん|に告|"
    r"向け|、)"
    r"|(?:ai |인공지능 |코딩 )?(?:어시스턴트|에이전트|도우미|비서)(?:에게|는|님|여|께|,|:)"
)

_MARKER: Final = re.compile(
    r"<\|?(?:im_start|im_sep|start_header_id|begin_of_text)\|?>\s?(?:system|user|assistant|"
    r"developer)?"
    r"|<\|(?:system|user|assistant|endofprompt|end|eot_id|im_end)\|>|\[/?(?:inst|sys)\]|<</?sys>>"
    r"|(?<!\w)\[(?:system|admin|operator|developer|assistant|agent|ai|anthropic|openai)"
    r"(?:[ _\-](?:message|prompt|instructions?|override|note|notice|update|directive|task|request|"
    r"command|admin|alert)){0,2}"
    r"(?::[^\]\n]{0,60})?\](?![(\[])"
    r"|</?(?:system|admin|operator|developer|assistant|agent|ai|user_request|tool_result|"
    r"function_results?|"
    r"tool_response|tool_output|untrusted|system[-_]reminder|system[-_]prompt|"
    r"(?:assistant|agent|ai|system|hidden)[-_]instructions?|override|priority[-_]?\w*|antml[:\w]*|"
    r"important|instructions?)>"
    r"|#{2,4} ?(?:instructions?|system|new (?:instructions?|task))\s?:?\s"
)
_ROLE: Final = re.compile(
    r"(?:^|(?<=[\n\"'>#*;|.,/]))[ \t]{0,8}(?:\d\. |- )?(?:#{1,4} ?|-{2,5} ?|={2,5} ?|"
    r"\*{1,3})?(?:new |end |begin |updated? )?"
    r"(?:system|operator|developer|admin(?:istrator)?|human|security team|anthropic|openai|"
    r"moderator|orchestrator|supervisor)"
    r"(?: (?:message|prompt|notice|override|instructions?|update|note|directive|alert|command|task|"
    r"administrator|policy update))?\s?"
    r"(?:\([^)\n]{1,40}\))?\s?[:>]\*{0,2}\s{1,3}(?=[^\n]{0,100}?\b(?:you|your|new task|task|"
    r"instructions?|ignore|disregard|urgent|"
    r"immediately|override|the user|do not|run|execute|send|upload|delete|from now|assistant|agent|"
    r"model|forget|print|reveal|approve[ds]?|now)\b)"
)
_END: Final = re.compile(
    r"(?:end of (?:the )?(?:document|file|page|data|context|output|tool (?:output|result)|article|"
    r"results?|untrusted \w+|user input|input|text|issue|email|log|readme|transcript|"
    r"search results)|"
    r"fin (?:del|du) document\w*|ende des dokuments)\s?[.:;\-=\])>*]{1,6}\s{0,4}(?:the )?(?:now|"
    r"new|begin|start|system|following|follow|real|actual|next|below|assistant|you|instructions?|"
    r"ahora|maintenant|nun|jetzt)\b"
    r"|(?:follow|obey|execute|carry out|perform|comply with) (?:only )?(?:these|the following|this|"
    r"my|the new|the below) (?:new |updated |real |actual |other |secret |hidden )?"
    r"(?:instructions?|orders|directives?|commands?|tasks?)(?: below)? (?:instead|now|immediately|"
    r"without|and (?:nothing|ignore|do not|don't))\b"
    r"|(?:folge|befolge|sigue|suivez|suis|segui|siga) [^.\n]{0,40}?(?:stattdessen|en su lugar|"
    r"à la place|invece|em vez)"
    r"|(?:follow|obey) (?:these|the following|my) (?:\w+ )?(?:instructions?|orders) (?:instead|"
    r"from now)"
)
_TASK: Final = re.compile(
    r"\b(?:new|updated|real|actual|true|revised|next|additional|hidden|secret|urgent|"
    r"priority) (?:task|instructions?|objective|goal|mission|directives?|orders|priority|"
    r"system prompt|job)\b"
    r"(?: (?:from|by|for|is|are|of)\b|\s?[:\-—–(])"
    r"|\byour (?:new |real |actual |only |true |next |first |primary |sole )+(?:task|instructions?|"
    r"objective|goal|mission|job|role|purpose|priority)\b"
    r"|\byour (?:instructions?|rules|guidelines|task|role|system prompt|settings|permissions?|"
    r"polic(?:y|ies)) (?:has|have|was|were) (?:been )?(?:changed|updated|replaced|overridden|"
    r"revoked|superseded|extended|suspended)"
    r"|\byour (?:\w+ )?(?:restrictions|limits|limitations|safety|safeguards|"
    r"constraints) (?:\w+ )?(?:has|have|are|were|was|is) (?:now |been )*(?:lifted|removed|disabled|"
    r"off|suspended|gone|void|switched off)"
    r"|\byou are (?:now|no longer) (?!(?:able|ready|in the (?:directory|folder|virtual)|"
    r"on (?:branch|the)|logged|connected|using|running (?:in|on)|done|subscribed|part|a member|"
    r"required|leaving|signed|set)\b)"
    r"(?:an? |in |the |bound |free|dan\b|operating|acting|unrestricted|root|admin|under|required|"
    r"restricted|constrained)"
    r"|\bfrom now on,? (?:you|act|answer|respond|always|ignore|treat|reply|do|every|all your)\b"
    r"|\b(?:instead of|rather than) (?:the user'?s|what the user|answering|your|doing what|"
    r"the original|the requested)\b"
    r"|\bbefore (?:answering|you (?:answer|respond|continue|proceed|reply|do anything|finish|start|"
    r"begin)|responding|replying|continuing|proceeding|doing anything)\b"
    r"(?! (?:a|the|any|your|each|every) (?:\w+ )?(?:task|change|work|feature|pull|pr|ticket|"
    r"session|job|commit)\b|"
    r" (?:work|coding|working)\b)"
    r"|\bwhen(?:ever)? you (?:summari[sz]e|read|process|answer|review|analy[sz]e|respond|reply|see|"
    r"finish|are asked|edit|parse|write|open|touch|work on|reach|have read|"
    r"commit)\b[^.\n]{0,30}?\b(?:this|the|it|any)\b"
    r"|\bin your (?:next|final) (?:answer|response|reply|message|commit|summary|tool call|output|"
    r"turn)\b|\byour next (?:commit|tool call|action|step|response|reply|message|answer)\b"
    r"|\b(?:this|the following) (?:message|instruction|notice|directive|text) (?:has|"
    r"takes) (?:the )?(?:highest |higher )?(?:priority|precedence)\b"
    r"|\btakes? precedence over (?:the|your|any|all) (?:user|system|previous|other instruc|earlier)"
    r"|\b(?:neue|nächste) (?:aufgabe|anweisung)\w*:|\bnouvelles? (?:tâche|instruction)s?\s?:|"
    r"\bnuev[ao]s? (?:tarea|instruccion(?:es)?)s?:|\bnov[ao]s? (?:tarefa|instruç(?:ões|ão)):|"
    r"\bnuov[aei]+ (?:compito|istruzion[ei]):|новая задача|новые инструкции|新任务|新的指令|"
    r"新しい(?:指示|タスク)|"
    r"새로운? (?:지시|작업)"
)
_APPROVED: Final = re.compile(
    r"\b(?<!after )(?<!after the )(?<!once )(?<!once the )(?<!until )(?<!until the )(?<!unless )"
    r"(?<!unless the )(?<!if )(?<!if the )(?<!when the )(?<!whether the )(?<!that the )"
    r"(?:the )?(?:user|owner|operator|admin(?:istrator)?|developer|maintainer|human|customer|"
    r"security team|repo(?:sitory)? owner|team)s? (?:has|have|had) (?:already |previously |"
    r"explicitly |just |pre-?)*"
    r"(?:approved|authori[sz]ed|consented|confirmed|agreed|given (?:\w+ )?(?:permission|consent|"
    r"approval)|granted|allowed|signed off|pre-?approved|okayed|waived)"
    r"|\byou (?:do not|don'?t|needn'?t|no longer|never) (?:have to |need to |need |"
    r"must )?(?:any )?(?:ask|confirm|confirmation|approval|permission|seek|request approval|"
    r"wait for (?:approval|confirmation|permission|the user|me\b)|check with)"
    r"|\bno (?:need to ask|further (?:approval|confirmation)|approval (?:is )?(?:needed|required|"
    r"necessary)|(?:user )?confirmation (?:is )?(?:needed|required|necessary)|questions asked)\b"
    r"|\b(?:do not|don'?t|never) (?:ask|wait) (?:the user |for |me |anyone |any(?:body)? |him |"
    r"them )*(?:for )?(?:user )?(?:confirmation|approval|permission|first)\b"
    r"|\byou (?:may|can|should|must|are (?:now )?(?:allowed|authori[sz]ed|permitted|free|"
    r"cleared) to)(?: now)? [^.\n]{0,60}?without (?:asking|confirmation|approval|permission|"
    r"prompting|confirming|review|further)"
    r"|(?<!never )(?<!not )(?<!n't )(?<!allowed to )\b(?:run|execute|proceed|call|delete|push|"
    r"apply|commit|merge|"
    r"do (?:it|so|this)|continue|act|"
    r"invoke)\b[^.\n]{0,60}? without (?:asking|(?:user |any |further )*(?:confirmation|approval|"
    r"permission)|prompting|confirming)"
    r"|\b(?:approval|permission|confirmation)s? (?:settings?|mode|prompts?|checks?|policy|"
    r"requirements?|are|is)?\s?(?:were|was|have been|has been|are|is)? ?(?:now )?(?:updated|"
    r"disabled|switched off|turned off|waived|lifted|relaxed|granted|bypassed|no longer)"
    r"|\b(?:pre-?approved|auto-?approved?) (?:by|for|this|the|all|every)\b|"
    r"\byou (?:now )?have (?:full|root|admin|unrestricted|unlimited|elevated) (?:access|permission|"
    r"rights|privileges)"
    r"|\b(?:der |die )?(?:benutzer|nutzer|user)(?:in)? hat (?:\w+ )*(?:zugestimmt|genehmigt|"
    r"erlaubt)|\b(?:l')?utilisateur a (?:déjà )?(?:approuvé|autorisé|donné)|"
    r"\bel usuario (?:ya )?ha (?:aprobado|autorizado|dado)|\bo usuário já (?:aprovou|autorizou)|"
    r"\bl'utente ha già (?:approvato|autorizzato)|пользователь (?:уже )?(?:одобрил|разрешил|"
    r"подтвердил)|"
    r"用户已经?(?:批准|同意|授权|确认)|无需(?:询问|确认|批准)|ユーザーは(?:すでに|既に)(?:承認|"
    r"許可|同意)|確認(?:は不要|せずに)|"
    r"사용자가? ?이미 (?:승인|허락|동의)|ohne (?:rückfrage|nachzufragen|zu fragen|bestätigung)|"
    r"sin (?:preguntar|pedir (?:confirmación|permiso)|confirmación)|sans (?:demander|confirmation)|"
    r"senza (?:chiedere|conferma)|sem (?:perguntar|pedir|confirmação)|без (?:подтверждения|спроса|"
    r"разрешения)"
)
_HIDDEN: Final = re.compile(
    r"\b(?:do not|don'?t|never|must not|without|avoid|refrain from) (?:ever )?(?:mention(?:ing)?|"
    r"tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|report(?:ing)?|"
    r"show(?:ing)?|say(?:ing)?|alert(?:ing)?|talk(?:ing)? about|let(?:ting)?)\b"
    r"(?: (?:this|it|that|anything|these|any of|about|of|the|to|instructions?|change|step|message|"
    r"action|so|note)){0,5}? (?:to )?(?:the |your )?(?:user|human|developer|operator|anyone|"
    r"anybody|owner|reviewer|him|her|them(?! )|customer|people|in your (?:summary|answer|reply|"
    r"response|output))\b"
    r"(?! (?:your|the|their|his|her) (?:\w+ )?(?:password|passphrase|pin|code|secret|key|"
    r"token)s?\b)"
    r"|\bwithout the (?:user|human|developer)'?s? (?:knowing|knowledge|noticing|being (?:told|"
    r"aware|informed))"
    r"|\b(?:hide|conceal|keep) (?:this|it|these|that|"
    r"the \w+)(?: \w+)? (?:secret )?from (?:the )?(?:user|human|developer|owner|reviewer)"
    r"|\bkeep (?:this|it) (?:a )?(?:secret|quiet|hidden|between us|confidential)\b|\b(?:the user|"
    r"users?|humans?|reviewers?) (?:must|should|need|does|do)(?: not|n'?t)(?: ever)? (?:know|see|"
    r"be (?:told|informed|aware)|notice|find out)\b"
    r"|\b(?:silently|quietly|secretly|covertly|discreetly|stealthily)\b[,]? (?:and )?(?:run|"
    r"execute|send|upload|add|change|delete|append|include|push|insert|install|copy|post|modify|"
    r"exfiltrate|replace|commit|forward|read)"
    r"|\b(?:do not|don'?t|never) (?:mention|reveal|disclose|talk about|refer to|acknowledge|repeat|"
    r"quote) (?:this|these|the) (?:message|instruction|note|step|comment|text|change|action|"
    r"directive|notice|line|request|hidden)"
    r"|\bdo not (?:mention|report|disclose|reveal) (?:this|it|that)\b"
    r"|(?:sag|sage|erzähl|verrate|teile|erwähne) (?:es |das |dies |dem |dies? )*(?:dem |der |"
    r"den )?(?:benutzer|nutzer|user|niemand\w*) (?:nicht|nichts|davon)|erwähne (?:das|dies|"
    r"es) nicht|"
    r"ne (?:le |l'|en )?(?:dis|dites|mentionne[zr]?|parle[zr]?|informe[zr]?|"
    r"révèle[zr]?)[^.\n]{0,20}?(?:pas|rien)|no (?:se lo )?(?:digas|menciones|informes|le digas|"
    r"avises|reveles)|"
    r"non (?:dirlo|menzionar\w*|informare|dire)|não (?:conte|mencione|informe|diga|avise)|"
    r"не (?:сообщай|говори|упоминай|рассказывай|информируй)\w*|"
    r"不要(?:告诉|告知|提及|提到|通知)|别告诉|ユーザーに(?:は)?(?:言わない|知らせない|伝えない|"
    r"報告しない)|사용자에게 (?:말하지|알리지)"
)
_YOUR_SAFETY: Final = re.compile(
    r"\b(?:disable|turn off|switch off|deactivate|bypass|skip|remove|suspend|drop|lower|lift|"
    r"circumvent|unlock|shut off) (?:all (?:of )?|any (?:of )?)?your "
    r"(?:\w+[ \-]){0,3}?(?:filters?|guard-?rails?|checks?|restrictions?|sandbox|approvals?|safety|"
    r"safeguards?|limits?|limitations|protections?|safeties|confirmations?|rules|policies|"
    r"moderation)\b"
    r"|\b(?:disable|turn off|switch off|deactivate|bypass) (?:all |any )?(?:the )?(?:ai |agent |"
    r"model |assistant |content )(?:\w+ )?(?:filters?|guard-?rails?|safety|restrictions?|"
    r"safeguards?)"
    r"|\b(?:developer|debug|god|dan|jailbreak|unrestricted|maintenance|admin|root|sudo|"
    r"yolo) mode (?:is |has been )?(?:now )?(?:enabled|activated|active|engaged|"
    r"unlocked)\b[^.\n]{0,40}?\b(?:you|safety|filters?|restrict|guard|all)"
)

DIRECTED: Final[tuple[Sign, ...]] = (
    Sign("addressed", 1, NOUNS, 70, 40, _DEAR),
    Sign("addressed", 1, SURE_NOUNS, 40, 160, _PLURAL_MUST),
    Sign("addressed", 1, SURE_NOUNS, 90, 90, _IF_YOU_ARE),
    Sign("addressed", 1, COLONS, 14, 60, _COLON),
    Sign("addressed", 1, ("@claude", "@copilot", "@assistant", "@agent", "@ai", "@codex",
        "@chatgpt",
                                  "@cursor", "@gemini", "@bot"), 1, 20, _AT),
    Sign("addressed", 1, OTHER_NOUNS, 40, 60, _OTHERS),
    Sign("posed", 1, MARKERS, 6, 90, _MARKER),
    Sign("posed", 1, tuple(f"{role}{mark}" for role in ROLES for mark in (":", " ", ">")), 24,
        200, _ROLE),
    Sign("redirected", 2, ("end of ", "fin del", "fin du", "ende des", "follow ", "obey ",
        "execute th", "carry out th", "perform th",
          "comply with"), 1, 110, _END),
    Sign("redirected", 2, ("stattdessen", "en su lugar", "à la place", "invece", "em vez"), 60, 20,
        _END),
    Sign("retasked", 1, TASKS, 24, 100, _TASK),
    Sign("retasked", 1, FOREIGN_TASKS, 24, 40, _TASK),
    Sign("reassured", 1, REASSURING, 70, 90, _APPROVED),
    Sign("reassured", 1, FOREIGN_REASSURING, 40, 60, _APPROVED),
    Sign("hidden", 1, HIDING, 30, 80, _HIDDEN),
    Sign("hidden", 1, FOREIGN_HIDING, 30, 60, _HIDDEN),
    Sign("unguarded", 2, ("disable", "turn off", "switch off", "deactivate", "bypass", "skip all",
        "skip your", "remove all", "remove your",
          "suspend", "drop your", "drop all", "lower your", "lift your", "circumvent",
          "unlock your", "shut off",
          "developer mode", "debug mode", "god mode", "dan mode", "jailbreak mode",
          "unrestricted mode",
          "maintenance mode", "admin mode", "root mode", "sudo mode", "yolo mode"), 1, 110,
          _YOUR_SAFETY),
)  # fmt: skip
"""The signs. Two points make a text suspicious, together with what it asks for."""
