"""Follows the options of programs that write, load or run what their value names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.paths import is_elsewhere
from coding_agent_sdk.middleware.guardrails.commands.programs.option_table import OPTIONS
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import UNKNOWN, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call
    from coding_agent_sdk.middleware.guardrails.commands.programs.option_table import Options

_SHORTEST: Final = 5
"""Characters from which the beginning of a long option stands for it."""

_NO_FILE: Final = re.compile(r"$|-$|\w+://|\d+$|%")
_ATTACHED: Final = re.compile(
    r"--?[\w.-]+[=:](?:[\w.-]+[=:])?(?=[/~])|-[A-Za-z]{1,2}(?=[/~])|@(?=[/~])"
    r"|[\w.-]+=(?=[/~])|file:(?=[/~.])"
)

_SLASH_OPTIONS: Final = names("dotnet msbuild")
"""Programs whose options may begin with a slash."""

_SLASH_OPTION: Final = re.compile(
    r"(?i)/(?:m(?:axcpucount)?(?::\d+)?|nologo|restore|r|v(?:erbosity)?:\w+|clp:[\w;=]+|nr:\w+"
    r"|t(?:arget)?:(?:build|rebuild|clean|restore|vstest|test)"
    r"|(?:p|property):(?:configuration|platform|collectcoverage|coverlet\w*format|threshold\w*"
    r"|treatwarningsaserrors|nowarn|debugtype|optimize|version|targetframework)=[\w.-]*)"
)
"""Those that say how to build; one with a path, or that runs something, is looked at as a path."""

_TESTERS: Final = names("rails rake ruby mocha jest vitest")
_CHOOSE: Final = names("-n -t -g --name --grep --testNamePattern")
"""Options of test programs whose value is a pattern."""

_PATTERN: Final = re.compile(r"/[^/]+/[a-z]?")


def follow_table(call: Call, name: str = "", end: int | None = None) -> None:
    """Note what the options of a program do by the table.

    Args:
        call: the call.
        name: the name in the table, if it is not that of the program.
        end: where the arguments of the program end and those of another begin.
    """
    options = OPTIONS.get(name or call.name)
    if options is None:
        return
    for index, argument in enumerate(call.arguments[:end]):
        word = argument.text
        if word == "--":
            return
        found = _value(call, options, index, word)
        if found is not None:
            action, value = found
            # Many programs expand what the shell has left: `--prefix=~/lib`.
            text = call.shell.home + value.text[1:] if value.text[:2] == "~/" else value.text
            _ACTIONS[action](call, Value(text, value.taints | argument.taints))


def _value(call: Call, options: Options, index: int, word: str) -> tuple[str, Value] | None:
    """Return what an argument does and with which value; None for one that is not listed."""
    option, found, attached = word.partition("=")
    action = options.whole.get(option)
    if action is not None and (found or word[:1] == "-"):
        return action, Value(attached) if found else call.after(index)
    for beginning, deed in options.beginnings.items():
        if word.startswith(beginning):
            return deed, Value(word[len(beginning) :])
    if word[:2] == "--":
        if len(option) >= _SHORTEST:
            action = next((a for o, a in options.whole.items() if o.startswith(option)), None)
        if action is None:
            return None
        return action, Value(attached) if found else call.after(index)
    return _cluster(call, options, index, word) if word[:1] == "-" else None


def _cluster(call: Call, options: Options, index: int, word: str) -> tuple[str, Value] | None:
    """Read `-ofile` and, where letters may stand together, `-sSo file`."""
    action = options.whole.get(word[:2])
    if action is not None and word[2:3] in {"/", "~", ".", ":", "="}:
        return action, Value(word[2:].lstrip(":="))
    for position, letter in enumerate(word[1:], start=2):
        if not letter.isalpha():
            return None
        action = options.clustered.get(letter)
        rest = word[position:]
        if action is not None and not rest:
            return action, call.after(index)
        if action is not None and rest[0] in "/~.":
            return action, Value(rest)
    return None


def _write(call: Call, value: Value) -> None:
    if not _NO_FILE.match(value.text) and value.text[0] not in "|!":
        call.shell.write(value, call.part)


def write_folder(call: Call, value: Value) -> None:
    """Note that a folder is filled: in the system that is asked about, as an installation is."""
    if _NO_FILE.match(value.text):
        return
    if value.text.startswith("$("):  # of `make`, which the shell has left
        call.shell.note("write", "unknown", call.part)
        return
    place = call.shell.locate(value.text)
    if place.where in {"system", "root"}:
        call.shell.note("write", "outside", call.part)
    else:
        call.shell.write(value, call.part)


def load(call: Call, value: Value) -> None:
    """Note that the code of a file runs: the workspace's own may."""
    shell = call.shell
    for path in value.text.split(os.pathsep) if "://" not in value.text else ():
        if path in {"", "-"} or path.startswith(UNKNOWN):
            continue
        place = shell.locate(path.removeprefix("file:"))
        if place.path in shell.downloads:
            shell.note("net-exec", "remote", call.part)
        elif place.path in shell.files and shell.files[place.path].known:
            continue
        elif place.where in {"scratch", "credential"} or is_elsewhere(place):
            shell.note("exec-unknown", place.where, call.part)
        else:
            shell.note("exec", "inside", call.part)


