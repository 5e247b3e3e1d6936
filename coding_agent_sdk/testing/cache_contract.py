"""What every cache store must do: subclass `CacheStoreContract`, give the fixture `store`.

The tests are coroutines: run them with pytest-asyncio in auto mode. Each begins with an empty
store.
"""

from __future__ import annotations

import asyncio
from typing import Final

from coding_agent_sdk.protocols import CacheStore

__all__ = ["CacheStoreContract"]

_MANY: Final = 1000


class CacheStoreContract:
    """The promises of `protocols.CacheStore`, each a test of the fixture `store`."""

    async def test_it_has_the_methods_of_the_protocol(self, store: CacheStore) -> None:
        """Each of them is there."""
        assert isinstance(store, CacheStore)

    async def test_nothing_is_no_error(self, store: CacheStore) -> None:
        """An empty store is asked."""
        assert await store.get("a") is None
        assert await store.owned("ada") == []
        assert await store.forget("ada") == 0
        assert await store.prune() == 0

    async def test_what_is_put_is_given_back_byte_for_byte(self, store: CacheStore) -> None:
        """Any bytes, and the newest of two."""
        value = bytes(range(256)) * 100
        await _put(store, "a", b"old")
        await _put(store, "a", value)
        await _put(store, "b", b"")
        assert await store.get("a") == value
        assert await store.get("b") == b""
        assert await store.get("c") is None

    async def test_what_is_too_old_is_not_given(self, store: CacheStore) -> None:
        """Neither by its key nor by its owner."""
        await _put(store, "short", b"x", ttl=0.05)
        await _put(store, "long", b"y")
        await asyncio.sleep(0.2)
        assert await store.get("short") is None
        assert await store.owned("ada") == [b"y"]
        await store.prune()
        assert await store.get("long") == b"y"

    async def test_an_owner_gets_and_forgets_what_is_his(self, store: CacheStore) -> None:
        """Others keep theirs."""
        for number in range(3):
            await _put(store, f"a{number}", str(number).encode())
        await _put(store, "b", b"bob's", owner="bob")
        assert sorted(await store.owned("ada")) == [b"0", b"1", b"2"]
        assert await store.forget("ada") == len(("0", "1", "2"))
        assert await store.get("a1") is None
        assert await store.owned("ada") == []
        assert await store.get("b") == b"bob's"

    async def test_many_at_once_are_all_kept(self, store: CacheStore) -> None:
        """None waits for ever, and none is lost."""
        names = [f"k{number}" for number in range(200)]
        await asyncio.gather(*(_put(store, name, name.encode()) for name in names))
        found = await asyncio.gather(*(store.get(name) for name in names))
        assert found == [name.encode() for name in names]


async def _put(
    store: CacheStore, key: str, value: bytes, *, owner: str = "ada", ttl: float = 60.0
) -> None:
    await store.put(key, value, owner=owner, ttl=ttl, max_entries=_MANY)
