"""Entries as the rows of a store: JSON text, and what a batch changes in the list of sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.types.entries import (
    MessageEntry,
    ResultEntry,
    RunStateEntry,
    entry_from_dict,
    entry_to_dict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.types.entries import Entry

__all__ = ["Batch", "decode", "encode"]

_TITLE_LENGTH: Final = 80


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Entries that are appended together.

    Attributes:
        rows: Their JSON.
        messages: How many of them are messages, results included.
        state: The newest state of a run among them; None for none.
        title: The beginning of the first request among them; `""` for none.
    """

    rows: tuple[str | bytes, ...]
    messages: int
    state: str | None
    title: str

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Batch:
        """Encode entries.

        Raises:
            StoreError: One of them holds what JSON cannot say.
        """
        messages, state, title = 0, None, ""
        for entry in entries:
            if isinstance(entry, MessageEntry | ResultEntry):
                messages += 1
                if not title and entry.message.type == "human":
                    title = _title(entry.message.text)
            elif isinstance(entry, RunStateEntry) and not entry.data.get("parent_run_id"):
                state = entry.state
                title = title or _title(str(entry.data.get("request", "")))
        rows = tuple(encode(entry) for entry in entries)
        return cls(rows=rows, messages=messages, state=state, title=title)


def encode(entry: Entry) -> str | bytes:
    """Return an entry as JSON; as bytes where its text is not valid UTF-8.

    Raises:
        StoreError: It holds what JSON cannot say.
    """
    try:
        text = _JSON.encode(entry_to_dict(entry))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"an entry of kind {type(entry).__name__} of run {entry.run_id!r} cannot be kept as "
            f"JSON: {error}; give messages, tool arguments and plugin state plain JSON data only"
        ) from error
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, as a file in another encoding has it
        return text.encode(errors="surrogatepass")
    return text


def decode(text: str | bytes, *, place: str) -> Entry:
    """Return the entry that *text* was made of.

    Args:
        text: What `encode` gave.
        place: Where it was read, for the message of an error.

    Raises:
        StoreError: It is no entry that this version can read.
    """
    try:
        plain = text.decode(errors="surrogatepass") if isinstance(text, bytes) else text
        return entry_from_dict(json.loads(plain))
    except Exception as error:  # whatever a damaged row makes JSON, pydantic or LangChain raise
        raise StoreError(
            f"{place} cannot be read: {error}; it was damaged, or written by a newer version of "
            "coding_agent_sdk: update it, or delete the session"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON data")


_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _title(text: str) -> str:
    """Return the beginning of a request on one line."""
    line = " ".join(text[: 4 * _TITLE_LENGTH].split()).encode(errors="replace").decode()
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…"
