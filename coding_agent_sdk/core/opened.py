"""An agent while it is open: what was entered, on which loop, and how it is closed again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.core.assembly import OPENED, open_services
from coding_agent_sdk.core.engine import Engine
from coding_agent_sdk.errors import AgentError, PluginError
from coding_agent_sdk.text.failures import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.core.assembly import Assembly
    from coding_agent_sdk.types.tools import Tool


class OpenedAgent:
    """The engine of an agent, with everything it needs open, on one event loop."""

    def __init__(
        self, assembly: Assembly, own_tools: Sequence[Tool], *, tasks: set[object]
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._tasks = tasks
        self._assembly = assembly
        self._own_tools = own_tools
        self._stack = contextlib.AsyncExitStack()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The core."""
        assert self._engine is not None
        return self._engine

    async def open(self) -> None:
        """Open backends, then enter the plugins' lifespans, then collect the tools.

        What was opened is closed again where a later part fails.
        """
        assembly = self._assembly
        dispatcher, backends = assembly.dispatcher, assembly.backends
        try:
            self._stack.push_async_callback(assembly.models.aclose)
            self._stack.push_async_callback(backends.aclose)
            for kind in OPENED:
                if backends.has(kind):
                    await backends.open_backend(kind)
            for plugin, lifespan in dispatcher.lifespan(backends.context):
                await self._enter(plugin, lifespan)
            tools = await dispatcher.register_tools(backends.context)
            own = [("builder", tool) for tool in self._own_tools]
            self._engine = Engine(await open_services(assembly, [*tools, *own]))
        except BaseException:
            await self.aclose()
            raise

    async def _enter(
        self, plugin: str, lifespan: contextlib.AbstractAsyncContextManager[Any]
    ) -> None:
        try:
            await self._stack.enter_async_context(lifespan)
        except AgentError:
            raise
        except Exception as error:
            raise PluginError(plugin, "lifespan", said(error)) from error

    async def aclose(self) -> None:
        """Cancel what still runs, and close everything in reverse order."""
        running = [task for task in self._tasks if isinstance(task, asyncio.Task)]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._stack.aclose()
