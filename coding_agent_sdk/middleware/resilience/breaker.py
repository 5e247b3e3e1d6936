"""The plugin `breaker`: a model whose service is ill is left alone for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import (
    AuthenticationError,
    BadResponseError,
    CircuitOpenError,
    ConnectionLostError,
    InvalidRequestError,
    ModelTimeoutError,
    OverloadedError,
)
from coding_agent_sdk.events import CircuitOpened
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.circuits import Circuit
from coding_agent_sdk.middleware.resilience.settings import BreakerSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse

__all__ = ["BreakerPlugin"]

_ILL: Final = (OverloadedError, ModelTimeoutError, ConnectionLostError, BadResponseError)
"""What says that a service is ill; a rate limit (429) says that it is well and busy with us."""

_WELL: Final = (InvalidRequestError, AuthenticationError)
"""Refusals that only a service that works gives."""


class BreakerPlugin:
    """Refuses attempts at a model whose attempts keep failing, until a probe succeeds.

    It stands inside of the retries, so each attempt counts. Its circuits are kept in memory, one
    for each model, and shared by all runs of the agent.

    Args:
        clock: Gives seconds that never go back.
    """

    name: Final = "breaker"

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._circuits: dict[str, Circuit] = {}

    @hookimpl
    def register_settings(self) -> type[BreakerSettings]:
        """Give the section `[plugins.breaker]`."""
        return BreakerSettings

    @hookimpl(phase="breaker", when="enabled")
    async def wrap_model_call(
        self,
        context: RunContext,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """Make the attempt where the model's circuit is not open.

        Raises:
            CircuitOpenError: It is; another model may be asked, or this one later.
        """
        circuit = self._circuits.get(request.model) or self._begin(context, request.model)
        seconds = circuit.admit()
        if seconds is not None:
            raise _refusal(request.model, seconds)
        probe = not circuit.is_closed
        try:
            response = await call_next(request)
        except _ILL:
            if circuit.failed(probe=probe):
                context.emit(CircuitOpened(name=request.model))
            raise
        except _WELL:
            circuit.succeeded(probe=probe)
            raise
        except BaseException:  # a cancelled run, a budget, a limit: nothing is learned of it
            circuit.dropped(probe=probe)
            raise
        circuit.succeeded(probe=probe)
        return response

    def _begin(self, context: RunContext, model: str) -> Circuit:
        settings: BreakerSettings = context.settings
        circuit = self._circuits[model] = Circuit(
            failures=settings.failures,
            window=settings.window,
            cooldown=settings.cooldown,
            clock=self._clock,
        )
        return circuit


def _refusal(model: str, seconds: float) -> CircuitOpenError:
    provider, _, name = model.partition(":")
    when = f"in {seconds:.1f} s" if seconds else "when the attempt that tries it has ended"
    return CircuitOpenError(
        f"{model} was not called: its last calls failed one after another, and it is tried again "
        f"{when}; ask later, or name a model that takes over (fallback)",
        provider=provider,
        model=name,
        retry_after=seconds,
    )
