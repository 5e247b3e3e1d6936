"""How countries give out and write telephone numbers."""

from __future__ import annotations

from typing import Final

SHAPES: Final = frozenset({
    "2-2-2-2-2", "3-4-4", "4-3-4", "5-6", "5-5", "5-3-3", "4-3-3", "2-4-4", "3-3-2-2",
    "2-3-2-2", "3-2-2-2", "2-8", "3-7", "3-8", "4-7", "4-8", "4-6", "4-3-2-2", "3-3-4",
    "4-4-3", "3-2-3-2", "3-3-3-2", "4-3-2-3", "4-3-3-2", "4-2-2-2", "4-2-2-3", "4-2-4",
    "3-2-2-2-2", "4-2-2-2-2", "5-4-2", "5-7", "5-8", "2-3-4", "2-3-3-2", "2-4-5", "3-4-5",
    "2-2-3-2-2",
})  # fmt: skip
"""How countries group a number that begins with a zero."""

NANP: Final = 10
VARIETY: Final = 3
"""Fewest different digits of a number that somebody has."""

LENGTHS: Final = {
    "1": (10, 10), "7": (10, 10), "20": (8, 10), "27": (9, 9), "30": (10, 10), "31": (9, 9),
    "32": (8, 9), "33": (9, 9), "34": (9, 9), "36": (8, 9), "39": (8, 11), "40": (9, 9),
    "41": (9, 9), "43": (7, 13), "44": (9, 10), "45": (8, 8), "46": (7, 10), "47": (8, 8),
    "48": (9, 9), "49": (6, 12), "51": (8, 9), "52": (10, 11), "53": (6, 8), "54": (10, 11),
    "55": (10, 11), "56": (9, 9), "57": (8, 10), "58": (10, 10), "60": (8, 10), "61": (9, 9),
    "62": (8, 12), "63": (8, 10), "64": (8, 10), "65": (8, 8), "66": (8, 9), "81": (9, 10),
    "82": (8, 10), "84": (9, 10), "86": (10, 11), "90": (10, 10), "91": (10, 10),
    "92": (9, 10), "93": (9, 9), "94": (9, 9), "95": (7, 10), "98": (10, 10),
}  # fmt: skip
"""How many digits follow the code of a country: fewest and most."""


def is_fiction(digits: str) -> bool:
    """Whether it is among the British numbers that are kept for films."""
    return digits.startswith(
        ("442079460", "447700900", "44161496", "441632960", "02079460", "07700900")
    )


def is_nanp(area: str, exchange: str, line: str) -> bool:
    """Whether area, exchange and line are a number of North America that somebody can have."""
    if area[0] in "01" or exchange[0] in "01" or area[1:] == "11" or exchange[1:] == "11":
        return False
    if exchange == "555" and (line in {"1234", "5555"} or line.startswith("01") or area == "555"):
        return False
    return not (
        area == exchange == "555" or (area == "123") or (exchange == "456" and line == "7890")
    )
