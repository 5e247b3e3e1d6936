"""Programs whose arguments are another command: they are peeled off, what is left is followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    SECRET,
    Value,
    join,
)

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_ROOT_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "ksh", "fish", "su", "-i", "-s"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrapper:
    """How to find the command inside a wrapper's arguments.

    Attributes:
        with_value: options that take a value.
        skip: operands before the command (`timeout 5 command`).
    """

    with_value: frozenset[str] = frozenset()
    skip: int = 0


def _wrapper(options: str = "", skip: int = 0) -> Wrapper:
    return Wrapper(with_value=frozenset(options.split()), skip=skip)


WRAPPERS: Final[dict[str, Wrapper]] = {
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n -p"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "timeout": _wrapper("-s -k --signal --kill-after", 1),
    "gtimeout": _wrapper("-s -k", 1),
    "stdbuf": _wrapper("-i -o -e"),
    "unbuffer": _wrapper(),
    "time": _wrapper("-f -o"),
    "gtime": _wrapper("-f -o"),
    "command": _wrapper(),
    "builtin": _wrapper(),
    "exec": _wrapper("-a"),
    "chrt": _wrapper("", 1),
    "taskset": _wrapper("", 1),
    "numactl": _wrapper("-N -m -C"),
    "cpulimit": _wrapper("-l -p"),
    "strace": _wrapper("-e -o -s -p -u -E"),
    "ltrace": _wrapper("-e -o -s"),
    "perf": _wrapper("-e -o -F -g", 1),
    "valgrind": _wrapper(),
    "rlwrap": _wrapper("-H -f"),
    "catchsegv": _wrapper(),
    "chronic": _wrapper(),
    "ts": _wrapper(),
    "eatmydata": _wrapper(),
    "fakeroot": _wrapper(),
    "proxychains": _wrapper("-f"),
    "proxychains4": _wrapper("-f"),
    "torsocks": _wrapper(),
    "dbus-run-session": _wrapper(),
    "xvfb-run": _wrapper("-n -s -e --server-args"),
    "caffeinate": _wrapper("-t -w"),
    "arch": _wrapper(),
    "setarch": _wrapper("", 1),
    "linux64": _wrapper(),
    "busybox": _wrapper(),
    "toybox": _wrapper(),
    "coproc": _wrapper(),
    "firejail": _wrapper(),
    "bwrap": _wrapper("--bind --ro-bind --dev --proc --tmpfs --chdir --setenv"),
    "systemd-run": _wrapper("-p -u --unit -E --uid --gid"),
    "prlimit": _wrapper("-p"),
    "dotenv": _wrapper("-f -e"),
    "direnv": _wrapper("", 2),
    "envdir": _wrapper("", 1),
    "chpst": _wrapper("-u -e"),
    "hyperfine": _wrapper("-w -r -p --warmup --runs --prepare --export-json -m -M"),
    "entr": _wrapper(),
    "sem": _wrapper("-j"),
    "noglob": _wrapper(),
    "nocorrect": _wrapper(),
    "doppler": _wrapper("-p -c", 1),
    "aws-vault": _wrapper("", 2),
    "infisical": _wrapper("--env", 1),
    "mise": _wrapper("", 1),
}
"""Wrappers that change how a command runs, not what it does."""

_PRIVILEGED: Final[dict[str, Wrapper]] = {
    "sudo": _wrapper("-u -g -h -p -C -r -t -U -D -R -T --user --group --prompt --chdir"),
    "doas": _wrapper("-u -C"),
    "pkexec": _wrapper("--user"),
    "run0": _wrapper("-u --user"),
    "gosu": _wrapper("", 1),
    "chroot": _wrapper("--userspec --groups", 1),
    "please": _wrapper(),
    "calife": _wrapper(),
    "unshare": _wrapper("-S -G --root --wd"),
}


def inner_command(call: Call, wrapper: Wrapper) -> list[Value]:
    """Return the command that a wrapper runs."""
    skip = wrapper.skip
    arguments = call.arguments
    index = 0
    while index < len(arguments):
        word = arguments[index].text
        if word == "--":
            return arguments[index + 1 + skip :]
        if word[:1] == "-" and len(word) > 1:
            index += 2 if word in wrapper.with_value else 1
        elif skip:
            skip -= 1
            index += 1
        else:
            return arguments[index:]
    return []


def _wrap(wrapper: Wrapper) -> Program:
    def run(call: Call) -> Value:
        inner = inner_command(call, wrapper)
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
    while arguments:
        word = arguments[0].text
        assigned = _ASSIGNMENT.fullmatch(word)
        if assigned:
            _note_variable(call, assigned[1], Value(assigned[2], arguments[0].taints))
        elif word in {"-S", "--split-string"} and len(arguments) > 1:
            return shell.run_text(join(arguments[1:], " "), call.stdin, part=call.part)
        elif word.startswith(("-S", "--split-string=")):
            return shell.run_text(Value(word.removeprefix("--split-string=").removeprefix("-S")), call.stdin, part=call.part)
        elif word in {"-u", "-C", "--unset", "--chdir"}:
            arguments.pop(0)
        elif word[:1] != "-":
            break
        arguments.pop(0)
    if arguments:
        return shell.run_words(arguments, call.stdin)
    shell.note("read", "none", call.part)
    return ANYTHING.tainted(SECRET)


def _note_variable(call: Call, name: str, value: Value) -> None:
    note = getattr(call.shell, "note_variable", None)
    if note is not None:
        note(name, value)


def privileged(call: Call) -> Value:
    """`sudo` and its kin: the command runs with more rights; a bare root shell is an escalation."""
    shell = call.shell
    inner = inner_command(call, _PRIVILEGED[call.name])
    while inner and (found := _ASSIGNMENT.fullmatch(inner[0].text)):
        _note_variable(call, found[1], Value(found[2], inner[0].taints))
        inner = inner[1:]
    name = inner[0].plain.rpartition("/")[2] if inner else ""
    if call.name in {"sudo", "doas"} and (not inner and call.has("-i", "-s") or (name in _ROOT_SHELLS and len(inner) == 1)):
        shell.note("escalate", "none", call.part)
        return ANYTHING
    shell.note("privilege", "none", call.part)
    if call.has("-e") and call.name == "sudo":
        for operand in inner:
            shell.write(operand, call.part)
        return NOTHING
    before, shell.privileged = shell.privileged, True
    try:
        return shell.run_words(inner, call.stdin) if inner else NOTHING
    finally:
        shell.privileged = before


def switch_user(call: Call) -> Value:
    """`su -c command`, `runuser`, `sg`."""
    shell = call.shell
    command = call.value_of("-c", "--command")
    if command is None:
        inner = call.operands({"-s", "-g", "-u"})
        if call.name == "runuser" and call.has("-u") and inner:
            shell.note("privilege", "none", call.part)
            return shell.run_words(inner, call.stdin)
        shell.note("escalate", "none", call.part)
        return ANYTHING
    shell.note("privilege", "none", call.part)
    return shell.run_text(command, call.stdin, part=call.part)


def xargs(call: Call) -> Value:
    """`xargs command`: what comes in becomes arguments."""
    shell = call.shell
    options = _wrapper("-I -i -n -P -d -L -s -a -E --arg-file --max-args --max-procs --delimiter --replace")
    inner = inner_command(call, options)
    source = call.value_of("-a", "--arg-file")
    stdin = shell.read(source, call.part) if source else call.stdin
    if not inner:
        shell.note("read", "none", call.part)
        return stdin
    replace = call.value_of("-I", "--replace") or (Value("{}") if any(w.startswith("-i") for w in call.words) else None)
    items = _items(stdin)
    if replace is not None and replace.text:
        outputs = []
        for item in items[:8]:
            words = [Value(w.text.replace(replace.text, item.text), w.taints | item.taints) for w in inner]
            outputs.append(shell.run_words(words))
        return join(outputs) if outputs else NOTHING
    return shell.run_words([*inner, *items])


def _items(stdin: Value) -> list[Value]:
    if not stdin.text:
        return [ANYTHING.tainted(*stdin.taints)]
    text = stdin.text.replace("\0", "\n")
    return [Value(item, stdin.taints) for item in text.split()[:32]] or [ANYTHING.tainted(*stdin.taints)]


def parallel(call: Call) -> Value:
    """`parallel command ::: arguments`."""
    words = list(call.arguments)
    if ":::" in [w.text for w in words]:
        index = [w.text for w in words].index(":::")
        words, items = words[:index], words[index + 1 :]
    else:
        items = _items(call.stdin)
    inner = inner_command(Call(name=call.name, arguments=words, stdin=call.stdin, shell=call.shell), _wrapper("-j -n -N -a -I --jobs --delay --joblog"))
    text = join(inner, " ") if inner else NOTHING
    for item in items[:8]:
        line = text.text.replace("{}", item.text) if "{}" in text.text else f"{text.text} {item.text}"
        call.shell.run_text(Value(line.strip(), text.taints | item.taints), part=call.part)
    return ANYTHING


def text_command(*options: str) -> Program:
    """Make a program that runs the text given with one of its options, or its last operand."""

    def run(call: Call) -> Value:
        shell = call.shell
        for option in options:
            command = call.value_of(option)
            if command is not None:
                return shell.run_text(command, call.stdin, part=call.part)
            cluster = next((i for i, w in enumerate(call.words) if re.fullmatch(rf"-[a-zA-Z]*{option[-1]}", w)), None) if len(option) == 2 else None  # noqa: PLR2004
            if cluster is not None and cluster + 1 < len(call.arguments):
                return shell.run_text(call.arguments[cluster + 1], call.stdin, part=call.part)
        shell.note("exec", "none", call.part)
        return ANYTHING

    return run


def flock(call: Call) -> Value:
    """`flock file command`, `flock file -c text`."""
    command = call.value_of("-c", "--command")
    if command is not None:
        return call.shell.run_text(command, call.stdin, part=call.part)
    inner = inner_command(call, _wrapper("-w -E --timeout", 1))
    return call.shell.run_words(inner, call.stdin) if inner else NOTHING


def watch(call: Call) -> Value:
    """`watch command` runs its arguments as one shell text."""
    inner = inner_command(call, _wrapper("-n --interval -e"))
    return call.shell.run_text(join(inner, " "), part=call.part) if inner else NOTHING


def watcher(call: Call) -> Value:
    """`nodemon --exec command`, `watchexec command`, `when-changed`."""
    shell = call.shell
    command = call.value_of("--exec", "-x", "-c", "-s")
    if command is not None:
        return shell.run_text(command, part=call.part)
    if call.name == "watchexec":
        inner = inner_command(call, _wrapper("-e -w -i -f --exts --watch --ignore"))
        return shell.run_text(join(inner, " "), part=call.part) if inner else NOTHING
    shell.note("exec", "inside", call.part)
    return ANYTHING


def multiplexer(call: Call) -> Value:
    """`tmux new -d 'command'`, `screen -dm command`."""
    shell = call.shell
    shell.note("exec", "none", call.part)
    if call.name == "screen":
        inner = inner_command(call, _wrapper("-S -c -L -t"))
        return shell.run_words(inner) if inner and call.has("-d", "-m", "-S") else NOTHING
    for argument in call.operands({"-s", "-t", "-n", "-c", "-x", "-y", "-F"})[1:]:
        if " " in argument.text:
            shell.run_text(argument, part=call.part)
    return NOTHING


def bundle(call: Call) -> Value:
    """`bundle exec command`, `poetry run command`, `uv run command`: the command is the project's."""
    words = call.words
    runners = {"exec", "run", "x", "dlx", "tool"}
    verb = next((i for i, w in enumerate(words[:3]) if w in runners), None)
    if verb is None:
        return ANYTHING
    inner = inner_command(
        Call(name=call.name, arguments=call.arguments[verb + 1 :], stdin=call.stdin, shell=call.shell),
        _wrapper("--with --group --extra --python -p --env-file --package --directory --from -C --prefix --filter -w"),
    )
    return call.shell.run_words(inner, call.stdin) if inner else NOTHING


PROGRAMS: dict[str, Program] = {
    **{name: _wrap(wrapper) for name, wrapper in WRAPPERS.items()},
    **dict.fromkeys(_PRIVILEGED, privileged),
    "env": environment,
    "genv": environment,
    **dict.fromkeys(("su", "runuser", "sg", "newgrp"), switch_user),
    "xargs": xargs,
    "gxargs": xargs,
    "parallel": parallel,
    "script": text_command("-c", "--command"),
    "flock": flock,
    "watch": watch,
    **dict.fromkeys(("nodemon", "watchexec", "when-changed", "chokidar", "onchange", "reflex", "air"), watcher),
    **dict.fromkeys(("tmux", "screen"), multiplexer),
}
