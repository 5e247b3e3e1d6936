"""The log of a session folded into its history: what goes before the next request.

A *chain* is a run together with the runs that it was resumed by. The newest chain is open until
it is completed, blocked or abandoned; all others are history. Folding the log entry by entry, or
all at once, gives the same history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.types.compaction import compacted
from coding_agent_sdk.types.context import History, OpenRun
from coding_agent_sdk.types.entries import (
    MessageEntry,
    PluginStateEntry,
    RunStateEntry,
    SummaryEntry,
)
from coding_agent_sdk.types.log import estimate_tokens, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.types.entries import Entry

__all__ = ["SessionHistory", "Window", "advance", "digest_of", "fold"]

_ENDED: Final = frozenset({"", "completed", "blocked", "abandoned"})
"""States of a chain that is history; `""` for messages without any word on their run."""

_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, kw_only=True)
class Window:
    """The newest chains that fit, after what stands for older ones.

    Attributes:
        messages: Their messages, oldest first.
        pinned: How many messages and tokens at the beginning are a summary: it stays when older
            chains go, as long as it leaves room for others.
        chains: Of each chain after them, how many messages and tokens it has.
        tokens: Estimated tokens in all.
        dropped: Number of older messages that did not fit.
        digest: Digest of *messages*.
    """

    messages: tuple[BaseMessage, ...] = ()
    pinned: tuple[int, int] = (0, 0)
    chains: tuple[tuple[int, int], ...] = ()
    tokens: int = 0
    dropped: int = 0
    digest: str = ""


def fold(entries: Iterable[Entry], *, max_tokens: int) -> History:
    """Return the history that a whole log amounts to.

    Args:
        entries: All entries of the session, oldest first.
        max_tokens: Estimated tokens that the history may have.
    """
    session = SessionHistory(max_tokens=max_tokens)
    for entry in entries:
        session.add(entry)
    return session.history()


def advance(window: Window, messages: Sequence[BaseMessage], *, limit: int) -> Window:
    """Return the window with the messages of one more chain.

    Where they do not fit within *limit* tokens, the oldest chains go until half of it is free,
    so that the beginning, which providers cache, then stays the same for many turns. A chain
    that is longer than the limit alone stands there by its request and its answer.
    """
    if not messages and window.tokens <= limit:
        return window
    tokens = sum(map(estimate_tokens, messages))
    if window.tokens + tokens <= limit:
        return Window(
            messages=(*window.messages, *messages),
            pinned=window.pinned,
            chains=(*window.chains, (len(messages), tokens)),
            tokens=window.tokens + tokens,
            dropped=window.dropped,
            digest=digest_of(messages, after=window.digest),
        )
    return _from_the_newest(window, messages, tokens, limit)


def digest_of(messages: Iterable[BaseMessage], *, after: str = "") -> str:
    """Return a digest that depends on each message that a provider would be sent.

    Args:
        messages: The messages.
        after: The digest of the messages before them; `""` where there are none.
    """
    digest = after
    for message in messages:
        seen = [digest, message.type, message.content, message.name, message.additional_kwargs]
        seen += map(vars(message).get, _DIGESTED)  # most messages lack most of these fields
        text = json.dumps(seen, default=str)
        digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return digest


_DIGESTED: Final = ("tool_calls", "invalid_tool_calls", "tool_call_id", "status")


def _from_the_newest(
    window: Window, messages: Sequence[BaseMessage], tokens: int, limit: int
) -> Window:
    pinned = window.pinned if window.pinned[1] <= limit // 2 else (0, 0)
    chains = list(window.chains)
    count, total = sum(c for c, _ in chains), sum(t for _, t in chains)
    while chains and pinned[1] + total + tokens > limit // 2:
        gone_messages, gone_tokens = chains.pop(0)
        count, total = count - gone_messages, total - gone_tokens
    newest = tuple(messages)
    if pinned[1] + tokens > limit:  # then no older chain is left
        newest = _shortened(messages, limit - pinned[1])
        tokens = sum(map(estimate_tokens, newest))
    older = window.messages[len(window.messages) - count :]
    kept = (*window.messages[: pinned[0]], *older, *newest)
    seen = window.dropped + len(window.messages) + len(messages)
    return Window(
        messages=kept,
        pinned=pinned,
        chains=(*chains, (len(newest), tokens)) if newest else tuple(chains),
        tokens=pinned[1] + total + tokens,
        dropped=seen - len(kept),
        digest=digest_of(kept),
    )


def compact(window: Window, messages: Sequence[BaseMessage], entry: SummaryEntry) -> Window:
    """Return the window after a compaction: what goes before the messages that stayed as they are.

    Args:
        window: What went before the run.
        messages: The run's messages up to the compaction.
        entry: The compaction.
    """
    before, _ = compacted(window.messages, messages, text=entry.text, kept=entry.kept)
    tokens = sum(map(estimate_tokens, before))
    pinned = (1, estimate_tokens(before[0])) if entry.text else window.pinned
    count = len(before) - pinned[0]
    return Window(
        messages=before,
        pinned=pinned,
        chains=((count, tokens - pinned[1]),) if count else (),
        tokens=tokens,
        digest=digest_of(before),
    )


def _shortened(messages: Sequence[BaseMessage], limit: int) -> tuple[BaseMessage, ...]:
    """Return a chain's request and its answer, or nothing where they do not fit either."""
    request, answer = messages[0], messages[-1]
    if request.type != "human" or answer.type != "ai" or getattr(answer, "tool_calls", None):
        return ()
    fits = estimate_tokens(request) + estimate_tokens(answer) <= limit
    return (request, answer) if fits else ()


