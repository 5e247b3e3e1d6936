"""Compilers and `go run`: a source that the command itself wrote is followed like a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import packages
from coding_agent_sdk.middleware.guardrails.commands.programs.options import load
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import BUILT, NET, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_LANGUAGES: Final = {"rustc": "rust", "javac": "java", "go": "go"}


def compiler(call: Call) -> Value:
    """`gcc file`, `rustc file`, `go run file`."""
    shell = call.shell
    foreign = shell.unpacked
    for operand in call.operands({"-o", "-I", "-L", "-l", "-x", "-C", "--edition", "-d", "-cp"}):
        piped = operand.text in {"-", "/dev/stdin"}
        path = shell.locate(operand.text).path
        source = call.stdin if piped else shell.files.get(path)
        foreign = foreign or piped or shell.locate(operand.text).where != "inside"
        if path in shell.downloads or (source is not None and NET in source.taints):
            shell.note("net-exec", "remote", call.part)
        elif source is not None and source.known and source.text:
            shell.run_code(_LANGUAGES.get(call.name, "c"), source, call.part)
        elif call.words[:1] == ["run"] and operand.text.endswith(".go"):
            load(call, operand)
    output = packages.by_table(call) if call.name in packages.TABLE else follow_unknown(call)
    if not foreign and (target := call.value_of("-o")) is not None:
        shell.files[shell.locate(target.text).path] = Value("", frozenset({BUILT}))
    return output


PROGRAMS: dict[str, Program] = named("gcc g++ cc c++ clang clang++ rustc javac go tcc", compiler)
