"""`awk`: its programs print to files, run commands and read from them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    LONGEST,
    NOTHING,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_FILES_OF_AWK: Final = re.compile(
    r"(?:\bprintf?\b[^;}|\n>]*(?P<out>>{1,2})|\bgetline\b[^;}|<\n)]*<)\s*"
    r"(?:\"(?P<quoted>[^\"]+)\"|(?P<name>[A-Za-z_]\w*)\b)"
)
_PRINTS_SOMEWHERE: Final = re.compile(r"\bprintf?\b[^;}|\n]*>")
_TEXTS: Final = re.compile(r"\"(?:[^\"\\\\]|\\\\.){0,2000}\"")
_IN_PARENTHESES: Final = re.compile(r"\([^()]{0,2000}\)")
_DUMPS: Final = re.compile(r"-[odp]([^=\s]*)$|--(?:o|pr|pret|du)[a-z-]*(?:=(.*))?$")
"""Options of `gawk` that write the program, its profile or its variables."""


def _follow_awk(call: Call, program: Value) -> str:
    """Follow what a program runs; return as much of it as is looked at."""
    shell = call.shell
    text = program.plain
    if len(text) > LONGEST:
        shell.note("exec-unknown", "none", call.part)
        text = text[:LONGEST]
    given = call.value_of("-v", "--assign")
    if given is not None and re.search(r"\bsystem\s*\(\s*\w+\s*\)|\|\s*getline", text):
        shell.run_text(Value(given.text.partition("=")[2], given.taints), part=call.part)
    if "%c" in text and re.search(r"\bsystem\s*\(", text):
        shell.note("exec-hidden", "none", call.part)
    if re.search(r"\bsystem\s*\(\s*\$0|print(?:\s+\$0)?\s*\|\s*\"(?:ba)?sh", text):
        shell.run_text(call.stdin, part=call.part)
    if (
        re.search(r"\bsystem\s*\(|\|\s*&?\s*getline|\|\s*&?\s*[\"(]|print[^;}]{0,400}\|", text)
        or "/inet/" in text
    ):
        shell.run_code("awk", program, call.part, call.stdin)
    return text


def _follow_files_of_awk(call: Call, text: str) -> None:
    """Note the files that a program prints to and reads from, also where a variable names them."""
    given = dict(w.split("=", 1) for w in call.words if re.match(r"[A-Za-z_]\w*=", w))
    given |= dict(re.findall(r"\b([A-Za-z_]\w*)\s*=\s*\"([^\"]*)\"", text))
    for found in _FILES_OF_AWK.finditer(text):
        path = Value(found["quoted"] or given.get(found["name"] or "", ""))
        if path.text:
            (call.shell.write if found["out"] else call.shell.read)(path, call.part)
    if re.search(r"(?m)^[ \t]*@(?:load|include)\b|;\s*@load\b", text):
        call.shell.note("exec-unknown", "none", call.part)
    if re.search(r"@[A-Za-z_]\w*\s*\(", text):  # a function by the name that a variable holds
        call.shell.note("exec-unknown", "none", call.part)
    bare = _IN_PARENTHESES.sub("", _TEXTS.sub('""', text))
    if _PRINTS_SOMEWHERE.search(bare):
        call.shell.note("write", "inside", call.part)
    for word in call.words:
        if word[:1] != "-":
            break
        if dump := _DUMPS.match(word):
            call.shell.write(Value(dump[1] or dump[2] or "awkvars.out"), call.part)


def awk(call: Call) -> Value:
    """`awk program files`: the program may run, write and open sockets."""
    shell = call.shell
    operands = call.operands({"-F", "-v", "-f", "-i", "--assign", "--field-separator", "-e"})
    program_file = call.value_of("-f", "--file", "-E", "--exec")
    source = call.value_of("-e", "--source")
    if source is not None:
        program, files = source, operands
    elif program_file is not None:
        shell.note("exec", "inside", call.part)
        files = operands
        program = NOTHING
    else:
        program, files = (operands[0], operands[1:]) if operands else (NOTHING, [])
    taints = set(call.stdin.taints)
    for file in files:
        if call.value_of("-i") == Value("inplace"):
            shell.write(file, call.part)
        elif "=" not in file.text or "/" in file.text.partition("=")[0]:
            taints |= shell.read(file, call.part).taints
    shell.note("read", "none", call.part)
    text = _follow_awk(call, program)
    _follow_files_of_awk(call, text)
    printed = _printed(text)
    return (
        Value(printed, frozenset(taints) | {HIDDEN})
        if printed is not None
        else ANYTHING.tainted(*taints, *({HIDDEN} if "%c" in text else ()))
    )


def _printed(text: str) -> str | None:
    """Fold `BEGIN{printf "%c%c …",114,109}`, `BEGIN{print "…"}` and `{print "…"}`."""
    found = re.fullmatch(
        r"\s*(?:BEGIN\s*)?\{\s*printf?\s*\(?\s*\"((?:[^\"\\]|\\.)*)\"((?:\s*,\s*(?:\d{1,7}"
        r"|\"[^\"]*\"))*)\s*\)?;?\s*\}\s*",
        text,
    )
    if found is None:
        return None
    values = [v.strip().strip('"') for v in found[2].split(",")[1:]]

    def fill(sign: re.Match[str]) -> str:
        value = values.pop(0) if values else ""
        return (
            chr(int(value))
            if sign[0] == "%c" and value.isdigit() and int(value) <= sys.maxunicode
            else value
        )

    return re.sub(r"%[a-z]", fill, found[1])


PROGRAMS: dict[str, Program] = named("awk gawk mawk nawk", awk)
