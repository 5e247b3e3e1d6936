"""OpenAI's models, by chat completions unless a model knows only the responses API."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.models.surroundings import first_set, require_key, requires_extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel

__all__ = ["create", "with_own_client"]


def create(
    name: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout: float = 60.0,
    temperature: float | None = None,
    max_tokens: int | None = None,
    environment: Mapping[str, str] | None = None,
    **extra: Any,
) -> BaseChatModel:
    """Build a model of OpenAI. It makes one HTTP request for each call: it never retries.

    Args:
        name: The model's name, as `gpt-4.1`.
        base_url: Where the API is; None takes `OPENAI_BASE_URL`, or OpenAI itself.
        api_key: The key; None takes `OPENAI_API_KEY`.
        timeout: Seconds to wait for the connection and for each piece of the answer.
        temperature: The sampling temperature; None leaves it to the provider.
        max_tokens: The most tokens of an answer; None leaves it to the provider.
        environment: Where to look for the variables; None looks into the process's environment.
        **extra: Anything that `langchain_openai.ChatOpenAI` takes;
            `use_responses_api=True` selects the responses API.

    Returns:
        The model. It owns its HTTP client; `await model.aclose()` closes it.

    Raises:
        AuthenticationError: There is no API key.
        MissingExtraError: The extra `openai` is not installed.
    """
    with requires_extra("openai", model=f"openai:{name}"):
        from langchain_openai import ChatOpenAI

    options: dict[str, Any] = {
        "model": name,
        "base_url": base_url or first_set(["OPENAI_BASE_URL"], environment),
        "api_key": require_key(
            api_key,
            provider="openai",
            model=name,
            variables=["OPENAI_API_KEY"],
            environment=environment,
        ),
        "timeout": timeout,
        "temperature": temperature,
        "max_tokens": max_tokens,
        **extra,
    }
    return with_own_client(ChatOpenAI, options)


def with_own_client(kind: Any, options: dict[str, Any]) -> BaseChatModel:
    """Build a model of the OpenAI package that retries nothing and owns its client.

    The package would share one client among all models of the process, which then lives
    on the event loop that used it first and can never be closed.

    Args:
        kind: `ChatOpenAI`, or its base class.
        options: Arguments of its constructor.
    """
    import openai

    options.setdefault("max_retries", 0)
    options.setdefault("stream_usage", True)  # off by default where base_url is another
    if "stream_chunk_timeout" in kind.model_fields:
        # The core has an idle clock of its own; this one would cost a task a chunk.
        options.setdefault("stream_chunk_timeout", None)
    if "http_async_client" in options:
        return kind(**options)  # type: ignore[no-any-return]  # the caller's client stays his
    client = openai.DefaultAsyncHttpxClient(timeout=options["timeout"])
    return _closable(kind)(**options, http_async_client=client)  # type: ignore[no-any-return]  # as above


@functools.cache
def _closable(kind: Any) -> Any:
    """Return the class with an `aclose`, as Gemini's has it."""

    class _Closable(kind):  # type: ignore[misc]  # known only when the extra is installed
        async def aclose(self) -> None:
            """Close the HTTP client."""
            await self.root_async_client.close()

    _Closable.__name__ = _Closable.__qualname__ = kind.__name__
    return _Closable
