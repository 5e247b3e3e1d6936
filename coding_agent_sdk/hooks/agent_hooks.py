"""Calls the hooks about an agent: what is registered, its life, the data it keeps of users."""

from __future__ import annotations

import inspect
import logging
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from coding_agent_sdk.errors import AgentError, PluginConfigError, PluginError
from coding_agent_sdk.text.failures import describe, said, shown
from coding_agent_sdk.types.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.hooks.implementation import Implementation
    from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry

logger = logging.getLogger(__name__)


class AgentHooks:
    """Calls the hooks that belong to no run.

    Args:
        implementations: Those of each hook, in their order.
    """

    def __init__(self, implementations: Mapping[str, tuple[Implementation, ...]]) -> None:
        self.implementations = implementations

    # -- building the agent --------------------------------------------------------------------

    def register_settings(self) -> dict[str, type[BaseModel]]:
        """Return each plugin's settings section by its name."""
        sections: dict[str, type[BaseModel]] = {}
        for i in self.implementations["register_settings"]:
            section = self._registered(i, {})
            if not (inspect.isclass(section) and issubclass(section, BaseModel)):
                raise PluginConfigError(
                    f"plugin {i.plugin!r} gives {shown(section)} as its settings; "
                    "give a subclass of pydantic's BaseModel",
                )
            sections[i.plugin] = section
        return sections

    def register_backends(self, register: BackendRegistry) -> None:
        """Have all plugins offer their backends."""
        for i in self.implementations["register_backends"]:
            register.plugin = i.plugin
            self._registered(i, {"register": register})

    def register_commands(self, register: CommandRegistry) -> None:
        """Have all plugins offer their commands."""
        for i in self.implementations["register_commands"]:
            register.plugin = i.plugin
            self._registered(i, {"register": register})

    def validate_settings(self, agent: Callable[[str], AgentContext]) -> None:
        """Have all plugins refuse settings that cannot work.

        Raises:
            ConfigError: What a plugin says of its settings.
        """
        for i in self.implementations["validate_settings"]:
            self._registered(i, {"agent": agent(i.plugin)})

    def _registered(self, i: Implementation, arguments: dict[str, Any]) -> Any:
        try:
            return i.call_now(arguments)
        except AgentError:
            raise
        except Exception as error:
            raise PluginConfigError(failure(i, error)) from error

    # -- the life of the agent ---------------------------------------------------------------

    def lifespan(
        self, agent: Callable[[str], AgentContext]
    ) -> Iterator[tuple[str, AbstractAsyncContextManager[Any]]]:
        """Yield the context managers of all plugins, with their names, in order.

        Each is made when the one before it was entered.

        Raises:
            PluginError: A plugin gives none.
        """
        for i in self.implementations["lifespan"]:
            try:
                manager = i.call_now({"agent": agent(i.plugin)})
            except AgentError:
                raise
            except Exception as error:
                raise PluginError(i.plugin, i.hook, said(error)) from error
            if not isinstance(manager, AbstractAsyncContextManager):
                got = type(manager).__name__
                raise PluginError(
                    i.plugin, i.hook, f"it returned {got}, not an async context manager"
                )
            yield i.plugin, manager

    async def register_tools(self, agent: Callable[[str], AgentContext]) -> list[tuple[str, Tool]]:
        """Return the tools of all plugins, each with the name of its plugin.

        Raises:
            PluginConfigError: A plugin fails, or offers what is no tool.
        """
        tools: list[tuple[str, Tool]] = []
        for i in self.implementations["register_tools"]:
            try:
                offered = await i.call({"agent": agent(i.plugin)})
                listed = list(offered or ())
            except AgentError:
                raise
            except Exception as error:
                raise PluginConfigError(failure(i, error)) from error
            for tool in listed:
                if not isinstance(tool, Tool):
                    raise PluginConfigError(
                        f"plugin {i.plugin!r} offers {shown(tool)} as a tool; wrap it with @tool "
                        "or make a Tool",
                    )
                tools.append((i.plugin, tool))
        return tools

    async def manage_user_data(
        self, agent: Callable[[str], AgentContext], user: str, action: str
    ) -> dict[str, Any]:
        """Return each plugin's answer by its name; a failure is an answer, too."""
        answers: dict[str, Any] = {}
        for i in self.implementations["manage_user_data"]:
            arguments = {"agent": agent(i.plugin), "user": user, "action": action}
            try:
                answer = await i.call(arguments)
                answers[i.plugin] = {} if answer is None else dict(answer)
            except Exception as error:
                logger.error("plugin %r failed in manage_user_data: %s", i.plugin, describe(error))
                answers[i.plugin] = {"error": said(error)}
        return answers


def failure(i: Implementation, error: Exception) -> str:
    """Return whose failure an error is, in words."""
    return f"plugin {i.plugin!r} failed in {i.hook}: {said(error)}"
