"""What every plugin must stand: `await check_plugin(MyPlugin)` in a test of yours.

`RecordingPlugin` shows in which order a run reaches the hooks.

Example:
    ```python
    async def test_my_plugin_is_a_good_neighbour():
        await check_plugin(MyPlugin)
    ```
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.agent import Agent
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.core.way import SWALLOWED
from coding_agent_sdk.errors import PluginError
from coding_agent_sdk.events import RunFinished
from coding_agent_sdk.hooks.loading import name_of
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.testing.scripted import ScriptedModel
from coding_agent_sdk.testing.scripted_turns import ScriptedTurn
from coding_agent_sdk.tools.function_tool import tool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry
    from coding_agent_sdk.types.context import ContextItem
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result
    from coding_agent_sdk.types.tools import Tool, ToolCall, ToolResult

__all__ = ["RecordingPlugin", "check_plugin"]

POINTS: Final = 1000
"""At so many points, one turn of the event loop after another, a run is cancelled at most."""

PATIENCE: Final = 20.0
"""Seconds that one run of the check may take."""


class RecordingPlugin:
    """Notes each hook it sees, and decides and changes nothing.

    A wrap hook is noted when it is entered and, with a `/` before its name, when it is left; so
    is `lifespan`. `load_history` is missing, because one plugin answers it.

    Attributes:
        seen: Names of hooks in the order in which they were reached, but for the two that come
            between all others:
        events: What `on_event` was shown.
        sinks: What `open_redactor` was asked for.
    """

    name: Final = "recording"

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.events: list[Event] = []
        self.sinks: list[str] = []

    async def _around(self, hook: str, inner: Awaitable[Any]) -> Any:
        self.seen.append(hook)
        try:
            return await inner
        finally:
            self.seen.append(f"/{hook}")

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("register_backends")

    @hookimpl
    def register_commands(self, register: CommandRegistry) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("register_commands")

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("validate_settings")

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:  # noqa: ARG002  the hook's
        """Note its beginning and its end."""
        self.seen.append("lifespan")
        try:
            yield
        finally:
            self.seen.append("/lifespan")

    @hookimpl
    def register_tools(self, agent: AgentContext) -> Sequence[Tool]:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("register_tools")
        return ()

    @hookimpl
    async def wrap_run(
        self, request: Request, call_next: Callable[[Request], Awaitable[Result]]
    ) -> Any:
        """Note its beginning and its end."""
        return await self._around("wrap_run", call_next(request))

    @hookimpl
    async def check_request(self, request: Request) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("check_request")

    @hookimpl
    async def retrieve_context(self, request: Request) -> Sequence[ContextItem]:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("retrieve_context")
        return ()

    @hookimpl
    async def check_context(self, item: ContextItem) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("check_context")

    @hookimpl
    async def record(self, entries: Sequence[Entry]) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("record")

    @hookimpl
    async def prepare_model_request(self, request: ModelRequest) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("prepare_model_request")

    @hookimpl
    async def wrap_model_call(
        self, request: ModelRequest, call_next: Callable[[ModelRequest], Awaitable[ModelResponse]]
    ) -> Any:
        """Note its beginning and its end."""
        return await self._around("wrap_model_call", call_next(request))

    @hookimpl
    async def shorten_model_request(self, request: ModelRequest) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("shorten_model_request")

    @hookimpl
    async def check_model_output(self, response: ModelResponse) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("check_model_output")

    @hookimpl
    async def check_tool_call(self, call: ToolCall) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("check_tool_call")

    @hookimpl
    async def wrap_tool_call(
        self, call: ToolCall, call_next: Callable[[ToolCall], Awaitable[ToolResult]]
    ) -> Any:
        """Note its beginning and its end."""
        return await self._around("wrap_tool_call", call_next(call))

    @hookimpl
    async def check_tool_result(self, result: ToolResult) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("check_tool_result")

    @hookimpl
    async def shorten_tool_result(self, text: str) -> None:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("shorten_tool_result")

    @hookimpl
    def open_redactor(self, sink: str) -> None:
        """Note the sink."""
        self.sinks.append(sink)

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)

    @hookimpl
    async def manage_user_data(self, user: str, action: str) -> Mapping[str, Any]:  # noqa: ARG002  the hook's
        """Note it."""
        self.seen.append("manage_user_data")
        return {}


# -- the check of a plugin -------------------------------------------------------------------


class _Raising:
    """A bad neighbour: it raises in every hook where a run goes on without it."""

    name: Final = "raising"

    @hookimpl
    def on_event(self, context: RunContext) -> None:
        raise RuntimeError(f"a neighbour failed in run {context.run_id}")

    @hookimpl
    def retrieve_context(self, context: RunContext) -> Sequence[ContextItem]:
        raise RuntimeError(f"a neighbour failed in run {context.run_id}")

    @hookimpl
    def check_tool_result(self, context: RunContext) -> None:
        raise RuntimeError(f"a neighbour failed in run {context.run_id}")


class _RaisingAround:
    """A worse one: it raises where the run cannot go on without it."""

    name: Final = "raising"

    @hookimpl(phase="time_limit")
    async def wrap_model_call(self, context: RunContext) -> ModelResponse:
        raise RuntimeError(f"a neighbour failed in run {context.run_id}")


@tool(effect="read", name="look")
async def _look(name: str) -> str:
    """Look at something; without a thread, so that a run takes the same turns each time."""
    return f"saw {name}"


async def check_plugin(make: Callable[[], object], **settings: Any) -> None:
    """Check that a plugin is a good neighbour in an agent.

    It is built into agents with a scripted model, alone and beside plugins that fail. Each run
    looks at something and answers; it must end, once, and raise no error of this plugin. Then
    a run is cancelled at each point where it waits, so in each hook of the plugin that waits,
    and the agent must go on to answer in the same session. It is closed twice.

    Args:
        make: Makes the plugin: its class, or a function without arguments.
        **settings: The plugin's settings.

    Raises:
        AssertionError: It is not; the message says in what.
        AgentError: It fails by itself.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        await _runs_and_closes_twice(make, workspace, settings)
        await _stands_failing_neighbours(make, workspace, settings)
        await _survives_cancellation(make, workspace, settings)


