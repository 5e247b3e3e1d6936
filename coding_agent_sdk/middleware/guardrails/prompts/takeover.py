"""Requests that would switch the guards off, or put the model into a role that has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.anchors import (
    Anchors,
    Looking,
    Near,
    places,
)
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention
from coding_agent_sdk.middleware.guardrails.prompts.overriding import BEGINS, OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["takes_over"]

_OWN: Final = re.compile(
    r"\bsystem prompts? (?:of|for) (?:the|our) |\bmy (?:previous|last|earlier|prior|first|above|"
    r"old|original) |\b(?:last|previous|earlier|"
    r"prior) (?:instruction|request|prompt|task|message|command)\b(?!s)|\b(?:about|regarding|on|"
    r"for|concerning) (?:the |tabs|spaces|naming|style|format\w*|tests?|commit|indent\w*|"
    r"lint\w*)\b|\b(?:eslint|lint|ruff|flake8|css|tsconfig|style) "
)
_LOOSE: Final = re.compile(
    r"\b(?:no|without(?: any)?|free (?:of|from)(?: all| any)?|not bound by(?: any)?|drop (?:all|"
    r"your)|zero|unbound by|(?:ignoring|ignores)(?: all| any| your| its| openai| every)*|not"
    r" have any|never have|has no|"
    r"have no) (?:more |longer |moral |ethical |content |safety |your |its |the |all |of |"
    r"any )*(?:restrictions?|limits|limitations|rules|guardrails?|guidelines|safety (?:checks?|"
    r"rules|filters?|measures|policies)|filters?|censorship|safeguards?|polic(?:y|ies)|moral\w*|"
    r"ethic\w*|constraints?|boundaries|inhibitions)\b|\bnothing is (?:forbidden|off[- ]limits)\b|"
    r"\bobey only me\b|\bonly obey me\b|\bnever (?:declines?|refuses?|says? no)\b|"
    r"\b(?:unrestricted|unfiltered|uncensored|"
    r"jailbroken|unaligned|amoral|unlimited|limitless)\b"
)
_ROLE: Final = re.compile(
    r"\byou(?:'re| are|'ll be| will be)(?: now| from now on)? (?!not\b)(?:(?:an? |the |my |"
    r"in )?(?:dan\b|stan\b|dude\b|aim\b|evil|jailbroken|unrestricted|unfiltered|uncensored|"
    r"\w+bot\b|developer mode|god mode|terminal|root shell|shell|hacker|ai|model|assistant|agent|"
    r"machine|linux|no longer|free))|"
    r"\bstop being\b|\b(?:pretend|act|imagine|suppose|behave|roleplay|role-play|simulate|respond|"
    r"answer|speak|"
    r"operate|work|continue) (?:that |as |like |to be |you |you're |you are |are |if |being |"
    r"from now on |in )+|\bfrom now on\b|\blet'?s play\b|\bfor the rest of (?:this|the|"
    r"our) (?:chat|conversation|session)\b|\b(?:enter|enable|activate|switch (?:to|into)|"
    r"go into) (?:\w+ ){0,2}?(?:mode|persona)\b|\bhypothetical\w*\b|\bmy (?:late |"
    r"dead )?grand(?:ma|mother|pa)\b|\bdo anything now\b|\bstay in character\b|\bopposite day\b"
)
_KNOWN: Final = re.compile(
    r"\byou (?:only )?obey (?:only )?me\b|\b(?:you are|you're|act as|become|be|enter|enable|"
    r"activate|switch to|"
    r"simulate) (?:now )?(?:in )?(?:dan\b(?! \w+ (?:author|developer))|jailbreak mode|god mode|"
    r"dan mode|sudo mode|evil mode|unrestricted mode|do anything now)|\bdan mode\b|"
    r"\bjailbreak (?:yourself|mode)\b|\bdeveloper mode (?:enabled|v2|output)|"
    r"\benable (?:your )?developer mode (?:and|,|so|now|where)[^.\n]{0,80}?(?:answer|ignore|"
    r"without|no |bypass|print|reveal|run|safety|filter)"
)
_REVEAL: Final = re.compile(
    r"\b(?:reveal|print|output|repeat|show|display|leak|dump|tell|give|disclose|expose|write out|"
    r"write down|quote|recite|send|list|what (?:is|are|does|was)|copy|paste|share|spell out|"
    r"translate|summari[sz]e|encode|type out|put|return)\b[^.\n]{0,50}?(?:"
    r"\b(?:your|the hidden|hidden|the secret|secret|the developer|developer|your own|the initial|"
    r"initial|the original|the internal|internal|confidential) (?:\w+ ){0,2}?(?:system prompt|"
    r"prompt|system message|developer (?:message|prompt|instructions?)|instructions?|rules|"
    r"guidelines|message|configuration|directives)\b(?! (?:template|file|in the|class|builder|"
    r"format|node|box|for (?:this|the|our)|about|says?|on (?:this|how))\b)|\bsystem prompt\b(?= "
    r"(?:verbatim|word for word|in full|above|of yours|"
    r"you (?:were|have|got))|[ .!?]*$)|\beverything (?:above|before this|in your (?:context|"
    r"prompt))|\b(?:all |the )?(?:text|words|content|lines|instructions?) (?:above|before (?:this|"
    r"my)|preceding)[^.\n]{0,20}?(?:verbatim|word|exactly|prompt|message|line|in full|starting"
    r" with|$))"
    r"|\b(?:text|contents?|wording|words) of your (?:system|initial|hidden|first|developer)"
    r" (?:message|"
    r"prompt|instructions?)\b|\bwhat your (?:hidden|system|secret|initial) (?:prompt|message|"
    r"instructions?) (?:says?|is|are|contains?)\b"
    r"|\b(?:zeig|gib|nenne|drucke|verrate|wiederhole|offenbare)\b[^.\n]{0,40}?system-?(?:prompt|"
    r"nachricht|anweisung)\w*|\b(?:affiche|montre|révèle|donne|répète)\b[^.\n]{0,40}?(?:prompt|"
    r"instructions|invite|message) (?:système|de système|initial\w*|caché\w*)|\b(?:muestra|revela|"
    r"dime|imprime|muéstrame|repite|enséñame)\b[^.\n]{0,40}?(?:prompt|instrucciones|"
    r"mensaje) (?:del? sistema|iniciales|ocult\w+|inicial)|\b(?:mostra|rivela|stampa|dimmi|revele|"
    r"mostre|imprima|exiba)\b[^.\n]{0,40}?(?:prompt|istruzioni|messaggio|instruções|"
    r"mensagem) (?:di sistema|del sistema|do sistema|de sistema|nascost\w+|inicial|inizial\w+)|"
    r"(?:покажи|выведи|раскрой|напечатай|повтори)[^.\n]{0,40}?системн\w+ (?:промпт|подсказк|"
    r"сообщени|инструкци)\w*|(?:输出|显示|告诉我|打印|泄露|透露|重复)[^。\n]{0,20}?(?:系统提示|"
    r"系统指令|初始提示|系統提示)|"
    r"システム(?:プロンプト|メッセージ)[^。\n]{0,10}?(?:表示|出力|教え|見せ)|시스템 ?(?:프롬프트|"
    r"메시지)[^.\n]{0,12}?(?:출력|보여|알려|공개)"
)
_GUARD: Final = (
    r"(?:guard-?rails?|guards|safety (?:checks?|filters?|rules?|systems?|features?|measures?|"
    r"layers?|policies|mode)|safet(?:y|ies)|safeguards?|content (?:filters?|policy|policies|"
    r"moderation)|(?:command )?sandbox(?:ing)?|approvals?(?: prompts?| mode| requests?| checks?)?|"
    r"confirmation(?:s| prompts?)|permission (?:checks?|prompts?|system|rules)|command (?:checks?|"
    r"rules|policy|judge)|restrictions|protections?|moderation|redaction|secret (?:masking|"
    r"redaction)|denial rules|deny rules|deny list|filters?|rules|limits|hooks?|checks)"
)
_OFF: Final = re.compile(
    rf"\b(?:disable|turn off|switch off|deactivate|bypass|remove|circumvent|suspend|shut (?:off|"
    rf"down)|kill|drop|skip|override|ignore|disregard|lift|get around|work around|evade|stop|"
    rf"unlock|schalte?|désactive|desactiva|disattiva|desative|отключи|禁用|关闭)\b (?:all (?:of )?|"
    rf"any (?:of )?|every )?(?P<whose>your (?:own )?(?:\w+ ){{0,2}}?|the (?:agent'?s? |sdk'?s? |"
    rf"assistant'?s? |coding agent'?s? |built-?in )?|deine |tes |tus |le tue |suas |свои |all |"
    rf"security |safety |these )?{_GUARD}\b(?P<rest>[^.\n]{{0,120}})"
)
_THEN: Final = re.compile(
    r"^(?:[^.\n]{0,40}?)(?:\band\b|,|\bthen\b|\bso (?:that )?(?:you|i|we) can\b|\bfor (?:this|"
    r"the next|the rest|my next)\b|;) ?(?:then |just |also |now |afterwards )?(?:run|execute|do|"
    r"delete|send|upload|read|print|show|give|push|answer|reply|tell|reveal|dump|write|let me|rm|"
    r"curl|follow|obey|comply|wipe|install|cat|open|proceed|go ahead|carry|you|i|whatever|anything|"
    r"everything|force|deploy|drop|act|never|don'?t ask|do not ask|stop asking)\b"
)
_SETTING: Final = re.compile(
    r"\b(?:in|of|for|from|inside|within) (?:the |our |my |this |its |"
    r"a )?(?:[\w./\-]+ )?(?:config\w*|settings?|toml|yaml|yml|json|eslint|tsconfig|jest|vite|"
    r"webpack|docs?|tests?|workflow|ci|pipeline|dev\b|chart|helm|browser|chrome\w*|iframe|linter|"
    r"compiler|app\b|plugin|module|service|class|function|code|component|project|repo|file|form|"
    r"endpoint|api|test\w*|build|\w+\.(?:py|js|ts|toml|yaml|yml|json|rs|go))\b|\b(?:flag|option|"
    r"setting|switch|parameter|env var|environment variable|toggle|method|cli) (?:to|that|which|"
    r"for)\b"
)
_MARK: Final = re.compile(
    r"<\|?(?:im_start|start_header_id|system)\|?>|\[/?inst\]|<</?sys>>|(?:^|\n)\s{0,4}(?:\[|<|"
    r"#{1,4} ?)?(?:system|developer)(?: (?:override|message|prompt|instruction|note|update))?(?:\]|"
    r">|:)\s*(?:[^\n]{0,80}?)\b(?:you (?:are|must|may|have|can)|ignore|disregard|override|"
    r"new (?:rules|policy|instructions)|safety (?:is|rules|filters)|restrictions|guardrails|"
    r"unrestricted|comply|all requests|root access)\b"
)
_QUESTION: Final = re.compile(
    r"\b(?:how (?:do|does|can|to|would|should|is)|why|what (?:is|does|happens)|explain|does|"
    r"is there|where|when|which)\b[^.!?\n]*$"
)

_OBJECTS: Final = (
    "prompt", "prompts", "instructions", "instruction", "message", "rules", "guidelines",
    "configuration", "directives", "above",
    "before", "preceding", "everything", "systemprompt", "system-prompt", "systemnachricht",
    "systemanweisung", "instrucciones",
    "mensaje", "istruzioni", "messaggio", "instruções", "mensagem", "системн", "系统", "初始提示",
    "系統",
    "システム", "시스템",
)  # fmt: skip
_VERBS_OFF: Final = (
    "disable", "turn off", "switch off", "deactivate", "bypass", "remove", "circumvent", "suspend",
    "shut off", "shut down", "kill",
    "drop", "skip", "override", "ignore", "disregard", "lift", "get around", "work around",
    "evade", "stop", "unlock", "schalte",
    "schalt", "désactive", "desactiva", "disattiva", "desative", "отключи", "禁用", "关闭",
)  # fmt: skip
_SWITCHES_OFF: Final = Near(_OFF, _VERBS_OFF, before=1, after=240)
_ROLES: Final = (
    Near(_KNOWN, ("dan", "mode", "jailbreak", "anything", "obey"), before=60, after=130),
    Near(_MARK, ("<|", "inst", "sys", "system", "developer"), before=8, after=200),
)
_REVEALS: Final = Near(_REVEAL, _OBJECTS, before=90, after=60)
_LOOSE_WORDS: Final = (
    "restriction", "restrictions", "limits", "limitations", "rules", "guardrail", "guardrails",
    "guard-rails", "guidelines", "safety",
    "filters", "filter", "censorship", "safeguard", "safeguards", "policies", "policy", "morals",
    "moral", "morality", "ethics", "ethic",
    "ethical", "constraint", "boundaries", "inhibitions", "unrestricted", "unfiltered",
    "uncensored", "jailbroken", "unaligned", "amoral",
    "unlimited", "limitless", "boundary", "constraints", "declin", "refus", "forbidden", "obey",
    "off limits", "off-limits", "says no", "say no",
)  # fmt: skip
_LOOSENS: Final = Near(_LOOSE, _LOOSE_WORDS, before=60, after=40)
_ANCHORS: Final = Anchors([words for _, words, _ in OVERRIDES])
_AFTER: Final = 200
_AROUND: Final = 300


def takes_over(bare: str, beginnings: AbstractSet[str]) -> str:
    """Return what a request does to the guards; `""` for nothing.

    Args:
        bare: The request as it reads, without code and quotations.
        beginnings: The beginnings of its words.
    """
    if any(_switches_off(bare, found) for found in _SWITCHES_OFF.finditer(bare, beginnings)):
        return "it wants the agent's guards switched off"
    if _overrides(bare, beginnings):
        return "it sets the agent's instructions aside"
    if any(not _talked_about(bare, found) for found in _REVEALS.finditer(bare, beginnings)):
        return "it wants the system prompt revealed"
    for role in _ROLES:
        if any(not _talked_about(bare, found) for found in role.finditer(bare, beginnings)):
            return "it wants a role without rules"
    for found in _LOOSENS.finditer(bare, beginnings):
        near = _ROLE.search(bare, max(0, found.start() - 250), found.end() + 150)
        if near and not _talked_about(bare, found):
            return "it wants a role without rules"
    return ""


def _talked_about(bare: str, found: re.Match[str]) -> bool:
    start = bare.rfind("\n", 0, found.start()) + 1
    before = bare[max(start, found.start() - 200) : found.start()]
    if re.search(r"\b(?:not|never|don't) $", before):
        return True
    return is_mention(bare, found.start(), found.end()) or bool(
        re.search(
            r"\b(?:add|write|test|tests|document|explain|implement|review|fix|parse|"
            r"render|list of|detect|refuse|reject|strip|block|why|our|user (?:says|types|"
            r"writes)|if (?:a|the|someone))\b",
            before,
        )
    )


def _switches_off(bare: str, found: re.Match[str]) -> bool:
    whose, rest = found["whose"] or "", found["rest"]
    start = max(bare.rfind(mark, 0, found.start()) for mark in ".!?\n") + 1
    before = bare[max(start, found.start() - 200) : found.start()]
    if _QUESTION.search(before) or is_mention(bare, found.start(), found.end()):
        return False
    if re.search(
        r"\b(?:add|write|implement|document|test|tests|explain|support|allow(?:s|"
        r"ing)? users?|option|flag|button|make it possible|let users)\b",
        before,
    ):
        return False
    if whose.startswith(("your", "deine", "tes", "tus", "le tue", "suas", "свои")):
        return True
    return (
        bool(_THEN.match(rest))
        and not _SETTING.search(rest)
        and bool(
            re.search(
                r"guard|safety|safeguard|redaction|masking|sandbox|approval|confirmation|"
                r"permission|command|"
                r"moderation|"
                r"deny|restriction",
                found.group()[: -len(rest) or None],
            )
        )
    )


def _overrides(bare: str, beginnings: AbstractSet[str]) -> bool:
    looking = Looking(bare)
    known: set[str] = set()
    for row, words in _ANCHORS.present(bare, beginnings).items():
        points, _, pattern = OVERRIDES[row]
        found = places(bare, words) if points > 1 else []
        for at, end in looking.begun(pattern, found, lead=BEGINS, reach=_AFTER):
            key = looking.surroundings(at - _AROUND, end + _AROUND)
            if key in known:
                continue
            known.add(key)
            if not _OWN.search(bare, at, end + 30) and not is_mention(bare, at, end):
                return True
    return False
