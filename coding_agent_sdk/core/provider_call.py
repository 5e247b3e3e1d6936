"""One attempt at a provider: the innermost layer of a model call."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from langchain_core.prompt_values import ChatPromptValue

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.model_errors import map_model_error
from coding_agent_sdk.core.model_request import to_messages
from coding_agent_sdk.errors import (
    AgentError,
    BadResponseError,
    ModelError,
    ModelTimeoutError,
)
from coding_agent_sdk.types.model import ModelResponse
from coding_agent_sdk.types.requests import Usage
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import RunnableConfig

    from coding_agent_sdk.core.accumulate import StreamedMessage
    from coding_agent_sdk.core.deltas import ShownDeltas
    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import ModelRequest

QUIET: Final[RunnableConfig] = {"callbacks": []}
"""LangChain's callbacks would be a second path to raw text."""

CHARACTERS_PER_TOKEN: Final = 4

TIMERS_PER_SILENCE: Final = 100
"""The limit of a model's silence is kept to one part in so many."""

STRICT_PROVIDERS: Final = frozenset({"openai", "anthropic", "google", "compatible"})
"""Providers that always send a finish reason; a message of theirs without one was cut off."""

FREE_PROVIDERS: Final = frozenset({"offline"})
"""Providers that cost nothing; elsewhere a price that is not known is None, never 0."""


async def call_provider(
    run: Run, request: ModelRequest, deltas: ShownDeltas | None
) -> ModelResponse:
    """Make one attempt at a provider: the innermost layer.

    Raises:
        ModelError: Whatever the provider, its client or the network did.
    """
    provider, _, name = request.model.partition(":")
    messages = to_messages(request)
    collected = StreamAccumulator(strict=provider in STRICT_PROVIDERS)
    async with run.reserve(_estimate(run, messages)) as reservation:
        try:
            await _stream(run, request, messages, collected, deltas)
            streamed = collected.finish()
        except Exception as error:
            await reservation.settle(_estimate(run, messages))
            mapped = _mapped(error, provider, name, run.services.limits.model_seconds)
            raise _told(mapped, collected, deltas) from error
        response = _response(request, streamed, messages)
        await reservation.settle(response.usage)
    problem = streamed.problem(provider=provider, model=name) or _twice(response, provider, name)
    if problem is not None:
        raise _told(problem, collected, deltas)
    return response


async def _stream(
    run: Run,
    request: ModelRequest,
    messages: list[BaseMessage],
    collected: StreamAccumulator,
    deltas: ShownDeltas | None,
) -> None:
    """Take in the stream chunk by chunk; a silence longer than the limit ends it."""
    model = run.services.models.bound(request.model, request.tools)
    loop = asyncio.get_running_loop()
    silence = run.services.limits.model_seconds
    stale = loop.time() + silence / TIMERS_PER_SILENCE
    # Messages are messages already: a list would be converted and validated, each time all of it.
    prompt = ChatPromptValue.model_construct(messages=messages)
    async with asyncio.timeout(silence) as idle:
        async for chunk in model.astream(prompt, QUIET, **request.parameters):
            delta = collected.add(chunk)
            if deltas is not None:
                deltas.add(delta)
            if run.emitter.must_wait:
                idle.reschedule(None)  # then it is not the model that is silent
                await run.emitter.wait_for_reader()
                stale = 0.0
            now = loop.time()
            if now >= stale:  # a new timer for each chunk costs as much as the chunk
                idle.reschedule(now + silence)
                stale = now + silence / TIMERS_PER_SILENCE


def _mapped(error: Exception, provider: str, name: str, silence: float) -> AgentError:
    if isinstance(error, AgentError):
        return error
    if isinstance(error, TimeoutError):
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
    request: ModelRequest, streamed: StreamedMessage, messages: list[BaseMessage]
) -> ModelResponse:
    calls = tuple(
        ToolCall(id=call["id"] or "", name=call["name"], arguments=call["args"])
        for call in streamed.message.tool_calls
    )
    return ModelResponse(
        message=streamed.message,
        tool_calls=calls,
        bad_calls=streamed.bad_calls,
        usage=_usage(request.model, streamed.message, messages),
        model=request.model,
        finish=streamed.finish,
    )


def _usage(model: str, message: AIMessage, sent: list[BaseMessage]) -> Usage:
    """Return what the provider counted, or an estimate that says so."""
    cost = Decimal(0) if model.partition(":")[0] in FREE_PROVIDERS else None
    counted = message.usage_metadata
    if counted is None:
        return Usage(
            input_tokens=_tokens(sent),
            output_tokens=len(message.text) // CHARACTERS_PER_TOKEN,
            model_calls=1, cost=cost, estimated=True,
        )  # fmt: skip
    read = counted.get("input_token_details", {})
    written = counted.get("output_token_details", {})
    return Usage(
        input_tokens=counted["input_tokens"],
        output_tokens=counted["output_tokens"],
        cache_read_tokens=read.get("cache_read") or 0,
        cache_write_tokens=read.get("cache_creation") or 0,
        reasoning_tokens=written.get("reasoning") or 0,
        model_calls=1,
        cost=cost,
    )


def _estimate(run: Run, messages: list[BaseMessage]) -> Usage:
    if run.account is None:
        return Usage()
    return Usage(input_tokens=_tokens(messages), model_calls=1)


def _tokens(messages: list[BaseMessage]) -> int:
    return sum(len(message.text) for message in messages) // CHARACTERS_PER_TOKEN
