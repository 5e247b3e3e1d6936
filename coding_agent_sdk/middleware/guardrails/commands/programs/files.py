"""Programs that write, move, delete and search files."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    NOTHING,
    SECRET,
    STAR,
    UNKNOWN,
    Value,
)

_REMOTE: Final = re.compile(r"^(?:[\w.-]+@)?[\w.-]+::?(?!\\)[^/\\]*|^rsync://|^\w+://")


_SET_ID: Final = re.compile(r"0?[2-7][0-7]{3}$|[ugoa,rwx+=]*[+=][rwx]*s")


def is_remote(text: str) -> bool:
    """Whether a path names a place on another machine: `host:path`, `user@host:path`, a URL."""
    return _REMOTE.match(text) is not None and ":" in text and not re.match(r"^[A-Za-z]:[\\/]", text)


def remove(call: Call) -> Value:
    """`rm` and its kin: every operand is deleted."""
    for operand in call.operands({"--interactive", "-n", "-s", "--size", "--iterations"} if call.name == "shred" else ()):
        call.shell.delete(operand, call.part)
    call.shell.note("exec", "none", call.part)
    return NOTHING


def shred(call: Call) -> Value:
    """Overwrite files or devices."""
    return remove(call)


def write_all(call: Call) -> Value:
    """Programs that write or create each operand."""
    for operand in call.operands({"-s", "-m", "-d", "-t", "-r", "--reference", "--size", "--mode", "--date", "-l", "-o", "-c"}):
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
    if place.where in {"credential", "root", "system", "home"} and shell.locate(target.text).where == "inside":
        # What is linked into the workspace would count as part of it from then on.
        shell.note("read-secret" if place.where == "credential" else "configure", place.where, call.part)


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
        if place.where not in {"inside", "scratch"}:
            shell.delete(source, call.part)
        elif place.path == shell.locate(".").path and shell.folder and place.complete:
            shell.note("delete", "unknown", call.part)
        if target is not None:
            shell.write(target, call.part, content.tainted("net") if place.path in shell.downloads else content)
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
    for argument in call.arguments:
        key, _, path = argument.text.partition("=")
        if key == "of":
            shell.write(Value(path, argument.taints), call.part, content)
    return content


def permissions(call: Call) -> Value:
    """`chmod`, `chown`, `chgrp`, `setfacl`, `chattr`: the first operand says what, the others where."""
    shell = call.shell
    operands = call.operands({"--reference", "-m", "--modify", "-x", "-M", "-X", "--from", "-b" if call.name != "setfacl" else ""})
    what = operands[0].plain if operands else ""
    shell.note("exec", "none", call.part)
    if call.name == "chmod":
        what = next((w for w in call.words if re.fullmatch(r"[0-7]{3,5}|[ugoa]*[-+=][rwxXstugo,+=-]*", w)), what)
    if call.name == "chmod" and _SET_ID.match(what):
        shell.note("escalate", "none", call.part)
    files = operands if call.name in {"setfacl", "chattr"} or call.has("--reference") else operands[1:]
    for file in files:
        place = shell.locate(file.text)
        if place.where == "credential" and call.name == "chmod" and re.fullmatch(r"[0-7]?[0-7]00|go[-=][rwx]*|u[+=][rw]+", what):
            continue
        kind = "system" if place.path.startswith("/etc/") else "home"
        shell.note("permissions", place.where if place.where != "credential" else kind, call.part)  # type: ignore[arg-type]
    if call.name == "chattr" and "-i" in call.words and any(shell.locate(f.text).where in {"system", "credential"} for f in files):
        shell.note("tamper", "system", call.part)
    return NOTHING


def find(call: Call) -> Value:
    """`find`, `fd`: start folders, tests, and actions that delete or run."""
    shell = call.shell
    words = call.words
    first = next((i for i, w in enumerate(words) if w[:1] in "-(!" and w not in {"-L", "-H", "-P", "--"} and not w.startswith("-O")), len(words))
    starts = [a for a in call.arguments[:first] if a.text[:1] != "-"] or [Value(".")]
    limited = any(w in {"-name", "-iname", "-path", "-mtime", "-newer", "-regex", "-size", "-mmin", "-empty", "-ipath", "-atime", "-wholename"} for w in words) and not re.search(
        r"-i?name (?:\*|\*\.\*)(?: |$)", " ".join(words)
    )
    for start in starts:
        shell.read(start, call.part)
    found = [_each(start, limited) for start in starts]
    _actions(call, found)
    return Value("\n".join(f.text for f in found))


def _each(start: Value, limited: bool) -> Value:
    """Return a path that stands for what is found below *start*: all, or some of it."""
    text = start.text.rstrip("/")
    name = UNKNOWN if not limited else f"{STAR}found"
    if limited and text not in {"", "."} and not text.startswith("./"):
        name = UNKNOWN
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
                shell.run_words([Value(a.text.replace("{}", path.text), a.taints | path.taints) for a in command])
        elif word in {"-fprint", "-fprintf", "-fls", "-fprint0"} and index + 1 < len(words):
            shell.write(call.arguments[index + 1], call.part)


def fd(call: Call) -> Value:
    """`fd pattern folder -x command`."""
    shell = call.shell
    for option in ("-x", "--exec", "-X", "--exec-batch"):
        if option in call.words:
            index = call.words.index(option)
            operands = [a for a in call.arguments[:index] if a.text[:1] != "-"]
            path = Value((operands[1].text if len(operands) > 1 else ".") + f"/{STAR}found")
            command = [Value(a.text.replace("{}", path.text), a.taints) for a in call.arguments[index + 1 :]]
            if not any("found" in c.text for c in command):
                command.append(path)
            shell.run_words(command)
            return ANYTHING
    for operand in call.operands({"-e", "-t", "-E", "-d", "-g", "--extension", "--type", "--exclude"})[1:]:
        shell.read(operand, call.part)
    shell.note("read", "none", call.part)
    return Value(f"./{UNKNOWN}")


def archive(call: Call) -> Value:
    """`tar`: what is packed is read, what is unpacked is written; some options run commands."""
    shell = call.shell
    words = call.words
    flags = (words[0] if words and words[0][:1] != "-" else "") + "".join(w[1:] for w in words if re.fullmatch(r"-[a-zA-Z]+", w))
    listing = "t" in flags or call.has("--list")
    shell.note("read" if listing else "exec", "none", call.part)
    for option in ("--to-command", "--use-compress-program", "-I", "--checkpoint-action", "--info-script", "--new-volume-script", "-F", "--rsh-command", "--rmt-command"):
        command = call.value_of(option)
        if command is not None:
            shell.run_text(Value(command.text.removeprefix("exec="), command.taints), part=call.part)
    folder = call.value_of("-C", "--directory")
    target = call.value_of("--file", "-f")
    operands = call.operands({"-f", "-C", "-I", "--exclude", "--directory", "--file", "--transform", "-T", "-X"})
    if flags and words[0][:1] != "-" and operands:
        operands = operands[1:]
    if target is None and "f" in flags:
        cluster = next((i for i, w in enumerate(words) if i == 0 and w[:1] != "-" or re.fullmatch(r"-[a-zA-Z]*f", w)), 0)
        target = next((a for a in call.arguments[cluster + 1 :] if a.text[:1] != "-" or a.text == "-"), None)
    operands = [o for o in operands if o is not target and (target is None or o.text != target.text)]
    if "c" in flags or call.has("--create") or "r" in flags or "u" in flags:
        return _pack(call, operands, target, folder)
    if "x" in flags or call.has("--extract", "--get"):
        content = shell.read(target, call.part) if target and target.text != "-" else call.stdin
        shell.write(folder or Value("."), call.part, NOTHING)
        if "net" in content.taints:
            place = shell.locate((folder or Value(".")).text)
            shell.unpacked = True
            if folder:
                shell.downloads.add(place.path)
        return NOTHING
    if target is not None:
        shell.read(target, call.part)
    return ANYTHING


def _pack(call: Call, operands: list[Value], target: Value | None, folder: Value | None) -> Value:
    shell = call.shell
    taints = {FILE}
    for operand in operands:
        joined = f"{folder.text}/{operand.text}" if folder and not operand.text.startswith(("/", "~")) else operand.text
        content = shell.read(Value(joined, operand.taints), call.part)
        taints |= content.taints
    if call.has("--remove-files"):
        for operand in operands:
            shell.delete(operand, call.part)
    if target is not None and target.text != "-":
        if is_remote(target.text):
            shell.note("net-send-secret" if SECRET in taints else "net-send-files", "remote", call.part)
        else:
            shell.write(target, call.part, ANYTHING.tainted(*taints))
        return NOTHING
    return ANYTHING.tainted(*taints)


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
        target = call.value_of("-d") or next((Value(a.text[2:]) for a in call.arguments if a.text.startswith("-o") and len(a.text) > 2), None)  # noqa: PLR2004
        if "-l" not in call.words and verb != "l":
            shell.write(target or Value("."), call.part)
    return ANYTHING


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


def edit_stream(call: Call) -> Value:
    """`sed`: writes with `-i`, and its scripts can write (`w`) and run (`e`)."""
    shell = call.shell
    scripts = [v for o in ("-e", "--expression") if (v := call.value_of(o))]
    operands = call.operands({"-e", "-f", "--expression", "--file", "-l", "-s"})
    if not scripts and call.value_of("-f", "--file") is None and operands:
        scripts, operands = [operands[0]], operands[1:]
    in_place = any(re.match(r"^-[nErsz]*i|^--in-place", w) for w in call.words)
    for script in scripts:
        _sed_script(call, script)
    taints = set(call.stdin.taints)
    for operand in operands:
        if in_place:
            shell.write(operand, call.part)
        else:
            taints |= shell.read(operand, call.part).taints
    shell.note("exec" if in_place else "read", "none", call.part)
    return _substituted(call, scripts, operands) or ANYTHING.tainted(*taints)


def _sed_script(call: Call, script: Value) -> None:
    text = script.plain
    if re.search(r"(?:^|[;{}\n]|\d|\$|/)\s*e\s+\S", text) and (found := re.search(r"(?:^|[;{}\n]|\d|\$|/)\s*e\s+([^\n]+)", text)):
        call.shell.run_text(Value(found[1]), part=call.part)
    substitution = re.search(r"s(.)(?:(?!\1).|\\.)*\1((?:(?!\1).|\\.)*)\1([gpiImM\d]*e[gpiImM\d]*)", text)
    if substitution:
        call.shell.run_text(Value(substitution[2]), part=call.part)
        call.shell.note("exec-unknown", "none", call.part)
    for target in re.findall(r"(?:^|[;{}\n\d$/])\s*[wW]\s+(\S+)", text):
        call.shell.write(Value(target), call.part)


def _substituted(call: Call, scripts: list[Value], operands: list[Value]) -> Value | None:
    """Apply one plain `s/old/new/g` to a known stream, for that hides words from readers."""
    if operands or len(scripts) != 1 or not call.stdin.known or not call.stdin.text:
        return None
    found = re.fullmatch(r"s(.)((?:(?!\1)[^\\.*\[\]^$+?(){}|])*)\1((?:(?!\1)[^\\&])*)\1(g?)", scripts[0].plain)
    if found is None:
        return ANYTHING.tainted("hidden", *call.stdin.taints)
    text = call.stdin.text.replace(found[2], found[3], -1 if found[4] else 1) if found[2] else call.stdin.text
    return Value(text, call.stdin.taints | {"hidden"})


def patch(call: Call) -> Value:
    """`patch`: writes the files that it is told of, below the folder."""
    folder = call.value_of("-d", "--directory")
    call.shell.write(folder or Value("."), call.part)
    for operand in call.operands({"-p", "-i", "-d", "-o", "-r"})[:1]:
        call.shell.write(operand, call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("rm", "unlink", "rmdir", "rimraf", "srm", "trash", "trash-put", "grm", "del-cli", "wipe", "rm-rf", "scrub", "safe-rm", "nwipe"), remove),
    "shred": shred,
    **dict.fromkeys(("touch", "mkdir", "mkfifo", "fallocate", "rename", "prename"), write_all),
    "tee": tee,
    "sponge": tee,
    **dict.fromkeys(("cp", "install", "ln", "gcp", "link", "ginstall", "pax"), copy),
    **dict.fromkeys(("mv", "gmv"), move),
    "truncate": truncate,
    **dict.fromkeys(("dd", "gdd", "dcfldd", "ddrescue"), disk_dump),
    **dict.fromkeys(("chmod", "chown", "chgrp", "setfacl", "chattr", "chflags"), permissions),
    "find": find,
    "gfind": find,
    "fd": fd,
    "fdfind": fd,
    **dict.fromkeys(("tar", "gtar", "bsdtar"), archive),
    **dict.fromkeys(("zip", "unzip", "7z", "7za", "7zr", "rar", "unrar"), zip_program),
    **dict.fromkeys(("gzip", "bzip2", "xz", "zstd", "lz4", "bunzip2", "unxz", "unzstd", "pigz", "compress", "brotli"), compress),
    **dict.fromkeys(("sed", "gsed"), edit_stream),
    "patch": patch,
}
