"""How many tokens a request to a model may have: by the model itself, or the list of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.core.price_list import PriceList


class ModelWindows:
    """Context windows by `provider:name`, each looked up once.

    Args:
        model: Gives a model by its name; LangChain's know their window, where they are known.
        prices: The list of models with their prices, which has windows, too.
    """

    def __init__(self, model: Callable[[str], object], prices: PriceList) -> None:
        self._model = model
        self._prices = prices
        self._known: dict[str, int | None] = {}

    def of(self, model: str) -> int | None:
        """Return the window of a model in tokens; None where nobody knows it (yet).

        The list is read when a run first asks a provider: until then it is not asked.
        """
        if model in self._known:
            return self._known[model]
        window = self._by_its_profile(model)
        if window is None and self._prices.must_load(model):
            return None
        if window is None:
            window = self._prices.context_window(model)
        self._known[model] = window
        return window

    def _by_its_profile(self, model: str) -> int | None:
        profile: Any = getattr(self._model(model), "profile", None)
        window = profile.get("max_input_tokens") if isinstance(profile, dict) else None
        return window if isinstance(window, int) and window > 0 else None
