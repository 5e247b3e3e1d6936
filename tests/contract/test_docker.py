"""Commands in containers of docker: no attack of the contract succeeds but the known gaps."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from coding_agent_sdk.sandbox.docker import DockerExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.testing import ExecutorContract

IMAGE = os.environ.get("CODING_AGENT_TEST_IMAGE", "")


def why_not():
    """Return why there is nothing to test; empty where there is."""
    if not IMAGE:
        return "CODING_AGENT_TEST_IMAGE names no image with bash, git and python3"
    program = shutil.which("docker")
    if program is None:
        return "docker's command-line program is not installed"
    asked = (program, "image", "inspect", IMAGE)
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30)
    return done.stderr.strip() or "" if done.returncode else ""


REASON = why_not()


@pytest.mark.skipif(bool(REASON), reason=REASON or "there is an image")
class TestDockerExecutor(ExecutorContract):
    @pytest.fixture
    async def executor(self, attack_limits):
        executor = DockerExecutor(SandboxSettings(image=IMAGE, **attack_limits))
        yield executor
        await executor.aclose()
