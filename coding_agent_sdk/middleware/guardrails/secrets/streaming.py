"""Takes secrets out of a text that comes in pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import is_named_secret
from coding_agent_sdk.middleware.guardrails.secrets.detection import mask, merge
from coding_agent_sdk.middleware.guardrails.secrets.holding import (
    PlainWords,
    held_from,
    reaches_far,
)
from coding_agent_sdk.middleware.guardrails.secrets.keyblocks import shortened
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.windows import (
    CONTEXT,
    HALF_RUN,
    NEAR,
    end_of_run,
    find_everywhere,
    last_boundary,
    look,
    next_cut,
    trimmed,
)
from coding_agent_sdk.text.masks import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough

_HEADER: Final = re.compile("auth|cookie", re.IGNORECASE)
"""Fields whose value is read as that of a header."""

LONG: Final = 512
"""How much undecided text is looked at again with each piece; more, when it has grown."""


class SecretRedactor:
    """Masks secrets in one text; however it is cut into pieces, the result is the same.

    A word is let go when the blank after it has come and nothing that holds it is open: a key
    block, a quote after a name such as `password =`, the beginning of a known value. What is held
    is at most a line's quote of 512 characters, a key block, or 32,768 characters without a blank.

    Args:
        known: values that are masked wherever they stand, as URLs, JSON and Base64 spell them too.
        looked_through: what whole texts were found to hold, for redactors with the same *known*.
    """

    __slots__ = (
        "_done",
        "_far",
        "_known",
        "_looked_through",
        "_masked",
        "_newest",
        "_plain",
        "_rest",
        "_retry",
        "_swallows",
        "_text",
    )

    def __init__(
        self,
        known: KnownValues | Iterable[str] = (),
        *,
        looked_through: LookedThrough | None = None,
    ) -> None:
        self._known = known if isinstance(known, KnownValues) else KnownValues(known)
        self._looked_through = looked_through
        self._text = ""  # context that was let go, then what is held
        self._done = 0
        self._masked = False  # what was let go ends with a mask
        self._swallows = False
        self._far = 0  # so many characters a rule may look further back than `NEAR`
        self._newest = 0  # length of the piece that came last
        self._retry = 0
        self._rest: list[Finding] | None = None
        self._plain: PlainWords | None = None  # made with the first piece: most texts are whole

    def redact(self, text: str) -> str:
        """Return a whole text without secrets: what `feed` and `close` would give of it."""
        if self._looked_through is not None:
            found = self._looked_through.findings(text, self._known)
        else:
            found = find_everywhere(text, self._known)
        return mask(text, found) if found else text

    def redact_field(self, field: str, text: str) -> str:
        """Return a whole text that is the value of *field* without secrets."""
        redacted = self.redact(text)
        if redacted != text:
            return redacted
        if is_named_secret(field, text):
            return MASK
        if not _HEADER.search(field):
            return text
        head = f"{field}: "
        line = self.redact(head + text)
        return line[len(head) :] if line.startswith(head) else MASK

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        if not text:
            return ""
        if self._text:
            self._see_far()
            self._trim()
        self._newest = len(text)
        self._text += text
        self._rest = None
        is_long = len(self._text) - self._done >= HALF_RUN
        released = self._cut_long_runs() if is_long or self._swallows else ""
        end = last_boundary(self._text, self._done, len(self._text))
        if end == self._done or len(self._text) - self._done < self._retry:
            return released
        return released + self._advance(end)

    def close(self) -> str:
        """Return the rest."""
        released = ""
        if self._done < len(self._text) and not self._swallows:
            rest = self._look() if self._rest is None else self._rest
            released = self._release(len(self._text), rest)
        self._text, self._done, self._masked, self._swallows = "", 0, False, False
        self._far, self._newest, self._retry, self._rest, self._plain = 0, 0, 0, None, None
        return released

    def _trim(self) -> None:
        text, done = trimmed(self._text, self._done)
        if done != self._done:
            self._change(text)
            self._done = done

    def _change(self, text: str) -> None:
        """Go on with a text in which places are others."""
        self._text, self._rest, self._plain = text, None, None

    def _advance(self, end: int) -> str:
        if self._plain is None:
            self._plain = PlainWords()
        known = self._known.open_from(self._text, self._done)
        if not self._far and self._plain.fill(self._text, self._done, end):
            found = self._find_known()
        else:
            found = self._rest = self._look()
            end = min(end, held_from(self._text, self._done, end))
        safe = self._before_findings(min(end, known), found)
        held = len(self._text) - safe
        self._retry = held + held // 4 if held > LONG else 0
        released = self._release(safe, found)
        if held > LONG:
            self._change(shortened(self._text, self._done))
        return released

    def _before_findings(self, end: int, found: list[Finding]) -> int:
        """Return the last boundary up to *end* that no finding spans."""
        safe = last_boundary(self._text, self._done, end)
        for finding in reversed(found):
            if finding.start < safe < finding.end:
                safe = last_boundary(self._text, self._done, finding.start)
        return safe

    def _find_known(self) -> list[Finding]:
        if not self._known:
            return []
        found = (finding for finding in self._known.find(self._text))
        return merge(finding for finding in found if finding.start >= self._done)

    def _look(self) -> list[Finding]:
        reach = CONTEXT if self._far else NEAR
        return look(self._text, self._done, self._known, reach=reach)

    def _see_far(self) -> None:
        """Take note of what the newest piece means for those that come after it."""
        recent = max(0, len(self._text) - min(self._newest, CONTEXT))
        if reaches_far(self._text, recent):
            self._far = CONTEXT + self._newest
        else:
            self._far = max(0, self._far - self._newest)

    def _cut_long_runs(self) -> str:
        released = ""
        while True:
            if self._swallows:
                self._done = end_of_run(self._text, self._done)
                if self._done == len(self._text):
                    return released
                self._swallows = False
            cut = next_cut(self._text, self._done, self._known)
            if cut is None:
                return released
            released += self._release(cut.end, cut.findings)
            self._swallows = cut.swallows

    def _release(self, end: int, found: list[Finding]) -> str:
        """Let the text up to *end* go, with masks for the findings, which do not span *end*."""
        parts: list[str] = []
        done = self._done
        for finding in found:
            if finding.end <= done:
                continue
            if finding.end > end:
                break
            # A finding that touches the one before is part of it: one mask stands for both.
            if finding.start > done or not self._masked:
                parts += (self._text[done : finding.start], MASK)
            done, self._masked = finding.end, True
        if end > done:
            parts.append(self._text[done:end])
            self._masked = False
        self._done = end
        return "".join(parts)

    def __repr__(self) -> str:
        """Show no text and no value."""
        return f"SecretRedactor(holding {len(self._text) - self._done} characters)"
