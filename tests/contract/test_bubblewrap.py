"""Commands by bubblewrap: no attack of the contract succeeds."""

from __future__ import annotations

import os

import pytest

from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.testing import ExecutorContract

pytestmark = pytest.mark.skipif(
    not os.path.exists("/usr/bin/bwrap"),
    reason="bubblewrap is not installed: tests/services/install does it",
)


class TestBubblewrapExecutor(ExecutorContract):
    @pytest.fixture
    async def executor(self, attack_limits):
        executor = BubblewrapExecutor(SandboxSettings(**attack_limits))
        yield executor
        await executor.aclose()
