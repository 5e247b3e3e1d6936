"""Shapes of commands that harm as a whole: what multiplies, what ties a shell to the network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.parse import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG_ROW: Final = re.compile(r"\bseq\s+(?:\d+\s+)?\d{4,}|\{\d+\.\.\d{4,}\}|<\s*\d{4,}\s*;")
_BACKGROUND: Final = re.compile(r"(?<![&>|])&(?![&>\d])")
_SHELLS: Final = re.compile(r"(?:^|[\s(])(?:\S*/)?(?:ba|z|da|k|a)?sh(?:[\s)]|$)")
_SHELL_INTO_NETWORK: Final = re.compile(
    r"(?:^|\|)&?\s*(?:[^\s|]*/)?(?:ba|z|da|k|a)?sh(?:\s[^|]*)?\|&?\s*(?:[^\s|]*/)?(?:nc|ncat"
    r"|netcat|telnet|socat|openssl\s+s_client)\s"
)
_BETWEEN: Final = re.compile(r"[;&|\n]+|\b(?:then|do|else)\b")
_MAX_PIECES: Final = 64
_END: Final = 800
_LAST_PIECES: Final = 12
_SOCKET: Final = re.compile(r"/dev/(?:tcp|udp)/(?!localhost|127\.)")
_FORK_BOMB: Final = re.compile(r"([\w:.]{1,32})\s*\(\)\s*\{[^{}]{0,200}\1\s*\|\s*\1\s*&")
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")
_MAX_BOMB: Final = 4_096


def pieces_of(source: str) -> list[str]:
    """Take text apart at the signs between commands, for where the grammar cannot read it whole."""
    found = [piece.strip(" \t(){}!") for piece in _BETWEEN.split(source)]
    return [piece for piece in found if piece and piece != source][:_MAX_PIECES]


def last_pieces_of(source: str) -> list[str]:
    """Take the end of a long text apart as `pieces_of` does, but not through a here-document."""
    if "<<" in source:
        return []
    pieces = _BETWEEN.split(source[-_END:])
    found = [piece.strip(" \t(){}!") for piece in pieces[1:]]  # the first is cut anywhere
    return [piece for piece in found if piece][-_LAST_PIECES:]


def pipes_shell_into_network(pipeline: Node) -> bool:
    """Whether a shell's output goes to a program that talks to another machine."""
    return _SHELL_INTO_NETWORK.search(text_of(pipeline)) is not None


def ties_shell_to_socket(whole: str, body: str) -> bool:
    """Whether a redirection gives a shell, or the running one, another machine as its terminal."""
    if _SOCKET.search(whole) is None:
        return False
    return _SHELLS.search(body) is not None or re.match(r"\s*exec\b", body) is not None


def calls_itself_in_background(name: str, body: Node) -> bool:
    """Whether a function multiplies: it calls itself twice, and not only one after the other."""
    called = re.findall(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", text_of(body))
    return len(called) > 1 and "&" in text_of(body).replace("&&", "").replace(">&", "")


def floods(loop: Node) -> bool:
    """Whether a loop over a long row of numbers starts a background process for each."""
    text = text_of(loop)
    return (
        "&" in text and _LONG_ROW.search(text) is not None and _BACKGROUND.search(text) is not None
    )


_ALWAYS: Final = {
    "while": frozenset({"true", ":", "[ 1 ]", "[[ 1 ]]", "((1))", "/bin/true", "1"}),
    "until": frozenset({"false", "! true", "! :", "((0))", "/bin/false"}),
}


def spawns_forever(node: Node, body: Node) -> bool:
    """Whether a loop without an end starts background processes without waiting."""
    condition = node.child_by_field_name("condition")
    test = text_of(condition).strip() if condition is not None else ""
    endless = test in _ALWAYS.get(text_of(node).split(None, 1)[0], frozenset()) or (
        node.type == "c_style_for_statement" and condition is None
    )
    text = text_of(body)
    backgrounds = _BACKGROUND.search(text) is not None
    paced = re.search(
        r"\b(?:sleep\s+[\d.]++\w*+\s*+(?![&)])|wait\b|read\b|inotifywait|break|exit)", text
    )
    return endless and backgrounds and paced is None


def is_fork_bomb(source: str) -> bool:
    """Whether a text defines a function that calls itself twice, be it only in a document."""
    return _FORK_BOMB.search(_QUOTED.sub("''", source[:_MAX_BOMB])) is not None
