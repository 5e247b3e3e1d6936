"""The standard streams: what is written where, with or without colour."""

from __future__ import annotations

import enum
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from coding_agent_sdk.text.plain import visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleDimensions
    from rich.text import Text

__all__ = ["Color", "Terminal", "prepare_streams", "quiet_stdout"]


class Color(enum.StrEnum):
    """When colours are used."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def prepare_streams() -> None:
    """Make the standard streams take any text, closed ones too."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            opened = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, PTH123  it lives as long as the program
            setattr(sys, name, opened)
        elif hasattr(stream, "reconfigure"):
            errors = "replace" if name == "stdin" else "backslashreplace"
            stream.reconfigure(errors=errors)


def quiet_stdout() -> None:
    """Let nothing more be written to a standard output that nobody reads."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


@dataclass(kw_only=True)
class Terminal:
    """What a command writes to.

    The answer goes to standard output, everything about it to standard error; so either can be
    sent elsewhere.

    Attributes:
        color: When colours are used.
        quiet: Whether only answers and errors are shown.
        out: Standard output.
        err: Standard error.
    """

    color: Color = Color.AUTO
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _consoles: dict[int, Console] = field(default_factory=dict, repr=False)

    @property
    def can_ask(self) -> bool:
        """Whether a person can be asked: he sees the question and can type an answer."""
        return sys.stdin.isatty() and self.err.isatty()

    @property
    def is_live(self) -> bool:
        """Whether a person reads the answer while it is written."""
        return self.out.isatty()

    @property
    def size(self) -> ConsoleDimensions:
        """How many cells and rows the person sees at once who is asked."""
        return self.console(self.err).size

    def write(self, text: str) -> None:
        """Write text from outside to standard output, as it comes."""
        self.out.write(visible(text))
        self.out.flush()

    def line(self, text: Text | str, *, style: str = "") -> None:
        """Write a line to standard output; the text is not interpreted."""
        self._print(self.out, text, style)

    def say(self, text: Text | str, *, style: str = "") -> None:
        """Write a line that must be seen to standard error."""
        self._print(self.err, text, style)

    def ask(self, question: str) -> None:
        """Write a question to standard error; the answer is typed behind it."""
        self.err.write(visible(question))
        self.err.flush()

    def note(self, text: Text | str, *, style: str = "") -> None:
        """Write a line about what happens to standard error, unless it is to be quiet."""
        if not self.quiet:
            self._print(self.err, text, style)

    def error(self, message: str, *, label: str = "error") -> None:
        """Write an error to standard error."""
        from rich.text import Text

        shown = Text.assemble((f"{label}: ", "bold red"), visible(message))
        self._print(self.err, shown, "")

    def console(self, stream: TextIO) -> Console:
        """Return the console of a stream."""
        key = id(stream)
        if key not in self._consoles:
            self._consoles[key] = _console(stream, self.color)
        return self._consoles[key]

    def _print(self, stream: TextIO, text: Text | str, style: str) -> None:
        from rich.text import Text

        shown = text if isinstance(text, Text) else Text(visible(text))
        if style:
            shown.stylize_before(style)
        self.console(stream).print(shown, soft_wrap=True)


def _console(stream: TextIO, color: Color) -> Console:
    from rich.console import Console

    class Told(Console):
        """A console that lets the program end as it does without one where nobody reads on."""

        def on_broken_pipe(self) -> None:
            """Raise the error; rich would end the program with the code of a failure."""
            raise BrokenPipeError

    wanted = color is Color.ALWAYS or (
        color is Color.AUTO and stream.isatty() and not os.environ.get("NO_COLOR")
    )
    return Told(
        file=stream,
        force_terminal=True if color is Color.ALWAYS else None,
        color_system="auto" if wanted else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
