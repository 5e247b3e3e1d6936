"""The settings section of the memory plugin."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["MemorySettings"]


class MemorySettings(BaseModel):
    """How the conversation is kept, `[plugins.memory]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_history_tokens: int = Field(default=200_000, ge=0)
    """Estimated tokens of earlier messages that are sent with a request; 0 for none.

    Beyond it the oldest turns are left out. The plugin `context` makes conversations shorter
    before they come that far, and loses less of them.
    """

    session_wait: float = Field(default=10.0, ge=0)
    """Seconds to wait for a session that another run is using, before `SessionBusyError`."""

    lease_ttl: float = Field(default=30.0, gt=0)
    """Seconds after which a session is taken over from a process that hangs, or is unreachable."""

    live_sessions: int = Field(default=200, ge=0)
    """Number of sessions whose history is kept in memory between requests."""

    any_workspace: bool = False
    """Whether a session may go on in another workspace than it worked in; else it is refused."""

    keep_days: float | None = Field(default=None, gt=0)
    """Days after which `prune` removes a session that was not used; None for never."""
