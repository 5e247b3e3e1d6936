"""`Agent`: built once, safe to share between tasks, it answers requests of many sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, Self

from coding_agent_sdk.builder import AgentBuilder, AgentSpec
from coding_agent_sdk.core.answers import checked_decisions
from coding_agent_sdk.core.asking import checked_request
from coding_agent_sdk.core.assembly import assemble
from coding_agent_sdk.core.channel import Channel
from coding_agent_sdk.core.embed import embed
from coding_agent_sdk.core.explaining import explain_agent
from coding_agent_sdk.core.lifetime import Lifetime
from coding_agent_sdk.core.stream import RunStream
from coding_agent_sdk.core.structured import checked_output
from coding_agent_sdk.errors import RequestError, UnknownNameError
from coding_agent_sdk.tools.langchain_tool import as_tool
from coding_agent_sdk.tools.run_diff import diff_of
from coding_agent_sdk.types.log import messages_said
from coding_agent_sdk.types.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import BaseMessage
    from langgraph.graph.state import CompiledStateGraph
    from typing_extensions import TypeVar

    from coding_agent_sdk.config import LoadedSettings
    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.hooks.explain import Explanation
    from coding_agent_sdk.types.context import History
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.requests import Result
    from coding_agent_sdk.types.undo import Undone

    T = TypeVar("T", default=Any)


class Agent(Lifetime):
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
        own_tools = tuple(as_tool(tool) for tool in spec.tools)
        assembly = assemble(
            settings=spec.settings,
            said_by=spec.said_by,
            config_file=spec.config_file,
            project=spec.project,
            own_model=spec.own_model,
            approver=spec.approver,
            plugins=spec.plugins,
            without=spec.without,
            entry_points=spec.entry_points,
        )
        super().__init__(assembly, own_tools)

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
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> Result[T]:
        """Answer a request.

        Args:
            text: What is asked.
            session: The conversation that it belongs to; None begins a new one.
            user: Who asks.
            seconds: Wall time that it may take; None for the agent's limit.
            metadata: Anything that plugins should see.
            output: A type that pydantic can validate, or a JSON schema; the answer is to be one of
                it, and comes as `result.output`. It is asked for again where it does not fit
                (`output_retries`).

        Returns:
            The result; its `status` says how the run ended: `completed`, `blocked`,
            `awaiting_approval`, `budget_exceeded` or `timed_out`.

        Raises:
            RequestError: The request, a name that it comes with, or *output* cannot be used.
            MissingExtraError: *output* is a JSON schema, and the extra `schema` is not installed.
            OutputError: The model gave no answer that fits *output*.
            AgentError: The run failed; `.result` holds what there is of it.
        """
        request = checked_request(text, session, user, metadata, output)
        return await (await self._engine()).run(request, seconds=seconds)

    def stream(
        self,
        text: str,
        *,
        session: str | None = None,
        user: str = "",
        seconds: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> RunStream[T]:
        """Answer a request and give its events while it runs; the arguments are those of `run`."""
        request = checked_request(text, session, user, metadata, output)
        channel = Channel()

        async def start() -> Result[T]:
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
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> Result[T]:
        """Answer a request and wait: in scripts and notebooks, with or without a running loop.

        Raises:
            WrongLoopError: It was called on the thread of the agent's own loop; use `await`.
        """
        return self.wait_for(
            self.run(
                text, session=session, user=user, seconds=seconds, metadata=metadata, output=output
            )
        )

    async def resume(
        self,
        session: str,
        decisions: Mapping[str, Approval] | None = None,
        *,
        user: str = "",
        seconds: float | None = None,
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> Result[T]:
        """Go on with the session's unfinished run, from another process too.

        Args:
            session: The conversation.
            decisions: `Approve`, `Reject` or `Edit` for pending calls, by call id.
            user: Who asks.
            seconds: Wall time that it may take; None for the agent's limit.
            output: What the answer is to be, as the run was asked for it.

        Raises:
            NothingToResumeError: The session has no unfinished run.
            RequestError: *decisions* holds something else.
            UnknownNameError: *decisions* answers a call that does not wait.
        """
        checked_output(output)
        request = Request(text="", session=session, user=user, output=output)
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
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> RunStream[T]:
        """Go on with the session's unfinished run and give its events; see `resume`."""
        checked_output(output)
        request = Request(text="", session=session, user=user, output=output)
        channel = Channel()
        answers = checked_decisions(decisions)

        async def start() -> Result[T]:
            engine = await self._engine()
            return await engine.run(request, channel=channel, decisions=answers, seconds=seconds)

        return RunStream(channel, start, tasks=self._tasks)

    async def pending(self, session: str, *, user: str = "") -> tuple[ApprovalRequest, ...]:
        """Return the calls of the session's unfinished run that wait for approval."""
        return await (await self._engine()).pending(session, user=user)

    def resume_sync(
        self,
        session: str,
        decisions: Mapping[str, Approval] | None = None,
        *,
        user: str = "",
        seconds: float | None = None,
        output: type[T] | Mapping[str, Any] | None = None,
    ) -> Result[T]:
        """Go on with the session's unfinished run and wait; see `resume` and `run_sync`."""
        return self.wait_for(
            self.resume(session, decisions, user=user, seconds=seconds, output=output)
        )

    def pending_sync(self, session: str, *, user: str = "") -> tuple[ApprovalRequest, ...]:
        """Return the calls that wait for approval, and wait for them; see `run_sync`."""
        return self.wait_for(self.pending(session, user=user))

    async def run_request(self, request: Request) -> Result[Any]:
        """Answer a request that the caller made as a value."""
        checked_output(request.output)
        return await (await self._engine()).run(request)

    async def history(self, session: str, *, user: str = "") -> History | None:
        """Return the session so far as the model was sent it; None where no plugin keeps sessions.

        `transcript` has it as people read it.
        """
        return await (await self._engine()).history(session, user=user)

    async def transcript(self, session: str, *, user: str = "") -> tuple[BaseMessage, ...]:
        """Return all that was said in a session, oldest first, without attached context.

        Args:
            session: The conversation; one that is not kept is empty.
            user: Who asks; another user's session is refused as `history` refuses it.
        """
        history = await self.history(session, user=user)
        if history is None or not self._assembly.backends.has("memory"):
            return () if history is None else history.messages
        stored = await (await self.backend("memory")).load(session)
        return tuple(messages_said(each.entry for each in stored))

    async def diff(self, run_id: str, *, user: str = "") -> str:
        """Return what a run changed by tools and commands, up to what is there now, as a diff.

        Secrets are taken out of it as of an answer. Files that git ignores are not in it; what was
        changed and not kept is named.

        Raises:
            UndoError: Nothing of that run is known.
            UnknownNameError: The agent was built without the plugin `undo`.
        """
        await self._engine()
        context = self.context("undo")
        changes = await self.plugin("undo").changes(context, run_id, user=user)
        return await asyncio.to_thread(lambda: context.redact(diff_of(changes), sink="response"))

    async def undo(
        self,
        run_id: str,
        *,
        user: str = "",
        conflicts: Literal["refuse", "skip", "overwrite"] = "refuse",
    ) -> Undone:
        """Put the files that tools and commands changed in a run back as they were before it.

        All of them or none: where one cannot be put back, none is. Files that git ignores and what
        git itself keeps are not looked at; `Undone.not_covered` has what was not kept.

        Args:
            run_id: The run, as its result names it.
            user: Whose run it was.
            conflicts: What becomes of files that were changed since: `refuse` changes nothing,
                `skip` leaves those files, `overwrite` puts them back, too.

        Raises:
            UndoError: Nothing of that run is known, or files were changed since (`.files`).
            UnknownNameError: The agent was built without the plugin `undo`.
        """
        await self._engine()
        undone: Undone = await self.plugin("undo").undo(
            self.context("undo"), run_id, user=user, conflicts=conflicts
        )
        return undone

    async def last_changed_run(self, *, user: str = "") -> str | None:
        """Return the newest run of *user* that changed something in the workspace; None for none.

        Raises:
            UnknownNameError: The agent was built without the plugin `undo`.
        """
        await self._engine()
        run_id: str | None = await self.plugin("undo").newest(self.context("undo"), user=user)
        return run_id

    @property
    def graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agent as a graph `messages → messages`, to be a node of another LangGraph graph.

        `configurable` takes `session` (or `thread_id`) and `user`. All checks hold in it.
        """
        return embed(self)

    async def check_names(self, session: str = "", *, user: str = "") -> None:
        """Refuse names that no run may have, before anything shows them; every run does so itself.

        Names stand as they are in stores, traces and logs, so none may hold what the agent's
        plugins redact, nor line breaks, control, invisible or turning characters.

        Args:
            session: Name of a conversation; `""` for none.
            user: Who asks; `""` for nobody.

        Raises:
            RequestError: One of them holds such a character.
            SecretNameError: One of them holds a secret; the message does not repeat it.
        """
        (await self._engine()).check_names(session, user=user)

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
        return explain_agent(self._assembly, self._opened)

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
        if not isinstance(user, str):
            raise RequestError(f'a user is text, not {type(user).__name__}; "" is nobody')
        await self._engine()
        assembly = self._assembly
        return await assembly.dispatcher.manage_user_data(assembly.backends.context, user, action)
