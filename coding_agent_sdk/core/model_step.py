"""One model call: through the layers of the plugins to the provider, told as events."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

from coding_agent_sdk.core.call_names import without_secrets
from coding_agent_sdk.core.deltas import ShownDeltas
from coding_agent_sdk.core.provider_call import call_provider
from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.events import ModelCallFailed, ModelCallFinished, ModelCallStarted
from coding_agent_sdk.text.failures import words_of
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse


async def call_model(
    run: Run, request: ModelRequest, *, caller: str = "", shows: bool = True
) -> ModelResponse:
    """Call the model of *request* through the layers of the plugins.

    Args:
        run: The run that the call belongs to.
        request: What to send.
        caller: The plugin that calls for itself, whose own layer is left out; `""` for the run.
        shows: Whether text may be shown as it comes; else the caller shows it when it was checked.

    Raises:
        ModelError: The call failed for good.
    """
    dispatcher = run.services.dispatcher
    emitter = run.emitter
    origin = "plugin" if caller else "run"
    deltas = (
        ShownDeltas(emitter.open_text, emitter.emit_released)
        if shows and run.deltas_watched and not caller
        else None
    )
    if run.wants(ModelCallStarted):
        count = len(request.history) + len(request.messages)
        run.emit(ModelCallStarted(model=request.model, messages=count, origin=origin))
    started = time.monotonic()
    provider = functools.partial(_ask_provider, run, deltas)
    try:
        if caller:
            response = await dispatcher.wrap_model_call_without(
                caller, run.views, request, provider
            )
        else:
            response = await dispatcher.wrap_model_call(run.views, request, provider)
    except AgentError as error:
        if deltas is not None:
            deltas.close()
        seconds = time.monotonic() - started
        run.emit(
            ModelCallFailed(
                model=request.model, error=words_of(error), error_type=type(error).__name__,
                seconds=seconds,
            )
        )  # fmt: skip
        raise
    if deltas is not None:
        deltas.finish(response.text)
    text = response.text if shows and not caller else ""
    _count(run, response, origin, time.monotonic() - started, text)
    return response


async def _ask_provider(
    run: Run, deltas: ShownDeltas | None, request: ModelRequest
) -> ModelResponse:
    response = await call_provider(run, request, deltas)
    if run.redacts and (response.tool_calls or response.bad_calls):
        response = without_secrets(response, run.for_model, tools=run.services.tools)
    return response


def _count(run: Run, response: ModelResponse, origin: str, seconds: float, text: str) -> None:
    usage = response.usage
    if not response.cached:
        run.add_usage(usage)
    elif response.similar:
        run.add_usage(Usage(semantic_hits=1))
    if run.wants(ModelCallFinished):
        run.emit(
            ModelCallFinished(
                model=response.model,
                text=text,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens,
                cache_write_tokens=usage.cache_write_tokens,
                reasoning_tokens=usage.reasoning_tokens,
                cost=usage.cost,
                seconds=seconds,
                first_token_seconds=None if response.cached else response.first_token_seconds,
                cached=response.cached,
                similar=response.similar,
                origin=origin,
            )
        )


def show_text(run: Run, text: str) -> None:
    """Show a whole text as one delta."""
    if text and run.deltas_watched:
        emitter = run.emitter
        ShownDeltas(emitter.open_text, emitter.emit_released).finish(text)
