"""Parses shell text into a syntax tree, within bounds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

from coding_agent_sdk.text import shell_source

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_CHARACTERS: Final = 65_536
MAX_NODES: Final = 6_000
MAX_DEPTH: Final = 60
MAX_SHELLS: Final = 20
_MAX_OPERATORS: Final = 800

_local = threading.local()


class UnreadableCommandError(Exception):
    """A command that is too long, too deep or too tangled to be judged."""


def parse(text: str) -> Tree:
    """Parse shell text.

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
    tree: Tree = parser.parse(shell_source.encode(text))
    if tree.root_node.descendant_count > MAX_NODES:
        raise UnreadableCommandError(f"it has more than {MAX_NODES} parts")
    return tree


def text_of(node: Node) -> str:
    """Return the source text of a node."""
    return shell_source.decode(node.text or b"")
