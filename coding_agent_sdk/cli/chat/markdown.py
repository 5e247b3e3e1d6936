"""Markdown written to a terminal while it arrives.

Nothing that was written is taken back or written again, so there is no flicker, a long answer
scrolls as any output does, and its cost grows with its length only. What cannot be judged yet is
held back: the beginning of a line, a word, an open mark, a line of code, the rows of a table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

from coding_agent_sdk.cli.chat.code import CodeLines
from coding_agent_sdk.cli.chat.spans import pieces
from coding_agent_sdk.cli.chat.tables import Rows
from coding_agent_sdk.text.plain import visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["MarkdownWriter"]

_HELD: Final = 2_000
_UNDECIDED: Final = re.compile(
    r"\s*(?:#{0,6}\s*|[-*+_][-*+_\s]*|\d{1,9}(?:[.)]\s*)?|>[>\s]*|`{0,2}|~{0,2})"
)
_WHOLE: Final = re.compile(r"\s*(?:```|~~~|\|)")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})\s*([^\s`{]*)[^`]*")
_RULE: Final = re.compile(r"\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})")
_HEADING: Final = re.compile(r"\s{0,3}#{1,6}\s+")
_QUOTE: Final = re.compile(r"\s*>[> ]*")
_BULLET: Final = re.compile(r"(\s*)[-*+]\s+")
_NUMBER: Final = re.compile(r"(\s*)(\d{1,9}[.)])\s+")
_WORD: Final = re.compile(r"\s+|\S+")
_NARROW: Final = 20
_RULE_WIDTH: Final = 40
_DEEPEST: Final = 12
"""Quotes in quotes whose bars are shown; each row of a quote begins with all of them."""


class MarkdownWriter:
    """Writes one answer after another.

    Args:
        console: Where to.
        utf8: Whether it shows more than ASCII.
    """

    def __init__(self, console: Console, *, utf8: bool = True) -> None:
        self._console = console
        self._bullet, self._bar, self._dash = ("•", "│", "─") if utf8 else ("-", ">", "-")
        self._line = ""
        """What of the current line is not written yet."""
        self._begun = False
        """Whether the kind of the current line is known."""
        self._before = ""
        """The last character of it that was written."""
        self._base = ""
        self._margin = Text()
        self._word = Text()
        self._column = 0
        self._width = _NARROW
        self._out = Text()
        self._fence = ""
        self._code: CodeLines | None = None
        self._rows = Rows()

    def write(self, text: str) -> None:
        """Write more of the answer."""
        self._width = max(self._console.width, _NARROW)
        *lines, rest = visible(text).split("\n")
        for line in lines:
            self._take(self._line + line, whole=True)
        self._take(self._line + rest, whole=False)
        self._flush()

    def end(self) -> None:
        """Write what was held back, and end the line."""
        line, self._line = self._line, ""
        if line or self._begun:
            self._take(line, whole=True)
        self._show_rows()
        self._fence, self._code = "", None
        self._flush()

    # -- lines -------------------------------------------------------------------------------------

    def _take(self, line: str, *, whole: bool) -> None:
        """Take the rest of a line as far as it is there; keep what cannot be written yet."""
        if not whole and len(line) < _HELD and self._must_wait(line):
            self._line = line
        elif self._code is not None:
            self._line = ""
            self._code_line(self._code, line, whole=whole)
        else:
            self._line = self._prose(line, whole=whole)

    def _must_wait(self, line: str) -> bool:
        if self._begun:
            return False
        if self._code is not None or not line:
            return True
        return _WHOLE.match(line) is not None or _UNDECIDED.fullmatch(line) is not None

    def _prose(self, line: str, *, whole: bool) -> str:
        """Write what is certain of a line, and return the rest."""
        if not self._begun:
            if whole and self._is_of_its_own(line):
                return ""
            line = self._begin(line)
        written = 0
        for text, style, length in pieces(line, before=self._before, whole=whole):
            self._words(text, style)
            written += length
        self._before = line[written - 1 : written] or self._before
        if whole:
            self._end_line()
        return line[written:]

    def _is_of_its_own(self, line: str) -> bool:
        """Write a line that is more than text: a fence, a rule, a row of a table."""
        if line.lstrip().startswith("|"):
            if self._rows.add(line):
                return True
        elif self._rows:
            self._show_rows()
        if fence := _FENCE.fullmatch(line):
            self._fence, self._code = fence[1], CodeLines(fence[2])
            self._put(Text(line, style="dim"))
        elif _RULE.fullmatch(line):
            self._put(Text(self._dash * min(self._width, _RULE_WIDTH), style="dim"))
        else:
            return False
        return True

    def _begin(self, line: str) -> str:
        """Begin a line of text: write what stands for its mark, and return what follows it."""
        self._show_rows()
        self._begun, self._base, lead, self._margin = True, "", Text(), Text()
        if heading := _HEADING.match(line):
            self._base, end = "bold magenta", heading.end()
        elif quote := _QUOTE.match(line):
            depth = min(quote[0].count(">"), _DEEPEST, self._width // 4)
            lead = self._margin = Text(f"{self._bar} " * depth, style="dim")
            self._base, end = "italic", quote.end()
        elif mark := _BULLET.match(line) or _NUMBER.match(line):
            sign = mark[2] if mark.re is _NUMBER else self._bullet
            lead = Text(f"{self._indent(mark[1])}{sign} ", style="bold")
            self._margin, end = Text(" " * cell_len(lead.plain)), mark.end()
        else:
            end = len(line) - len(line.lstrip())
            lead = self._margin = Text(self._indent(line[:end]))
        self._out.append_text(lead)
        self._column = cell_len(lead.plain)
        return line[end:]

    def _indent(self, blanks: str) -> str:
        """Return an indentation that leaves half of each row for words."""
        return blanks.expandtabs(4)[: self._width // 2]

    def _code_line(self, code: CodeLines, line: str, *, whole: bool) -> None:
        closing = line.strip()
        if self._begun or not whole:  # a line too long to wait for its end
            self._begun = not whole
            self._out.append(line + "\n" * whole)
        elif closing.startswith(self._fence) and not closing.strip(self._fence[0]):
            self._fence, self._code = "", None
            self._put(Text(line, style="dim"))
        else:
            self._put(code.line(line))

    # -- words -------------------------------------------------------------------------------------

    def _words(self, text: str, style: str) -> None:
        """Write the words of a text, but the last: it may go on."""
        style = f"{self._base} {style}".strip()
        for word in _WORD.findall(text):
            if word.isspace() and not self._word.plain.isspace():
                self._end_word()
            self._word.append(word, style=style)
            while len(self._word) > self._width:
                self._word, rest = self._word[: self._width], self._word[self._width :]
                self._end_word()
                self._word = rest

    def _end_word(self) -> None:
        """Write the word with the blanks before it, in a new line where it does not fit."""
        word = self._word
        self._word = Text()
        size = cell_len(word.plain)
        if self._column + size > self._width and self._column > len(self._margin):
            word = word[len(word.plain) - len(word.plain.lstrip()) :]
            self._out.append("\n").append_text(self._margin)
            self._column, size = cell_len(self._margin.plain), cell_len(word.plain)
        self._out.append_text(word)
        self._column += size

    def _end_line(self) -> None:
        self._word.rstrip()
        self._end_word()
        self._out.append("\n")
        self._begun, self._before, self._column = False, "", 0

    # -- output ------------------------------------------------------------------------------------

    def _put(self, line: Text) -> None:
        self._out.append_text(line).append("\n")

    def _show_rows(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, Rows()
            self._flush()
            rows.show(self._console)

    def _flush(self) -> None:
        if self._out:
            out, self._out = self._out, Text()
            self._console.print(out, end="", soft_wrap=True)
