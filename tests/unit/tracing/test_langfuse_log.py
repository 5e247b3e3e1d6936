"""The Langfuse SDK does not change what an application does with the log of httpx."""

import subprocess
import sys

import pytest

SCRIPT = """
import logging
log = logging.getLogger("httpx")
from coding_agent_sdk.middleware.tracing.langfuse import LangfuseExporter
LangfuseExporter().open({"service.name": "x"})
import sys
assert "langfuse" in sys.modules
print(log.level, log.handlers)
"""


def test_the_log_of_httpx_stays_as_it_was():
    pytest.importorskip("langfuse")
    env = {"LANGFUSE_PUBLIC_KEY": "pk-lf-x", "LANGFUSE_SECRET_KEY": "sk-lf-x", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=env)
    assert done.stdout == "0 []\n", done.stderr
