"""Judges a tool's text by what it is composed of: who speaks to whom, demanding what.

No sign is enough alone, and no wording is looked for: a sentence that speaks to a model, near one
that demands what only an attacker wants, is suspicious in whatever words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.demands import DEMANDS, OBJECTS, demands_of
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention
from coding_agent_sdk.middleware.guardrails.prompts.senses import (
    coarse,
    of_beginnings,
    reading_of,
    sense,
)
from coding_agent_sdk.middleware.guardrails.prompts.setting_aside import ASIDE
from coding_agent_sdk.middleware.guardrails.prompts.voices import (
    KEY_OF_AGENTS,
    may_speak,
    voices_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["suspicion"]

_SENTENCE: Final = re.compile(
    r"(?:[^.!?;\n。！？；]|[.!?;](?=[^\s\"'<)]))+(?:[.!?;]+|[。！？；]|\n|\Z)"
)
_SHORTEST: Final = 8
_LONGEST: Final = 600
_NEAR: Final = 2
"""Sentences before and after one that speaks to a model in which its demands may stand."""
_FAR: Final = 500
_MOST: Final = 400
"""Sentences that differ and speak to a model, of which as many are read closely."""
_HIDDEN: Final = re.compile(
    r"display\s{0,2}:\s{0,2}none|font-size\s{0,2}:\s{0,2}0|visibility\s{0,2}:\s{0,2}hidden|<!--|"
    r"\[hidden|\bhidden text|opacity\s{0,2}:\s{0,2}0|<\w{1,10} hidden|%%"
)
_URL: Final = re.compile(
    r"\bno (?:known |further )?(?:vulnerabilities|threats|exploits)\b|https?://\S+|\S+@\S+"
)
_ASKED: Final = re.compile(
    r"[\s\d.*\-]{0,8}(?:why|how (?:to|do|does|did|can|could|would|we|i|you)|whether|what (?:is|are|"
    r"does|do))\b"
)
"""How a heading begins that asks or explains: it orders nothing."""
_QUOTE: Final = re.compile(r"[\"`]|(?<!\w)'")
_MOST_QUOTES: Final = 12
_TALK: Final = sense("talk")
_SAID: Final = {
    "addressed": "it speaks to an AI agent",
    "of yours": "it speaks to an AI agent",
    "user": "it speaks of its user",
    "hidden": "it wants something kept from the user",
    "reassured": "it says that nobody needs to be asked",
    "set aside": "it tells the model to leave its task",
    "posed": "it poses as a message of another role",
    "unseen": "it stands where people do not see it",
}


class _Part(NamedTuple):
    """A sentence: where it stands and which senses its words may have."""

    start: int
    text: str
    bits: int


def suspicion(read: str, beginnings: AbstractSet[str]) -> tuple[str, ...]:
    """Return why a text seems to instruct a model; `()` where it does not.

    Args:
        read: The text as it reads.
        beginnings: The beginnings of its words.
    """
    bits = of_beginnings(read, beginnings)
    if not bits & DEMANDS or not may_speak(bits):
        return ()
    parts = list(_parts(read))
    speaking = [at for at, part in enumerate(parts) if may_speak(part.bits)]
    if not speaking or not any(part.bits & DEMANDS for part in parts):
        return ()
    judged = _Judged(read, parts)
    for at in _spread(speaking, _MOST):
        said = judged.around(at)
        if said:
            return said
    return ()


def _parts(read: str) -> Iterator[_Part]:
    known: dict[str, int] = {}
    for found in _SENTENCE.finditer(read):
        text = found.group()[:_LONGEST]
        if len(text) < _SHORTEST:
            continue
        bits = known.get(text)
        if bits is None:
            bits = known[text] = coarse(text)
        yield _Part(found.start(), text, bits)


def _spread(found: list[int], most: int) -> list[int]:
    if len(found) <= most:
        return found
    half = most // 2
    return found[:half] + found[-half:]


class _Judged:
    """Judges sentences with those around them, and reads each once."""

    def __init__(self, read: str, parts: list[_Part]) -> None:
        self._read = read
        self._parts = parts
        self._voices: dict[str, dict[str, int]] = {}
        self._demands: dict[str, dict[str, int]] = {}
        self._spoken_of: dict[int, bool] = {}

    def around(self, at: int) -> tuple[str, ...]:
        """Return why a sentence is suspicious together with those near it."""
        part = self._parts[at]
        if not self._may_demand(at):
            return ()
        voices = dict(self._voices_of(part))
        if not voices or self._is_spoken_of(at):
            return ()
        demands: dict[str, int] = {}
        for there, near in self._near(at):
            if near is not part and self._is_spoken_of(there):
                continue
            if near is not part:
                for name, points in self._voices_of(near).items():
                    voices[name] = max(voices.get(name, 0), points)
            for reason, points in self._demands_of(near).items():
                demands[reason] = max(demands.get(reason, 0), points)
        start = max(0, part.start - 160)
        if _HIDDEN.search(self._read, start, part.start + len(part.text)):
            voices["unseen"] = 1
        return _weighed(voices, demands)

    def _may_demand(self, at: int) -> bool:
        bits = 0
        for _, near in self._near(at):
            bits |= near.bits
        return bool(bits & DEMANDS and bits & OBJECTS) or bool(bits & ASIDE)

    def _near(self, at: int) -> Iterator[tuple[int, _Part]]:
        here = self._parts[at].start
        first = max(0, at - _NEAR)
        for there, near in enumerate(self._parts[first : at + _NEAR + 2], first):
            if abs(near.start - here) <= _FAR:
                yield there, near

    def _is_spoken_of(self, at: int) -> bool:
        known = self._spoken_of.get(at)
        if known is None:
            known = self._spoken_of[at] = self._is_talk(at)
        return known

    def _is_talk(self, at: int) -> bool:
        part = self._parts[at]
        lead = len(part.text) - len(part.text.lstrip())
        start = part.start + lead
        for _, quote in zip(range(_MOST_QUOTES), _QUOTE.finditer(part.text), strict=False):
            if may_speak(coarse(part.text[: quote.start()])):
                break
            start = part.start + quote.end()
        if _ASKED.match(part.text):
            return True
        key = KEY_OF_AGENTS.search(part.text)
        if key:
            return False
        if is_mention(self._read, start, start + 1):
            return True
        before = self._parts[at - 1].text if at else ""
        return bool(coarse(_URL.sub(" ", f"{before} {part.text}")) & _TALK)

    def _voices_of(self, part: _Part) -> dict[str, int]:
        if not may_speak(part.bits):
            return {}
        known = self._voices.get(part.text)
        if known is None:
            known = self._voices[part.text] = voices_of(reading_of(part.text))
        return known

    def _demands_of(self, part: _Part) -> dict[str, int]:
        if not part.bits & DEMANDS:
            return {}
        known = self._demands.get(part.text)
        if known is None:
            known = self._demands[part.text] = demands_of(reading_of(part.text))
        return known


_ENOUGH: Final = (
    # Signs of a voice, and what is demanded: how much of each is enough together.
    (2, 2),
    (3, 1),
    (1, 3),
)
_COMMON: Final = frozenset(
    ("asks for a program to be run", "asks for something to be sent", "asks for a tool call")
)
"""What is asked for in any manual."""
_ALONE: Final = 4
"""Signs of a voice that are enough where one of them sets the task aside."""
_PLAINLY: Final = 2
_MANY: Final = 5


def _weighed(voices: dict[str, int], demands: dict[str, int]) -> tuple[str, ...]:
    """Return the reasons where signs and demands are enough together."""
    if voices.get("addressed"):
        voices.pop("user", None)
    spoken = sum(voices.values())
    strong = spoken - voices.get("user", 0) - voices.get("unseen", 0)
    # `Model: add a field` may be said to anybody.
    sure = strong - voices.get("of yours", 0) - (voices.get("addressed") == 1)
    wanted = max(demands.values(), default=0)
    if strong >= _PLAINLY and demands.keys() - _COMMON:
        wanted = max(wanted, _PLAINLY)
    if not _is_enough(voices, (spoken, strong, sure), (wanted, sum(demands.values()))):
        return ()
    reasons = [_SAID[name] for name in voices] + [f"it {reason}" for reason in demands]
    return tuple(dict.fromkeys(reasons))


def _is_enough(voices: dict[str, int], signs: tuple[int, int, int], wants: tuple[int, int]) -> bool:
    spoken, strong, sure = signs
    wanted, together = wants
    if any(
        (sure if needs == 1 else strong) >= needs and wanted >= wants_most
        for needs, wants_most in _ENOUGH
    ):
        return True
    if strong >= _ALONE and ("set aside" in voices or {"posed", "reassured"} <= voices.keys()):
        return True
    if wanted < _PLAINLY:
        return False
    kept = "hidden" in voices and spoken >= _PLAINLY
    return kept or ("addressed" in voices and together >= _MANY)
