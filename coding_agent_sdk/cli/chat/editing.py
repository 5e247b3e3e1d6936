"""Lines that are edited on the terminal: history, completion, several lines in one message.

prompt_toolkit does it. It is imported here only, when the first line is asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.shortcuts import PromptSession

from coding_agent_sdk.cli.chat.lines import CONTINUATION, PROMPT
from coding_agent_sdk.cli.chat.stopping import Stopped
from coding_agent_sdk.text.plain import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

    from coding_agent_sdk.cli.chat.history import LineHistory
    from coding_agent_sdk.cli.interrupts import Interrupts

__all__ = ["EditedLines"]


class EditedLines:
    """Lines typed into a terminal.

    Args:
        history: What was typed before.
        complete: Gives the ways in which the beginning of a command goes on, each with what it is.
        interrupts: What Ctrl-C does.
        color: Whether colours may be used.
    """

    def __init__(
        self,
        history: LineHistory,
        *,
        complete: Callable[[str], Iterable[tuple[str, str]]],
        interrupts: Interrupts,
        color: bool = True,
    ) -> None:
        self.asks = self.edits = True
        self._interrupts = interrupts
        self._messages: PromptSession[str] = PromptSession(
            multiline=True,
            history=_Kept(history),
            completer=_Commands(complete),
            key_bindings=_keys(),
            prompt_continuation=CONTINUATION,
            interrupt_exception=Stopped,
            reserve_space_for_menu=5,
            **_depth(color=color),
        )
        self._questions: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), interrupt_exception=Stopped, **_depth(color=color)
        )

    async def read(self) -> str | None:
        """Return the next message."""
        return await self._typed(self._messages, PROMPT)

    async def ask(self, question: str) -> str | None:
        """Return the answer to a question."""
        return await self._typed(self._questions, visible(question))

    async def _typed(self, session: PromptSession[str], prompt: str) -> str | None:
        loop = asyncio.get_running_loop()

        def stop() -> None:  # the key is read by the editor; this is a signal from elsewhere
            loop.call_soon_threadsafe(session.app.key_processor.send_sigint)

        with self._interrupts.taking(stop):
            try:
                return await session.prompt_async(prompt, handle_sigint=False)
            except EOFError:
                return None


def _depth(*, color: bool) -> dict[str, Any]:
    from prompt_toolkit.output import ColorDepth

    return {} if color else {"color_depth": ColorDepth.DEPTH_1_BIT}


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Send the message, or begin another line of it behind a backslash."""
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        """Complete what has one way to go on at once; else show the ways, or take the next."""
        buffer = event.current_buffer
        event_of_tab = CompleteEvent(completion_requested=True)
        found = list(buffer.completer.get_completions(buffer.document, event_of_tab))
        if len(found) == 1:
            buffer.apply_completion(found[0])
        elif buffer.complete_state:
            buffer.complete_next()
        else:
            buffer.start_completion(insert_common_part=True)

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


class _Commands(Completer):
    """Completes slash commands, and nothing else."""

    def __init__(self, complete: Callable[[str], Iterable[tuple[str, str]]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Any]:
        """Yield the ways in which the line goes on."""
        del complete_event
        begun = document.text_before_cursor
        if not begun.startswith("/") or "\n" in begun:
            return
        last = len(begun) - (begun.rfind(" ") + 1)
        for text, what in self._complete(begun):
            yield Completion(text, start_position=-last, display_meta=what)


class _Kept(History):
    """The history in its file, as the editor wants it."""

    def __init__(self, history: LineHistory) -> None:
        super().__init__()
        self._history = history

    def load_history_strings(self) -> list[str]:
        """Return what was typed in earlier chats, the newest first."""
        return self._history.load()[::-1]

    def store_string(self, string: str) -> None:
        """Keep a line; what is not kept can still be called back in this chat."""
        self._history.keep(string)
