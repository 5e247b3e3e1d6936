"""Google's Gemini models."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any

from langchain_core.utils.json_schema import dereference_refs

from coding_agent_sdk.models.surroundings import first_set, require_key, requires_extra

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from langchain_core.language_models import BaseChatModel

__all__ = ["create"]

_UNKNOWN_KEYWORDS = frozenset({"additionalProperties", "$defs"})
_VERTEX_OPTIONS = frozenset({"vertexai", "credentials", "project"})


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
    """Build a Gemini model. It makes one HTTP request for each call: it never retries.

    Args:
        name: The model's name, as `gemini-2.5-pro`.
        base_url: Where the API is; None takes `GOOGLE_GEMINI_BASE_URL`, or Google itself.
        api_key: The key; None takes `GOOGLE_API_KEY` or `GEMINI_API_KEY`. Vertex AI needs
            none: pass `vertexai=True`, `project=` or `credentials=`.
        timeout: Seconds to wait for the connection and for each piece of the answer.
        temperature: The sampling temperature; None leaves it to the provider.
        max_tokens: The most tokens of an answer; None leaves it to the provider.
        environment: Where to look for the variables; None looks into the process's environment.
        **extra: Anything that `langchain_google_genai.ChatGoogleGenerativeAI` takes.

    Returns:
        The model. It owns its HTTP clients; `await model.aclose()` closes them.

    Raises:
        AuthenticationError: There is no API key.
        MissingExtraError: The extra `google` is not installed.
    """
    with requires_extra("google", model=f"google:{name}"):
        kind = _gemini()
    options: dict[str, Any] = {
        "model": name,
        "timeout": timeout,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "max_retries": 1,  # requests in all: the package takes 0 for its own default
        **extra,
    }
    if not _uses_vertex(extra, environment):
        api_key = require_key(
            api_key,
            provider="google",
            model=name,
            variables=["GOOGLE_API_KEY", "GEMINI_API_KEY"],
            environment=environment,
        )
    if api_key:
        options["google_api_key"] = api_key
    if url := base_url or first_set(["GOOGLE_GEMINI_BASE_URL"], environment):
        options["base_url"] = url
    return kind(**options)  # type: ignore[no-any-return]  # known only with the extra


@functools.cache
def _gemini() -> Any:
    """Return the class that is quiet about what Gemini's schemas lack, and closes its streams.

    The package would log a warning for each tool with each request, and leave the connection of an
    answer open that is not read to its end.
    """
    from langchain_google_genai import ChatGoogleGenerativeAI as Package

    class ChatGoogleGenerativeAI(Package):
        def bind_tools(self, tools: Any, *args: Any, **kwargs: Any) -> Any:
            """Bind tools, their schemas without the keywords that Gemini does not know."""
            return super().bind_tools([_plain(tool) for tool in tools], *args, **kwargs)

        async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            chunks = super()._astream(*args, **kwargs)
            try:
                async for chunk in chunks:
                    yield chunk
            except GeneratorExit:
                await _stop_reading(chunks)
                raise

    return ChatGoogleGenerativeAI


async def _stop_reading(chunks: AsyncIterator[Any]) -> None:
    """Close a stream by a read that is given up where it would have to wait.

    That ends its generators from the innermost one, which has the connection. Closed from the
    outermost one they would be left to the event loop, which closes all of them at once: they then
    get into each other's way, and the connection stays open.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):
            async for _ in chunks:
                pass


def _plain(tool: Any) -> Any:
    """Return a tool with its references resolved, and not closed: it validates by itself."""
    function: dict[str, Any] = tool.get("function", {}) if isinstance(tool, dict) else {}
    if "parameters" not in function:
        return tool
    parameters = _without(_UNKNOWN_KEYWORDS, dereference_refs(function["parameters"]))
    return {**tool, "function": {**function, "parameters": parameters}}


def _without(keywords: frozenset[str], schema: Any, *, names: bool = False) -> Any:
    """Return a schema without some keywords; *names* says that its keys are names, not keywords."""
    if isinstance(schema, list):
        return [_without(keywords, part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without(keywords, part, names=not names and key == "properties")
        for key, part in schema.items()
        if names or key not in keywords
    }


def _uses_vertex(extra: dict[str, Any], environment: Mapping[str, str] | None) -> bool:
    """Whether Vertex AI is asked, which has other credentials than a key."""
    if any(extra.get(option) for option in _VERTEX_OPTIONS):
        return True
    asked = first_set(["GOOGLE_GENAI_USE_VERTEXAI"], environment) or ""
    return asked.lower() in {"1", "true"}
