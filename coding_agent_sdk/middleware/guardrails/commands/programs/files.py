"""Programs that write, move, delete and search files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ENDLESS,
    NOTHING,
    SECRET,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_REMOTE: Final = re.compile(r"^(?:[\w.-]+@)?[\w.-]+::?(?!\\)[^/\\]*|^rsync://|^\w+://")


_FILLS_A_DISK: Final = 10_000_000_000
_SET_ID: Final = re.compile(r"0?[2-7][0-7]{3}$|[ugoa,rwx+=]*[+=][rwx]*s")


def is_huge(count: Value | None) -> bool:
    """Whether a number of bytes is such as would fill a disk."""
    found = re.fullmatch(r"(\d{1,30})\s*([kKMGTPE]?)(?:i?B)?", count.text) if count else None
    return (
        found is not None
        and int(found[1]) * 1000 ** " KMGTPE".find(found[2].upper() or " ") >= _FILLS_A_DISK
    )


def is_remote(text: str) -> bool:
    """Whether a path names a place on another machine: `host:path`, `user@host:path`, a URL."""
    return (
        _REMOTE.match(text) is not None and ":" in text and not re.match(r"^[A-Za-z]:[\\/]", text)
    )


def remove(call: Call) -> Value:
    """`rm` and its kin: every operand is deleted."""
    for operand in call.operands(
        {"--interactive", "-n", "-s", "--size", "--iterations"} if call.name == "shred" else ()
    ):
        call.shell.delete(operand, call.part)
    call.shell.note("exec", "none", call.part)
    return NOTHING


def write_all(call: Call) -> Value:
    """Programs that write or create each operand."""
    if call.name == "fallocate" and is_huge(call.value_of("-l", "--length")):
        call.shell.note("exhaust", "inside", call.part)
    for operand in call.operands(names("-s -m -d -t -r --reference --size --mode --date -l -o -c")):
        call.shell.write(operand, call.part)
    call.shell.note("exec", "none", call.part)
    return NOTHING


def tee(call: Call) -> Value:
    """Write standard input to each operand and on."""
    for operand in call.operands():
        call.shell.write(operand, call.part, call.stdin, append=call.has("-a", "--append"))
    call.shell.note("exec", "none", call.part)
    return call.stdin


def copy(call: Call) -> Value:
    """`cp`, `install`, `ln`: sources are read, the last operand is written."""
    shell = call.shell
    operands = call.operands({"-t", "--target-directory", "-m", "-o", "-g", "-S", "--suffix"})
    target = call.value_of("-t", "--target-directory")
    sources = operands if target else operands[:-1]
    target = target or (operands[-1] if operands else None)
    if call.name == "ln" and len(operands) == 1:
        sources, target = operands, Value(".")
    shell.note("exec", "none", call.part)
    mode = call.value_of("-m", "--mode") if call.name.endswith("install") else None
    if mode is not None and _SET_ID.match(mode.plain):
        shell.note("escalate", "none", call.part)
    if target is None:
        return NOTHING
    for source in sources:
        _copy_of_program(call, source, target)
        if call.name == "ln":
            _link(call, source, target)
        else:
            content = shell.read(source, call.part)
            place = shell.locate(target.text)
            name = source.plain.rstrip("/").rpartition("/")[2]
            shell.write(target, call.part, content)
            if place.where in {"inside", "scratch"}:
                shell.files[f"{place.path}/{name}"] = content
                if "net" in content.taints:
                    shell.downloads.add(f"{place.path}/{name}")
    return NOTHING


def _copy_of_program(call: Call, source: Value, target: Value) -> None:
    """Remember that a program of the system goes by another name from now on."""
    shell = call.shell
    if not re.match(r"(?:/usr)?(?:/local)?/s?bin/[\w.+-]+$", source.plain):
        return
    name = source.plain.rpartition("/")[2]
    path = shell.locate(target.text).path
    shell.copies[path] = shell.copies[f"{path}/{name}"] = name


def _link(call: Call, source: Value, target: Value) -> None:
    shell = call.shell
    shell.write(target, call.part)
    place = shell.locate(source.text)
    shell.links[shell.locate(target.text).path] = place.path
    if (
        place.where in {"credential", "root", "system", "home"}
        and shell.locate(target.text).where == "inside"
    ):
        # What is linked into the workspace would count as part of it from then on.
        shell.note(
            "read-secret" if place.where == "credential" else "configure", place.where, call.part
        )


def move(call: Call) -> Value:
    """`mv`: the sources are gone afterwards, the last operand is written."""
    shell = call.shell
    operands = call.operands({"-t", "--target-directory", "-S", "--suffix"})
    target = call.value_of("-t", "--target-directory")
    sources = operands if target else operands[:-1]
    target = target or (operands[-1] if operands else None)
    shell.note("exec", "none", call.part)
    for source in sources:
        place = shell.locate(source.text)
        content = shell.files.get(place.path, NOTHING)
        if place.where == "credential":
            content = content.tainted(SECRET)
        if place.where not in {"inside", "scratch"}:
            shell.delete(source, call.part)
        elif place.path == shell.locate(".").path and shell.folder and place.complete:
            shell.note("delete", "unknown", call.part)
        if target is not None:
            shell.write(
                target,
                call.part,
                content.tainted("net") if place.path in shell.downloads else content,
            )
    return NOTHING


def truncate(call: Call) -> Value:
    """`truncate -s 0 file`."""
    for operand in call.operands({"-s", "--size", "-r", "--reference"}):
        call.shell.write(operand, call.part)
    call.shell.note("exec", "none", call.part)
    return NOTHING


def disk_dump(call: Call) -> Value:
    """`dd`: operands are `if=` and `of=`."""
    shell = call.shell
    content = call.stdin
    shell.note("exec", "none", call.part)
    for argument in call.arguments:
        key, _, path = argument.text.partition("=")
        if key == "if":
            content = shell.read(Value(path, argument.taints), call.part)
    if any(word.startswith("count=") for word in call.words):
        content = Value(content.text, content.taints - {ENDLESS})
    for argument in call.arguments:
        key, _, path = argument.text.partition("=")
        if key == "of":
            shell.write(Value(path, argument.taints), call.part, content)
    return content


def permissions(call: Call) -> Value:
    """`chmod`, `chown`, `setfacl`, `chattr`: the first operand says what, the others where."""
    shell = call.shell
    operands = call.operands(
        {
            "--reference",
            "-m",
            "--modify",
            "-x",
            "-M",
            "-X",
            "--from",
            "-b" if call.name != "setfacl" else "",
        }
    )
    what = operands[0].plain if operands else ""
    shell.note("exec", "none", call.part)
    if call.name == "chmod":
        what = next(
            (w for w in call.words if re.fullmatch(r"[0-7]{3,5}|[ugoa]*[-+=][rwxXstugo,+=-]*", w)),
            what,
        )
    if call.name == "chmod" and _SET_ID.match(what):
        shell.note("escalate", "none", call.part)
    files = (
        operands if call.name in {"setfacl", "chattr"} or call.has("--reference") else operands[1:]
    )
    if call.name == "chmod" and what[:1] == "-":
        files = operands  # `-x` looks like an option
    for file in files:
        place = shell.locate(file.text)
        if (
            place.where == "credential"
            and call.name == "chmod"
            and re.fullmatch(r"[0-7]?[0-7]00|go[-=][rwx]*|u[+=][rw]+", what)
        ):
            continue
        kind = "system" if place.path.startswith("/etc/") else "home"
        shell.note("permissions", place.where if place.where != "credential" else kind, call.part)  # type: ignore[arg-type]  # two words of Where
    if (
        call.name == "chattr"
        and "-i" in call.words
        and any(shell.locate(f.text).where in {"system", "credential"} for f in files)
    ):
        shell.note("tamper", "system", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **named("rm unlink rmdir rimraf srm trash trash-put grm del-cli wipe scrub safe-rm", remove),
    **named("shred nwipe", remove),
    **named("touch mkdir mkfifo fallocate", write_all),
    **named("tee sponge", tee),
    **named("cp install ln gcp link ginstall pax", copy),
    **named("mv gmv", move),
    "truncate": truncate,
    **named("dd gdd dcfldd ddrescue", disk_dump),
    **named("chmod chown chgrp setfacl chattr chflags", permissions),
}
