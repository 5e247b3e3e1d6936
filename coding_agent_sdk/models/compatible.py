"""Servers that speak OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.models.openai import with_own_client
from coding_agent_sdk.models.surroundings import first_set, requires_extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel

__all__ = ["create"]

_NO_KEY = "not-needed"  # local servers ask for none; the client wants one all the same


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
    """Build a model of a compatible server. It makes one HTTP request for each call.

    Args:
        name: The model's name, as the server lists it.
        base_url: Where the API is, with its `/v1`; None takes `CODING_AGENT_BASE_URL`.
        api_key: The key; None takes `CODING_AGENT_API_KEY`, or none.
        timeout: Seconds to wait for the connection and for each piece of the answer.
        temperature: The sampling temperature; None leaves it to the server.
        max_tokens: The most tokens of an answer; None leaves it to the server.
        environment: Where to look for the variables; None looks into the process's environment.
        **extra: Anything that `langchain_openai.ChatOpenAI` takes; `stream_usage=False`
            for a server that does not know `stream_options`.

    Returns:
        The model. It owns its HTTP client; `await model.aclose()` closes it.

    Raises:
        ConfigError: There is no base URL.
        MissingExtraError: The extra `openai` is not installed.
    """
    # The base class sends `max_tokens`; ChatOpenAI the newer name, which not all servers know.
    with requires_extra("openai", model=f"compatible:{name}"):
        from langchain_openai.chat_models.base import BaseChatOpenAI

    url = base_url or first_set(["CODING_AGENT_BASE_URL"], environment)
    if not url:
        raise ConfigError(
            f"the model 'compatible:{name}' needs the address of its server and found none; pass "
            "base_url= or set CODING_AGENT_BASE_URL, for example http://localhost:11434/v1 "
            "(Ollama), http://localhost:8080/v1 (llama.cpp), http://localhost:8000/v1 (vLLM) or "
            "http://localhost:1234/v1 (LM Studio)"
        )
    options: dict[str, Any] = {
        "model": name,
        "base_url": url,
        "api_key": api_key or first_set(["CODING_AGENT_API_KEY"], environment) or _NO_KEY,
        "timeout": timeout,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "use_responses_api": False,  # else the model's name could select it
        **extra,
    }
    return with_own_client(BaseChatOpenAI, options)
