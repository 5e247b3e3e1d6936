"""One message from the chunks of a stream, with tool calls that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from langchain_core.messages import AIMessage, AIMessageChunk, merge_content
from langchain_core.messages.ai import add_ai_message_chunks, add_usage

from coding_agent_sdk.core.finish import Finish, explain_finish, finish_of, finish_reason
from coding_agent_sdk.core.raw_calls import RawCalls, new_call_id, parse_arguments, too_deep
from coding_agent_sdk.errors import BadResponseError, ModelError, StreamTruncatedError
from coding_agent_sdk.text.nesting import is_too_deep, is_too_deep_value
from coding_agent_sdk.types.model import BadCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages.ai import UsageMetadata

__all__ = ["Delta", "StreamAccumulator", "StreamedMessage"]

_GEMINI_SIGNATURES = "__gemini_function_call_thought_signatures__"
_GENERATED_ID = ("lc_", "run-")
_PAYLOADS = ("text", "thinking", "partial_json", "arguments")
_DELTA_KEYS = 3  # type, index and the payload


class Delta(NamedTuple):
    """What one chunk adds: answer text, reasoning text, and whether anything of tool calls."""

    text: str
    reasoning: str
    calls: bool = False


@dataclass(frozen=True, kw_only=True)
class StreamedMessage:
    """A message that has ended, one way or the other.

    Attributes:
        message: The whole message: content blocks, provider ids and signatures as they
            came; `tool_calls` strictly parsed from the raw text of their arguments,
            the others in `invalid_tool_calls`.
        finish: `complete`, or `truncated`: then none of its tool calls may be run.
        reasons: The finish reasons that the provider sent, as it wrote them.
        bad_calls: The calls that cannot be run, each with the reason for the model.
        usage: What the provider counted, None where it did not.
    """

    message: AIMessage
    finish: Finish
    reasons: tuple[str, ...] = ()
    bad_calls: tuple[BadCall, ...] = ()
    usage: UsageMetadata | None = None

    @property
    def empty(self) -> bool:
        """Whether there is neither text nor a tool call: such an answer is a bad one."""
        asked = self.message.tool_calls or self.bad_calls
        return not asked and not self.message.text.strip()

    @property
    def explanation(self) -> str:
        """Why the message counts as truncated, as a clause; `""` where it is complete."""
        return "" if self.finish == "complete" else explain_finish(self.reasons)

    def problem(self, *, provider: str, model: str) -> ModelError | None:
        """Return the error that such an answer is, None for one that can be used.

        An answer with nothing in it is a bad response, which may be asked for again, unless
        its finish reason says why; one that is cut is never asked for again by itself.

        Args:
            provider: Name of the provider.
            model: Name of the model.
        """
        asked = f"{provider}:{model}"
        if self.empty and (self.finish == "complete" or not self.reasons):
            return BadResponseError(
                f"{asked}: the answer holds neither text nor a tool call",
                provider=provider,
                model=model,
            )
        if self.finish == "truncated":
            return StreamTruncatedError(
                f"{asked}: {self.explanation}; no tool call of the answer was run",
                provider=provider,
                model=model,
                partial_text=self.message.text,
            )
        return None


class StreamAccumulator:
    """Collects the chunks of one answer; each costs the same, however long the answer is.

    Example:
        ```python
        collected = StreamAccumulator(strict=True)
        async for chunk in model.astream(messages):
            show(collected.add(chunk).text)
        streamed = collected.finish()
        ```

    Args:
        strict: The provider is known to send a finish reason always, so that a message
            without one is truncated.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._texts: list[str] = []
        self._content = _Content()
        self._calls = RawCalls()
        self._whole: list[AIMessage] = []
        self._whole_calls = 0
        self._kwargs: list[dict[str, Any]] = []
        self._signatures: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}
        self._reasons: list[str] = []
        self._usages: list[UsageMetadata] = []
        self._id: str | None = None

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return "".join(self._texts)

    @property
    def calls_begun(self) -> int:
        """How many tool calls have begun so far."""
        return len(self._calls) + self._whole_calls

    def add(self, chunk: AIMessage) -> Delta:
        """Take in the next chunk, or a whole message of a model that does not stream.

        Returns:
            What the chunk adds for a reader.

        Raises:
            BadResponseError: It is a message of somebody else than the model.
        """
        if not isinstance(chunk, AIMessage):
            raise BadResponseError(
                f"the answer is a message of the role {chunk.type!r}, not the model's"
            )
        delta = _delta(chunk)
        if delta.text:
            self._texts.append(delta.text)
        if chunk.content:
            self._content.add(chunk.content)
        if delta.calls:
            self._add_calls(chunk)
        if chunk.additional_kwargs:
            self._add_kwargs(chunk.additional_kwargs)
        if chunk.usage_metadata:
            self._add_usage(chunk.usage_metadata)
        if chunk.response_metadata:
            self._add_metadata(chunk.response_metadata)
        if chunk.id and (self._id is None or self._id.startswith(_GENERATED_ID)):
            self._id = chunk.id
        return delta

    def finish(self) -> StreamedMessage:
        """Return the message. Call it once, when the stream has ended.

        Raises:
            BadResponseError: The pieces do not fit together.
        """
        good, invalid, bad = self._judge_calls()
        usage: UsageMetadata | None = None
        try:
            for counted in self._usages:
                usage = add_usage(usage, counted)
            content = _without_depths(self._content.merged())
            message = AIMessage(
                content=_with_parsed_calls(content, good, invalid),
                additional_kwargs=self._merged_kwargs(),
                response_metadata=self._metadata,
                tool_calls=good,
                invalid_tool_calls=invalid,
                usage_metadata=usage,
                id=self._id,
            )
        except (TypeError, ValueError) as error:
            raise BadResponseError(
                f"the pieces of the answer do not fit together: {error}", partial_text=self.text
            ) from error
        provider = self._metadata.get("model_provider")
        return StreamedMessage(
            message=message,
            finish=finish_of(self._reasons, provider=provider, strict=self._strict),
            reasons=tuple(dict.fromkeys(self._reasons)),
            bad_calls=tuple(bad),
            usage=usage,
        )

    # -- taking in -----------------------------------------------------------------

    def _add_calls(self, chunk: AIMessage) -> None:
        fragments = getattr(chunk, "tool_call_chunks", None)
        if fragments:
            late = bool(self._reasons)
            for fragment in fragments:
                self._calls.add(fragment, late=late)
        elif chunk.tool_calls or chunk.invalid_tool_calls:
            self._whole.append(chunk)  # its arguments were never in pieces
            self._whole_calls += len(chunk.tool_calls) + len(chunk.invalid_tool_calls)

    def _add_kwargs(self, kwargs: Mapping[str, Any]) -> None:
        rest = dict(kwargs)
        # Merging would append a signature to itself where the final event comes twice.
        self._signatures.update(rest.pop(_GEMINI_SIGNATURES, {}))
        self._kwargs.append(rest)

    def _add_usage(self, usage: UsageMetadata) -> None:
        if self._reasons and usage in self._usages:
            return  # a final event that came twice is counted once
        self._usages.append(usage)

    def _add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Keep the newest value of each key; LangChain would append texts to each other."""
        reason = finish_reason(metadata)
        if reason is not None:
            self._reasons.append(reason)
        for key, value in metadata.items():
            if key == "logprobs" and value and self._metadata.get(key):
                self._metadata[key] = _merged([self._metadata[key], value])
            elif value or key not in self._metadata:
                self._metadata[key] = value

    # -- finishing -----------------------------------------------------------------

    def _judge_calls(self) -> tuple[list[Any], list[Any], list[BadCall]]:
        """Split the calls into those that can be read and those that cannot."""
        good: list[Any] = []
        invalid: list[Any] = []
        bad: list[BadCall] = []
        for whole in self._whole:
            for given in whole.tool_calls:
                identity, name = given["id"] or new_call_id(), given["name"]
                if not is_too_deep_value(given["args"]):
                    good.append({**given, "id": identity})
                    continue
                error = too_deep(name)
                invalid.append({
                    "name": name, "args": "", "id": identity, "error": error,
                    "type": "invalid_tool_call",
                })  # fmt: skip
                bad.append(BadCall(id=identity, name=name, error=error))
            for call in whole.invalid_tool_calls:
                identity, name = call["id"] or new_call_id(), call["name"] or ""
                error = parse_arguments(name, call["args"] or "")[1] or str(call["error"])
                invalid.append({**call, "id": identity, "error": error})
                bad.append(BadCall(id=identity, name=name, error=error))
        for raw in self._calls.finish():
            arguments, error = raw.parse()
            if not error:
                good.append({
                    "name": raw.name, "args": arguments, "id": raw.id, "type": "tool_call",
                })  # fmt: skip
                continue
            bad.append(BadCall(id=raw.id, name=raw.name, error=error))
            invalid.append({
                "name": raw.name, "args": raw.raw, "id": raw.id, "error": error,
                "type": "invalid_tool_call",
            })  # fmt: skip
        return good, invalid, bad

    def _merged_kwargs(self) -> dict[str, Any]:
        merged = _merged(self._kwargs)
        if self._calls:
            # Second copies of the calls, which merging may have run into each other.
            merged.pop("function_call", None)
            merged.pop("tool_calls", None)
        if self._signatures:
            merged[_GEMINI_SIGNATURES] = self._signatures
        return merged


class _Content:
    """Content of chunks, kept so that a long run of deltas is joined once."""

    def __init__(self) -> None:
        self._parts: list[str | list[str | dict[Any, Any]]] = []
        self._head: dict[Any, Any] = {}
        self._pieces: list[str] = []

    def add(self, content: str | list[str | dict[Any, Any]]) -> None:
        if isinstance(content, str):
            if self._pieces:
                self._flush()
            self._parts.append(content)
            return
        for block in content:
            if not self._continue(block):
                self._flush()
                self._parts.append([block])

    def merged(self) -> str | list[str | dict[Any, Any]]:
        self._flush()
        if all(isinstance(part, str) for part in self._parts):
            return "".join(cast("list[str]", self._parts))
        return merge_content(*self._parts)

    def _continue(self, block: str | dict[Any, Any]) -> bool:
        """Put a plain delta beside its predecessor; says whether the block is one."""
        if not isinstance(block, dict) or len(block) != _DELTA_KEYS or "index" not in block:
            return False
        payload = next((key for key in _PAYLOADS if key in block), None)
        if payload is None or "type" not in block or not isinstance(block[payload], str):
            return False
        head = {"type": block["type"], "index": block["index"], payload: ""}
        if head != self._head:
            self._flush()
            self._head = head
        self._pieces.append(block[payload])
        return True

    def _flush(self) -> None:
        if self._pieces:
            payload = next(key for key in _PAYLOADS if key in self._head)
            self._parts.append([{**self._head, payload: "".join(self._pieces)}])
            self._head, self._pieces = {}, []


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge dictionaries as LangChain merges those of chunks: texts are appended."""
    if not parts:
        return {}
    chunks = [AIMessageChunk(content="", additional_kwargs=part) for part in parts]
    return add_ai_message_chunks(*chunks).additional_kwargs