def _install(call: Call, value: Value) -> None:
    """Note that a folder is filled, which lies below `DESTDIR` where that is given."""
    staged = [i for i, argument in enumerate(call.arguments) if "DESTDIR" in argument.text]
    if len(staged) == 1 and "$" not in value.text and not call.has("--eval", "-E", "-e"):
        at = staged[0]
        name, found, folder = call.arguments[at].text.partition("=")
        before = call.arguments[at - 1].text if at else ""
        plain = found and name == "DESTDIR" and not before.startswith("-")
        if plain and folder.strip("/") and not any(sign in folder for sign in "$~"):
            value = Value(f"{folder}/{value.text}", value.taints)
    write_folder(call, value)


def work_in(call: Call, value: Value) -> None:
    """Note that the code of the project in a folder runs."""
    place = call.shell.locate(value.text or ".")
    if place.path in call.shell.downloads:
        call.shell.note("net-exec", "remote", call.part)
    elif is_elsewhere(place):
        call.shell.note("exec", "outside", call.part)


def _run(call: Call, value: Value) -> None:
    if value.text:
        call.shell.run_text(value, part=call.part)


def _read(call: Call, value: Value) -> None:
    if not _NO_FILE.match(value.text):
        call.shell.read(value, call.part)


_ACTIONS: Final[dict[str, Callable[[Call, Value], None]]] = {
    "write": _write,
    "folder": write_folder,
    "install": _install,
    "load": load,
    "in": work_in,
    "run": _run,
    "read": _read,
}


def paths_in(call: Call) -> Iterator[tuple[Value, str]]:
    """Yield each argument with an absolute path, and the path: `/a`, `-o/a`, `key=/a`, `@/a`.

    What begins with a slash may be an option instead, or a pattern that tests are chosen by.
    """
    before = ""
    for argument in call.arguments:
        word, option = argument.text, before
        before = word
        if word[:1] not in {"/", "~"}:
            found = _ATTACHED.match(word)
            word = word[found.end() :] if found else ""
        elif (call.name in _SLASH_OPTIONS and _SLASH_OPTION.fullmatch(word)) or (
            call.name in _TESTERS and option in _CHOOSE and _PATTERN.fullmatch(word)
        ):
            continue
        if word:
            yield argument, word


def follow_paths(call: Call) -> None:
    """Note that a tool which runs a project's code is pointed at one that is not the workspace."""
    for _, path in paths_in(call):
        text = call.shell.home + path[1:] if path[:2] == "~/" else path
        if not text.startswith("//") and is_elsewhere(call.shell.locate(text)):
            call.shell.note("exec", "outside", call.part)
