"""Repositories that a command wrote: their settings run code even where git only reads."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails import judge_command


def bare(folder, config):
    """Make what git takes for a bare repository."""
    (folder / "objects").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(config)


@pytest.mark.parametrize("command", ["git -C b status", "cd b && git status", "git -C b/refs log"])
def test_a_bare_repository_whose_settings_run_a_program_is_asked_about(tmp_path, command) -> None:
    bare(tmp_path / "b", "[core]\n\tbare = false\n\tfsmonitor = ./evil\n")
    assert judge_command(command, workspace=tmp_path).decision == "ask"


def test_a_bare_repository_whose_settings_run_harm_is_denied(tmp_path) -> None:
    bare(tmp_path / "b", '[core]\nfsmonitor = "rm -rf /etc"\n')
    assert judge_command("git -C b status", workspace=tmp_path).decision == "deny"


def test_a_bare_repository_with_plain_settings_is_read(tmp_path) -> None:
    bare(tmp_path / "b", "[core]\n\tbare = true\n[user]\n\tname = x\n")
    assert judge_command("git -C b log", workspace=tmp_path).decision == "allow"
