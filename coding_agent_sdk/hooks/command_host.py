"""What a plugin's sub-command is given: the program that it is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext

__all__ = ["CommandHost"]


class CommandHost(Protocol):
    """The program that runs a plugin's sub-command: `obj` of the command's `typer.Context`."""

    def open_agent(
        self,
        plugin: str,
        *,
        section: Mapping[str, Any],
        workspace: Path | None = None,
        config: Path | None = None,
    ) -> AbstractAsyncContextManager[AgentContext]:
        """Open an agent, without a model's key, and give it as *plugin* sees it.

        Args:
            plugin: Name of the plugin.
            section: Values of its settings section, over those that are set.
            workspace: The folder that the agent works in; None leaves it to the settings.
            config: A configuration file; None for the current folder's own.
        """
        ...
