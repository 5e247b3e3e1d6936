"""The contract suites are part of the package; their asserts explain themselves here."""

import pytest

pytest.register_assert_rewrite(
    "coding_agent_sdk.testing.cache_contract",
    "coding_agent_sdk.testing.counter_contract",
    "coding_agent_sdk.testing.knowledge_contract",
    "coding_agent_sdk.testing.memory_contract",
)
