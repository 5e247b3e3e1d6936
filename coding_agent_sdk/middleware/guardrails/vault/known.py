"""The values that a run knows: the agent's own secrets, and what its session has met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions, SessionSecrets

__all__ = ["KnownInSession"]


class KnownInSession(KnownValues):
    """The agent's secrets and those of one session, which can grow while it is used.

    Args:
        own: The agent's.
        sessions: Keeps those of the session.
        user: Whose session it is.
        session: The session.
    """

    __slots__ = ("_own", "_session", "_sessions", "_user")

    def __init__(self, own: KnownValues, sessions: Sessions, *, user: str, session: str) -> None:
        # It has no values of its own, so nothing is made ready to look for them: each run has one.
        self._own = own
        self._sessions = sessions
        self._user = user
        self._session = session

    @property
    def met(self) -> SessionSecrets | None:
        """What the session has met; None for nothing."""
        return self._sessions.find(self._user, self._session)

    def opened(self) -> SessionSecrets:
        """Return what the session has met, to add to it."""
        return self._sessions.open(self._user, self._session)

    @property
    def version(self) -> int:
        """Changes when there are other values to look for."""
        if self._sessions.is_empty:  # asked for each text, and mostly so
            return 0
        met = self.met
        return 0 if met is None else met.version

    def find(self, text: str) -> Iterator[Finding]:
        """Yield each place of each value."""
        yield from self._own.find(text)
        met = self.met
        if met is not None:
            yield from met.bare.find(text)

    def open_from(self, text: str, start: int) -> int:
        """Return where the end of the text may be the beginning of a value."""
        met = self.met
        own = self._own.open_from(text, start)
        return own if met is None else min(own, met.bare.open_from(text, start))

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        met = self.met
        return bool(self._own) or (met is not None and bool(met.bare))

    def __repr__(self) -> str:
        """Show no value."""
        return f"KnownInSession({self._own!r}, {self.met!r})"
