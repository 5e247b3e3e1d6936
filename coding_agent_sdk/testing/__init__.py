"""Tools for testing what is built on the SDK: a scripted model and a fake model provider.

The names are loaded when they are first used, so importing this package is cheap.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coding_agent_sdk.testing.cache_contract import CacheStoreContract
    from coding_agent_sdk.testing.cassette_recorder import CassetteRecorder
    from coding_agent_sdk.testing.counter_contract import CounterStoreContract
    from coding_agent_sdk.testing.executor_contract import ExecutorContract
    from coding_agent_sdk.testing.fake_provider import (
        Cassette,
        FakeProvider,
        FakeUsage,
        Fault,
        FaultKind,
        LoggedRequest,
        Turn,
    )
    from coding_agent_sdk.testing.knowledge_contract import KnowledgeStoreContract
    from coding_agent_sdk.testing.memory_contract import MemoryStoreContract
    from coding_agent_sdk.testing.plugin_contract import RecordingPlugin, check_plugin
    from coding_agent_sdk.testing.prompt_prefix import check_prompt_prefix
    from coding_agent_sdk.testing.scripted import ScriptedModel, ScriptExhaustedError
    from coding_agent_sdk.testing.scripted_turns import ScriptedRequest, ScriptedTurn
    from coding_agent_sdk.testing.tool_call import FakeToolCall

__all__ = [
    "CacheStoreContract",
    "Cassette",
    "CassetteRecorder",
    "CounterStoreContract",
    "ExecutorContract",
    "FakeProvider",
    "FakeToolCall",
    "FakeUsage",
    "Fault",
    "FaultKind",
    "KnowledgeStoreContract",
    "LoggedRequest",
    "MemoryStoreContract",
    "RecordingPlugin",
    "ScriptExhaustedError",
    "ScriptedModel",
    "ScriptedRequest",
    "ScriptedTurn",
    "Turn",
    "check_plugin",
    "check_prompt_prefix",
]

_HOMES = {
    "Cassette": "fake_provider",
    "CassetteRecorder": "cassette_recorder",
    "CacheStoreContract": "cache_contract",
    "CounterStoreContract": "counter_contract",
    "ExecutorContract": "executor_contract",
    "FakeProvider": "fake_provider",
    "FakeToolCall": "tool_call",
    "FakeUsage": "fake_provider",
    "Fault": "fake_provider",
    "FaultKind": "fake_provider",
    "KnowledgeStoreContract": "knowledge_contract",
    "LoggedRequest": "fake_provider",
    "MemoryStoreContract": "memory_contract",
    "RecordingPlugin": "plugin_contract",
    "ScriptExhaustedError": "scripted",
    "ScriptedModel": "scripted",
    "ScriptedRequest": "scripted_turns",
    "ScriptedTurn": "scripted_turns",
    "Turn": "fake_provider",
    "check_plugin": "plugin_contract",
    "check_prompt_prefix": "prompt_prefix",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
