"""Embeddings by OpenAI's protocol: of OpenAI itself, and of servers that speak it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final, Self

from coding_agent_sdk.errors import ConfigError, EmbeddingError, MissingExtraError
from coding_agent_sdk.models.surroundings import first_set, require_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import openai

__all__ = ["OpenAIEmbedder", "create_compatible", "create_openai"]

_SECONDS: Final = 5.0
_OTHER_SHAPE: Final = (AttributeError, TypeError, ValueError)
"""What the package raises, or gives rise to, where an answer is no answer of this protocol."""

_NO_KEY: Final = "not-needed"  # local servers ask for none; the client wants one all the same


class OpenAIEmbedder:
    """Asks a server for the vectors of texts. One HTTP request for each call: it never retries.

    Args:
        model: The model's name at the server.
        base_url: Where the API is, with its `/v1`; None for OpenAI itself.
        api_key: The key.
        timeout: Seconds of a call.
    """

    def __init__(
        self, model: str, *, base_url: str | None, api_key: str, timeout: float = _SECONDS
    ) -> None:
        self._model, self._base_url, self._api_key = model, base_url, api_key
        self._timeout = timeout
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        """Make the client; it belongs to this event loop."""
        import openai

        self._client = openai.AsyncOpenAI(
            base_url=self._base_url, api_key=self._api_key, timeout=self._timeout, max_retries=0
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text.

        Raises:
            EmbeddingError: The server gave none.
        """
        import openai

        assert self._client is not None, "open the embedder first"
        try:
            answer = await self._client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float"
            )
            vectors = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        except (openai.OpenAIError, *_OTHER_SHAPE) as error:
            raise EmbeddingError(
                f"the embedder {self._model!r} gave no vectors ({type(error).__name__}); check "
                "its server, its key and the name of the model"
            ) from error
        if len(vectors) != len(texts):
            raise EmbeddingError(
                f"the embedder {self._model!r} gave {len(vectors)} vectors for {len(texts)} texts"
            )
        return vectors


def create_openai(*, url: str, environment: Mapping[str, str] | None = None) -> OpenAIEmbedder:
    """Return the embedder `openai:MODEL`, at OpenAI or where `OPENAI_BASE_URL` says.

    Raises:
        ConfigError: There is no name of a model.
        AuthenticationError: There is no API key.
        MissingExtraError: The extra `openai` is not installed.
    """
    model = _model_of(url)
    key = require_key(
        None, provider="openai", model=model, variables=["OPENAI_API_KEY"], environment=environment
    )
    return OpenAIEmbedder(model, base_url=first_set(["OPENAI_BASE_URL"], environment), api_key=key)


def create_compatible(*, url: str, environment: Mapping[str, str] | None = None) -> OpenAIEmbedder:
    """Return the embedder `compatible:MODEL@URL`; without `@URL` at `CODING_AGENT_BASE_URL`.

    Raises:
        ConfigError: There is no name of a model, or no address.
        MissingExtraError: The extra `openai` is not installed.
    """
    named, _, address = _model_of(url).partition("@")
    address = address or first_set(["CODING_AGENT_BASE_URL"], environment) or ""
    if not address:
        raise ConfigError(
            f"the embedder {url!r} needs the address of its server and found none; write it as "
            "compatible:MODEL@http://localhost:11434/v1, or set CODING_AGENT_BASE_URL"
        )
    key = first_set(["CODING_AGENT_API_KEY"], environment) or _NO_KEY
    return OpenAIEmbedder(named, base_url=address, api_key=key)


def _model_of(url: str) -> str:
    """Return the model in `openai:MODEL`, where its package is there."""
    model = url.partition(":")[2]
    if not model:
        raise ConfigError(f"the embedder {url!r} names no model; write it as openai:MODEL")
    if importlib.util.find_spec("openai") is None:  # importing it here would slow the building
        raise MissingExtraError(feature=f"embedder {url!r}", module="openai", extra="openai")
    return model
