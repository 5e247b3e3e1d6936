"""What every memory store must do: subclass `MemoryStoreContract` and give the fixture `store`.

Example:
    ```python
    class TestMyStore(MemoryStoreContract):
        @pytest.fixture
        async def store(self, tmp_path):
            async with MyStore(tmp_path) as store:
                yield store
    ```

The tests are coroutines: run them with pytest-asyncio in auto mode.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk.errors import SessionBusyError, StoreError
from coding_agent_sdk.types.entries import (
    ApprovalEntry,
    ContextEntry,
    IntentEntry,
    MessageEntry,
    PluginStateEntry,
    ResultEntry,
    RunStateEntry,
    SummaryEntry,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from coding_agent_sdk.protocols import MemoryStore
    from coding_agent_sdk.types.entries import Entry

__all__ = ["MemoryStoreContract", "entries_of_every_kind"]

_TTL = 30.0
_SOON = 0.1


def entries_of_every_kind(run_id: str = "r1") -> list[Entry]:
    """Return one entry of each kind, with what is hard to keep: ids, signatures, odd text."""
    call = {"name": "write_file", "args": {"path": "ä.py", "nested": [1, {"a": None}]}, "id": "c1"}
    thought: dict[str, Any] = {"type": "thinking", "thinking": "…", "signature": "c2ln=="}
    answer = AIMessage(
        content=[thought, {"type": "text", "text": "nul \x00, 日本, 🐍"}],
        id="msg_1",
        tool_calls=[{"type": "tool_call", **call}],
        response_metadata={"model_provider": "anthropic", "stop_reason": "tool_use"},
        usage_metadata={"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    )
    result = ToolMessage(
        content="halves of characters: \udcff \ud83d\ude00", tool_call_id="c1", name="write_file"
    )
    return [
        RunStateEntry(run_id=run_id, state="started", user="ada", data={"request": "Fix\n it"}),
        MessageEntry(run_id=run_id, message=HumanMessage(content="Fix it", id="h1")),
        ContextEntry(run_id=run_id, text="passage", citations=({"source": "a.md", "start": 1},)),
        MessageEntry(run_id=run_id, message=answer),
        ApprovalEntry(run_id=run_id, call_id="c1", name="write_file", arguments={}, reason="ask"),
        IntentEntry(run_id=run_id, call_id="c1", name="write_file", arguments=call["args"]),  # type: ignore[arg-type]  # plain data
        ResultEntry(run_id=run_id, call_id="c1", message=result, status="ok"),
        SummaryEntry(run_id=run_id, text="short", kept=2),
        PluginStateEntry(run_id=run_id, plugin="budget", state={"usd": 0.5}),
        RunStateEntry(run_id=run_id, state="completed", resumes="r0", data={"steps": 2}),
    ]


def _said(text: str, run_id: str = "r1") -> MessageEntry:
    return MessageEntry(run_id=run_id, message=HumanMessage(content=text))


async def _texts(store: MemoryStore, session: str) -> list[str]:
    found: list[str] = []
    for stored in await store.load(session):
        assert isinstance(stored.entry, MessageEntry)
        found.append(stored.entry.message.text)
    return found


async def _refused(call: Awaitable[object], *, by: type[StoreError] = StoreError) -> StoreError:
    """Return the error that *call* is refused by."""
    try:
        await call
    except by as error:
        return error
    raise AssertionError(f"the call was not refused by {by.__name__}")


class MemoryStoreContract:
    """The promises of `protocols.MemoryStore`, each a test of the fixture `store`."""

    # -- entries ---------------------------------------------------------------------------

    async def test_a_session_that_was_never_written_to_is_empty(self, store: MemoryStore) -> None:
        """Nothing is no error."""
        assert await store.load("s") == []
        assert await store.tail("s", limit=5) == []
        assert await store.append("s", []) == 0
        assert await store.delete("s") == 0
        assert await store.sessions() == []

    async def test_entries_of_every_kind_come_back_equal(self, store: MemoryStore) -> None:
        """Byte for byte, in their order, in rising places, at an aware time."""
        entries = entries_of_every_kind()
        last = await store.append("s", entries[:4])
        end = await store.append("s", entries[4:])
        stored = await store.load("s")
        assert [each.entry for each in stored] == entries
        seqs = [each.seq for each in stored]
        assert seqs == sorted(set(seqs))
        assert (seqs[3], seqs[-1]) == (last, end)
        now = datetime.now(UTC)
        assert all(now - timedelta(minutes=1) < each.at <= now for each in stored)

    async def test_loading_after_a_place_gives_what_came_later(self, store: MemoryStore) -> None:
        """`after` is left out itself."""
        first = await store.append("s", [_said("a")])
        last = await store.append("s", [_said("b"), _said("c")])
        assert [each.seq for each in await store.load("s", after=first)][-1] == last
        assert len(await store.load("s", after=first)) == 2  # noqa: PLR2004  b and c
        assert await store.load("s", after=last) == []
        assert await store.load("s", after=last + 10) == []

    async def test_the_tail_is_the_newest_entries_oldest_first(self, store: MemoryStore) -> None:
        """A limit of 0 or less gives none."""
        await store.append("s", [_said(text) for text in "abcde"])
        everything = await store.load("s")
        assert await store.tail("s", limit=2) == everything[-2:]
        assert await store.tail("s", limit=99) == everything
        assert await store.tail("s", limit=0) == []
        assert await store.tail("s", limit=-1) == []

    async def test_many_entries_come_back_all(self, store: MemoryStore) -> None:
        """More than a store reads at a time."""
        texts = [str(number) for number in range(1_201)]
        await store.append("s", [_said(text) for text in texts])
        assert await _texts(store, "s") == texts

    async def test_a_batch_is_kept_whole_or_not_at_all(self, store: MemoryStore) -> None:
        """An entry that is no JSON keeps its batch out, and nothing else."""
        await store.append("s", [_said("before")])
        bad = PluginStateEntry(run_id="r1", plugin="p", state={"x": object()})
        error = await _refused(store.append("s", [_said("with it"), bad]))
        assert "JSON" in str(error)
        await store.append("s", [_said("after")])
        assert await _texts(store, "s") == ["before", "after"]

    async def test_what_was_kept_does_not_change_with_the_value(self, store: MemoryStore) -> None:
        """The store has a copy."""
        state = {"usd": 1}
        await store.append("s", [PluginStateEntry(run_id="r", plugin="p", state=state)])
        state["usd"] = 2
        (stored,) = await store.load("s")
        assert stored.entry == PluginStateEntry(run_id="r", plugin="p", state={"usd": 1})

    async def test_sessions_do_not_mix(self, store: MemoryStore) -> None:
        """Names are taken literally."""
        names = ["s", "S", "s%", "s_", "", " ", "a'b\"c;--", "日本", "x" * 2_000, "a\x00b", "a"]
        for name in names:
            await store.append(name, [_said(f"in {name}")])
        for name in names:
            assert await _texts(store, name) == [f"in {name}"]
        assert {info.session for info in await store.sessions()} == set(names)

    async def test_concurrent_batches_are_all_kept_each_in_one_piece(
        self, store: MemoryStore
    ) -> None:
        """Nothing is lost, torn or written over."""

        async def write(number: int) -> None:
            await store.append("s", [_said(f"{number}.{part}") for part in range(3)])

        await asyncio.gather(*map(write, range(40)))
        texts = await _texts(store, "s")
        assert len(texts) == len(set(texts)) == 40 * 3
        batches = [texts[at : at + 3] for at in range(0, len(texts), 3)]
        assert all([text[-1] for text in batch] == ["0", "1", "2"] for batch in batches)

    async def test_a_cancelled_append_is_kept_whole_or_not_at_all(self, store: MemoryStore) -> None:
        """And the store works on."""
        for turn in range(30):
            batch = [_said(f"{turn}.{part}") for part in range(3)]
            task = asyncio.create_task(store.append("s", batch))
            await asyncio.sleep(0.0001 * (turn % 10))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await store.append("s", [_said("end.0")])
        texts = await _texts(store, "s")
        turns = [text.split(".")[0] for text in texts]
        assert all(turns.count(turn) == 3 for turn in set(turns) - {"end"})  # noqa: PLR2004  a batch
        assert texts[-1] == "end.0"

    # -- the list of sessions --------------------------------------------------------------

    async def test_a_session_is_listed_with_what_it_holds(self, store: MemoryStore) -> None:
        """Counts, the first request, the newest state, who began it and when."""
        await store.append("s", entries_of_every_kind(), user="ada")
        await store.append("s", [_said("later")], user="bob")
        (info,) = await store.sessions()
        assert (info.session, info.user, info.title) == ("s", "ada", "Fix it")
        assert (info.entries, info.messages, info.state) == (11, 4, "completed")
        assert datetime.now(UTC) - timedelta(minutes=1) < info.created_at <= info.updated_at

    async def test_a_long_first_request_is_cut_in_the_list(self, store: MemoryStore) -> None:
        """One line of 80 characters."""
        await store.append("s", [_said("word " * 100)])
        (info,) = await store.sessions()
        assert info.title.endswith("…")
        assert len(info.title) == 80  # noqa: PLR2004  the promise

    async def test_sessions_are_listed_the_newest_first(self, store: MemoryStore) -> None:
        """By their last entry; of one user, and up to a limit, where asked."""
        for name, user in [("a", "ada"), ("b", "bob"), ("c", "ada"), ("d", "")]:
            await store.append(name, [_said("x")], user=user)
        await asyncio.sleep(0.01)
        await store.append("a", [_said("y")], user="ada")
        assert [info.session for info in await store.sessions()] == ["a", "d", "c", "b"]
        assert [info.session for info in await store.sessions(user="ada")] == ["a", "c"]
        assert [info.session for info in await store.sessions(user="")] == ["d"]
        assert [info.session for info in await store.sessions(limit=2)] == ["a", "d"]
        assert await store.sessions(limit=0) == []
        assert await store.sessions(user="nobody") == []

    async def test_a_deleted_session_is_gone_and_can_begin_anew(self, store: MemoryStore) -> None:
        """Others stay."""
        await store.append("s", [_said("a"), _said("b")])
        await store.append("other", [_said("kept")])
        assert await store.delete("s") == 2  # noqa: PLR2004  a and b
        assert await store.load("s") == []
        assert [info.session for info in await store.sessions()] == ["other"]
        await store.append("s", [_said("new")])
        assert await _texts(store, "s") == ["new"]

    # -- leases ----------------------------------------------------------------------------

    async def test_a_session_is_held_by_one_at_a_time(self, store: MemoryStore) -> None:
        """Another owner, and the same one, are told that it is busy; other sessions are free."""
        lease = await store.acquire("s", owner="a", ttl=_TTL)
        assert (lease.session, lease.owner) == ("s", "a")
        assert time.time() < lease.expires_at <= time.time() + _TTL
        for owner in "ab":
            error = await _refused(store.acquire("s", owner=owner, ttl=_TTL), by=SessionBusyError)
            assert "'s'" in str(error)
        await store.acquire("other", owner="b", ttl=_TTL)
        await store.release(lease)
        await store.acquire("s", owner="b", ttl=_TTL)

    async def test_waiting_ends_when_the_session_is_free(self, store: MemoryStore) -> None:
        """Or when the time to wait is over."""
        lease = await store.acquire("s", owner="a", ttl=_TTL)
        began = time.monotonic()
        await _refused(store.acquire("s", owner="b", ttl=_TTL, wait=_SOON), by=SessionBusyError)
        assert time.monotonic() - began >= _SOON
        waiting = asyncio.create_task(store.acquire("s", owner="b", ttl=_TTL, wait=10))
        await asyncio.sleep(_SOON)
        await store.release(lease)
        assert (await waiting).owner == "b"

    async def test_a_token_is_never_given_twice(self, store: MemoryStore) -> None:
        """Not after a release, nor after the session was deleted."""
        tokens: list[int] = []
        for _ in range(3):
            lease = await store.acquire("s", owner="a", ttl=_TTL)
            tokens.append(lease.token)
            await store.release(lease)
            await store.delete("s")
        assert tokens == sorted(set(tokens))

    async def test_an_expired_lease_is_taken_over(self, store: MemoryStore) -> None:
        """And what its old holder appends, renews or releases changes nothing."""
        old = await store.acquire("s", owner="a", ttl=_SOON)
        new = await store.acquire("s", owner="b", ttl=_TTL, wait=10)
        assert new.token > old.token
        error = await _refused(store.append("s", [_said("stale")], lease=old))
        assert "'s'" in str(error)
        await _refused(store.renew(old, ttl=_TTL))
        await store.release(old)
        await _refused(store.acquire("s", owner="c", ttl=_TTL), by=SessionBusyError)
        await store.append("s", [_said("fresh")], lease=new)
        assert await _texts(store, "s") == ["fresh"]

    async def test_an_expired_lease_that_nobody_took_still_counts(self, store: MemoryStore) -> None:
        """Its holder may append and renew: nobody else has written."""
        lease = await store.acquire("s", owner="a", ttl=0.001)
        await asyncio.sleep(0.01)
        await store.append("s", [_said("late")], lease=lease)
        renewed = await store.renew(lease, ttl=_TTL)
        assert renewed.token == lease.token
        await _refused(store.acquire("s", owner="b", ttl=_TTL), by=SessionBusyError)

    async def test_a_renewed_lease_lasts_longer(self, store: MemoryStore) -> None:
        """Beyond its first time."""
        lease = await store.acquire("s", owner="a", ttl=_SOON)
        renewed = await store.renew(lease, ttl=_TTL)
        assert renewed.expires_at > lease.expires_at
        await asyncio.sleep(2 * _SOON)
        await _refused(store.acquire("s", owner="b", ttl=_TTL), by=SessionBusyError)

    async def test_a_released_lease_cannot_append(self, store: MemoryStore) -> None:
        """Releasing twice is no error."""
        lease = await store.acquire("s", owner="a", ttl=_TTL)
        await store.release(lease)
        await store.release(lease)
        await _refused(store.append("s", [_said("late")], lease=lease))
        assert await store.load("s") == []

    async def test_the_lease_of_another_session_does_not_count(self, store: MemoryStore) -> None:
        """A lease is for its session alone."""
        lease = await store.acquire("other", owner="a", ttl=_TTL)
        await _refused(store.append("s", [_said("x")], lease=_moved(lease, "s")))

    async def test_deleting_a_session_ends_its_lease(self, store: MemoryStore) -> None:
        """What was forgotten does not come back by a run that still goes on."""
        lease = await store.acquire("s", owner="a", ttl=_TTL)
        await store.append("s", [_said("a")], lease=lease)
        await store.delete("s")
        await _refused(store.append("s", [_said("b")], lease=lease))
        assert await store.sessions() == []

    async def test_a_cancelled_acquire_leaves_the_session_free(self, store: MemoryStore) -> None:
        """Whenever the cancellation comes."""
        for turn in range(20):
            task = asyncio.create_task(store.acquire("s", owner="a", ttl=_TTL))
            await asyncio.sleep(0.0001 * (turn % 10))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await store.release(await task)
        await store.acquire("s", owner="b", ttl=_TTL)


def _moved(lease: Any, session: str) -> Any:
    return type(lease)(
        session=session, token=lease.token, owner=lease.owner, expires_at=lease.expires_at
    )
