"""A statement that tells a password: the words it begins with, and its pattern."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

VALUE: Final = (
    r"""(?:"(?P<d>[^"\n]{1,256})"|'(?P<s>[^'\n]{1,256})'|(?P<b>[^\s"'`|;<>()]{1,256}+))"""
)
"""A word, maybe in quotes, where a shell or a file of settings has one."""

BLANK: Final = r"[ \t]"
"""What stands between words of one line."""

GAP: Final = r"(?![\w./-])[^\n|;]{0,240}?[ \t]"
"""What may stand between the name of a program and its option."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """How a password is told in a statement.

    Attributes:
        hints: words (lower case) with one of which the pattern begins.
        pattern: matches from the hint to the password.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def by_hint(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """Return the statements by the words with which they begin."""
    grouped: defaultdict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        for hint in statement.hints:
            grouped[hint].append(statement)
    return dict(grouped)
