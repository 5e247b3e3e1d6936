"""Moderation by OpenAI's protocol: of OpenAI itself, and of servers that speak it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final, Literal, Self

from coding_agent_sdk.errors import ConfigError, MissingExtraError, ModerationError
from coding_agent_sdk.models.surroundings import first_set, require_key
from coding_agent_sdk.protocols import Moderation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import openai

__all__ = ["OpenAIModerator", "create_compatible", "create_openai"]

_MODEL: Final = "omni-moderation-latest"
_SECONDS: Final = 8.0
_OTHER_SHAPE: Final = (AttributeError, IndexError, TypeError, ValueError)
"""What the package raises, or gives rise to, where an answer is no answer of this protocol."""

_NO_KEY: Final = "not-needed"  # local servers ask for none; the client wants one all the same


class OpenAIModerator:
    """Asks the endpoint `moderations`. One HTTP request for each text: it never retries.

    Args:
        model: The model's name at the server.
        base_url: Where the API is, with its `/v1`; None for OpenAI itself.
        api_key: The key.
        timeout: Seconds of a request.
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

    async def moderate(
        self,
        text: str,
        *,
        role: Literal["user", "assistant"],  # noqa: ARG002  the endpoint asks for none
    ) -> Moderation:
        """Return what the endpoint says of a text.

        Raises:
            ModerationError: It said nothing that can be read.
        """
        import openai

        assert self._client is not None, "open the moderator first"
        try:
            answer = await self._client.moderations.create(model=self._model, input=text)
            (result,) = answer.results
            named = result.categories.model_dump(by_alias=True)
            return Moderation(
                flagged=_truth(result.flagged),
                categories=tuple(sorted(name for name, applies in named.items() if applies)),
            )
        except (openai.OpenAIError, *_OTHER_SHAPE) as error:
            raise ModerationError(
                f"the moderator {self._model!r} gave no verdict ({type(error).__name__}); check "
                "its server, its key and the name of the model"
            ) from error


def create_openai(
    *, url: str = "openai", environment: Mapping[str, str] | None = None
) -> OpenAIModerator:
    """Return the moderator `openai` or `openai:MODEL`, where `OPENAI_BASE_URL` says, if it does.

    Raises:
        AuthenticationError: There is no API key.
        MissingExtraError: The extra `openai` is not installed.
    """
    model = _model_of(url)
    key = require_key(
        None, provider="openai", model=model, variables=["OPENAI_API_KEY"], environment=environment
    )
    return OpenAIModerator(model, base_url=first_set(["OPENAI_BASE_URL"], environment), api_key=key)


def create_compatible(
    *, url: str = "compatible", environment: Mapping[str, str] | None = None
) -> OpenAIModerator:
    """Return the moderator `compatible:MODEL@URL`; without `@URL` at `CODING_AGENT_BASE_URL`.

    Raises:
        ConfigError: There is no address.
        MissingExtraError: The extra `openai` is not installed.
    """
    named, _, address = _model_of(url).partition("@")
    address = address or first_set(["CODING_AGENT_BASE_URL"], environment) or ""
    if not address:
        raise ConfigError(
            f"the moderator {url!r} needs the address of its server and found none; write it as "
            "compatible:MODEL@http://localhost:8000/v1, or set CODING_AGENT_BASE_URL"
        )
    key = first_set(["CODING_AGENT_API_KEY"], environment) or _NO_KEY
    return OpenAIModerator(named or _MODEL, base_url=address, api_key=key)


def _truth(flagged: object) -> bool:
    if not isinstance(flagged, bool):  # the client hands on what a server says, whatever it is
        raise TypeError(f"flagged is {type(flagged).__name__}")
    return flagged


def _model_of(url: str) -> str:
    """Return the model in `openai:MODEL`, where its package is there."""
    if importlib.util.find_spec("openai") is None:  # importing it here would slow the building
        raise MissingExtraError(feature=f"moderator {url!r}", module="openai", extra="openai")
    return url.partition(":")[2] or _MODEL
