"""The other process of the tour: it approves what waits in the session, and goes on."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from coding_agent_sdk.cli.demo.agents import SESSION, USER, SaysOnce, builder_of
from coding_agent_sdk.cli.render import Renderer
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.types.decisions import Approve

__all__ = ["go_on"]


async def go_on(terminal: Terminal, *, workspace: Path, data: Path) -> None:
    """Go on with the run that waits, and show it.

    Args:
        terminal: Where it is shown.
        workspace: The sample repository.
        data: Where sessions, traces and knowledge are kept.

    Raises:
        AgentError: The run cannot go on.
    """
    terminal.line(f"process {os.getpid()} goes on with session {SESSION!r}", style="dim")
    async with builder_of(workspace=workspace, data=data).without("rag").build() as agent:
        pending = await agent.pending(SESSION, user=USER)
        decisions = {request.call.id: Approve() for request in pending}
        renderer = Renderer(terminal, stream=False, answer=SaysOnce(terminal, said=True))
        async with agent.resume_stream(SESSION, decisions, user=USER) as events:
            async for event in events:
                renderer.show(event)


if __name__ == "__main__":
    asyncio.run(
        go_on(
            Terminal(color=Color.NEVER, err=sys.stdout),
            workspace=Path(sys.argv[1]),
            data=Path(sys.argv[2]),
        )
    )
