"""Puts pseudonyms for personal data into a text that comes in pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.pii.detection import findings_in, may_hold
from coding_agent_sdk.middleware.guardrails.pii.labels import REACH
from coding_agent_sdk.middleware.guardrails.pii.spelt import open_spelt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.pii.memo import Examined

HOLD: Final = 400
"""Most characters that are held: more than the longest address, with what follows it."""

NOT_MASKED: Final = frozenset({"service_email"})
"""What is found and is nobody's in particular."""

_CONTEXT: Final = REACH + HOLD
_PART: Final = re.compile(
    r"\S*\d\S*|[^\w\s]{1,3}|[A-Z0-9]{1,4}|[^\w\s]*(?i:x|ext|extn|extension|poste|durchwahl)[^\w\s]*"
)
"""A word that can be part of a number written in several."""


class PiiRedactor:
    """Puts a name in the place of each value; however the text is cut, the result is the same.

    A word is let go when what follows the blank after it has come, for `ada (at) web.de` is an
    address; words with digits, with the first word after them that has none. Of a text without
    blanks the last 400 characters are held.

    Args:
        name: Gives what stands for a value of a type, as `Pseudonyms.name` does.
        examined: What whole texts were found to hold.
    """

    __slots__ = ("_done", "_examined", "_name", "_text")

    def __init__(
        self, name: Callable[[str, str], str], *, examined: Examined | None = None
    ) -> None:
        self._name = name
        self._examined = examined
        self._text = ""  # context that was let go, then what is held
        self._done = 0

    def redact(self, text: str) -> str:
        """Return a whole text with names for values: what `feed` and `close` would give of it."""
        found = findings_in(text) if self._examined is None else self._examined.findings(text)
        return self._named(text, 0, len(text), found) if found else text

    def redact_field(self, field: str, text: str) -> str:
        """Return a whole text that is the value of *field* with names for values."""
        redacted = self.redact(text)
        if redacted != text or not may_hold(text):
            return redacted
        head = f"{field}: "
        line = self.redact(head + text)
        return line[len(head) :] if line.startswith(head) else text

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        if self._done > 2 * _CONTEXT:
            self._text = self._text[self._done - _CONTEXT :]
            self._done = _CONTEXT
        self._text += text
        end = open_from(self._text, self._done)
        return self._release(end) if end > self._done else ""

    def close(self) -> str:
        """Return the rest."""
        released = self._release(len(self._text))
        self._text, self._done = "", 0
        return released

    def _release(self, end: int) -> str:
        found: list[Finding] = []
        if may_hold(self._text[self._done :]):
            found = findings_in(self._text, self._done)
        for finding in reversed(found):
            if finding.start < end < finding.end:
                end = finding.start
        released = self._named(self._text, self._done, end, found)
        self._done = end
        return released

    def _named(self, text: str, start: int, end: int, found: Sequence[Finding]) -> str:
        parts: list[str] = []
        done = start
        for finding in found:
            if finding.end > end:
                break
            if finding.type not in NOT_MASKED:
                name = self._name(finding.type, text[finding.start : finding.end])
                parts += (text[done : finding.start], name)
                done = finding.end
        parts.append(text[done:end])
        return "".join(parts)

    def __repr__(self) -> str:
        """Show no text."""
        return f"PiiRedactor(holding {len(self._text) - self._done} characters)"


def open_from(text: str, start: int) -> int:
    """Return where, from *start* on, text begins of which more to come can decide."""
    low = max(start, len(text) - HOLD)
    line = text[max(low, text.rfind("\n", low) + 1) :]
    if not line:
        return len(text)
    spelt = open_spelt(text, len(text) - len(line))
    rest = line.rstrip()
    held = len(line)
    if len(rest) == held:  # the last word may go on
        held -= len(rest.rsplit(None, 1)[-1])
        rest = line[:held].rstrip()
    while rest:
        word = rest.rsplit(None, 1)[-1]
        if _PART.fullmatch(word) is None:
            break
        held = len(rest) - len(word)
        rest = rest[:held].rstrip()
    return min(spelt, len(text) - len(line) + held)
