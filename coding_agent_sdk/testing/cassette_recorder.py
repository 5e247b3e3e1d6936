"""Records a conversation in a cassette.

All its texts passed the agent's redactors: those for the model, and those for the answer.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from langchain_core.messages import AIMessage, BaseMessage

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.context import AgentContext
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.testing.fake_provider.cassette import Cassette, NumberedPlaceholders
from coding_agent_sdk.types.entries import (
    ContextEntry,
    Entry,
    MessageEntry,
    ResultEntry,
    RunStateEntry,
)


class CassetteRecorder:
    """A plugin that keeps the conversations of an agent in a cassette.

    Runs are kept in the order in which they speak: record one after the other. The answers that
    plugins ask of a model for themselves, and a model's reasoning, are left out.

    Example:
        ```python
        agent = Agent.builder().use(CassetteRecorder("tests/review.json")).build()
        ```

    Args:
        path: The file; what is there is replaced when the agent is opened.
    """

    name: Final = "cassette"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._parts: list[dict[str, Any]] = []
        self._placeholders = NumberedPlaceholders()
        self._agent: AgentContext | None = None

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Begin the cassette, and finish it.

        Raises:
            ConfigError: It cannot be written where it is to be.
        """
        self._agent = agent
        try:
            await self._save()
        except OSError as error:
            raise ConfigError(
                f"the cassette {os.fspath(self._path)!r} cannot be written: {error}"
            ) from error
        try:
            yield
        finally:
            await self._save()

    @hookimpl
    async def record(self, entries: Sequence[Entry]) -> None:
        """Keep what was said."""
        for entry in entries:
            self._parts += (self._masked(part) for part in _parts(entry))
        if any(isinstance(e, RunStateEntry) and e.state != "started" for e in entries):
            await self._save()

    async def _save(self) -> None:
        assert self._agent is not None
        cassette = Cassette(model=self._agent.model, conversation=tuple(self._parts))
        await asyncio.to_thread(cassette.save, self._path)

    def _masked(self, value: Any) -> Any:
        """Return a part as an answer may show it: the file leaves the machine with the tests."""
        if isinstance(value, str):
            assert self._agent is not None
            return self._placeholders.numbered(self._agent.redact(value, sink="response"))
        if isinstance(value, dict):
            return {key: self._masked(item) for key, item in value.items()}
        return [self._masked(item) for item in value] if isinstance(value, list) else value


def _parts(entry: Entry) -> Iterator[dict[str, Any]]:
    """Yield the part of a cassette that an entry is, if it is one."""
    match entry:
        case MessageEntry(message=AIMessage() as message):
            yield {"model": _said(message)}
        case MessageEntry(message=message):
            yield {"user": message.text}
        case ContextEntry(text=text):
            yield {"context": text}
        case ResultEntry(call_id=call_id, message=message, status=status):
            yield {
                "tool": {
                    "name": _name_of(message),
                    "call_id": call_id,
                    "status": status,
                    "text": message.text,
                }
            }
        case _:
            return


def _name_of(message: BaseMessage) -> str:
    return message.name or ""


def _said(message: AIMessage) -> dict[str, Any]:
    calls: list[dict[str, Any]] = [
        {"id": call["id"], "name": call["name"], "arguments": call["args"]}
        for call in message.tool_calls
    ]
    calls += [  # their arguments are no JSON: they are played as they came
        {"id": call["id"], "name": call["name"], "arguments": call["args"] or ""}
        for call in message.invalid_tool_calls
    ]
    said: dict[str, Any] = {"text": message.text}
    if calls:
        said["tool_calls"] = calls
    usage = cast("Mapping[str, Any] | None", message.usage_metadata)
    if usage is not None:
        said["usage"] = {
            "input_tokens": usage["input_tokens"],
            "output_tokens": usage["output_tokens"],
            "cached_tokens": usage.get("input_token_details", {}).get("cache_read") or 0,
        }
    return said
