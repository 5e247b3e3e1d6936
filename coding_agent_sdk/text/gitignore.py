"""Rules in the form of `.gitignore` files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pathspec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["gitignore"]


def gitignore(lines: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """Return the rules of *lines*.

    Raises:
        ValueError: One of them is no rule.
    """
    # Where hyperscan is installed it would be taken: it is slow to begin, and refuses each name
    # that is not UTF-8.
    return pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
