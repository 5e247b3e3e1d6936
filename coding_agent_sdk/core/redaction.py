"""Events on their way out: redacted once for the caller, once for all other observers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from coding_agent_sdk.events import TEXT_FIELDS
from coding_agent_sdk.types.decisions import ApprovalRequest
from coding_agent_sdk.types.requests import FinishedCall
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import RunViews

T = TypeVar("T")

TEXT_OF: Final[Mapping[type, tuple[str, ...]]] = {
    ToolCall: ("arguments",),
    FinishedCall: ("call", "text", "data"),
    ApprovalRequest: ("call", "reason", "preview"),
}
"""The fields of values that hold text from outside; of others all are looked at."""


class Redact(Protocol):
    """Returns a whole text without what must not be shown."""

    def __call__(self, text: str, /, *, field: str = "") -> str:
        """Return *text*, the value of *field* where that is given, redacted."""
        ...


def redact_value(value: T, redact: Redact) -> T:
    """Return *value* with all text in it redacted; the same object where nothing changed.

    What is a value of a mapping is redacted as that of its key.
    """
    new: T = _redacted(value, redact)
    return new


def _redacted(value: Any, redact: Redact, field: str = "") -> Any:
    if isinstance(value, str):
        new = redact(value, field=field)
        return value if new == value else new
    if isinstance(value, dict | Mapping):  # asking an abstract class alone costs more
        pairs = [
            (_redacted(key, redact), _redacted(item, redact, name))
            for (key, item), name in zip(value.items(), _names(value, field), strict=True)
        ]
        same = all(
            new[0] is old[0] and new[1] is old[1]
            for new, old in zip(pairs, value.items(), strict=True)
        )
        return value if same else dict(pairs)
    if isinstance(value, list | tuple | set | frozenset):
        old_items = list(value)
        items = [
            _redacted(item, redact, flag or field)
            for item, flag in zip(old_items, _flags(old_items), strict=True)
        ]
        same = all(new is old for new, old in zip(items, old_items, strict=True))
        return value if same else type(value)(items)
    if type(value) is int and field:
        text = str(value)
        new = redact(text, field=field)
        return value if new == text else new
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        new = redact(text, field=field)
        return value if new == text else new.encode()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            name: new
            for name in TEXT_OF.get(type(value)) or [f.name for f in dataclasses.fields(value)]
            if (new := _redacted(getattr(value, name), redact)) is not getattr(value, name)
        }
        return dataclasses.replace(value, **changes) if changes else value
    return value


def _names(value: Mapping[Any, Any], field: str) -> Iterator[str]:
    """Yield of what each value of a mapping is the value.

    Of `{"name": "API_KEY", "value": "…"}` that is what it says itself, and not `value`.
    """
    own = value.get("name", value.get("key", "")) if "value" in value else ""
    for key in value:
        if key == "value":
            yield own if own and isinstance(own, str) else field or key
        else:
            yield key if isinstance(key, str) else field


def _flags(items: Sequence[Any]) -> Iterator[str]:
    """Yield for each item the flag before it: `["--token", "…"]` is a part of a command line."""
    before: Any = ""
    for item in items:
        is_flag = isinstance(before, str) and before.startswith("-")
        yield before.lstrip("-") if is_flag else ""
        before = item


def redact_event(event: Event, redact: Redact) -> Event:
    """Return *event* with the fields that hold text from outside redacted."""
    changes: dict[str, Any] = {}
    for name in TEXT_FIELDS[type(event)]:
        old = getattr(event, name)
        if not old:
            continue
        new = redact(old) if type(old) is str else redact_value(old, redact)
        if new is not old and new != old:
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
