"""The counter stores that need no server keep the promises of the protocol."""

import pytest

from coding_agent_sdk.middleware.resilience.memory_counters import MemoryCounterStore
from coding_agent_sdk.middleware.resilience.sqlite_counters import SqliteCounterStore
from coding_agent_sdk.testing import CounterStoreContract


class TestMemoryCounterStore(CounterStoreContract):
    @pytest.fixture
    async def store(self):
        return MemoryCounterStore()


class TestSqliteCounterStore(CounterStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        async with SqliteCounterStore(f"sqlite:///{tmp_path}/counters.db") as store:
            yield store
