"""The vault around one tool call: true values on the way in, placeholders on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.vault.hiding import hidden
from coding_agent_sdk.middleware.guardrails.vault.known import KnownInSession
from coding_agent_sdk.middleware.guardrails.vault.putting_back import put_back

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
    from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
    from coding_agent_sdk.types.tools import ToolCall, ToolResult

__all__ = ["Passing", "known_to"]

_STATE: Final = "secrets"


class Passing:
    """One tool call on its way through the vault, and its result on the way back.

    Args:
        context: The run.
        own: The agent's own secrets.
        sessions: What its sessions have met.
    """

    __slots__ = ("_context", "_known", "_looked_through")

    def __init__(self, context: RunContext, *, own: KnownValues, sessions: Sessions) -> None:
        self._context = context
        self._known, self._looked_through = known_to(context, own, sessions)

    def with_true_values(self, call: ToolCall) -> ToolCall | ToolResult:
        """Return the call with the values of its placeholders, or the result that refuses it."""
        settings, tools = self._context.settings, self._context.tools
        if not settings.vault:
            return call
        return put_back(call, self._known.met, commands=settings.vault_commands, tools=tools)

    def with_placeholders(self, call: ToolCall, result: ToolResult) -> ToolResult:
        """Return the result without the values that it shows."""
        vault = self._context.settings.vault
        return hidden(call, result, self._known, self._looked_through, vault=vault)


def known_to(
    context: RunContext, own: KnownValues, sessions: Sessions
) -> tuple[KnownInSession, LookedThrough]:
    """Return what a run knows, and what it has looked through: one of each for the whole run."""
    state = context.state
    kept: tuple[KnownInSession, LookedThrough] | None = state.get(_STATE)
    if kept is None:
        known = KnownInSession(own, sessions, user=context.user, session=context.session)
        kept = state[_STATE] = known, LookedThrough(sessions.usual)
    return kept
