"""Compilers and `go run`: a source that the command itself wrote is followed like a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import packages
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import NET

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
    from coding_agent_sdk.middleware.guardrails.commands.values import Value

_LANGUAGES: Final = {"rustc": "rust", "javac": "java", "go": "go"}


def compiler(call: Call) -> Value:
    """`gcc file`, `rustc file`, `go run file`."""
    shell = call.shell
    for operand in call.operands({"-o", "-I", "-L", "-l", "-x", "-C", "--edition", "-d", "-cp"}):
        piped = operand.text in {"-", "/dev/stdin"}
        path = shell.locate(operand.text).path
        source = call.stdin if piped else shell.files.get(path)
        if path in shell.downloads or (source is not None and NET in source.taints):
            shell.note("net-exec", "remote", call.part)
        elif source is not None and source.known and source.text:
            shell.run_code(_LANGUAGES.get(call.name, "c"), source, call.part)
    return packages.by_table(call) if call.name in packages.TABLE else follow_unknown(call)


PROGRAMS: dict[str, Program] = named("gcc g++ cc c++ clang clang++ rustc javac go tcc", compiler)
