"""Finds commands that a request orders to be run, and judges them as commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.anchors import Near

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["said_commands"]

_RUN: Final = re.compile(
    r"(?:^|[.!?\n:;,] ?|\b(?:please|pls|plz|now|then|and|just|you to|go|immediately|quickly|me|"
    r"first|"
    r"can you|could you|to) )"
    r"(?:run|execute|exec|type|do|start|launch|call|perform|fire off|invoke|enter|führe|lance|"
    r"exécute|ejecuta|execute|esegui|выполни|запусти|执行|运行|実行)"
    r":?(?: (?:this|the following|the command|following command|command|me|as root|for me|exactly|"
    r"now|once|on this machine|on the host))*:?\s{0,4}"
    r"(?:(?:```(?:\w{1,10}\n)?|`)\s?(?P<quoted>[^`]{2,600})`|[\"'](?P<said>[^\"'\n]{2,300})[\"']|"
    r"(?P<bare>(?:sudo |:\(\)|rm |dd |mkfs|curl |wget |chmod |chown |shred |nc |bash |sh |"
    r"python3? -c|perl -e|kill |find / |cat /|echo |mv |cp |tar |scp |format |"
    r"del ){1}[^\n]{2,300}))"
)
_END: Final = re.compile(
    r" (?:right now|now|please|on (?:this|the|my|every)|and (?:do not|don't|tell|then|do|show|"
    r"hide|give|send)|for (?:real|me)|immediately|tonight|as root|without|so that|, )|[,;.!]\s|"
    r"[.!]$"
)
_ABOUT: Final = re.compile(
    r"\b(?:tests?|fixture|mock\w*|docs?|explain|assert\w*|den(?:y|ies|ied)|blocks?(?:ed)?|refus\w+|"
    r"reject\w+|guard\w*|in (?:a|the|our) (?:docker|container|sandbox|vm|ci)|scratch|throwaway|"
    r"what happens|dockerfile|containerfile)\b"
)
_NOT_ABOUT: Final = re.compile(
    r"\b(?:not|no|never|isn'?t|without)(?: \w+){0,2} (?:a |an |in )?(?:test|drill|container|"
    r"sandbox|docker|vm|simulation)\b"
)
_PLANTED: Final = re.compile(
    r"\b(?:put|add|append|insert|drop|sneak|write) `([^`]{2,200})` (?:in|into|to|onto|"
    r"at the end of) "
    r"(?:[\w']{1,20} ){0,3}?\S{0,30}(?:bashrc|zshrc|profile|crontab|startup|autostart|login script)"
)
"""A command that is to run whenever somebody logs in."""
_REACH: Final = 200
_MOST_COMMANDS: Final = 100
"""Commands of one request that are judged; the agent's own calls all are."""


_ORDERED: Final = Near(
    _RUN,
    ("run", "execute", "exec", "type", "do", "start", "launch", "call", "perform", "fire off",
        "invoke", "enter", "führe", "lance",
     "exécute", "ejecuta", "execute", "esegui", "выполни", "запусти", "执行", "运行", "実行"),
    before=12,
    after=640,
)  # fmt: skip


def said_commands(read: str, beginnings: AbstractSet[str]) -> str:
    """Return why a command that the text orders may not run; `""` where there is none.

    A command is judged by what it would do, as if the agent had asked for it.

    Args:
        read: The request as it reads.
        beginnings: The beginnings of its words.
    """
    if "`" in read and any(_is_denied(found[1]) for found in _planted(read)):
        return "it orders a command that is never run"
    judged: set[str] = set()
    for found in _ORDERED.finditer(read, beginnings):
        around = (
            read[max(0, found.start() - _REACH) : found.start()]
            + read[found.end() : found.end() + _REACH]
        )
        if _ABOUT.search(_NOT_ABOUT.sub(" ", around)):
            continue
        for command in _spellings(found):
            if command in judged or len(judged) >= _MOST_COMMANDS:
                continue
            judged.add(command)
            if _is_denied(command):
                return "it orders a command that is never run"
    return ""


def _planted(read: str) -> Iterator[re.Match[str]]:
    """Yield the commands that are to run whenever somebody logs in."""
    for _, found in zip(range(_MOST_COMMANDS), _PLANTED.finditer(read), strict=False):
        if not _ABOUT.search(read, max(0, found.start() - _REACH), found.end() + _REACH):
            yield found


def _spellings(found: re.Match[str]) -> list[str]:
    whole = found["quoted"] or found["said"]
    if whole:
        return [whole.strip()]
    bare: str = found["bare"]
    cut = _END.search(bare)
    return [bare[: cut.start()].strip(), bare.strip()] if cut else [bare.strip()]


def _is_denied(command: str) -> bool:
    from coding_agent_sdk.middleware.guardrails.commands import judge_command

    return judge_command(command, workspace="/nowhere/workspace").decision == "deny"
