"""Both stores that come with the SDK keep the promises of the protocol."""

import pytest

from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.volatile import MemoryOnlyStore
from coding_agent_sdk.protocols import MemoryStore
from coding_agent_sdk.testing.memory_contract import MemoryStoreContract


class TestSqliteStore(MemoryStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        async with SqliteStore(f"sqlite:///{tmp_path}/memory.db") as store:
            assert isinstance(store, MemoryStore)
            yield store


class TestSqliteStoreThatWaitsForTheDisk(MemoryStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        async with SqliteStore(f"sqlite:///{tmp_path}/memory.db", synchronous="full") as store:
            yield store


class TestMemoryOnlyStore(MemoryStoreContract):
    @pytest.fixture
    async def store(self):
        store = MemoryOnlyStore()
        assert isinstance(store, MemoryStore)
        return store
