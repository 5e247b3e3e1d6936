"""The cache store that needs no server keeps the promises of the protocol."""

import pytest

from coding_agent_sdk.middleware.resilience.sqlite_cache import SqliteCacheStore
from coding_agent_sdk.testing import CacheStoreContract


class TestSqliteCacheStore(CacheStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        async with SqliteCacheStore(f"sqlite:///{tmp_path}/cache.db") as store:
            yield store

    async def test_the_oldest_go_first_where_there_are_too_many(self, store):
        for number in range(10):
            await store.put(str(number), b"x", owner="ada", ttl=60 + number, max_entries=4)
        kept = [str(number) for number in range(10) if await store.get(str(number))]
        assert kept == ["6", "7", "8", "9"]
