"""The commands `run` and `resume`: build the agent, show its events, say how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from coding_agent_sdk.cli.approving import TerminalApprover
from coding_agent_sdk.cli.exits import code_of_status
from coding_agent_sdk.cli.following import follow
from coding_agent_sdk.cli.interrupts import Interrupted
from coding_agent_sdk.cli.ndjson import json_line
from coding_agent_sdk.cli.options import AgentOptions, command_line
from coding_agent_sdk.cli.render import Renderer, describe_call, summary
from coding_agent_sdk.cli.schema_file import read_schema
from coding_agent_sdk.cli.sessions import known_session, newest_session, require_same_workspace
from coding_agent_sdk.cli.terminal import Terminal
from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.events import ApprovalRequested, RunFinished
from coding_agent_sdk.text.plain import one_line
from coding_agent_sdk.types.decisions import Approve, Reject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.cli.process import Process
    from coding_agent_sdk.core.stream import RunStream
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest

__all__ = ["RunOptions", "resume_session", "run_request"]

_RESUMABLE: Final = frozenset({"budget_exceeded", "cancelled", "timed_out"})


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What the command line says about a run.

    Attributes:
        agent: The agent.
        session: The conversation; None begins a new one.
        user: Who asks.
        go_on: Take the newest session of this user and workspace.
        json: Write events as JSON.
        stream: Show texts while they are written.
        schema: The file of the JSON schema that the answer has to fit; None for words.
        record: Where the conversation is kept as a cassette; None for nowhere.
        terminal: What is written to.
    """

    agent: AgentOptions
    session: str | None = None
    user: str = ""
    go_on: bool = False
    json: bool = False
    stream: bool = True
    schema: Path | None = None
    record: Path | None = None
    terminal: Terminal = field(default_factory=Terminal)

    def arguments(self) -> list[str]:
        """Return the options that another command needs to go on with the same."""
        user = ["--user", self.user] if self.user else []
        schema = ["--output-schema", str(self.schema.absolute())] if self.schema else []
        return [*user, *schema, *self.agent.arguments()]


