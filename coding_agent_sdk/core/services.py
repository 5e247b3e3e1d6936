"""What the core is given to work with: hooks, tools, models, settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from coding_agent_sdk.core.model_windows import ModelWindows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import BaseChatModel

    from coding_agent_sdk.core.price_list import PriceList
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.types.decisions import Approver
    from coding_agent_sdk.types.status import Mode
    from coding_agent_sdk.types.tools import Tool


class Models(Protocol):
    """Chat models by `provider:name`."""

    def bound(self, name: str, tools: Sequence[Tool]) -> Any:
        """Return the model, knowing *tools*; the same for the same tools."""
        ...

    def model(self, name: str) -> BaseChatModel:
        """Return the model itself."""
        ...


class Backends(Protocol):
    """The agent's one instance of each backend."""

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the instance."""
        ...

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far a run may go.

    Attributes:
        steps: Model calls of one run.
        output_retries: How often an answer of the wrong form is asked for again.
        seconds: Wall time of one run, or None.
        tool_seconds: Wall time of one tool call that sets no limit itself.
        model_seconds: Longest silence of a model.
        answer_tokens: Most tokens of one answer, or None.
        parallel_tools: Calls of one step that run side by side.
        context_tokens: Tokens that retrieved context may take.
        approval_seconds: How long an approver may take; then the call is rejected.
        stream_idle_seconds: How long a run waits for a consumer that does not read its events.
    """

    steps: int = 50
    output_retries: int = 2
    seconds: float | None = None
    tool_seconds: float = 120.0
    model_seconds: float = 120.0
    answer_tokens: int | None = None
    parallel_tools: int = 16
    context_tokens: int = 8000
    stream_idle_seconds: float = 300.0
    approval_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that the core uses and does not own.

    Attributes:
        dispatcher: Runs the hooks.
        backends: Gives backends and settings to plugins.
        models: Chat models by name.
        prices: What models cost.
        model: `provider:name` of the agent's model.
        fallback: Models that may take over from it, in order.
        tools: The tools, by name.
        workspace: The folder that the agent works in.
        mode: What happens to calls with an effect.
        limits: How far a run may go.
        approver: Who is asked; None where nobody is at hand.
        system: The system prompt, part by part.
        parameters: Further arguments of each model call.
        deny_tools: Calls that are never made: `name`, or `name(pattern)` on its first argument.
    """

    dispatcher: Dispatcher
    backends: Backends
    models: Models
    prices: PriceList
    model: str
    tools: Mapping[str, Tool]
    workspace: Workspace
    mode: Mode
    limits: Limits
    approver: Approver | None = None
    system: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    deny_tools: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    token_ratios: dict[str, float] = field(default_factory=dict)
    """By model, how many tokens its provider counts for one that is estimated."""

    @cached_property
    def all_tools(self) -> tuple[Tool, ...]:
        """All tools; one tuple, by which requests with the same tools are known."""
        return tuple(self.tools.values())

    @cached_property
    def windows(self) -> ModelWindows:
        """How many tokens models take."""
        return ModelWindows(self.models.model, self.prices)
