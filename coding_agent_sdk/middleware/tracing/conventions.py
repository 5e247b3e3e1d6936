"""Drafts worked out into spans, after OpenTelemetry's conventions for generative AI.

This runs in the threads of exporters. Text stands in a span only where content is captured;
counts, names, times and kinds of error always do. Tokens and costs stand on model calls alone: a
run's are their sum.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pydantic_core

from coding_agent_sdk import events as e
from coding_agent_sdk.types.decisions import ApprovalRequest
from coding_agent_sdk.types.spans import Span, SpanEvent, SpanLink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coding_agent_sdk.middleware.tracing.drafts import Draft
    from coding_agent_sdk.types.spans import AttributeValue, SpanKind
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["AGENT", "SpanMaker"]

AGENT: Final = "coding-agent"
"""The agent's name, and the service's where none is set."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROVIDERS: Final = {"google": "gcp.gemini"}
_FAILED_RUNS: Final = frozenset({"failed", "timed_out", "cancelled"})
_FAILED_CALLS: Final = frozenset({"error", "timeout", "cancelled"})
_COMMON_FIELDS: Final = frozenset({"run_id", "session", "seq", "at", "parent_run_id"})

_Attributes: TypeAlias = "dict[str, AttributeValue]"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """How a span ended: the kind of error, `""` for none, and its words."""

    error: str = ""
    words: str = ""


_FINE: Final = _Outcome()


