"""A loopback HTTP server that speaks the providers' protocols, well and badly.

Tests that use it exercise the real client packages, down to the socket: OpenAI chat
completions and responses, Anthropic messages and Gemini generateContent.
"""

from coding_agent_sdk.testing.fake_provider.cassette import Cassette
from coding_agent_sdk.testing.fake_provider.provider import FakeProvider
from coding_agent_sdk.testing.fake_provider.script import (
    FakeUsage,
    Fault,
    FaultKind,
    LoggedRequest,
    Turn,
)
from coding_agent_sdk.testing.tool_call import FakeToolCall

__all__ = [
    "Cassette",
    "FakeProvider",
    "FakeToolCall",
    "FakeUsage",
    "Fault",
    "FaultKind",
    "LoggedRequest",
    "Turn",
]
