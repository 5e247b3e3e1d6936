"""The plugin `budget`: a run spends no more US dollars and tokens than it may."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.account import RunAccount, unknown_price
from coding_agent_sdk.middleware.resilience.settings import BudgetSettings
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from decimal import Decimal

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result

__all__ = ["BudgetPlugin"]

_PROBE: Final = Usage(input_tokens=1)


class BudgetPlugin:
    """Puts an account at each run, on which all its model calls draw.

    Sub-runs and model calls of plugins draw on the account of the run that they belong to. A run
    that was resumed goes on with what its predecessor had spent.
    """

    name: Final = "budget"

    @hookimpl
    def register_settings(self) -> type[BudgetSettings]:
        """Give the section `[plugins.budget]`."""
        return BudgetSettings

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a budget in US dollars for a model whose price is not known.

        Raises:
            ConfigError: The price is not known; the message says what to do.
        """
        settings: BudgetSettings = agent.settings
        if settings.usd is None:
            return
        for model in (agent.model, *agent.fallback):
            if _cost(settings, agent, model, _PROBE) is None:
                raise ConfigError(unknown_price(model, settings.usd))

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
        return replace(response, usage=replace(response.usage, cost=price.cost(response.usage)))


def _account(context: RunContext) -> RunAccount:
    settings: BudgetSettings = context.settings

    def cost(model: str, usage: Usage) -> Decimal | None:
        return _cost(settings, context, model, usage)

    def open_ledger() -> dict[str, Any]:
        # Asked for at the first model call: only then the session's state is loaded.
        kept = context.session_state
        goes_on = context.resumes is not None and kept.get("run_id") == context.resumes
        spent = kept["spent"] if goes_on else {"tokens": 0, "usd": "0"}
        kept.update(run_id=context.run_id, spent=spent)
        ledger: dict[str, Any] = spent
        return ledger

    return RunAccount(
        usd=settings.usd,
        tokens=settings.tokens,
        answer_tokens=settings.answer_tokens,
        cost=cost,
        open_ledger=open_ledger,
    )


def _cost(
    settings: BudgetSettings, context: AgentContext | RunContext, model: str, usage: Usage
) -> Decimal | None:
    price = settings.prices.get(model)
    return context.cost(model, usage) if price is None else price.cost(usage)
