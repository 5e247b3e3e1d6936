"""Events on their way out: redacted once for the caller, once for all other observers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.events import TEXT_FIELDS
from coding_agent_sdk.types.decisions import ApprovalRequest
from coding_agent_sdk.types.requests import FinishedCall
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import RunViews
    from coding_agent_sdk.protocols import Redactor

T = TypeVar("T")

TEXT_OF: Final[Mapping[type, tuple[str, ...]]] = {
    ToolCall: ("arguments",),
    FinishedCall: ("call", "text", "data"),
    ApprovalRequest: ("call", "reason", "preview"),
}
"""The fields of values that hold text from outside; of others all are looked at."""


def redact_value(value: T, redact: Callable[[str], str]) -> T:
    """Return *value* with all text in it redacted; the same object where nothing changed."""
    new: T = _redacted(value, redact)
    return new


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        new = redact(value)
        return value if new == value else new
    if isinstance(value, Mapping):
        pairs = [(_redacted(key, redact), _redacted(item, redact)) for key, item in value.items()]
        same = all(
            new[0] is old[0] and new[1] is old[1]
            for new, old in zip(pairs, value.items(), strict=True)
        )
        return value if same else dict(pairs)
    if isinstance(value, list | tuple | set | frozenset):
        old_items = list(value)
        items = [_redacted(item, redact) for item in old_items]
        same = all(new is old for new, old in zip(items, old_items, strict=True))
        return value if same else type(value)(items)
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        new = redact(text)
        return value if new == text else new.encode()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            name: new
            for name in TEXT_OF.get(type(value)) or [f.name for f in dataclasses.fields(value)]
            if (new := _redacted(getattr(value, name), redact)) is not getattr(value, name)
        }
        return dataclasses.replace(value, **changes) if changes else value
    return value


def redact_event(event: Event, redact: Callable[[str], str]) -> Event:
    """Return *event* with the fields that hold text from outside redacted."""
    changes: dict[str, Any] = {}
    for name in TEXT_FIELDS[type(event)]:
        old = getattr(event, name)
        new = redact_value(old, redact)
        if new is not old:
            changes[name] = new
    return dataclasses.replace(event, **changes) if changes else event


class DeltaText:
    """One streamed text, redacted for the caller and for the observers as it comes.

    Args:
        dispatcher: Knows the redactors.
        views: The run, as plugins see it.
        streamed: Whether a caller reads it.
        observed: Whether observers are shown it.
    """

    __slots__ = ("_event", "_observed", "_response", "_streamed")

    def __init__(
        self, dispatcher: Dispatcher, views: RunViews, *, streamed: bool, observed: bool
    ) -> None:
        self._streamed, self._observed = streamed, observed
        self._response = dispatcher.open_redactor(views, "response") if streamed else None
        self._event = dispatcher.open_redactor(views, "event") if observed else None

    def feed(self, text: str) -> tuple[str, str]:
        """Return what the caller and what the observers may see now."""
        response = text if self._response is None else self._response.feed(text)
        event = text if self._event is None else self._event.feed(text)
        return self._for_readers(response, event)

    def close(self) -> tuple[str, str]:
        """Return the rest for both."""
        response = "" if self._response is None else self._response.close()
        event = "" if self._event is None else self._event.close()
        return self._for_readers(response, event)

    def _for_readers(self, response: str, event: str) -> tuple[str, str]:
        """Give whom nobody reads for what the other sees: one event serves both."""
        return (response if self._streamed else event), (event if self._observed else response)
