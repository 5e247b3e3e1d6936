"""Anthropic's models."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.models.surroundings import first_set, require_key, requires_extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel

__all__ = ["create"]


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
    """Build a model of Anthropic. It makes one HTTP request for each call: it never retries.

    Args:
        name: The model's name, as `claude-sonnet-5-5`.
        base_url: Where the API is; None takes `ANTHROPIC_BASE_URL`, or Anthropic itself.
        api_key: The key; None takes `ANTHROPIC_API_KEY`.
        timeout: Seconds to wait for the connection and for each piece of the answer.
        temperature: The sampling temperature; None leaves it to the provider.
        max_tokens: The most tokens of an answer; None takes the most of the model, where
            the package knows it.
        environment: Where to look for the variables; None looks into the process's environment.
        **extra: Anything that `langchain_anthropic.ChatAnthropic` takes, as `thinking=`.

    Returns:
        The model. It owns its HTTP client; `await model.aclose()` closes it.

    Raises:
        AuthenticationError: There is no API key.
        MissingExtraError: The extra `anthropic` is not installed.
    """
    with requires_extra("anthropic", model=f"anthropic:{name}"):
        kind = _closable()
    options: dict[str, Any] = {
        "model": name,
        "api_key": require_key(
            api_key,
            provider="anthropic",
            model=name,
            variables=["ANTHROPIC_API_KEY"],
            environment=environment,
        ),
        "timeout": timeout,
        "max_retries": 0,
        **extra,
    }
    given = {
        "base_url": base_url or first_set(["ANTHROPIC_BASE_URL"], environment),
        "temperature": temperature,
        "max_tokens": max_tokens,
    }
    options.update({key: value for key, value in given.items() if value is not None})
    return kind(**options)  # type: ignore[no-any-return]  # known only with the extra


@functools.cache
def _closable() -> Any:
    """Return the class with a client of its own and an `aclose`, as Gemini's has it.

    The package would share one client among all models of the process, which then lives
    on the event loop that used it first and can never be closed.
    """
    import anthropic
    from langchain_anthropic import ChatAnthropic as Shared

    class ChatAnthropic(Shared):
        @functools.cached_property
        def _async_client(self) -> anthropic.AsyncAnthropic:
            client = anthropic.DefaultAsyncHttpxClient(
                timeout=self.default_request_timeout, proxy=self.anthropic_proxy
            )
            return anthropic.AsyncAnthropic(**self._client_params, http_client=client)

        async def aclose(self) -> None:
            """Close the HTTP client; the next call opens another."""
            kept: dict[str, Any] = vars(self)
            client = kept.pop("_async_client", None)
            if client is not None:
                await client.close()

    return ChatAnthropic
