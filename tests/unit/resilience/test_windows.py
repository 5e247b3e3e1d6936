"""Counters in memory: right by the clock, bounded in number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from coding_agent_sdk.errors import RateLimitedError
from coding_agent_sdk.middleware.resilience.turns import Limit, Turns
from coding_agent_sdk.middleware.resilience.windows import MemoryCounters

from .conftest import Clock

ITEM = RateLimitItemPerSecond(10, 60)


async def test_a_fixed_window_begins_with_the_first_hit_and_ends(clock):
    counters = MemoryCounters(clock=clock)
    limiter = FixedWindowRateLimiter(counters)
    assert await counters.get_expiry("x") == clock.now
    assert all([await limiter.hit(ITEM, "a") for _ in range(10)])
    assert not await limiter.hit(ITEM, "a")
    assert await limiter.hit(ITEM, "b")
    _, left = await limiter.get_window_stats(ITEM, "b")
    assert left == 9
    clock.now += 60
    assert await limiter.test(ITEM, "a")
    assert await limiter.hit(ITEM, "a", cost=10)
    await limiter.clear(ITEM, "a")
    assert await limiter.hit(ITEM, "a")


async def test_a_sliding_window_forgets_little_by_little(clock):
    clock.now = 6000.0  # a window begins here
    counters = MemoryCounters(clock=clock)
    limiter = SlidingWindowCounterRateLimiter(counters)
    assert await limiter.hit(ITEM, "a", cost=10)
    clock.now += 59.9
    assert not await limiter.hit(ITEM, "a")
    clock.now += 1.2
    assert await limiter.hit(ITEM, "a")
    assert not await limiter.hit(ITEM, "a")
    clock.now += 200
    assert await limiter.hit(ITEM, "a", cost=10)
    await limiter.clear(ITEM, "a")
    assert await limiter.test(ITEM, "a", cost=10)


async def test_a_clock_that_falls_back_blocks_nobody(clock):
    limiter = SlidingWindowCounterRateLimiter(MemoryCounters(clock=clock))
    clock.now = 7200.0
    assert await limiter.hit(ITEM, "a", cost=10)
    clock.now -= 3600
    assert await limiter.hit(ITEM, "a")


async def test_counters_that_have_expired_are_dropped(clock):
    counters = MemoryCounters(clock=clock)
    sliding, fixed = SlidingWindowCounterRateLimiter(counters), FixedWindowRateLimiter(counters)
    for round_ in range(5):
        for number in range(1000):
            await sliding.hit(ITEM, f"user {round_} {number}")
            await fixed.hit(ITEM, f"user {round_} {number}")
        clock.now += 121
    assert len(counters) <= 4500
    assert await counters.reset() > 0
    assert len(counters) == 0
    assert await counters.check()
    assert counters.base_exceptions == ()


async def test_hits_that_expired_unseen_do_not_count(clock):
    counters = MemoryCounters(clock=clock)
    await counters.incr("x", 10)
    clock.now += 10
    assert await counters.get("x") == 0
    assert await counters.incr("x", 10, 3) == 3
    assert await counters.get("x") == 3
    await counters.clear("x")
    assert await counters.get("x") == 0


@given(
    amount=st.integers(1, 50),
    window=st.integers(1, 90),
    start=st.floats(0, 10_000),
    costs=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 100)), max_size=40),
)
async def test_whoever_waits_as_long_as_he_is_told_has_his_turn(amount, window, start, costs):
    clock = Clock(start)
    turns = Turns(MemoryCounters(clock=clock), sleep=clock.sleep, clock=clock)
    limit = Limit.of("tokens", amount, window)
    for cost, pause in costs:
        clock.now += pause
        waits = len(clock.slept)
        if cost > amount:
            with pytest.raises(RateLimitedError):
                await turns.take(limit, "k", cost=cost, until=clock.now + 1e9, model="a:b")
            continue
        waited = await turns.take(limit, "k", cost=cost, until=clock.now + 1e9, model="a:b")
        assert len(clock.slept) - waits <= 1
        assert waited <= 2 * window + 1


@given(
    used=st.lists(st.tuples(st.integers(1, 30), st.floats(0, 40)), max_size=20),
    late=st.integers(0, 100),
)
async def test_what_is_counted_afterwards_never_exceeds_the_limit(used, late):
    clock = Clock(500.0)
    counters = MemoryCounters(clock=clock)
    turns = Turns(counters, sleep=clock.sleep, clock=clock)
    limit = Limit.of("tokens", 30, 60)
    for cost, pause in used:
        clock.now += pause
        await turns.take(limit, "k", cost=cost, until=clock.now + 1e9, model="a:b")
        await turns.add(limit, "k", cost=late)
        previous, left, current, _ = await counters.get_sliding_window(limit.item.key_for("k"), 60)
        assert int(previous * left / 60 + current) <= 30
