"""The folder of an executor: its own while its process lives, and swept by the next one after."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from coding_agent_sdk.sandbox.private_folder import PrivateFolder, sweep_left_behind

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")

PRIVATE = "folder = PrivateFolder(); path = folder.path()"
OF_PROBE = "path, held = held_folder('probe')"
HOLDER = """
import sys
from coding_agent_sdk.sandbox.private_folder import PrivateFolder, held_folder

{make}
print(path, flush=True)
sys.stdin.read()
"""
LONG_AGO = (1_000_000_000, 1_000_000_000)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.parametrize("make", [PRIVATE, OF_PROBE], ids=["private", "of a probe"])
def test_what_a_killed_process_left_behind_is_removed_and_what_one_holds_is_not(temporary, make):
    program = HOLDER.format(make=make)
    with subprocess.Popen(
        (sys.executable, "-c", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        path = temporary / holder.stdout.readline().strip()
        (path / "sub").mkdir()
        os.utime(path, LONG_AGO)
        sweep_left_behind(temporary)
        assert path.is_dir()
        holder.kill()
        holder.wait()
    own = PrivateFolder()
    made = own.path()
    assert list(temporary.iterdir()) == [made]
    own.remove()
    assert list(temporary.iterdir()) == []


def test_only_old_folders_of_its_own_are_swept(temporary):
    new, other, link = (
        temporary / f"coding-agent-commands-{name}" for name in ("held-new", "else", "held-link")
    )
    new.mkdir()
    other.mkdir()
    os.utime(other, LONG_AGO)
    link.symlink_to(other)
    os.utime(link, LONG_AGO, follow_symlinks=False)
    sweep_left_behind(temporary)
    assert sorted(temporary.iterdir()) == sorted([new, other, link])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_folder_is_left_alone(temporary):
    theirs = temporary / "coding-agent-commands-held-theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    os.utime(theirs, LONG_AGO)
    sweep_left_behind(temporary)
    assert theirs.is_dir()
