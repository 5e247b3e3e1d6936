"""What the runs of a session, of a user and of a day may spend together."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import BudgetExceededError, StoreError
from coding_agent_sdk.middleware.resilience.dollars import in_dollars
from coding_agent_sdk.protocols import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from coding_agent_sdk.protocols import CounterStore, Shortage

__all__ = ["SharedBudget", "SharedLimit", "counter_of"]

logger = logging.getLogger(__name__)

_NANO: Final = 10**9
"""Counters hold whole numbers: dollars are counted in billionths, of which a token costs many."""

_TWO_DAYS: Final = 2 * 86_400.0
"""A day's counter is forgotten so many seconds after it was last taken from."""


@dataclass(frozen=True, kw_only=True)
class SharedLimit:
    """One limit of many runs.

    Attributes:
        kind: The name of its setting: `user_usd_per_day`, `session_tokens` …
        amount: Tokens, or US dollars.
    """

    kind: str
    amount: Decimal

    @property
    def is_usd(self) -> bool:
        """Whether it is one of US dollars; else of tokens."""
        return "usd" in self.kind

    @property
    def is_daily(self) -> bool:
        """Whether it begins anew each day, at midnight UTC."""
        return self.kind.endswith("_per_day")

    @property
    def whose(self) -> str:
        """What it belongs to: `session`, `user`, or `""` for all together."""
        scope = self.kind.partition("_")[0]
        return scope if scope in {"session", "user"} else ""

    @property
    def units(self) -> int:
        """The amount as a counter counts it."""
        return _units(self.amount) if self.is_usd else int(self.amount)

    def shown(self, units: int) -> Decimal:
        """Return what a counter stands at in tokens or US dollars."""
        return Decimal(units) / _NANO if self.is_usd else Decimal(units)


class SharedBudget:
    """The limits that a run shares with others, as it draws on them.

    What an attempt may take is taken before it is sent, by everybody from the same counters; so
    runs side by side, also in other processes, cannot together go beyond a limit. What it did not
    use is given back. A process that is killed in between has spent what its attempts had taken.

    Args:
        limits: The limits.
        store: Where is counted.
        session: The run's session.
        user: Its user.
        now: Gives the time, aware.
    """

    def __init__(
        self,
        limits: Sequence[SharedLimit],
        *,
        store: CounterStore,
        session: str,
        user: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._limits, self._store, self._now = limits, store, now
        self._names = {"session": session, "user": user, "": ""}
        self._day: date | None = None
        self._counters: dict[SharedLimit, str] = {}

    async def take(self, tokens: int, usd: Decimal) -> Mapping[SharedLimit, Quota]:
        """Take what an attempt may use of all limits, or of none.

        Raises:
            BudgetExceededError: It does not fit into one of them.
            StoreError: The store cannot say.
        """
        counters = self._counters_of_today()
        taken = {
            limit: Quota(
                counter=counters[limit],
                amount=_units(usd) if limit.is_usd else tokens,
                limit=limit.units,
                ttl=_TWO_DAYS if limit.is_daily else None,
            )
            for limit in self._limits
        }
        shortage = await self._store.take(list(taken.values()))
        if shortage is not None:
            limit = next(limit for limit, quota in taken.items() if quota == shortage.quota)
            raise _refusal(limit, shortage)
        return taken

    async def settle(
        self, taken: Mapping[SharedLimit, Quota], *, tokens: int, usd: Decimal
    ) -> None:
        """Replace what was taken by what was used, on the day on which it was taken.

        It is said at once, though the run's next attempt could say it together with its own
        taking: until then others would be refused what nobody uses any more, for as long as this
        run's tools work, and for good where its process is killed meanwhile.

        Where the store does not answer, what was taken counts as used: the answer is there and
        paid, and another attempt asks the store again.
        """
        amounts = {
            quota.counter: (_units(usd) if limit.is_usd else tokens) - quota.amount
            for limit, quota in taken.items()
        }
        try:
            await self._store.add({name: amount for name, amount in amounts.items() if amount})
        except StoreError as error:
            logger.warning("an attempt counts as much as was set aside for it: %s", error)

    def _counters_of_today(self) -> Mapping[SharedLimit, str]:
        """Return the names of the counters, which are made once a day: digests are in them."""
        now = self._now()
        day = now.astimezone(UTC).date()
        if day != self._day:
            self._day = day
            self._counters = {
                limit: counter_of(limit, self._names[limit.whose], now) for limit in self._limits
            }
        return self._counters


def counter_of(limit: SharedLimit, name: str, today: datetime) -> str:
    """Return the name of a limit's counter; of the session or user it holds a digest only."""
    parts = [limit.kind]
    if limit.is_daily:
        parts.append(today.astimezone(UTC).date().isoformat())
    if limit.whose:
        parts.append(hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return ":".join(parts)


def _units(usd: Decimal) -> int:
    return int((usd * _NANO).to_integral_value(ROUND_CEILING))


def _refusal(limit: SharedLimit, shortage: Shortage) -> BudgetExceededError:
    who = {"session": "the session has", "user": "the user has", "": "all runs together have"}
    until = "; there is a new one at midnight UTC" if limit.is_daily else ""
    used, next_one = shortage.used, shortage.quota.amount
    if limit.is_usd:
        spent, may = Decimal(used) / _NANO, Decimal(next_one) / _NANO
        figures = (
            f"spent ${in_dollars(spent)} of ${in_dollars(limit.amount)}"
            f"{' for today' if limit.is_daily else ''}, and the next model call may cost "
            f"${in_dollars(may)}"
        )
        used_amount = float(spent)
    else:
        figures = (
            f"used {used:,} of {int(limit.amount):,} tokens"
            f"{' for today' if limit.is_daily else ''}, and the next model call may take "
            f"{next_one:,}"
        )
        used_amount = float(used)
    return BudgetExceededError(
        f"{who[limit.whose]} {figures}{until}; raise the budget (plugins.budget.{limit.kind})",
        kind=limit.kind,
        limit=float(limit.amount),
        used=used_amount,
    )
