"""The shells of databases that are files: their dot commands, and SQL that reaches other files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.options import load, work_in
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, NET, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_DOT: Final = re.compile(r"^[^\S\n]*\.([A-Za-z]+)[ \t]*(.*)$", re.MULTILINE)
_WRITERS: Final = ("output", "once", "backup", "save", "clone", "log", "trace", "excel", "testcase")
_RUNNERS: Final = ("shell", "system")
_OPENERS: Final = ("open", "restore", "import", "read", "archive", "load", "cd")
_COMMANDS: Final = (
    *_WRITERS, *_RUNNERS, *_OPENERS,
    # Others, for a beginning means the first that it fits.
    "auth", "bail", "binary", "changes", "check", "connection", "databases", "dbconfig", "dbinfo",
    "dump", "echo", "eqp", "exit", "expert", "explain", "filectrl", "fullschema", "headers", "help",
    "imposter", "indexes", "intck", "iotrace", "limit", "lint", "mode", "nonce", "nullvalue",
    "parameter", "print", "progress", "prompt", "quit", "recover", "scanstats", "schema",
    "separator", "session", "sha3sum", "stats", "tables", "timeout", "timer", "unmodule", "version",
    "vfsinfo", "vfslist", "vfsname", "width", "www",
)  # fmt: skip
_TEXT: Final = r"\s*'((?:[^']|'')*)'"
_WRITES: Final = re.compile(
    rf"(?i)\bwritefile\s*\({_TEXT}|\bvacuum\b[^;']*\binto{_TEXT}"
    rf"|\bexport\s+database{_TEXT}|\bcopy\b[^;]*?\bto{_TEXT}"
)
_ATTACHES: Final = re.compile(rf"(?i)\battach\s+(?:database\s+)?(?:if\s+not\s+exists\s+)?{_TEXT}")
_READS: Final = re.compile(rf"(?i)\b(?:readfile|lsdir|fsdir|read_\w+|sniff_csv)\s*\({_TEXT}")
_GAPS: Final = re.compile(
    r"(?i)\b(?:writefile|load_extension|readfile)\s*\((?!\s*')|\bvacuum\s+(?:\w+\s+)?into\s+[^'\s]"
)
_EDITS: Final = re.compile(rf"(?i)\bedit\s*\((?:[^(),;']|'[^']*'){{0,200}}(?:,{_TEXT})?")
_EXTENSIONS: Final = re.compile(rf"(?i)\bload_extension\s*\({_TEXT}|^\s*load{_TEXT}")
_READS_PROGRAM: Final = re.compile(
    r"(?:\S*/)?(?:(?:ba|da|z|k|a|c|tc|fi)?sh|python[\d.]*|perl|ruby|node|php|xargs|sudo|env|eval)\b"
)
"""Programs that would run the rows which they are given."""

_LONGEST_SCRIPT: Final = 65_536
_DEEPEST: Final = 2


def follow_file_database(call: Call, statements: str) -> None:
    """Note what dot commands and functions of SQL do beyond the database itself."""
    _archive(call)
    for script in (*_scripts(call, "-init", "--init"), *_scripts(call, "-f", "--file")):
        _follow(call, script, depth=1)
    _follow(call, statements, depth=0)


def _scripts(call: Call, *options: str) -> Iterator[str]:
    path = call.value_of(*options) if call.has(*options) else None
    if path is not None and (text := _script(call, path)) is not None:
        yield text


def _archive(call: Call) -> None:
    """`sqlite3 -A -cf file …`: an archive is written like `tar` does."""
    words = call.words
    if "-A" in words or any(word.startswith("-A") for word in words):
        for index, word in enumerate(words):
            if re.fullmatch(r"-A?[a-z]*f", word):
                call.shell.write(call.after(index), call.part)


def _follow(call: Call, text: str, depth: int) -> None:
    for found in _DOT.finditer(text):
        _dot_command(call, found[1].lower(), found[2].strip(), depth)
    shell = call.shell
    for pattern, note in (
        (_WRITES, _writes), (_ATTACHES, _opens), (_READS, shell.read),
        (_EXTENSIONS, lambda path, _part: load(call, path)),
    ):  # fmt: skip
        for found in pattern.finditer(text):
            path = next((g for g in found.groups() if g is not None), "")
            _apply(call, note, path.replace("''", "'"))
    for found in _EDITS.finditer(text):
        if found[1]:
            shell.run_text(Value(found[1].replace("''", "'")), part=call.part)
        shell.note("exec-unknown", "none", call.part)
    if _GAPS.search(text):
        shell.note("exec-unknown", "none", call.part)


def _apply(call: Call, note: Callable[..., object], path: str) -> None:
    if path and path != ":memory:":
        if note in {_writes, _opens}:
            note(call, Value(path))
        else:
            note(Value(path), call.part)


def _writes(call: Call, path: Value) -> None:
    call.shell.write(path, call.part, ANYTHING.tainted(FILE))


def _opens(call: Call, path: Value) -> None:
    """Note that a database is opened: it is read, and what follows may write it."""
    plain = re.sub(r"^file:(?://)?|\?.*$", "", path.text)
    if plain and plain != ":memory:":
        place = call.shell.locate(plain)
        if place.where in {"inside", "scratch"}:
            call.shell.note("write", place.where, call.part)
        elif place.where == "system" and not re.search(r"mode=ro|immutable=1", path.text):
            _writes(call, Value(plain))
        else:
            call.shell.read(Value(plain), call.part)
            work_in(call, Value(plain))


def _dot_command(call: Call, given: str, rest: str, depth: int) -> None:
    """Follow one dot command; its beginning is enough, as in `.sh` and `.out`."""
    shell = call.shell
    fitting = [name for name in _COMMANDS if name.startswith(given)] if len(given) > 1 else []
    name = given if given in _COMMANDS else next(iter(fitting), given)
    if given in _RUNNERS or any(f in _RUNNERS for f in fitting):
        shell.run_text(Value(rest), part=call.part)
        return
    words = _words(rest)
    operands = [word for word in words if not word.startswith("-")]
    piped = next((w for w in operands if w.startswith("|")), "")
    if piped and name in (*_WRITERS, *_OPENERS):
        command = rest[rest.index("|") + 1 :] if rest.startswith("|") else piped[1:]
        _pipe(call, name, command.replace("\\ ", " ").strip(), depth)
    elif name == "excel" or words[:1] in (["-e"], ["-x"]) or (name == "load" and operands):
        shell.note("exec-unknown", "none", call.part)  # a library, or a program of the desktop
    elif name == "archive":
        for index, word in enumerate(words[:-1]):
            if re.fullmatch(r"-[a-z]*f|--file", word):
                _writes(call, Value(words[index + 1]))
    elif operands:
        _use_file(call, name, operands, depth)


def _pipe(call: Call, name: str, command: str, depth: int) -> None:
    """`.once |command` gives rows to a command, `.read |command` runs what it prints."""
    output = call.shell.run_text(Value(command), ANYTHING.tainted(FILE), part=call.part)
    if name != "read":
        if _READS_PROGRAM.match(command):
            call.shell.note("exec-unknown", "none", call.part)
        return
    if NET in output.taints:
        call.shell.note("net-exec", "remote", call.part)
    elif output.known and depth < _DEEPEST:
        _follow(call, output.plain, depth + 1)
    else:
        call.shell.note("exec-unknown", "none", call.part)


def _use_file(call: Call, name: str, operands: list[str], depth: int) -> None:
    """Follow a dot command that is given a file."""
    shell = call.shell
    if name in _WRITERS and operands[-1] not in {"off", "stdout", "stderr"}:
        _writes(call, Value(operands[-1]))
    elif name in {"open", "restore"}:
        _opens(call, Value(operands[-1]))
    elif name == "import":
        shell.read(Value(operands[0]), call.part)
    elif name == "cd":
        shell.folder = shell.locate(operands[0]).path
    elif name == "read" and depth < _DEEPEST:
        text = _script(call, Value(operands[0]))
        if text is not None:
            _follow(call, text, depth + 1)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, posix=True)
    except ValueError:
        return text.split()


def _script(call: Call, path: Value) -> str | None:
    """Return what a script of the workspace says; one from elsewhere is asked about."""
    shell = call.shell
    place = shell.locate(path.text)
    shell.read(path, call.part)
    written = shell.files.get(place.path)
    if written is not None and written.known:
        return written.plain
    if place.where != "inside":
        shell.note("exec-unknown", place.where, call.part)
        return None
    try:
        file = Path(place.path)
        if file.stat().st_size > _LONGEST_SCRIPT:
            shell.note("exec-unknown", "none", call.part)
            return None
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
