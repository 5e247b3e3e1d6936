"""Decides the next step of the offline model from the conversation alone, so any process can."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from coding_agent_sdk.models import offline_answers as answers
from coding_agent_sdk.models.offline_intents import (
    Analyze,
    Decline,
    Explain,
    Find,
    Run,
    intent_of,
)
from coding_agent_sdk.models.offline_knowledge import question_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.models.offline_reading import PastCall, Situation

__all__ = ["Ask", "PlannedCall", "Say", "next_step"]

Schemas: TypeAlias = "Mapping[str, Mapping[str, Any]]"
"""The parameters of each tool that may be called, as JSON schema, by its name."""

_WINDOWS: Final = 10
_READ_ON: Final = re.compile(r"\A\[lines \d+-\d+ of \d+(?:; read on with start_line=(\d+))?\]\n")


@dataclass(frozen=True, kw_only=True)
class PlannedCall:
    """A tool call to ask for."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Ask for tools."""

    calls: tuple[PlannedCall, ...]


@dataclass(frozen=True, kw_only=True)
class Say:
    """Answer, and be done."""

    text: str


def next_step(situation: Situation, tools: Schemas) -> Ask | Say:
    """Return what to do next. No call is asked for twice, whatever came of it."""
    intent = intent_of(situation.request)
    if isinstance(intent, Decline):
        return _answer_or_decline(intent, situation, tools)
    tool = _TOOL_OF[type(intent)]
    if tool not in tools and not any(call.name == tool for call in situation.calls):
        return Say(text=answers.unavailable(tool, tools))
    return _step(intent, situation, tools)


def _answer_or_decline(intent: Decline, situation: Situation, tools: Schemas) -> Ask | Say:
    """Look a question up in the knowledge base; decline everything else."""
    question = None if intent.hint else question_in(situation.request)
    made = _made(situation.calls, "search_knowledge")
    if question is None or not (made or "search_knowledge" in tools):
        return Say(text=answers.decline(tools, intent.hint, situation.passages))
    if not made:
        return Ask(calls=(_call(tools, "search_knowledge", query=question),))
    return Say(text=answers.knowledge(question, made, tools, given=bool(situation.passages)))


_TOOL_OF: Final = {
    Analyze: "analyze_code",
    Find: "search_files",
    Explain: "read_file",
    Run: "run_cmd",
}


def _step(
    intent: Analyze | Find | Explain | Run, situation: Situation, tools: Schemas
) -> Ask | Say:
    calls = situation.calls
    match intent:
        case Analyze():
            names = ["list_files"] if "list_files" in tools and _may_be_folder(intent.path) else []
            wanted = [_call(tools, name, path=intent.path) for name in [*names, "analyze_code"]]
            if not _made(calls, "analyze_code"):
                return Ask(calls=tuple(wanted))
            return Say(text=answers.analysis(intent, calls, situation.passages))
        case Find():
            return _search(intent, calls, tools)
        case Explain():
            return _read(intent, calls, tools)
        case Run():
            if not _made(calls, "run_cmd"):
                return Ask(calls=(_call(tools, "run_cmd", command=intent.command),))
            return Say(text=answers.run_output(intent, calls))
        case _:
            assert_never(intent)


def _made(calls: Sequence[PastCall], name: str) -> list[PastCall]:
    """Return the calls of a tool; by its name, since who approves a call may change it."""
    return [call for call in calls if call.name == name]


def _search(intent: Find, calls: Sequence[PastCall], tools: Schemas) -> Ask | Say:
    """Search for the word as it is written, then in any case."""
    searched = _made(calls, "search_files")
    pattern = _pattern(intent.what)
    nothing = len(searched) == 1 and (searched[0].text or "").startswith("[0 lines match")
    if searched and not (nothing and not searched[0].failed and "search_files" in tools):
        return Say(text=answers.matches(intent, calls))
    pattern = f"(?i){pattern}" if searched else pattern
    return Ask(calls=(_call(tools, "search_files", pattern=pattern, path=intent.path),))


def _read(intent: Explain, calls: Sequence[PastCall], tools: Schemas) -> Ask | Say:
    """Read the file, window after window, then outline it."""
    windows = _made(calls, "read_file")
    if not windows:
        return Ask(calls=(_call(tools, "read_file", path=intent.path),))
    read = [w.text for w in windows if w.text is not None and not w.failed]
    if len(read) == len(windows) < _WINDOWS and "read_file" in tools:
        more = _READ_ON.match(read[-1])
        if more and more[1]:
            start = int(more[1])
            return Ask(calls=(_call(tools, "read_file", path=intent.path, start_line=start),))
    text = _put_together(read) if read else None
    return Say(text=answers.explanation(intent, calls, text))


def _put_together(windows: Sequence[str]) -> str:
    texts = [_READ_ON.sub("", window, count=1) for window in windows]
    return "\n".join(texts) if len(texts) > 1 else texts[0]


def _call(tools: Schemas, name: str, **arguments: Any) -> PlannedCall:
    """Plan a call with those of the arguments that the tool takes."""
    known = tools.get(name, {}).get("properties")
    if known is None:
        return PlannedCall(name=name, arguments=arguments)
    return PlannedCall(
        name=name, arguments={key: value for key, value in arguments.items() if key in known}
    )


def _may_be_folder(path: str) -> bool:
    return not path.endswith((".py", ".pyi", ".pyw", ".ipynb"))


def _pattern(what: str) -> str:
    """Return a regular expression for a word, or for a text as it stands."""
    escaped = re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", what)
    return rf"\b{escaped}\b" if re.fullmatch(r"\w+", what) else escaped
