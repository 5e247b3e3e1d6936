"""The work that both sides do: so many tool calls, one after another or at once, then an answer."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolCall,
    ToolCallChunk,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from langchain_core.runnables import Runnable

ANSWER = "That is all there is."
DELTAS = 200
STREAMED = "word " * DELTAS
PIECES_OF_A_READ = 8
PAUSE = 1e-6
"""Seconds between two pieces: a stream comes over a socket, so that others run in between."""


@dataclass
class Counts:
    """What was really called: a measurement of work that was not done is worth nothing."""

    tools: int = 0

    async def look_up(self, key: str) -> str:
        """Look up what is known under a key."""
        self.tools += 1
        return key

    def take(self) -> int:
        """Return the number of tool calls since the last time."""
        calls, self.tools = self.tools, 0
        return calls


class LeanModel(BaseChatModel):
    """A model that is as good as free: it gives the message that comes next, in one piece.

    The same for both sides, so that what is compared is what stands around the model.

    Args:
        rounds: Replies that ask for tools, before the answer.
        at_once: Tool calls of such a reply.
    """

    _replies: list[list[ToolCall]] = PrivateAttr()

    def __init__(self, rounds: int, *, at_once: int = 1) -> None:
        super().__init__()
        numbers = itertools.count()
        self._replies = [
            [
                ToolCall(name="look_up", args={"key": "k"}, id=f"call_{next(numbers)}")
                for _ in range(at_once)
            ]
            for _ in range(rounds)
        ]

    @property
    def _llm_type(self) -> str:
        return "lean"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Return the model with the tools in each of its requests."""
        return self.bind(tools=tools, **kwargs)

    def _next(self, messages: list[BaseMessage]) -> list[ToolCall]:
        """Return the calls of the next reply; none for the answer."""
        position = 0
        for message in reversed(messages):
            if isinstance(message, HumanMessage):
                break
            position += isinstance(message, AIMessage)
        return self._replies[position] if position < len(self._replies) else []

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        del args, kwargs
        calls = self._next(messages)
        message = AIMessage(
            "" if calls else ANSWER, tool_calls=[ToolCall(**call) for call in calls]
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages, *args, **kwargs)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        calls = self._next(messages)
        chunk = AIMessageChunk(
            content="" if calls else ANSWER,
            tool_call_chunks=[_raw(call, index) for index, call in enumerate(calls)],
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=chunk)


class TalkingModel(LeanModel):
    """A model that streams its answer in 200 pieces."""

    def __init__(self) -> None:
        super().__init__(0)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        for number in range(1, DELTAS + 1):
            await asyncio.sleep(PAUSE)
            last = "last" if number == DELTAS else None
            yield ChatGenerationChunk(message=AIMessageChunk(content="word ", chunk_position=last))


class FlowingModel(LeanModel):
    """A model that streams a long answer, some pieces at once, as one read of a socket has them.

    Args:
        pieces: Pieces of the answer.
    """

    _pieces: int = PrivateAttr()

    def __init__(self, pieces: int) -> None:
        super().__init__(0)
        self._pieces = pieces

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        pieces = self._pieces  # pydantic looks for such an attribute in many places
        for number in range(1, pieces + 1):
            if number % PIECES_OF_A_READ == 0:
                await asyncio.sleep(0)
            last = "last" if number == pieces else None
            yield ChatGenerationChunk(message=AIMessageChunk(content="word ", chunk_position=last))


def _raw(call: ToolCall, index: int) -> ToolCallChunk:
    return ToolCallChunk(
        name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index,
        type="tool_call_chunk",
    )  # fmt: skip
