"""Parses shell text into a syntax tree, within bounds."""

from __future__ import annotations

import gc
import re
import threading
import time
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

from coding_agent_sdk.middleware.guardrails.commands.patience import UnreadableCommandError
from coding_agent_sdk.text import shell_source

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from coding_agent_sdk.middleware.guardrails.commands.patience import Patience

MAX_CHARACTERS: Final = 65_536
MAX_NODES: Final = 6_000
MAX_DEPTH: Final = 60
MAX_SHELLS: Final = 20
_MAX_OPERATORS: Final = 800
_SHORT: Final = 600
"""Bytes that are parsed without looking at the time, which takes twice as long for few."""

MAX_BYTES: Final = 131_072
"""What is not ASCII is parsed as up to eight bytes a letter."""

_PARSING: Final = 0.012
_FOR_EACH_BYTE: Final = 0.5e-6
"""Seconds of processor time; shell text takes half of that."""

_PAUSE: Final = 0.005
_PIECE: Final = 4_096
_READ_AGAIN: Final = 5
_READ_MORE: Final = 40
"""How often the parser may go on from one piece to the next; shell text is read twice."""

_BLANK_LINES: Final = 5
_BLANK_ROW: Final = re.compile(rf"\n(?:[^\S\n]*\n){{{_BLANK_LINES - 1},}}")
_BRACE_COMMAND: Final = re.compile(r"((?:^|[;&|\n]|\|\||&&)\s*)\{([\w./~-]+(?:,[\w./~*-]*)+)\}")
_SEPARATOR: Final = re.compile(
    r"\$IFS(?!\w)(?:\$\d)?|\$\{IFS\}\$\d"
)  # the grammar loses the text after `$IFS`
_CONTINUED: Final = re.compile(r"(?<=[^\s\\])\\\n(?=\S)")  # and splits a word at the end of a line
_COPROCESS: Final = re.compile(r"\b(?:coproc\s+(?:\w+\s+)?|time\s+(?:-p\s+)?)(?=[{(])")

_local = threading.local()


def parse(text: str, patience: Patience) -> Tree:
    """Parse shell text.

    Args:
        text: the text.
        patience: how long the command that it is a part of may still take.

    Raises:
        UnreadableCommandError: the text is longer or has more parts than can be judged in time.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableCommandError(f"it has {len(text)} characters, more than {MAX_CHARACTERS}")
    for sign in ("|", "(", "["):
        # The parser's time grows with the square of these, alone among all signs.
        if text.count(sign) > _MAX_OPERATORS:
            raise UnreadableCommandError(f"it has more than {_MAX_OPERATORS} times `{sign}`")
    parser = getattr(_local, "parser", None)
    if parser is None:
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))
        _local.parser = parser
    source = shell_source.encode(text)
    if len(source) > MAX_BYTES:
        raise UnreadableCommandError(f"it has {len(source)} bytes, more than {MAX_BYTES}")
    tree = _parsed(parser, source)
    patience.check(1 + (len(source) >> 7))
    if tree.root_node.descendant_count > MAX_NODES:
        raise UnreadableCommandError(f"it has more than {MAX_NODES} parts")
    return tree


def _parsed(parser: tree_sitter.Parser, source: bytes) -> Tree:
    """Parse, and give up where it is slow: what is no shell text can take its square."""
    if len(source) < _SHORT:
        return parser.parse(source)
    reading = _Reading(source)
    tree: Tree | None = None
    try:
        tree = parser.parse(reading.read, progress_callback=reading.is_slow)
    except ValueError:  # it was stopped
        parser.reset()  # it would go on with that text
    if tree is None or not reading.is_whole:
        raise UnreadableCommandError("it cannot be parsed in time")
    reading.is_parsed = True
    return tree


def _collections() -> int:
    """How often all garbage was collected, which takes longer than any parsing may."""
    return int(gc.get_stats()[-1]["collections"])


class _Reading:
    """Hands a text to the parser, and says whether that is slower with it than with shell text."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._left = _READ_AGAIN * (len(source) // _PIECE + 1) + _READ_MORE
        self._next = 0
        self._began = self._last = time.thread_time()
        self._collected = _collections()
        self.is_parsed = False
        """Whether what is read from here on is the text of nodes."""

    @property
    def is_whole(self) -> bool:
        """Whether the parser saw the text as it is."""
        return self._left > 0

    def read(self, offset: int, _point: object) -> bytes:
        """Return the text from a byte on, or blanks: it looks ahead to the end again and again."""
        if not self.is_parsed:
            if self._left <= 0:
                return b" " * min(_PIECE, max(0, len(self._source) - offset))
            self._left -= offset == self._next
        self._next = offset + _PIECE
        return self._source[offset : self._next]

    def is_slow(self, offset: int, _has_error: object = None) -> bool:
        """Whether it took too long up to a byte, less the time in which garbage was collected."""
        if self._left <= 0:
            return True
        now = time.thread_time()
        if now - self._last > _PAUSE and self._collected != _collections():
            self._collected = _collections()
            self._began += now - self._last
        self._last = now
        return now - self._began > _PARSING + offset * _FOR_EACH_BYTE


def without_blank_lines(text: str) -> str:
    """Return shell text with no more than a few blank lines in a row.

    They mean nothing, and the parser takes the square of their number.
    """
    return _BLANK_ROW.sub("\n" * _BLANK_LINES, text) if "\n" in text else text


def as_the_grammar_reads(source: str) -> str:
    """Return shell text without what the grammar takes for something else."""
    source = without_blank_lines(source)
    if "{" in source:
        source = _BRACE_COMMAND.sub(lambda m: m[1] + m[2].replace(",", " "), source)
    if "$" in source:
        source = _SEPARATOR.sub("${IFS}", source)
    if "\\\n" in source:
        source = _CONTINUED.sub("", source)
    return _COPROCESS.sub("", source) if "(" in source or "{" in source else source


def text_of(node: Node) -> str:
    """Return the source text of a node."""
    return shell_source.decode(node.text or b"")
