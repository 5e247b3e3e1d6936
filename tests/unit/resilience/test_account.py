"""An account never spends more than it has, whoever draws on it at once."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from types import SimpleNamespace

import pytest

from coding_agent_sdk import ConfigError, Usage
from coding_agent_sdk.errors import BudgetExceededError
from coding_agent_sdk.middleware.resilience.account import RunAccount

PRICE = Decimal("0.001")


def account_of(*, usd=None, tokens=None, answer_tokens=0, price=PRICE, ledger=None):
    """Return an account; a token costs a tenth of a cent."""
    kept = {"tokens": 0, "usd": "0"} if ledger is None else ledger

    def cost(model, usage):
        return None if price is None else price * (usage.input_tokens + usage.output_tokens)

    books = SimpleNamespace(cost=cost, open_ledger=lambda: kept)
    return RunAccount(usd=usd, tokens=tokens, answer_tokens=answer_tokens, books=books)


def tokens(number):
    return Usage(input_tokens=number, model_calls=1)


async def attempt(account, estimate, used, *, gate=None):
    """Make an attempt that takes *used* tokens."""
    async with account.reserve(tokens(estimate), model="a:b") as reservation:
        if gate is not None:
            await gate.wait()
        await reservation.settle(tokens(used))


async def test_what_is_used_is_spent_not_what_was_estimated():
    account = account_of(tokens=100)
    await attempt(account, 90, 10)
    await attempt(account, 90, 30)
    assert account.spent.tokens == 40


async def test_what_does_not_fit_is_refused_before_it_is_sent():
    account = account_of(tokens=100)
    await attempt(account, 60, 60)
    with pytest.raises(BudgetExceededError) as caught:
        await attempt(account, 41, 0)
    assert (caught.value.kind, caught.value.limit, caught.value.used) == ("tokens", 100, 60)
    assert "60 of its 100 tokens" in str(caught.value)
    assert "41" in str(caught.value)
    await attempt(account, 40, 40)
    assert account.spent.tokens == 100


async def test_dollars_are_kept_to_the_cent():
    account = account_of(usd=Decimal("0.1"))
    await attempt(account, 60, 60)
    with pytest.raises(
        BudgetExceededError, match=r"\$0\.06 of its \$0\.10.*may cost \$0\.041"
    ) as caught:
        await attempt(account, 41, 0)
    assert (caught.value.kind, caught.value.limit, caught.value.used) == ("usd", 0.1, 0.06)


async def test_an_answer_that_grew_too_long_is_spent_all_the_same():
    account = account_of(tokens=100)
    await attempt(account, 10, 500)
    assert account.spent.tokens == 500
    with pytest.raises(BudgetExceededError):
        await attempt(account, 0, 0)


async def test_room_is_made_for_an_answer_of_unknown_length():
    account = account_of(tokens=100, answer_tokens=50)
    with pytest.raises(BudgetExceededError):
        await attempt(account, 51, 0)
    limited = Usage(input_tokens=51, output_tokens=49)
    async with account.reserve(limited, model="a:b"):
        pass


async def test_dollars_of_an_answer_of_unknown_length_are_set_aside_too():
    account = account_of(usd=Decimal("0.1"), answer_tokens=50)
    with pytest.raises(BudgetExceededError):
        await attempt(account, 51, 0)
    await attempt(account, 50, 0)


async def test_two_at_once_do_not_together_spend_more_than_there_is():
    account = account_of(tokens=100)
    gate = asyncio.Event()
    first = asyncio.create_task(attempt(account, 60, 60, gate=gate))
    second = asyncio.create_task(attempt(account, 60, 60, gate=gate))
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), BudgetExceededError]
    assert account.spent.tokens == 60


async def test_the_second_waits_until_the_first_has_settled_for_less():
    account = account_of(tokens=100)
    gate = asyncio.Event()
    first = asyncio.create_task(attempt(account, 90, 10, gate=gate))
    await asyncio.sleep(0)
    second = asyncio.create_task(attempt(account, 90, 10))
    await asyncio.sleep(0)
    assert not second.done()
    gate.set()
    await asyncio.gather(first, second)
    assert account.spent.tokens == 20


async def test_who_waits_may_be_cancelled_and_takes_nothing_along():
    account = account_of(tokens=100)
    gate = asyncio.Event()
    tasks = [asyncio.create_task(attempt(account, 90, 10, gate=gate)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), asyncio.CancelledError, type(None)]
    assert account.spent.tokens == 20
    await attempt(account, 80, 0)


@pytest.mark.parametrize("seed", range(5))
async def test_however_many_draw_on_it_it_is_never_overdrawn(seed):
    chance = random.Random(seed)
    account = account_of(tokens=10_000, usd=Decimal(8))
    under_way = most = 0

    async def one():
        nonlocal under_way, most
        estimate = chance.randint(1, 500)
        try:
            async with account.reserve(tokens(estimate), model="a:b") as reservation:
                under_way += 1
                most = max(most, under_way)
                for _ in range(chance.randint(0, 5)):
                    await asyncio.sleep(0)
                under_way -= 1
                if chance.random() < 0.1:
                    raise ConnectionError
                await reservation.settle(tokens(chance.randint(0, estimate)))
        except (BudgetExceededError, ConnectionError):
            pass

    await asyncio.gather(*(one() for _ in range(200)))
    assert 7000 < account.spent.tokens <= 8000
    assert account.spent.usd <= 8
    assert most > 10


# -- attempts that end otherwise -----------------------------------------------------------


async def test_an_attempt_that_broke_off_has_cost_what_was_set_aside():
    account = account_of(tokens=100)
    with pytest.raises(ConnectionError):
        async with account.reserve(tokens(30), model="a:b"):
            raise ConnectionError
    assert account.spent.tokens == 30


async def test_an_attempt_that_failed_and_was_settled_has_cost_that():
    account = account_of(tokens=100)

    async def refused():
        async with account.reserve(tokens(30), model="a:b") as reservation:
            await reservation.settle(Usage())
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await refused()
    assert account.spent.tokens == 0


async def test_an_attempt_that_was_never_made_costs_nothing():
    account = account_of(tokens=100)
    async with account.reserve(tokens(30), model="a:b"):
        pass
    assert account.spent.tokens == 0


async def test_a_price_that_is_not_known_is_refused_under_a_limit_in_dollars():
    account = account_of(usd=Decimal(2), price=None)
    with pytest.raises(ConfigError, match=r"plugins\.budget\.prices.*plugins\.budget\.tokens"):
        account.reserve(tokens(1), model="acme:big")
    assert account_of(tokens=2, price=None).reserve(tokens(1), model="acme:big")


# -- the ledger ----------------------------------------------------------------------------


async def test_the_ledger_says_what_is_spent_and_is_gone_on_with():
    ledger = {"tokens": 10, "usd": "0.01"}
    account = account_of(tokens=100, usd=Decimal(1), ledger=ledger)
    await attempt(account, 60, 60)
    assert ledger == {"tokens": 70, "usd": "0.070"}
    with pytest.raises(BudgetExceededError):
        await attempt(account, 31, 0)


async def test_the_ledger_is_opened_at_the_first_attempt():
    opened = []
    books = SimpleNamespace(
        cost=lambda model, usage: None,
        open_ledger=lambda: opened.append(1) or {"tokens": 0, "usd": "0"},
    )
    account = RunAccount(usd=None, tokens=5, answer_tokens=0, books=books)
    reservation = account.reserve(tokens(1), model="a:b")
    assert opened == []
    async with reservation:
        assert opened == [1]