def _agent(
    make: Callable[[], object], workspace: Path, settings: Mapping[str, Any], *others: object
) -> tuple[Agent, str]:
    """Return an agent with the plugin, and the plugin's name."""
    plugin = make()
    name = name_of(plugin)
    look = {"id": "call_1", "name": "look", "args": {"name": "alpha"}}
    model = ScriptedModel([ScriptedTurn(tool_calls=[look]), "done"], by_position=True)
    builder = (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(model)
        .workspace(workspace)
        .tools(_look)
        .memory(None if hasattr(plugin, "load_history") else "memory://")
        .use(plugin, *others)
        .without("guardrails")
    )
    if name in dict(BUILT_IN):  # it takes the place of a built-in
        builder = builder.without(name)
    if settings:
        builder = builder.plugin(name, **settings)
    agent = builder.build()
    hooks = agent.explain().hooks
    assert any(layer.plugin == name for layers in hooks.values() for layer in layers)
    return agent, name


async def _run(agent: Agent) -> Result:
    async with asyncio.timeout(PATIENCE):
        return await agent.run("Look at alpha", session="check", user="checker")


async def _runs_and_closes_twice(
    make: Callable[[], object], workspace: Path, settings: Mapping[str, Any]
) -> None:
    recording = RecordingPlugin()
    agent, name = _agent(make, workspace, settings, recording)
    async with agent:
        await _run(agent)
    finished = [event for event in recording.events if isinstance(event, RunFinished)]
    assert len(finished) == 1, f"a run beside {name!r} ended {len(finished)} times"
    await agent.aclose()


async def _stands_failing_neighbours(
    make: Callable[[], object], workspace: Path, settings: Mapping[str, Any]
) -> None:
    agent, name = _agent(make, workspace, settings, _Raising())
    async with agent:
        result = await _run(agent)
    assert result.run_id, f"plugin {name!r} made a run without an id"
    agent, name = _agent(make, workspace, settings, _RaisingAround())
    async with agent:
        blamed = await _blamed(agent)
    assert blamed in {"", "raising"}, f"{name!r} took the error of another for its own"


async def _blamed(agent: Agent) -> str:
    """Return the plugin that a run fails by; `""` where it does not."""
    try:
        await _run(agent)
    except PluginError as error:
        return error.plugin
    return ""


async def _survives_cancellation(
    make: Callable[[], object], workspace: Path, settings: Mapping[str, Any]
) -> None:
    agent, name = _agent(make, workspace, settings)
    async with agent:
        for point in range(POINTS):
            if await _ended_before(agent, point, name):
                break
        await _run(agent)


async def _ended_before(agent: Agent, point: int, name: str) -> bool:
    """Cancel a run after some turns of the event loop; return whether it had ended before."""
    running = asyncio.ensure_future(_run(agent))
    for _ in range(point):
        await asyncio.sleep(0)
    if running.done():
        await running
        return True
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=PATIENCE)
    assert done, f"a run beside {name!r} went on after it was cancelled (after {point} turns)"
    if not running.cancelled():
        made = running.exception() or "a result"
        raise AssertionError(f"{name!r} made {made!r} of a cancellation (after {point} turns)")
    if _was_swallowed(running):
        raise AssertionError(f"{name!r} made nothing of a cancellation (after {point} turns)")
    return False


def _was_swallowed(running: asyncio.Future[Any]) -> bool:
    """Return whether a run ended by itself after a plugin had swallowed its cancellation."""
    try:
        running.result()
    except asyncio.CancelledError as error:
        return error.args == (SWALLOWED,)
    return False
