"""The sessions that are in use: their folded history is kept, and only what is new is read."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.memory.history import SessionHistory
from coding_agent_sdk.middleware.memory.rows import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coding_agent_sdk.protocols import MemoryStore, StoredEntry
    from coding_agent_sdk.types.entries import Entry

__all__ = ["LiveSessions"]


@dataclass(kw_only=True)
class _Live:
    """A folded session, up to the entry *last* in place *seq*."""

    history: SessionHistory
    max_tokens: int
    seq: int = 0
    last: Entry | None = None

    def add(self, entries: Iterable[Entry], *, seq: int) -> None:
        for entry in entries:
            self.history.add(entry)
            self.last = entry
        self.seq = seq


class LiveSessions:
    """Folded histories by store and session; the ones unused for longest are forgotten."""

    def __init__(self) -> None:
        self._live: OrderedDict[tuple[MemoryStore, str], _Live] = OrderedDict()

    async def history(
        self, store: MemoryStore, session: str, *, max_tokens: int, size: int
    ) -> SessionHistory:
        """Return the history of a session as the store has it now.

        Args:
            store: The store.
            session: Its name.
            max_tokens: Estimated tokens that the history may have.
            size: Number of sessions to keep folded.

        Raises:
            StoreError: The store cannot be read.
        """
        live = self._live.pop((store, session), None)
        if (
            live is None
            or live.max_tokens != max_tokens
            or not await _catch_up(live, store, session)
        ):
            live = _Live(history=SessionHistory(max_tokens=max_tokens), max_tokens=max_tokens)
            _add(live, await store.load(session))
        self._live[store, session] = live
        while len(self._live) > size:
            self._live.popitem(last=False)
        return live.history

    def appended(
        self, store: MemoryStore, session: str, entries: Sequence[Entry], *, seq: int
    ) -> None:
        """Take in what was appended and ends with *seq*, unless others have written too."""
        live = self._live.get((store, session))
        if live is None or not entries:
            return
        if live.seq + len(entries) == seq:
            live.add(entries, seq=seq)
        else:
            self.forget(store, session)

    def forget(self, store: MemoryStore, session: str) -> None:
        """Read the session anew the next time."""
        self._live.pop((store, session), None)


async def _catch_up(live: _Live, store: MemoryStore, session: str) -> bool:
    """Add what others have appended; False where the log is no longer the one that was folded.

    The last known entry is read again: a session that was deleted, and perhaps begun anew,
    shows by it.
    """
    if live.last is None:
        _add(live, await store.load(session))
        return True
    stored = await store.load(session, after=live.seq - 1)
    if not stored or stored[0].seq != live.seq or not _same(stored[0].entry, live.last):
        return False
    _add(live, stored[1:])
    return True


def _add(live: _Live, stored: Sequence[StoredEntry]) -> None:
    if stored:
        live.add((each.entry for each in stored), seq=stored[-1].seq)


def _same(stored: Entry, known: Entry) -> bool:
    return stored == known or encode(stored) == encode(known)
