"""The agent that the command line describes."""

from pathlib import Path

from coding_agent_sdk.cli.options import SAID_BY, AgentOptions, ModeName, command_line
from coding_agent_sdk.config.layers import leaves


def test_only_what_was_given_is_a_setting():
    assert AgentOptions().settings() == {}
    given = AgentOptions(model="a:b", mode=ModeName.READ_ONLY, timeout=3.0, no_plugins=True)
    assert given.settings() == {
        "model": "a:b", "mode": "read-only", "timeout": 3.0, "load_plugins": [],
    }  # fmt: skip


def test_the_options_can_be_written_again():
    options = AgentOptions(
        workspace=Path("my repo"), model="a:b", mode=ModeName.AUTO, config=Path("c.toml"),
        base_url="http://x", without=("rag", "tracing"), no_plugins=True, no_project=True,
        timeout=9.0,
    )  # fmt: skip
    here = Path.cwd()
    assert options.arguments() == [
        "--workspace", str(here / "my repo"), "--model", "a:b", "--base-url", "http://x",
        "--mode", "auto", "--config", str(here / "c.toml"), "--without", "rag",
        "--without", "tracing", "--no-plugins", "--no-project-config",
    ]  # fmt: skip


def test_a_command_can_be_pasted_into_a_shell():
    assert command_line("run", "it's", "--session", "a b") == (
        "coding-agent run 'it'\"'\"'s' --session 'a b'"
    )


def test_every_setting_of_an_option_has_the_options_name():
    options = AgentOptions(
        workspace=Path(), model="a:b", base_url="u", mode=ModeName.ASK, timeout=1, max_steps=1,
        max_budget_usd=1, no_plugins=True,
    )  # fmt: skip
    assert {key for key, _ in leaves(options.settings())} <= SAID_BY.keys()
