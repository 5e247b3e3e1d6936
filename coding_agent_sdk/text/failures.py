"""What a log may say of an exception: its type and where it was raised, never its words."""

from __future__ import annotations

import traceback
from pathlib import PurePath
from typing import Final

__all__ = ["describe"]

FRAMES: Final = 4
"""The innermost frames that are named."""


def describe(error: BaseException) -> str:
    """Return `ValueError at rules.py:12 in judge, plugin.py:40 in check_request`.

    The message of an exception may quote what the plugin was working on, a secret among it, so
    it stays out; the exception itself goes to whoever can see the run.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{PurePath(f.filename).name}:{f.lineno} in {f.name}" for f in reversed(frames)]
    return f"{type(error).__name__} at {', '.join(places)}" if places else type(error).__name__
