"""Reads the scripts of `sed`: what they write (`w`, `W`, `s///w`) and run (`e`, `s///e`)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ADDRESS: Final = re.compile(r"[\d$,~+!\s;{}]*")
_LINE: Final = re.compile(r"[^\n]*")
_LABEL: Final = re.compile(r"[^;\n}]*")
_TEXT: Final = re.compile(r"(?:\\.|[^\n\\])*", re.DOTALL)
_FLAGS: Final = re.compile(r"[gpiImM\d]*")


class Deeds(NamedTuple):
    """What a script does beside editing.

    Attributes:
        written: the files that it writes.
        read: the files that it reads.
        run: the commands that it runs; an empty one stands for the text that is edited.
    """

    written: list[str]
    read: list[str]
    run: list[str]


def read_script(text: str) -> Deeds:
    """Return what a script does beside editing."""
    deeds = Deeds([], [], [])
    position = 0
    while position < len(text):
        position = _ADDRESS.match(text, position).end()  # type: ignore[union-attr]  # fits always
        sign = text[position : position + 1]
        if sign in {"/", "\\"}:
            start = position + (1 if sign == "/" else 2)
            position = _after(text, start, text[start - 1 : start])
            while text[position : position + 1] in {"I", "M"}:
                position += 1
        elif sign:
            position = _command(text, position + 1, sign, deeds)
    return deeds


def _command(text: str, position: int, sign: str, deeds: Deeds) -> int:
    """Read one command from behind its letter on; return where it ends."""
    if sign in "sy":
        return _substitution(text, position, sign, deeds)
    if sign in "wWrR":
        rest = _rest(text, position)
        (deeds.written if sign in "wW" else deeds.read).append(rest.strip())
        return position + len(rest)
    if sign == "e":
        rest = _rest(text, position)
        if rest.lstrip()[:1] in {";", "}"}:
            deeds.run.append("")
            return position + 1
        deeds.run.append(rest.strip())
        return position + len(rest)
    if sign in "aic":
        found = _TEXT.match(text, position)
    elif sign in "btT:":
        found = _LABEL.match(text, position)
    elif sign == "#":
        found = _LINE.match(text, position)
    else:
        return position
    return found.end() if found else position


def _substitution(text: str, position: int, sign: str, deeds: Deeds) -> int:
    delimiter = text[position : position + 1]
    middle = _after(text, position + 1, delimiter)
    end = _after(text, middle, delimiter)
    replacement = text[middle : end - 1]
    while sign == "s":
        end = _FLAGS.match(text, end).end()  # type: ignore[union-attr]  # fits always
        flag = text[end : end + 1]
        if flag == "e":
            deeds.run.extend((replacement, ""))
            end += 1
        elif flag == "w":
            rest = _rest(text, end + 1)
            deeds.written.append(rest.strip())
            return end + 1 + len(rest)
        else:
            break
    return end


def _after(text: str, position: int, delimiter: str) -> int:
    """Return where a part ends that a delimiter closes, behind that."""
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == delimiter:
            return position + 1
        else:
            position += 1
    return len(text) + 1


def _rest(text: str, position: int) -> str:
    found = _LINE.match(text, position)
    return found[0] if found else ""
