"""Where spans go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = ["SpanExporter"]


@runtime_checkable
class SpanExporter(Protocol):
    """Sends or keeps the spans of runs.

    The factory is called when the agent is built and must be quick; it raises `ConfigError` for
    what can never work, and opens nothing. All methods are called one after another in a thread of
    the exporter's own: they may wait, no run waits for them. Whatever `open` and `export` raise is
    counted as lost spans and told once; they are not called again with the same spans.
    """

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Get ready, before the first spans; *resource* says who sends, by `service.name`."""
        ...

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Send or keep *spans*, all of them or as many as it can, and say so by returning.

        Args:
            spans: At least one, in the order in which they ended.
            seconds: How long it may take; where it takes longer at the agent's end, it is left.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened; called once, after the last spans."""
        ...
