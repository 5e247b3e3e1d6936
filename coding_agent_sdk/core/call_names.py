"""Ids and names of a model's tool calls, without what must not be shown.

Both go wherever the calls go, to events, the log and back to the provider, and calls are told
apart by them: so one that holds a secret is not masked but replaced, by the same one each time.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from coding_agent_sdk.types.model import ModelResponse

_USUAL_ID: Final = re.compile(
    r"(?:call_|toolu_|fc_|chatcmpl-tool-)[A-Za-z0-9]{1,64}"
    r"|[A-Za-z0-9]{1,12}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""The ids of the providers; of another one it is asked whether it holds a secret."""

_PARTS: Final = ("content", "tool_calls", "invalid_tool_calls", "additional_kwargs")
_DIGITS: Final = 24


def without_secrets(
    response: ModelResponse, redact: Callable[[str], str], *, tools: Container[str]
) -> ModelResponse:
    """Return an answer whose call ids and tool names hold no secret; the same where none did.

    Args:
        response: The answer.
        redact: Takes secrets out of a text.
        tools: The names of the agent's tools, which are no secrets.
    """
    message = response.message
    new: dict[str, str] = {}
    for call in (*message.tool_calls, *message.invalid_tool_calls):
        call_id, name = call["id"] or "", call["name"] or ""
        if not _USUAL_ID.fullmatch(call_id) and redact(call_id) != call_id:
            new[call_id] = f"call_{_digest(call_id)}"
        if name not in tools and redact(name) != name:
            new[name] = f"hidden_{_digest(name)}"
    if not new:
        return response
    parts = {part: _replaced(getattr(message, part), new) for part in _PARTS}
    return dataclasses.replace(
        response,
        message=message.model_copy(update=parts),
        tool_calls=tuple(_renamed(call, new) for call in response.tool_calls),
        bad_calls=tuple(_renamed(call, new) for call in response.bad_calls),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _renamed(call: Any, new: Mapping[str, str]) -> Any:
    return dataclasses.replace(
        call, id=new.get(call.id, call.id), name=new.get(call.name, call.name)
    )


def _replaced(value: Any, new: Mapping[str, str]) -> Any:
    """Return *value* with each text that is one of *new* replaced, wherever a provider keeps it."""
    if isinstance(value, str):
        return new.get(value, value)
    if isinstance(value, list):
        return [_replaced(item, new) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, new) for key, item in value.items()}
    return value
