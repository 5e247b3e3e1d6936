"""The agents of the tour: they work on its repository, and keep what they do in its folder."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.agent import Agent
from coding_agent_sdk.cli.render import PlainAnswer
from coding_agent_sdk.models.offline_answers import FOOTER

if TYPE_CHECKING:
    from pathlib import Path

    from coding_agent_sdk.builder import AgentBuilder
    from coding_agent_sdk.cli.terminal import Terminal

__all__ = ["SESSION", "USER", "SaysOnce", "builder_of"]

USER: Final = "ada"
SESSION: Final = "report of the day"


class SaysOnce(PlainAnswer):
    """Writes answers; what the offline model says of itself in each, it says in the first.

    Args:
        terminal: Where to.
        said: Whether it was said already.
    """

    def __init__(self, terminal: Terminal, *, said: bool = False) -> None:
        super().__init__(terminal)
        self._said = said

    def write(self, text: str) -> None:
        """Write a whole answer, or the end of its last line."""
        if self._said:
            text = text.replace(FOOTER, "").rstrip() if FOOTER in text else text
        self._said = self._said or FOOTER in text
        super().write(text)


def builder_of(*, workspace: Path, data: Path) -> AgentBuilder[Agent]:
    """Return the builder of an agent of the tour.

    Args:
        workspace: The sample repository.
        data: Where sessions, traces and knowledge are kept.
    """
    store = str(data / "knowledge.db") if find_spec("pymilvus") else "memory://"
    return (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model("offline:rules")
        .workspace(workspace)
        .mode("ask")
        .memory(f"sqlite:///{data / 'sessions.db'}")
        .knowledge(store=store)
        .plugin("tracing", exporters=["file"], folder=data / "traces", interval=0.05)
    )
