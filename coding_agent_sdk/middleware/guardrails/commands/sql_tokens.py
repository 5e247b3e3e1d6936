"""Cuts SQL into statements, and these into words, quoted names, texts and signs."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TOKENS: Final = 1_800
"""Most words and signs of a text that is parsed; it takes some 40 ms."""

_TEXTS: Final = frozenset(
    {"STRING", "BYTE_STRING", "NATIONAL_STRING", "RAW_STRING", "HEREDOC_STRING", "UNICODE_STRING"}
)
_SWALLOWING: Final = frozenset({"COMMAND", "EXECUTE", "FETCH", "SHOW", "RENAME"})
_OPENS: Final = frozenset({"(", "[", "{", "<", "case"})
_CLOSES: Final = frozenset({")", "]", "}", ">", "end"})
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL
)
_UNICODE: Final = re.compile(r"\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))")
_WORD: Final = re.compile(r"[^\W\d][\w$]*\Z")


class Token(NamedTuple):
    """A piece of a statement.

    Attributes:
        kind: `word`, `name` (quoted), `text` (a literal), `number` or `sign`.
        text: what it says, without quotes and with escapes undone; words are in lower case.
        start: where it begins in the text of the statement.
        end: where it ends.
    """

    kind: str
    text: str
    start: int
    end: int


class Statement(NamedTuple):
    """One statement: its text and its pieces."""

    text: str
    tokens: Sequence[Token]


def cut(text: str, tokenizer: Any) -> list[Statement]:
    """Return the statements of a text.

    Args:
        text: statements, separated by semicolons.
        tokenizer: the dialect of sqlglot.
    """
    found: list[Statement] = []
    start = 0
    pieces: list[Any] = []
    for token in (*tokenizer.tokenize(text), None):
        if token is not None and token.token_type.name != "SEMICOLON":
            pieces.append(token)
            continue
        end = len(text) if token is None else token.start
        if pieces:
            found.append(_statement(text[start:end], pieces, start, tokenizer))
        start, pieces = end + 1, []
    return found


def _statement(text: str, pieces: list[Any], start: int, tokenizer: Any) -> Statement:
    kinds = [piece.token_type.name for piece in pieces]
    if any(
        a in _SWALLOWING and b == "STRING" for a, b in pairwise(kinds)
    ):  # The tokenizer gives the rest of some statements as one text.
        pieces, start = tokenizer.tokenize(f"({text}")[1:], 1
    tokens: list[Token] = []
    for piece in pieces:
        token = _token(piece, start)
        if token.kind in {"name", "text"} and len(tokens) > 1 and _is_unicode(tokens):
            del tokens[-2:]
            token = token._replace(text=_UNICODE.sub(_unicode, token.text))
        tokens.append(token)
    return Statement(text, tokens)


def _is_unicode(tokens: list[Token]) -> bool:
    return tokens[-1].text == "&" and tokens[-2].text == "u" and tokens[-1].kind == "sign"


def _token(piece: Any, start: int) -> Token:
    kind, said = piece.token_type.name, str(piece.text)
    first, last = piece.start - start, piece.end - start + 1
    if kind in _TEXTS:
        if kind == "BYTE_STRING" and "\\" in said:
            said = _ESCAPE.sub(_escaped, said)
        return Token("text", said, first, last)
    if kind == "HEX_STRING":
        return Token("text", _decoded(said), first, last)
    if kind == "IDENTIFIER":
        return Token("name", said, first, last)
    if kind == "NUMBER":
        return Token("number", said, first, last)
    if _WORD.match(said) or " " in said:
        return Token("word", said.lower(), first, last)
    return Token("sign", said, first, last)


def _decoded(digits: str) -> str:
    try:
        return bytes.fromhex(digits).decode("utf-8", errors="replace")
    except ValueError:
        return digits


def _escaped(found: re.Match[str]) -> str:
    if found[1] or found[3]:
        return chr(int(found[1] or found[3], 16))
    return chr(int(found[2], 8)) if found[2] else found[4]


def _unicode(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code < sys.maxunicode + 1 else "\ufffd"


def normal(tokens: Sequence[Token]) -> str:
    """Return a statement in which each quoted name is `"n"`, each text `'t'`, each number `0`."""
    shown = {"name": '"n"', "text": "'t'", "number": "0"}
    return " ".join(" ".join(shown.get(t.kind, t.text).split()) for t in tokens)


def nesting(tokens: Sequence[Token]) -> int:
    """Return how deep brackets and cases stand in one another."""
    depth = deepest = 0
    for token in tokens:
        if token.text in _OPENS:
            depth += 1
            deepest = max(deepest, depth)
        elif token.text in _CLOSES and depth:
            depth -= 1
    return deepest


def moved(tokens: Sequence[Token], start: int) -> list[Token]:
    """Return tokens as they stand in a text that begins later."""
    return [t._replace(start=t.start - start, end=t.end - start) for t in tokens]
