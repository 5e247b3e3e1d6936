"""Where a chat's lines come from: typed into a terminal that edits them, or piped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from coding_agent_sdk.cli.chat.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.cli.interrupts import Interrupts
    from coding_agent_sdk.cli.typed_lines import TypedLines

__all__ = ["PROMPT", "Lines", "PlainLines"]

PROMPT: Final = "> "
CONTINUATION: Final = ". "


class Lines(Protocol):
    """Gives what a person says, one message after another."""

    asks: bool
    """Whether there is a person who can be asked."""

    edits: bool
    """Whether the keys of an editor work in them."""

    async def read(self) -> str | None:
        r"""Return the next message; None where there is no more.

        A line that ends with a backslash goes on in the next one.

        Raises:
            Stopped: Ctrl-C came.
        """
        ...

    async def ask(self, question: str) -> str | None:
        """Return the answer to a question, in one line.

        Raises:
            Stopped: Ctrl-C came.
        """
        ...


class PlainLines:
    """Lines of a pipe, or of a terminal that edits them in its own simple way.

    Args:
        typed: The lines.
        interrupts: What Ctrl-C does.
        prompt: Shows what a person types behind; None for a pipe.
    """

    def __init__(
        self,
        typed: TypedLines,
        *,
        interrupts: Interrupts,
        prompt: Callable[[str], object] | None = None,
    ) -> None:
        self._typed = typed
        self._interrupts = interrupts
        self._prompt = prompt
        self.asks = prompt is not None
        self.edits = False

    async def read(self) -> str | None:
        """Return the next message."""
        parts: list[str] = []
        while True:
            line = await self.ask(CONTINUATION if parts else PROMPT)
            if line is None:
                return "\n".join(parts) if parts else None
            if not line.endswith("\\"):
                return "\n".join([*parts, line])
            parts.append(line[:-1])

    async def ask(self, question: str) -> str | None:
        """Return the next line."""
        line = await stoppable(self._typed_behind(question), self._interrupts)
        return None if line is None else line.removesuffix("\r")

    async def _typed_behind(self, question: str) -> str | None:
        # The question is shown when Ctrl-C is taken already: it may be pressed at once.
        if self._prompt is not None:
            self._prompt(question)
        return await self._typed.next()
