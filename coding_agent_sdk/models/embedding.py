"""Embeddings by OpenAI's protocol: of OpenAI itself, and of servers that speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from coding_agent_sdk.errors import EmbeddingError
from coding_agent_sdk.models.openai_endpoint import OTHER_SHAPE, OpenAIEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OpenAIEmbedder", "create_compatible", "create_openai"]


class OpenAIEmbedder(OpenAIEndpoint):
    """Asks a server for the vectors of texts."""

    what: ClassVar = "embedder"
    seconds: ClassVar = 5.0

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text.

        Raises:
            EmbeddingError: The server gave none.
        """
        import openai

        try:
            answer = await self.client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float"
            )
            vectors = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        except (openai.OpenAIError, *OTHER_SHAPE) as error:
            raise EmbeddingError(
                f"the embedder {self._model!r} gave no vectors ({type(error).__name__}); check "
                "its server, its key and the name of the model"
            ) from error
        if len(vectors) != len(texts):
            raise EmbeddingError(
                f"the embedder {self._model!r} gave {len(vectors)} vectors for {len(texts)} texts"
            )
        return vectors


def create_openai(
    *, url: str = "openai", environment: Mapping[str, str] | None = None
) -> OpenAIEmbedder:
    """Return the embedder `openai:MODEL`; see `OpenAIEndpoint.at_openai` for what it raises."""
    return OpenAIEmbedder.at_openai(url, environment)


def create_compatible(
    *, url: str = "compatible", environment: Mapping[str, str] | None = None
) -> OpenAIEmbedder:
    """Return the embedder `compatible:MODEL@URL`; see `OpenAIEndpoint.at_address`."""
    return OpenAIEmbedder.at_address(url, environment)