class View(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Show an event."""
        ...


def run_request(text: str, options: RunOptions, process: Process) -> int:
    """Run a request, and return the exit code.

    Raises:
        AgentError: The agent cannot be built, or the run failed.
        Interrupted: A signal came before the run had begun.
    """

    async def start(agent: Agent) -> RunStream:
        session = options.session
        await agent.check_names(session or "", user=options.user)
        if session is None and options.go_on:
            session = await newest_session(agent, user=options.user)
        return agent.stream(text, session=session, user=options.user, output=running.schema)

    running = _Running(options, process)
    return running.to_end(start)


def resume_session(
    options: RunOptions,
    process: Process,
    *,
    approve: Sequence[str] = (),
    reject: Sequence[str] = (),
    reason: str = "",
) -> int:
    """Go on with a session's unfinished run, and return the exit code.

    Args:
        options: `session` names the conversation.
        process: The program.
        approve: Ids of the calls to run, or `all`.
        reject: Ids of the calls not to run, or `all`.
        reason: What the model is told about rejected calls.

    Raises:
        RequestError: A call is both approved and rejected.
        AgentError: The session has nothing to go on with, or the run failed.
        Interrupted: A signal came before the run had begun.
    """
    if both := sorted(set(approve) & set(reject)):
        raise RequestError(
            f"--approve and --reject both name {', '.join(map(repr, both))}; name each call once "
            "(--approve all --reject ID runs all but that one)"
        )
    session = options.session or ""
    running = _Running(options, process)

    async def start(agent: Agent) -> RunStream | None:
        await agent.check_names(session, user=options.user)
        await known_session(agent, session)
        await require_same_workspace(agent, session, chosen=options.agent.workspace is not None)
        pending = await agent.pending(session, user=options.user)
        decisions = _decisions(pending, approve=approve, reject=reject, reason=reason)
        if pending and not decisions and running.approver is None:
            running.wait_for_approval(session, pending)
            return None
        return agent.resume_stream(session, decisions, user=options.user, output=running.schema)

    return running.to_end(start)


def _decisions(
    pending: Sequence[ApprovalRequest],
    *,
    approve: Sequence[str],
    reject: Sequence[str],
    reason: str,
) -> dict[str, Approval]:
    everything = [request.call.id for request in pending]
    refused = Reject(reason) if reason else Reject()
    decisions: dict[str, Approval] = {}
    if "all" in approve:
        decisions.update(dict.fromkeys(everything, Approve()))
    if "all" in reject:
        decisions.update(dict.fromkeys(everything, refused))
    decisions.update({name: Approve() for name in approve if name != "all"})
    decisions.update({name: refused for name in reject if name != "all"})
    return decisions


class _Running:
    """One run of the program's agent, from building it to the exit code."""

    def __init__(self, options: RunOptions, process: Process) -> None:
        self._options = options
        self._terminal = options.terminal
        self._interrupts = process.interrupts
        self._finished: RunFinished | None = None
        self._held: RunFinished | None = None
        self._pending: tuple[ApprovalRequest, ...] = ()
        self.approver: TerminalApprover | None = None
        self.schema = None if options.schema is None else read_schema(options.schema)
        self._view: View
        if options.json:
            self._view = process.write_events(deltas=options.stream)
        else:
            # Words on the way to the JSON, or around it, are none of the answer.
            renderer = Renderer(self._terminal, stream=options.stream and self.schema is None)
            self._view = renderer
            if self._terminal.can_ask:
                self.approver = TerminalApprover(
                    self._terminal, pause=renderer.pause, interrupts=self._interrupts
                )

    def to_end(self, start: Callable[[Agent], Awaitable[RunStream | None]]) -> int:
        agent = self._options.agent.build(approver=self.approver, plugins=self._plugins())
        try:
            asyncio.run(self._follow(agent, start))
        except asyncio.CancelledError:
            raise Interrupted from None
        return self._ended()

    def _plugins(self) -> Sequence[object]:
        if self._options.record is None:
            return ()
        from coding_agent_sdk.testing.cassette_recorder import CassetteRecorder

        return (CassetteRecorder(self._options.record),)

    async def _follow(
        self, agent: Agent, start: Callable[[Agent], Awaitable[RunStream | None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        with self._interrupts.stopping(lambda: loop.call_soon_threadsafe(task.cancel)):
            async with agent:
                stream = await start(agent)
                if stream is None:
                    return
                async with stream:
                    try:
                        self._finished = await follow(
                            stream, self._show, stopping=self._interrupts.stopping
                        )
                    finally:
                        self._show_held(stream)
                if self._finished is not None and self._finished.status == "awaiting_approval":
                    self._pending = stream.result.pending

    def _show(self, event: Event) -> None:
        if self.schema is not None and isinstance(event, RunFinished) and not event.parent_run_id:
            self._held = event  # until the result is there
        else:
            self._view.show(event)

    def _show_held(self, stream: RunStream) -> None:
        """Show how a run ended with the JSON that was asked for, without words around it."""
        event = self._held
        if event is None:
            return
        if event.status == "completed":
            event = replace(event, text=json_line(stream.result.output))
        elif not self._options.json:
            event = replace(event, text="")  # who reads standard output expects JSON or nothing
        self._view.show(event)

    # -- the end ---------------------------------------------------------------------------------

    def wait_for_approval(self, session: str, pending: tuple[ApprovalRequest, ...]) -> None:
        """End without a run: calls wait, and there is nobody to ask."""
        reason = f"{len(pending)} tool call(s) wait for approval, and there is nobody to ask"
        finished = RunFinished(status="awaiting_approval", text="", reason=reason, session=session)
        for event in (ApprovalRequested(requests=pending, session=session), finished):
            self._view.show(event)
        self._finished, self._pending = finished, pending

    def _ended(self) -> int:
        finished = self._finished
        assert finished is not None
        if finished.status == "cancelled":
            self._say_interrupted(finished)
            return self._interrupts.exit_code
        if finished.status not in {"completed", "awaiting_approval"}:
            self._terminal.error(finished.reason, label=finished.status.replace("_", " "))
        if finished.status == "awaiting_approval":
            self._say_pending(finished)
        elif not self._options.json:
            self._terminal.note(f"{summary(finished)}\n{self._go_on(finished)}", style="dim")
        return code_of_status(finished.status)

    def _say_interrupted(self, finished: RunFinished) -> None:
        self._terminal.error(f"session {finished.session}", label="interrupted")
        if not self._options.json:
            self._terminal.note(self._go_on(finished), style="dim")

    def _say_pending(self, finished: RunFinished) -> None:
        terminal, options = self._terminal, self._options
        count = len(self._pending)
        terminal.error(f"{count} call(s) of session {finished.session}", label="approval needed")
        for request in self._pending:
            call = describe_call(request.call)
            call.append(f"\n    id {one_line(request.call.id, width=200)}: ", style="dim")
            call.append(one_line(request.reason, width=200), style="dim")
            terminal.say(call)
        rest = options.arguments()
        ids = [word for request in self._pending for word in ("--approve", request.call.id)]
        resume = ("resume", finished.session)
        terminal.error(command_line(*resume, *ids, *rest), label="to approve")
        no = [word if word != "--approve" else "--reject" for word in ids]
        terminal.error(command_line(*resume, *no, *rest), label="to reject")

    def _go_on(self, finished: RunFinished) -> str:
        rest = self._options.arguments()
        if finished.status in _RESUMABLE:  # a new request would give it up
            return f"go on: {command_line('resume', finished.session, *rest)}"
        return f'go on: {command_line("run", "--session", finished.session, *rest)} "..."'