def _delta(chunk: AIMessage) -> Delta:
    content = chunk.content
    fields = chunk.__dict__  # a message that is no chunk has no `tool_call_chunks`
    calls = bool(fields.get("tool_call_chunks") or chunk.tool_calls or chunk.invalid_tool_calls)
    if isinstance(content, str):
        reasoning = chunk.additional_kwargs.get("reasoning_content", "")
        return Delta(content, reasoning if isinstance(reasoning, str) else "", calls)
    text = reasoning = ""
    for block in content:
        if isinstance(block, str):
            text += block
        elif block.get("type") == "text":
            text += block.get("text") or ""
        elif block.get("type") in {"thinking", "reasoning"}:
            reasoning += _reasoning_of(block)
    return Delta(text, reasoning, calls)


def _reasoning_of(block: Mapping[str, Any]) -> str:
    said = block.get("thinking") or block.get("reasoning") or ""
    for part in block.get("summary") or ():
        said += part.get("text") or ""
    return said


def _without_depths(
    content: str | list[str | dict[Any, Any]],
) -> str | list[str | dict[Any, Any]]:
    """Leave out arguments that a client would fail to read when it sends them back."""
    if isinstance(content, str):
        return content
    return [
        {**block, "partial_json": ""}
        if isinstance(block, dict) and is_too_deep(block.get("partial_json") or "")
        else block
        for block in content
    ]


def _with_parsed_calls(
    content: str | list[str | dict[Any, Any]], good: list[Any], invalid: list[Any]
) -> str | list[str | dict[Any, Any]]:
    """Put the parsed calls in place of the fragments that standard (v1) content holds."""
    if isinstance(content, str):
        return content
    by_id = {call["id"]: call for call in [*good, *invalid]}
    blocks: list[str | dict[Any, Any]] = []
    for block in content:
        if isinstance(block, dict) and block.get("type") == "tool_call_chunk":
            kept = {key: block[key] for key in ("index", "extras") if key in block}
            blocks.append({**block, **by_id.get(block.get("id"), {}), **kept})
        else:
            blocks.append(block)
    return blocks
