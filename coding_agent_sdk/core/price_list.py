"""What usage of models costs, from the prices that a plugin offers."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import MissingExtraError
from coding_agent_sdk.protocols import ContextWindows
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.protocols import Prices

logger = logging.getLogger(__name__)

FREE_PROVIDERS: Final = frozenset({"offline"})
"""Providers that cost nothing; elsewhere a price that is not known is None, never 0."""

UNLISTED_PROVIDERS: Final = frozenset({"compatible", "custom"})
"""Servers and models of the caller's own, whose names say nothing of what they cost."""

_PROBE: Final = Usage(input_tokens=1)


class PriceList:
    """What usage of models costs; prices are loaded when a model first has one.

    Args:
        registry: Knows who offers prices.
    """

    def __init__(self, registry: BackendRegistry) -> None:
        self._registry = registry
        self._prices: Prices | None = None
        self._known: dict[str, bool] = {}

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars; None where its price is not known.

        Args:
            model: `provider:name`.
            usage: Tokens; its own cost is not looked at.
        """
        provider = model.partition(":")[0]
        if provider in FREE_PROVIDERS:
            return Decimal(0)
        if provider in UNLISTED_PROVIDERS or not self._is_known(model) or self._prices is None:
            return None
        return self._prices.cost(model, usage)

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to a model may have; None where that is not listed."""
        listed: object = self._prices
        if self.must_load(model) or not isinstance(listed, ContextWindows):
            return None
        return listed.context_window(model)

    def must_load(self, model: str) -> bool:
        """Return whether `cost` would have to read prices before it can answer for a model."""
        unread = model not in self._known
        return unread and model.partition(":")[0] not in FREE_PROVIDERS | UNLISTED_PROVIDERS

    async def load(self, model: str) -> None:
        """Read what `cost` needs for a model, in a thread: reading all prices takes a while."""
        await asyncio.to_thread(self._is_known, model)

    def _is_known(self, model: str) -> bool:
        if model not in self._known:
            self._known[model] = self._look_up(model)
        return self._known[model]

    def _look_up(self, model: str) -> bool:
        if self._prices is None and "list" in self._registry.names("prices"):
            try:
                self._prices = self._registry.create("prices", "list")
            except MissingExtraError as error:
                logger.warning("the cost of %s is not known: %s", model, error)
        return self._prices is not None and self._prices.cost(model, _PROBE) is not None
