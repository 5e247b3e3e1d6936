"""Programs that search for files, and delete or run what they find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    MARK,
    STAR,
    UNKNOWN,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


_LIMITS: Final = names(
    "-e --extension -E --exclude -S --size --changed-within --changed-before --newer --older -d"
)
"""Options of `fd` by which it finds only some of the files."""


def find(call: Call) -> Value:
    """`find`, `fd`: start folders, tests, and actions that delete or run."""
    shell = call.shell
    words = call.words
    first = next(
        (
            i
            for i, w in enumerate(words)
            if w[:1] in "-(!" and w not in {"-L", "-H", "-P", "--"} and not w.startswith("-O")
        ),
        len(words),
    )
    starts = [a for a in call.arguments[:first] if a.text[:1] != "-"] or [Value(".")]
    limited = any(
        w
        in names(
            "-name -iname -path -mtime -newer -regex -size -mmin -empty -ipath -atime -wholename"
        )
        for w in words
    ) and not re.search(r"-i?name (?:\*|\*\.\*)(?: |$)", " ".join(words))
    for start in starts:
        shell.read(start, call.part)
    named = _named_secret(call)
    found = [
        Value(f"{start.text.rstrip('/')}/{named}", start.taints)
        if named
        else _each(call, start, limited=limited)
        for start in starts
    ]
    _actions(call, found)
    return Value("\n".join(f.text for f in found))


def _named_secret(call: Call) -> str:
    """Return the name that is searched for, where files of that name hold secrets."""
    for option in ("-name", "-iname"):
        for argument in call.arguments:
            if argument.text == option:
                given = call.value_of(option)
                pattern = given.plain.replace("*", STAR).replace("?", MARK) if given else ""
                if pattern and call.shell.locate(f"./{pattern}").where == "credential":
                    return pattern
    return ""


def _each(call: Call, start: Value, *, limited: bool) -> Value:
    """Return a path that stands for what is found below *start*: all, or some of it."""
    text = start.text.rstrip("/")
    name = UNKNOWN if not limited else f"{STAR}found"
    if limited and text not in {"", "."} and not text.startswith("./"):
        scratch = call.shell.locate(text).where == "scratch"
        name = f"found-{UNKNOWN}" if scratch else UNKNOWN
    return Value(f"{text}/{name}", start.taints)


def _actions(call: Call, found: list[Value]) -> None:
    shell = call.shell
    words = call.words
    for index, word in enumerate(words):
        if word == "-delete":
            for path in found:
                shell.delete(path, call.part)
        elif word in {"-exec", "-execdir", "-ok", "-okdir"}:
            command = []
            for argument in call.arguments[index + 1 :]:
                if argument.plain in {";", "+"}:
                    break
                command.append(argument)
            for path in found:
                shell.run_words(
                    [
                        Value(a.text.replace("{}", path.text), a.taints | path.taints)
                        for a in command
                    ]
                )
        elif word in {"-fprint", "-fprintf", "-fls", "-fprint0"} and index + 1 < len(words):
            shell.write(call.arguments[index + 1], call.part)


def fd(call: Call) -> Value:
    """`fd pattern folder -x command`."""
    shell = call.shell
    for option in ("-x", "--exec", "-X", "--exec-batch"):
        if option in call.words:
            index = call.words.index(option)
            operands = [a for a in call.arguments[:index] if a.text[:1] != "-"]
            limited = (operands and operands[0].plain not in {".", ".*", "", "*"}) or _LIMITS & {
                w.partition("=")[0] for w in call.words[:index]
            }
            exact = operands[0].plain.strip("^$").replace("\\", "") if operands else ""
            secret = shell.locate(f"./{exact}").where == "credential"
            path = Value(
                f"./{exact}"
                if secret
                else (operands[1].text if len(operands) > 1 else ".")
                + (f"/{STAR}found" if limited else f"/{STAR}")
            )
            command = [
                Value(a.text.replace("{}", path.text), a.taints)
                for a in call.arguments[index + 1 :]
            ]
            if not any("{}" in a.text for a in call.arguments[index + 1 :]):
                command.append(path)
            shell.run_words(command)
            return ANYTHING
    for operand in call.operands(
        {"-e", "-t", "-E", "-d", "-g", "--extension", "--type", "--exclude"}
    )[1:]:
        shell.read(operand, call.part)
    shell.note("read", "none", call.part)
    return Value(f"./{UNKNOWN}")


PROGRAMS: dict[str, Program] = {**named("find gfind", find), **named("fd fdfind", fd)}
