"""Slash commands: how one is written, found, completed and suggested."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SlashCommand", "Words", "completions", "parse", "unknown"]

_COMMAND: Final = re.compile(r"/(\S*)(?:\s+(.*))?", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z?][\w-]*|")

Words: TypeAlias = Callable[[], "Iterable[str]"]
"""Gives the words that a command may be followed by."""


@dataclass(frozen=True, kw_only=True)
class SlashCommand:
    """A command of the chat.

    Attributes:
        name: Its name, without the slash.
        help: What it does.
        run: Called with the rest of the line.
        usage: What may follow it, for the help.
        words: The words that may follow it, where they are known.
        plugin: Whether a plugin brought it.
    """

    name: str
    help: str
    run: Callable[[str], Coroutine[Any, Any, None]]
    usage: str = ""
    words: Words | None = None
    plugin: bool = False


def parse(text: str) -> tuple[str, str] | None:
    """Return the name of a command and the rest of its line; None where *text* is a message.

    A path such as `/usr/bin` is a message, and so is what begins with two slashes.
    """
    found = _COMMAND.fullmatch(text)
    if found is None or not _NAME.fullmatch(found[1]):
        return None
    return found[1].lower(), (found[2] or "").strip()


def unknown(name: str, known: Iterable[str]) -> str:
    """Return what to say of a command that is not there."""
    names = sorted(known)
    near = [other for other in names if name and other.startswith(name)]
    near += [other for other in names if sorted(other) == sorted(name)]  # letters in disorder
    near += difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean /{near[0]}?" if near else ";"
    return (
        f"there is no command /{name}{hint} /help lists them; write // to begin a message "
        "with a slash"
    )


def completions(begun: str, commands: Mapping[str, SlashCommand]) -> Iterator[tuple[str, str]]:
    """Yield the ways in which a line that begins with a slash may go on, each with what it is."""
    name, blank, rest = begun[1:].partition(" ")
    if not blank:
        for command in commands.values():
            if command.name.startswith(name.lower()):
                yield f"/{command.name}", command.help
        return
    found = commands.get(name.lower())
    if found is None or found.words is None or " " in rest:
        return
    yield from ((word, "") for word in found.words() if word.startswith(rest))
