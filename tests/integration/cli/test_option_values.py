"""Options of the command line: a value that cannot be, and where what they say is shown."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-budget-usd", "-1"),
        ("--max-budget-usd", "nan"),
        ("--max-budget-usd", "inf"),
        ("--max-budget-usd", "much"),
        ("--max-steps", "0"),
        ("--max-steps", "1.5"),
        ("--timeout", "nan"),
        ("--timeout", "0"),
        ("--timeout", "-3"),
        ("--timeout", "inf"),
        ("--model", ""),
        ("--base-url", ""),
        ("--config", "/no/such/file.toml"),
        ("--workspace", "~nobody-at-all/x"),
        ("--mode", "sleepy"),
    ],
)
@pytest.mark.parametrize("command", [("run", "hello"), ("chat", "hello")])
def test_a_value_that_cannot_be_is_blamed_on_the_option_that_said_it(here, command, option, value):
    ended = here(*command, option, value)
    assert ended.code == 2
    (error, *_) = ended.err.splitlines()
    assert error.startswith("error: ")
    assert option in error
    assert "builder" not in error
    assert "Value error" not in ended.err


@pytest.mark.parametrize("command", ["run", "chat"])
def test_a_request_without_quotes_is_told_to_be_quoted(here, command):
    ended = here(command, "fix", "the", "TODO")
    assert ended.code == 2
    assert f'put quotes around the request: coding-agent {command} "fix the TODO"' in ended.err


def test_each_option_that_says_a_setting_is_named_where_settings_are_shown(
    here,
):
    shown = here("config", "--timeout", "5", "--max-budget-usd", "2", "--mode", "auto").out
    for row in ("5  (--timeout)", "2.0  (--max-budget-usd)", "auto  (--mode)"):
        assert row in shown


def test_an_empty_text_is_shown_as_one(here):
    rows = {line.split()[0]: line for line in here("config").out.splitlines()}
    assert rows["plugins.tracing.service_name"].split()[1:] == ['""', "(default)"]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "hello", "--model", "{}"),
        ("run", "hello", "--model", "openai:{}"),
        ("run", "hello", "--mode", "{}"),
        ("run", "hello", "--without", "{}"),
        ("run", "hello", "--{}"),
        ("run", "hello", "--config", "{}"),
        ("{}",),
        ("trace", "{}"),
    ],
    ids=" ".join,
)
def test_a_key_that_was_pasted_in_the_wrong_place_is_not_shown(here, words):
    key = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    ended = here(*(word.format(key) for word in words))
    assert ended.code != 0
    assert ended.err.startswith("error: ")
    assert key not in ended.err + ended.out
