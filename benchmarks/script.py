"""The work that both sides do: so many tool calls, one after another or at once, then an answer."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn

ANSWER = "That is all there is."
DELTAS = 200
STREAMED = "word " * DELTAS
PAUSE = 1e-6
"""Seconds between two pieces: a stream comes over a socket, so that others run in between."""


@dataclass
class Counts:
    """What was really called: a measurement of work that was not done is worth nothing."""

    tools: int = 0
    keys: set[str] = field(default_factory=set)

    async def look_up(self, key: str) -> str:
        """Look up what is known under a key."""
        self.tools += 1
        return key

    def take(self) -> int:
        """Return the number of tool calls since the last time."""
        calls, self.tools = self.tools, 0
        return calls


def replies(rounds: int, *, at_once: int = 1) -> list[list[dict[str, Any]]]:
    """Return the calls of each reply that asks for tools."""
    numbers = itertools.count()
    return [
        [
            {"name": "look_up", "args": {"key": "k"}, "id": f"call_{next(numbers)}"}
            for _ in range(at_once)
        ]
        for _ in range(rounds)
    ]


def scripted(rounds: int, *, at_once: int = 1, answer: str = ANSWER) -> ScriptedModel:
    """Return the model that our agent is given."""
    turns = [
        ScriptedTurn(
            tool_calls=[
                FakeToolCall(name=call["name"], arguments=call["args"], id=call["id"])
                for call in calls
            ]
        )
        for calls in replies(rounds, at_once=at_once)
    ]
    pieces = [f"{word} " for word in answer.split()] if answer is STREAMED else [answer]
    return ScriptedModel(
        [*turns, ScriptedTurn(chunks=pieces, chunk_delay=PAUSE)], by_position=True, record=False
    )


class LeanModel(BaseChatModel):
    """The model of the raw loop: nothing but the message that comes next."""

    _replies: list[list[dict[str, Any]]] = PrivateAttr()
    _answer: str = PrivateAttr()

    def __init__(self, rounds: int, *, at_once: int = 1, answer: str = ANSWER) -> None:
        super().__init__()
        self._replies = replies(rounds, at_once=at_once)
        self._answer = answer

    @property
    def _llm_type(self) -> str:
        return "lean"

    def _next(self, messages: list[BaseMessage]) -> list[dict[str, Any]] | None:
        position = 0
        for message in reversed(messages):
            if isinstance(message, HumanMessage):
                break
            position += isinstance(message, AIMessage)
        return self._replies[position] if position < len(self._replies) else None

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        del args, kwargs
        calls = self._next(messages)
        message = (
            AIMessage(self._answer)
            if calls is None
            else AIMessage("", tool_calls=[ToolCall(**call) for call in calls])
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages, *args, **kwargs)


class LeanStream(LeanModel):
    """The model of the raw loop where the answer is streamed."""

    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        words = self._answer.split()
        for number, word in enumerate(words, start=1):
            last = "last" if number == len(words) else None
            await asyncio.sleep(PAUSE)
            yield ChatGenerationChunk(
                message=AIMessageChunk(content=f"{word} ", chunk_position=last)
            )
