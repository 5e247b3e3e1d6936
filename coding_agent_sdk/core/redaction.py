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

_PLAIN: Final = frozenset({bool, float, type(None)})
"""Types whose values hold no text."""


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
    kind = type(value)
    if kind in _PLAIN or not value:  # nothing in it; first, for most of what is looked at is that
        return value
    if isinstance(value, str):
        new = redact(value, field=field)
        return value if new == value else new
    if kind is dict or isinstance(value, Mapping):  # asking an abstract class alone costs more
        return _redacted_mapping(value, redact, field)
    if isinstance(value, list | tuple | set | frozenset):
        return _redacted_items(value, redact, field)
    if kind is int:
        return _redacted_number(value, redact, field) if field else value
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        new = redact(text, field=field)
        return value if new == text else new.encode()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            name: new
            for name in TEXT_OF.get(kind) or [f.name for f in dataclasses.fields(value)]
            if (new := _redacted(getattr(value, name), redact)) is not getattr(value, name)
        }
        return dataclasses.replace(value, **changes) if changes else value
    return value


def _redacted_mapping(value: Mapping[Any, Any], redact: Redact, field: str) -> Mapping[Any, Any]:
    new: dict[Any, Any] = {}
    same = True
    own = value.get("name", value.get("key", "")) if "value" in value else ""
    for key, item in value.items():
        new_key = _redacted(key, redact)
        new_item = _redacted(item, redact, _name_of(key, own, field))
        same = same and new_key is key and new_item is item
        new[new_key] = new_item
    return value if same else new


def _redacted_items(value: Any, redact: Redact, field: str) -> Any:
    before: Any = ""
    items: list[Any] = []
    same = True
    for item in value:
        new = _redacted(item, redact, _flag(before) or field)
        same = same and new is item
        items.append(new)
        before = item
    return value if same else type(value)(items)


def _redacted_number(value: int, redact: Redact, field: str) -> Any:
    text = str(value)
    new = redact(text, field=field)
    return value if new == text else new


def _name_of(key: Any, own: Any, field: str) -> str:
    """Return of what the value under a key of a mapping is the value.

    Of `{"name": "API_KEY", "value": "…"}` that is what it says itself, and not `value`.
    """
    if key == "value":
        return own if own and isinstance(own, str) else field or key
    return key if isinstance(key, str) else field


def _flag(before: Any) -> str:
    """Return the flag before an item: `["--token", "…"]` is a part of a command line."""
    return before.lstrip("-") if isinstance(before, str) and before.startswith("-") else ""


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
