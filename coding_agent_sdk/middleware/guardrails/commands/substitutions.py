"""Finds the substitutions that the grammar leaves as text: in `${…}`, in here-documents, nested."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.text import shell_source

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["expansions_in", "find_hidden_in_word", "unescape_backquoted"]

_FOLLOWED: Final = names(
    "command_substitution process_substitution expansion simple_expansion arithmetic_expansion "
    "string translated_string"
)
_SINGLE: Final = names("raw_string ansi_c_string")
_TEXT: Final = names("string_content heredoc_content")

_OPENING: Final = re.compile(rb"`|[$<>]\(")
_SIGNS: Final = re.compile(rb"[\\`'\"$]|[<>]\(")
_CLOSING: Final = re.compile(rb"((?:[^`\\]++|\\.)*+)`", re.DOTALL)
_PARENTHESIS: Final = re.compile(rb"[()]")
_ESCAPED: Final = re.compile(r"\\([$`\\])")
_ESCAPED_IN_QUOTES: Final = re.compile(r"\\([$`\\\"])")


class _Hidden(NamedTuple):
    """A substitution that is only text to the grammar.

    Attributes:
        start: its first byte in the stretch.
        end: the byte after its last.
        text: the commands in it.
    """

    start: int
    end: int
    text: str


class _Stretch(NamedTuple):
    """A stretch of shell text that bash expands.

    Attributes:
        source: the text that it is a part of.
        start: its first byte.
        end: the byte after its last.
        known: where the parts begin and end that the grammar knows; they are passed over.
        quoted: whether it stands between double quotes, where a single quote is a letter.
    """

    source: bytes
    start: int
    end: int
    known: dict[int, int]
    quoted: bool


def unescape_backquoted(text: str, *, quoted: bool) -> str:
    """Take away the backslashes that mean something between backquotes."""
    return (_ESCAPED_IN_QUOTES if quoted else _ESCAPED).sub(r"\1", text)


def find_hidden_in_word(node: Node) -> list[str]:
    """Return the commands of the substitutions in a word that the grammar takes for plain text."""
    source = node.text or b""
    stretch = _Stretch(source, 0, len(source), {}, quoted=False)
    return [hidden.text for hidden in _find_hidden(stretch)]


def expansions_in(
    node: Node, start: int, end: int, *, quoted: bool
) -> list[tuple[int, int, Node | str]]:
    """Return what bash expands in a stretch of source, with the bytes where it begins and ends.

    Args:
        node: what the stretch is a part of.
        start: its first byte.
        end: the byte after its last.
        quoted: whether it stands between double quotes, where a single quote is a letter.

    Returns:
        The nodes of the tree, and the commands of substitutions that are only text to the grammar.
    """
    nodes: list[Node] = []
    for child in node.children:
        if start <= child.start_byte < end and child.is_named and child.type not in _TEXT:
            nodes += child.children if child.type == "concatenation" else [child]
    offset = node.start_byte
    known = {
        n.start_byte - offset: n.end_byte - offset
        for n in nodes
        if n.type in _FOLLOWED or (n.type in _SINGLE and not quoted)
    }
    stretch = _Stretch(node.text or b"", start - offset, end - offset, known, quoted)
    found: list[tuple[int, int, Node | str]] = [
        (hidden.start + offset, hidden.end + offset, hidden.text)
        for hidden in _find_hidden(stretch)
    ]
    pieces = [
        (n.start_byte, n.end_byte, n)
        for n in nodes
        if not any(n.start_byte < ends and n.end_byte > begins for begins, ends, _ in found)
    ]
    return sorted([*pieces, *found], key=lambda piece: piece[0]) if found else [*pieces]


def _find_hidden(stretch: _Stretch) -> list[_Hidden]:
    """Return the substitutions in a stretch that stand in no part the grammar knows."""
    source, end = stretch.source, stretch.end
    if _OPENING.search(source, stretch.start, end) is None:
        return []
    found: list[_Hidden] = []
    position, in_double = stretch.start, stretch.quoted
    while sign := _SIGNS.search(source, position, end):
        at, position = sign.start(), sign.end()
        if at in stretch.known:
            position = max(position, stretch.known[at])
        elif sign[0] == b"\\":
            position += 1
        elif sign[0] == b'"':
            in_double = stretch.quoted or not in_double
        elif sign[0] == b"'":
            closing = -1 if in_double else source.find(b"'", position, end)
            position = max(position, closing + 1)
        elif hidden := _opened(stretch, at, in_double=in_double):
            found.append(hidden)
            position = hidden.end
    return found


def _opened(stretch: _Stretch, at: int, *, in_double: bool) -> _Hidden | None:
    """Return the substitution that a sign opens; None where it opens none."""
    source, end = stretch.source, stretch.end
    if source[at : at + 1] == b"`":
        closed = _CLOSING.match(source, at + 1, end)
        if closed is None:
            return None
        text = unescape_backquoted(shell_source.decode(closed[1]), quoted=in_double)
        return _Hidden(at, closed.end(), text)
    if source[at + 1 : at + 2] != b"(" or source[at : at + 3] == b"$((":
        return None
    if source[at : at + 1] != b"$" and in_double:
        return None
    depth = 1
    stop = end
    for sign in _PARENTHESIS.finditer(source, at + 2, end):
        depth += 1 if sign[0] == b"(" else -1
        if not depth:
            stop = sign.start()
            break
    return _Hidden(at, min(end, stop + 1), shell_source.decode(source[at + 2 : stop]))
