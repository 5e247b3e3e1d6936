"""A chat model that plays a script: for tests and benchmarks without a provider."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolCallChunk,
)
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from coding_agent_sdk.testing.scripted_turns import (
    Answer,
    ScriptedRequest,
    ScriptedTurn,
    Step,
    as_call,
    as_turn,
    cut,
    estimated_usage,
)
from coding_agent_sdk.testing.tool_call import FakeToolCall


class ScriptExhaustedError(AssertionError):
    """The model was called more often than its script has steps."""


class ScriptedModel(BaseChatModel):
    """A chat model that answers from a script and remembers what it was asked.

    Each step is a text, an `AIMessage`, a `ScriptedTurn`, or a function of the
    messages that returns one of them. A single function in place of the steps
    answers every call. Used as a context manager, the model checks at the end
    that every step was played.

    Example:
        ```python
        model = ScriptedModel([
            ScriptedTurn(tool_calls=[FakeToolCall(name="read_file", arguments={"path": "a.py"})]),
            "It defines nothing.",
        ])
        ```

    Args:
        steps: The script, or one function that is the script for every call.
        by_position: Take the step by the number of AI messages since the last
            human message, so that any number of conversations play the whole
            script, side by side, again and again.
        chunk_size: Characters of a streamed piece of text; None sends it whole.
        record: Keep the requests. Benchmarks turn it off.
        name: The model name that it reports.
    """

    model_name: str = "scripted"

    _steps: tuple[Step, ...] = PrivateAttr(default=())
    _always: Callable[[list[BaseMessage]], Answer] | None = PrivateAttr(default=None)
    _by_position: bool = PrivateAttr(default=False)
    _chunk_size: int | None = PrivateAttr(default=None)
    _record: bool = PrivateAttr(default=True)
    _requests: list[ScriptedRequest] = PrivateAttr(default_factory=list[ScriptedRequest])
    _played: set[int] = PrivateAttr(default_factory=set[int])
    _next_step: Iterator[int] = PrivateAttr(default_factory=itertools.count)
    _next_call: Iterator[int] = PrivateAttr(default_factory=lambda: itertools.count(1))

    def __init__(
        self,
        steps: Iterable[Step] | Callable[[list[BaseMessage]], Answer],
        *,
        by_position: bool = False,
        chunk_size: int | None = 16,
        record: bool = True,
        name: str = "scripted",
    ) -> None:
        super().__init__(model_name=name)  # type: ignore[call-arg]  # pydantic reads the fields
        if callable(steps):
            self._always = steps
        else:
            self._steps = tuple(steps)
        self._by_position = by_position
        self._chunk_size = chunk_size
        self._record = record

    # -- what a test reads ---------------------------------------------------------

    @property
    def requests(self) -> list[ScriptedRequest]:
        """The calls that the model saw, oldest first."""
        return self._requests

    def assert_finished(self) -> None:
        """Check that every step was played.

        Raises:
            AssertionError: Steps are left; it names them.
        """
        left = [
            f"  step {number}: {_shown(step)}"
            for number, step in enumerate(self._steps)
            if number not in self._played
        ]
        if left:
            total = len(self._steps)
            raise AssertionError(
                f"{len(left)} of {total} scripted steps were never played:\n" + "\n".join(left)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.assert_finished()

    # -- what LangChain calls ------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with the tools' schemas in each of its requests.

        Args:
            tools: Schemas, functions or tools, as any chat model takes them.
            tool_choice: Recorded in the request's `options`, else without effect.
            **kwargs: As `tool_choice`.
        """
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model_name": self.model_name}

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Play the next step, piece by piece."""
        del stop, run_manager  # the caller tells the callbacks of each piece
        for pause, chunk in self._play(messages, kwargs):
            if pause:
                time.sleep(pause)
            if chunk is not None:
                yield ChatGenerationChunk(message=chunk)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Play the next step, piece by piece."""
        del stop, run_manager
        for pause, chunk in self._play(messages, kwargs):
            if pause:
                await asyncio.sleep(pause)
            if chunk is not None:
                yield ChatGenerationChunk(message=chunk)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Play the next step as one message."""
        chunks = [piece.message for piece in self._stream(messages, stop, run_manager, **kwargs)]
        return _as_result(chunks)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Play the next step as one message."""
        pieces = self._astream(messages, stop, run_manager, **kwargs)
        return _as_result([piece.message async for piece in pieces])

    # -- playing -------------------------------------------------------------------

    def _play(
        self, messages: list[BaseMessage], options: dict[str, Any]
    ) -> Iterator[tuple[float, AIMessageChunk | None]]:
        """Yield the chunks of the next step, each with the seconds to wait before it.

        None in place of a chunk only waits: what comes then is the step's error.
        """
        if self._record:
            tools = tuple(options.pop("tools", None) or ())
            self._requests.append(
                ScriptedRequest(messages=list(messages), tools=tools, options=options)
            )
        step = self._always or self._take(messages)
        answer = step(messages) if callable(step) else step
        turn, seed = as_turn(answer)
        chunks = self._chunks(turn, seed, len(messages))
        pause = turn.delay
        for sent, chunk in enumerate(chunks):
            if turn.error is not None and sent >= turn.error_after:
                break
            yield pause, chunk
            pause = turn.chunk_delay
        if turn.error is not None:
            yield pause, None
            raise turn.error

    def _take(self, messages: list[BaseMessage]) -> Step:
        """Choose the step of this call."""
        number = _position(messages) if self._by_position else next(self._next_step)
        if number >= len(self._steps):
            last = messages[-1] if messages else None
            raise ScriptExhaustedError(
                f"the scripted model was asked for step {number}, but its script has "
                f"{len(self._steps)} (0 to {len(self._steps) - 1}); add a step, or pass a "
                f"function as the script. The last message was {_shown(last)}"
            )
        self._played.add(number)
        return self._steps[number]

    def _chunks(
        self, turn: ScriptedTurn, seed: AIMessage | None, sent_messages: int
    ) -> Iterator[AIMessageChunk]:
        """Yield what a provider would stream for the turn."""
        size = turn.chunk_size or self._chunk_size
        output = 0
        if seed is not None and not isinstance(seed.content, str):
            yield _message(content=seed.content, id=seed.id)
            output += len(str(seed.content))
        for piece in cut(turn.text, size) if turn.chunks is None else turn.chunks:
            yield _message(content=piece, id=seed.id if seed else None)
            output += len(piece)
        for index, call in enumerate(turn.tool_calls):
            for fragment in self._fragments(as_call(call), index, turn.chunk_size):
                yield _message(content="", tool_call_chunks=[fragment])
                output += len(fragment["args"] or "")
        yield self._last(turn, seed, sent_messages, output)

    def _fragments(
        self, call: FakeToolCall, index: int, size: int | None
    ) -> Iterator[ToolCallChunk]:
        """Yield a call as raw fragments; only the first names it."""
        name: str | None = call.name
        identity = call.id or f"call_{next(self._next_call)}"
        first: str | None = identity
        for piece in cut(call.raw_arguments, size) or [""]:
            yield ToolCallChunk(
                name=name, args=piece, id=first, index=index, type="tool_call_chunk"
            )
            name = first = None

    def _last(
        self, turn: ScriptedTurn, seed: AIMessage | None, sent_messages: int, output: int
    ) -> AIMessageChunk:
        """Build the chunk that ends the answer: finish reason and usage."""
        reason = turn.finish_reason
        if reason == "auto":
            reason = "tool_calls" if turn.tool_calls else "stop"
        metadata: dict[str, Any] = {"model_name": self.model_name}
        if reason is not None:
            metadata["finish_reason"] = reason
        if seed is not None:
            metadata.update(seed.response_metadata)
        usage = turn.usage
        if usage == "auto":
            usage = estimated_usage(sent_messages, output)
        return _message(
            content="",
            response_metadata=metadata,
            additional_kwargs=dict(seed.additional_kwargs) if seed else {},
            usage_metadata=usage,
            chunk_position="last",
        )


def _message(**fields: Any) -> AIMessageChunk:
    return AIMessageChunk(**fields)


def _as_result(chunks: list[Any]) -> ChatResult:
    """Merge chunks of our own into one message."""
    merged = add_ai_message_chunks(*cast("list[AIMessageChunk]", chunks))
    message = AIMessage(
        content=merged.content,
        additional_kwargs=merged.additional_kwargs,
        response_metadata=merged.response_metadata,
        tool_calls=merged.tool_calls,
        invalid_tool_calls=merged.invalid_tool_calls,
        usage_metadata=merged.usage_metadata,
        id=merged.id,
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _position(messages: Sequence[BaseMessage]) -> int:
    """Count the AI messages since the last human one."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        count += isinstance(message, AIMessage)
    return count


def _shown(value: object, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
