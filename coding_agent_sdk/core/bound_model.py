"""A chat model with the tools that it knows, and the shortest way to its stream.

`BaseChatModel.astream` makes a callback manager for each call and formats the whole conversation
for tracers, which costs a third of a step and grows with the conversation. Where nobody listens,
the stream is taken from `_astream`, which each chat model implements, and its chunks are finished
as `astream` does (langchain-core 1.7, `language_models/chat_models.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.language_models import BaseChatModel
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables.base import RunnableBinding
from langchain_core.utils.utils import LC_ID_PREFIX

from coding_agent_sdk.core.cache_marks import with_breakpoints

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["BoundModel", "close_stream", "listeners"]

_QUIET: RunnableConfig = {"callbacks": []}
"""LangChain's callbacks would be a second path to raw text."""

_NOBODY: Final = AsyncCallbackManager(handlers=[])
"""No listeners: one for all runs, for it is seven objects, and hundreds of runs may be at work.

LangGraph copies what it is given."""

_TOLD_WHAT_TO_CACHE: Final = frozenset({"anthropic-chat"})
"""Kinds of models whose provider caches only what it is told to."""


def listeners() -> AsyncCallbackManager:
    """Return LangChain's callbacks as they are here and now.

    They have handlers where the user turned on LangSmith, debug output or a callback of his
    context: those are told of each model call.
    """
    found = AsyncCallbackManager.configure(inheritable_callbacks=[])
    return found if found.handlers else _NOBODY


class BoundModel:
    """A model with the arguments that it was bound to.

    Args:
        runnable: A chat model, or what its `bind_tools` gave.
        breakpoints: Whether a provider that caches what it is told to is told.
    """

    __slots__ = ("_arguments", "_direct", "_marked", "_runnable")

    def __init__(self, runnable: Runnable[Any, Any], *, breakpoints: bool = True) -> None:
        self._runnable = runnable
        self._arguments: Mapping[str, Any] = {}
        if isinstance(runnable, RunnableBinding) and _only_adds_arguments(runnable):
            # LangChain's wrapper merges configurations at each call.
            self._runnable, self._arguments = runnable.bound, runnable.kwargs
        self._direct = _asked_directly(self._runnable)
        kind = getattr(self._runnable, "_llm_type", "")
        self._marked = breakpoints and kind in _TOLD_WHAT_TO_CACHE

    def stream(
        self, messages: list[BaseMessage], parameters: Mapping[str, Any], *, listened_to: bool
    ) -> AsyncIterator[AIMessage]:
        """Stream the answer to *messages*.

        Args:
            messages: The conversation.
            parameters: More arguments of the call.
            listened_to: Whether LangChain's callbacks are to be called (`listeners`).
        """
        arguments = {**self._arguments, **parameters}
        is_direct = self._direct is not None and not listened_to and _are_plain(messages)
        if self._marked and messages:
            messages = with_breakpoints(messages)
        if is_direct:
            assert self._direct is not None
            return _stream_directly(self._direct, messages, arguments)
        # Messages are messages already: a list would be converted and validated, all of it.
        prompt = ChatPromptValue.model_construct(messages=messages)
        return self._runnable.astream(prompt, _QUIET, **arguments)


def _only_adds_arguments(binding: RunnableBinding[Any, Any]) -> bool:
    plain = type(binding).astream is RunnableBinding.astream
    return plain and not binding.config and not binding.config_factories


def _asked_directly(model: Runnable[Any, Any]) -> BaseChatModel | None:
    """Return a chat model whose `astream` would add nothing that anybody needs; else None."""
    if not isinstance(model, BaseChatModel) or type(model).astream is not BaseChatModel.astream:
        return None
    streams = type(model)._astream is not BaseChatModel._astream  # noqa: SLF001  what models implement
    extras = (
        model.callbacks,
        model.verbose,
        model.rate_limiter,
        model.disable_streaming,
        model.output_version,
    )
    return model if streams and not any(extras) else None


def _are_plain(messages: list[BaseMessage]) -> bool:
    """Return whether no message has content blocks, which `astream` brings to one form."""
    return all(type(message.content) is str for message in messages)


async def _stream_directly(
    model: BaseChatModel, messages: list[BaseMessage], arguments: dict[str, Any]
) -> AsyncIterator[AIMessage]:
    generated = ""
    stop = arguments.pop("stop", None)
    chunks = model._astream(messages, stop=stop, **arguments)  # noqa: SLF001  see above
    try:
        async for chunk in chunks:
            message = chunk.message
            if message.id is None:
                generated = generated or f"{LC_ID_PREFIX}-{uuid4()}"
                # Around pydantic's `__setattr__`, which costs as much as all else of a piece here.
                vars(message)["id"] = generated
            if chunk.generation_info:
                message.response_metadata = {**chunk.generation_info, **message.response_metadata}
            yield cast("AIMessage", message)  # what is none is refused by who takes it in
    finally:
        await close_stream(chunks)


async def close_stream(chunks: AsyncIterator[Any]) -> None:
    """Close a stream that may not have been read to its end, and with it its connection.

    Left alone it would be closed when nothing refers to it any more: after the error that holds
    it, or by a task of the event loop's own.
    """
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
