"""`Agent`: built once, safe to share between tasks, it answers requests of many sessions."""

from __future__ import annotations

import asyncio
import uuid
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar

from coding_agent_sdk.builder import AgentBuilder, AgentSpec
from coding_agent_sdk.core.answers import checked_decisions
from coding_agent_sdk.core.assembly import assemble
from coding_agent_sdk.core.channel import Channel
from coding_agent_sdk.core.embed import embed
from coding_agent_sdk.core.opened import OpenedAgent
from coding_agent_sdk.core.private_loop import PrivateLoop, submit
from coding_agent_sdk.core.stream import RunStream
from coding_agent_sdk.errors import (
    AgentClosedError,
    RequestError,
    UnknownNameError,
    WrongLoopError,
)
from coding_agent_sdk.hooks.explain import explain
from coding_agent_sdk.tools.langchain_tool import as_tool
from coding_agent_sdk.types.requests import Request
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
    from types import TracebackType

    from langgraph.graph.state import CompiledStateGraph

    from coding_agent_sdk.config import LoadedSettings
    from coding_agent_sdk.core.engine import Engine
    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.hooks.explain import Explanation
    from coding_agent_sdk.types.context import History
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.requests import Result

T = TypeVar("T")


class Agent:
    """A coding agent for one workspace.

    Example:
        ```python
        agent = Agent.builder().workspace("./my-repo").mode("ask").build()
        async with agent:
            result = await agent.run("Analyze the code", session="s1")
            print(result.text)
        ```

    An agent belongs to the event loop on which it was entered. Without `async with` the first
    run enters it, and the end of the loop closes it. `run_sync` needs no loop.

    Args:
        spec: What it is made of; `Agent.builder()` says it step by step.

    Raises:
        ConfigError: Something of it is wrong; the message says what and how to mend it.
    """

    def __init__(self, spec: AgentSpec | None = None) -> None:
        spec = spec or AgentSpec()
        self._own_tools = tuple(as_tool(tool) for tool in spec.tools)
        self._assembly = assemble(
            settings=spec.settings,
            config_file=spec.config_file,
            project=spec.project,
            own_model=spec.own_model,
            approver=spec.approver,
            plugins=spec.plugins,
            without=spec.without,
            entry_points=spec.entry_points,
        )
        self._tasks: set[object] = set()
        self._opened: OpenedAgent | None = None
        self._opening: asyncio.Future[OpenedAgent] | None = None
        self._waiting = 0
        self._keeper: AsyncGenerator[None] | None = None
        self._private: PrivateLoop | None = None
        self._closed = False

    @classmethod
    def builder(cls) -> AgentBuilder[Self]:
        """Return a builder of an agent."""
        return AgentBuilder(cls)

    # -- asking ----------------------------------------------------------------------------------

    async def run(
        self,
        text: str,
        *,
        session: str | None = None,
        user: str = "",
        seconds: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result:
        """Answer a request.

        Args:
            text: What is asked.
            session: The conversation that it belongs to; None begins a new one.
            user: Who asks.
            seconds: Wall time that it may take; None for the agent's limit.
            metadata: Anything that plugins should see.

        Returns:
            The result; its `status` says how the run ended: `completed`, `blocked`,
            `awaiting_approval`, `budget_exceeded` or `timed_out`.

        Raises:
            AgentError: The run failed; `.result` holds what there is of it.
        """
        request = _request(text, session, user, metadata)
        return await (await self._engine()).run(request, seconds=seconds)

    def stream(
        self,
        text: str,
        *,
        session: str | None = None,
        user: str = "",
        seconds: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> RunStream:
        """Answer a request and give its events while it runs; the arguments are those of `run`."""
        request = _request(text, session, user, metadata)
        channel = Channel()

        async def start() -> Result:
            engine = await self._engine()
            return await engine.run(request, channel=channel, seconds=seconds)

        return RunStream(channel, start, tasks=self._tasks)

    def run_sync(
        self,
        text: str,
        *,
        session: str | None = None,
        user: str = "",
        seconds: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result:
        """Answer a request and wait: in scripts and notebooks, with or without a running loop.

        Raises:
            WrongLoopError: It was called on the thread of the agent's own loop; use `await`.
        """
        return self.wait_for(
            self.run(text, session=session, user=user, seconds=seconds, metadata=metadata)
        )

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine of this agent where `await` is not possible, as `run_sync` does.

        Example:
            ```python
            result = agent.wait_for(agent.resume("s1", {"call-1": Approve()}))
            ```

        Raises:
            WrongLoopError: It was called on the thread of the agent's own loop; use `await`.
        """
        if self._closed:
            work.close()
            raise AgentClosedError("the agent is closed; build another")
        owner = self._opened.loop if self._opened else None
        try:
            running: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if owner is not None and owner is running:
            work.close()
            raise WrongLoopError(
                "run_sync and wait_for would block the agent's own event loop, on which they were "
                "called; use `await agent.run(…)`",
            )
        if owner is not None:
            return submit(owner, work)
        if self._private is None:
            self._private = PrivateLoop()
            weakref.finalize(self, _stop, self._private)
        return self._private.run(work)

    async def resume(
        self,
        session: str,
        decisions: Mapping[str, Approval] | None = None,
        *,
        user: str = "",
        seconds: float | None = None,
    ) -> Result:
        """Go on with the session's unfinished run, from another process too.

        Args:
            session: The conversation.
            decisions: `Approve`, `Reject` or `Edit` for pending calls, by call id.
            user: Who asks.
            seconds: Wall time that it may take; None for the agent's limit.

        Raises:
            NothingToResumeError: The session has no unfinished run.
            RequestError: *decisions* holds something else.
            UnknownNameError: *decisions* answers a call that does not wait.
        """
        request = Request(text="", session=session, user=user)
        answers = checked_decisions(decisions)
        engine = await self._engine()
        return await engine.run(request, decisions=answers, seconds=seconds)

    def resume_stream(
        self,
        session: str,
        decisions: Mapping[str, Approval] | None = None,
        *,
        user: str = "",
        seconds: float | None = None,
    ) -> RunStream:
        """Go on with the session's unfinished run and give its events; see `resume`."""
        request = Request(text="", session=session, user=user)
        channel = Channel()
        answers = checked_decisions(decisions)

        async def start() -> Result:
            engine = await self._engine()
            return await engine.run(request, channel=channel, decisions=answers, seconds=seconds)

        return RunStream(channel, start, tasks=self._tasks)

    async def pending(self, session: str, *, user: str = "") -> tuple[ApprovalRequest, ...]:
        """Return the calls of the session's unfinished run that wait for approval."""
        return await (await self._engine()).pending(session, user=user)

    async def run_request(self, request: Request) -> Result:
        """Answer a request that the caller made as a value."""
        return await (await self._engine()).run(request)

    async def history(self, session: str, *, user: str = "") -> History | None:
        """Return the session so far; None where no plugin keeps sessions."""
        return await (await self._engine()).history(session, user=user)

    @property
    def graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agent as a graph `messages → messages`, to be a node of another LangGraph graph.

        `configurable` takes `session` (or `thread_id`) and `user`. All checks hold in it.
        """
        return embed(self)

    # -- looking inside ----------------------------------------------------------------------------

    @property
    def settings(self) -> LoadedSettings:
        """The settings, with the origin of each."""
        return self._assembly.loaded

    @property
    def model(self) -> str:
        """`provider:name` of the model."""
        return self._assembly.model

    @property
    def model_origin(self) -> str:
        """Why it is this model: where it was set, or which key was found."""
        return self._assembly.model_origin

    def plugin(self, name: str) -> Any:
        """Return one of the agent's plugins, to ask it for what it offers beside its hooks.

        Raises:
            UnknownNameError: The agent has no plugin of that name.
        """
        plugins = {loaded.name: loaded.plugin for loaded in self._assembly.plugins.loaded}
        if name not in plugins:
            raise UnknownNameError("plugin of this agent", name, plugins)
        return plugins[name]

    @property
    def slash_commands(self) -> Mapping[str, Callable[..., Any]]:
        """What its plugins offer as slash commands of a chat, by name, sorted."""
        return self._assembly.commands.commands(slash=True)

    def context(self, plugin: str) -> AgentContext:
        """Return the agent as one of its plugins sees it, for a command of that plugin."""
        return self._assembly.backends.context(plugin)

    async def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend: `await agent.backend("memory")`."""
        await self._engine()
        return self._assembly.backends.backend(kind, name)

    def explain(self) -> Explanation:
        """Return what the agent is made of: plugins, chains, backends, and, when open, tools."""
        assembly, values = self._assembly, self._assembly.loaded.settings
        memory = (values.memory or "sqlite") if assembly.backends.has("memory") else "none"
        title = (
            f"coding_agent_sdk {__version__} · model {assembly.model} · "
            f"memory {memory.partition(':')[0]} · executor {values.executor} · mode {values.mode}"
        )
        tools = self._opened.engine.services.tools if self._opened else {}
        weak: tuple[str, ...] = ()
        if values.executor == "host":
            weak = ("commands run on this machine, with your rights and without a sandbox",)
        return explain(
            title,
            assembly.dispatcher,
            assembly.plugins,
            assembly.registry,
            tools={name: tool.effect for name, tool in tools.items()},
            weak=weak,
        )

    async def manage_user_data(self, user: str, action: str) -> dict[str, Any]:
        """Have every plugin answer for the data it keeps of a user.

        Args:
            user: The user.
            action: `export`, `forget` or `prune`.

        Returns:
            The answer of each plugin by its name; a failure is `{"error": …}`.
        """
        if action not in {"export", "forget", "prune"}:
            raise RequestError(f"unknown action {action!r} (known: export, forget, prune)")
        await self._engine()
        assembly = self._assembly
        return await assembly.dispatcher.manage_user_data(assembly.backends.context, user, action)

    # -- life ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open what the agent needs, on this loop."""
        await self._engine(kept=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel running runs and close everything; the agent cannot be used afterwards."""
        self._closed = True
        opened, self._opened = self._opened, None
        if opened is not None:
            if opened.loop is not asyncio.get_running_loop():
                self._opened = opened
                raise WrongLoopError("the agent was opened on another event loop; close it there")
            await opened.aclose()

    def close(self) -> None:
        """Close an agent that was used by `run_sync`."""
        private, self._private = self._private, None
        if private is None:
            self._closed = True
            return
        private.run(self.aclose())
        private.stop()

    async def _engine(self, *, kept: bool = True) -> Engine:
        """Return the core, opened on this loop; the first call opens it."""
        if self._closed:
            raise AgentClosedError("the agent is closed; build another")
        loop = asyncio.get_running_loop()
        if self._opened is None:
            if self._opening is None or self._opening.get_loop() is not loop:
                self._opening = asyncio.ensure_future(self._open())
            opened = await self._wait_until_open(self._opening)
            if kept and self._keeper is None:
                self._keeper = self._until_loop_ends()
                await anext(self._keeper)
        else:
            opened = self._opened
        if opened.loop is not loop:
            raise WrongLoopError(
                "the agent belongs to another event loop, on which it was opened; use it there, "
                "or build one agent for each loop",
            )
        return opened.engine

    async def _wait_until_open(self, opening: asyncio.Future[OpenedAgent]) -> OpenedAgent:
        """Wait with others; the last one to go away takes the opening with it."""
        self._waiting += 1
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            if self._waiting == 1 and not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
            raise
        finally:
            self._waiting -= 1

    async def _open(self) -> OpenedAgent:
        try:
            opened = OpenedAgent(self._assembly, self._own_tools, tasks=self._tasks)
            await opened.open()
        finally:
            self._opening = None
        self._opened = opened
        return opened

    async def _until_loop_ends(self) -> AsyncGenerator[None]:
        # asyncio closes suspended async generators before it closes their loop: the one hook
        # that an event loop offers for its end.
        try:
            yield
        finally:
            self._keeper = None
            opened, self._opened = self._opened, None
            if opened is not None:
                await opened.aclose()


def _stop(private: PrivateLoop) -> None:
    private.stop()


def _request(
    text: object, session: str | None, user: str, metadata: Mapping[str, Any] | None
) -> Request:
    if not isinstance(text, str):
        raise RequestError(f"a request is text, not {type(text).__name__}")
    if not text.strip():
        raise RequestError("the request is empty; say what the agent should do")
    if session is not None and (not session.strip() or len(session) > _LONGEST_SESSION):
        raise RequestError(
            f"a session's name has 1 to {_LONGEST_SESSION} characters; got {len(session)}"
        )
    name = session or f"s-{uuid.uuid4().hex[:12]}"
    return Request(text=text, session=name, user=user, metadata=metadata or {})


_LONGEST_SESSION = 200
