"""The account of a run: what it may spend, what is set aside, what is spent."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self

from coding_agent_sdk.errors import BudgetExceededError, ConfigError
from coding_agent_sdk.middleware.resilience.dollars import in_dollars
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from coding_agent_sdk.middleware.resilience.shared_budget import SharedBudget, SharedLimit
    from coding_agent_sdk.protocols import Quota

__all__ = ["Amount", "Books", "RunAccount", "unknown_price"]

_ZERO: Final = Decimal(0)


class Amount(NamedTuple):
    """Something that is spent: tokens, and US dollars."""

    tokens: int = 0
    usd: Decimal = _ZERO


class Books(Protocol):
    """Where an account learns prices, and what was spent before."""

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what usage of a model costs; None where that is not known."""
        ...

    def open_ledger(self) -> dict[str, Any] | None:
        """Return the `tokens` and `usd` that were spent before; None as long as nobody knows.

        They are plain data, in which is written what is spent from here on.
        """
        ...


class RunAccount:
    """What all model calls of a run, of its sub-runs and of plugins in it draw on.

    Each attempt is set aside before it is sent, so that calls side by side cannot together spend
    more than there is: one that does not fit waits until others have settled, and is refused
    where none is under way.

    Args:
        usd: Most US dollars, or None.
        tokens: Most tokens, or None.
        answer_tokens: Output tokens set aside for a call that says no limit of its own.
        books: Knows prices, and what was spent before.
        shared: What the run shares with others, or None.
        shared_usd: One of the limits in US dollars that it shares, where there is one.
    """

    def __init__(
        self,
        *,
        usd: Decimal | None,
        tokens: int | None,
        answer_tokens: int,
        books: Books,
        shared: SharedBudget | None = None,
        shared_usd: Decimal | None = None,
    ) -> None:
        self._usd, self._tokens = usd, tokens
        self._is_limited = usd is not None or tokens is not None
        self._priced = shared_usd if usd is None else usd
        self.shared = shared
        self._answer_tokens = answer_tokens
        self._books = books
        self._ledger: dict[str, Any] = {}
        # Numbers and no pairs of them: this is on the way of each model call.
        self._spent_tokens, self._spent_usd = 0, _ZERO
        self._reserved_tokens, self._reserved_usd = 0, _ZERO
        self._under_way = 0
        self._settled: asyncio.Future[None] | None = None

    @property
    def spent(self) -> Amount:
        """What is spent."""
        self._read_ledger()
        return Amount(self._spent_tokens, self._spent_usd)

    def reserve(self, estimate: Usage, *, model: str) -> _Attempt:
        """Set *estimate* aside while an attempt is made; see `hooks.accounts.Account`."""
        answer = estimate.output_tokens or self._answer_tokens
        usd = _ZERO
        if self._priced is not None:
            expected = Usage(input_tokens=estimate.input_tokens, output_tokens=answer)
            usd = self._dollars_of(expected, model)
        return _Attempt(self, estimate.input_tokens + answer, usd, model)

    async def take(self, tokens: int, usd: Decimal) -> None:
        """Set an amount aside; wait while it may still fit.

        Raises:
            BudgetExceededError: It does not, and nothing is under way that could settle for less.
        """
        while not self._fits(tokens, usd):
            if not self._under_way:
                raise self._refusal(tokens, usd)
            if self._settled is None:
                self._settled = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._settled)
        self._reserved_tokens += tokens
        self._reserved_usd += usd
        self._under_way += 1

    def settle(self, usage: Usage, model: str) -> Amount:
        """Write down what an attempt used, and return it.

        Raises:
            ConfigError: There is a limit in US dollars, and the price is not known.
        """
        usd = _ZERO if self._priced is None else self._dollars_of(usage, model)
        used = Amount(usage.input_tokens + usage.output_tokens, usd)
        self.spend(*used)
        return used

    def spend(self, tokens: int, usd: Decimal) -> None:
        """Write down what was spent."""
        if not self._is_limited:
            return
        self._read_ledger()
        self._spent_tokens += tokens
        self._spent_usd += usd
        if self._ledger:
            self._ledger["tokens"] = self._spent_tokens
            if usd:
                self._ledger["usd"] = str(self._spent_usd)

    def give_back(self, tokens: int, usd: Decimal) -> None:
        """Set an amount no longer aside, and let those who wait look again."""
        self._reserved_tokens -= tokens
        self._reserved_usd -= usd
        self._under_way -= 1
        settled, self._settled = self._settled, None
        if settled is not None:
            settled.set_result(None)

    def _read_ledger(self) -> None:
        if self._ledger:
            return
        ledger = self._books.open_ledger()
        if ledger is not None:
            self._ledger = ledger
            self._spent_tokens += int(ledger["tokens"])
            self._spent_usd += Decimal(ledger["usd"])
            ledger.update(tokens=self._spent_tokens, usd=str(self._spent_usd))

    def _dollars_of(self, usage: Usage, model: str) -> Decimal:
        assert self._priced is not None
        usd = self._books.cost(model, usage)
        if usd is None:
            raise ConfigError(unknown_price(model, self._priced))
        return usd

    def _fits(self, tokens: int, usd: Decimal) -> bool:
        if not self._is_limited:
            return True
        self._read_ledger()
        taken = self._spent_tokens + self._reserved_tokens
        if self._tokens is not None and taken + tokens > self._tokens:
            return False
        return self._usd is None or self._spent_usd + self._reserved_usd + usd <= self._usd

    def _refusal(self, tokens: int, usd: Decimal) -> BudgetExceededError:
        """Return why an amount does not fit, where nothing else is set aside."""
        if self._tokens is not None and self._spent_tokens + tokens > self._tokens:
            return BudgetExceededError(
                f"the run has used {self._spent_tokens:,} of its {self._tokens:,} tokens, and its "
                f"next model call may take {tokens:,}; raise the budget (plugins.budget.tokens)",
                kind="tokens", limit=self._tokens, used=self._spent_tokens,
            )  # fmt: skip
        assert self._usd is not None
        return BudgetExceededError(
            f"the run has spent ${in_dollars(self._spent_usd)} of its ${in_dollars(self._usd)}, "
            f"and its next model call may cost ${in_dollars(usd)}; raise the budget "
            "(plugins.budget.usd)",
            kind="usd", limit=float(self._usd), used=float(self._spent_usd),
        )  # fmt: skip


