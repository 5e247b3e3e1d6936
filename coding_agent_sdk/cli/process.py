"""What belongs to one start of the program, whichever command it is."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from coding_agent_sdk.cli.ndjson import EventLines
    from coding_agent_sdk.hooks.context import AgentContext

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

    @contextlib.asynccontextmanager
    async def open_agent(
        self,
        plugin: str,
        *,
        section: Mapping[str, Any],
        workspace: Path | None = None,
        config: Path | None = None,
    ) -> AsyncGenerator[AgentContext]:
        """Open an agent for a plugin's own command; see `CommandHost`."""
        from coding_agent_sdk.agent import Agent

        builder = Agent.builder().config(config).model("offline:rules").plugin(plugin, **section)
        if workspace is not None:
            builder = builder.workspace(workspace)
        async with builder.build() as agent:
            yield agent.context(plugin)
