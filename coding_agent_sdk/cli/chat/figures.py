"""What a session has taken: tokens and dollars, from the log of its runs."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from coding_agent_sdk.types.entries import RunStateEntry
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from coding_agent_sdk.protocols import StoredEntry

__all__ = ["usage_line", "usage_of"]


def usage_of(entries: Iterable[StoredEntry]) -> Usage:
    """Return what the runs of a session took, as far as they said so in their end."""
    total = Usage()
    for stored in entries:
        entry = stored.entry
        if isinstance(entry, RunStateEntry) and "input_tokens" in entry.data:
            total += _usage(entry.data)
    return total


def _usage(data: Mapping[str, Any]) -> Usage:
    said = data.get("cost")
    try:
        cost = None if said is None else Decimal(str(said))
    except InvalidOperation:
        cost = None
    return Usage(
        input_tokens=int(data.get("input_tokens", 0)),
        output_tokens=int(data.get("output_tokens", 0)),
        cost=cost,
    )


def usage_line(usage: Usage) -> str:
    """Return tokens and dollars in one line."""
    about = "about " if usage.estimated else ""
    cost = "price unknown" if usage.cost is None else f"${usage.cost:.4f}"
    return f"{about}{usage.input_tokens:,} tokens sent, {usage.output_tokens:,} received - {cost}"
