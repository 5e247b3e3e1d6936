"""Programs that edit files by a script: `sed` and `patch`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.commands.tables import LONGEST, named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


def edit_stream(call: Call) -> Value:
    """`sed`: writes with `-i`, and its scripts can write (`w`) and run (`e`)."""
    shell = call.shell
    scripts = [v for o in ("-e", "--expression") if (v := call.value_of(o))]
    operands = call.operands({"-e", "-f", "--expression", "--file", "-l", "-s"})
    if not scripts and call.value_of("-f", "--file") is None and operands:
        scripts, operands = [operands[0]], operands[1:]
    in_place = any(re.match(r"^-[nErsz]*i|^--in-place", w) for w in call.words)
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


def _sed_script(call: Call, script: Value) -> None:
    text = script.plain
    if len(text) > LONGEST:
        call.shell.note("exec-unknown", "none", call.part)
        text = text[:LONGEST]
    if re.search(r"(?:^|[;{}\n]|\d|\$|/)\s*e\s+\S", text) and (
        found := re.search(r"(?:^|[;{}\n]|\d|\$|/)\s*e\s+([^\n]+)", text)
    ):
        call.shell.run_text(Value(found[1]), part=call.part)
    substitution = re.search(
        r"s(.)(?:(?!\1).|\\.)*\1((?:(?!\1).|\\.)*)\1([gpiImM\d]*e[gpiImM\d]*)", text
    )
    if substitution:
        call.shell.run_text(Value(substitution[2]), part=call.part)
        call.shell.note("exec-unknown", "none", call.part)
    for target in re.findall(r"(?:^|[;{}\n\d$/])\s*[wW]\s+(\S+)", text):
        call.shell.write(Value(target), call.part)


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
