"""The lines of earlier chats in their file."""

import json
import os
import stat

import pytest

from coding_agent_sdk.cli.chat.history import LineHistory
from coding_agent_sdk.cli.chat.secrets import Secrets


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "chat_history"


@pytest.fixture
def history(path):
    return LineHistory(path, conceals=lambda line: "secret" in line)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_lines_come_back_in_their_order_with_their_breaks(history, path):
    lines = ["one", "two\nlines\r\n", "ünï \u2028 \ud800 '\"\\"]
    for line in lines:
        history.keep(line)
    assert LineHistory(path, conceals=bool).load() == lines
    assert len(path.read_bytes().splitlines()) == 3


def test_only_the_owner_may_read_them(history, path):
    history.keep("one")
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_a_file_that_others_may_read_is_closed_to_them(history, path):
    path.parent.mkdir()
    path.touch(mode=0o644)
    path.chmod(0o644)
    history.keep("one")
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("line", ["", "  \n", "a secret", "x" * 10_001])
def test_nothing_empty_long_or_secret_is_kept(history, path, line):
    history.keep(line)
    assert not path.exists()


def test_what_is_no_line_is_passed_over(history, path):
    path.parent.mkdir()
    path.write_bytes(b'"one"\n{"a": 1}\nno json\n\xff\xfe\n' + b"[" * 100_000 + b'\n"two"\n"cut o')
    assert history.load() == ["one", "two"]


def test_the_newest_thousand_are_given_and_an_old_file_is_shortened(history, path):
    path.parent.mkdir()
    path.write_text("".join(f"{json.dumps(str(n))}\n" for n in range(2_500)))
    assert history.load() == [str(n) for n in range(1_500, 2_500)]
    assert len(path.read_text().splitlines()) == 1_000
    assert mode_of(path) == 0o600
    assert os.listdir(path.parent) == ["chat_history"]
    history.keep("next")
    assert history.load()[-1] == "next"


def test_nothing_there_is_no_line(history, caplog):
    assert history.load() == []
    assert caplog.text == ""


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_no_file_of_ours_is_said_once_and_left_alone(history, path, caplog, tmp_path, kind):
    path.parent.mkdir()
    target = tmp_path / "target"
    target.write_text("mine")
    path.mkdir() if kind == "folder" else path.symlink_to(target)
    assert history.load() == []
    history.keep("one")
    history.keep("two")
    assert caplog.text.count("the history of the chat cannot be") == 1
    assert target.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path, caplog):
    (tmp_path / "file").touch()
    history = LineHistory(tmp_path / "file" / "h", conceals=lambda _: False)
    history.keep("one")
    history.keep("two")
    assert caplog.text.count("cannot be written") == 1


def test_an_old_file_that_cannot_be_shortened_is_read_all_the_same(
    history, path, caplog, monkeypatch
):
    path.parent.mkdir()
    path.write_text('"x"\n' * 2_001)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert len(history.load()) == 1_000
    assert "cannot be written" in caplog.text
    assert path.read_text() == '"x"\n' * 2_001


def test_secrets_are_found_by_form_and_by_value():
    secrets = Secrets(["correct-horse-battery"])
    assert secrets.has("it is correct-horse-battery.")
    assert secrets.has("export OPENAI_API_KEY=sk-proj-" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY")
    assert not secrets.has("explain the password check in app.py")
    assert secrets.masked("plain text") == "plain text"
