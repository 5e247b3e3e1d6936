"""Languages of which code stands in an argument, and tools that are told shell commands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import interpreters, packages, tools
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, Value, join

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "iex": ("-e", "--eval", "--rpc-eval"),
    "mix": ("-e", "--eval"),
    "swipl": ("-g", "-t"),
    "gprolog": ("--query-goal", "--init-goal", "--entry-goal"),
    "ocaml": ("-e",),
    "maxima": ("--batch-string", "-r", "--run-string"),
    "rake": ("-e", "--execute", "-p", "--execute-print", "-E", "--execute-continue"),
    "swift": ("-e",),
    "io": ("-e",),
    "dart": ("-e",),
}
_LANGUAGES: Final = {"iex": "elixir", "mix": "elixir", "rake": "ruby"}
_BEFORE: Final[dict[str, Program]] = {
    "mix": packages.by_table,
    "dart": packages.by_table,
    "swift": interpreters.interpreter,
}
"""Who knows the rest of a program."""

_HALTS: Final = frozenset({"halt", "main", "true", "halt(0)"})
_CALLS_SHELL: Final = re.compile(
    r"(?i)(?:system|shell|command|cmd|exec\w*|popen|process\w*|run)\W{1,8}?"
    r"(?:\"((?:[^\"\\]|\\.){1,2000})\"|'((?:[^'\\]|\\.){1,2000})')"
    r"((?:\s*,\s*\[?\s*[\"'][^\"']{0,400}[\"'])*)"
)
_SHELL_LINE: Final = re.compile(
    r"(?m)^\s*(?:!{1,2}|%(?:sx|system|sc|alias\s+\w+|alias_magic)\s)\s*(.+)"
)
_SHELL_CELL: Final = re.compile(r"(?s)^\s*%%(?:bash|sh|script\s+\w+|!|system|sx)[^\n]*\n(.*)")
_ASSIGNED_LINE: Final = re.compile(r"(?m)^\s*[\w, ]+=\s*(?:!|%sx\s)\s*(.+)")
_IN_SALT: Final = re.compile(r"cmd\.\w+$")


def code_in_options(call: Call) -> Value:
    """`swipl -g goal`, `rake -e code`: asked about; what can be seen of it is followed."""
    options = _OPTIONS[call.name]
    if call.name != "mix" or call.words[:1] in (["run"], ["eval"], ["do"]):
        for option in options:
            code = call.value_of(option)
            if code is not None and code.text.strip() not in _HALTS:
                _follow(call, code)
    return _BEFORE.get(call.name, follow_unknown)(call)


def _follow(call: Call, code: Value) -> None:
    call.shell.note("exec-unknown", "none", call.part)
    for found in _CALLS_SHELL.finditer(code.plain):
        words = re.findall(r"[\"']([^\"']*)[\"']", found[3] or "")
        text = " ".join([found[1] or found[2], *words])
        call.shell.run_text(Value(text, code.taints), part=call.part)
    call.shell.run_code(_LANGUAGES.get(call.name, call.name), code, call.part)


def ipython(call: Call) -> Value:
    """`ipython -c code`: Python, of which lines that begin with `!` are the shell's."""
    code = call.value_of("-c")
    if code is None:
        return interpreters.interpreter(call)
    cell = _SHELL_CELL.match(code.text)
    if cell is not None:
        return call.shell.run_text(Value(cell[1], code.taints), part=call.part)
    for pattern in (_SHELL_LINE, _ASSIGNED_LINE):
        for line in pattern.findall(code.text):
            call.shell.run_text(Value(line, code.taints), part=call.part)
    rest = _ASSIGNED_LINE.sub("", _SHELL_LINE.sub("", code.text))
    return call.shell.run_code("python", Value(rest, code.taints), call.part, call.stdin)


def salt(call: Call) -> Value:
    """`salt-call --local cmd.run command`: the command is followed, all else is asked about."""
    start = next((i for i, word in enumerate(call.words) if _IN_SALT.match(word)), None)
    if start is None:
        call.shell.note("configure", "system", call.part)
        return ANYTHING
    for argument in call.arguments[start + 1 :]:
        call.shell.run_text(argument, part=call.part)
    if call.name == "salt":
        call.shell.note("configure", "remote", call.part)
    return ANYTHING


def forge(call: Call) -> Value:
    """`gh alias set name '!command'`: the command runs whenever the alias is used."""
    if call.words[:1] == ["alias"] and call.words[1:2] in (["set"], ["import"]):
        text = join(call.operands()[3:], " ")
        if text.text[:1] == "!" or call.has("--shell", "-s"):
            call.shell.note("configure", "home", call.part)
            call.shell.run_text(Value(text.text.lstrip("!"), text.taints), part=call.part)
            return ANYTHING
    return tools.PROGRAMS["gh"](call)


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(_OPTIONS, code_in_options),
    **named("ipython ipython3", ipython),
    **named("salt-call salt", salt),
    "gh": forge,
}
