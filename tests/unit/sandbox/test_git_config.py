"""Git's settings are read as git reads them: git itself is asked what each spelling means."""

from __future__ import annotations

import subprocess

import pytest

from coding_agent_sdk.sandbox.git_config import named_by, settings_in

SPELLINGS = (
    "[core]\n\thooksPath = .hk\n",
    "[core] hooksPath = .hk\n",
    "[CORE]HOOKSPATH=.hk",
    "[core]\nhooksPath = .hk ; a comment\n",
    "[core]\nhooksPath = .hk# a comment\n",
    '[core]\nhooksPath = ".hk;a" # a comment\n',
    '[core]\nhooksPath = ".h"k\n',
    "[core]\nhooksPath = .h\\\nk\n",
    "[core]\nhooksPath = \\\n  .hk\n",
    '[core]\nhooksPath = "a\\tb\\\\c\\"d"\n',
    "[core]\r\nhooksPath = .hk\r\n",
    "\ufeff[core]\nhooksPath = .hk\n",
    "[core]\nbare = false\n[user] name = x\n[core]\nhooksPath = a  b  \nhooksPath = c\n",
    "[core]\n# hooksPath = no\n; hooksPath = no\nhooksPath\t=\tyes\n",
    '[core "sub"]\nhooksPath = no\n[core.x]\nhooksPath = no\n',
    "[core]\nfilemode\nhooksPath = .hk\n",
    "[core]\nhooksPath =\n",
    '[include]\npath = "a b"\n[includeIf "gitdir:~/x\\"y/"]\npath = c\n',
    "[core] # [core]\n hooksPath = .hk\n[a-b.c]\nd = e\n",
    "[core]\nhooksPath = .hk\nhooks_path = x\n",
    '[core]\nhooksPath = ".hk\n',
    "[core]\nhooksPath = .hk \\x\n",
    "[core\nhooksPath = .hk\n",
    "[core]\nhooksPath .hk\n",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_spelling_means_what_git_says(tmp_path, text):
    file = tmp_path / "config"
    file.write_bytes(text.encode())
    asked = subprocess.run(
        ("git", "config", "--file", str(file), "-z", "--list"), capture_output=True, check=False
    )
    found = list(settings_in(text))
    if asked.returncode:  # git refuses the file, and runs nothing by it
        return
    said = [tuple(each.partition("\n")[::2]) for each in asked.stdout.decode().split("\0") if each]
    assert found == said


def test_what_included_files_name_counts_and_a_circle_of_them_ends(tmp_path):
    (tmp_path / "config").write_text('[includeIf "onbranch:x"] path = more\n')
    (tmp_path / "more").write_text("[include]\npath = config\n[core]\nhooksPath = .hk\n")
    found = named_by([str(tmp_path / "config")])
    assert found.hooks == (".hk",)
    assert found.included == (str(tmp_path / "more"), str(tmp_path / "config"))


def test_a_file_that_has_changed_is_read_again(tmp_path):
    file = tmp_path / "config"
    file.write_text("[core]\nhooksPath = one\n")
    assert named_by([str(file)]).hooks == ("one",)
    file.write_text("[core]\nhooksPath = another\n")
    assert named_by([str(file)]).hooks == ("another",)
