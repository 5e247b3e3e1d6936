"""Values that are known to be secret."""

from __future__ import annotations

import pytest

from coding_agent_sdk.config import load_settings


def secrets_of(environ, tmp_path, **explicit):
    return load_settings(explicit=explicit, environ=environ, cwd=tmp_path, project=False).secrets()


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "MY_SECRET", "GITHUB_TOKEN", "DB_PASSWORD", "SIGNING_KEY"]
)
def test_variables_named_like_secrets_are_known(name, tmp_path):
    assert secrets_of({name: "q7-long-enough"}, tmp_path) == ("q7-long-enough",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "short"),
        ("SSH_KEY", "/home/ada/.ssh/id_rsa"),
        ("KEYBOARD", "us-international"),
        ("TOKEN_LIMIT", "1000000000"),
        ("SECRET", "placeholder"),
        ("MONKEY", "banana-eater"),
    ],
)
def test_short_values_paths_numbers_and_words_are_not(name, value, tmp_path):
    assert secrets_of({name: value}, tmp_path) == ()


def test_secrets_of_the_settings_and_of_plugins_are_known(tmp_path):
    found = secrets_of(
        {}, tmp_path, api_key="q7-of-settings",
        plugins={"mine": {"password": "q7-of-plugin", "color": "dark-green"}},
    )  # fmt: skip
    assert found == ("q7-of-settings", "q7-of-plugin")


def test_the_longest_comes_first_so_that_no_tail_of_it_stays(tmp_path):
    found = secrets_of({"A_TOKEN": "q7-abcdefg", "B_TOKEN": "q7-abcdefg-more"}, tmp_path)
    assert found == ("q7-abcdefg-more", "q7-abcdefg")
