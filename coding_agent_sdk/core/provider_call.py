"""One attempt at a provider: the innermost layer of a model call."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.bound_model import close_stream
from coding_agent_sdk.core.charging import expected_usage, usage_of, usage_of_failed
from coding_agent_sdk.core.model_errors import map_model_error
from coding_agent_sdk.core.model_request import to_messages
from coding_agent_sdk.errors import (
    AgentError,
    BadResponseError,
    ModelError,
    ModelTimeoutError,
)
from coding_agent_sdk.types.model import ModelResponse
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from coding_agent_sdk.core.accumulate import StreamedMessage
    from coding_agent_sdk.core.deltas import ShownDeltas
    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import ModelRequest

TIMERS_PER_SILENCE: Final = 100
"""The limit of a model's silence is kept to one part in so many."""

STRICT_PROVIDERS: Final = frozenset({"openai", "anthropic", "google", "compatible"})
"""Providers that always send a finish reason; a message of theirs without one was cut off."""

MOST_CHARACTERS: Final = 1_000_000
"""Characters that one answer may have, arguments included: more than any model's longest one.

All of it is looked through for secrets on the event loop, which 30 megabytes hold for minutes.
"""

MOST_CALLS: Final = 500
"""Tool calls that one answer may have: they are one step, whatever their number."""


async def call_provider(
    run: Run, request: ModelRequest, deltas: ShownDeltas | None
) -> ModelResponse:
    """Make one attempt at a provider: the innermost layer.

    Raises:
        ModelError: Whatever the provider, its client or the network did.
    """
    provider, _, name = request.model.partition(":")
    if deltas is not None:
        deltas.restart()
    if run.services.prices.must_load(request.model):
        await run.services.prices.load(request.model)
    collected = StreamAccumulator(strict=provider in STRICT_PROVIDERS)
    async with run.reserve(expected_usage(run, request), model=request.model) as reservation:
        try:
            first = await _stream(run, request, collected, deltas)
            streamed = collected.finish()
        except Exception as error:
            mapped = _mapped(error, request, run.services.limits.model_seconds)
            await reservation.settle(usage_of_failed(run, request, mapped, collected.text))
            told = _told(mapped, collected, deltas)
            if told is error:
                raise
            raise told from error
        response = _response(run, request, streamed, first)
        await reservation.settle(response.usage)
    problem = streamed.problem(provider=provider, model=name) or _twice(response, provider, name)
    if problem is not None:
        raise _told(problem, collected, deltas)
    return response


async def _stream(
    run: Run,
    request: ModelRequest,
    collected: StreamAccumulator,
    deltas: ShownDeltas | None,
) -> float | None:
    """Take in the stream chunk by chunk; too long a silence, or the request's deadline, ends it.

    Returns:
        Seconds to the first piece of the answer; None where there was none.
    """
    model = run.services.models.bound(request.model, request.tools)
    loop = asyncio.get_running_loop()
    silence = run.services.limits.model_seconds
    last = math.inf if request.deadline is None else request.deadline
    started = loop.time()
    stale = started + silence / TIMERS_PER_SILENCE
    first: float | None = None
    size = 0
    chunks = model.stream(to_messages(request), request.parameters, listened_to=run.listened_to)
    try:
        async with asyncio.timeout_at(min(started + silence, last)) as idle:
            async for chunk in chunks:
                delta = collected.add(chunk)
                size += len(delta.text) + (_size_of_calls(chunk) if delta.calls else 0)
                if size > MOST_CHARACTERS:
                    raise _too_much(request.model, f"{MOST_CHARACTERS:,} characters")
                if delta.calls and collected.calls_begun > MOST_CALLS:
                    raise _too_much(request.model, f"{MOST_CALLS} tool calls")
                if first is None and any(delta):
                    first = loop.time() - started
                if deltas is not None:
                    deltas.add(delta)
                if run.emitter.must_wait:
                    idle.reschedule(None)  # then it is not the model that is silent, or slow
                    since = loop.time()
                    await run.emitter.wait_for_reader()
                    last += loop.time() - since
                    stale = 0.0
                now = loop.time()
                if now >= stale:  # a new timer for each chunk costs as much as the chunk
                    idle.reschedule(min(now + silence, last))
                    stale = now + silence / TIMERS_PER_SILENCE
    finally:
        await close_stream(chunks)
    return first


def _size_of_calls(chunk: AIMessage) -> int:
    calls = getattr(chunk, "tool_call_chunks", None)
    if calls is None:
        return sum(len(str(call["args"])) for call in chunk.tool_calls)
    return sum(len(call["args"] or "") for call in calls)


def _too_much(model: str, most: str) -> BadResponseError:
    provider, _, name = model.partition(":")
    error = BadResponseError(
        f"{model} sent more than {most} in one answer, which no model does in earnest; nothing of "
        "it was run",
        provider=provider,
        model=name,
    )
    error.retryable = False
    return error


def _mapped(error: Exception, request: ModelRequest, silence: float) -> AgentError:
    provider, _, name = request.model.partition(":")
    if isinstance(error, AgentError):
        return error
    deadline = request.deadline
    if isinstance(error, TimeoutError):
        if deadline is not None and asyncio.get_running_loop().time() >= deadline:
            return ModelTimeoutError(
                f"{provider}:{name} had not answered when the time of the call was over; try "
                "again, or raise `plugins.retry.deadline`",
                provider=provider,
                model=name,
            )
        return ModelTimeoutError(
            f"{provider}:{name} sent nothing for {silence:g} s; try again, or raise "
            "`model_timeout`",
            provider=provider,
            model=name,
        )
    return map_model_error(error, provider=provider, model=name)


def _told(
    error: AgentError, collected: StreamAccumulator, deltas: ShownDeltas | None
) -> AgentError:
    """Return the error with what there is of the answer."""
    if isinstance(error, ModelError):
        error.partial_text = collected.text
        error.shown = deltas is not None and deltas.shown
    return error


def _twice(response: ModelResponse, provider: str, name: str) -> ModelError | None:
    """Return what is wrong where two calls have one id: no answer could tell them apart."""
    ids = [call.id for call in response.tool_calls] + [call.id for call in response.bad_calls]
    if len(set(ids)) == len(ids):
        return None
    twice = next(call_id for call_id in ids if ids.count(call_id) > 1)
    return BadResponseError(
        f"{provider}:{name}: two tool calls of one answer have the id {twice!r}; none was run",
        provider=provider,
        model=name,
    )


def _response(
    run: Run, request: ModelRequest, streamed: StreamedMessage, first: float | None
) -> ModelResponse:
    calls = tuple(
        ToolCall(id=call["id"] or "", name=call["name"], arguments=call["args"])
        for call in streamed.message.tool_calls
    )
    return ModelResponse(
        message=streamed.message,
        tool_calls=calls,
        bad_calls=streamed.bad_calls,
        usage=usage_of(run, request, streamed.message),
        model=request.model,
        finish=streamed.finish,
        first_token_seconds=first,
    )
