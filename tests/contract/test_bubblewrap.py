"""Commands by bubblewrap: no attack of the contract succeeds."""

from __future__ import annotations

import os

import pytest

from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.testing import ExecutorContract
from coding_agent_sdk.testing.attacks import ATTACKS
from coding_agent_sdk.testing.attacks_table import try_as_ordinary_user

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


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests above run as an ordinary user already")
def test_the_same_holds_for_an_ordinary_user():
    column = try_as_ordinary_user("bubblewrap")
    if column.skipped.startswith("an ordinary user cannot"):
        pytest.skip(column.skipped)
    assert column.skipped == ""
    assert column.surprises() == ()
    assert column.succeeded == ()
    assert column.tried == len(ATTACKS)
