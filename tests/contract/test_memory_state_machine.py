"""Whatever is done to a store, in whatever order, it behaves as a plain model of it does."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from langchain_core.messages import AIMessage, HumanMessage

from coding_agent_sdk.errors import SessionBusyError, StoreError
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.volatile import MemoryOnlyStore
from coding_agent_sdk.types.entries import MessageEntry, PluginStateEntry, RunStateEntry

SESSIONS = st.sampled_from(["s", "t", "ü'\x00"])
USERS = st.sampled_from(["ada", "bob", ""])
TTL = 30.0

ENTRIES = st.one_of(
    st.builds(
        lambda text: MessageEntry(run_id="r", message=HumanMessage(text)),
        st.text(st.characters(exclude_categories=[]), max_size=20),
    ),
    st.builds(
        lambda text, args: MessageEntry(
            run_id="r",
            message=AIMessage(text, tool_calls=[{"name": "t", "args": args, "id": "c"}]),
        ),
        st.text(max_size=20),
        st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5)),
    ),
    st.builds(
        lambda state: RunStateEntry(run_id="r", state=state),
        st.sampled_from(["started", "completed", "failed"]),
    ),
)
BATCHES = st.lists(ENTRIES, max_size=4)
NO_JSON = PluginStateEntry(run_id="r", plugin="p", state={"x": object()})


class StoreMachine(RuleBasedStateMachine):
    """The model: entries and user by session, the holder of each lease, the clock."""

    leases = Bundle("leases")

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1_000_000.0
        self.entries, self.users = {}, {}
        self.held, self.tokens = {}, []
        self.store = self.make()
        self.open()

    def make(self):
        raise NotImplementedError

    def open(self):
        """Open the store, where it has to be."""

    def close(self):
        """Close the store, where it has to be."""

    def clock(self):
        return self.now

    def run(self, call):
        return self.runner.run(call)

    def teardown(self):
        self.close()
        self.runner.close()
        self.folder.cleanup()

    def keep(self, session, batch, user):
        if batch:
            self.users.setdefault(session, user)
            self.entries.setdefault(session, []).extend(batch)
        return len(self.entries.get(session, []))

    # -- entries -------------------------------------------------------------------------

    @rule(session=SESSIONS, batch=BATCHES, user=USERS)
    def append(self, session, batch, user):
        seq = self.run(self.store.append(session, batch, user=user))
        assert seq == self.keep(session, batch, user)
        self.now += 1

    @rule(session=SESSIONS, batch=BATCHES)
    def append_what_is_no_json(self, session, batch):
        with pytest.raises(StoreError, match="JSON"):
            self.run(self.store.append(session, [*batch, NO_JSON]))

    @rule(
        batches=st.lists(st.tuples(SESSIONS, st.lists(ENTRIES, min_size=1, max_size=3)), max_size=5)
    )
    def append_at_the_same_time(self, batches):
        async def together():
            calls = (self.store.append(session, batch) for session, batch in batches)
            return await asyncio.gather(*calls)

        seqs = self.run(together())
        assert seqs == [self.keep(session, batch, "") for session, batch in batches]
        self.now += 1

    @rule(session=SESSIONS, after=st.integers(-2, 20))
    def load_after(self, session, after):
        stored = self.run(self.store.load(session, after=after))
        kept = self.entries.get(session, [])
        assert [each.entry for each in stored] == kept[max(after, 0) :]
        assert [each.seq for each in stored] == list(range(max(after, 0) + 1, len(kept) + 1))

    @rule(session=SESSIONS, limit=st.integers(-2, 6))
    def tail(self, session, limit):
        stored = self.run(self.store.tail(session, limit=limit))
        kept = self.entries.get(session, [])
        assert [each.entry for each in stored] == (kept[-limit:] if limit > 0 else [])

    @rule(session=SESSIONS)
    def delete(self, session):
        count = self.run(self.store.delete(session))
        assert count == len(self.entries.pop(session, []))
        self.users.pop(session, None)
        self.held.pop(session, None)

    @rule(user=st.none() | USERS, limit=st.none() | st.integers(-1, 3))
    def list_sessions(self, user, limit):
        infos = self.run(self.store.sessions(user=user, limit=limit))
        names = [name for name in self.entries if user in {None, self.users[name]}]
        assert len(infos) == (len(names) if limit is None else min(len(names), max(limit, 0)))
        assert infos == sorted(infos, key=lambda info: info.updated_at, reverse=True)
        for info in infos:
            kept = self.entries[info.session]
            messages = [entry for entry in kept if isinstance(entry, MessageEntry)]
            states = [entry.state for entry in kept if isinstance(entry, RunStateEntry)]
            assert info.user == self.users[info.session]
            assert (info.entries, info.messages) == (len(kept), len(messages))
            assert info.state == (states[-1] if states else "")

    @rule()
    def reopen(self):
        self.close()
        self.open()

    @rule()
    def go_on_in_another_event_loop(self):
        self.runner.close()
        self.runner = asyncio.Runner()

    # -- leases --------------------------------------------------------------------------

    def is_free(self, session):
        return session not in self.held or self.now >= self.held[session].expires_at

    @rule(target=leases, session=SESSIONS)
    def acquire(self, session):
        if not self.is_free(session):
            with pytest.raises(SessionBusyError):
                self.run(self.store.acquire(session, owner="o", ttl=TTL))
            latest = self.now + TTL  # where the clock went back
            if self.held[session].expires_at > latest:
                self.hold(self.held[session], latest)
            return self.held[session]
        lease = self.run(self.store.acquire(session, owner="o", ttl=TTL))
        assert all(lease.token > token for token in self.tokens)
        assert lease.expires_at == self.now + TTL
        self.tokens.append(lease.token)
        self.held[session] = lease
        return lease

    def hold(self, lease, expires_at):
        self.held[lease.session] = type(lease)(
            session=lease.session, token=lease.token, owner=lease.owner, expires_at=expires_at
        )

    def is_newest(self, lease):
        return lease.session in self.held and self.held[lease.session].token == lease.token

    @rule(lease=leases)
    def renew(self, lease):
        if self.is_newest(lease):
            renewed = self.run(self.store.renew(lease, ttl=TTL))
            self.hold(lease, self.now + TTL)
            assert renewed == self.held[lease.session]
        else:
            with pytest.raises(StoreError, match="no longer held"):
                self.run(self.store.renew(lease, ttl=TTL))

    @rule(lease=leases, batch=BATCHES)
    def append_by_lease(self, lease, batch):
        call = self.store.append(lease.session, batch, lease=lease)
        if self.is_newest(lease):
            assert self.run(call) == self.keep(lease.session, batch, "")
            self.now += 1
        else:
            with pytest.raises(StoreError, match="no longer held"):
                self.run(call)

    @rule(lease=consumes(leases))
    def release(self, lease):
        self.run(self.store.release(lease))
        if self.is_newest(lease):
            del self.held[lease.session]

    @rule(seconds=st.sampled_from([1.0, 29.0, 30.0, -3_600.0]))
    def let_time_pass(self, seconds):
        self.now += seconds

    @invariant()
    def all_that_was_acknowledged_is_there(self):
        for session, kept in self.entries.items():
            assert [each.entry for each in self.run(self.store.load(session))] == kept


class SqliteMachine(StoreMachine):
    def make(self):
        return SqliteStore(f"sqlite:///{Path(self.folder.name)}/memory.db", clock=self.clock)

    def open(self):
        self.run(self.store.__aenter__())

    def close(self):
        self.run(self.store.__aexit__(None, None, None))


class MemoryOnlyMachine(StoreMachine):
    def make(self):
        return MemoryOnlyStore(clock=self.clock)


_SETTINGS = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

TestSqliteMachine = SqliteMachine.TestCase
TestSqliteMachine.settings = _SETTINGS
TestMemoryOnlyMachine = MemoryOnlyMachine.TestCase
TestMemoryOnlyMachine.settings = _SETTINGS
