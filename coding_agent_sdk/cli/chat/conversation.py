"""The agent of a chat and the session that it talks in; either can be changed on the way."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Self

from coding_agent_sdk import events
from coding_agent_sdk.cli.chat.secrets import Secrets
from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from types import TracebackType

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.cli.approving import TerminalApprover
    from coding_agent_sdk.cli.options import AgentOptions
    from coding_agent_sdk.core.stream import RunStream
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.protocols import MemoryStore

__all__ = ["Conversation"]


class Conversation:
    """One agent, kept over the whole chat, and the session of the next message.

    An agent is immutable: where the model or the mode is changed, another one takes its place and
    goes on in the same session.

    Args:
        options: What the command line says about the agent.
        user: Who talks.
        session: The session; None begins a new one with the first message.
        approver: Who is asked; None for nobody.
    """

    def __init__(
        self,
        options: AgentOptions,
        *,
        user: str = "",
        session: str | None = None,
        approver: TerminalApprover | None = None,
    ) -> None:
        self.options = options
        self.user = user
        self.session = session
        self.approver = approver
        self.agent: Agent = options.build(approver=approver)
        self.changed: dict[str, str] = {}
        """What the runs of this chat changed: the paths, each with how."""
        self.commands = 0
        """How many commands they ran, none that was denied: what they changed is not told."""
        self.run_id = ""
        """The newest run of the chat."""
        self.usage = Usage()
        """What they took in this session."""

    async def __aenter__(self) -> Self:
        """Open the agent."""
        await self.agent.__aenter__()
        self._know_tools()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.agent.aclose()

    # -- talking -----------------------------------------------------------------------------------

    def send(self, text: str) -> RunStream:
        """Return the run that answers a message."""
        return self.agent.stream(text, session=self.session, user=self.user)

    def resume(self) -> RunStream:
        """Return the run that goes on with the unfinished one of the session."""
        return self.agent.resume_stream(self.session or "", user=self.user)

    def saw(self, event: Event) -> None:
        """Take notice of an event of a run."""
        if isinstance(event, events.FileChanged):
            self.changed[event.path] = event.kind
        elif isinstance(event, events.ToolCallFinished):
            self.commands += event.name == "run_cmd" and event.status != "denied"
        elif event.parent_run_id is not None:
            return
        elif isinstance(event, events.RunStarted):
            self.session, self.run_id = event.session, event.run_id
        elif isinstance(event, events.RunFinished):
            self.usage += event.usage

    # -- changing ----------------------------------------------------------------------------------

    def switch(self, session: str | None) -> None:
        """Go on in another session; None begins a new one."""
        self.session = session
        self.usage = Usage()
        if self.approver is not None:
            self.approver.forget()

    async def change(self, **options: Any) -> None:
        """Put an agent with other options in the place of this one.

        Raises:
            AgentError: It cannot be built or opened; then everything stays as it was.
        """
        changed = dataclasses.replace(self.options, **options)
        agent = changed.build(approver=self.approver)
        await agent.__aenter__()
        try:
            if agent.settings.settings.memory == "memory://":
                await _copy_sessions(await self.store(), await agent.backend("memory"))
        except BaseException:
            await agent.aclose()
            raise
        before, self.agent, self.options = self.agent, agent, changed
        self._know_tools()
        await before.aclose()

    def _know_tools(self) -> None:
        if self.approver is not None:
            self.approver.effects = self.agent.explain().tools

    # -- looking -----------------------------------------------------------------------------------

    @property
    def knows_of_commands(self) -> bool:
        """Whether what commands change is told: they are watched to be undone."""
        try:
            settings = self.agent.context("undo").settings
        except UnknownNameError:
            return False
        return bool(settings is not None and settings.commands)

    @property
    def keeps_sessions(self) -> bool:
        """Whether what was said before is known to the next run."""
        return self.agent.settings.settings.memory != "none"

    async def store(self) -> MemoryStore:
        """Return the store of the sessions."""
        store: MemoryStore = await self.agent.backend("memory")
        return store

    async def knows(self, session: str) -> bool:
        """Return whether anything of a session is kept."""
        return self.keeps_sessions and bool(await (await self.store()).tail(session, limit=1))

    def conceals(self, text: str) -> bool:
        """Return whether *text* holds what must not be kept."""
        return self.secrets.has(text)

    @property
    def secrets(self) -> Secrets:
        """What must not be kept or shown."""
        return Secrets(self.agent.settings.secrets())


async def _copy_sessions(source: MemoryStore, target: MemoryStore) -> None:
    """Copy what is kept nowhere but in the agent that goes."""
    for info in reversed(await source.sessions()):
        entries = [stored.entry for stored in await source.load(info.session)]
        await target.append(info.session, entries, user=info.user)
