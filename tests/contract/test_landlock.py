"""Commands under Landlock: exactly the announced attacks succeed."""

from __future__ import annotations

import os

import pytest

from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.landlock_launcher import landlock_version
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.testing import ExecutorContract
from coding_agent_sdk.testing.attacks import ATTACKS
from coding_agent_sdk.testing.attacks_table import try_as_ordinary_user

pytestmark = pytest.mark.skipif(
    landlock_version() < 6, reason="this kernel has no Landlock of version 6 or newer"
)


class TestLandlockExecutor(ExecutorContract):
    gaps = frozenset(
        {
            "make a file outside unreadable", "utime outside", "stat outside",
            "see host processes",
            "write .git/hooks", "move .git away", "write .git/config", "replace .git/config",
            "write .git/info/attributes", "make .git/commondir",
            "write a nested repository's hooks", "move a nested repository away",
            "change .vscode", "make .envrc", "make .idea", "make .mcp.json",
            "make coding_agent.toml",
        }
    )  # fmt: skip

    @pytest.fixture
    async def executor(self, attack_limits):
        executor = LandlockExecutor(SandboxSettings(**attack_limits))
        yield executor
        await executor.aclose()


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests above run as an ordinary user already")
def test_the_same_holds_for_an_ordinary_user():
    column = try_as_ordinary_user("landlock")
    if column.skipped.startswith("an ordinary user cannot"):
        pytest.skip(column.skipped)
    assert column.skipped == ""
    assert column.surprises() == ()
    assert set(column.succeeded) == TestLandlockExecutor.gaps
    assert column.tried == len(ATTACKS)