class SpanMaker:
    """Works drafts out into spans.

    Args:
        content: Whether spans may hold text.
        max_text: Characters of one text.
        tags: Tags of each trace.
    """

    def __init__(self, *, content: bool, max_text: int, tags: tuple[str, ...] = ()) -> None:
        self._content = content
        self._max_text = max_text
        self._tags = tags
        self._kinds: dict[SpanKind, Callable[[Draft, _Attributes], tuple[str, _Outcome]]] = {
            "agent": self._agent,
            "model": self._model,
            "tool": self._tool,
            "retrieval": self._retrieval,
            "guardrail": self._guardrail,
            "approval": self._approval,
        }

    def span(self, draft: Draft) -> Span:
        """Return the span that a draft was the beginning of; the draft has ended."""
        run, trace = draft.run, draft.run.trace
        attributes: _Attributes = {"gen_ai.conversation.id": run.session}
        if run.user:
            attributes["user.id"] = run.user
        name, outcome = self._kinds[draft.kind](draft, attributes)
        if outcome.error:
            attributes["error.type"] = outcome.error
        links: tuple[SpanLink, ...] = ()
        if draft.parent is None and trace.links:
            links = tuple(SpanLink(trace_id=t, span_id=s) for t, s in trace.links)
        assert draft.end is not None
        return Span(
            trace_id=trace.id,
            span_id=draft.span_id,
            parent_id=draft.parent_id,
            name=name,
            kind=draft.kind,
            start_ns=_ns(draft.start),
            end_ns=_ns(draft.end),
            run_id=run.run_id,
            root_run_id=trace.root_run_id,
            attributes=attributes,
            events=self._events(draft) if draft.notes else (),
            links=links,
            status="error" if outcome.error else "ok",
            status_message=self._cut(outcome.words) if self._content else "",
        )

    # -- kinds of span -----------------------------------------------------------------------

    def _agent(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        begun: e.RunStarted = draft.begun
        attributes["gen_ai.operation.name"] = "invoke_agent"
        attributes["gen_ai.agent.name"] = AGENT
        attributes["coding_agent.run_id"] = draft.run.run_id
        attributes["coding_agent.mode"] = begun.mode
        _name_model(begun.model, attributes)
        if self._tags:
            attributes["coding_agent.tags"] = self._tags
        if begun.parent_run_id:
            attributes["coding_agent.parent_run_id"] = begun.parent_run_id
        if self._content and begun.request:
            attributes["gen_ai.input.messages"] = self._message("user", begun.request)
        return f"invoke_agent {AGENT}", self._agent_end(draft, attributes)

    def _agent_end(self, draft: Draft, attributes: _Attributes) -> _Outcome:
        ended = draft.ended
        assert isinstance(ended, e.RunFinished)
        attributes["coding_agent.status"] = ended.status
        attributes["coding_agent.steps"] = ended.steps
        if ended.changed_files:
            attributes["coding_agent.changed_files"] = len(ended.changed_files)
        if self._content and ended.text:
            attributes["gen_ai.output.messages"] = self._message("assistant", ended.text)
        if self._content and ended.reason:
            attributes["coding_agent.reason"] = self._cut(ended.reason)
        if ended.status not in _FAILED_RUNS:
            return _FINE
        return _Outcome(error=ended.error_type or ended.status, words=ended.reason)

    def _model(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        attributes["gen_ai.operation.name"] = "chat"
        model = _name_model(draft.begun, attributes)
        attributes["coding_agent.messages"] = draft.messages
        attributes["coding_agent.origin"] = draft.origin
        ended = draft.ended
        if self._content and isinstance(ended, e.ModelCallFinished) and ended.text:
            attributes["gen_ai.output.messages"] = self._message("assistant", ended.text)
        return f"chat {model}", _model_end(ended, attributes)

    def _tool(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        call: ToolCall = draft.begun
        attributes["gen_ai.operation.name"] = "execute_tool"
        attributes["gen_ai.tool.name"] = call.name
        attributes["gen_ai.tool.type"] = "function"
        attributes["gen_ai.tool.call.id"] = call.id
        if self._content:
            attributes["gen_ai.tool.call.arguments"] = self._json(dict(call.arguments))
        ended = draft.ended
        if not isinstance(ended, e.ToolCallFinished):
            return f"execute_tool {call.name}", _interrupted(ended)
        attributes["coding_agent.tool.status"] = ended.status
        if ended.sandbox:
            attributes["coding_agent.sandbox"] = ended.sandbox
        if ended.truncated:
            attributes["coding_agent.tool.truncated"] = True
        if self._content and ended.text:
            attributes["gen_ai.tool.call.result"] = self._cut(ended.text)
        failed = ended.status in _FAILED_CALLS
        outcome = _Outcome(error=f"tool_{ended.status}", words=ended.text) if failed else _FINE
        return f"execute_tool {call.name}", outcome

    def _retrieval(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        found: e.ContextRetrieved = draft.begun
        attributes["gen_ai.operation.name"] = "retrieval"
        attributes["coding_agent.retrieval.items"] = found.items
        attributes["coding_agent.retrieval.tokens"] = found.tokens
        if self._content and found.sources:
            attributes["coding_agent.retrieval.sources"] = tuple(map(self._cut, found.sources))
        return "retrieval", _FINE

    def _guardrail(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        decided: e.CheckDecided = draft.begun
        attributes["coding_agent.check.plugin"] = decided.plugin
        attributes["coding_agent.check.hook"] = decided.hook
        attributes["coding_agent.check.decision"] = decided.decision
        if decided.rule:
            attributes["coding_agent.check.rule"] = decided.rule
        if decided.call_id:
            attributes["gen_ai.tool.call.id"] = decided.call_id
        if self._content and decided.reason:
            attributes["coding_agent.check.reason"] = self._cut(decided.reason)
        return f"{decided.hook} {decided.plugin}", _FINE

    def _approval(self, draft: Draft, attributes: _Attributes) -> tuple[str, _Outcome]:
        asked, answered = draft.begun, draft.ended
        what = "approval"
        if isinstance(asked, ApprovalRequest):
            what = f"approval {asked.call.name}"
            attributes["gen_ai.tool.name"] = asked.call.name
            attributes["gen_ai.tool.call.id"] = asked.call.id
            if self._content and asked.reason:
                attributes["coding_agent.approval.reason"] = self._cut(asked.reason)
        if isinstance(answered, e.ApprovalResolved):
            attributes["gen_ai.tool.call.id"] = answered.call_id
            attributes["coding_agent.approval.decision"] = answered.decision
            if self._content and answered.reason:
                attributes["coding_agent.approval.answer"] = self._cut(answered.reason)
        else:
            attributes["coding_agent.approval.decision"] = "pending"
        return what, _FINE

    # -- events and text ---------------------------------------------------------------------

    def _events(self, draft: Draft) -> tuple[SpanEvent, ...]:
        return tuple(
            SpanEvent(name=f"coding_agent.{note.type}", at_ns=_ns(at), attributes=self._note(note))
            for at, note in draft.notes or ()
        )

    def _note(self, note: e.EventBase) -> Mapping[str, AttributeValue]:
        """Return the fields of an event; those that hold text only where content is captured."""
        text = e.TEXT_FIELDS[type(note)]
        attributes: _Attributes = {}
        for name, value in note.to_dict().items():
            if name in _COMMON_FIELDS or name in {"type", "schema_version"} or value is None:
                continue
            if name in text and not self._content:
                continue
            plain = isinstance(value, bool | int | float)
            attributes[f"coding_agent.{name}"] = value if plain else self._text(value)
        return attributes

    def _text(self, value: Any) -> str:
        return self._cut(value) if isinstance(value, str) else self._json(value)

    def _json(self, value: Any) -> str:
        return self._cut(_as_json(value))

    def _message(self, role: str, text: str) -> str:
        """Return a text as the conventions want a message: JSON, of parts."""
        parts = [{"type": "text", "content": self._cut(text)}]
        return _as_json([{"role": role, "parts": parts}])

    def _cut(self, text: str) -> str:
        if len(text) <= self._max_text:
            return text
        return f"{text[: self._max_text]}… ({len(text) - self._max_text} more characters)"


def _name_model(name: str, attributes: _Attributes) -> str:
    provider, _, model = name.partition(":")
    attributes["gen_ai.provider.name"] = _PROVIDERS.get(provider, provider)
    attributes["gen_ai.request.model"] = model or provider
    return model or provider


def _model_end(ended: e.EventBase | None, attributes: _Attributes) -> _Outcome:
    if isinstance(ended, e.ModelCallFailed):
        return _Outcome(error=ended.error_type or "error", words=ended.error)
    if not isinstance(ended, e.ModelCallFinished):
        return _interrupted(ended)
    attributes["gen_ai.response.model"] = ended.model.partition(":")[2] or ended.model
    if ended.cached:  # it took no tokens, and cost nothing
        attributes["coding_agent.cached"] = True
        return _FINE
    if ended.first_token_seconds is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = ended.first_token_seconds
    attributes["gen_ai.usage.input_tokens"] = ended.input_tokens
    attributes["gen_ai.usage.output_tokens"] = ended.output_tokens
    if ended.cache_read_tokens:
        attributes["gen_ai.usage.cache_read.input_tokens"] = ended.cache_read_tokens
    if ended.cache_write_tokens:
        attributes["gen_ai.usage.cache_creation.input_tokens"] = ended.cache_write_tokens
    if ended.reasoning_tokens:
        attributes["gen_ai.usage.reasoning.output_tokens"] = ended.reasoning_tokens
    if ended.cost is not None:
        attributes["coding_agent.cost_usd"] = float(ended.cost)
    return _FINE


def _interrupted(ended: e.EventBase | None) -> _Outcome:
    """Return the outcome of a span that its run left open."""
    assert isinstance(ended, e.RunFinished)
    words = f"the run ended {ended.status} before this did"
    return _Outcome(error=ended.error_type or ended.status, words=words)


def _as_json(value: Any) -> str:
    try:
        return pydantic_core.to_json(value, fallback=repr).decode()
    except pydantic_core.PydanticSerializationError:  # half of a pair of surrogates
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)


def _ns(at: datetime) -> int:
    since = at - _EPOCH  # to divide it takes three times as long
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
