"""What is said of an exception or a value of others' making, whose own words may be what is broken.

A log names an exception by its type and where it was raised (`describe`), never by its words: they
may quote what the plugin was working on, a secret among it. Whoever can see the run is told its
words, too (`said`).
"""

from __future__ import annotations

import traceback
from pathlib import PurePath
from typing import Final

__all__ = ["advised", "describe", "said", "shown", "words_of"]

FRAMES: Final = 4
"""The innermost frames that are named."""


def advised(words: str, fix: str) -> str:
    """Return `it is locked; wait for it`: what was found and what to do, or the one that there is.

    Args:
        words: What was found.
        fix: What to do; `""` where nothing is known.
    """
    return "; ".join(part for part in (words.strip().rstrip(";"), fix.strip()) if part)


def describe(error: BaseException) -> str:
    """Return `ValueError at rules.py:12 in judge, plugin.py:40 in check_request`."""
    walked = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    places = [
        f"{PurePath(code.co_filename).name}:{line} in {code.co_name}"
        for code, line in reversed(walked[-FRAMES:])
    ]
    return f"{type(error).__name__} at {', '.join(places)}" if places else type(error).__name__


def said(error: BaseException) -> str:
    """Return `ValueError: it is wrong`."""
    return f"{type(error).__name__}: {words_of(error)}"


def words_of(error: BaseException) -> str:
    """Return what an exception says; where that fails, that its message cannot be read."""
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001  its own words are what is broken
        return f"(its message cannot be read: {type(failed).__name__})"


def shown(value: object) -> str:
    """Return a value as `repr` shows it; where that fails, its type."""
    try:
        return repr(value)
    except Exception as failed:  # noqa: BLE001  its own words are what is broken
        return f"<a {type(value).__name__} that cannot be shown: {type(failed).__name__}>"
