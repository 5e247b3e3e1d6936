"""Placeholders of several processes: the last one that needs one takes it away."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.placeholders import (
    Placeholder,
    Placeholders,
    take_away_left_behind,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only bubblewrap needs them")

HOLDER = """
import sys
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders

wanted = Placeholder(path=sys.argv[1], is_folder=sys.argv[2] == "folder")
placeholders = Placeholders()
for line in sys.stdin:
    if line == "hold\\n":
        print(placeholders.hold(wanted), flush=True)
    else:
        placeholders.release([wanted])
        print("released", flush=True)
"""


class Holder:
    """Another process that holds a placeholder."""

    def __init__(self, path, kind):
        words = (sys.executable, "-c", HOLDER, str(path), kind)
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, word):
        self.process.stdin.write(f"{word}\n")
        return self.process.stdout.readline().strip()


@pytest.fixture
def holder():
    started = []

    def start(path, kind):
        started.append(Holder(path, kind))
        return started[-1]

    yield start
    for each in started:
        with each.process:
            each.process.kill()


@pytest.fixture(params=["file", "folder"])
def kind(request):
    return request.param


@pytest.fixture
def wanted(tmp_path, kind):
    return Placeholder(path=str(tmp_path / "guarded"), is_folder=kind == "folder")


@pytest.fixture
def put(tmp_path, kind):
    """Put an own, empty file or folder there."""
    path = tmp_path / "guarded"
    return path.mkdir if kind == "folder" else path.touch


def test_what_another_process_holds_stays_until_it_lets_go(tmp_path, wanted, holder, kind):
    path = tmp_path / "guarded"
    other, ours = holder(path, kind), Placeholders()
    assert other.ask("hold") == "True"
    assert ours.hold(wanted)
    assert other.ask("release") == "released"
    assert path.exists()
    ours.release([wanted])
    assert not path.exists()


def test_the_maker_leaves_it_to_the_other_one(tmp_path, wanted, holder, kind):
    path = tmp_path / "guarded"
    other, ours = holder(path, kind), Placeholders()
    assert ours.hold(wanted)
    assert other.ask("hold") == "True"
    ours.release([wanted])
    assert path.exists()
    assert other.ask("release") == "released"
    assert not path.exists()


def test_what_a_killed_process_left_behind_the_next_one_takes_away(tmp_path, wanted, holder, kind):
    path = tmp_path / "guarded"
    other, ours = holder(path, kind), Placeholders()
    assert other.ask("hold") == "True"
    other.process.kill()
    other.process.wait()
    assert path.exists()
    assert ours.hold(wanted)
    ours.release([wanted])
    assert not path.exists()


def test_an_empty_one_of_somebody_s_own_is_no_placeholder(tmp_path, wanted, put):
    put()
    ours = Placeholders()
    assert not ours.hold(wanted)
    assert (tmp_path / "guarded").exists()


def test_nor_is_one_that_took_the_place_of_what_a_killed_process_left(
    tmp_path, wanted, holder, kind, put
):
    path = tmp_path / "guarded"
    other = holder(path, kind)
    assert other.ask("hold") == "True"
    other.process.kill()
    other.process.wait()
    path.rename(tmp_path / "away")
    put()
    assert not Placeholders().hold(wanted)
    assert path.exists()


def test_one_that_somebody_wrote_into_is_left_alone(tmp_path, wanted, kind):
    path = tmp_path / "guarded"
    ours = Placeholders()
    assert ours.hold(wanted)
    (path / "x" if kind == "folder" else path).write_text("mine")
    ours.release([wanted])
    assert path.exists()
    assert not Placeholders().hold(wanted)


def test_a_file_appears_with_what_is_in_it(tmp_path):
    wanted = Placeholder(path=str(tmp_path / "commondir"), content=b".\n")
    ours = Placeholders()
    assert ours.hold(wanted)
    assert (tmp_path / "commondir").read_bytes() == b".\n"
    assert not (tmp_path / "commondir").is_symlink()
    ours.release([wanted])
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_stand_there_is_told(tmp_path):
    with pytest.raises(SandboxUnavailableError, match="File name too long"):
        Placeholders().hold(Placeholder(path=str(tmp_path / ("x" * 300))))


def test_where_nothing_may_be_made_none_is(tmp_path, wanted, as_ordinary_user):
    tmp_path.chmod(0o555)
    with as_ordinary_user():
        assert not Placeholders().hold(wanted)


def test_many_processes_make_and_remove_it_and_none_is_left(tmp_path, wanted, holder, kind):
    path = tmp_path / "guarded"
    others = [holder(path, kind) for _ in range(3)]
    ours = Placeholders()
    for _ in range(50):
        for other in others:
            other.process.stdin.write("hold\nrelease\n")
        assert ours.hold(wanted)
        assert path.exists()
        for other in others:
            assert other.process.stdout.readline() == "True\n"
            assert other.process.stdout.readline() == "released\n"
        assert path.exists()
        ours.release([wanted])
    assert not path.exists()


def test_what_another_process_removes_just_now_is_not_taken_for_somebody_s_own(
    tmp_path, wanted, kind
):
    script = HOLDER.replace("for line in sys.stdin:\n", "for line in ['hold\\n', ''] * 500:\n")
    words = (sys.executable, "-c", script, wanted.path, kind)
    others = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [other.communicate()[0].split() for other in others]
    assert answers == [["True", "released"] * 500] * 3
    assert list(tmp_path.iterdir()) == []


def test_an_agent_takes_away_what_a_killed_process_left_in_the_workspace(tmp_path, holder):
    left = {".mcp.json": "file", ".vscode": "folder", ".envrc": "file"}
    for name, kind in left.items():
        killed = holder(tmp_path / name, kind)
        assert killed.ask("hold") == "True"
        killed.process.kill()
        killed.process.wait()
    in_use = holder(tmp_path / ".idea", "folder")
    assert in_use.ask("hold") == "True"
    (tmp_path / ".envrc").write_text("export A=1\n")  # somebody's own by now
    (tmp_path / "coding_agent.toml").write_text("")  # was never one
    take_away_left_behind(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".idea", ".envrc", "coding_agent.toml"}
    assert in_use.ask("release") == "released"
    assert not (tmp_path / ".idea").exists()


async def test_it_does_so_when_it_is_opened(tmp_path, holder):
    killed = holder(tmp_path / ".mcp.json", "file")
    assert killed.ask("hold") == "True"
    killed.process.kill()
    killed.process.wait()
    builder = Agent.builder().config(None, project=False).workspace(tmp_path).memory(None)
    async with builder.model("offline:rules").without("rag", "tracing").build():
        assert not (tmp_path / ".mcp.json").exists()
