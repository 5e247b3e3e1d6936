"""A chat model without a language model: it plans by rules and works through the real tools."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.messages.ai import UsageMetadata, add_ai_message_chunks
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.models.offline_output import in_form
from coding_agent_sdk.models.offline_plan import Ask, Say, next_step
from coding_agent_sdk.models.offline_reading import read_situation, text_of

__all__ = ["OfflineModel", "create"]

_CHARACTERS_PER_TOKEN: Final = 4


def create(name: str = "rules", **options: Any) -> BaseChatModel:
    """Make the offline model.

    Args:
        name: Which rules; there is one set, `rules`.
        **options: Taken as any provider takes them, and without effect: rules have no
            temperature, no key and no address.

    Raises:
        UnknownNameError: There are no such rules.
    """
    del options
    if name != "rules":
        raise UnknownNameError("offline model", name, ["rules"])
    return OfflineModel()


class OfflineModel(BaseChatModel):
    """A chat model that plans by rules.

    It analyzes Python code, searches, outlines files and runs a command that the user names, each
    through the tools bound to it, and declines everything else. Its next step follows from the
    messages alone: a run can go on in another process. Text in tool results and passages is never
    taken for a request.

    Example:
        ```python
        model = OfflineModel().bind_tools([tool.schema for tool in tools])
        message = await model.ainvoke("Analyze the code")
        message.tool_calls  # list_files, analyze_code
        ```
    """

    model_name: str = "rules"

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call.

        Args:
            tools: Schemas, functions or tools, as any chat model takes them.
            tool_choice: `"none"` forbids calls; else without effect.
            **kwargs: Without effect.
        """
        offered = [] if tool_choice == "none" else [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=offered, **kwargs)

    @property
    def _llm_type(self) -> str:
        return "offline"

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
        """Answer, line by line."""
        del stop, run_manager  # the caller tells the callbacks of each piece
        for chunk in self._answer(messages, kwargs.get("tools")):
            yield ChatGenerationChunk(message=chunk)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Answer, line by line; the thinking is done in a thread."""
        del stop, run_manager
        for chunk in await asyncio.to_thread(self._answer, messages, kwargs.get("tools")):
            yield ChatGenerationChunk(message=chunk)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Answer in one message."""
        del stop, run_manager
        return _as_result(self._answer(messages, kwargs.get("tools")))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Answer in one message."""
        del stop, run_manager
        return _as_result(await asyncio.to_thread(self._answer, messages, kwargs.get("tools")))

    def _answer(
        self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]] | None
    ) -> list[AIMessageChunk]:
        schemas = {
            tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in tools or ()
        }
        situation = read_situation(messages)
        step = next_step(situation, schemas)
        if isinstance(step, Say) and situation.form is not None:
            step = Say(text=in_form(step.text, situation.form))
        digest, sent = _measure(messages)
        pieces = _text_chunks(step) if isinstance(step, Say) else _call_chunks(step, digest)
        said = len(step.text) if isinstance(step, Say) else len(str(step.calls))
        return [*pieces, self._last(step, sent, said)]

    def _last(self, step: Ask | Say, sent: int, said: int) -> AIMessageChunk:
        """Build the chunk that ends the answer; tokens are estimated, they cost nothing."""
        given, made = sent // _CHARACTERS_PER_TOKEN, said // _CHARACTERS_PER_TOKEN
        return AIMessageChunk(
            content="",
            response_metadata={
                "model_name": self.model_name,
                "finish_reason": "tool_calls" if isinstance(step, Ask) else "stop",
            },
            usage_metadata=UsageMetadata(
                input_tokens=given, output_tokens=made, total_tokens=given + made
            ),
            chunk_position="last",
        )


def _text_chunks(step: Say) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=line) for line in step.text.splitlines(keepends=True)]


def _call_chunks(step: Ask, digest: str) -> list[AIMessageChunk]:
    return [
        AIMessageChunk(
            content="",
            tool_call_chunks=[
                ToolCallChunk(
                    name=call.name,
                    args=json.dumps(dict(call.arguments)),
                    id=f"offline_{digest}_{index}",
                    index=index,
                    type="tool_call_chunk",
                )
            ],
        )
        for index, call in enumerate(step.calls)
    ]


def _measure(messages: Sequence[BaseMessage]) -> tuple[str, int]:
    """Return a digest of a conversation, which makes the ids of its calls, and its characters."""
    digest = hashlib.blake2b(digest_size=8)
    size = 0
    for message in messages:
        text = text_of(message)
        size += len(text)
        digest.update(f"{message.type}\0{len(text)}\0{text}\0".encode("utf-8", "replace"))
    return digest.hexdigest(), size


def _as_result(chunks: Sequence[AIMessageChunk]) -> ChatResult:
    merged = add_ai_message_chunks(*chunks)
    message = AIMessage(
        content=merged.content,
        response_metadata=merged.response_metadata,
        tool_calls=merged.tool_calls,
        usage_metadata=merged.usage_metadata,
    )
    return ChatResult(generations=[ChatGeneration(message=message)])
