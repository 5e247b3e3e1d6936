"""The memory plugin: one run at a time in a session, its history before, its log after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.memory.holding import HeldSessions
from coding_agent_sdk.middleware.memory.live import LiveSessions
from coding_agent_sdk.middleware.memory.settings import MemorySettings
from coding_agent_sdk.types.context import History
from coding_agent_sdk.types.entries import entry_to_dict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.protocols import MemoryStore, SessionInfo
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.requests import Request, Result

__all__ = ["MemoryPlugin"]

_FOLDER: Final = "coding_agent_sdk.middleware.memory"


class MemoryPlugin:
    """Keeps the log of each session in a store and folds it into the history of the next run.

    A session belongs to the user who began it, the nameless user `""` included: a request or a
    resume of anybody else is refused. The run of a sub-agent in the session of its parent works
    under the lease of its parent and has no history.
    """

    name: Final = "memory"

    def __init__(self) -> None:
        self._held = HeldSessions()
        self._live = LiveSessions()

    # -- building the agent ----------------------------------------------------------------

    @hookimpl
    def register_settings(self) -> type[MemorySettings]:
        """Give the section `[plugins.memory]`."""
        return MemorySettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the stores under the schemes of their URLs."""
        register("memory", "sqlite", f"{_FOLDER}.sqlite:SqliteStore")
        register("memory", "memory", f"{_FOLDER}.volatile:MemoryOnlyStore")

    # -- one run ---------------------------------------------------------------------------

    @hookimpl(phase="lease")
    async def wrap_run(
        self,
        context: RunContext,
        request: Request,
        call_next: Callable[[Request], Awaitable[Result]],
    ) -> Result:
        """Hold the session while the run lasts.

        Raises:
            SessionBusyError: Another run held it for longer than `session_wait`.
            StoreError: The store cannot be used.
        """
        store: MemoryStore = context.backend("memory")
        if self._is_part_of_a_run(context, store):
            return await call_next(request)
        settings: MemorySettings = context.settings
        async with self._held.hold(
            store, context.session, ttl=settings.lease_ttl, wait=settings.session_wait
        ):
            return await call_next(request)

    @hookimpl
    async def load_history(self, context: RunContext, request: Request) -> History:
        """Give the session's messages that go before the request, bounded by tokens.

        Raises:
            RequestError: The session belongs to another user, or worked in another workspace.
            StoreError: The store cannot be read.
        """
        store: MemoryStore = context.backend("memory")
        if self._is_part_of_a_run(context, store):
            return History()
        settings: MemorySettings = context.settings
        session = await self._live.history(
            store,
            context.session,
            max_tokens=settings.max_history_tokens,
            size=settings.live_sessions,
        )
        if session.user is not None and session.user != request.user:
            raise RequestError(
                f"session {context.session!r} was begun by another user than {request.user!r}; "
                "a session belongs to one user: choose another name for the session"
            )
        if session.workspace is not None and not settings.any_workspace:
            _refuse_elsewhere(context, session.workspace)
        return session.history()

    @hookimpl
    async def record(self, context: RunContext, entries: Sequence[Entry]) -> None:
        """Append entries to the session's log, in one commit.

        Raises:
            StoreError: They could not be kept, or the session was taken over.
        """
        store: MemoryStore = context.backend("memory")
        session = context.session
        lease = self._held.lease(store, session)
        try:
            seq = await store.append(session, entries, user=context.user, lease=lease)
        except BaseException:
            self._live.forget(store, session)  # nobody knows here what the log holds now
            raise
        self._live.appended(store, session, entries, seq=seq)

    def _is_part_of_a_run(self, context: RunContext, store: MemoryStore) -> bool:
        """Return whether the run is a sub-agent's, in the session that its parent holds."""
        if context.parent_run_id is None:
            return False
        return self._held.lease(store, context.session) is not None

    # -- privacy ---------------------------------------------------------------------------

    @hookimpl
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Export or forget the sessions of a user, or prune those that were not used for long.

        Raises:
            StoreError: The store cannot be used.
        """
        store: MemoryStore = agent.backend("memory")
        sessions = await store.sessions(user=user)
        if action == "export":
            return {"sessions": {info.session: await _export(store, info) for info in sessions}}
        if action == "forget":
            return await self._delete(store, sessions)
        if action == "prune":
            return await self._delete(store, _unused(sessions, agent.settings.keep_days))
        return None

    async def _delete(self, store: MemoryStore, sessions: Sequence[SessionInfo]) -> dict[str, int]:
        entries = 0
        for info in sessions:
            self._live.forget(store, info.session)
            entries += await store.delete(info.session)
        return {"sessions": len(sessions), "entries": entries}


def _refuse_elsewhere(context: RunContext, before: str) -> None:
    """Refuse to carry what was said of one folder over to another.

    Raises:
        RequestError: The agent works in another folder than *before*.
    """
    here = context.redact(str(context.workspace.root))  # as the log has it
    if here != before:
        raise RequestError(
            f"session {context.session!r} works in {before!r}, and this agent in {here!r}; take "
            f"another session, or an agent whose workspace is {before!r}, or set "
            "plugins.memory.any_workspace = true where sessions may move"
        )


async def _export(store: MemoryStore, info: SessionInfo) -> list[dict[str, Any]]:
    return [
        {"seq": stored.seq, "at": stored.at.isoformat(), **entry_to_dict(stored.entry)}
        for stored in await store.load(info.session)
    ]


def _unused(sessions: Sequence[SessionInfo], keep_days: float | None) -> list[SessionInfo]:
    if keep_days is None:
        return []
    oldest = datetime.now(UTC) - timedelta(days=keep_days)
    return [info for info in sessions if info.updated_at < oldest]
