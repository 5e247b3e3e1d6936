"""Tool results of any length: the model sees their two ends, and looking through them is bounded.

Taking secrets out of several megabytes would hold the event loop for seconds. So a text is cut
first, a little wider than what is shown: a secret that the cut leaves incomplete, which no rule
would know, stands within that margin and goes with it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.types.tools import ToolResult

HEAD_CHARACTERS: Final = 120_000
"""How much of a long text's beginning the model sees."""

TAIL_CHARACTERS: Final = 80_000
"""How much of its end."""

MARGIN: Final = 16_384
"""How much more is looked through at a cut: more than the longest secret, a block of a key."""

LONG_RESULT: Final = 2_000
"""Characters from which on plugins are asked whether the model is shown a result whole."""

_WIDE_HEAD: Final = HEAD_CHARACTERS + MARGIN
_WIDE_TAIL: Final = TAIL_CHARACTERS + MARGIN
_CUT: Final = "\n[{left_out} of {total} characters are left out here]\n"
_CUT_BEFORE: Final = re.compile(r"\n\[\d+ of \d+ characters are left out here\]\n")
_SHORT: Final = HEAD_CHARACTERS + TAIL_CHARACTERS
_WIDE: Final = _WIDE_HEAD + _WIDE_TAIL


def bounded(result: ToolResult) -> ToolResult:
    """Return a result whose text and data can be looked through in bounded time.

    The text of a longer one is its two ends, as wide as `shown` needs them; its data is dropped
    where it is as long: mostly it is the same once more.
    """
    total = len(result.text)
    if total <= _WIDE:
        return result if total <= _SHORT else dataclasses.replace(result, truncated=True)
    cut = _CUT.format(left_out=total - _SHORT, total=total)
    text = f"{result.text[:_WIDE_HEAD]}{cut}{result.text[-_WIDE_TAIL:]}"
    data = result.data if _is_small(result.data) else None
    return dataclasses.replace(result, text=text, data=data, truncated=True)


def shown(text: str, redact: Callable[[str], str]) -> str:
    """Return what the model sees of a result's text, which may be one of `bounded`."""
    total = len(text)
    if total <= _SHORT:
        return redact(text)
    cut = text[_WIDE_HEAD:-_WIDE_TAIL]
    if not _CUT_BEFORE.fullmatch(cut):
        cut = _CUT.format(left_out=total - _SHORT, total=total)
    head, tail = redact(text[:_WIDE_HEAD]), redact(text[-_WIDE_TAIL:])
    return f"{head[:-MARGIN]}{cut}{tail[MARGIN:]}"


def _is_small(value: Any) -> bool:
    return _size(value, _SHORT) <= _SHORT


def _size(value: Any, most: int) -> int:
    """Return about how many characters a value has; beyond *most* it is not counted on."""
    if isinstance(value, Mapping):
        items = [part for pair in value.items() for part in pair]
    elif isinstance(value, list | tuple | set | frozenset):
        items = list(value)
    else:
        return len(value) if isinstance(value, str | bytes) else 1
    size = len(items)
    for item in items:
        if size > most:
            break
        size += _size(item, most - size)
    return size
