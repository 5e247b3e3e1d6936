"""Programs that run a command or code which stands in an unusual place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import system, tools
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import inner_command, wrapper
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, Value, join

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

LOADER: Final = "ld.so"
"""The name under which the dynamic loader is known, however its file is called."""

_LOADER: Final = wrapper(
    "--library-path --preload --audit --argv0 --inhibit-rpath --glibc-hwcaps-prepend"
    " --glibc-hwcaps-mask"
)
_SPACES: Final = names("netns vrf")
_LINE_OF_ED: Final = re.compile(r"[\d,.$;%'+-]*\s*(?:(?P<verb>[rwWeE])\s*)?(?:!(?P<run>.+))")
_FILE_OF_ED: Final = re.compile(r"[\d,.$;%'+-]*\s*[wW]q?\s+(?P<file>[^!\s].*)")
_PLAIN_RENAMING: Final = re.compile(
    r"(?:s|y|tr)(?P<sign>[^\w\s])(?:(?!(?P=sign)).)*(?P=sign)(?:(?!(?P=sign)).)*(?P=sign)[gimsxdcr]*"
    r"|[\w .-]*"
)


def loader(call: Call) -> Value:
    """`/lib64/ld-linux-x86-64.so.2 program`: the loader runs a program without naming it first."""
    shell = call.shell
    inner = inner_command(call, _LOADER)
    if call.has("--preload", "--audit"):
        shell.note("exec-unknown", "none", call.part)
    if not inner or call.has("--list", "--verify"):
        shell.note("read", "none", call.part)
        return ANYTHING
    return shell.run_words(inner, call.stdin)


def ip(call: Call) -> Value:
    """`ip netns exec name command`; else what the table says."""
    words = call.words
    for index, word in enumerate(words[:-1]):
        if word in _SPACES and words[index + 1] == "exec":
            call.shell.note("read", "none", call.part)
            return call.shell.run_words(call.arguments[index + 3 :], call.stdin)
    return system.by_table(call)


def split(call: Call) -> Value:
    """`split --filter=command`: each piece goes to a command."""
    command = call.value_of("--filter")
    if command is not None:
        call.shell.run_text(command, call.stdin, part=call.part)
    for prefix in (
        []
        if call.name == "csplit"
        else call.operands({"-b", "-l", "-n", "-a", "-C", "-f", "-k"})[1:]
    ):
        call.shell.write(prefix, call.part)
    return follow_unknown(call)


def line_editor(call: Call) -> Value:
    """`ed`: its script runs (`!command`) and writes (`w file`)."""
    shell = call.shell
    for operand in call.operands({"-p"}):
        if operand.text.startswith("!"):
            shell.run_text(Value(operand.text[1:], operand.taints), part=call.part)
        else:
            shell.write(operand, call.part)
    for line in call.stdin.plain.splitlines():
        if found := _LINE_OF_ED.match(line):
            shell.run_text(Value(found["run"], call.stdin.taints), part=call.part)
        elif found := _FILE_OF_ED.match(line):
            shell.write(Value(found["file"]), call.part)
    shell.note("exec", "inside", call.part)
    return NOTHING


def macros(call: Call) -> Value:
    """`m4`: `syscmd` and `esyscmd` run their argument."""
    shell = call.shell
    texts = [call.stdin]
    files = [f for f in call.operands({"-D", "-I", "-U", "-o", "-F", "-R"}) if f.text != "-"]
    texts += [shell.read(file, call.part) for file in files]
    text = join([*texts, *call.arguments], "\n")
    for found in re.finditer(r"e?syscmd\((.*)\)", text.plain):
        shell.run_text(Value(found[1].strip("`'[]\""), text.taints), part=call.part)
    shell.note("exec", "inside", call.part)
    return ANYTHING


def run_parts(call: Call) -> Value:
    """`run-parts folder` runs every program in a folder."""
    shell = call.shell
    if call.has("--test", "--list"):
        shell.note("read", "none", call.part)
        return ANYTHING
    for operand in call.operands({"-a", "-u", "--arg", "--umask", "--regex"}):
        inside = shell.locate(operand.text).where == "inside" and not shell.unpacked
        shell.note("exec" if inside else "exec-unknown", "inside", call.part)
    return ANYTHING


def rename(call: Call) -> Value:
    """`rename code files`: the code is Perl, of which a plain substitution runs nothing."""
    shell = call.shell
    operands = call.operands({"-e", "-E", "-n"} if call.has("-e", "-E") else ())
    code = call.value_of("-e", "-E")
    if code is None and operands:
        code, operands = operands[0], operands[1:]
    if code is not None and _PLAIN_RENAMING.fullmatch(code.plain) is None:
        shell.run_code("perl", code, call.part, call.stdin)
        shell.note("exec-unknown", "none", call.part)
    for operand in operands:
        shell.write(operand, call.part)
    shell.note("exec", "none", call.part)
    return NOTHING


def in_place(call: Call) -> Value:
    """`mogrify files`: writes what it reads."""
    for operand in call.operands({"-format", "-resize", "-quality", "-path", "-crop", "-rotate"}):
        call.shell.write(operand, call.part)
    return NOTHING


def subversion(call: Call) -> Value:
    """`svn export URL folder`: writes the folder; else what the table says."""
    operands = call.operands({"-r", "-m", "--depth"})
    if operands and operands[0].plain in {"export", "checkout", "co"}:
        for operand in operands[2:]:
            call.shell.write(operand, call.part)
    return tools.by_table(call)


def calculator(call: Call) -> Value:
    """`dc`: a line after `!` is a command."""
    texts = [v for v in (call.value_of("-e", "--expression"),) if v is not None]
    for found in re.finditer(r"(?m)^[ \t]*!(.+)", join([*texts, call.stdin], "\n").plain):
        call.shell.run_text(Value(found[1]), part=call.part)
    call.shell.note("read", "none", call.part)
    return ANYTHING


def build_script(call: Call) -> Value:
    """`cmake -P file`: the script's commands are followed where it is known."""
    path = call.value_of("-P")
    if path is not None:
        piped = path.text in {"-", "/dev/stdin"}
        text = call.stdin if piped else call.shell.files.get(call.shell.locate(path.text).path)
        for found in re.finditer(r"(?i)\bCOMMAND\s+([^)]+)\)", text.plain if text else ""):
            call.shell.run_text(Value(found[1]), part=call.part)
    return follow_unknown(call)


PROGRAMS: dict[str, Program] = {
    LOADER: loader,
    "ip": ip,
    **named("split gsplit csplit", split),
    **named("ed red", line_editor),
    **named("m4 gm4", macros),
    "run-parts": run_parts,
    "dc": calculator,
    "cmake": build_script,
    "mogrify": in_place,
    "svn": subversion,
    **named("rename prename file-rename perl-rename", rename),
}
