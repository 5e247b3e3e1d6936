"""What sessions have met of secrets: in memory only, each session for itself, for a while."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
import secrets
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NoReturn

from coding_agent_sdk.middleware.guardrails.secrets.known import SHORTEST, KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import Usual
from coding_agent_sdk.text.masks import MASK, PLACEHOLDER, PLACEHOLDER_START
from coding_agent_sdk.types.sessions import root_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["SessionSecrets", "Sessions"]

MOST_VALUES: Final = 512
"""Values that are kept of a session; the one that was not met for the longest goes first."""

MOST_SESSIONS: Final = 1_000
LONGEST: Final = 16_384
"""Characters of the longest value that gets a placeholder."""

_VERSIONS: Final = itertools.count(1)
"""A session's secrets can be forgotten and met again: no two states have the same number."""

_ID_DIGITS: Final = 8
_MANY_DIGITS: Final = 4
_LONGEST_NAME: Final = 40
_ONE_WORD: Final = re.compile(r"[A-Za-z]+|\d+|[A-Za-z]+\d{0,2}|\d{1,4}(?:[-/.:]\d{1,4})+")
"""Words, numbers, words with a short number, dates: they stand in other places for other things."""


class _NeverKept:
    """What must not leave the memory of the process."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(f"{type(self).__name__} holds secrets: it is neither pickled nor copied")


class SessionSecrets(_NeverKept):
    """The secrets that one session of one user has met, and the placeholders of some.

    Attributes:
        bare: Values that are masked wherever the session meets them again.
        version: Another one for each change of *bare*.
        touched: When it was used last, by the monotonic clock in seconds.
    """

    __slots__ = ("_by_placeholder", "_by_value", "_key", "_noted", "bare", "touched", "version")

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._by_value: OrderedDict[str, str] = OrderedDict()
        self._by_placeholder: dict[str, str] = {}
        self._noted: OrderedDict[str, None] = OrderedDict()
        self.bare = KnownValues()
        self.version = 0
        self.touched = 0.0

    def placeholder(self, value: str, name: str) -> str:
        """Return the placeholder of a value: the same for the same value, whatever its name."""
        known = self._by_value.get(value)
        if known is not None:
            self._by_value.move_to_end(value)
            return known
        # A plain hash of a short password could be guessed from what the model is shown.
        digest = hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256)
        made = f"{PLACEHOLDER_START}{_safe_name(name, value)}:{digest.hexdigest()[:_ID_DIGITS]}>"
        if made in self._by_placeholder:  # another value with the same digest
            return MASK
        self._by_value[value], self._by_placeholder[made] = made, value
        while len(self._by_value) > MOST_VALUES:
            del self._by_placeholder[self._by_value.popitem(last=False)[1]]
        return made

    def known_placeholder(self, value: str) -> str | None:
        """Return the placeholder of a value that has one."""
        return self._by_value.get(value)

    def value(self, placeholder: str) -> str | None:
        """Return what a placeholder stands for; None where that is not known."""
        return self._by_placeholder.get(placeholder)

    @property
    def has_placeholders(self) -> bool:
        """Whether there is anything that could be put back."""
        return bool(self._by_placeholder)

    def was_altered(self, text: str) -> bool:
        """Return whether a text, without its whole placeholders, has a piece of one."""
        rest = PLACEHOLDER.sub("", text)
        return any(
            placeholder[-1 - _ID_DIGITS : -1] in rest or placeholder[: -2 - _ID_DIGITS] in rest
            for placeholder in self._by_placeholder  # by its id, and as `<secret:API_KEY`
        )

    def note(self, values: Iterable[str]) -> None:
        """Have values masked wherever they stand alone from now on, where they are distinct."""
        new = [
            value
            for piece in values
            for value in piece.splitlines()
            if value not in self._noted and _is_distinct(value)
        ]
        if not new:
            return
        self._noted.update(dict.fromkeys(new))
        while len(self._noted) > MOST_VALUES:
            self._noted.popitem(last=False)
        self.bare = KnownValues(self._noted)
        self.version = next(_VERSIONS)

    def masked(self, text: str, findings: Iterable[Finding]) -> str:
        """Replace findings, sorted and apart, by their placeholders, and by masks without one."""
        parts: list[str] = []
        done = 0
        for finding in findings:
            value = text[finding.start : finding.end]
            parts += (text[done : finding.start], self._by_value.get(value, MASK))
            done = finding.end
        parts.append(text[done:])
        return "".join(parts)

    def __repr__(self) -> str:
        """Show no value."""
        return f"SessionSecrets({len(self._by_value)} placeholders, {len(self._noted)} values)"


class Sessions(_NeverKept):
    """The secrets of all sessions of an agent; one never sees those of another.

    Args:
        seconds: How long they are kept after a session used them last.
        clock: Tells the time in seconds.

    Attributes:
        usual: Short texts without any secret, of whichever session.
    """

    __slots__ = ("_clock", "_kept", "_seconds", "usual")

    def __init__(
        self, *, seconds: float = 28_800.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], SessionSecrets] = OrderedDict()
        self.usual = Usual()

    @property
    def is_empty(self) -> bool:
        """Whether no session has met anything."""
        return not self._kept

    def find(self, user: str, session: str) -> SessionSecrets | None:
        """Return what a session has met; None where that is nothing, or too long ago."""
        if not self._kept:
            return None
        kept = self._kept.get(self._key(user, session))
        if kept is not None:
            now = self._clock()
            if now - kept.touched > self._seconds:
                self._forget_old(now)
                return None
            kept.touched = now
        return kept

    def open(self, user: str, session: str) -> SessionSecrets:
        """Return what a session has met, to add to it."""
        found = self.find(user, session)
        if found is None:
            now = self._clock()
            self._forget_old(now)
            found = SessionSecrets()
            found.touched = now
            self._kept[self._key(user, session)] = found
            while len(self._kept) > MOST_SESSIONS:
                oldest = min(self._kept, key=lambda key: self._kept[key].touched)
                del self._kept[oldest]
        return found

    def forget(self, user: str) -> int:
        """Forget what a user's sessions have met; return how many had met something."""
        gone = [key for key in self._kept if key[0] == user]
        for key in gone:
            del self._kept[key]
        return len(gone)

    def _forget_old(self, now: float) -> None:
        for key in [k for k, kept in self._kept.items() if now - kept.touched > self._seconds]:
            del self._kept[key]

    @staticmethod
    def _key(user: str, session: str) -> tuple[str, str]:
        # A sub-agent works for the run that started it, with what that was shown.
        return user, root_session(session)

    def __repr__(self) -> str:
        """Show no value."""
        return f"Sessions({len(self._kept)} with secrets)"


def _is_distinct(value: str) -> bool:
    """Whether a value stands for nothing else where it is met without its name."""
    return (
        len(value) >= SHORTEST
        and not any(c.isspace() for c in value)
        and _ONE_WORD.fullmatch(value) is None
    )


def _safe_name(name: str, value: str) -> str:
    """Return a name as a placeholder may have it; one that may be a secret itself says nothing."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)[:_LONGEST_NAME].strip("_")
    hides = value in name or sum(c.isdigit() for c in plain) > _MANY_DIGITS
    return "value" if hides or not plain else plain
