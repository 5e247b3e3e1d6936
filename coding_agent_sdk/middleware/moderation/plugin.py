"""The plugin `moderation`: a moderator judges requests and answers, where one is configured."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Literal, cast

from coding_agent_sdk.errors import AgentError, BudgetExceededError, ConfigError
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.moderation.judge import JUDGE, ask_judge
from coding_agent_sdk.middleware.moderation.settings import ModerationSettings
from coding_agent_sdk.text.failures import said
from coding_agent_sdk.types.decisions import Deny

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.protocols import Moderation, Moderator
    from coding_agent_sdk.types.decisions import Decision
    from coding_agent_sdk.types.model import ModelResponse
    from coding_agent_sdk.types.requests import Request

__all__ = ["ModerationPlugin"]

_RULE: Final = "moderation"


class ModerationPlugin:
    """Has a moderator judge what is asked and what is answered."""

    name: Final = "moderation"

    def __init__(self) -> None:
        self._moderator: Moderator | None = None

    @hookimpl
    def register_settings(self) -> type[ModerationSettings]:
        """Give the section `[plugins.moderation]`."""
        return ModerationSettings

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a judge without a model.

        Raises:
            ConfigError: The moderator is `judge:` alone.
        """
        named = agent.settings.moderator
        if named.startswith(JUDGE) and ":" not in named.removeprefix(JUDGE):
            raise ConfigError(
                f"`plugins.moderation.moderator` is {named!r}, which names no model; write it as "
                "judge:openai:gpt-4.1-mini"
            )

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Have the moderator opened; the agent closes it."""
        named = agent.settings.moderator
        if named and not named.startswith(JUDGE):
            self._moderator = cast("Moderator", await agent.open_backend("moderator", named))
        yield
        self._moderator = None

    @hookimpl(when="judges_requests")
    async def check_request(self, context: RunContext, request: Request) -> Decision | None:
        """Refuse a request that the moderator flags."""
        return await self._decide(context, request.text, role="user")

    @hookimpl(when="judges_answers")
    async def check_model_output(
        self, context: RunContext, response: ModelResponse
    ) -> Decision | None:
        """Withhold an answer that the moderator flags."""
        return await self._decide(context, response.text, role="assistant")

    async def _decide(
        self, context: RunContext, text: str, *, role: Literal["user", "assistant"]
    ) -> Decision | None:
        if not text.strip():
            return None
        settings: ModerationSettings = context.settings
        try:
            async with asyncio.timeout(settings.timeout):
                verdict = await self._ask(context, context.redact(text, sink="model"), role=role)
        except BudgetExceededError:
            raise
        except (AgentError, TimeoutError) as error:
            late = isinstance(error, TimeoutError)
            why = f"no verdict within {settings.timeout:g} s" if late else said(error)
            return _unjudged(context, why, role=role)
        if not verdict.flagged:
            return None
        categories = ", ".join(verdict.categories) or "no category"
        what = "the request" if role == "user" else "what the model said"
        return Deny(f"the moderator flagged {what} ({categories})", rule=_RULE)

    async def _ask(
        self, context: RunContext, text: str, *, role: Literal["user", "assistant"]
    ) -> Moderation:
        if self._moderator is not None:
            return await self._moderator.moderate(text, role=role)
        model = context.settings.moderator.removeprefix(JUDGE)
        return await ask_judge(context, text, model=model, role=role)


def _unjudged(context: RunContext, why: str, *, role: str) -> Decision | None:
    """Say what becomes of a text that nobody has judged."""
    if context.settings.on_error == "deny":
        return Deny(f"it could not be moderated: {why}", rule=f"{_RULE}.failed")
    context.emit(
        PluginEvent(
            plugin="moderation",
            name="not_moderated",
            data={
                "reason": f"a text of the {role} was let through without a verdict: {why}",
                "fix": "see to the moderator, or set `plugins.moderation.on_error` to `deny`",
            },
        )
    )
    return None
