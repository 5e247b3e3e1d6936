"""Repositories and workspaces made to have a reading command run, write or tell something."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess

import pytest

from coding_agent_sdk.sandbox.environment import command_environment
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.read_only import is_read_only

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ORDINARY = [
    "git status",
    "git status --short",
    "git status -uno",
    "git log --oneline -5",
    "git log -p",
    "git log --stat -n 3",
    "git diff",
    "git diff --stat HEAD",
    "git show HEAD",
    "git grep -n x",
    "git blame a.py",
    "git branch -a",
    "git tag -l",
    "git describe --always",
    "git ls-files",
    "git rev-parse HEAD",
    "git stash list",
    "ls -la",
    "cat a.py | head",
    "grep -n x a.py",
    "grep -rn x .",
    "grep -rn x --include='*.py'",
    "rg -n x",
    "rg -tpy x",
    "tail -n +1 a.py",
    "tail +1 a.py",
    "sort a.py | uniq -c | sort -rn",
    "uniq -c a.py",
    "uniq -",
    "wc -l a.py",
]


def git(folder, *arguments):
    options = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *options, *arguments], cwd=folder, check=True, capture_output=True, env=environment
    )
    return done.stdout.decode()


@pytest.fixture
def repo(root):
    git(root, "init", "-q", "-b", "main")
    (root / "a.py").write_text("x = 1\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    return LocalWorkspace(root)


def set_config(root, *lines):
    with (root / ".git" / "config").open("a") as file:
        file.write("\n".join(("", *lines, "")))


def program(root, name="evil"):
    path = root / name
    path.write_text(f"#!/bin/sh\necho ran >> {root.parent / 'RAN'}\n")
    path.chmod(0o755)
    return path


def state(root):
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "index"]
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("command", ORDINARY)
def test_ordinary_reading_is_not_asked_about(repo, root, command):
    assert is_read_only(command, repo)
    before = state(root)
    (root / "a.py").touch()
    subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env=command_environment((), {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
    )
    assert state(root) == before


def test_usual_settings_hooks_and_files_stay_ordinary(repo, root):
    (root / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n")
    set_config(
        root,
        "# a comment",
        '[remote "origin"]',
        "\turl = https://example.org/a.git ; where from",
        "\tfetch = +refs/heads/*:refs/remotes/origin/*",
        '[branch "main"]\r',
        "\tremote = origin\r",
        "[User]",
        "\tName = a",
        "\temail",
    )
    assert is_read_only("git status", repo)


def test_the_files_of_a_hundred_long_names_are_read(repo, root):
    for number in range(100):
        (root / ("n" * number + "é.txt")).touch()
    git(root, "add", ".")
    git(root, "add", "-N", "a.py")
    assert is_read_only("git status", repo)


def test_no_repository_has_no_index_yet(root):
    git(root, "init", "-q")
    assert is_read_only("git status", LocalWorkspace(root))


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        "[core]\n\tfsmonitor = ./evil",
        "[CORE]\n\tFsMonitor = ./evil",
        "[core] fsmonitor = ./evil",
        "[core]\n\tfsmon\\\nitor = ./evil",
        "[core]\n\teditor = x\\\nfsmonitor = ./evil",
        "[core]\n\teol = lf\\\n",
        "[core]\n\tfsmonitor",
        "[core]\n\tgitproxy = ./evil",
        "[core]\n\tsshcommand = ./evil",
        "[core]\n\thookspath = .",
        "[core]\n\tworktree = ..",
        "[core]\n\tattributesfile = x",
        "[core]\n\texcludesfile = x",
        "[core]\n\talternaterefscommand = ./evil",
        "[core]\n\tpager = ./evil",
        "[diff]\n\texternal = ./evil",
        '[diff "x"]\n\ttextconv = ./evil',
        '[diff "x"]\n\tcommand = ./evil',
        '[filter "x"]\n\tclean = ./evil',
        '[filter "x"]\n\tprocess = ./evil',
        "[include]\n\tpath = x",
        '[includeIf "gitdir:/"]\n\tpath = x',
        "[includeif.gitdir:/]\n\tpath = x",
        "[extensions]\n\tpartialclone = origin",
        "[extensions]\n\tworktreeconfig = true",
        "[extensions]\n\tobjectformat = sha256",
        '[remote "o"]\n\tpromisor = true',
        '[remote "o"]\n\tuploadpack = ./evil',
        '[remote "o"]\n\tvcs = evil',
        '[remote "o"]\n\tpartialclonefilter = blob:none',
        "[gpg]\n\tprogram = ./evil",
        "[log]\n\tshowsignature = true",
        "[pager]\n\tstatus = ./evil",
        "[alias]\n\tstatus = !./evil",
        "[trace2]\n\teventtarget = /tmp/x",
        "[submodule]\n\trecurse = true",
        "[status]\n\tsubmodulesummary = true",
        "[diff]\n\tsubmodule = log",
        "[blame]\n\tignorerevsfile = x",
        "[mailmap]\n\tfile = /etc/passwd",
        "[credential]\n\thelper = ./evil",
        '[url "ext::sh -c evil"]\n\tinsteadof = https:',
        '[remote "\\"]\n\turl = x"]',
        "[core]\n\t\x0bbare = true",
        "fsmonitor = ./evil",
        "[core",
        "[core]\n\teol = \0",
    ],
)  # fmt: skip
def test_a_setting_that_is_not_known_to_be_harmless_is_refused(repo, root, setting):
    set_config(root, *setting.split("\n"))
    assert not is_read_only("git status", repo)
    assert not is_read_only("git show HEAD", repo)
    assert is_read_only("git --version", repo)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 70_000, b"\xef\xbb\xbf[core]\n"])
def test_a_configuration_of_another_kind_is_refused(repo, root, content):
    (root / ".git" / "config").write_bytes(content)
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize("name", ["config", "HEAD", "index"])
def test_a_folder_in_the_place_of_a_file_is_refused(repo, root, name):
    (root / ".git" / name).unlink()
    (root / ".git" / name).mkdir()
    assert not is_read_only("git status", repo)


def test_a_filter_that_really_runs_is_refused(repo, root):
    program(root)
    set_config(root, '[filter "x"]', "\tclean = ./evil")
    (root / ".gitattributes").write_text("*.py filter=x\n")
    (root / "a.py").write_text("y = 2\n")
    git(root, "diff")
    assert (root.parent / "RAN").exists()
    assert not is_read_only("git diff", repo)


# -- hooks and what stands around -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["post-index-change", "reference-transaction", "unheard-of"])
def test_a_hook_that_a_reading_command_may_run_is_refused(repo, root, name):
    program(root, f".git/hooks/{name}")
    assert not is_read_only("git status", repo)
    assert not is_read_only("git diff", repo)


@pytest.mark.parametrize("content", ["../other\n", ".", "/"])
def test_a_common_folder_elsewhere_is_refused(repo, root, content):
    (root / ".git" / "commondir").write_text(content)
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize(
    "name", ["modules", "config.worktree", "objects/info/alternates", "commondir"]
)
def test_what_leads_git_to_other_repositories_is_refused(repo, root, name):
    (root / ".git" / name).symlink_to("nowhere")
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize(
    "name",
    ["", "config", "HEAD", "index", "objects", "objects/info", "objects/pack", "refs", "hooks"],
)
def test_a_link_in_the_place_of_the_repository_or_a_part_is_refused(repo, root, name):
    part = root / ".git" / name
    part.rename(root.parent / "moved")
    part.symlink_to(root.parent / "moved")
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize("name", ["objects", "refs", "HEAD"])
def test_a_broken_repository_is_refused_because_git_takes_another(repo, root, name):
    (root / ".git" / name).rename(root / ".git" / "gone")
    assert not is_read_only("git status", repo)


def test_a_head_that_git_does_not_believe_is_refused(repo, root):
    (root / ".git" / "HEAD").write_text("ref: nothing\n")
    assert not is_read_only("git status", repo)


def test_a_folder_that_looks_like_a_bare_repository_is_refused(repo, root):
    (root / "HEAD").write_text("ref: refs/heads/main\n")
    assert not is_read_only("git status", repo)


def test_the_repository_of_a_folder_above_is_refused(repo, root):
    (root / "part").mkdir()
    assert not is_read_only("git status", LocalWorkspace(root / "part"))


def test_a_worktree_is_refused(repo, root):
    git(root, "worktree", "add", "-q", "../tree")
    assert is_read_only("git status", repo)
    assert not is_read_only("git status", LocalWorkspace(root.parent / "tree"))


# -- the index ------------------------------------------------------------------------------------


def test_a_repository_inside_that_git_status_would_enter_is_refused(repo, root):
    inner = root / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "commit", "-qm", "x", "--allow-empty")
    assert is_read_only("git status", repo)
    git(root, "add", "inner")
    set_config(inner, "[core]", f"\tfsmonitor = {program(root)}")
    git(root, "status")
    assert (root.parent / "RAN").exists()
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize(
    "arguments",
    [("--index-version", "4"), ("--split-index",)],
)
def test_an_index_of_another_form_is_refused(repo, root, arguments):
    git(root, "update-index", *arguments)
    assert not is_read_only("git status", repo)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"DIRX" + data[4:],
        lambda data: data[:60],
        lambda data: data[:8] + struct.pack(">I", 9) + data[12:],
        lambda data: data[:72] + b"\0\0" + data[74:],
        lambda data: data[:-20] + b"EOIE\0\0\0\0" + data[-20:],
        lambda data: data + b"\0",
    ],
    ids=["empty", "magic", "short", "count", "length", "extension", "end"],
)
def test_an_index_that_lies_is_refused(repo, root, change):
    index = root / ".git" / "index"
    index.write_bytes(change(index.read_bytes()))
    assert not is_read_only("git status", repo)


def test_an_index_too_large_to_read_is_refused(repo, root, monkeypatch):
    from coding_agent_sdk.tools import read_only_git

    monkeypatch.setattr(read_only_git, "_MAX_INDEX", 10)
    assert not is_read_only("git status", repo)


def test_credentials_that_git_tracks_are_not_shown(repo, root):
    (root / ".env").write_text("KEY=x\n")
    git(root, "add", ".env")
    for command in (
        "git diff", "git diff --cached", "git show HEAD", "git log -p", "git log -SKEY -U1",
        "git grep KEY", "git show --format=%H HEAD", "git status -v", "git log --cc",
    ):  # fmt: skip
        assert not is_read_only(command, repo)
    for command in ("git status", "git log --oneline -5", "git diff --stat", "git branch"):
        assert is_read_only(command, repo)


# -- the rest of the workspace --------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", ".", "bin", "{root}/bin", "{root}"])
def test_a_program_that_the_workspace_puts_on_the_path_is_refused(repo, root, monkeypatch, folder):
    (root / "bin").mkdir()
    path = f"{folder.format(root=root)}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    assert is_read_only("ls", repo)
    program(root, "bin/ls" if "bin" in folder else "ls")
    assert not is_read_only("ls", repo)
    assert is_read_only("cat a.py", repo)


@pytest.mark.parametrize(
    "command",
    [
        "rg KEY", "rg KEY .", "rg -tpy KEY", "rg a.py", "rg -A 3 a.py", "rg -e KEY", "rg -r a doc",
        "grep -r KEY", "grep -rn KEY .", "grep -r doc", "grep -r a.py", "grep -rA 3 doc",
        "grep -r --rege=KEY doc .", "grep -re KEY", "grep -r KEY -- doc", "grep -r KEY doc .",
    ],
)  # fmt: skip
def test_what_may_read_a_file_with_credentials_is_refused(repo, root, command):
    (root / "doc").mkdir()
    assert is_read_only(command, repo)
    (root / ".env").write_text("KEY=x\n")
    (root / ".ignore").write_text("!.env\n")
    assert not is_read_only(command, repo)
    assert is_read_only("grep -rn KEY doc", repo)


def test_a_password_in_the_address_of_a_remote_is_not_read(repo, root):
    assert is_read_only("grep -rn x .", repo)
    assert is_read_only("grep -rn x .git", repo)
    set_config(root, '[remote "o"]', "\turl = https://a:b@example.org/x")
    assert not is_read_only("grep -rn x .", repo)
    assert not is_read_only("grep -rn x .git", repo)
    assert not is_read_only("cat .git/config", repo)


def test_the_settings_of_submodules_may_hold_passwords(repo, root):
    (root / ".git" / "modules").mkdir()
    assert not is_read_only("grep -rn x .", repo)


def test_a_name_too_long_for_a_file_is_no_folder(repo):
    name = "a" * 300
    for command in (f"grep -r x {name}", f"diff {name} a.py"):
        assert is_read_only(command, repo)


@pytest.mark.parametrize(
    ("command", "file"),
    [("echo x | uniq - out", "out"), ("echo x | uniq -- - out", "out"), ("uniq -- a.py -o", "-o")],
)
def test_uniq_really_writes_to_its_second_operand(repo, root, command, file):
    assert not is_read_only(command, repo)
    subprocess.run(["bash", "-c", command], cwd=root, check=True, timeout=20)
    assert (root / file).exists()


@pytest.mark.parametrize("command", ["git status", "git diff", "git commit -qm y -a"])
def test_git_works_in_the_environment_of_commands(repo, root, command):
    (root / "a.py").write_text("x = 2\n")
    git(root, "config", "user.name", "a")
    git(root, "config", "user.email", "a@b")
    before = (root / ".git" / "index").read_bytes()
    subprocess.run(
        ["bash", "-c", command], cwd=root, check=True, env=command_environment((), {}), timeout=20
    )
    written = (root / ".git" / "index").read_bytes() != before
    assert written == ("commit" in command)
