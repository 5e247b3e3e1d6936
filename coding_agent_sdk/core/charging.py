"""What an attempt at a provider is expected to take, and what it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.core.error_facts import chain_of
from coding_agent_sdk.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelError,
    OverloadedError,
    RateLimitedError,
)
from coding_agent_sdk.types.changed import changed
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import AIMessage

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import ModelRequest

CHARACTERS_PER_TOKEN: Final = 4

NOTHING: Final = Usage()

_REFUSALS: Final = (
    RateLimitedError, OverloadedError, AuthenticationError, InvalidRequestError,
)  # fmt: skip
"""What a provider answers instead of working; it does not charge for that."""

_NOT_CONNECTED: Final = frozenset(
    {"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror"}
)
"""Classes of errors after which nothing can have been sent."""


def expected_usage(run: Run, request: ModelRequest) -> Usage:
    """Return what an attempt is expected to take; nothing where no account wants to know."""
    if run.account is None:
        return NOTHING
    asked = request.parameters.get("max_tokens") or run.services.limits.answer_tokens or 0
    return Usage(input_tokens=run.input_tokens(request), output_tokens=asked, model_calls=1)


def usage_of(run: Run, request: ModelRequest, message: AIMessage) -> Usage:
    """Return what the provider counted, or an estimate that says so.

    No request has no tokens, and no answer less than none: a server that says so has not counted,
    and a budget that believed it would never be spent, or be filled again.
    """
    counted = message.usage_metadata
    if counted is None:
        return _estimated(run, request, _tokens_said(message))
    taken, given = _count(counted["input_tokens"]), _count(counted["output_tokens"])
    read = counted.get("input_token_details", {})
    written = counted.get("output_token_details", {})
    cached, kept = _count(read.get("cache_read")), _cache_writes(read) if read else 0
    # Some servers count cached tokens beside the input, not in it: so there may be only such.
    if not (taken or cached or kept) or (not given and _tokens_said(message)):
        return _estimated(run, request, max(given, _tokens_said(message)), input_tokens=taken)
    usage = Usage(
        input_tokens=taken,
        output_tokens=given,
        cache_read_tokens=cached,
        cache_write_tokens=kept,
        reasoning_tokens=_count(written.get("reasoning")),
        model_calls=1,
        cost=None,
    )
    return _priced(run, request.model, usage)


def _count(value: object) -> int:
    """Return a number of tokens; 0 for what is none."""
    return max(value, 0) if isinstance(value, int) else 0


def _tokens_said(message: AIMessage) -> int:
    """Return about how many tokens an answer has, its tool calls included."""
    calls = sum(len(call["name"]) + len(str(call["args"])) for call in message.tool_calls)
    return -(-(len(message.text) + calls) // CHARACTERS_PER_TOKEN)


def usage_of_failed(run: Run, request: ModelRequest, error: Exception, text: str) -> Usage:
    """Return what an attempt that failed is estimated to have taken.

    Nothing where it was refused or never sent; else its input, and what had been said.

    Args:
        run: The run.
        request: What was asked.
        error: The error, in the SDK's own tree.
        text: What there is of the answer.
    """
    if run.account is None or (not text and not _was_worked_on(error)):
        return NOTHING
    return _estimated(run, request, len(text) // CHARACTERS_PER_TOKEN)


def _was_worked_on(error: Exception) -> bool:
    """Return whether a provider had begun to work when an attempt failed."""
    if isinstance(error, _REFUSALS) or not isinstance(error, ModelError):
        return False
    return not any(type(link).__name__ in _NOT_CONNECTED for link in chain_of(error))


def _estimated(run: Run, request: ModelRequest, output: int, *, input_tokens: int = 0) -> Usage:
    usage = Usage(
        input_tokens=input_tokens or run.input_tokens(request),
        output_tokens=output,
        model_calls=1,
        cost=None,
        estimated=True,
    )
    return _priced(run, request.model, usage)


def _priced(run: Run, model: str, usage: Usage) -> Usage:
    cost = run.cost(model, usage)
    return usage if cost is None else changed(usage, cost=cost)


def _cache_writes(details: Mapping[str, object]) -> int:
    """Return the tokens put into the provider's cache; Anthropic counts them by their lifetime."""
    names = ("cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    return sum(_count(details.get(name)) for name in names)
