"""The sandbox of macOS: its profile as text, and that it runs nothing on another system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coding_agent_sdk.core.executors import WEAK_EXECUTORS, chosen_executor
from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox import seatbelt
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.seatbelt import ByRule, SeatbeltExecutor
from coding_agent_sdk.sandbox.seatbelt_profile import SeatbeltProfile


def profile(root, *, guards=(), network=False, readable=()):
    return SeatbeltProfile(writable=[str(root)], readable=readable, guards=guards, network=network)


def rules(made):
    """Return the rules with the names of files in the place of parameters."""
    words = made.line("/usr/bin/sandbox-exec")
    given = dict(word.split("=", 1) for word in words if word.startswith("PATH"))
    return re.sub(r'\(param "(PATH\d+)"\)', lambda found: given[found[1]], made.text).splitlines()


def last(found, action, path):
    """Return which of the rules about a path counts: the last one."""
    return [rule for rule in found if action in rule and f" {path})" in rule][-1]


def test_it_is_an_executor_of_the_protocol():
    assert isinstance(SeatbeltExecutor(), Executor)


def test_all_is_refused_that_is_not_allowed(root):
    found = rules(profile(root))
    assert found[:2] == ["(version 1)", "(deny default)"]
    assert f"(allow file-read* file-write* (subpath {root}))" in found
    assert not [rule for rule in found if rule.startswith("(allow") and "/Users" in rule]
    assert sum(rule.count("(") - rule.count(")") for rule in found) == 0


def test_the_system_s_secrets_are_refused_after_their_folder_was_allowed(root):
    found = rules(profile(root))
    allowed = found.index("(allow file-read* (subpath /private/etc))")
    assert found.index("(deny file-read* (subpath /private/etc/ssh))") > allowed


@pytest.mark.parametrize("network", [True, False])
def test_the_network_is_as_the_settings_say(root, network):
    found = rules(profile(root, network=network))
    assert ("(allow network*)" in found) == network
    assert ("(deny network*)" in found) == (not network)


def test_what_is_guarded_can_neither_be_written_nor_moved_nor_made(root):
    subprocess.run(["git", "init", "-q", str(root / "lib" / "deep")], check=True)
    guards = Guards(root, ByRule())
    guards.add([str(root / "lib" / "deep")])
    found = rules(profile(root, guards=guards.mounts))
    git = root / "lib" / "deep" / ".git"
    for path in (git / "hooks", git / "config", git / "commondir", root / ".envrc"):
        assert last(found, "file-write*", path) == f"(deny file-write* (subpath {path}))"
    for path in (git, root / "lib" / "deep", root / "lib"):
        assert f"(deny file-write-unlink (literal {path}))" in found
        assert f"(deny file-write* (subpath {path}))" not in found
    assert found.index(f"(deny file-write* (subpath {root / '.envrc'}))") > found.index(
        f"(allow file-read* file-write* (subpath {root}))"
    )
    assert sorted(path.name for path in root.iterdir()) == ["lib"]


def test_a_name_with_quotes_and_brackets_stays_a_name(root):
    folder = root / 'a") (allow default'
    words = profile(folder).line("/usr/bin/sandbox-exec")
    assert [word for word in words if word.endswith(f"={folder}")]
    assert "allow default" not in words[-1]


def test_the_script_says_that_it_began_by_a_file_that_the_command_has_not():
    answers, told = os.pipe()
    words = ("bash", "-c", seatbelt._SCRIPT, "sh", str(told), "/bin/sh", "echo ran; ls /dev/fd/")
    done = subprocess.run(words, pass_fds=(told,), capture_output=True, text=True)
    os.close(told)
    assert os.read(answers, 10) == b"+"
    os.close(answers)
    assert done.stdout.split()[0] == "ran"
    assert str(told) not in done.stdout.split()


@pytest.mark.skipif(sys.platform == "darwin", reason="this is about other systems")
async def test_on_another_system_nothing_runs_and_it_is_told(workspace, root):
    executor = SeatbeltExecutor()
    with pytest.raises(SandboxUnavailableError) as raised:
        await executor.run(Command(text="touch ran"), workspace=workspace, timeout=10)
    assert "is macOS's own" in str(raised.value)
    assert 'sandbox="auto"' in str(raised.value)
    assert not (root / "ran").exists()
    await executor.aclose()


def test_auto_is_the_system_s_own(monkeypatch):
    for platform, name in (("darwin", "seatbelt"), ("linux", "bubblewrap")):
        monkeypatch.setattr(sys, "platform", platform)
        assert chosen_executor("auto") == name
    assert "not tested" in WEAK_EXECUTORS["seatbelt"]


def test_nothing_is_made_where_a_rule_holds(tmp_path):
    guards = Guards(tmp_path, ByRule())
    guards.add([])
    guards.release()
    assert list(tmp_path.iterdir()) == []
    assert str(Path(tmp_path, ".envrc")) in guards.mounts
