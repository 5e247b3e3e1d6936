"""Programs that pack and unpack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.files import is_remote
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    NET,
    NOTHING,
    SECRET,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


_RUNNING: Final = (
    "--to-command", "--use-compress-program", "-I", "--checkpoint-action", "--info-script",
    "--new-volume-script", "-F", "--rsh-command", "--rmt-command",
)  # fmt: skip
"""Options of `tar` whose value is a command."""


def archive(call: Call) -> Value:
    """`tar`: what is packed is read, what is unpacked is written; some options run commands."""
    shell = call.shell
    words = call.words
    old_style = bool(words) and words[0][:1] != "-"  # `tar xzf a.tgz`
    flags = (words[0] if old_style else "") + "".join(
        w[1:] for w in words if re.fullmatch(r"-[a-zA-Z]+", w)
    )
    listing = "t" in flags or call.has("--list")
    shell.note("read" if listing else "exec", "none", call.part)
    for option in _RUNNING:
        command = call.value_of(option)
        if command is not None:
            told = Value(command.text.removeprefix("exec="), command.taints)
            shell.run_text(told, part=call.part)
    folder = call.value_of("-C", "--directory")
    target, more_flags = _tar_file(call, flags)
    flags += more_flags
    operands = call.operands(
        {"-f", "-C", "-I", "--exclude", "--directory", "--file", "--transform", "-T", "-X"}
    )[old_style:]
    operands = [
        o for o in operands if o is not target and (target is None or o.text != target.text)
    ]
    if "c" in flags or call.has("--create") or "r" in flags or "u" in flags:
        return _pack(call, operands, target, folder)
    if "x" in flags or call.has("--extract", "--get"):
        return _unpack(
            call,
            target,
            folder,
            to_stdout="O" in flags or call.has("--to-stdout"),
            absolute="P" in flags or call.has("--absolute-names"),
        )
    if target is not None:
        shell.read(target, call.part)
    return ANYTHING


def _tar_file(call: Call, flags: str) -> tuple[Value | None, str]:
    """Return the archive of a `tar`, and the flags that stand before its name in one word."""
    words = call.words
    target = call.value_of("--file", "-f")
    if target is None and "f" in flags:
        clusters = (
            i
            for i, w in enumerate(words)
            if (i == 0 and w[:1] != "-") or re.fullmatch(r"-[a-zA-Z]*f", w)
        )
        behind = call.arguments[next(clusters, 0) + 1 :]
        target = next((a for a in behind if a.text[:1] != "-" or a.text == "-"), None)
    attached = next((m for w in words if (m := re.match(r"-[a-zA-Z]*f([/~.].*)", w))), None)
    if target is None and attached is not None:
        return Value(attached[1]), attached[0][: attached.start(1)]
    return target, ""


def _unpack(
    call: Call, target: Value | None, folder: Value | None, *, to_stdout: bool, absolute: bool
) -> Value:
    shell = call.shell
    content = shell.read(target, call.part) if target and target.text != "-" else call.stdin
    if to_stdout:
        return ANYTHING.tainted(*content.taints)
    shell.write(folder or Value("."), call.part, NOTHING)
    if absolute:
        shell.note("write", "unknown", call.part)
    if NET in content.taints:
        shell.unpacked = True
        if folder:
            shell.downloads.add(shell.locate(folder.text).path)
    return NOTHING


def _pack(call: Call, operands: list[Value], target: Value | None, folder: Value | None) -> Value:
    shell = call.shell
    taints = {FILE}
    for operand in operands:
        joined = (
            f"{folder.text}/{operand.text}"
            if folder and not operand.text.startswith(("/", "~"))
            else operand.text
        )
        content = shell.read(Value(joined, operand.taints), call.part)
        taints |= content.taints
    if call.has("--remove-files"):
        for operand in operands:
            shell.delete(operand, call.part)
    if target is not None and target.text != "-":
        if is_remote(target.text):
            shell.note(
                "net-send-secret" if SECRET in taints else "net-send-files", "remote", call.part
            )
        else:
            shell.write(target, call.part, ANYTHING.tainted(*taints))
        return NOTHING
    return ANYTHING.tainted(*taints)


def _folder_of_zip(call: Call, operands: list[Value]) -> Value | None:
    """Return where an archive is unpacked to, if that is said."""
    if (folder := call.value_of("-d")) is not None:
        return folder
    for argument in call.arguments:
        if argument.text[:2] == "-o" and argument.text[2:]:
            return Value(argument.text[2:])
    return operands[-1] if call.name == "unrar" and len(operands) > 1 else None


def zip_program(call: Call) -> Value:
    """`zip`, `7z`, `rar`: pack, unpack, and delete the originals when told so."""
    shell = call.shell
    shell.note("exec", "none", call.part)
    operands = call.operands({"-x", "-i", "-P", "-d", "-b", "-TT", "--unzip-command"})
    command = call.value_of("-TT", "--unzip-command")
    if command is not None:
        shell.run_text(command, part=call.part)
    if call.name.startswith(("7z", "rar", "unrar", "7za")):
        verb, operands = (operands[0].plain if operands else ""), operands[1:]
        deletes = "-sdel" in call.words or "-df" in call.words or verb == "m"
    else:
        verb, deletes = ("x" if call.name.startswith("unzip") else "a"), call.has("-m", "--move")
    taints: set[str] = set()
    for operand in operands[1:] if verb in {"a", "m", "u"} else ():
        if deletes:
            shell.delete(operand, call.part)
        else:
            taints |= shell.read(operand, call.part).taints
    if verb in {"a", "m", "u"} and operands:
        if operands[0].text != "-":
            shell.write(operands[0], call.part, ANYTHING.tainted(*taints))
        return ANYTHING.tainted(FILE, *taints)
    if not operands:
        return ANYTHING
    if operands:
        content = shell.read(operands[0], call.part)
        shell.unpacked = shell.unpacked or "net" in content.taints
        target = _folder_of_zip(call, operands)
        if "-l" not in call.words and verb != "l":
            shell.write(target or Value("."), call.part)
    return ANYTHING


def copy_in(call: Call) -> Value:
    """`cpio -i` writes a folder, `cpio -o` packs what it is told of."""
    shell = call.shell
    source = call.value_of("-I", "-F", "--file")
    content = shell.read(source, call.part) if source else call.stdin
    if not call.has("-i", "--extract", "-p", "--pass-through"):
        return ANYTHING.tainted(FILE, *content.taints)
    if not call.has("-t", "--list"):
        folder = call.value_of("-D", "--directory") or next(iter(call.operands({"-D", "-I"})), None)
        shell.write(folder or Value("."), call.part)
    shell.unpacked = shell.unpacked or NET in content.taints
    shell.note("exec", "none", call.part)
    return NOTHING


def compress(call: Call) -> Value:
    """`gzip`, `xz`, `zstd`: a file is replaced by its packed form, a stream is passed on."""
    shell = call.shell
    operands = call.operands({"-o", "-T", "-S"})
    shell.note("exec" if operands else "read", "none", call.part)
    if not operands:
        return ANYTHING.tainted(*call.stdin.taints)
    taints: set[str] = set()
    for operand in operands:
        if call.has("-c", "--stdout", "-t", "-l"):
            taints |= shell.read(operand, call.part).taints
        else:
            shell.write(operand, call.part)
    return ANYTHING.tainted(*taints)


PROGRAMS: dict[str, Program] = {
    **named("tar gtar bsdtar", archive),
    "cpio": copy_in,
    **named("zip unzip 7z 7za 7zr rar unrar", zip_program),
    **named("gzip bzip2 xz zstd lz4 bunzip2 unxz unzstd pigz compress brotli", compress),
}
