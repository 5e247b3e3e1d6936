"""Says whether a sentence calls a model: by its kind, as whoever reads it, or in a pose."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.prompts.anchors import beginnings_of

__all__ = ["BEGINNINGS", "MAY_CALL", "called"]

_AI: Final = (
    r"(?:ais?|llms?|chat ?gpt|claude|co-?pilots?|gemini|gpt|codex|chat-?bots?|language models?|"
    r"genai|ki|ia|ии|artificial intelligence|intelligenza artificiale|künstliche intelligenz|"
    r"intelligence artificielle|inteligencia artificial|inteligência artificial|"
    r"(?:automated|automatic|machine|virtual|digital|intelligent|autonomous|"
    r"robotic) (?:assistants?|agents?|"
    r"readers?|reviewers?|translators?|systems?|crawlers?|shoppers?|graders?|summari[sz]ers?))"
)
_AGENT: Final = (
    r"(?:assistants?|agents?|bots?|models?|summari[sz]er|assistenten?|modèles?|asistentes?|"
    r"agentes?|assistentes?|assistenti?|agenti|modelos?|ассистенты?|агенты?|помощник)"
)
_MODEL: Final = re.compile(
    rf"\b(?:(?P<ai>{_AI})(?:[ \-](?:[a-z]+[ \-])?(?:{_AGENT}|programmers?|readers?|reviewers?|"
    rf"triagers?|tools?|systems?|engineers?|crawlers?|editors?|translators?))?|(?P<agent>{_AGENT})"
    rf"(?:[ \-](?:ia|ai|d'ia))?)\b|ai(?=[^\x00-\u024f])|(?:人工智能|助手|智能体|アシスタント|"
    rf"エージェント|어시스턴트|에이전트)"
)
_KIND: Final = (
    r"dear|hey|hi|hello|to|for|note|notes?|hint|attention|notice|memo|message|info|tip|reminder|"
    r"instructions?|instruction|ask|calling|all|any|every|the|this|an?|hidden|important|psst|"
    r"kindly|bitte|last|final|first|step|steps|task|action|"
    r"please|of|from|and|coding|automated|autonomous|smart|large|language|pair|mail|helper|review|"
    r"reviewer|support|triage|integration|code|virtual|whichever|whatever|whoever|bots|next|your|"
    r"quick|one|den|der|die|das|e-?mail|ps|toi|vous|you|translator|translation|summary|shopping|"
    r"research|browser|evaluation|hinweis|hinweise|an|für|alle|wichtig|liebe|"
    r"lieber|pour|les|l'attention|des|aux|cher|chers|para|los|el|aviso|estimado|prezado|per|gli|"
    r"caro|attenzione|внимание|для|дорогой"
)
_LEAD: Final = re.compile(
    rf"(?:^|[\n:>\"'`*#/|=%+_—–]|[.!?;,-]\s|\s-|\s\s|todo\(|(?<![\w\\])[(\[{{]|[\])]\s)"
    rf"[\s*_]*(?:(?:{_KIND})[ +\-]){{0,5}}(?:@|l')?\Z"
)
_FIRST: Final = re.compile(
    rf"(?:^|[\n>\"'*#/:=]|[.!?;-]\s|\s\s|please,\s|"
    rf"[\])]\s)[\s*_]*(?:(?:{_KIND})[ +\-]){{0,5}}(?:l')?\Z"
)
_TAIL: Final = re.compile(
    r"(?:[ +\-][\w']+){0,7}?[*_\s]{0,2}(?::(?!//|[a-z0-9])|!| (?:[—–]|-) |：)|[)\]] |[)\]]:|"
    r" (?:please|kindly) \w"
)
_COMMA: Final = re.compile(
    r"(?:[ +\-][\w']+){0,4}?\\?,(?! (?:which|who|and|or|but|the|a|an|cursor|claude|"
    r"gemini)\b)[ +]"
)
"""What follows a model that is called: a colon anywhere, a comma only where a sentence begins."""
_BOUND: Final = re.compile(
    r"(?:[ \-][\w']+,?){0,6}? (?:must|should|shall|(?:ha(?:s|ve)|needs?|ought|is|are) to|"
    r"(?:is|are) (?:required|authori[sz]ed|instructed|obliged|expected|asked) to|"
    r"(?:agree|accept|consent)s? to|"
    r"would also|müssen|muss|sollen|doit|doivent|deben?|devem?|devono|должны|должен)\b"
)
_ANYONE: Final = re.compile(
    rf"\b(?:if|when|as|since|because|in case|in the event(?: that)?|should) "
    rf"(?:you(?:'re| are| be)?|you, the|you, an|being) (?:an? |the |a large )?"
    rf"(?:{_AI}|language|assistant|agent|model|automated|bot)\b|"
    rf"\byou(?:'re| are) an? (?:{_AI}|language model)\b|"
    r"\byou(?:'re| are) now (?!in|able|ready|logged|on|using|connected|subscribed|running|free|set)"
    r"[a-z]+|"
    rf"\b(?:any|whichever|whatever|every|if an?) (?:{_AI}|agent|assistant|bot|language model) "
    r"(?:read|process|pars|summari|tak|us(?:es|ing)|see|open|handl|index|fix|review|answer|work|"
    r"do)|"
    rf"\b(?:{_AI}|assistants|agents|models|bots) (?:read|process|pars|answer|us|handl|crawl|review|"
    r"summari[sz]|work|install|edit)ing\b|"
    r"\bwhoever (?:automates|processes|summari|parses)\w*|\b(?:the person|the user|"
    r"user) you (?:help|"
    r"serve|work for|assist)\b|\byour (?:human|operator|principal|guidelines)\b|"
    r"\byour user (?:will|has|is|must|does|should|agreed|wants|needs|knows)\b|"
    r"\b(?:user|owner|operator|boss) (?:[\w']+ ){1,6}?(?:that )?you (?:may|should|must|are to)\b|"
    r"(?:\bare you|\bsei|\bbist du|\bes-tu|\bêtes-vous|\beres|\bse (?:tu )?sei|você é|si eres) "
    rf"(?:an? |ein |une? |uma? )?(?:{_AI}|{_AGENT})\b|"
    rf"\b(?:when|once|if|as soon as) (?:an?|any|the) (?:{_AI}|{_AGENT}) (?:read|process|handl|"
    r"pars|summari|open|index|see)\w* th(?:is|ese) \w+,? (?:(?:it|they) (?:must|should|shall|"
    r"ha(?:s|ve) to|needs? to)|please|you)\b|"
    r"\byour new (?:system prompt|instructions?|task|role|orders|rules)\b|"
    rf"\bas an? (?:{_AI}|{_AGENT})(?: \w+)?,? you\b|"
    rf"\b(?:{_AI}|{_AGENT}) only\b|\b(?:hi|hello|hey|dear) (?:{_AI}|assistants?|bots?|models?)\b|"
    r"\bby (?:crawling|reading|processing|parsing|indexing|loading|opening|using) this\b|"
    r"\b(?:have|get|ask|tell|make|instruct) (?:your|its) (?:(?:ai|coding|own|personal|"
    r"code|chat) )?(?:agent|assistant|copilot|claude|chatbot|llm|ai)(?: to)? (?=[a-z]{3})|"
    r"(?:^|[\n>\"'(.,;:]\s?)(?:ignore|disregard|forget) (?:all |any |the |every |those |these |"
    r"other |your |previous |prior |earlier |screening |normal |usual )+(?:instructions?|criteria|"
    r"guidelines|tickets|orders|directions|policy|policies|rubric|applicants|candidates|"
    r"submissions|prompts?)\b(?! (?:if|when|unless))"
)
_POSED: Final = re.compile(
    r"(?<!\w)</?(?:system|user|admin|operator|tool_result|result|assistant|instructions?|hidden|"
    r"important)[\w\-]*>\s*\S|#{2,}\s*(?:user|system|instruction|new|end of)[^#\n]{0,40}#{2,}|"
    r"\[/?inst\]|(?<!\w)\[(?:hidden|system|admin|operator)\b[^\]\n]{0,20}\]|"
    r"\bsystem (?:notice|note|override|update|prompt"
    r" update|message)\b\s*[:—-]|\b(?:agent|ai|assistant|llm|model|bot)[_-](?:instruction|"
    r"directive|"
    r"note|command|hint|task)s?\b[\"']?\s*[:=]|\bprompt for (?:the )?next\b|"
    r"\b(?:notes?|messages?|hints?|instructions?)_(?:to|for)_(?:the_)?"
    r"(?:llm|ai|agent|assistant|model)\b"
)
_KEPT: Final = re.compile(
    r"\b(?:do not|don't|never|without) (?:(?:ever|even) )?(?:(?:tell|telling|inform|informing|"
    r"notify|notifying|alert|alerting) (?:the (?:user|owner|developer|human|person|customer)|"
    r"anyone|anybody|them)"
    r"(?! (?:the|their|his|her|your|how|where|which|what|an?|if)\b)|"
    r"(?:mention|mentioning|disclose|reveal|acknowledge) (?:this|the) (?:rule|step|note|line|"
    r"instruction|request|change|message|addition))\b|"
    r"\b(?:silently|secretly|covertly) "
    r"(?:add|send|copy|forward|upload|include|append|mirror|post|replace|insert)\b"
)
"""What is kept from people, as only somebody does who speaks to what works for them."""
MAY_CALL: Final = re.compile(f"{_MODEL.pattern}|{_ANYONE.pattern}|{_POSED.pattern}|{_KEPT.pattern}")
BEGINNINGS: Final = beginnings_of(
    "ai ais llm llms chat chatgpt claude copilot copilots gemini gpt codex chatbot language genai"
    " ki ia artificial automated automatic machine virtual digital intelligent autonomous robotic"
    " assistant agent agents agenti agente bot bots model models modelo summarizer assistenten"
    " assistente asistente asistentes you whoever user owner operator boss human system admin"
    " instruction hidden important prompt result tool assistants intelligenza intelligence"
    " inteligencia pilot silently secretly covertly tell telling inform informing notify notifying"
    " alert alerting mention mentioning disclose reveal acknowledge ignore disregard"
    " forget inst"
)
"""Beginnings of words of which a text that speaks to a model holds one."""


_SURE: Final = 3


def called(text: str) -> tuple[int, int]:
    """Return how surely a sentence speaks to a model, from 0 to 3, and where."""
    points = at = 0
    kept = _KEPT.search(text)
    if kept:
        points, at = 1, kept.start()
    generic = _ANYONE.search(text) or _POSED.search(text)
    if generic:
        points = _SURE if _CONDITION.match(generic.group()) else 2
        at = generic.start()
    for found in _MODEL.finditer(text):
        likely = _called(text, found)
        if likely > points:
            points, at = likely, found.start()
    return points, at


def _called(text: str, found: re.Match[str]) -> int:
    """Return how surely a word for a model is one that calls it."""
    sure = found["agent"] is None
    if text[found.end() + 1 : found.end() + 2].isdigit():
        return 0  # agent 7
    before = text[max(0, found.start() - 60) : found.start()]
    after = text[found.end() : found.end() + 60]
    if not found.group().isascii() or after[:1] > _LATIN:
        return 2
    sure = sure or _KINDS.search(before) is not None
    points = 0
    if before.endswith("@"):
        return _SURE
    if before.endswith("-") and not sure and not _KIND_OF.search(before):
        return 0  # ssh-agent
    if (_LEAD.search(before) and _TAIL.match(after)) or (
        _FIRST.search(before) and _COMMA.match(after)
    ):
        bare = not sure and (
            (after[:1] == ":" and not _LED.search(before))
            or (found["agent"] == "agent" and _HELLO.search(before) is not None)
        )
        points = 1 if bare else _SURE if sure or _GREETED.search(before) else 2
    if (_BOUND.match(after) and not _WHETHER.search(before)) or (
        after[:4] == " to " and _ASKED.search(before)
    ):
        several = found.group().endswith("s") or before.endswith("your ")
        points = max(points, 2 if sure or several or found["agent"] in _HELPERS else 1)
    return points


_CONDITION: Final = re.compile(
    r"(?:hi|hello|hey|dear|in case|in the|should|if|when|as|since|because|any|whichever|whatever|"
    r"whoever) "
)
_GREETED: Final = re.compile(
    r"\b(?:dear|hey|hi|hello|attention|(?:notes?|hint|tip|message|memo|info|instructions?|"
    r"reminder) "
    r"(?:to|for)|to|for|ps|psst|@)\s?(?:(?:the|all|any|an?|every|your) )?(?:[a-z]+[ \-]){0,2}\Z"
)
_KINDS: Final = re.compile(
    r"\b(?:coding|shopping|automated|autonomous|triage|research|browser|browsing|evaluation|"
    r"screening|reviewer|summary|language|integration|translation|code)[ \-]\Z"
)
_ASKED: Final = re.compile(
    r"\b(?:i|we|hereby|owners?|operators?|admin\w*|maintainers?) (?:\w+ )?"
    r"(?:allow|permit|authori[sz]e|ask|instruct|want|require|urge|tell|expect)s? "
    r"(?:all |any |the |every )?(?:[a-z]+ )?\Z"
)
_WHETHER: Final = re.compile(r"\b(?:if|whether|how) (?:the |an? )(?:\w+ )?\Z")
"""Before an agent of which only a setting speaks."""
_HELLO: Final = re.compile(r"\b(?:hi|hello|hey|dear)\s\Z")
"""How people, too, are greeted who are agents."""
_KIND_OF: Final = re.compile(rf"\b(?:{_KIND})-\Z")
_HELPERS: Final = frozenset(("assistant", "bot"))
_LATIN: Final = "\u024f"
_LED: Final = re.compile(r"\w[ +\-]\Z")
