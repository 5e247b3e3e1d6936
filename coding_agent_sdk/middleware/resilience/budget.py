"""The plugin `budget`: runs spend no more US dollars and tokens than they may."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.account import RunAccount, unknown_price
from coding_agent_sdk.middleware.resilience.settings import SHARED_LIMITS, BudgetSettings
from coding_agent_sdk.middleware.resilience.shared_budget import (
    SharedBudget,
    SharedLimit,
    counter_of,
)
from coding_agent_sdk.types.changed import changed
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.protocols import CounterStore
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result

__all__ = ["BudgetPlugin"]

_PROBE: Final = Usage(input_tokens=1)


class BudgetPlugin:
    """Puts an account at each run, on which all its model calls draw.

    Sub-runs and model calls of plugins draw on the account of the run that they belong to. A run
    that was resumed goes on with what its predecessor had spent. What runs may spend together, of
    a session, a user or a day, is counted in a store, across processes.
    """

    name: Final = "budget"

    @hookimpl
    def register_settings(self) -> type[BudgetSettings]:
        """Give the section `[plugins.budget]`."""
        return BudgetSettings

    @hookimpl(when="limited")
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a budget in US dollars for a model whose price is not known.

        Raises:
            ConfigError: The price is not known, or nobody offers the store; the message says
                what to do.
            MissingExtraError: The store needs a package that is not installed.
        """
        settings: BudgetSettings = agent.settings
        usd = settings.usd if settings.usd is not None else _shared_usd(settings)
        if usd is not None:
            for model in (agent.model, *agent.fallback):
                if _cost(settings, agent, model, _PROBE) is None:
                    raise ConfigError(unknown_price(model, usd))
        if settings.shared:
            agent.backend("counter", _store(settings))

    @hookimpl(when="shared")
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Have the store opened."""
        await agent.open_backend("counter", _store(agent.settings))
        yield

    @hookimpl(phase="budget", when="limited")
    async def wrap_run(
        self,
        context: RunContext,
        request: Request,
        call_next: Callable[[Request], Awaitable[Result]],
    ) -> Result:
        """Put the run's account in place; a sub-run has its parent's."""
        if context.parent_run_id is None:
            context.set_account(_account(context))
        return await call_next(request)

    @hookimpl(phase="budget", when="prices")
    async def wrap_model_call(
        self,
        context: RunContext,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """Say what the call cost, where the settings have the model's price."""
        response = await call_next(request)
        settings: BudgetSettings = context.settings
        price = settings.prices.get(response.model)
        if price is None or response.cached:
            return response
        return changed(response, usage=changed(response.usage, cost=price.cost(response.usage)))

    @hookimpl(when="shared")
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Export what a user has spent by the limits of users, or forget it."""
        limits = [limit for limit in _limits(agent.settings) if limit.whose == "user"]
        store: CounterStore = agent.backend("counter", _store(agent.settings))
        names = [counter_of(limit, user, datetime.now(UTC)) for limit in limits]
        if action == "export":
            spent = zip(limits, await store.read(names), strict=True)
            return {limit.kind: str(limit.shown(units)) for limit, units in spent}
        if action == "forget":
            counted = sum(units > 0 for units in await store.read(names))
            await store.delete(names)
            return {"counters": counted}
        return None


def _limits(settings: BudgetSettings) -> Sequence[SharedLimit]:
    amounts = ((kind, getattr(settings, kind)) for kind in SHARED_LIMITS)
    return [
        SharedLimit(kind=kind, amount=Decimal(amount))
        for kind, amount in amounts
        if amount is not None
    ]


def _shared_usd(settings: BudgetSettings) -> Decimal | None:
    return next((limit.amount for limit in _limits(settings) if limit.is_usd), None)


def _store(settings: BudgetSettings) -> str:
    return settings.store or f"sqlite:///{data_home() / 'budgets.db'}"


def _shared(context: RunContext) -> SharedBudget | None:
    settings: BudgetSettings = context.settings
    if not settings.shared:
        return None
    return SharedBudget(
        _limits(settings),
        store=context.backend("counter", _store(settings)),
        session=context.session,
        user=context.user,
    )


class _Books:
    """Where a run's account learns prices, and what was spent before: by the run's context.

    Methods instead of closures: each run has one for as long as it lasts.
    """

    __slots__ = ("_context",)

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        return _cost(self._context.settings, self._context, model, usage)

    def open_ledger(self) -> dict[str, Any] | None:
        context = self._context
        if not context.session_read:  # a wrap around the run may call a model before
            return None
        kept = context.session_state
        goes_on = context.resumes is not None and kept.get("run_id") == context.resumes
        spent = kept["spent"] if goes_on else {"tokens": 0, "usd": "0"}
        kept.update(run_id=context.run_id, spent=spent)
        ledger: dict[str, Any] = spent
        return ledger


def _account(context: RunContext) -> RunAccount:
    settings: BudgetSettings = context.settings
    shared = _shared(context)
    return RunAccount(
        usd=settings.usd,
        tokens=settings.tokens,
        answer_tokens=settings.answer_tokens,
        books=_Books(context),
        shared=shared,
        shared_usd=None if shared is None else _shared_usd(settings),
    )


def _cost(
    settings: BudgetSettings, context: AgentContext | RunContext, model: str, usage: Usage
) -> Decimal | None:
    price = settings.prices.get(model)
    return context.cost(model, usage) if price is None else price.cost(usage)
