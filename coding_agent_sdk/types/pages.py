"""What a page shows of calls, questions, passages and what they cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.text.page import BODY_LIMIT, Item, both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from coding_agent_sdk.text.page import Tone
    from coding_agent_sdk.types.context import Citation
    from coding_agent_sdk.types.decisions import ApprovalRequest
    from coding_agent_sdk.types.tools import ToolCall

__all__ = [
    "argument_text",
    "call_item",
    "citation_item",
    "cost_facts",
    "how_to_answer",
    "question_item",
    "tone_of",
]

_VALUE: Final = 70
_SHOWN_ARGUMENTS: Final = 4
_LEAST: Final = 300
"""Characters that are shown of an argument, however many others there are."""

_TONES: Final[Mapping[str, Tone]] = {
    "completed": "good", "ok": "good", "awaiting_approval": "waiting", "running": "waiting",
}  # fmt: skip


def tone_of(status: str) -> Tone:
    """Return whether a status of a run or a call is good."""
    return _TONES.get(status, "bad")


def cost_facts(*, tokens: int, cost: Decimal | None, estimated: bool = False) -> tuple[str, str]:
    """Return tokens and US dollars in words."""
    about = "about " if estimated else ""
    return f"{about}{tokens:,} tokens", "price unknown" if cost is None else f"${cost:.4f}"


def call_item(call: ToolCall, *, status: str, text: str = "", seconds: float | None = None) -> Item:
    """Return a call and what came of it; *status* may be `running`, too."""
    took = "" if seconds is None else f" {seconds:.2f} s"
    return Item(
        title=f"{call.name} {_brief(call.arguments)}",
        note=f"{status}{took}",
        tone=tone_of(status),
        body="\n\n".join(part for part in (argument_text(call.arguments), text) if part),
        is_diff=_replaces(call.arguments),
    )


def question_item(request: ApprovalRequest, *, whole: bool = False) -> Item:
    """Return a call that waits for a person: what it would do, and why it is asked for.

    Args:
        request: The call.
        whole: Whether everything is shown, the arguments beside a diff, too.
    """
    parts = [request.preview]
    if whole or not request.preview:
        parts.insert(0, argument_text(request.call.arguments, whole=whole))
    note = request.reason
    if request.outcome_unknown:
        note += " (it was begun before a crash, and nobody knows whether it took effect)"
    return Item(
        title=f"{request.call.name} {_brief(request.call.arguments)}",
        note=note,
        tone="waiting",
        body="\n\n".join(part for part in parts if part),
        is_diff=bool(request.preview),
        is_whole=whole,
    )


def how_to_answer(session: str, call_ids: list[str]) -> str:
    """Return the Python that answers waiting calls."""
    answers = ", ".join(f"{name!r}: Approve()" for name in call_ids)
    return (
        "from coding_agent_sdk import Approve, Edit, Reject\n"
        f"result = await agent.resume({session!r}, {{{answers}}})"
    )


def citation_item(citation: Citation) -> Item:
    """Return a passage."""
    return Item(title=str(citation), body=citation.text)


def argument_text(arguments: Mapping[str, Any], *, whole: bool = False) -> str:
    """Return the arguments of a call as they are read best: texts as they stand, else JSON.

    Args:
        arguments: Of the call.
        whole: Whether each is shown whole; else both ends of a long one, so that all are seen.
    """
    limit = None if whole else max(BODY_LIMIT // max(len(arguments) + 1, 2), _LEAST)
    if not _replaces(arguments):
        return "\n".join(_argument_lines(arguments, limit))
    others = {name: value for name, value in arguments.items() if name not in {"old", "new"}}
    lines = [*_argument_lines(others, limit), *_marked("-", arguments["old"], limit)]
    return "\n".join([*lines, *_marked("+", arguments["new"], limit)])


def _replaces(arguments: Mapping[str, Any]) -> bool:
    """Say whether a call replaces a text by another, which is shown as a diff."""
    return all(isinstance(arguments.get(name), str) for name in ("old", "new"))


def _marked(mark: str, text: str, limit: int | None) -> list[str]:
    return [f"{mark}{line}" for line in _part(text, limit).splitlines()]


def _argument_lines(arguments: Mapping[str, Any], limit: int | None) -> Iterator[str]:
    for name, value in arguments.items():
        text = _part(value if isinstance(value, str) else _json(value), limit)
        yield f"{name}:\n{text}" if "\n" in text else f"{name}: {text}"


def _part(text: str, limit: int | None) -> str:
    """Return what is shown of one of several texts, so that each of them is seen."""
    return text if limit is None else both_ends(text, limit)


def _brief(arguments: Mapping[str, Any]) -> str:
    shown: list[str] = []
    for name, value in arguments.items():
        given = _json(value[:_VALUE] if isinstance(value, str) else value)
        shown.append(f"{name}={given if len(given) <= _VALUE else f'{given[: _VALUE - 3]}...'}")
        if len(shown) == _SHOWN_ARGUMENTS:
            break
    return " ".join(shown)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
