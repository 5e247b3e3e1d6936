"""Applies the operators of `${…}` and of arithmetic to known values."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    UNKNOWN,
    Value,
)

_SLICE: Final = re.compile(r":\s*(-?\d+)(?:\s*:\s*(-?\d+))?$")


def apply_operator(value: Value, source: str) -> Value:
    """Apply `:offset:length`, `#prefix`, `%suffix`, `/old/new`, `^^` and `,,` to a known value."""
    if not value.known:
        folder = value.text[: value.text.index(UNKNOWN)].rpartition("/")
        if source.startswith(("%", "/")) and folder[1]:
            return Value(folder[0] + folder[1] + UNKNOWN, value.taints)
        # `${f##*/}` is a name in some folder, which the words around it tell.
        return (
            Value("./" + UNKNOWN, value.taints)
            if source == "##*/"
            else ANYTHING.tainted(*value.taints)
        )
    hidden = value.tainted(HIDDEN)
    if found := _SLICE.match(source):
        start = int(found[1])
        text = value.text[start:] if found[2] is None else value.text[start:][: int(found[2])]
        return Value(text, hidden.taints)
    if source in {"^^", ",,", "^", ","}:
        changed = value.text.upper() if "^" in source else value.text.lower()
        text = changed if len(source) > 1 else changed[:1] + value.text[1:]
        return Value(text, hidden.taints)
    if found := re.fullmatch(r"(##?|%%?)([^*?\[\]$`{}\\]*)", source):
        text = (
            value.text.removeprefix(found[2])
            if "#" in found[1]
            else value.text.removesuffix(found[2])
        )
        return Value(text, hidden.taints)
    if found := re.fullmatch(r"(//?)([^/*?\[\]$`{}\\]+)(?:/([^$`{}\\]*))?", source):
        text = value.text.replace(found[2], found[3] or "", -1 if found[1] == "//" else 1)
        return Value(text, hidden.taints)
    return ANYTHING.tainted(*value.taints)


def add_up(text: str) -> int | None:
    """Return what an arithmetic text of numbers, `+`, `-` and `*` comes to."""
    total = 0
    for sign, product_text in re.findall(r"([+-]?)\s*([\d\s*]+)", text):
        number = 1
        for factor in product_text.split("*"):
            if not factor.strip().isdigit():
                return None
            number *= int(factor[:9])
        total += -number if sign == "-" else number
    return total
