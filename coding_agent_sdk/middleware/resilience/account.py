"""The account of a run: what it may spend, what is set aside, what is spent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from coding_agent_sdk.errors import BudgetExceededError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from coding_agent_sdk.types.requests import Usage

    Cost = Callable[[str, Usage], Decimal | None]

__all__ = ["Amount", "RunAccount", "unknown_price"]

_ZERO: Final = Decimal(0)


class Amount(NamedTuple):
    """Something that is spent: tokens, and US dollars."""

    tokens: int = 0
    usd: Decimal = _ZERO

    def plus(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(self.tokens + other.tokens, self.usd + other.usd)

    def less(self, other: Amount) -> Amount:
        """Return what is left without *other*."""
        return Amount(self.tokens - other.tokens, self.usd - other.usd)


class RunAccount:
    """What all model calls of a run, of its sub-runs and of plugins in it draw on.

    Each attempt is set aside before it is sent, so that calls side by side cannot together spend
    more than there is: one that does not fit waits until others have settled, and is refused
    where none is under way.

    Args:
        usd: Most US dollars, or None.
        tokens: Most tokens, or None.
        answer_tokens: Output tokens set aside for a call that says no limit of its own.
        cost: What usage of a model costs, None where that is not known.
        open_ledger: Gives the `tokens` and `usd` that were spent before, as plain data in which
            is written what is spent from here on.
    """

    def __init__(
        self,
        *,
        usd: Decimal | None,
        tokens: int | None,
        answer_tokens: int,
        cost: Cost,
        open_ledger: Callable[[], dict[str, Any]],
    ) -> None:
        self._usd, self._tokens = usd, tokens
        self._answer_tokens = answer_tokens
        self._cost = cost
        self._open_ledger = open_ledger
        self._ledger: dict[str, Any] = {}
        self._spent = Amount()
        self._reserved = Amount()
        self._under_way = 0
        self._settled: asyncio.Future[None] | None = None

    @property
    def spent(self) -> Amount:
        """What is spent."""
        if not self._ledger:
            self._ledger = self._open_ledger()
            self._spent = Amount(int(self._ledger["tokens"]), Decimal(self._ledger["usd"]))
        return self._spent

    def reserve(self, estimate: Usage, *, model: str) -> _Attempt:
        """Set *estimate* aside while an attempt is made; see `hooks.context.Account`."""
        tokens = estimate.input_tokens + (estimate.output_tokens or self._answer_tokens)
        if self._usd is None:
            return _Attempt(self, Amount(tokens), model)
        answer = tokens - estimate.input_tokens
        return _Attempt(self, self.amount(replace(estimate, output_tokens=answer), model), model)

    def amount(self, usage: Usage, model: str) -> Amount:
        """Return what usage of a model takes.

        Raises:
            ConfigError: There is a limit in US dollars, and the price is not known.
        """
        tokens = usage.input_tokens + usage.output_tokens
        if self._usd is None:
            return Amount(tokens)
        usd = self._cost(model, usage)
        if usd is None:
            raise ConfigError(unknown_price(model, self._usd))
        return Amount(tokens, usd)

    async def take(self, amount: Amount) -> None:
        """Set an amount aside; wait while it may still fit.

        Raises:
            BudgetExceededError: It does not, and nothing is under way that could settle for less.
        """
        while (problem := self._problem(amount)) is not None:
            if not self._under_way:
                raise problem
            if self._settled is None:
                self._settled = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._settled)
        self._reserved = self._reserved.plus(amount)
        self._under_way += 1

    def give_back(self, amount: Amount, *, spent: Amount) -> None:
        """Replace what was set aside by what was spent, and let others look again."""
        self._reserved = self._reserved.less(amount)
        self._under_way -= 1
        self._spent = self.spent.plus(spent)
        self._ledger["tokens"] = self._spent.tokens
        if spent.usd:
            self._ledger["usd"] = str(self._spent.usd)
        settled, self._settled = self._settled, None
        if settled is not None:
            settled.set_result(None)

    def _problem(self, amount: Amount) -> BudgetExceededError | None:
        """Return why an amount does not fit, None where it does."""
        spent = self.spent
        asked = spent.plus(self._reserved).plus(amount)
        if self._tokens is not None and asked.tokens > self._tokens:
            return BudgetExceededError(
                f"the run has used {spent.tokens:,} of its {self._tokens:,} tokens, and its next "
                f"model call may take {amount.tokens:,}; raise the budget (plugins.budget.tokens)",
                kind="tokens", limit=self._tokens, used=spent.tokens,
            )  # fmt: skip
        if self._usd is not None and asked.usd > self._usd:
            return BudgetExceededError(
                f"the run has spent ${_dollars(spent.usd)} of its ${_dollars(self._usd)}, and its "
                f"next model call may cost ${_dollars(amount.usd)}; raise the budget "
                "(plugins.budget.usd)",
                kind="usd", limit=float(self._usd), used=float(spent.usd),
            )  # fmt: skip
        return None


class _Attempt:
    """One attempt at a provider, for which an amount is set aside."""

    __slots__ = ("_account", "_amount", "_model", "_spent")

    def __init__(self, account: RunAccount, amount: Amount, model: str) -> None:
        self._account = account
        self._amount = amount
        self._model = model
        self._spent: Amount | None = None

    async def __aenter__(self) -> Self:
        await self._account.take(self._amount)
        return self

    async def settle(self, usage: Usage) -> None:
        """Replace what was set aside by what was used."""
        self._spent = self._account.amount(usage, self._model)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        spent = self._spent
        if spent is None:  # nobody knows: what broke off had been sent
            spent = Amount() if kind is None else self._amount
        self._account.give_back(self._amount, spent=spent)


def unknown_price(model: str, usd: Decimal) -> str:
    """Return what to do about a budget in US dollars for a model whose price is not known."""
    return (
        f"a budget of ${_dollars(usd)} cannot be kept: the price of the model {model!r} is not "
        f'known; set it with plugins.budget.prices = {{"{model}" = {{input = …, output = …}}}} '
        "(US dollars for a million tokens), or limit tokens instead (plugins.budget.tokens)"
    )


def _dollars(amount: Decimal) -> str:
    """Return an amount with at least two decimals, and not more than it needs up to six."""
    text = f"{amount:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"
