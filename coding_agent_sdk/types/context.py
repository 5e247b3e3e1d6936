"""What is put before the model beside the request: history, passages, facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.text.plain import in_a_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.types.entries import Entry

__all__ = ["Citation", "ContextItem", "History", "OpenRun"]


@dataclass(frozen=True, kw_only=True)
class Citation:
    """Where a passage comes from.

    Attributes:
        source: A file or a name.
        start: First line, from 1; None where lines mean nothing.
        end: Last line, included.
        text: The passage as it was quoted.
    """

    source: str
    start: int | None = None
    end: int | None = None
    text: str = ""

    def __str__(self) -> str:
        """Return `source:start-end` in one line; control characters are written out."""
        source = in_a_line(self.source)
        return source if self.start is None else f"{source}:{self.start}-{self.end}"


@dataclass(frozen=True, kw_only=True)
class ContextItem:
    """A passage or a recalled fact that may help with the request.

    Attributes:
        text: What the model is shown.
        citation: Where it comes from.
        score: How well it fits, higher is better; only the order within one plugin counts.
        plugin: Who gave it; the core fills it in.
    """

    text: str
    citation: Citation
    score: float = 0.0
    plugin: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run of the session that has not ended: it waits for approval, or was cut off.

    Attributes:
        run_id: Its id.
        entries: What was recorded of it, oldest first.
    """

    run_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class History:
    """The session so far, as the model was sent it.

    Attributes:
        messages: Messages of ended runs, oldest first.
        digest: A digest that changes with each message, for cache keys; `""` where unknown.
        tokens: Estimated tokens of *messages*.
        dropped: Number of older messages that did not fit.
        open_run: The newest run, where it has not ended.
        plugin_state: The newest session state of each plugin, by its name.
        last_request: Id of the user's message of the newest run that has ended, which a compaction
            may have taken out of *messages*; `""` where there is none.
    """

    messages: tuple[BaseMessage, ...] = ()
    digest: str = ""
    tokens: int = 0
    dropped: int = 0
    open_run: OpenRun | None = None
    plugin_state: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    last_request: str = ""
