"""Tells a text that speaks about an attack from one that is an attack."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_mention"]

_REACH: Final = 300
_NEAR: Final = 240

_CUES: Final = re.compile(
    r"\b(?:e\.g|for (?:example|instance)|examples?|such as|phrases?|like|injections?|injected|"
    r"jailbreaks?|malicious|adversarial|attack\w*|payloads?|"
    r"detect\w*|block(?:s|ed|ing|list)?|flag(?:s|ged)?|guards?|guardrails?|filters?|patterns?|"
    r"regex\w*|tests?|test_\w+|fixtures?|assert\w*|parametri[sz]e|expect\w*|"
    r"is_\w*inject\w*|red[- ]team\w*|benchmark\w*|dataset|samples?|strings?|style|saying|says?|"
    r"said|called|named|titled|tries to|try to|attempt\w*|"
    r"someone|users? (?:may|might|can|could|who)|contain\w*|includ(?:es|ing)|if (?:a|the) (?:text|"
    r"document|page|user|input|prompt|message)|"
    r"beispiel\w*|ejemplo|exemple|exemplo|esempio|например|例えば|例如|такие как|moderation|"
    r"classif\w*|"
    r"label\w*|spam|threat\w*|vulnerab\w*|exploit\w*|prevent\w*|protect\w*|"
    r"reject\w*|refus\w*|rule|signature|heuristic\w*|hardening|sanitiz\w*|scanner|research\w*|"
    r"paper|blog|cve-\d+)\b|\btest_"
)
_CODE_CUES: Final = re.compile(
    r"test_|assert|parametrize|expect|\"label\"|'label'|payload|attack|inject|jailbreak|malicious|"
    r"detect|guard|pattern|phrase|,\s?labels?\b|\blabels?,|"
    r"block|regex|suspicious|re\.compile|forbidden|denylist|should_|is_safe|adversarial|(?<![.@])\bexample|"
    r"sample|it\(|describe\(|system_prompt|prompt\s?=|template|rules?\s?="
)
_CELL_BEFORE: Final = re.compile(r"(?:^|[,;\t:=\[{(|>+])\s*\w{0,2}$|\d\s$")
_CELL_AFTER: Final = re.compile(r"^\s*(?:$|[,;\t}\])|<+/>]|[\w\-]+=)")
_FETCHED: Final = re.compile(r"(?:get|post|put|head) /")
"""How a request begins that a server has logged."""
_PROMPT: Final = re.compile(
    r"\b\w*(?:prompt|persona)\w*\s?=\s?[rf]{0,2}(?:\"\"\"|\'\'\')[^\"]{0,300}\Z"
)
"""What is assigned in a program, for a model of its own."""
_ANSWERS: Final = re.compile(
    r"\s{0,8}assistant\s?:(?!\s?(?:sure|ok\b|okay|certainly|done|i (?:will|am)\b|i'(?:ll|m)\b))"
)
_ASKS: Final = re.compile(r"(?:^|\n)\s{0,4}(?:user|human)\s?:\s")
"""Who speaks before an assistant does in a chat that was kept."""
_TRIPLE: Final = '"""'
_ESCAPED: Final = '\\"'
_PAIRS: Final = (("`", "`"), ('"', '"'), ("'", "'"), ("「", "」"))


def is_mention(text: str, start: int, end: int) -> bool:
    """Return whether a phrase is spoken of: quoted in prose or a test, or announced as an example.

    Args:
        text: The text as it reads.
        start: Where the phrase begins.
        end: Where it ends.
    """
    head = text[max(0, start - _REACH) : start]
    line_head = head[head.rfind("\n") + 1 :]
    tail = text[end : end + _REACH]
    line_tail = tail.partition("\n")[0]
    if _PROMPT.search(head) or (_ANSWERS.match(text, start) and _ASKS.search(head)):
        return True
    quote = _quote_around(line_head, line_tail)
    before = text[max(0, start - _NEAR) : start]
    if quote is None:
        sentence = re.split(r"[.!?\n]\s|>", line_head)[-1]
        return bool(_CUES.search(sentence[-120:])) and not _closes(sentence)
    opened, closed = quote
    if _FETCHED.match(line_head, opened + 1):
        return False
    as_data = _CELL_BEFORE.search(line_head[:opened]) and _CELL_AFTER.search(
        line_tail[closed + 1 :]
    )
    if as_data:
        return bool(_CODE_CUES.search(before) or _CODE_CUES.search(line_tail[closed + 1 :]))
    return True


def _closes(sentence: str) -> bool:
    """Return whether what is before the phrase is a frame around it, not an announcement."""
    return bool(re.search(r"(?:-->|\*/|</\w+>|\])\s*$", sentence))


def _quote_around(head: str, tail: str) -> tuple[int, int] | None:
    """Return where, in the line before and after, the quotes around a phrase stand."""
    # What stands in a docstring is not quoted.
    head, tail = head.replace(_TRIPLE, "   "), tail.replace(_TRIPLE, "   ")
    if head.count(_ESCAPED) % 2 == 0:
        # Nor is what stands in a string of JSON, before or after a quotation.
        head, tail = head.replace(_ESCAPED, "  "), tail.replace(_ESCAPED, "  ")
    for opens, closes in _PAIRS:
        at = head.rfind(opens)
        until = tail.find(closes)
        if at < 0 or until < 0:
            continue
        if opens == closes and head.count(opens) % 2 == 0 and opens != "'":
            continue
        if opens == "'" and at > 0 and head[at - 1].isalnum():
            continue  # an apostrophe
        if opens == "'" and until + 1 < len(tail) and tail[until + 1].isalnum():
            continue
        return at, until
    return None
