"""`make`: runs what a file says, also one from a pipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NET, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


def make(call: Call) -> Value:
    """`make`: runs what the project's file says; a file from a pipe or an argument is followed."""
    shell = call.shell
    file = call.value_of("-f", "--file", "--makefile")
    texts = _rules(call, file)
    if (evaluated := call.value_of("--eval")) is not None:
        texts.append(evaluated)
    folder = call.value_of("-C", "--directory")
    before = shell.folder
    shell.folder = shell.locate(folder.text).path if folder else before
    for text in texts:
        for line in re.findall(r"(?:^\t|[;:][ \t]*|\$\(shell )(.+?)\)?$", text.plain, re.MULTILINE):
            shell.run_text(Value(line.lstrip("@-+"), text.taints), part=call.part)
    shell.folder = before
    where = shell.locate(folder.text).where if folder else "inside"
    if where == "scratch" and not texts:
        shell.note("exec-unknown", "scratch", call.part)
    elsewhere = where in {"root", "system", "home", "outside"}
    shell.note("exec", "outside" if elsewhere else "inside", call.part)
    for argument in call.arguments:
        if _EXPANDED.search(argument.text):
            shell.note("exec-unknown", "none", call.part)
        for text in _RUN_AT_ONCE.findall(argument.text):
            shell.run_text(Value("".join(text).rstrip(")}"), argument.taints), part=call.part)
        if re.match(r"(?:SHELL|CC|CXX|MAKE|RM)=", argument.text) and " " in argument.text:
            shell.run_text(Value(argument.text.partition("=")[2]), part=call.part)
    return ANYTHING


def _rules(call: Call, file: Value | None) -> list[Value]:
    """Return the rules that are known: from a pipe, or from a file that was just written."""
    shell = call.shell
    if file is not None and file.text in {"-", "/dev/stdin"}:
        if NET in call.stdin.taints:
            shell.note("net-exec", "remote", call.part)
        return [call.stdin]
    if file is not None and shell.locate(file.text).path not in shell.files:
        shell.read(file, call.part)
    texts: list[Value] = []
    for name in _FILES if file is None else (file.text,):
        path = shell.locate(name).path
        if path in shell.downloads:
            shell.note("net-exec", "remote", call.part)
        elif path in shell.files:
            texts.append(shell.files[path])
    return texts


_EXPANDED: Final = re.compile(r"\$[({](?:file|eval|call|guile|foreach)\b|^\.\w+\s*[:+?]*=")
_RUN_AT_ONCE: Final = re.compile(r"(?s)\$[({]shell\s+(.+)|^[\w.]+\s*!=(.+)")
"""What `make` runs while it reads a variable that it is given."""

_FILES: Final = ("GNUmakefile", "makefile", "Makefile")


PROGRAMS: dict[str, Program] = named("make gmake bmake remake", make)
