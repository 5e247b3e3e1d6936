"""Takes a first look at a text: most short ones hold nothing that any rule begins with."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.commandlines import DASH
from coding_agent_sdk.middleware.guardrails.secrets.hints import ELSEWHERE
from coding_agent_sdk.middleware.guardrails.secrets.names import KEYWORDS
from coding_agent_sdk.middleware.guardrails.secrets.runs import has_long_run
from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places, lowered

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT: Final = 512
"""Longest text, in characters, that the accelerator gains nothing for."""

LONG: Final = 4096
"""Longest text for which loading the accelerator does not pay, and a first look does."""

_FIRST: Final = (*KEYWORDS, *ELSEWHERE)
_PGPASS_COLONS: Final = 4


class _Search:
    """The search for places: that of the extra `guardrails-fast` where it is there and pays."""

    __slots__ = ("_scan", "_tried")

    def __init__(self) -> None:
        self._scan: Callable[[str], Places | None] | None = None
        self._tried = False

    def places_in(self, text: str) -> Places | None:
        """Return where the text holds the words that rules begin with, None where none are."""
        if len(text) > SHORT:
            if len(text) > LONG and not self._tried:
                self._load()
            if self._scan is not None:
                return self._scan(text)
        lower = lowered(text)
        if len(text) > LONG or _holds_words(text, lower):
            return Places(text, lower)
        return Places(text, lower, wordless=True) if has_long_run(text) else None

    def _load(self) -> None:
        if find_spec("hyperscan") is not None:
            from coding_agent_sdk.middleware.guardrails.secrets.accelerated import scan

            self._scan = scan
        self._tried = True


places_in: Final = _Search().places_in
"""Returns where a text holds the words that rules begin with, None where there are none."""


def _holds_words(text: str, lower: str) -> bool:
    """Whether any rule may begin that does not begin with a long run."""
    for word in _FIRST:
        if word in lower:
            return True
    return (
        ":" in text and (text.count(":") >= _PGPASS_COLONS or ("@" in text and "://" in text))
    ) or ("-" in text and DASH.search(text) is not None)
