"""Code in an answer: coloured line by line, while it arrives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CodeLines"]

_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,30}")
_THEME: Final = "ansi_dark"  # the terminal's own colours, on its own background
_LONGEST_LINE: Final = 1_000
_MOST_LINES: Final = 200
_SPANNING: Final = ("Token.Literal.String", "Token.Comment")


class CodeLines:
    """Colours one block of code, each line once.

    A line is read together with those before it only while a text or a comment goes on over
    their ends, and then with 200 of them at most: a long block costs no more for each line.

    Args:
        language: What stands behind the fence; an unknown one is shown plain.
    """

    def __init__(self, language: str) -> None:
        self._lexer, self._theme = _lexer(language)
        self._open: list[str] = []

    def line(self, text: str) -> Text:
        """Return a line in colours."""
        if self._lexer is None or len(text) > _LONGEST_LINE:
            self._open.clear()
            return Text(text)
        self._open.append(text)
        lines, goes_on = self._read()
        if not goes_on or len(self._open) >= _MOST_LINES:
            self._open.clear()
        return lines

    def _read(self) -> tuple[Text, bool]:
        """Return the last of the open lines, and whether something in it goes on."""
        newest = len(self._open) - 1
        shown, kind = Text(), ""
        for number, token, part in _parts(self._lexer.get_tokens("\n".join(self._open) + "\n")):
            if number == newest and part != "\n":
                shown.append(part, style=self._theme.get_style_for_token(token))
            kind = str(token) if number == newest else kind
        return shown, kind.startswith(_SPANNING)


def _parts(tokens: Any) -> Iterator[tuple[int, Any, str]]:
    """Yield the number of the line, the token, and the part of it in that line."""
    number = 0
    for token, value in tokens:
        for part in value.splitlines(keepends=True):
            text = part.removesuffix("\n")
            if text:
                yield number, token, text
            if part.endswith("\n"):
                yield number, token, "\n"
                number += 1


def _lexer(language: str) -> tuple[Any, Any]:
    from rich.syntax import Syntax

    if not _LANGUAGE.fullmatch(language):
        return None, None
    return Syntax("", language).lexer, Syntax.get_theme(_THEME)
