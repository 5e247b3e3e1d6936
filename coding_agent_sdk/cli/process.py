"""What belongs to one start of the program, whichever command it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coding_agent_sdk.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from coding_agent_sdk.cli.ndjson import EventLines

__all__ = ["Process"]


@dataclass(kw_only=True)
class Process:
    """The program while it runs; commands find it as `context.obj`.

    Attributes:
        interrupts: What a signal does.
        lines: Where events go as JSON, once a command writes them so.
    """

    interrupts: Interrupts = field(default_factory=Interrupts)
    lines: EventLines | None = None

    def write_events(self, *, deltas: bool = True) -> EventLines:
        """Return the writer of events; its last line is written on every way out."""
        from coding_agent_sdk.cli.ndjson import EventLines

        lines = self.lines = EventLines(deltas=deltas)
        self.interrupts.last_words = lambda: lines.close("cancelled", "interrupted")
        return lines
