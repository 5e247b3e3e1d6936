"""Programs that no table knows: what their arguments give away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.paths import is_elsewhere
from coding_agent_sdk.middleware.guardrails.commands.programs.options import follow_paths, paths_in
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, SECRET, UNKNOWN, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_RUNS: Final = re.compile(
    r"(?i)^--?(?:[\w-]*-)?(?:exec(?:ute)?|cmd|command|run|shell|hook|script|pager"
    r"|editor|program|toolexec|vettool|preprocess(?:or)?|opener|action|rsh|on-[\w-]+"
    r"|pre|post|before|after|init|setup|prepare|filter-cmd|wrapper|launcher|runner"
    r"|global-option|build-option|install-option|config-settings?|test-runner"
    r"|ssh-command|proxy-command|eval|E|x|c)$"
)
_NAMES_PROGRAM: Final = re.compile(r"exec|tool|hook|run|wrapper|launcher|pager|editor|shell")
_SCRATCH_WORDS: Final = re.compile(r"\s")
_LOADS: Final = frozenset({"java", "javaw", "kotlin", "dotnet", "mono", "wine", "nw", "electron"})
_READING: Final = frozenset({"--version", "-V", "--help", "-h", "help", "version", "-v"})


def follow_unknown(call: Call) -> Value:
    """Follow a program that is not known: it runs the project's code, if nothing speaks against it.

    Options that run a command (`-exec`, `--hook`, …) are followed. An argument that leads to
    credentials or to the system makes the call one that is asked about.
    """
    shell = call.shell
    arguments = call.arguments
    follow_options(call)
    loads = bool(shell.downloads) and call.name in _LOADS
    if loads and any(shell.locate(a.text).path in shell.downloads for a in arguments):
        shell.note("net-exec", "remote", call.part)
    if any(re.search(r"stratum\+(?:tcp|ssl)://", a.text) for a in arguments):
        shell.note("attack", "remote", call.part)
    if SECRET in call.taints | call.stdin.taints and any(
        re.match(r"\w+://", a.text) for a in arguments
    ):
        shell.note("net-send-secret", "remote", call.part)
    if len(arguments) == 1 and arguments[0].text in _READING:
        shell.note("read", "none", call.part)
        return ANYTHING
    secret = {taint for found in paths_in(call) for taint in _look(call, *found)}
    shell.note("exec", "inside", call.part)
    return ANYTHING.tainted(*(call.stdin.taints & {SECRET, "home"}), *(secret & {SECRET}))


def follow_options(call: Call) -> None:
    """Follow the commands that stand in options such as `-exec` or `--hook=`."""
    arguments = call.arguments
    for index, argument in enumerate(arguments):
        option, found, attached = argument.text.partition("=")
        if found and _RUNS.match(option):
            _run(call, option, Value(attached, argument.taints))
        elif _RUNS.match(argument.text) and index + 1 < len(arguments):
            _run(call, option, arguments[index + 1])


def _run(call: Call, option: str, command: Value) -> None:
    """Follow an option's command, where it is one: a text of several words."""
    if _SCRATCH_WORDS.search(command.text.strip()) and command.text[:1] not in {"-", "{", "[", "<"}:
        call.shell.run_text(command, part=call.part)
    elif command.text[:1] in {"/", "~"} and _NAMES_PROGRAM.search(option):
        place = call.shell.locate(command.text)
        if place.where in {"scratch", "home", "outside", "root"}:
            call.shell.note("exec-unknown", place.where, call.part)


def _look(call: Call, argument: Value, text: str) -> frozenset[str]:
    if UNKNOWN in text[:2] or text.startswith("//"):
        return frozenset()
    place = call.shell.locate(text)
    if place.where == "credential":
        return call.shell.read(Value(text, argument.taints), call.part).taints
    if is_elsewhere(place):
        call.shell.note("write", "outside", call.part)
    return frozenset()


def follow_project(call: Call) -> Value:
    """Follow a tool of the project for what no table says: it runs the project's code."""
    if len(call.words) == 1 and call.words[0] in _READING:
        call.shell.note("read", "none", call.part)
    else:
        follow_paths(call)
        call.shell.note("exec", "inside", call.part)
    return ANYTHING
