"""The vault around one tool call: true values on the way in, placeholders on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.vault.hiding import hidden
from coding_agent_sdk.middleware.guardrails.vault.known import KnownInSession
from coding_agent_sdk.middleware.guardrails.vault.putting_back import put_back
from coding_agent_sdk.middleware.guardrails.vault.redactor import SessionRedactor
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
    from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["redactor_of", "through_vault"]

_STATE: Final = "secrets"
_READ_AGAIN: Final = frozenset({"model", "store"})  # they get the same bytes


async def through_vault(
    context: RunContext,
    call: ToolCall,
    call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    *,
    own: KnownValues,
    sessions: Sessions,
) -> ToolResult:
    """Run a call with the true values of its placeholders, and hide those that its result shows.

    Args:
        context: The run.
        call: The call as it was made, shown and recorded.
        call_next: Runs it.
        own: The agent's own secrets.
        sessions: What its sessions have met.
    """
    settings = context.settings
    known, looked_through = _of_run(context, own, sessions)
    inner = call
    if settings.vault:
        given = put_back(call, known.met, commands=settings.vault_commands, tools=context.tools)
        if isinstance(given, ToolResult):
            return given
        inner = given
    result = await call_next(inner)
    return hidden(call, result, known, looked_through, vault=settings.vault)


def redactor_of(
    context: RunContext, sink: str, *, own: KnownValues, sessions: Sessions
) -> SessionRedactor:
    """Return what masks secrets in a text of a run on its way to *sink*."""
    known, looked_through = _of_run(context, own, sessions)
    return SessionRedactor(known, looked_through=looked_through, placeholders=sink in _READ_AGAIN)


def _of_run(
    context: RunContext, own: KnownValues, sessions: Sessions
) -> tuple[KnownInSession, LookedThrough]:
    """Return what a run knows, and what it has looked through: one of each for the whole run."""
    state = context.state
    kept: tuple[KnownInSession, LookedThrough] | None = state.get(_STATE)
    if kept is None:
        known = KnownInSession(own, sessions, user=context.user, session=context.session)
        kept = state[_STATE] = known, LookedThrough()
    return kept
