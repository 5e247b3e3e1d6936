"""What a model writes for a value that it was shown masked does not get over the value."""

from __future__ import annotations

import pytest

from coding_agent_sdk.text.lookalikes import lines_over_values
from coding_agent_sdk.text.masks import holds_placeholder

from ..made_up import MadeUp
from .conftest import of_name, read

PASSWORD = MadeUp(77).password()
ENV = f"PORT=8080\nDB_PASSWORD={PASSWORD}\n"
MASKS = [
    "[REDACTED]", "***redacted***", "<redacted>", "********", "'********'", "(hidden)", "••••••••",
    "xxxxxxxxxxxx", PASSWORD[:3] + "…" + PASSWORD[-2:], PASSWORD[:3] + "...", "<MASKED>", "[existing value]",
]  # fmt: skip


def write(content):
    return lambda _: ("write_file", {"path": ".env", "content": content})


def edit(old, new):
    return lambda _: ("edit_file", {"path": ".env", "old": old, "new": new})


@pytest.mark.parametrize("vault", [True, False])
@pytest.mark.parametrize("mask", MASKS)
async def test_what_looks_like_a_mask_is_not_written_over_a_secret(mask, vault, workspace, play):
    (workspace / ".env").write_text(ENV)
    played = await play(read(".env"), write(f"PORT=9090\n# new\nDB_PASSWORD={mask}\n"), vault=vault)
    assert played.last.status == "error"
    assert "line 3" in played.last.text
    assert (workspace / ".env").read_text() == ENV


async def test_an_edit_is_refused_as_well(workspace, play):
    (workspace / ".env").write_text(ENV)
    played = await play(
        lambda _: ("read_file", {"path": ".env"}),
        lambda shown: (
            "edit_file",
            {"path": ".env", "old": of_name(shown, "DB_PASSWORD"), "new": "[REDACTED]"},
        ),
    )
    assert played.last.status == "error"
    assert (workspace / ".env").read_text() == ENV


async def test_a_placeholder_with_blanks_in_it_is_refused(workspace, play):
    (workspace / ".env").write_text(ENV)
    played = await play(
        read(".env"),
        lambda shown: (
            "write_file",
            {"path": ".env", "content": shown.replace("<secret:", "<secret: ")},
        ),
    )
    assert played.last.status == "error"
    assert (workspace / ".env").read_text() == ENV


@pytest.mark.parametrize("split", ["'<sec''ret:", '"<sec"ret:', "\\<secret:", "<sec\u200bret:"])
async def test_a_placeholder_in_pieces_gets_into_no_command(split, workspace, play):
    (workspace / ".env").write_text(ENV)

    def command(shown):
        placeholder = of_name(shown, "DB_PASSWORD").replace("<secret:", split)
        return "run_cmd", {"command": f"echo DB_PASSWORD={placeholder}\\> > .env"}

    played = await play(read(".env"), command)
    assert played.last.status == "error"
    assert (workspace / ".env").read_text() == ENV


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("log('a')\n", "log('[REDACTED]')\n"),
        ("", "password: [REDACTED]\n"),
        ("title: a\n", "title: ********\n"),
        (f"password: {PASSWORD}\nb\n", f"password: {PASSWORD}\nb [REDACTED]\n"),
        (f"password: {PASSWORD}\n", "password: ${PASSWORD}\n"),
        (f"a = 1\npassword = '{PASSWORD}'\n", "a = ...\n"),
    ],
)
def test_where_no_secret_stood_anything_is_written(old, new):
    assert lines_over_values(old, new, is_secret=lambda line: PASSWORD in line) == []


def test_a_line_is_known_by_its_beginning_however_it_is_quoted():
    def lines(old, new):
        return lines_over_values(old, new, is_secret=lambda line: PASSWORD in line)

    assert lines(f'{{"key": "{PASSWORD}"}}', "{\n'key': '****'}") == []
    assert lines(f'  "key": "{PASSWORD}",', "\n'key': '****',") == [2]
    assert lines(f"url: pg://bob:{PASSWORD}@h/d", "url: pg://bob:****@h/e") == [1]
    assert lines(f"all:\n  - {PASSWORD}", "all:\n  - [REDACTED]") == [2]


def test_a_placeholder_is_known_by_its_parts():
    assert holds_placeholder("<secret: KEY : 12345678>")
    assert holds_placeholder("<secret:\u200bKEY:12345678>")
    assert not holds_placeholder("the <secret> of: a b: c")
