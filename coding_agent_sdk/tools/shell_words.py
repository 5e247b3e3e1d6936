"""Taking a shell command apart into plain words, and giving up where it is more than that."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text import shell_source

if TYPE_CHECKING:
    from tree_sitter import Language, Node

MAX_LENGTH: Final = 4000
_OPERATORS: Final = ("|", "&&", "||", ";")
_GROUPS: Final = ("program", "list", "pipeline")
_REDIRECT: Final = re.compile(r"2>&1|1>&2|>&2|>&1|[12]?>>?[ \t]*/dev/null|&>>?[ \t]*/dev/null")
# What the shell would expand, or take for more than a letter.
_SPECIAL_IN_WORD: Final = re.compile(r"[\\*?\[\]{}$`!#()<>&|;'\"\s]|(^|[:=])~")
_SPECIAL_IN_QUOTES: Final = re.compile(r"[$`!]|\\[$`\"\\\n]")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd]")


class _NotPlainError(Exception):
    """The command is more than plain words and the operators allowed here."""


def plain_commands(text: str) -> list[list[str]] | None:
    """Return the words of each command in *text*; None where it is more than plain words.

    Plain are words and quoted strings without any expansion, joined by `|`, `&&`, `||` and `;`,
    with no redirection but of output to `/dev/null` or `2>&1`. Two parsers have to agree on it.
    """
    text = text.strip(" \n")
    if not text or len(text) > MAX_LENGTH or _UNPRINTABLE.search(text):
        return None
    source = shell_source.encode(text)
    root = _parse(source)
    if root.has_error:
        return None
    reader = _Reader()
    try:
        reader.read(root)
    except _NotPlainError:
        return None
    if not reader.commands or reader.tokens != _tokens_of_shlex(source, reader.redirects):
        return None
    return reader.commands


class _Reader:
    """Collects commands, all tokens in their order, and where redirections stand."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.tokens: list[str] = []
        self.redirects: list[tuple[int, int]] = []

    def read(self, node: Node) -> None:
        kind = node.type
        if kind in _GROUPS or kind == "redirected_statement":
            for child in node.children:
                self.read(child)
        elif kind in _OPERATORS and not node.is_named:
            self.tokens.append(kind)
        elif kind == "command":
            words = [_word(child) for child in node.children]
            self.commands.append(words)
            self.tokens.extend(words)
        elif kind == "file_redirect" and _REDIRECT.fullmatch(_text(node)):
            self.redirects.append((node.start_byte, node.end_byte))
        else:
            raise _NotPlainError


def _word(node: Node) -> str:
    kind, text = node.type, _text(node)
    if kind == "command_name":
        return _word(node.children[0])
    if kind == "concatenation":
        return "".join(map(_word, node.children))
    if kind in {"word", "number"} and not _SPECIAL_IN_WORD.search(text):
        return text
    if kind == "raw_string":
        return text[1:-1]
    plain = kind == "string" and {child.type for child in node.children} <= {'"', "string_content"}
    if plain and not _SPECIAL_IN_QUOTES.search(text):
        return text[1:-1]
    raise _NotPlainError


def _tokens_of_shlex(source: bytes, redirects: list[tuple[int, int]]) -> list[str] | None:
    rest = bytearray(source)
    for start, end in redirects:
        rest[start:end] = b" " * (end - start)
    lexer = shlex.shlex(shell_source.decode(bytes(rest)), posix=True, punctuation_chars=";|&()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return None


def _text(node: Node) -> str:
    return shell_source.decode(node.text or b"")


def _parse(source: bytes) -> Node:
    import tree_sitter

    return tree_sitter.Parser(_bash()).parse(source).root_node


@cache
def _bash() -> Language:
    import tree_sitter
    import tree_sitter_bash

    language: object = tree_sitter_bash.language()
    return tree_sitter.Language(language)
