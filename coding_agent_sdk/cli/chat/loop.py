"""A chat from its first line to its last."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.approving import TerminalApprover
from coding_agent_sdk.cli.chat.choosing import choose_session, go_on_in
from coding_agent_sdk.cli.chat.commands import slash_commands
from coding_agent_sdk.cli.chat.conversation import Conversation
from coding_agent_sdk.cli.chat.input import open_lines
from coding_agent_sdk.cli.chat.slash import completions, parse, unknown
from coding_agent_sdk.cli.chat.state import Chat
from coding_agent_sdk.cli.chat.stopping import Stopped, stoppable
from coding_agent_sdk.cli.chat.turns import Turns
from coding_agent_sdk.cli.chat.view import ChatView
from coding_agent_sdk.cli.exits import ExitCode, code_of_status
from coding_agent_sdk.cli.failing import error_message
from coding_agent_sdk.cli.interrupts import Interrupted
from coding_agent_sdk.cli.options import AgentOptions, OutputOptions, command_line
from coding_agent_sdk.cli.sessions import newest_session
from coding_agent_sdk.cli.typed_lines import TypedLines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.cli.interrupts import Interrupts
    from coding_agent_sdk.cli.process import Process

__all__ = ["ChatOptions", "run_chat"]

_LEAVE: Final = "press Ctrl-D or write /quit to leave"


@dataclass(frozen=True, kw_only=True)
class ChatOptions:
    """What the command line says about a chat.

    Attributes:
        agent: The agent.
        output: What is shown.
        message: The first message; `""` for none.
        session: The session to begin or to go on in; None for a new one.
        go_on: Take the newest session of this user and workspace.
        choose: Ask which session.
        user: Who talks.
    """

    agent: AgentOptions
    output: OutputOptions = field(default_factory=OutputOptions)
    message: str = ""
    session: str | None = None
    go_on: bool = False
    choose: bool = False
    user: str = ""


def run_chat(options: ChatOptions, process: Process) -> int:
    """Talk until the input ends or somebody quits, and return the exit code.

    Raises:
        AgentError: The agent cannot be built or opened, or the session cannot be gone on in.
        Interrupted: SIGTERM or SIGHUP ended it.
    """
    try:
        return asyncio.run(_Talk(options, process.interrupts).to_end())
    except asyncio.CancelledError:
        raise Interrupted from None


class _Talk:
    """One chat of the program."""

    def __init__(self, options: ChatOptions, interrupts: Interrupts) -> None:
        self._options = options
        self._interrupts = interrupts
        terminal = options.output.terminal
        typed = TypedLines()
        view = ChatView(terminal, stream=options.output.stream)
        approver = None
        if terminal.can_ask:
            approver = TerminalApprover(
                terminal, pause=view.pause, interrupts=interrupts, lines=typed
            )
        conversation = Conversation(
            options.agent, user=options.user, session=options.session, approver=approver
        )
        self._chat = Chat(
            conversation=conversation,
            turns=Turns(conversation, terminal=terminal, view=view, interrupts=interrupts),
            lines=open_lines(
                typed, terminal, conversation, interrupts=interrupts, complete=self._complete
            ),
            terminal=terminal,
        )

    async def to_end(self) -> int:
        """Talk to the end."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        with self._interrupts.stopping(lambda: loop.call_soon_threadsafe(task.cancel)):
            async with self._chat.conversation:
                self._greet()
                with contextlib.suppress(Stopped):
                    await self._begin()
                if self._options.message:
                    await self._answer(self._options.message)
                await self._talk()
        self._say_goodbye()
        if self._chat.lines.asks:
            return ExitCode.COMPLETED
        return code_of_status(self._chat.turns.status)

    # -- the beginning and the end -----------------------------------------------------------------

    def _greet(self) -> None:
        agent, terminal = self._chat.conversation.agent, self._chat.terminal
        values = agent.settings.settings
        terminal.note(f"{agent.model} - {values.workspace} - mode {values.mode}", style="dim")
        if self._chat.lines.asks:
            terminal.note(f"/help lists the commands; {_LEAVE}", style="dim")
        if not self._chat.conversation.keeps_sessions:
            terminal.note("memory is 'none': each message is answered by itself", style="yellow")

    async def _begin(self) -> None:
        """Find the session to go on in, and what is left to do there."""
        options, conversation = self._options, self._chat.conversation
        await conversation.agent.check_names(options.session or "", user=options.user)
        if options.go_on:
            newest = await newest_session(conversation.agent, user=options.user)
            await go_on_in(self._chat, newest)
        elif options.choose:
            await choose_session(self._chat)
        elif options.session and await conversation.knows(options.session):
            await go_on_in(self._chat, options.session)

    def _say_goodbye(self) -> None:
        conversation, terminal = self._chat.conversation, self._chat.terminal
        if conversation.session and conversation.keeps_sessions:
            words = ["chat", "--session", conversation.session]
            words += ["--user", conversation.user] if conversation.user else []
            words += conversation.options.arguments()
            terminal.note(f"go on: {command_line(*words)}", style="dim")

    # -- talking -----------------------------------------------------------------------------------

    async def _talk(self) -> None:
        while not self._chat.ended:
            try:
                text = await self._chat.lines.read()
            except Stopped:
                self._chat.terminal.say(_LEAVE, style="dim")
                continue
            if text is None:
                return
            if text.strip():
                await self._answer(text)

    async def _answer(self, text: str) -> None:
        """Do what a line says; what goes wrong is said, and the chat goes on."""
        command = parse(text.strip())
        if command is None:
            message = text.strip()
            await self._chat.turns.send(message[1:] if message.startswith("//") else text)
            return
        try:
            await self._run(*command)
        except Stopped:
            self._chat.terminal.say("stopped", style="yellow")
        except (BrokenPipeError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  whatever a command raises, the chat goes on
            self._chat.terminal.error(error_message(error))

    async def _run(self, name: str, rest: str) -> None:
        commands = slash_commands(self._chat)
        command = commands.get(name)
        if command is None:
            self._chat.terminal.error(unknown(name, commands))
            return
        await stoppable(command.run(rest), self._interrupts)

    def _complete(self, begun: str) -> Iterable[tuple[str, str]]:
        return completions(begun, slash_commands(self._chat))
