"""The output for programs: one JSON object a line on standard output."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

from coding_agent_sdk.events import (
    ReasoningDelta,
    RunFinished,
    TextDelta,
    ToolCallDelta,
    ToolOutputDelta,
)

if TYPE_CHECKING:
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.types.status import Status

__all__ = ["EventLines", "json_line", "write_json"]

_DELTAS: Final = (TextDelta, ReasoningDelta, ToolCallDelta, ToolOutputDelta)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def json_line(data: Any) -> str:
    """Return *data* as one line of strict JSON in ASCII.

    Lone surrogates become U+FFFD, and numbers that JSON does not have become null.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:
        text = json.dumps(_finite(data), ensure_ascii=False, default=str)
    if text.isascii():
        return text
    return json.dumps(json.loads(_SURROGATES.sub("\ufffd", text)))


def write_json(data: Any, out: TextIO | None = None) -> None:
    """Write *data* as a line to standard output, at once."""
    stream = sys.stdout if out is None else out
    stream.write(f"{json_line(data)}\n")
    stream.flush()


class EventLines:
    """Writes the events of a run as lines; the last is `run_finished`, whatever happens.

    Args:
        out: Where to; None for standard output.
        deltas: Whether pieces of text are written, too.
    """

    def __init__(self, out: TextIO | None = None, *, deltas: bool = True) -> None:
        self._out = out
        self._deltas = deltas
        self._finished = False

    def show(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, _DELTAS) and not self._deltas:
            return
        if isinstance(event, RunFinished) and event.parent_run_id is None:
            self._finished = True
        write_json(event.to_dict(), self._out)

    def close(
        self, status: Status, reason: str, *, session: str = "", error_type: str = ""
    ) -> None:
        """Write the last line where the run ended before it could say so itself."""
        if not self._finished:
            self.show(
                RunFinished(
                    status=status, text="", reason=reason, session=session, error_type=error_type
                )
            )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
