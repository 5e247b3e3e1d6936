"""Whether a model's message really ended: the check that guards every tool call of it.

A connection that is cut between two events looks like the end of the answer, and
LangChain then closes the open JSON of a half-sent tool call. So a message counts as
complete only if its provider said so, in a word that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Finish", "explain_finish", "finish_of", "finish_reason", "single_reason"]

Finish: TypeAlias = Literal["complete", "truncated"]
"""Whether the provider said, in a word that is known, that the message ended."""

_COMPLETE = frozenset({
    "stop", "tool_calls", "function_call",      # OpenAI chat, Gemini's STOP, compatible servers
    "completed",                                # OpenAI responses
    "end_turn", "tool_use", "stop_sequence",    # Anthropic
})  # fmt: skip

_COMPLETE_ELSEWHERE = frozenset({"complete", "tool_call", "eos", "eos_token"})
"""Words of models that the user brings himself: Cohere, text-generation-inference."""

_KNOWN_PROVIDERS = frozenset({"openai", "anthropic", "google_genai"})
"""`model_provider` of the packages whose finish reasons are known to be always sent."""

_EXPLANATIONS = {
    "length": "it reached the limit of output tokens; raise max_tokens or ask for less",
    "max_tokens": "it reached the limit of output tokens; raise max_tokens or ask for less",
    "incomplete": "it reached a limit of the provider; raise max_tokens or ask for less",
    "model_context_window_exceeded": "the context window was full; shorten the conversation",
    "content_filter": "the provider's content filter stopped it",
    "safety": "the provider's content filter stopped it",
    "recitation": "the provider's content filter stopped it",
    "refusal": "the model refused to go on",
    "malformed_function_call": "the model made a tool call that the provider could not read",
}


def finish_reason(metadata: Mapping[str, Any]) -> str | None:
    """Return the finish reason in the metadata of a message or a chunk, None without one.

    Args:
        metadata: `response_metadata`: OpenAI chat and Gemini keep it under
            `finish_reason`, Anthropic under `stop_reason`, OpenAI responses under `status`.
    """
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    if reason is None and metadata.get("model_provider") == "openai":
        reason = metadata.get("status")
    return reason if isinstance(reason, str) and reason else None


def single_reason(reason: str) -> str:
    """Return a reason in lower case, once where merging chunks repeated it.

    Example:
        ```python
        single_reason("STOPSTOP") == "stop"
        ```
    """
    lowered = reason.lower()
    for length in range(1, len(lowered) // 2 + 1):
        times, rest = divmod(len(lowered), length)
        if not rest and lowered[:length] * times == lowered:
            return lowered[:length]
    return lowered


def finish_of(reasons: Iterable[str], *, provider: str | None, strict: bool = False) -> Finish:
    """Decide whether a message is complete.

    Args:
        reasons: Every finish reason that was seen, in any order.
        provider: `model_provider` of the metadata, None where it says none.
        strict: A message without any reason is truncated. It is, too, where the
            provider is one that always sends a reason; a model of the user's own
            need not send one.

    Returns:
        `complete` only where each reason is a known one.
    """
    known = strict or provider in _KNOWN_PROVIDERS
    accepted = _COMPLETE if known else _COMPLETE | _COMPLETE_ELSEWHERE
    said = [single_reason(reason) for reason in reasons]
    if not said:
        return "truncated" if known else "complete"
    return "complete" if all(reason in accepted for reason in said) else "truncated"


def explain_finish(reasons: Iterable[str]) -> str:
    """Say why a message counts as truncated, as a clause for an error message.

    Args:
        reasons: Every finish reason that was seen.
    """
    said = list(dict.fromkeys(reasons))
    if not said:
        return "the stream ended without a finish reason, as it does when the connection is cut"
    shown = ", ".join(repr(reason) for reason in said)
    for reason in said:
        why = _EXPLANATIONS.get(single_reason(reason))
        if why:
            return f"the answer stopped with {shown}: {why}"
    return f"the answer stopped with {shown}, which is no known end of an answer"
