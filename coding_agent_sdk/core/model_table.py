"""Chat models by `provider:name`, each made once and bound to a list of tools once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coding_agent_sdk.core.bound_model import BoundModel
from coding_agent_sdk.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel

    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.types.tools import Tool


class ModelTable:
    """The models of an agent.

    Args:
        registry: Knows the providers.
        options: Gives what each model's factory is given: `base_url`, `api_key` …
        own: Models that the caller made himself, by the name they go under.
        breakpoints: Whether providers that cache what they are told to are told.
    """

    def __init__(
        self,
        registry: BackendRegistry,
        *,
        options: Callable[[str], Mapping[str, Any]],
        own: Mapping[str, BaseChatModel] | None = None,
        breakpoints: bool = True,
    ) -> None:
        self._breakpoints = breakpoints
        self._registry = registry
        self._options = options
        self._own = dict(own or {})
        self._made: dict[str, BaseChatModel] = {}
        self._bound: dict[tuple[str, tuple[str, ...]], BoundModel] = {}
        self._newest: tuple[str, Sequence[Tool], BoundModel | None] = "", (), None

    def model(self, name: str) -> BaseChatModel:
        """Return the model called `provider:name`.

        Raises:
            ConfigError: The name has no provider.
            UnknownNameError: Nobody offers the provider.
            MissingExtraError: Its package is not installed.
        """
        if name in self._own:
            return self._own[name]
        if name not in self._made:
            provider, colon, model = name.partition(":")
            known = self._registry.names("model")
            if not colon or not model:
                raise ConfigError(
                    f"model {name!r} does not say its provider; write it as provider:name "
                    f"(providers: {', '.join(known)})",
                )
            if provider not in known:
                raise UnknownNameError("model provider", provider, known)
            options = self._options(name)
            self._made[name] = self._registry.create("model", provider, name=model, **options)
        return self._made[name]

    def bound(self, name: str, tools: Sequence[Tool]) -> BoundModel:
        """Return the model, knowing *tools*."""
        newest_name, newest_tools, newest = self._newest
        if name == newest_name and tools is newest_tools and newest is not None:
            return newest
        key = (name, tuple(tool.name for tool in tools))
        if key not in self._bound:
            model = self.model(name)
            schemas = [tool.schema for tool in tools]
            known = model.bind_tools(schemas) if schemas else model
            self._bound[key] = BoundModel(known, breakpoints=self._breakpoints)
        self._newest = name, tools, self._bound[key]
        return self._bound[key]

    async def aclose(self) -> None:
        """Close the clients of the models that this table made; they are made again when needed."""
        made, self._made = self._made, {}
        self._bound.clear()
        self._newest = "", (), None
        for model in made.values():
            close = getattr(model, "aclose", None)
            if close is not None:
                await close()
