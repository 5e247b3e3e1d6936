"""The plugin `fallback`: where a model cannot answer, another one takes over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import (
    AuthenticationError,
    CircuitOpenError,
    ModelError,
    RateLimitedError,
)
from coding_agent_sdk.events import ModelFellBack, PrefixChanged
from coding_agent_sdk.hooks.markers import hookimpl

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse

    CallNext = Callable[[ModelRequest], Awaitable[ModelResponse]]

__all__ = ["FallbackPlugin"]

_ELSEWHERE: Final = (AuthenticationError, CircuitOpenError, RateLimitedError)
"""What no retry helps against, but another model does."""


class FallbackPlugin:
    """Sends a request that a model could not answer to the next one of the setting `fallback`.

    It stands outside of the retries, so a model has used its own up before another is asked. A
    run stays with the model that answered, for that one has the conversation in its cache by
    then; the next run begins with the agent's own model again. Nothing is asked of another model
    once text of an answer was shown.
    """

    name: Final = "fallback"

    @hookimpl(phase="fallback")
    async def wrap_model_call(
        self, context: RunContext, request: ModelRequest, call_next: CallNext
    ) -> ModelResponse:
        """Make the call, and make it at the next model where this one cannot answer.

        Raises:
            ModelError: The last model's.
        """
        taken_over: dict[str, Any] = context.state
        model = taken_over.get(request.model, request.model)
        try:
            return await call_next(_at(model, request))
        except ModelError as error:
            if not _may_be_answered_elsewhere(error):
                raise
            failed = error
        for other in _others(context, request.model, model):
            context.emit(ModelFellBack(from_model=model, to_model=other, reason=str(failed)))
            context.emit(PrefixChanged(reason=f"the model is {other} from here on"))
            model = other
            try:
                response = await call_next(_at(model, request))
            except ModelError as error:
                if not _may_be_answered_elsewhere(error):
                    raise
                failed = error
            else:
                taken_over[request.model] = model
                return response
        raise failed


def _others(context: RunContext, asked: str, failed: str) -> list[str]:
    """Return the other models: those after the one that failed, then those before it."""
    models = list(dict.fromkeys([asked, *context.fallback]))
    place = models.index(failed)
    return models[place + 1 :] + models[:place]


def _at(model: str, request: ModelRequest) -> ModelRequest:
    return request if model == request.model else replace(request, model=model)


def _may_be_answered_elsewhere(error: ModelError) -> bool:
    return (error.retryable or isinstance(error, _ELSEWHERE)) and not error.shown
