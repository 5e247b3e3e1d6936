"""What every counter store must do: subclass `CounterStoreContract`, give the fixture `store`.

Example:
    ```python
    class TestMyStore(CounterStoreContract):
        @pytest.fixture
        async def store(self, tmp_path):
            async with MyStore(tmp_path) as store:
                yield store
    ```

The tests are coroutines: run them with pytest-asyncio in auto mode. Each begins with an empty
store.
"""

from __future__ import annotations

import asyncio
from typing import Final

from coding_agent_sdk.protocols import CounterStore, Quota, Shortage

__all__ = ["CounterStoreContract"]

_LARGE: Final = 2**53 - 1


def _quota(counter: str, amount: int, limit: int, *, ttl: float | None = None) -> Quota:
    return Quota(counter=counter, amount=amount, limit=limit, ttl=ttl)


class CounterStoreContract:
    """The promises of `protocols.CounterStore`, each a test of the fixture `store`."""

    async def test_it_has_the_methods_of_the_protocol(self, store: CounterStore) -> None:
        """Each of them is there."""
        assert isinstance(store, CounterStore)

    async def test_a_counter_that_was_never_taken_from_stands_at_0(
        self, store: CounterStore
    ) -> None:
        """Nothing is no error."""
        assert await store.read(["a", "b"]) == [0, 0]
        assert await store.read([]) == []
        assert await store.take([]) is None
        await store.add({})
        await store.delete([])
        await store.delete(["a"])

    async def test_it_is_taken_up_to_the_limit_and_not_beyond(self, store: CounterStore) -> None:
        """The limit itself still fits."""
        assert await store.take([_quota("a", 6, 10)]) is None
        too_much = _quota("a", 5, 10)
        assert await store.take([too_much]) == Shortage(quota=too_much, used=6)
        assert await store.take([_quota("a", 4, 10)]) is None
        assert await store.take([_quota("a", 0, 10)]) is None
        assert await store.read(["a"]) == [10]

    async def test_all_are_taken_or_none(self, store: CounterStore) -> None:
        """A quota that does not fit leaves the counters before it alone."""
        assert await store.take([_quota("a", 1, 10), _quota("b", 9, 10)]) is None
        short = _quota("b", 2, 10)
        found = await store.take([_quota("a", 1, 10), short, _quota("c", 1, 10)])
        assert found == Shortage(quota=short, used=9)
        assert await store.read(["a", "b", "c"]) == [1, 9, 0]

    async def test_a_counter_that_is_named_twice_is_taken_from_twice(
        self, store: CounterStore
    ) -> None:
        """The second quota sees the first."""
        assert await store.take([_quota("a", 6, 10), _quota("a", 4, 10)]) is None
        assert await store.read(["a"]) == [10]
        second = _quota("b", 5, 10)
        assert await store.take([_quota("b", 6, 10), second]) == Shortage(quota=second, used=6)
        assert await store.read(["b"]) == [0]

    async def test_what_is_corrected_is_free_again(self, store: CounterStore) -> None:
        """Up and down, whatever the limit."""
        assert await store.take([_quota("a", 10, 10), _quota("b", 1, 10)]) is None
        await store.add({"a": -7, "b": 20})
        assert await store.read(["a", "b"]) == [3, 21]
        assert await store.take([_quota("a", 7, 10)]) is None

    async def test_a_correction_makes_no_counter(self, store: CounterStore) -> None:
        """What was forgotten meanwhile stays so."""
        await store.add({"a": -5, "b": 5})
        assert await store.read(["a", "b"]) == [0, 0]

    async def test_a_counter_is_forgotten_when_its_time_is_over(self, store: CounterStore) -> None:
        """One without a time is not."""
        await store.take([_quota("short", 10, 10, ttl=0.05), _quota("long", 10, 10)])
        await asyncio.sleep(0.2)
        await store.add({"short": 3})
        assert await store.read(["short", "long"]) == [0, 10]
        assert await store.take([_quota("short", 10, 10, ttl=60)]) is None

    async def test_a_deleted_counter_begins_anew(self, store: CounterStore) -> None:
        """Others stay."""
        await store.take([_quota("a", 10, 10), _quota("b", 10, 10)])
        await store.delete(["a", "nobody"])
        assert await store.read(["a", "b"]) == [0, 10]
        assert await store.take([_quota("a", 10, 10)]) is None

    async def test_large_numbers_are_exact(self, store: CounterStore) -> None:
        """Up to 2**53."""
        assert await store.take([_quota("a", _LARGE - 1, _LARGE)]) is None
        too_much = _quota("a", 2, _LARGE)
        assert await store.take([too_much]) == Shortage(quota=too_much, used=_LARGE - 1)
        assert await store.take([_quota("a", 1, _LARGE)]) is None
        assert await store.read(["a"]) == [_LARGE]

    async def test_names_of_any_text_are_kept_apart(self, store: CounterStore) -> None:
        """Nothing in a name means anything."""
        names = ["", "a b", "a:b", "{a}", "日本 🐍", "quote'\"", "%_*?"]
        for number, name in enumerate(names, 1):
            assert await store.take([_quota(name, number, 100)]) is None
        assert await store.read(names) == list(range(1, len(names) + 1))

    async def test_many_at_once_take_no_more_than_there_is(self, store: CounterStore) -> None:
        """Each that was let through fitted."""
        quota = _quota("a", 3, 100)
        found = await asyncio.gather(*(store.take([quota]) for _ in range(200)))
        assert sum(one is None for one in found) == quota.limit // quota.amount
        assert await store.read(["a"]) == [99]

    async def test_many_at_once_that_take_and_correct_lose_nothing(
        self, store: CounterStore
    ) -> None:
        """What is taken and given back is as if nothing had been."""

        async def attempt(number: int) -> int:
            if await store.take([_quota("a", 10, 10**6), _quota("b", 1, 10**6)]) is not None:
                return 0
            await store.add({"a": number % 7 - 10})
            return number % 7

        used = await asyncio.gather(*(attempt(number) for number in range(100)))
        assert await store.read(["a", "b"]) == [sum(used), 100]
