"""Parses shell text into a syntax tree, within bounds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, cast

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

_PIECE: Final = 4_096
_FEW_LINES: Final = 50
_BLANK_LINES: Final = 4

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
    tree = _parsed(parser, shell_source.encode(text), patience)
    if tree.root_node.descendant_count > MAX_NODES:
        raise UnreadableCommandError(f"it has more than {MAX_NODES} parts")
    return tree


def _parsed(parser: tree_sitter.Parser, source: bytes, patience: Patience) -> Tree:
    """Parse, and give up when the time is over: what is no shell text can take its square."""
    if len(source) < _SHORT:
        return parser.parse(source)

    def read(offset: int, _: object) -> bytes:
        return source[offset : offset + _PIECE]

    # Its types do not say that it may give up.
    tree = cast("Tree | None", parser.parse(read, progress_callback=lambda *_: patience.is_over))
    if tree is None:
        parser.reset()  # it would go on with that text
        patience.check()
        raise UnreadableCommandError("it cannot be parsed in time")
    return tree


def without_blank_lines(text: str) -> str:
    """Return shell text with no more than a few blank lines in a row.

    They mean nothing, and the parser takes the square of their number.
    """
    if text.count("\n") < _FEW_LINES:
        return text
    kept: list[str] = []
    blank = 0
    for line in text.split("\n"):
        blank = 0 if line.strip() else blank + 1
        if blank <= _BLANK_LINES:
            kept.append(line)
    return "\n".join(kept)


def text_of(node: Node) -> str:
    """Return the source text of a node."""
    return shell_source.decode(node.text or b"")
