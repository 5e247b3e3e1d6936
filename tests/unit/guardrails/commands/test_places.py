"""Where paths lead, also through links."""

from __future__ import annotations

from pathlib import Path

import pytest

from coding_agent_sdk.middleware.guardrails import judge_command
from coding_agent_sdk.middleware.guardrails.commands.paths import Places

PLACES = Places("/srv/repo", "/home/dev")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("src/a.py", "inside"),
        (".", "inside"),
        ("/srv/repo", "inside"),
        ("a/../b", "inside"),
        ("../other", "outside"),
        ("..", "root"),
        ("../..", "root"),
        ("/", "root"),
        ("//", "root"),
        ("/etc/..", "root"),
        ("/srv", "root"),
        ("/opt", "root"),
        ("/opt/x", "outside"),
        ("/usr/local/x", "outside"),
        ("/etc/hosts", "system"),
        ("/usr/bin/ls", "system"),
        ("/home/dev", "root"),
        ("/home/other", "root"),
        ("/root", "root"),
        ("/home/dev/a", "home"),
        ("/home/dev/.ssh/id_rsa", "credential"),
        ("/home/dev/.ssh/config", "home"),
        ("/home/dev/.aws/credentials", "credential"),
        ("/etc/shadow", "credential"),
        ("/proc/1/environ", "credential"),
        (".env", "credential"),
        (".env.example", "inside"),
        ("certs/server.key", "credential"),
        ("/tmp/a", "scratch"),
        ("/tmp", "scratch"),
        ("/dev/null", "none"),
        ("/dev/urandom", "none"),
        ("/dev/sda", "disk"),
        ("/dev/tcp/host/1", "remote"),
        ("/dev/snd/x", "system"),
        ("C:\\", "root"),
        ("C:\\Windows\\x", "system"),
        ("\ue000", "unknown"),
        ("\ue000/x", "unknown"),
        ("/etc/\ue000", "system"),
        ("/home/dev/\ue000", "root"),
        ("/home/dev/\ue001.log", "home"),
        ("/\ue001", "root"),
        ("/dev/sd\ue001", "disk"),
        ("/tmp/\ue001", "scratch"),
        ("/home/\ue001/.ssh/id_rsa", "credential"),
        ("a/\ue000/../../..", "unknown"),
        ("a\0b", "unknown"),
        ("x" * 5000, "unknown"),
    ],
)
def test_a_path_leads_to(path: str, where: str) -> None:
    assert PLACES.locate(path, "/srv/repo").where == where


def test_a_relative_path_from_an_unknown_folder_is_unknown() -> None:
    assert PLACES.locate("a", None).where == "unknown"


def test_a_link_out_of_the_workspace_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    workspace = tmp_path / "repo"
    outside.mkdir()
    workspace.mkdir()
    (workspace / "link").symlink_to(outside)
    (workspace / "etc").symlink_to("/etc")
    assert judge_command("touch x", workspace=workspace).decision == "allow"
    assert judge_command("rm -rf etc/ssl", workspace=workspace).decision == "deny"
    assert judge_command("rm etc/hosts", workspace=str(workspace)).decision == "deny"
    assert Places(str(workspace), "/home/dev").locate("link/x", str(workspace)).path == str(
        outside / "x"
    )


def test_a_workspace_behind_a_link_is_the_same_workspace(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    command = f"rm -rf {tmp_path}/real/build {tmp_path}/link/build"
    assert judge_command(command, workspace=tmp_path / "link").decision == "allow"


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        ("cd src && rm -rf ../build", "allow"),
        ("cd src && rm -rf ../../build", "ask"),
        ("cd /tmp && rm -rf x", "allow"),
        ("cd $UNKNOWN && rm -rf x", "ask"),
        ("cd - && rm -rf x", "ask"),
        ("(cd /etc); rm -rf x", "allow"),
        ("cd /etc; rm -rf x", "deny"),
        ("pushd /etc; rm x", "deny"),
        ("cd; rm -rf x", "ask"),
        ("cd /tmp/$X && rm -rf y", "allow"),
        ("rm -rf /tmp", "ask"),
        ("rm -rf /tmp/*", "ask"),
        ("ln -s /etc e; rm -rf e/ssl", "deny"),
        ("git -C /etc clean -fdx", "deny"),
        ("git -C sub clean -fdx", "allow"),
        ("make -C /etc", "ask"),
    ],
)
def test_the_folder_is_followed(command: str, decision: str) -> None:
    assert judge_command(command, workspace="/srv/repo").decision == decision


def test_a_workspace_that_cannot_be_named_is_asked_about() -> None:
    verdict = judge_command("ls", workspace="a\0b")
    assert verdict.decision == "ask"
    assert "cannot be read" in verdict.reasons[0]
