"""Moderation by OpenAI's protocol: of OpenAI itself, and of servers that speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from coding_agent_sdk.errors import ModerationError
from coding_agent_sdk.models.openai_endpoint import OTHER_SHAPE, OpenAIEndpoint
from coding_agent_sdk.protocols import Moderation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OpenAIModerator", "create_compatible", "create_openai"]


class OpenAIModerator(OpenAIEndpoint):
    """Asks the endpoint `moderations`."""

    what: ClassVar = "moderator"
    seconds: ClassVar = 8.0
    default_model: ClassVar = "omni-moderation-latest"

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

        try:
            answer = await self.client.moderations.create(model=self._model, input=text)
            (result,) = answer.results
            named = result.categories.model_dump(by_alias=True)
            return Moderation(
                flagged=_truth(result.flagged),
                categories=tuple(sorted(name for name, applies in named.items() if applies)),
            )
        except (openai.OpenAIError, *OTHER_SHAPE) as error:
            raise ModerationError(
                f"the moderator {self._model!r} gave no verdict ({type(error).__name__}); check "
                "its server, its key and the name of the model"
            ) from error


def create_openai(
    *, url: str = "openai", environment: Mapping[str, str] | None = None
) -> OpenAIModerator:
    """Return the moderator `openai` or `openai:MODEL`; see `OpenAIEndpoint.at_openai`."""
    return OpenAIModerator.at_openai(url, environment)


def create_compatible(
    *, url: str = "compatible", environment: Mapping[str, str] | None = None
) -> OpenAIModerator:
    """Return the moderator `compatible:MODEL@URL`; see `OpenAIEndpoint.at_address`."""
    return OpenAIModerator.at_address(url, environment)


def _truth(flagged: object) -> bool:
    if not isinstance(flagged, bool):  # the client hands on what a server says, whatever it is
        raise TypeError(f"flagged is {type(flagged).__name__}")
    return flagged
