"""Reads a text as a model would: without invisible characters, foreign look-alikes and codes."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import sys
import unicodedata
import urllib.parse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["SHORTEST_CODE", "decoded", "plain"]

_TAG: Final = re.compile("[\U000e0020-\U000e007e]")
_TAGS: Final = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Tag characters spell ASCII that nobody sees and that a model reads."""

_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\U000e0001"
    "\U000e007f]"
)
_ALIKE: Final = "аеорсухіјѕԁһкмтвнɡıαοενικρτυχ"
_LOOK_ALIKES: Final = str.maketrans(_ALIKE, "aeopcyxijsdhkmtbhgiaoevikptux")
"""Letters of other scripts that pass for Latin ones; used only in words that hold Latin ones."""

_MIXED: Final = re.compile(rf"(?:[a-z]+[{_ALIKE}]|[{_ALIKE}]+[a-z])[a-z{_ALIKE}]*")
_SEEMS_MIXED: Final = re.compile(rf"[a-z][{_ALIKE}]|[{_ALIKE}][a-z]")
_MARKS: Final = re.compile("[\u0300-\u036f]")
"""What is left above and below letters that are none with it."""
_UNFOLDING: Final = "\ufdfa"
"""One character that would be eighteen, and no word of an order."""
_PIECES: Final = re.compile(r".{1,240}(?!\S)|.{1,240}", re.DOTALL)
_NO_ENTITY: Final = re.compile(r"&#(?:x[0-9a-f]{8,}|[0-9]{8,});?")
_CURLY: Final = re.compile("[’‘‚“”„«»]")
_RUNS: Final = re.compile(r"[A-Za-z0-9+/_\-]+")
_WRAPPED: Final = re.compile(r"(?<=[A-Za-z0-9+/]{64})\r?\n(?=[A-Za-z0-9+/=]{4})")
"""The end of a line that `base64` and its like go on after."""
_CODED_AGAIN: Final = re.compile(rb"[A-Za-z0-9+/_\-\s]{24,}={0,2}\s*")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
SHORTEST_CODE: Final = 24
"""Characters from which on a word may be text in a code."""

_ESCAPE: Final = re.compile(
    r"\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}"
)
_LEAST_ESCAPES: Final = 8
_ESCAPED: Final = re.compile(
    rf"[\w.,:;~+\-]{{0,20}}(?:(?:%(?:25)?[0-9A-Fa-f]{{2}}|{_ESCAPE.pattern})[\w.,:;~+\-]{{0,20}}){{{_LEAST_ESCAPES},2000}}"
)
"""Letters spelt by their numbers, near each other, as in an address or a string."""
_SPACED: Final = re.compile(r"(?<![^\W_])[a-z](?:[ ._\-*]{1,3}[a-z'](?![^\W_])){5,300}")
_APART: Final = re.compile(r"[ ._\-*]{2,}")
_RUN_TOGETHER: Final = re.compile(
    r"(ignore|disregard|forget|previous|prior|your|instructions?|rules|reveal|print|show|send|"
    r"system|prompt|build|phishing|stealer|botnet|exploit|delete|files|write|create|keylogger|"
    r"ransomware|malware|passwords?|virus|hack|everything)"
)
"""Words told apart where letters all stand equally far from each other."""
_LEET: Final = tuple(zip("013457@$!|", "oieastasil", strict=True))
_GIVEAWAYS: Final = (
    "ignore", "disregard", "instructions", "system prompt", "bypass", "override",
    "keylogger", "rootkit", "pretend", "no rules", "malware", "ransomware", "phish", "hack",
    "password",
)  # fmt: skip
_SPELT_LETTERS: Final = 6
"""Different letters that stand alone where words are spelt, and hardly elsewhere."""
_LEETISH: Final = re.compile(r"[a-z][013457@$!|][a-z]")
_LEET_HEADS: Final = frozenset({"gnore", "gn", "gnor"})
_ALPHABET: Final = frozenset("abcdefghijklmnopqrstuvwxyz")
_ROTATED: Final = frozenset({"vtaber", "vtabe", "qvfer", "vafge", "sbetr", "flfgr", "cnffj"})
"""Beginnings of `ignore`, `disregard`, `instructions`, `forget`, `system`, `password` in rot13."""
_REVERSED: Final = frozenset({"snoit", "tpmor"})
_PRINTABLE: Final = 0.9


