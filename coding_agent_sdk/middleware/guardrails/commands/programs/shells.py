"""Shells, built-ins and interpreters: what they are given to run is followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    HOME,
    NET,
    NOTHING,
    Value,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind

_MODULES: Final[dict[str, str]] = {
    "pip": "pip",
    "venv": "",
    "http.server": "",
    "pdb": "",
    "timeit": "",
    "json.tool": "",
}


_INSTALLED_PROGRAM: Final = re.compile(r"(?:/usr)?(?:/local)?/s?bin/[\w.+-]+$")


def shell_program(call: Call) -> Value:
    """`sh -c text`, `bash script`, `… | sh`, `bash <<<text`."""
    shell = call.shell
    arguments = call.arguments
    for index, argument in enumerate(arguments):
        word = argument.text
        if re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", word) or word == "--command":
            if index + 1 >= len(arguments):
                return NOTHING
            rest = arguments[index + 1 :]
            return _with_positions(call, rest[0], rest[1:])
        if word == "-i" and "socket" in call.stdin.taints:
            shell.note("remote-shell", "remote", call.part)
    operands = call.operands({"-o", "-O", "+o", "--rcfile", "--init-file"})
    if call.has("-s") or not operands:
        return _standard_input(call)
    return _script(call, operands[0])


def _with_positions(call: Call, text: Value, positions: list[Value]) -> Value:
    """Run `sh -c text name one two`: the arguments are `$0`, `$1`, `$2` in the text."""
    variables, arrays = call.shell.variables, call.shell.arrays
    kept = {str(i): variables.get(str(i)) for i in range(len(positions))}
    given = arrays.get("@")
    for index, value in enumerate(positions):
        variables[str(index)] = value
    arrays["@"] = positions[1:]
    try:
        return call.shell.run_text(text, call.stdin, part=call.part)
    finally:
        for name, before in kept.items():
            if before is None:
                variables.pop(name, None)
            else:
                variables[name] = before
        arrays.pop("@", None)  # a function has taken its own away
        if given is not None:
            arrays["@"] = given


def run_script(call: Call, content: Value, path: Value) -> Value:
    """Run what a file is known to hold in a shell of its own, which knows the path as `$0`."""
    variables = call.shell.variables
    before = variables.get("0")
    variables["0"] = path
    try:
        return call.shell.run_text(content, call.stdin, part=call.part)
    finally:
        variables.pop("0", None)
        if before is not None:
            variables["0"] = before


def _standard_input(call: Call) -> Value:
    """A shell that reads its commands from standard input."""
    stdin = call.stdin
    if "socket" in stdin.taints:
        call.shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    if not stdin.text and not stdin.taints:
        # With another user's rights a shell that waits for commands is all of his rights.
        kind: EffectKind = "escalate" if call.shell.privileged else "exec-unknown"
        call.shell.note(kind, "none", call.part)
        return ANYTHING
    return call.shell.run_text(stdin, part=call.part)


def _script(call: Call, path: Value) -> Value:
    shell = call.shell
    kept = shell.files.get(path.text)
    if kept is not None and path.text.startswith("/dev/fd/"):
        return shell.run_text(kept, call.stdin, part=call.part)
    if path.text.startswith("/dev/fd/") or path.text in {"/dev/stdin", "-", "/proc/self/fd/0"}:
        value = ANYTHING.tainted(*path.taints) if path.text.startswith("/dev/fd/") else call.stdin
        if value.known and value.text:
            return shell.run_text(value, part=call.part)
        if NET in value.taints:
            shell.note("net-exec", "remote", call.part)
        else:
            shell.note(
                "exec-hidden" if HIDDEN in value.taints else "exec-unknown", "none", call.part
            )
        return ANYTHING
    place = shell.locate(path.text)
    content = shell.files.get(place.path)
    if place.path in shell.downloads or any(
        place.path.startswith(d + "/") for d in shell.downloads
    ):
        shell.note("net-exec", "remote", call.part)
    elif content is not None and content.text:
        if call.name in {"source", "."}:  # `$0` stays what it was
            return shell.run_text(content, call.stdin, part=call.part)
        return run_script(call, content, path)
    elif place.where in {"inside", "none"}:
        shell.note("exec", place.where, call.part)
    else:
        shell.note("exec-unknown", place.where, call.part)
    return ANYTHING


def evaluate(call: Call) -> Value:
    """`eval words`: the words are shell text for this very shell."""
    return (
        call.shell.run_text(join(call.arguments, " "), call.stdin, part=call.part, apart=False)
        if call.arguments
        else NOTHING
    )


def source(call: Call) -> Value:
    """`source file`, `. file`."""
    if not call.arguments:
        return NOTHING
    path = call.arguments[0]
    shell = call.shell
    place = shell.locate(path.text)
    if (
        re.search(
            r"(?:^|/)(?:activate(?:\.\w+)?|\.?nvm\.sh|\.bashrc|\.profile|\.zshrc"
            r"|\.bash_profile|env|\.env[\w.]*|conda\.sh|asdf\.sh|cargo/env)$",
            path.plain,
        )
        and place.path not in shell.downloads
        and place.path not in shell.files
    ):
        shell.note("exec", "inside", call.part)
        return NOTHING
    return _script(call, path)


def change_folder(call: Call) -> Value:
    """`cd`, `pushd`: later relative paths start elsewhere."""
    shell = call.shell
    shell.note("read", "none", call.part)
    operands = call.operands()
    if call.name == "popd" or any(a.text == "-" for a in call.arguments):
        shell.folder = None
        return NOTHING
    target = operands[0] if operands else Value(shell.home)
    searched = call.variables.get("CDPATH") or shell.variables.get("CDPATH")
    if searched is not None and searched.text and target.text[:1] not in {"/", "."}:
        shell.folder = None  # the folder may be one in any of those
        shell.note("exec-unknown", "none", call.part)
        return NOTHING
    if not target.known:
        place = shell.locate(target.text)
        shell.folder = None if place.where == "unknown" else place.path
        return NOTHING
    shell.folder = shell.locate(target.text or ".").path
    return NOTHING


def set_options(call: Call) -> Value:
    """`set -e`, `set -- a b`; alone it lists all variables."""
    call.shell.note("read", "none", call.part)
    if re.search(r"\+o history", call.text):
        call.shell.note("tamper", "none", call.part)
    if call.words[:1] == ["--"]:
        for index, value in enumerate(call.arguments[1:10], start=1):
            call.shell.variables[str(index)] = value
        call.shell.arrays["@"] = call.arguments[1:]
    return NOTHING if call.arguments else ANYTHING.tainted("secret")


def _run_now(call: Call) -> Callable[[Value], object]:
    return lambda text: call.shell.run_text(text, part=call.part)


def define_alias(call: Call) -> Value:
    """`alias name=text`, `trap text SIGNAL`, `complete -C text`: the text runs later."""
    shell = call.shell
    shell.note("read", "none", call.part)
    for argument in call.operands():
        _, found, text = argument.text.partition("=")
        if call.name == "alias" and found:
            shell.run_text(Value(text, argument.taints), part=call.part)
    if (
        call.name == "trap"
        and len(call.arguments) > 1
        and call.words[0] not in {"-", "", "-p", "-l"}
    ):
        (shell.deferred.append if "$" in call.words[0] else _run_now(call))(call.arguments[0])
    if call.name == "enable" and call.has("-f", "-d"):
        shell.note("exec-unknown", "none", call.part)
    command = call.value_of("-x" if call.name == "bind" else "-C")
    if command is not None:
        _, found, bound = command.text.partition(":")
        shell.run_text(Value(bound, command.taints) if found else command, part=call.part)
    return NOTHING


def remember_path(call: Call) -> Value:
    """`hash -p path name`: the name runs that path from here on."""
    shell = call.shell
    path = call.value_of("-p")
    if path is None:
        shell.note("read", "none", call.part)
    elif _INSTALLED_PROGRAM.match(path.plain):
        shell.note("exec", "none", call.part)
    else:
        shell.note("exec-unknown", "none", call.part)
    return NOTHING


def wait(call: Call) -> Value:
    """`wait -p name`: the subscript of the name is evaluated."""
    for operand in (*call.operands(), *filter(None, [call.value_of("-p")])):
        call.shell.evaluate(operand, call.part)
    call.shell.note("read", "none", call.part)
    return NOTHING


def history(call: Call) -> Value:
    """`history`: reading it is harmless, clearing it hides traces."""
    if call.has("-c", "-d", "-w") or (call.name == "fc" and call.has("-s", "-e")):
        call.shell.note("tamper", "none", call.part)
    else:
        call.shell.note("read", "none", call.part)
    return ANYTHING.tainted(HOME)


PROGRAMS: dict[str, Program] = {
    **named("sh bash zsh dash ksh ash fish mksh rbash csh tcsh elvish yash xonsh", shell_program),
    "eval": evaluate,
    **named("source .", source),
    **named("cd pushd popd chdir", change_folder),
    "set": set_options,
    **named("alias unalias trap complete compgen compopt bind enable", define_alias),
    **named("history fc", history),
    "hash": remember_path,
    "wait": wait,
}
