"""Whether what a caller asks can be asked."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.core.structured import checked_output
from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.types.requests import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["checked_request"]

_LONGEST_SESSION: Final = 200


def checked_request(
    text: object,
    session: object,
    user: object,
    metadata: Mapping[str, Any] | None,
    output: Any,
) -> Request:
    """Return what a caller asks, as a value; a session of its own where none is named.

    Raises:
        RequestError: Something of it cannot be used; the message says what.
        MissingExtraError: *output* is a JSON schema, and the extra `schema` is not installed.
    """
    if not isinstance(text, str):
        raise RequestError(f"a request is text, not {type(text).__name__}")
    if not text.strip():
        raise RequestError("the request is empty; say what the agent should do")
    if not isinstance(user, str):
        raise RequestError(f'a user is text, not {type(user).__name__}; "" is nobody')
    if not isinstance(session, str | None):
        raise RequestError(f"a session's name is text, not {type(session).__name__}")
    if session is not None and (not session.strip() or len(session) > _LONGEST_SESSION):
        raise RequestError(
            f"a session's name has 1 to {_LONGEST_SESSION} characters; got {len(session)}"
        )
    checked_output(output)
    name = session or f"s-{uuid.uuid4().hex[:12]}"
    return Request(text=text, session=name, user=user, metadata=metadata or {}, output=output)
