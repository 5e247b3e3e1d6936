"""The names that a request comes with: of its session, its user, itself.

They stand as they are in the store, in traces, in metrics and in logs, for something is found by
them there. So one that holds a secret, or what a terminal obeys or does not show, is neither masked
nor written out but refused, before anything of it is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import RequestError, SecretNameError
from coding_agent_sdk.text.plain import first_unseen

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import RunViews
    from coding_agent_sdk.types.requests import Request

__all__ = ["Names"]

_USUAL: Final = re.compile(
    r"s-[0-9a-f]{12}|graph-[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Names that are made here, and UUIDs: most sessions and requests have one of their own."""

_SINK: Final = "name"
_MOST: Final = 2_000


class Names:
    """Refuses names that cannot be seen as they are, or that the agent's redactors would change.

    Each name is given to the redactors once.

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
            RequestError: A name holds a control, invisible or turning character.
            SecretNameError: A name holds what must not be shown.
        """
        for kind, name in (
            ("session", request.session),
            ("user", request.user),
            ("request_id", request.request_id),
        ):
            if not name or name in self._fine or _USUAL.fullmatch(name):
                continue
            place = first_unseen(name)
            if place is not None:
                raise RequestError(_not_seen(kind, name, place))
            if self._redacts:
                self._look_at(views, kind, name)

    def _look_at(self, views: RunViews, kind: str, name: str) -> None:
        if self._dispatcher.redact(views, _SINK, name) != name:
            raise SecretNameError(kind)
        if len(self._fine) >= _MOST:
            self._fine.clear()
        self._fine.add(name)


def _not_seen(kind: str, name: str, place: int) -> str:
    """Return why a name is refused; it is not repeated, for it may hold a secret, too."""
    return (
        f"the {kind} that was given has U+{ord(name[place]):04X} as its character {place + 1}: "
        "names stand in lists, logs and traces as they are, so they may have no line breaks and no "
        f"control, invisible or turning characters; give another {kind}"
    )