class _Attempt:
    """One attempt at a provider, for which an amount is set aside."""

    __slots__ = ("_account", "_is_settled", "_model", "_taken", "_tokens", "_usd")

    def __init__(self, account: RunAccount, tokens: int, usd: Decimal, model: str) -> None:
        self._account = account
        self._tokens, self._usd = tokens, usd
        self._model = model
        self._is_settled = False
        self._taken: Mapping[SharedLimit, Quota] = {}

    async def __aenter__(self) -> Self:
        account = self._account
        await account.take(self._tokens, self._usd)
        if account.shared is not None:
            try:
                self._taken = await account.shared.take(self._tokens, self._usd)
            except BaseException:
                account.give_back(self._tokens, self._usd)
                raise
        return self

    async def settle(self, usage: Usage) -> None:
        """Replace what was set aside by what was used."""
        self._is_settled = True
        used = self._account.settle(usage, self._model)
        if self._account.shared is not None:
            await self._account.shared.settle(self._taken, tokens=used.tokens, usd=used.usd)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        account = self._account
        if kind is not None and not self._is_settled:
            account.spend(self._tokens, self._usd)  # nobody knows: it had been sent
        account.give_back(self._tokens, self._usd)
        if kind is None and not self._is_settled and account.shared is not None:
            await account.shared.settle(self._taken, tokens=0, usd=_ZERO)


def unknown_price(model: str, usd: Decimal) -> str:
    """Return what to do about a budget in US dollars for a model whose price is not known."""
    return (
        f"a budget of ${in_dollars(usd)} cannot be kept: the price of the model {model!r} is not "
        f'known; set it with plugins.budget.prices = {{"{model}" = {{input = …, output = …}}}} '
        "(US dollars for a million tokens), or limit tokens instead (plugins.budget.tokens)"
    )
