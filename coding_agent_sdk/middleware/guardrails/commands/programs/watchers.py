"""Programs that run a command later, again or in a terminal of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import is_letter
from coding_agent_sdk.middleware.guardrails.commands.paths import is_elsewhere
from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import inner_command, wrapper
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    Value,
    join,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


def text_command(*options: str) -> Program:
    """Make a program that runs the text given with one of its options, or its last operand."""

    def run(call: Call) -> Value:
        shell = call.shell
        for option in options:
            command = call.value_of(option)
            if command is not None:
                return shell.run_text(command, call.stdin, part=call.part)
            cluster = (
                next(
                    (
                        i
                        for i, w in enumerate(call.words)
                        if re.fullmatch(rf"-[a-zA-Z]*{option[-1]}", w)
                    ),
                    None,
                )
                if is_letter(option)
                else None
            )
            if cluster is not None and cluster + 1 < len(call.arguments):
                return shell.run_text(call.arguments[cluster + 1], call.stdin, part=call.part)
        shell.note("exec", "none", call.part)
        return ANYTHING

    return run


_LOGS: Final = ("-O", "--log-out", "-I", "--log-in", "-B", "--log-io", "-T", "--log-timing")


def record(call: Call) -> Value:
    """`script -c command file`: the command runs, and what it prints is written."""
    targets = [v for option in _LOGS if (v := call.value_of(option)) is not None]
    values = {*_LOGS, "-c", "--command", "-o", "--output-limit", "-E", "--echo", "-m"}
    for target in (*targets, *call.operands(values)[:1]):
        call.shell.write(target, call.part)
    return text_command("-c", "--command")(call)


def flock(call: Call) -> Value:
    """`flock file command`, `flock file -c text`."""
    for lock in call.operands({"-w", "-E", "--timeout", "-c", "--command"})[:1]:
        if is_elsewhere(call.shell.locate(lock.text)):
            call.shell.write(lock, call.part)  # it is made where there is none
    command = call.value_of("-c", "--command")
    if command is not None:
        return call.shell.run_text(command, call.stdin, part=call.part)
    inner = inner_command(call, wrapper("-w -E --timeout", 1))
    return call.shell.run_words(inner, call.stdin) if inner else NOTHING


def watch(call: Call) -> Value:
    """`watch command` runs its arguments as one shell text."""
    inner = inner_command(call, wrapper("-n --interval -e"))
    return call.shell.run_text(join(inner, " "), part=call.part) if inner else NOTHING


def watcher(call: Call) -> Value:
    """`nodemon --exec command`, `watchexec command`, `when-changed`."""
    shell = call.shell
    command = call.value_of("--exec", "-x", "-c", "-s")
    if command is not None:
        return shell.run_text(command, part=call.part)
    if call.name == "watchexec":
        inner = inner_command(call, wrapper("-e -w -i -f --exts --watch --ignore"))
        return shell.run_text(join(inner, " "), part=call.part) if inner else NOTHING
    shell.note("exec", "inside", call.part)
    return ANYTHING


def multiplexer(call: Call) -> Value:
    """`tmux new -d 'command'`, `screen -dm command`."""
    shell = call.shell
    shell.note("exec", "none", call.part)
    if call.name == "screen" and "-X" in call.words:
        told = call.arguments[call.words.index("-X") + 1 :]
        if told and told[0].text in {"stuff", "exec", "eval", "screen"}:
            shell.run_text(join(told[1:], " "), part=call.part)
        return NOTHING
    if call.name == "screen":
        inner = inner_command(call, wrapper("-S -c -L -t"))
        return shell.run_words(inner) if inner and call.has("-d", "-m", "-S") else NOTHING
    for argument in call.operands({"-s", "-t", "-n", "-c", "-x", "-y", "-F"})[1:]:
        if " " in argument.text:
            shell.run_text(argument, part=call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    "script": record,
    "flock": flock,
    "watch": watch,
    **named("nodemon watchexec when-changed chokidar onchange reflex air", watcher),
    **named("tmux screen", multiplexer),
}
