"""Programs whose arguments are another command: they are peeled off, what is left is followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.options import follow_table
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    SECRET,
    UNKNOWN,
    Value,
    join,
)

ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrapper:
    """How to find the command inside a wrapper's arguments.

    Attributes:
        with_value: options that take a value.
        skip: operands before the command (`timeout 5 command`).
    """

    with_value: frozenset[str] = frozenset()
    skip: int = 0


def wrapper(options: str = "", skip: int = 0) -> Wrapper:
    """Describe a wrapper by its options that take a value and the operands before the command."""
    return Wrapper(with_value=frozenset(options.split()), skip=skip)


WRAPPERS: Final[dict[str, Wrapper]] = {
    "nice": wrapper("-n --adjustment"),
    "ionice": wrapper("-c -n -p"),
    "nohup": wrapper(),
    "setsid": wrapper(),
    "timeout": wrapper("-s -k --signal --kill-after", 1),
    "gtimeout": wrapper("-s -k", 1),
    "stdbuf": wrapper("-i -o -e"),
    "unbuffer": wrapper(),
    "time": wrapper("-f -o"),
    "gtime": wrapper("-f -o"),
    "command": wrapper(),
    "builtin": wrapper(),
    "exec": wrapper("-a"),
    "chrt": wrapper("", 1),
    "taskset": wrapper("", 1),
    "numactl": wrapper("-N -m -C"),
    "cpulimit": wrapper("-l -p"),
    "strace": wrapper("-e -o -s -p -u -E"),
    "ltrace": wrapper("-e -o -s"),
    "perf": wrapper("-e -o -F -g", 1),
    "valgrind": wrapper(),
    "rlwrap": wrapper("-H -f"),
    "catchsegv": wrapper(),
    "chronic": wrapper(),
    "ts": wrapper(),
    "eatmydata": wrapper(),
    "fakeroot": wrapper(),
    "proxychains": wrapper("-f"),
    "proxychains4": wrapper("-f"),
    "torsocks": wrapper(),
    "dbus-run-session": wrapper(),
    "gnome-terminal": wrapper("--title --working-directory"),
    "konsole": wrapper("--workdir"),
    "kitty": wrapper("-d"),
    "foot": wrapper(),
    "xvfb-run": wrapper("-n -s -e --server-args"),
    "caffeinate": wrapper("-t -w"),
    "arch": wrapper(),
    "setarch": wrapper("", 1),
    "linux64": wrapper(),
    "busybox": wrapper(),
    "toybox": wrapper(),
    "coproc": wrapper(),
    "firejail": wrapper(),
    "bwrap": wrapper("--bind --ro-bind --dev --proc --tmpfs --chdir --setenv"),
    "systemd-run": wrapper("-p -u --unit -E --uid --gid"),
    "prlimit": wrapper("-p"),
    "setpriv": wrapper("--reuid --regid --groups --inh-caps --bounding-set --securebits"),
    "dotenv": wrapper("-f -e"),
    "direnv": wrapper("", 2),
    "envdir": wrapper("", 1),
    "chpst": wrapper("-u -e"),
    "hyperfine": wrapper("-w -r -p --warmup --runs --prepare --export-json -m -M"),
    "entr": wrapper(),
    "sem": wrapper("-j"),
    "noglob": wrapper(),
    "nocorrect": wrapper(),
    "doppler": wrapper("-p -c", 1),
    "aws-vault": wrapper("", 2),
    "infisical": wrapper("--env", 1),
    "mise": wrapper("", 1),
    "dotenvx": wrapper("-f", 1),
    "env-cmd": wrapper("-f"),
}
"""Wrappers that change how a command runs, not what it does."""


def inner_command(call: Call, kind: Wrapper) -> list[Value]:
    """Return the command that a wrapper runs."""
    skip = kind.skip
    arguments = call.arguments
    index = 0
    while index < len(arguments):
        word = arguments[index].text
        if word == "--":
            return arguments[index + 1 + skip :]
        if word[:1] == "-" and len(word) > 1:
            index += 2 if word in kind.with_value else 1
        elif skip:
            skip -= 1
            index += 1
        else:
            return arguments[index:]
    return []


def _wrap(kind: Wrapper) -> Program:
    def run(call: Call) -> Value:
        inner = inner_command(call, kind)
        follow_table(call, end=len(call.arguments) - len(inner))
        piped = call.value_of("-o") if call.name in {"strace", "ltrace"} else None
        if piped is not None and piped.text[:1] in "|!":
            call.shell.run_text(Value(piped.text[1:]), part=call.part)
        if call.name in {"command", "type"} and call.has("-v", "-V"):
            call.shell.note("read", "none", call.part)
            return Value(f"/usr/bin/{inner[0].plain}\n") if inner else NOTHING
        if not inner:
            call.shell.note("read", "none", call.part)
            return NOTHING
        if len(inner) == 1 and " " in inner[0].text:
            return call.shell.run_text(inner[0], call.stdin, part=call.part)
        return call.shell.run_words(inner, call.stdin)

    return run


def environment(call: Call) -> Value:
    """`env`: assignments, then a command; alone it prints all variables."""
    shell = call.shell
    arguments = list(call.arguments)
    folder = shell.folder
    while arguments:
        word = arguments[0].text
        assigned = ASSIGNMENT.fullmatch(word)
        if assigned:
            given = Value(assigned[2], arguments[0].taints)
            shell.note_variable(assigned[1], given)
            shell.variables[assigned[1]] = given
            shell.exported.add(assigned[1])
        elif word in {"-S", "--split-string"} and len(arguments) > 1:
            return shell.run_text(join(arguments[1:], " "), call.stdin, part=call.part)
        elif word.startswith(("-S", "--split-string=")):
            return shell.run_text(
                Value(word.removeprefix("--split-string=").removeprefix("-S")),
                call.stdin,
                part=call.part,
            )
        elif word in {"-u", "--unset"}:
            arguments.pop(0)
        elif word.startswith("--chdir="):
            folder = shell.locate(word.partition("=")[2]).path
        elif word in {"-C", "--chdir"} and len(arguments) > 1:
            arguments.pop(0)
            folder = shell.locate(arguments[0].text).path
        elif word[:1] != "-":
            break
        arguments.pop(0)
    if not arguments:
        shell.note("read", "none", call.part)
        return ANYTHING.tainted(SECRET)
    follow_table(call, end=len(call.arguments) - len(arguments))
    before, shell.folder = shell.folder, folder
    try:
        return shell.run_words(arguments, call.stdin)
    finally:
        shell.folder = before


def xargs(call: Call) -> Value:
    """`xargs command`: what comes in becomes arguments."""
    shell = call.shell
    options = wrapper(
        "-I -i -n -P -d -L -s -a -E --arg-file --max-args --max-procs --delimiter --replace"
    )
    inner = inner_command(call, options)
    source = call.value_of("-a", "--arg-file")
    stdin = shell.read(source, call.part) if source else call.stdin
    if not inner:
        shell.note("read", "none", call.part)
        return stdin
    replace = call.value_of("-I", "--replace") or (
        Value("{}") if any(w.startswith("-i") for w in call.words) else None
    )
    delimiter = "\0" if call.has("-0", "--null") else None
    if replace is not None and replace.text and delimiter is None:
        delimiter = "\n"
    items = _items(stdin, delimiter)
    if replace is not None and replace.text:
        outputs = []
        for item in items[:8]:
            words = [
                Value(w.text.replace(replace.text, item.text), w.taints | item.taints)
                if replace.text in w.text
                else w
                for w in inner
            ]
            outputs.append(shell.run_words(words))
        return join(outputs) if outputs else NOTHING
    return shell.run_words([*inner, *items])


def _items(stdin: Value, delimiter: str | None = None) -> list[Value]:
    """Return what comes in, taken apart at a delimiter, or at blanks."""
    if delimiter == "\0" and "\0" not in stdin.text and UNKNOWN in stdin.text:
        delimiter = "\n"
    items = [item for item in stdin.text.split(delimiter)[:32] if item]
    return [Value(item, stdin.taints) for item in items] or [ANYTHING.tainted(*stdin.taints)]


def parallel(call: Call) -> Value:
    """`parallel command ::: arguments`."""
    words = list(call.arguments)
    if ":::" in [w.text for w in words]:
        index = [w.text for w in words].index(":::")
        words, items = words[:index], words[index + 1 :]
    else:
        items = _items(call.stdin)
    inner = inner_command(
        Call(name=call.name, arguments=words, stdin=call.stdin, shell=call.shell),
        wrapper("-j -n -N -a -I --jobs --delay --joblog"),
    )
    follow_table(call, end=len(words) - len(inner))
    text = join(inner, " ") if inner else NOTHING
    for item in items[:8]:
        line = (
            text.text.replace("{}", item.text) if "{}" in text.text else f"{text.text} {item.text}"
        )
        call.shell.run_text(Value(line.strip(), text.taints | item.taints), part=call.part)
    return ANYTHING


def together(call: Call) -> Value:
    """`concurrently 'one command' 'another'`."""
    for operand in call.operands(
        {"-n", "-c", "--names", "--prefix", "-p", "--kill-others-on-fail"}
    ):
        call.shell.run_text(operand, part=call.part)
    return ANYTHING


def bundle(call: Call) -> Value:
    """`bundle exec command`, `poetry run command`, `uv run command`."""
    words = call.words
    runners = {"exec", "run", "x", "dlx", "tool"}
    verb = next((i for i, w in enumerate(words[:3]) if w in runners), None)
    if verb is None:
        return ANYTHING
    inner = inner_command(
        Call(
            name=call.name, arguments=call.arguments[verb + 1 :], stdin=call.stdin, shell=call.shell
        ),
        wrapper(
            "--with --group --extra --python -p --env-file --package --directory --from -C "
            "--prefix --filter -w -n --name"
        ),
    )
    return call.shell.run_words(inner, call.stdin) if inner else NOTHING


PROGRAMS: dict[str, Program] = {
    **{name: _wrap(kind) for name, kind in WRAPPERS.items()},
    **named("env genv cross-env", environment),
    **named("concurrently", together),
    **named("xargs gxargs", xargs),
    "parallel": parallel,
}

PEELED: Final = frozenset(PROGRAMS)
"""Programs of which the options end where the command inside begins."""
