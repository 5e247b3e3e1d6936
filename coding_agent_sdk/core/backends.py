"""The agent's one instance of each backend: made by name or URL, opened and closed in order."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

from coding_agent_sdk.core.outside import OutsideRun
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.context import AgentContext
from coding_agent_sdk.hooks.implementation import RunViews

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from pathlib import Path

    from coding_agent_sdk.core.model_table import ModelTable
    from coding_agent_sdk.core.price_list import PriceList
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.hosts import RunHost
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.types.requests import Usage


class BackendTable:
    """Backends of one agent, and the settings of its plugins: the host of agent contexts.

    Args:
        registry: Knows the factories.
        configured: The name or URL of each kind that is configured; a kind that is off is not
            there.
        sections: The settings section of each plugin.
        models: The models.
        fallback: Those that may take over from the agent's own, in order.
        prices: What models cost.
        workspace: The folder that the agent works in.
        secrets: Values that must never be shown.
        dispatcher: Runs the redactors.
    """

    def __init__(
        self,
        registry: BackendRegistry,
        *,
        configured: Mapping[str, str],
        sections: Mapping[str, Any],
        models: ModelTable,
        prices: PriceList,
        workspace: Workspace,
        secrets: tuple[str, ...] = (),
        dispatcher: Dispatcher,
        fallback: tuple[str, ...] = (),
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._outside = RunViews(cast("RunHost", OutsideRun(self)))
        self._configured = dict(configured)
        self._sections = dict(sections)
        self._models = models
        self.fallback = fallback
        self.prices = prices
        self._workspace = workspace
        self.secrets = secrets
        self._instances: dict[tuple[str, str], Any] = {}
        self._opened: set[tuple[str, str]] = set()
        self._stack = contextlib.AsyncExitStack()

    @property
    def workspace(self) -> Workspace:
        """The folder that the agent works in."""
        return self._workspace

    @property
    def model(self) -> str:
        """`provider:name` of the agent's model."""
        return self._configured["model"]

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars; None where its price is not known."""
        return self.prices.cost(model, usage)

    def workspace_at(self, folder: Path) -> Workspace:
        """Return another folder, to read what the user has named there."""
        workspace: Workspace = self._registry.create("workspace", "local", root=folder)
        return workspace

    @property
    def redacts(self) -> bool:
        """Whether any plugin redacts text."""
        return self._dispatcher.has("open_redactor")

    def redact(self, sink: str, text: str) -> str:
        """Return a whole text as *sink* may have it, outside of any run."""
        # Opened for each text: what a plugin knows of secrets changes when the agent is entered.
        redactor = self._dispatcher.open_redactor(self._outside, sink) if text else None
        return text if redactor is None else redactor.redact(text)

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin; None where it has none."""
        return self._sections.get(plugin)

    def context(self, plugin: str) -> AgentContext:
        """Return the agent as a plugin sees it."""
        return AgentContext(self, plugin)

    def has(self, kind: str) -> bool:
        """Return whether a kind is configured."""
        return kind in self._configured

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the instance of a kind.

        Raises:
            ConfigError: The kind is not configured.
            UnknownNameError: Nobody offers the name.
        """
        if kind == "workspace" and name is None:
            return self._workspace
        if kind == "model":
            return self._models.model(name or self._configured["model"])
        chosen = self._configured.get(kind) if name is None else name
        if chosen is None:
            raise ConfigError(f"no {kind} backend is configured; set `{kind}`, or name one")
        if (kind, chosen) not in self._instances:
            self._instances[kind, chosen] = self._made(kind, chosen)
        return self._instances[kind, chosen]

    async def open_backend(self, kind: str, name: str | None = None) -> Any:
        """Return the instance of a kind, opened; the agent closes it."""
        chosen = self._configured.get(kind, "") if name is None else name
        instance = self.backend(kind, name)
        if (kind, chosen) in self._opened:
            return instance
        if hasattr(instance, "__aenter__"):
            await self._stack.enter_async_context(instance)
        elif hasattr(instance, "aclose"):
            self._stack.push_async_callback(instance.aclose)
        self._opened.add((kind, chosen))
        return instance

    async def aclose(self) -> None:
        """Close what was opened, in reverse order."""
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        self._instances.clear()
        self._opened.clear()
        await stack.aclose()

    def _made(self, kind: str, chosen: str) -> Any:
        scheme, colon, _ = chosen.partition(":")
        if colon:
            return self._registry.create(kind, scheme, url=chosen)
        return self._registry.create_from_section(kind, chosen, self._sections.get)
