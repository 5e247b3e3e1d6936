"""What models cost: the list prices that the package `genai-prices` brings; no network is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import genai_prices
from genai_prices.data_snapshot import get_snapshot

if TYPE_CHECKING:
    from coding_agent_sdk.types.requests import Usage

__all__ = ["ListPrices", "create"]


class ListPrices:
    """List prices by provider and model, with tiers, cached tokens, and changes over time.

    A discount, a gateway's own price or a batch rate is not known here.
    """

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* costs in US dollars, None where the model is not listed.

        Args:
            model: `provider:name`.
            usage: Tokens. Reasoning is output and costs as much.
        """
        provider, _, name = model.partition(":")
        try:
            price = genai_prices.calc_price(_counted(usage), name, provider_id=provider)
        except LookupError:
            return None
        return Decimal(price.total_price)

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to a model may have; None where that is not listed.

        Args:
            model: `provider:name`.
        """
        provider, _, name = model.partition(":")
        try:
            _, listed = get_snapshot().find_provider_model(name, None, provider, None)
        except LookupError:
            return None
        return listed.context_window


def create() -> ListPrices:
    """Return the list prices; they are read when they are first asked for."""
    return ListPrices()


def _counted(usage: Usage) -> genai_prices.Usage:
    """Return the tokens; some servers count cached ones beside the input, not in it."""
    cached = usage.cache_read_tokens + usage.cache_write_tokens
    return genai_prices.Usage(
        input_tokens=max(usage.input_tokens, cached),
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
