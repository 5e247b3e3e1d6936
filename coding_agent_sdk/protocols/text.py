"""What takes out of a text what must not be shown."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["Redactor"]


@runtime_checkable
class Redactor(Protocol):
    """Takes what must not be shown out of one text that comes in pieces.

    It may also have `redact(text) -> str`, which gives for a whole text what `feed` and `close`
    of a new one would give. The core then calls that alone, and again for the next whole text of
    the run: it keeps nothing of a text. And it may have `redact_field(field, text) -> str`, which
    does the same for a text that is the value of a field: of an argument `password`, the name
    alone says what the value is.
    """

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        ...

    def close(self) -> str:
        """Return the rest."""
        ...
