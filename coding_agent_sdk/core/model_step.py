"""One model call: through the layers of the plugins to the provider, its stream made events."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.core.accumulate import StreamAccumulator, StreamedMessage
from coding_agent_sdk.core.model_errors import map_model_error
from coding_agent_sdk.core.model_request import to_messages
from coding_agent_sdk.core.redaction import DeltaText
from coding_agent_sdk.errors import (
    AgentError,
    BadResponseError,
    ModelTimeoutError,
    StreamTruncatedError,
)
from coding_agent_sdk.events import (
    ModelCallFailed,
    ModelCallFinished,
    ModelCallStarted,
    ReasoningDelta,
    TextDelta,
)
from coding_agent_sdk.types.model import ModelRequest, ModelResponse
from coding_agent_sdk.types.requests import Usage
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import RunnableConfig

    from coding_agent_sdk.core.accumulate import Delta
    from coding_agent_sdk.core.run import Run

QUIET: Final[RunnableConfig] = {"callbacks": []}
"""LangChain's callbacks would be a second path to raw text."""

CHARACTERS_PER_TOKEN: Final = 4

TIMERS_PER_SILENCE: Final = 100
"""The limit of a model's silence is kept to one part in so many."""

STRICT_PROVIDERS: Final = frozenset({"openai", "anthropic", "google", "compatible"})
"""Providers that always send a finish reason; a message of theirs without one was cut off."""

FREE_PROVIDERS: Final = frozenset({"offline"})
"""Providers that cost nothing; elsewhere a price that is not known is None, never 0."""


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
    origin = "plugin" if caller else "run"
    deltas = _Deltas(run) if shows and run.watched and not caller else None
    if run.watched:
        count = len(request.history) + len(request.messages)
        run.emit(ModelCallStarted(model=request.model, messages=count, origin=origin))
    started = time.monotonic()

    async def provider(inner: ModelRequest) -> ModelResponse:
        return await call_provider(run, inner, deltas)

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
        run.emit(
            ModelCallFailed(
                model=request.model,
                error=str(error),
                error_type=type(error).__name__,
                seconds=time.monotonic() - started,
            )
        )
        raise
    if deltas is not None:
        deltas.finish(response.text)
    _count(run, response, origin, time.monotonic() - started)
    return response


def _count(run: Run, response: ModelResponse, origin: str, seconds: float) -> None:
    usage = response.usage
    if not response.cached:
        run.add_usage(usage)
    if run.watched:
        run.emit(
            ModelCallFinished(
                model=response.model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens,
                cache_write_tokens=usage.cache_write_tokens,
                reasoning_tokens=usage.reasoning_tokens,
                cost=usage.cost,
                seconds=seconds,
                cached=response.cached,
                origin=origin,
            )
        )


def show_text(run: Run, text: str) -> None:
    """Show a whole text as one delta."""
    if text and run.watched:
        _Deltas(run).finish(text)


async def call_provider(run: Run, request: ModelRequest, deltas: _Deltas | None) -> ModelResponse:
    """Make one attempt at a provider: the innermost layer.

    Raises:
        ModelError: Whatever the provider, its client or the network did.
    """
    provider = request.model.partition(":")[0]
    messages = to_messages(request)
    collected = StreamAccumulator(strict=provider in STRICT_PROVIDERS)
    async with run.reserve(_estimate(run, messages)) as reservation:
        try:
            await _stream(run, request, messages, collected, deltas)
        except Exception as error:
            mapped = _mapped(error, request.model, provider, run, collected)
            await reservation.settle(_estimate(run, messages))
            raise mapped from error
        streamed = collected.finish()
        response = _response(request, streamed, messages)
        await reservation.settle(response.usage)
    _refuse_broken(response, streamed, provider, shown=bool(deltas and deltas.shown))
    return response


async def _stream(
    run: Run,
    request: ModelRequest,
    messages: list[BaseMessage],
    collected: StreamAccumulator,
    deltas: _Deltas | None,
) -> None:
    """Take in the stream chunk by chunk; a silence longer than the limit ends it."""
    model = run.services.models.bound(request.model, request.tools)
    loop = asyncio.get_running_loop()
    silence = run.services.limits.model_seconds
    stale = 0.0
    async with asyncio.timeout(silence) as idle:
        async for chunk in model.astream(messages, QUIET, **request.parameters):
            delta = collected.add(chunk)
            if deltas is not None:
                deltas.add(delta)
            if run.must_wait:
                idle.reschedule(None)  # then it is not the model that is silent
                await run.wait_for_reader()
                stale = 0.0
            now = loop.time()
            if now >= stale:  # a new timer for each chunk costs as much as the chunk
                idle.reschedule(now + silence)
                stale = now + silence / TIMERS_PER_SILENCE


def _mapped(
    error: Exception, model: str, provider: str, run: Run, collected: StreamAccumulator
) -> AgentError:
    if isinstance(error, AgentError):
        return error
    if isinstance(error, TimeoutError):
        seconds = run.services.limits.model_seconds
        return ModelTimeoutError(
            f"model {model!r} sent nothing for {seconds:g} s; try again, or raise `model_timeout`",
            provider=provider, model=model, partial_text=collected.text,
            shown=bool(collected.text),
        )  # fmt: skip
    mapped = map_model_error(error, provider=provider, model=model)
    mapped.partial_text, mapped.shown = collected.text, bool(collected.text)
    return mapped


def _refuse_broken(
    response: ModelResponse, streamed: StreamedMessage, provider: str, *, shown: bool
) -> None:
    """Refuse an answer that did not end as answers end, or that says nothing."""
    if response.finish == "truncated":
        raise StreamTruncatedError(
            f"the answer of model {response.model!r} did not end as it should: "
            f"{streamed.explanation}; no tool call of it was run",
            provider=provider, model=response.model, partial_text=response.text, shown=shown,
        )  # fmt: skip
    if streamed.empty:
        raise BadResponseError(
            f"model {response.model!r} gave an empty answer; ask again",
            provider=provider, model=response.model,
        )  # fmt: skip


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


class _Deltas:
    """Text and reasoning of one call on their way to whoever watches."""

    __slots__ = ("_reasoning", "_run", "_text", "_waiting", "shown")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._text: DeltaText | None = None
        self._reasoning: DeltaText | None = None
        self.shown = False

    def add(self, delta: Delta) -> None:
        """Show what a chunk adds."""
        if delta.reasoning:
            self._reasoning = self._reasoning or self._open()
            self._show(ReasoningDelta, self._reasoning.feed(delta.reasoning))
        if delta.text:
            self.shown = True
            self._text = self._text or self._open()
            self._show(TextDelta, self._text.feed(delta.text))

    def finish(self, text: str) -> None:
        """Show the rest; an answer that no provider streamed is shown as one delta."""
        if text and self._text is None:
            self._text = self._open()
            self._show(TextDelta, self._text.feed(text))
        self.close()

    def close(self) -> None:
        """Release what was held back."""
        if self._reasoning is not None:
            self._show(ReasoningDelta, self._reasoning.close())
            self._reasoning = None
        if self._text is not None:
            self._show(TextDelta, self._text.close())
            self._text = None

    def _open(self) -> DeltaText:
        return DeltaText(self._run.services.dispatcher, self._run.views)

    def _show(self, kind: type[TextDelta | ReasoningDelta], released: tuple[str, str]) -> None:
        response, event = released
        if not response and not event:
            return
        shown = kind(text=response)
        self._run.emit_released(shown, shown if event == response else kind(text=event))
