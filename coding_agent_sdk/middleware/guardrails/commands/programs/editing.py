"""Programs that edit files by a script: `sed` and `patch`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.sed_scripts import read_script
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    LONGEST,
    NOTHING,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


_SCRIPT: Final = re.compile(r"-[nrEsuz]*e(?P<short>.*)|--e[a-z]*(?:=(?P<long>.*))?$", re.DOTALL)
_IN_PLACE: Final = re.compile(r"-[nErsuz]*i|--i(?:n(?:-[a-z]*)?)?(?:=|$)")


def edit_stream(call: Call) -> Value:
    """`sed`: writes with `-i`, and its scripts can write (`w`) and run (`e`)."""
    shell = call.shell
    scripts = _scripts(call)
    operands = call.operands({"-e", "-f", "--expression", "--file", "-l", "-s"})
    if not scripts and call.value_of("-f", "--file") is None and operands:
        scripts, operands = [operands[0]], operands[1:]
    in_place = any(_IN_PLACE.match(word) for word in call.words)
    for script in scripts:
        _sed_script(call, script)
    taints = set(call.stdin.taints)
    for operand in operands:
        if in_place:
            shell.write(operand, call.part)
        else:
            taints |= shell.read(operand, call.part).taints
    shell.note("exec" if in_place else "read", "none", call.part)
    return _substituted(call, scripts, operands) or ANYTHING.tainted(*taints)


def _scripts(call: Call) -> list[Value]:
    """Return the scripts that options give: `-e s`, `-es`, `-ne s`, `--expression=s`."""
    scripts: list[Value] = []
    for index, argument in enumerate(call.arguments):
        word = argument.text
        found = _SCRIPT.match(word)
        if found is not None:
            attached = found["short"] or found["long"]
            scripts.append(Value(attached, argument.taints) if attached else call.after(index))
    return scripts


def _sed_script(call: Call, script: Value) -> None:
    text = script.plain
    if len(text) > LONGEST:
        call.shell.note("exec-unknown", "none", call.part)
        text = text[:LONGEST]
    deeds = read_script(text)
    for command in deeds.run:
        if command:
            call.shell.run_text(Value(command), part=call.part)
        else:
            call.shell.note("exec-unknown", "none", call.part)
    for target in deeds.written:
        call.shell.write(Value(target), call.part)
    for source in deeds.read:
        call.shell.read(Value(source), call.part)


def _substituted(call: Call, scripts: list[Value], operands: list[Value]) -> Value | None:
    """Apply one plain `s/old/new/g` to a known stream, for that hides words from readers."""
    if operands or len(scripts) != 1 or not call.stdin.known or not call.stdin.text:
        return None
    found = re.fullmatch(
        r"s(.)((?:(?!\1)[^\\.*\[\]^$+?(){}|])*)\1((?:(?!\1)[^\\&])*)\1(g?)", scripts[0].plain
    )
    if found is None:
        return ANYTHING.tainted("hidden", *call.stdin.taints)
    text = (
        call.stdin.text.replace(found[2], found[3], -1 if found[4] else 1)
        if found[2]
        else call.stdin.text
    )
    return Value(text, call.stdin.taints | {"hidden"})


def patch(call: Call) -> Value:
    """`patch`: writes the files that it is told of, below the folder."""
    folder = call.value_of("-d", "--directory")
    call.shell.write(folder or Value("."), call.part)
    for operand in call.operands({"-p", "-i", "-d", "-o", "-r"})[:1]:
        call.shell.write(operand, call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {**named("sed gsed", edit_stream), "patch": patch}
