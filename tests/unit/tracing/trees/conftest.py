"""Tools and plugins of the runs whose spans are looked at."""

from __future__ import annotations

from coding_agent_sdk import (
    hookimpl,
    tool,
)

AGENT = "invoke_agent coding-agent"
CHAT = "chat scripted"


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="external")
async def send(name: str) -> str:
    """Send something."""
    return f"sent {name}"


@tool(effect="read")
async def fail(name: str) -> str:
    """Raise."""
    raise ValueError(f"no {name} here")


def emitting(*events):
    """Return a plugin that emits events while the model is asked."""

    class Emitting:
        name = "emitting"

        @hookimpl
        async def wrap_model_call(self, context, request, call_next):
            for event in events:
                context.emit(event)
            return await call_next(request)

    return Emitting()
