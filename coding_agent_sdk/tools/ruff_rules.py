"""Which rules of ruff are looked for, and how bad each one is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["IGNORED", "SELECTED", "SEVERITIES", "Severity", "is_noise", "rank_of"]


@dataclass(frozen=True, kw_only=True)
class Severity:
    """One class of issues.

    Attributes:
        name: What it is called in the result.
        meaning: What an issue of it does to the program.
        codes: The beginnings of its rule codes; the longest that fits a code decides.
    """

    name: str
    meaning: str
    codes: tuple[str, ...]


SEVERITIES: Final = (
    Severity(
        name="syntax error",
        meaning="Python cannot load the file",
        codes=("invalid-syntax", "E999", "F404", "F407", "F62", "F7"),
    ),
    Severity(
        name="undefined name",
        meaning="the line fails when it is reached",
        codes=("F82",),
    ),
    Severity(
        name="security",
        meaning="an attacker may use it",
        codes=("S",),
    ),
    Severity(
        name="bug",
        meaning="it hardly does what was meant",
        codes=("B", "B015", "B016", "B017", "B019", "F402", "F5", "F6", "F811", "F901"),
    ),
    Severity(
        name="hidden failure",
        meaning="an error is caught that nobody will see",
        codes=("BLE", "E722", "S110", "S112", "B012", "B022"),
    ),
    Severity(
        name="fragile",
        meaning="it works, and breaks easily",
        codes=(
            *("B004", "B008", "B009", "B01", "B024", "B027", "B028", "B033", "B034", "B904"),
            *("E7", "F403", "F405", "S311"),
        ),
    ),
    Severity(
        name="unused",
        meaning="it does nothing",
        codes=("B007", "B018", "F401", "F541", "F84"),
    ),
)
"""The classes, the worst first."""

SELECTED: Final = ("F", "B", "S", "BLE", "E711", "E712", "E713", "E714", "E721", "E722", "E9")
"""The rules that are looked for; syntax errors are always told."""

IGNORED: Final = (
    "S101",  # assert: how tests are written, and a habit elsewhere
    "S603",  # any subprocess call at all
    "S606",  # the same without a shell
    "S607",  # a program found by PATH
    "B905",  # zip without strict=: a taste
    "B911",
    "B912",
)
"""Rules that say too often what is no fault."""

_TEST_PATH: Final = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*$|[^/]*_test\.pyi?$|conftest\.py$)")
_TEST_NOISE: Final = frozenset({"S104", "S105", "S106", "S107", "S108", "S113", "S311", "S324"})
_RANKS: Final = sorted(
    ((code, rank) for rank, severity in enumerate(SEVERITIES) for code in severity.codes),
    key=lambda entry: -len(entry[0]),
)
_FRAGILE: Final = next(rank for rank, level in enumerate(SEVERITIES) if level.name == "fragile")


def rank_of(code: str) -> int:
    """Return the place of a rule's severity in `SEVERITIES`; 0 is the worst."""
    return next((rank for start, rank in _RANKS if code.startswith(start)), _FRAGILE)


def is_noise(path: str, code: str) -> bool:
    """Return whether a rule says nothing in a file like *path*: a made-up password of a test."""
    return code in _TEST_NOISE and _TEST_PATH.search(path) is not None
