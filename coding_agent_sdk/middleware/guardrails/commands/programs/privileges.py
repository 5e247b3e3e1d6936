"""Programs that run a command with another user's rights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import (
    ASSIGNMENT,
    Wrapper,
    inner_command,
    wrapper,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_ROOT_SHELLS: Final = names("sh bash zsh dash ksh fish su -i -s")


_PRIVILEGED: Final[dict[str, Wrapper]] = {
    "sudo": wrapper("-u -g -h -p -C -r -t -U -D -R -T --user --group --prompt --chdir"),
    "doas": wrapper("-u -C"),
    "pkexec": wrapper("--user"),
    "run0": wrapper("-u --user"),
    "gosu": wrapper("", 1),
    "chroot": wrapper("--userspec --groups", 1),
    "please": wrapper(),
    "calife": wrapper(),
    "unshare": wrapper("-S -G --root --wd"),
}


_EDITS: Final = re.compile(r"--edit|-[A-Za-z]*e[A-Za-z]*")


def privileged(call: Call) -> Value:
    """`sudo` and its kin: the command runs with more rights; a bare root shell is an escalation."""
    shell = call.shell
    inner = inner_command(call, _PRIVILEGED[call.name])
    while inner and (found := ASSIGNMENT.fullmatch(inner[0].text)):
        shell.note_variable(found[1], Value(found[2], inner[0].taints))
        inner = inner[1:]
    name = inner[0].plain.rpartition("/")[2] if inner else ""
    if call.name in {"sudo", "doas"} and (
        (not inner and call.has("-i", "-s", "--login", "--shell"))
        or (name in _ROOT_SHELLS and len(inner) == 1)
    ):
        shell.note("escalate", "none", call.part)
        return ANYTHING
    shell.note("privilege", "none", call.part)
    before, shell.privileged = shell.privileged, True
    try:
        own = call.words[: len(call.arguments) - len(inner)]
        if call.name == "sudo" and any(map(_EDITS.fullmatch, own)):
            for operand in inner:
                shell.write(operand, call.part)
            return NOTHING
        return shell.run_words(inner, call.stdin) if inner else NOTHING
    finally:
        shell.privileged = before


def switch_user(call: Call) -> Value:
    """`su -c command`, `runuser`, `sg`."""
    shell = call.shell
    command = call.value_of("-c", "--command")
    if command is None:
        inner = call.operands({"-s", "-g", "-u"})
        if call.name == "runuser" and call.has("-u") and inner:
            shell.note("privilege", "none", call.part)
            return shell.run_words(inner, call.stdin)
        shell.note("escalate", "none", call.part)
        return ANYTHING
    shell.note("privilege", "none", call.part)
    return shell.run_text(command, call.stdin, part=call.part)


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(_PRIVILEGED, privileged),
    **named("su runuser sg newgrp", switch_user),
}
