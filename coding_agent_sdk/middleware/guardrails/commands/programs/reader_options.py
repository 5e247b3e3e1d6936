"""The options that make a program that reads write a file or run a command, however spelt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import is_letter
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    ELSEWHERE,
    FILE,
    HOME,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

PAGERS: Final = names("less more most man")
_SHORTEST: Final = 3
_LISTERS_OF_NAMES: Final = names("ls ll dir vdir exa eza lsd tree")


def follow_reading_options(
    call: Call, written: list[str], commands: list[str], with_value: Collection[str] = ()
) -> None:
    """Follow the options that make a reader write a file or run a command."""
    for option in written:
        for target in _values(call, option, with_value):
            call.shell.write(target, call.part, call.stdin)
    for option in commands:
        for command in _values(call, option, with_value):
            call.shell.run_text(command, part=call.part)
    for argument in call.arguments if call.name in PAGERS else ():
        if found := re.match(r"\+{1,2}\s*!(.+)", argument.text):
            call.shell.run_text(Value(found[1], argument.taints), part=call.part)


def _values(call: Call, option: str, with_value: Collection[str]) -> list[Value]:
    """Return what is given with an option: whole, shortened, or at the end of a cluster."""
    given = call.value_of(option)
    if given is not None:
        return [given]
    for index, argument in enumerate(call.arguments):
        word, equals, attached = argument.text.partition("=")
        if word == "--":
            break
        if option[:2] == "--":
            if len(word) >= _SHORTEST and option.startswith(word):
                return [Value(attached, argument.taints) if equals else call.after(index)]
        elif is_letter(option) and re.match(r"-[a-zA-Z]", word):
            before, found, rest = argument.text[1:].partition(option[1])
            plain = all(f"-{letter}" not in with_value for letter in before)
            if found and plain and (not before or before.isalpha()):
                return [Value(rest, argument.taints) if rest else call.after(index)]
    return []


def list_elsewhere(call: Call, file: Value) -> Value | None:
    """Return what listing a folder outside the workspace shows: names alone, which are no secret.

    What they are is remembered, for they may be sent on. None where the folder is not outside.
    """
    place = call.shell.locate(file.text)
    if call.name not in _LISTERS_OF_NAMES or place.where not in {"home", "outside", "root"}:
        return None
    call.shell.note("read", "system", call.part)
    home = place.where == "home" or call.shell.places.is_home(place.path)
    return ANYTHING.tainted(FILE, ELSEWHERE, *({HOME} if home or not place.complete else ()))
