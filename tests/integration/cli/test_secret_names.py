"""A session or a user that is called by a key, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

KEY = "ghp_" + "aB3dE5fG7h" * 3 + "xYz123"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "hello", "--session", KEY),
        ("run", "hello", "--user", KEY),
        ("run", "hello", "--json", "--session", KEY),
        ("run", "hello", "-c", "--user", KEY),
        ("resume", KEY),
        ("resume", "s", "--user", KEY),
        ("chat", "hello", "--session", KEY),
        ("chat", "hello", "--user", KEY),
    ],
)
def test_a_session_or_user_that_is_a_key_is_refused_and_not_repeated(here, program, words):
    ended = here(*words)
    assert ended.code == 2
    assert "holds what must not be shown" in ended.err
    assert KEY[4:] not in ended.out + ended.err
    home = Path(program.env["CODING_AGENT_HOME"])
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert KEY[4:].encode() not in kept


def test_a_session_that_was_kept_under_a_key_can_be_deleted_and_is_never_named(here, program):
    assert here("run", "hello", "--session", KEY, "--without", "guardrails").code == 0
    for words in (("sessions", "list"), ("sessions", "list", "--json")):
        ended = here(*words)
        assert "REDACTED" in ended.out
        assert KEY[4:] not in ended.out + ended.err
    ended = here("sessions", "delete", KEY, "-y")
    assert (ended.code, ended.err) == (0, "")
    assert KEY[4:] not in ended.out
    ended = here("sessions", "delete", KEY, "-y")
    assert ended.code == 1
    assert KEY[4:] not in ended.out + ended.err
