"""Commands get true values only where the settings name them, each as one word."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coding_agent_sdk import tool
from coding_agent_sdk.middleware.guardrails.vault.shell import is_listed, with_values
from coding_agent_sdk.text.masks import MASK

from ..made_up import MadeUp
from .conftest import Playing, of_name, read

STANDS = "<secret:API_KEY:1f3a9c2e>"
PASSWORD = MadeUp(17).password()


@pytest.fixture
def env(workspace):
    (workspace / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n")
    return workspace


def echo(form):
    return lambda shown: ("run_cmd", {"command": form.format(of_name(shown, "DB_PASSWORD"))})


async def test_without_a_list_no_command_gets_a_value(env, play):
    played = await play(read(".env"), echo("printf %s {} > out"))
    assert played.last.status == "error"
    assert "vault_commands" in played.last.text
    assert not (env / "out").exists()


@pytest.mark.bubblewrap
async def test_a_listed_command_gets_it_and_its_output_shows_it_to_nobody(env, play):
    (env / "take.sh").write_text('printf %s "$2" > out; echo "got $2"\n')
    played = await play(
        read(".env"), echo("sh take.sh --password {}"), vault_commands=("sh take.sh",)
    )
    assert (env / "out").read_text() == PASSWORD
    assert played.last.text.startswith(f"got {of_name(played.shown[1], 'DB_PASSWORD')}")
    assert PASSWORD not in played.told


@pytest.mark.parametrize(
    "form",
    ["sh take.sh {}; cat /etc/hostname", "sh other.sh {}", "sh take.sh $(echo {})", "echo {}",
     "sh take.sh {} > out", "sh take.sh {} | tee out", "sh take.sh {} && true", "sh take.sh {}\nls"],
)  # fmt: skip
async def test_anything_but_one_plain_listed_call_is_refused(env, play, form):
    played = await play(read(".env"), echo(form), vault_commands=("sh take.sh",))
    assert played.last.status == "error"
    assert "one plain call" in played.last.text
    assert not (env / "out").exists()


async def test_an_unknown_placeholder_is_refused_by_the_command(env, play):
    command = {"command": f"sh take.sh {STANDS}"}
    for settings in ({}, {"vault": False}, {"vault_commands": ("sh take.sh",)}):
        played = await play(lambda _: ("run_cmd", command), **settings)
        assert played.last.status == "error"
        assert "was not run" in played.last.text


@pytest.mark.parametrize(
    ("command", "listed"),
    [
        (f"psql -c 'select 1' -W {STANDS}", True),
        (f'psql "{STANDS}"', True),
        (f"npm publish --token={STANDS}", True),
        (f"npm install --token={STANDS}", False),
        (f"env psql {STANDS}", False),
        (f"psqlx {STANDS}", False),
        (f"psql 'open {STANDS}", False),
        (f'psql "`id` {STANDS}"', False),
        (f"psql {STANDS} & id", False),
        (f"psql <(id) {STANDS}", False),
        ("", False),
    ],
)
def test_a_command_is_listed_by_its_first_words(command, listed):
    assert is_listed(command, ("psql", "npm publish")) is listed
    assert not is_listed(command, ())
    assert not is_listed(command, ("",))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
@example("a'b\"c$d`e\\f g\nh!i*~")
def test_a_value_is_one_word_however_it_is_quoted(value):
    command = with_values(
        f"printf '%s|' {STANDS} x{STANDS}y '{STANDS}' \"{STANDS}\" 'a'\"b\"{STANDS}",
        lambda placeholder: value if placeholder == STANDS else None,
    )
    said = subprocess.run(["/bin/bash", "-c", command], capture_output=True, check=True)
    expected = [value, f"x{value}y", value, value, f"ab{value}", ""]
    assert said.stdout.decode() == "|".join(expected)


# -- tools of others -------------------------------------------------------------------------------


@tool(effect="write")
async def save(text: str) -> str:
    """Save it."""
    return f"saved {text}"


@tool(effect="read")
async def look_up(text: str) -> str:
    """Look it up."""
    return f"looked up {text}"


async def test_other_tools_get_the_placeholder_and_those_that_write_are_not_run(env, play):
    played = await play(
        read(".env"),
        lambda shown: ("look_up", {"text": of_name(shown, "DB_PASSWORD")}),
        lambda shown: ("save", {"text": shown.removeprefix("looked up ")}),
        tools=(look_up, save),
    )
    looked, saved = played.result.tool_calls[1:]
    assert looked.text == f"looked up {of_name(played.shown[1], 'DB_PASSWORD')}"
    assert saved.status == "error"
    assert "edit_file and apply_patch alone" in saved.text
    assert PASSWORD not in played.told


@tool(effect="read")
async def leak(text: str) -> str:
    """Fail with what the file holds."""
    with open(text) as file:
        raise ValueError(f"cannot parse {file.read()[12:]}")


async def test_an_error_that_quotes_a_value_alone_shows_its_placeholder(env, play):
    played = await play(
        read(".env"), lambda _: ("leak", {"text": str(env / ".env")}), tools=(leak,)
    )
    assert of_name(played.shown[2], "DB_PASSWORD") == of_name(played.shown[1], "DB_PASSWORD")
    assert PASSWORD not in played.told


@pytest.mark.bubblewrap
async def test_a_value_from_the_request_stays_masked_where_a_tool_shows_it_alone(env, agent_of):
    playing = Playing(lambda _: ("run_cmd", {"command": "cut -d= -f2 .env | rev | rev"}))
    async with (
        agent_of(playing, vault=False) as agent,
        agent.stream(f"DB_PASSWORD={PASSWORD}", session="s") as stream,
    ):
        playing.events = [event async for event in stream]
    playing.result = stream.result
    assert playing.last.text.startswith(MASK)
    assert PASSWORD not in playing.told