@dataclass
class _Chain:
    """A run with the runs that it was resumed by."""

    run_id: str
    run_ids: set[str] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)
    state: str = ""

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    @property
    def request_id(self) -> str:
        """Id of the message that it began with; `""` where it has none."""
        asked = next((e.message for e in self.entries if isinstance(e, MessageEntry)), None)
        return "" if asked is None else asked.id or ""

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if isinstance(entry, RunStateEntry) and entry.run_id == self.run_id:
            self.state = entry.state

    def go_on(self, run_id: str) -> None:
        self.run_id = run_id
        self.run_ids.add(run_id)


class SessionHistory:
    """The history of one session, kept up to date entry by entry; each costs the same.

    Args:
        max_tokens: Estimated tokens that the history may have.

    Attributes:
        user: Who began the session; None where no run has begun.
        workspace: The folder that its newest run worked in; None where no run says it.
    """

    def __init__(self, *, max_tokens: int) -> None:
        self.user: str | None = None
        self.workspace: str | None = None
        self._limit = max_tokens
        self._window = Window()
        self._chain: _Chain | None = None
        self._viewed: tuple[int, Window] | None = None
        self._children: set[str] = set()
        self._plugin_state: dict[str, Any] = {}

    def add(self, entry: Entry) -> None:
        """Take in the next entry of the log."""
        if isinstance(entry, PluginStateEntry):
            self._plugin_state[entry.plugin] = entry.state
        chain = self._chain_of(entry)
        if chain is None:
            return
        if isinstance(entry, SummaryEntry):
            said = messages_of(chain.entries, close=False)
            self._window = compact(self._window, said, entry)
            self._viewed = None
        chain.add(entry)

    def history(self) -> History:
        """Return the history as it is now; equal logs give equal bytes."""
        window, chain = self._view(), self._chain
        open_run = None
        if chain is not None and not chain.ended:
            open_run = OpenRun(run_id=chain.run_id, entries=tuple(chain.entries))
        return History(
            messages=window.messages,
            digest=window.digest,
            tokens=window.tokens,
            dropped=window.dropped,
            open_run=open_run,
            plugin_state=dict(self._plugin_state),
            last_request="" if chain is None or open_run is not None else chain.request_id,
        )

    def _chain_of(self, entry: Entry) -> _Chain | None:
        """Return the chain that an entry belongs to; None where it says nothing to the model."""
        chain = self._chain
        if chain is not None and entry.run_id in chain.run_ids:
            return chain
        if isinstance(entry, RunStateEntry) and entry.state == "started":
            return self._begin(entry)
        if isinstance(entry, MessageEntry | SummaryEntry) and entry.run_id not in self._children:
            return self._next_chain(entry.run_id)
        return None  # a late word on a run that is history, or of a sub-agent

    def _begin(self, entry: RunStateEntry) -> _Chain | None:
        if self.user is None:
            self.user = entry.user
        self.workspace = entry.data.get("workspace") or self.workspace
        if entry.data.get("parent_run_id"):
            self._children.add(entry.run_id)
            return None
        chain = self._chain
        if chain is not None and not chain.ended and entry.resumes in chain.run_ids:
            chain.go_on(entry.run_id)
            return chain
        return self._next_chain(entry.run_id)

    def _next_chain(self, run_id: str) -> _Chain:
        self._window = self._settled()
        self._viewed = None
        self._chain = _Chain(run_id, {run_id})
        return self._chain

    def _view(self) -> Window:
        """Return the window as the next request sees it: without a chain that is open."""
        chain = self._chain
        if chain is None or not chain.ended:
            return self._window
        if self._viewed is None or self._viewed[0] != len(chain.entries):
            self._viewed = (len(chain.entries), self._settled())
        return self._viewed[1]

    def _settled(self) -> Window:
        chain = self._chain
        if chain is None:
            return self._window
        if self._viewed is not None and self._viewed[0] == len(chain.entries):
            return self._viewed[1]
        return advance(self._window, messages_of(chain.entries), limit=self._limit)
