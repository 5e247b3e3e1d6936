"""Exceptions of provider packages, told in the SDK's own error tree.

The packages raise from five families (`langchain_core`, the vendor's SDK, `httpx`,
`httpx2`, plain builtins), so no single `except` could catch them. None of them is
imported here: an error is known by its status code, by the error type in its body, and
by the names of its classes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from coding_agent_sdk.core.error_facts import ErrorFacts, chain_of
from coding_agent_sdk.errors import (
    AuthenticationError,
    BadResponseError,
    ConnectionLostError,
    ContextTooLongError,
    InvalidRequestError,
    ModelError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
    nearest,
)
from coding_agent_sdk.text.failures import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["map_model_error"]

_Kind = type[ModelError]

_BY_STATUS: dict[int, _Kind] = {
    401: AuthenticationError,
    403: AuthenticationError,
    408: ModelTimeoutError,
    409: OverloadedError,  # a conflict on the provider's side passes
    425: OverloadedError,
    429: RateLimitedError,
}

_BY_TYPE: dict[str, _Kind] = {
    # Anthropic, also inside a stream whose status was 200
    "authentication_error": AuthenticationError,
    "permission_error": AuthenticationError,
    "rate_limit_error": RateLimitedError,
    "overloaded_error": OverloadedError,
    "api_error": OverloadedError,
    "timeout_error": ModelTimeoutError,
    "invalid_request_error": InvalidRequestError,
    "not_found_error": InvalidRequestError,
    "request_too_large": InvalidRequestError,
    # OpenAI
    "invalid_api_key": AuthenticationError,
    "insufficient_quota": RateLimitedError,
    "rate_limit_exceeded": RateLimitedError,
    "server_error": OverloadedError,
    "context_length_exceeded": ContextTooLongError,
    "invalid_prompt": InvalidRequestError,
    # Gemini
    "api_key_invalid": AuthenticationError,
    "unauthenticated": AuthenticationError,
    "permission_denied": AuthenticationError,
    "resource_exhausted": RateLimitedError,
    "unavailable": OverloadedError,
    "internal": OverloadedError,
    "deadline_exceeded": ModelTimeoutError,
    "invalid_argument": InvalidRequestError,
    "failed_precondition": InvalidRequestError,
    "not_found": InvalidRequestError,
}

_BY_CLASS: dict[str, _Kind] = {
    # langchain_core.exceptions, which every integration may raise
    "ContextOverflowError": ContextTooLongError,
    "ModelAuthenticationError": AuthenticationError,
    "ModelPermissionDeniedError": AuthenticationError,
    "ModelRateLimitError": RateLimitedError,
    "ModelTimeoutError": ModelTimeoutError,
    "ModelConnectionError": ConnectionLostError,
    "ModelAPIError": OverloadedError,
    "ModelInvalidRequestError": InvalidRequestError,
    "ModelNotFoundError": InvalidRequestError,
    # openai, anthropic
    "APITimeoutError": ModelTimeoutError,
    "APIConnectionError": ConnectionLostError,
    "APIResponseValidationError": BadResponseError,
    # httpx, httpx2, httpcore, anyio
    "TimeoutException": ModelTimeoutError,
    "DecodingError": BadResponseError,
    "TooManyRedirects": BadResponseError,
    "TransportError": ConnectionLostError,
    "NetworkError": ConnectionLostError,
    "ProtocolError": ConnectionLostError,
    "ClosedResourceError": ConnectionLostError,
    "BrokenResourceError": ConnectionLostError,
    "EndOfStream": ConnectionLostError,
    "StreamError": ConnectionLostError,
    # openai, anthropic, google.genai: an error event in a stream, of no type that is known
    "APIError": OverloadedError,
    # google.genai.errors, google.auth, pydantic
    "DefaultCredentialsError": AuthenticationError,
    "RefreshError": AuthenticationError,
    "UnknownApiResponseError": BadResponseError,
    "ValidationError": BadResponseError,
}

_VENDORS = frozenset({
    "openai", "anthropic", "google", "httpx", "httpx2", "httpcore", "anyio",
    "langchain_core", "langchain_openai", "langchain_anthropic", "langchain_google_genai",
    "pydantic", "pydantic_core",
})  # fmt: skip

_TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "prompt is too long",
    "input is too long",
    "maximum context length",
    "exceeds the context window",
    "exceeds the available context size",
    "exceeds the maximum number of tokens",
    "input tokens exceed",
    "contextwindowexceeded",
)

_NO_KEY = (
    "api_key client option must be set",
    "missing credentials",
    "could not resolve authentication method",
    "anthropic authentication failed",
    "api key required",
    "api key not valid",
    "no api key",
)

_WRONG_CALL = ("unexpected keyword argument", "missing 1 required", "got multiple values")

_WHAT: dict[_Kind, str] = {
    AuthenticationError: "the key was not accepted; check the API key and what it may use",
    BadResponseError: "the answer could not be read",
    ConnectionLostError: "the connection failed",
    ContextTooLongError: "the prompt is longer than the model takes; shorten the conversation",
    InvalidRequestError: "the request was refused",
    ModelTimeoutError: "no answer came in time",
    OverloadedError: "the provider is overloaded or broken",
    RateLimitedError: "the rate limit was reached",
    ModelError: "the call failed",
}

_FIRST_ERROR, _NOT_FOUND, _FIRST_SERVER_ERROR = 400, 404, 500
_LONGEST_DETAIL = 500


def map_model_error(
    error: Exception,
    *,
    provider: str,
    model: str,
    known_models: Sequence[str] = (),
) -> ModelError:
    """Return what an exception of a model call means, with the exception as its cause.

    Args:
        error: What the model raised. An error of the SDK is returned as it is.
        provider: Name of the provider.
        model: Name of the model.
        known_models: Names to list where the provider does not know the model.

    Returns:
        The error of the SDK's tree; `ModelError` itself, which is not retried, for an
        exception that tells nothing, as one of a model of the user's own may be.

    Example:
        ```python
        try:
            message = await model.ainvoke(messages)
        except Exception as error:
            raise map_model_error(error, provider="openai", model="gpt-4.1") from error
        ```
    """
    if isinstance(error, ModelError):
        return error
    facts = ErrorFacts.of(error)
    kind = _kind_of(error, facts)
    mapped = kind(
        _message(kind, facts, provider=provider, model=model, known_models=known_models),
        provider=provider,
        model=model,
        retry_after=facts.retry_after,
        request_id=facts.request_id,
    )
    if "insufficient_quota" in facts.types:
        mapped.retryable = False  # waiting does not fill an account
    mapped.__cause__ = error
    return mapped


# -- which error it is -----------------------------------------------------------------


def _kind_of(error: Exception, facts: ErrorFacts) -> _Kind:
    text = facts.text.lower()
    if facts.status in {None, 200, 400, 413, 422} and (
        "ContextOverflowError" in facts.classes or any(sign in text for sign in _TOO_LONG)
    ):
        return ContextTooLongError
    if any(sign in text for sign in _NO_KEY):
        return AuthenticationError
    by_type = next((_BY_TYPE[name] for name in facts.types if name in _BY_TYPE), None)
    if facts.status is not None and facts.status >= _FIRST_ERROR:
        return _of_status(facts.status, by_type)
    if by_type is not None:
        return by_type
    for link in chain_of(error):
        kind = _of_class(link)
        if kind is not None:
            return kind
    return ModelError


def _of_status(status: int, by_type: _Kind | None) -> _Kind:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _FIRST_SERVER_ERROR:
        return OverloadedError
    return AuthenticationError if by_type is AuthenticationError else InvalidRequestError


def _of_class(error: BaseException) -> _Kind | None:
    """Judge an exception by its classes."""
    for base in type(error).__mro__:
        if base.__name__ in _BY_CLASS and _package(base) in _VENDORS:
            return _BY_CLASS[base.__name__]
    if isinstance(error, TimeoutError):
        return ModelTimeoutError
    if isinstance(error, (OSError, EOFError)):
        return ConnectionLostError
    if isinstance(error, TypeError) and any(sign in words_of(error) for sign in _WRONG_CALL):
        return InvalidRequestError
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)) or _raised_by_vendor(error):
        return BadResponseError
    if isinstance(error, RecursionError) and _passed_a_vendor(error):
        return BadResponseError  # an answer that is nested more deeply than its client can read
    return None


def _raised_by_vendor(error: BaseException) -> bool:
    """Whether a vendor's package stumbled: over an answer that it had not expected.

    A builtin error from anywhere else is a slip of the caller's or of his own model, which
    no second try repairs.
    """
    if not isinstance(error, (ValueError, TypeError, AttributeError, LookupError, AssertionError)):
        return _package(type(error)) in _VENDORS - {"langchain_core"}
    if _package(type(error)) in _VENDORS:
        return True
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return False
    return str(frame.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in _VENDORS


def _passed_a_vendor(error: BaseException) -> bool:
    frame = error.__traceback__
    while frame is not None:
        name = str(frame.tb_frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] in _VENDORS - {"langchain_core"}:
            return True
        frame = frame.tb_next
    return False


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


# -- what it says ----------------------------------------------------------------------


def _message(
    kind: _Kind, facts: ErrorFacts, *, provider: str, model: str, known_models: Sequence[str]
) -> str:
    asked = ":".join(part for part in (provider, model) if part) or "the model"
    refused = facts.status is not None and facts.status >= _FIRST_ERROR
    status = f" ({facts.status})" if refused else ""
    detail = facts.detail
    if len(detail) > _LONGEST_DETAIL:
        detail = detail[:_LONGEST_DETAIL] + "…"
    parts = [f"{asked}: {_WHAT[kind]}{status}: {detail}"]
    if kind is ConnectionLostError and facts.address:
        parts.append(f"it was asked at {facts.address}: is its server there, and base_url right?")
    if facts.retry_after is not None:
        parts.append(f"the provider asks to wait {facts.retry_after:g} s")
    if facts.status == _NOT_FOUND and known_models:
        listed = ", ".join(repr(name) for name in known_models)
        parts.append(f"known models: {listed}{nearest(model, known_models)}")
    return "; ".join(parts)
