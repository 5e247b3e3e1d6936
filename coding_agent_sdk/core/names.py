"""The names that a request comes with: of its session, its user, itself.

They stand as they are in the store, in traces, in metrics and in logs, for something is found by
them there. So one that holds a secret is not masked but refused, before anything of it is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SecretNameError

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import RunViews
    from coding_agent_sdk.types.requests import Request

__all__ = ["Names"]

_USUAL: Final = re.compile(
    r"s-[0-9a-f]{12}|graph-[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Names that are made here, and UUIDs: most sessions and requests have one of their own."""

_SINKS: Final = ("store", "event")
_MOST: Final = 2_000


class Names:
    """Refuses names that the agent's redactors would change; each name is looked at once.

    Args:
        dispatcher: Knows the redactors.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._redacts = dispatcher.has("open_redactor")
        self._fine: set[str] = set()

    def check(self, views: RunViews, request: Request) -> None:
        """Look at the names of a request.

        Args:
            views: The run, as plugins see it.
            request: What is asked.

        Raises:
            SecretNameError: A name holds what must not be shown.
        """
        if not self._redacts:
            return
        for kind, name in (
            ("session", request.session),
            ("user", request.user),
            ("request_id", request.request_id),
        ):
            if name and name not in self._fine and not _USUAL.fullmatch(name):
                self._look_at(views, kind, name)

    def _look_at(self, views: RunViews, kind: str, name: str) -> None:
        if any(self._dispatcher.redact(views, sink, name) != name for sink in _SINKS):
            raise SecretNameError(kind)
        if len(self._fine) >= _MOST:
            self._fine.clear()
        self._fine.add(name)
