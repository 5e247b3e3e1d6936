"""One turn of a chat: a message or a resumed run, its events, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.chat.stopping import stopping
from coding_agent_sdk.cli.failing import error_message
from coding_agent_sdk.cli.following import follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.cli.chat.conversation import Conversation
    from coding_agent_sdk.cli.interrupts import Interrupts
    from coding_agent_sdk.cli.render import Renderer
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.core.stream import RunStream
    from coding_agent_sdk.events import Event, RunFinished
    from coding_agent_sdk.types.status import Status

__all__ = ["Turns"]

_ENDINGS: Final = {
    "cancelled": "stopped here: write what else to do, or /resume to let it go on",
    "budget_exceeded": "/resume lets it go on; --max-steps and the settings of budgets raise it",
    "timed_out": "/resume lets it go on; --timeout gives it longer",
    "awaiting_approval": "/resume asks again; a new message gives the waiting calls up",
}


class Turns:
    """Runs one turn after another, and shows each.

    Args:
        conversation: Who answers.
        terminal: What is written to.
        view: Shows events.
        interrupts: What Ctrl-C does.
    """

    def __init__(
        self,
        conversation: Conversation,
        *,
        terminal: Terminal,
        view: Renderer,
        interrupts: Interrupts,
    ) -> None:
        self._conversation = conversation
        self._terminal = terminal
        self._view = view
        self._interrupts = interrupts
        self.status: Status = "completed"
        """How the newest run ended."""

    async def send(self, text: str) -> None:
        """Answer a message; what goes wrong is said, and the chat goes on."""
        await self._run(lambda: self._conversation.send(text))

    async def resume(self) -> None:
        """Go on with the unfinished run of the session; what goes wrong is said."""
        await self._run(self._conversation.resume)

    async def _run(self, start: Callable[[], RunStream]) -> None:
        finished: RunFinished | None = None
        self.status = "failed"
        try:
            async with start() as stream:
                finished = await follow(
                    stream,
                    self._show,
                    stopping=stopping(self._interrupts, self._say_stopping),
                )
        except BrokenPipeError:  # nobody reads the chat any more
            raise
        except Exception as error:  # noqa: BLE001  whatever a run raises, the chat goes on
            self._view.pause()
            self._terminal.error(error_message(error))
            return
        if finished is not None:
            self.status = finished.status
            self._say_end(finished)

    def _show(self, event: Event) -> None:
        self._conversation.saw(event)
        self._view.show(event)

    def _say_stopping(self, text: str) -> None:
        self._view.pause()
        self._terminal.say(text, style="yellow")

    def _say_end(self, finished: RunFinished) -> None:
        if finished.status == "completed":
            return
        hint = _ENDINGS.get(finished.status, "")
        if finished.status == "cancelled":
            self._terminal.say(hint, style="yellow")
            return
        self._terminal.error(finished.reason, label=finished.status.replace("_", " "))
        if hint:
            self._terminal.note(hint, style="dim")
