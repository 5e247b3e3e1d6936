"""Reads the commands of `vi` and its kin: the files that they write and the scripts they load."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.options import load
from coding_agent_sdk.middleware.guardrails.commands.values import Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_RANGE: Final = r"(?:^|[|\n])[ \t:]*(?:sil(?:ent)?!?\s+)?[%\d,.$]*"
_WRITES: Final = re.compile(
    rf"{_RANGE}(?:w(?:rite)?|wq|x|xit|exi|sav(?:eas)?|up(?:date)?|mks(?:ession)?|mkv(?:imrc)?|mk)"
    r"!?\s*(?:>>)?\s+(?!>>)([^\s|!][^|\n]*)"
)
_REDIRECTS: Final = re.compile(rf"{_RANGE}redir!?\s*>{{1,2}}\s*([^\s|]+)")
_WRITES_FILE: Final = re.compile(r"\bwritefile\s*\([^()\n]{0,400}?,\s*['\"]([^'\"]+)['\"]")
_DELETES: Final = re.compile(r"\b(?:delete|rename)\s*\(\s*(?:expand\()?['\"]([^'\"]+)['\"]")
_SOURCES: Final = re.compile(
    rf"{_RANGE}(?:so(?:urce)?|ru(?:ntime)?|luaf(?:ile)?|py3?f(?:ile)?)!?\s+([^\s|]+)"
)


def follow_vi(call: Call, commands: Value) -> None:
    """Note what the commands given to an editor write, delete and load."""
    text = commands.plain
    for pattern in (_WRITES, _REDIRECTS, _WRITES_FILE):
        for found in pattern.finditer(text):
            call.shell.write(_path(call, found[1]), call.part)
    for found in _DELETES.finditer(text):
        call.shell.delete(_path(call, found[1]), call.part)
    for found in _SOURCES.finditer(text):
        load(call, _path(call, found[1]))


def _path(call: Call, text: str) -> Value:
    text = text.strip()
    return Value(call.shell.home + text[1:] if text[:1] == "~" else text)
