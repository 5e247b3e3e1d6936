"""No key of ours reaches a command."""

from __future__ import annotations

import pytest

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.sandbox.environment import command_environment
from coding_agent_sdk.sandbox.host import HostExecutor


def test_only_what_is_listed_is_inherited(monkeypatch):
    for name in ("OPENAI_API_KEY", "GITHUB_TOKEN", "GIT_DIR", "LD_PRELOAD", "PYTHONPATH", "X"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    environment = command_environment((), {})
    assert environment["LANG"] == "de_DE.UTF-8"
    assert "secret" not in environment.values()
    assert environment["TERM"] == "dumb"
    assert environment["GIT_TERMINAL_PROMPT"] == "0"
    assert environment["PAGER"] == environment["GIT_PAGER"] == "cat"


def test_there_is_always_a_path(monkeypatch):
    monkeypatch.delenv("PATH")
    assert command_environment((), {})["PATH"]


def test_more_can_be_let_through_and_the_command_can_bring_its_own(monkeypatch):
    monkeypatch.setenv("CI", "1")
    environment = command_environment(("CI", "NOT_SET"), {"TERM": "xterm", "A": "b"})
    assert (environment["CI"], environment["TERM"], environment["A"]) == ("1", "xterm", "b")
    assert "NOT_SET" not in environment


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "GH_TOKEN", "CLIENT_SECRET", "AWS_ACCESS_KEY_ID", "db_password", "TOKEN"],
)
def test_a_variable_called_like_a_secret_is_refused(name):
    with pytest.raises(ConfigError, match=name):
        HostExecutor(pass_env=["CI", name])


@pytest.mark.parametrize(
    "name", ["CI", "KEYBOARD", "MONKEY", "SSH_AUTH_SOCK", "TOKENIZERS_PARALLELISM"]
)
def test_other_names_are_fine(name):
    HostExecutor(pass_env=[name])
