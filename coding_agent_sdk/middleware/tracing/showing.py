"""Traces as text for a terminal: the tree of spans, and the list of runs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text
from rich.tree import Tree

from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.middleware.tracing.kept import KeptTrace, Node

__all__ = ["row_of", "trees_of"]

_STYLES: Final[Mapping[str, str]] = {
    "agent": "bold cyan",
    "model": "magenta",
    "tool": "green",
    "retrieval": "blue",
    "guardrail": "yellow",
    "approval": "yellow",
}
_WIDTH: Final = 60
_WIDEST: Final = 1000
_MINUTE: Final = 60


def trees_of(trace: KeptTrace) -> list[Tree]:
    """Return a trace as trees to print."""
    return [_tree(root) for root in trace.trees()]


def _tree(node: Node) -> Tree:
    tree = Tree(_label(node), guide_style="dim")
    for child in node.children:
        tree.children.append(_tree(child))
    for event in node.span.get("events", ()):
        tree.add(_event(event))
    return tree


def _label(node: Node) -> Text:
    span, attributes = node.span, node.span["attributes"]
    label = Text(_plain(span["name"]), style=_STYLES.get(span["kind"], ""))
    label.append(f"  {duration(node.seconds)}", style="not bold white")
    details = [*_counts(node), *_details(attributes)]
    if details:
        label.append(f"  {_plain(' · '.join(details))}", style="not bold dim")
    if span["status"] == "error":
        words = span.get("status_message", "") or attributes.get("error.type", "error")
        label.append(f"  {_plain(_short(str(words)))}", style="bold red")
    return label


def _counts(node: Node) -> list[str]:
    read = int(node.total("gen_ai.usage.input_tokens"))
    written = int(node.total("gen_ai.usage.output_tokens"))
    cost = node.total("coding_agent.cost_usd")
    counts = [f"{read} → {written} tokens"] if read or written else []
    return [*counts, f"${cost:.4f}"] if cost else counts


def _details(attributes: Mapping[str, Any]) -> list[str]:
    """Return what the name of a span does not say."""
    names = (
        "coding_agent.status", "coding_agent.tool.status", "coding_agent.check.decision",
        "coding_agent.check.rule", "coding_agent.approval.decision",
    )  # fmt: skip
    details = [str(attributes[name]) for name in names if attributes.get(name, "ok") != "ok"]
    if attributes.get("coding_agent.cached"):
        details.append("cached")
    if "coding_agent.run_id" in attributes:
        details.append(f"run {attributes['coding_agent.run_id']}")
    arguments = attributes.get("gen_ai.tool.call.arguments", "{}")
    return details if arguments == "{}" else [*details, _short(str(arguments))]


def _event(event: Mapping[str, Any]) -> Text:
    values = ", ".join(
        f"{name.removeprefix('coding_agent.')} {value}"
        for name, value in event.get("attributes", {}).items()
    )
    shown = f"{event['name'].removeprefix('coding_agent.')}  {_short(values)}"
    return Text(f"• {_plain(shown)}", style="yellow")


def row_of(span: Mapping[str, Any]) -> str:
    """Return one line on a run, from the last of its spans that was kept."""
    attributes = span["attributes"]
    began = datetime.fromtimestamp(span["start_ns"] / 1e9).astimezone()
    lasted = duration((span["end_ns"] - span["start_ns"]) / 1e9)
    is_run = span["kind"] == "agent"
    state = str(attributes.get("coding_agent.status", "ended")) if is_run else "not ended"
    session = attributes.get("gen_ai.conversation.id", "")
    words = _short(_text(str(attributes.get("gen_ai.input.messages", ""))))
    when = began.strftime("%Y-%m-%d %H:%M:%S")
    return _plain(f"{span['run_id']}  {when}  {lasted:>8}  {state:<17}  {session}  {words}")


def _text(messages: str) -> str:
    """Return the text of the first of some messages in JSON; what was cut is shown as it is."""
    try:
        return str(json.loads(messages)[0]["parts"][0]["content"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return messages


def duration(seconds: float) -> str:
    """Return a duration as people read it: `3 ms`, `1.25 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def _short(text: str) -> str:
    return one_line(text, width=_WIDTH)


def _plain(text: str) -> str:
    """Return a text in one line in which a terminal finds nothing to obey."""
    return one_line(text, width=_WIDEST)
