"""What every service by OpenAI's protocol beside chat has: a client, an address, a key."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, ClassVar, Final, Self

from coding_agent_sdk.errors import ConfigError, MissingExtraError
from coding_agent_sdk.models.surroundings import first_set, require_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import openai

__all__ = ["OTHER_SHAPE", "OpenAIEndpoint"]

OTHER_SHAPE: Final = (AttributeError, IndexError, TypeError, ValueError)
"""What the package raises, or gives rise to, where an answer is no answer of this protocol."""

_NO_KEY: Final = "not-needed"  # local servers ask for none; the client wants one all the same


class OpenAIEndpoint:
    """A service with a client of its own. One HTTP request for each call: it never retries.

    Args:
        model: The model's name at the server.
        base_url: Where the API is, with its `/v1`; None for OpenAI itself.
        api_key: The key.
    """

    what: ClassVar[str]
    """What it is called in messages."""

    seconds: ClassVar[float]
    """How long a request may take."""

    default_model: ClassVar[str] = ""
    """The model where none is named; `""` where one has to be."""

    def __init__(self, model: str, *, base_url: str | None, api_key: str) -> None:
        self._model, self._base_url, self._api_key = model, base_url, api_key
        self._client: openai.AsyncOpenAI | None = None

    @classmethod
    def at_openai(cls, url: str, environment: Mapping[str, str] | None) -> Self:
        """Return that of `openai:MODEL`, at OpenAI or where `OPENAI_BASE_URL` says.

        Raises:
            ConfigError: There is no name of a model, where it needs one.
            AuthenticationError: There is no API key.
            MissingExtraError: The extra `openai` is not installed.
        """
        model = cls._model_of(url, url.partition(":")[2])
        key = require_key(
            None,
            provider="openai",
            model=model,
            variables=["OPENAI_API_KEY"],
            environment=environment,
        )
        return cls(model, base_url=first_set(["OPENAI_BASE_URL"], environment), api_key=key)

    @classmethod
    def at_address(cls, url: str, environment: Mapping[str, str] | None) -> Self:
        """Return that of `compatible:MODEL@URL`; without `@URL` at `CODING_AGENT_BASE_URL`.

        Raises:
            ConfigError: There is no address, or no name of a model, where it needs one.
            MissingExtraError: The extra `openai` is not installed.
        """
        named, _, address = url.partition(":")[2].partition("@")
        model = cls._model_of(url, named)
        address = address or first_set(["CODING_AGENT_BASE_URL"], environment) or ""
        if not address:
            raise ConfigError(
                f"the {cls.what} {url!r} needs the address of its server and found none; write it "
                "as compatible:MODEL@http://localhost:8000/v1, or set CODING_AGENT_BASE_URL"
            )
        key = first_set(["CODING_AGENT_API_KEY"], environment) or _NO_KEY
        return cls(model, base_url=address, api_key=key)

    @classmethod
    def _model_of(cls, url: str, named: str) -> str:
        model = named or cls.default_model
        if not model:
            raise ConfigError(f"the {cls.what} {url!r} names no model; write it as openai:MODEL")
        if importlib.util.find_spec("openai") is None:  # importing it here would slow the building
            raise MissingExtraError(feature=f"{cls.what} {url!r}", module="openai", extra="openai")
        return model

    @property
    def client(self) -> openai.AsyncOpenAI:
        """The client; it belongs to the event loop on which it was opened."""
        assert self._client is not None, f"open the {self.what} first"
        return self._client

    async def __aenter__(self) -> Self:
        """Make the client."""
        import openai

        self._client = openai.AsyncOpenAI(
            base_url=self._base_url, api_key=self._api_key, timeout=self.seconds, max_retries=0
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