def plain(text: str) -> str:
    """Return a text in lower case as it reads: normalised, and with nothing unseen in it.

    The time is linear in the length of the text.
    """
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        if _TAG.search(text):
            text = text.translate(_TAGS)
        text = _MARKS.sub("", _normalised(text)).lower()
        if _SEEMS_MIXED.search(text):
            text = _MIXED.sub(lambda word: word.group().translate(_LOOK_ALIKES), text)
        text = _CURLY.sub(lambda quote: "'" if quote.group() in "’‘‚" else '"', text)
    else:
        text = text.lower()
    if "&#" in text or "&lt;" in text or "&amp;" in text:
        # Python refuses to read a number of thousands of digits, and no character has one.
        text = html.unescape(_NO_ENTITY.sub(" ", text.replace("&amp;", "&"))).lower()
    return text


def _normalised(text: str) -> str:
    """Return a text in the form NFKC, a piece at a time: many marks on one letter take long."""
    if _UNFOLDING in text:
        text = text.replace(_UNFOLDING, " ")
    return "".join(unicodedata.normalize("NFKC", piece) for piece in _PIECES.findall(text))


def decoded(text: str, read: str, beginnings: AbstractSet[str]) -> Iterator[str]:
    """Yield what stands in a text in code: base64, hex, escapes, letters apart, digits for letters.

    Args:
        text: The text as it is: base64 tells upper from lower case.
        read: The text as it reads (`plain`).
        beginnings: The beginnings of its words: letters that stand apart are words.
    """
    hidden = dict.fromkeys((*_codes(text), *_unescaped(text)))  # each once
    if hidden:
        yield plain("\n\n".join(hidden))
    yield from _spelt(read, beginnings)


def _spelt(read: str, beginnings: AbstractSet[str]) -> Iterator[str]:
    """Yield what a text reads like where its letters stand apart, or for others."""
    if "e" in beginnings and len(beginnings & _ALPHABET) >= _SPELT_LETTERS:
        together = _SPACED.sub(_joined, read)
        if together != read:
            yield together
    if _LEETISH.search(read) or not _LEET_HEADS.isdisjoint(beginnings):
        leet = read
        for digit, letter in _LEET:
            leet = leet.replace(digit, letter)
        if any(word in leet and leet.count(word) > read.count(word) for word in _GIVEAWAYS):
            yield leet
    if not _REVERSED.isdisjoint(beginnings):
        yield read[::-1]
    if not _ROTATED.isdisjoint(beginnings):
        yield codecs.decode(read, "rot13")


def _unescaped(text: str) -> Iterator[str]:
    if text.count("%") + text.count("\\") < _LEAST_ESCAPES:
        return
    for escaped in _ESCAPED.findall(text):
        said = urllib.parse.unquote_plus(escaped)
        if "%" in said:
            said = urllib.parse.unquote(said)
        said = _ESCAPE.sub(_letter, said)
        # Letters beyond the first 65,536 are spelt by two numbers.
        yield said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _letter(escape: re.Match[str]) -> str:
    number = int(escape.group().strip("\\xuU{}"), 16)
    return chr(number) if number <= sys.maxunicode else " "


def _joined(run: re.Match[str]) -> str:
    """Put letters that stand apart together, to words where these can be told."""
    said = run.group()
    words = [re.sub(r"[ ._\-*]", "", word) for word in _APART.split(said)]
    if len(words) > 1:
        return " ".join(words)
    return " ".join(_RUN_TOGETHER.sub(r" \1 ", words[0]).split())


def _codes(text: str) -> Iterator[str]:
    if len(text) < SHORTEST_CODE:
        return
    for run in _RUNS.findall(_WRAPPED.sub("", text)):
        if len(run) >= SHORTEST_CODE:
            said = _from_hex(run) if _HEX.fullmatch(run) else _from_base64(run)
            if said:
                yield said


def _from_base64(code: str, *, twice: bool = True) -> str:
    if code.isalpha() and (code.islower() or code.isupper()):
        return ""  # a word, a path
    code = code.rstrip("=").replace("-", "+").replace("_", "/")
    whole = code[: len(code) // 4 * 4] if len(code) % 4 == 1 else code + "=" * (-len(code) % 4)
    try:
        data = base64.b64decode(whole)
    except (binascii.Error, ValueError):
        return ""
    said = _as_prose(data)
    if not said and twice and _CODED_AGAIN.fullmatch(data):
        return _from_base64("".join(data.decode("ascii").split()), twice=False)
    return said


def _from_hex(code: str) -> str:
    return _as_prose(bytes.fromhex(code))


def _as_prose(data: bytes) -> str:
    """Return bytes as text, where they are sentences."""
    try:
        said = data.decode()
    except UnicodeDecodeError:
        return ""
    readable = sum(char.isprintable() or char.isspace() for char in said)
    return said if " " in said and readable >= _PRINTABLE * len(said) else ""
