"""What SQL gives away without a parser: files, other servers, users, statements made of texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_COMMENT: Final = re.compile(
    r"(?s)/\*(?!M?!)[^*]*(?:\*(?!/)[^*]*)*\*/|(?<![\w-])--(?=\s|$)[^\n]*|('(?:[^']|'')*')"
)
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_MAKES_STATEMENTS: Final = re.compile(
    r"(?i)\bexecute\b(?!\s+(?:function|procedure|on)\b)|\bprepare\b|query_to_xml|sp_executesql"
    r"|\bdblink|\bdbms_sql\b|\bexec(?:ute)?\s+immediate\b|\bset\s+@|\bdo\s+(?:language|\$|')"
)
_MADE: Final = re.compile(
    r"(?i)\bexecute\b[^;]*(?:\|\||\bformat\s*\(|\bconcat\w*\s*\(|\bdecode\s*\(|\bchr\s*\()"
    r"|\bquery_to_xml\w*\s*\(|\bprepare\s+\w+\s+from\b|\bsp_executesql\b"
)
_READS: Final = re.compile(
    r"(?i)\b(?:pg_read_(?:binary_)?file|pg_ls_dir|lo_import|load_file)\s*\(\s*'([^']+)'"
    r"|\bload\s+data\s+(?:local\s+)?infile\s+'([^']+)'|\bcopy\b[^;]{0,400}\bfrom\s+'([^']+)'"
)
_WRITES: Final = re.compile(r"(?i)\b(?:lo_export|pg_file_write)\s*\([^,)]*,\s*'([^']+)'")
_STOPS: Final = re.compile(r"(?i)\bpg_(?:terminate|cancel)_backend\s*\(|^\s*kill\s+\d")
_CALLS_OUT: Final = re.compile(r"(?i)\bdblink\w*\s*\(|\bcreate\s+(?:server|subscription)\b")
_USERS: Final = re.compile(
    r"(?i)\b(?:alter|create|drop)\s+(?:role|user|login)\b|\balter\s+system\b|\bset\s+global\b"
)
_RUNS: Final = re.compile(
    r"(?i)\bcopy\b[^;]{0,400}\b(?:to|from)\s+program\b|\bxp_cmdshell\b|\bsys_(?:exec|eval)\s*\("
)


def without_comments(text: str) -> str:
    """Return SQL with a blank for each comment, as servers read it; texts stay."""
    if "--" not in text and "/*" not in text:
        return text
    return _COMMENT.sub(lambda found: found[1] or " ", text)


def without_texts(text: str) -> str:
    """Return SQL without its literals, unless it may run one of them as a statement."""
    if "'" not in text or _MAKES_STATEMENTS.search(text):
        return text
    return _LITERAL.sub("''", text)


def note_signs(call: Call, text: str, *, own: bool) -> None:
    """Note what statements do beside their tables.

    Args:
        call: the client.
        text: the statements, without comments.
        own: whether the data is the developer's own.
    """
    shell = call.shell
    for found in _READS.finditer(text):
        shell.read(Value(next(g for g in found.groups() if g)), call.part)
    for found in _WRITES.finditer(text):
        shell.write(Value(found[1]), call.part, ANYTHING.tainted(FILE))
    bare = without_texts(text)
    if _STOPS.search(bare):
        shell.note("exec" if own else "stop-processes", "remote", call.part)
    if _CALLS_OUT.search(bare):
        shell.note("net-send", "remote", call.part)
    if _RUNS.search(bare) or _MADE.search(bare):
        shell.note("exec-unknown", "remote", call.part)
    if _USERS.search(bare) and not own:
        shell.note("destroy-remote", "remote", call.part)
