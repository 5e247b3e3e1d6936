"""Label values that stay few and harmless, whatever a user, a model or a plugin is called."""

from __future__ import annotations

from typing import Final

__all__ = ["LABEL_CHARS", "OTHER", "UNKNOWN", "BoundedLabel", "clean"]

LABEL_CHARS: Final = 64
"""Characters of a label value; the rest is cut off."""

_BROKEN: Final = "\N{REPLACEMENT CHARACTER}"
"""Printable, but Prometheus refuses a query that holds it."""

UNKNOWN: Final = "unknown"
"""The name of a tool that the agent does not have: a model can ask for anything."""

OTHER: Final = "other"
"""What all values are called for which there is no room."""


def clean(text: str, *, chars: int = LABEL_CHARS) -> str:
    """Return *text* as a label value: short, on one line, without what cannot be encoded."""
    cut = text[:chars]
    if cut.isprintable() and _BROKEN not in cut:
        return cut
    return "".join(c if c.isprintable() and c != _BROKEN else "?" for c in cut)


class BoundedLabel:
    """Gives the first values that are seen a label of their own, and all others one name.

    A series that was begun goes on for as long as the process lives, which is what Prometheus
    wants; so the first are kept, not the most frequent ones.

    Args:
        most: How many values get a label of their own.
        empty: What the empty text is called, for an empty label means none.
    """

    __slots__ = ("_empty", "_known", "_most")

    def __init__(self, most: int, *, empty: str = "none") -> None:
        self._most = most
        self._empty = empty
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """Return the label of a value."""
        text = clean(value) or self._empty
        if text in self._known:
            return text
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(text)
        return text
