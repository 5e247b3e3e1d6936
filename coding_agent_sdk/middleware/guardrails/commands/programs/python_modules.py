"""`python -m module`: what the modules of the standard library write, read and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call
from coding_agent_sdk.middleware.guardrails.commands.programs.options import (
    follow_table,
    load,
    write_folder,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import names

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.values import Value

_RUNNERS: Final = names(
    "cProfile profile trace pdb runpy coverage tracemalloc scalene memray debugpy"
)
"""Modules of which the first operand is a program that they run."""

_UNPICKLERS: Final = names("pickle shelve")
_WRITERS: Final = names("venv compileall py_compile json.tool gzip bz2 lzma")
"""Modules that write their operands, `json.tool` the second."""

_OPTIONS_WITH_VALUE: Final = names(
    "-o -s -C --coverdir -f --file -c -m --module -p --python -w --listen --connect --ignore-dir"
    " --ignore-module --outfile --prompt"
)
_PACKERS: Final = {"-c": 1, "--create": 1, "-e": 2, "--extract": 2}
"""Options of `zipfile` and `tarfile`, with the operand that is written."""


def follow_module(call: Call, module: str, rest: list[Value]) -> None:
    """Note what a module of the standard library does with its arguments."""
    inner = Call(name=f"python-m-{module}", arguments=rest, stdin=call.stdin, shell=call.shell)
    follow_table(inner)
    operands = inner.operands(_OPTIONS_WITH_VALUE)
    if module in {"zipfile", "tarfile"}:
        _pack(call, rest)
    elif module in _RUNNERS | _UNPICKLERS:
        if not {"-m", "--module"}.intersection(inner.words):
            for operand in operands[:1]:
                load(call, operand)
    elif module in _WRITERS:
        for operand in operands[1:2] if module == "json.tool" else operands:
            write_folder(call, operand)
            if module == "venv" and call.has("--clear"):
                call.shell.delete(operand, call.part)


def _pack(call: Call, rest: list[Value]) -> None:
    for index, argument in enumerate(rest):
        offset = _PACKERS.get(argument.text)
        if offset is not None and len(rest) > index + offset:
            write_folder(call, rest[index + offset])
