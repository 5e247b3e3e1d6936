"""Messages that one provider made, in a form that another provider takes.

Content blocks, ids, signatures and reasoning are the business of the provider that made them: what
another one's client makes of them is refused (reasoning without a signature), or lost in silence
(text beside reasoning). So another provider is sent what was said and which tools were called.
The messages themselves stay as they are: the provider that made them gets them back to the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = ["made_portable"]

_MAKERS: Final = {
    "openai": "openai",
    "compatible": "openai",
    "anthropic": "anthropic",
    "google": "google_genai",
}
"""How LangChain's packages sign the messages of our providers (`model_provider`)."""


def made_portable(messages: list[BaseMessage], provider: str) -> list[BaseMessage]:
    """Return messages as *provider* takes them, the same list where it takes all as they are.

    Args:
        messages: The conversation.
        provider: What stands before the colon of the model's name; messages for a provider of
            the caller's own are left as they are.
    """
    maker = _MAKERS.get(provider)
    if maker is None:
        return messages
    foreign = [
        index
        for index, message in enumerate(messages)
        if isinstance(message, AIMessage)
        and message.response_metadata.get("model_provider", maker) != maker
        and not _is_plain(message)
    ]
    if not foreign:
        return messages
    portable = list(messages)
    for index in foreign:
        portable[index] = _said_and_called(messages[index])
    return portable


def _is_plain(message: AIMessage) -> bool:
    """Return whether there is nothing in a message but text and calls."""
    marked = message.additional_kwargs or message.invalid_tool_calls
    return type(message.content) is str and not marked


def _said_and_called(message: BaseMessage) -> AIMessage:
    assert isinstance(message, AIMessage)
    calls = list(message.tool_calls)
    # A call that could not be read was answered, too, and no answer may stand without its call.
    calls += [
        tool_call(name=call["name"] or "unknown", args={}, id=call["id"])
        for call in message.invalid_tool_calls
    ]
    return AIMessage(message.text, tool_calls=calls)
