"""Listing the files of a workspace without those that git ignores, and without leaving it."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.atomic import is_temporary
from coding_agent_sdk.sandbox.beneath import O_PATH, open_beneath
from coding_agent_sdk.text.gitignore import gitignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pathspec

_GIT_SECONDS: Final = 30.0
_IGNORE_BYTES: Final = 1 << 20
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_GIT_NAMES: Final = ("ls-files", "-co", "--exclude-standard", "-z")


def list_names(root: int, folder: Path, below: str, *, ignored: bool) -> list[str]:
    """Return the regular files below a folder of the workspace, as names of the system.

    Links to files inside are listed, links to folders are not followed, `.git` is left out.

    Args:
        root: File descriptor of the workspace's root.
        folder: The root's path, for git.
        below: The folder to list, relative to the root, without links; `""` for all.
        ignored: Whether those that git ignores are listed, too.
    """
    if not ignored:
        names = _git_list(root, folder, "", below)
        if names is not None:
            return names
    return list(_walk(root, below, ignored=ignored))


# -- with git ---------------------------------------------------------------------------------


def _git_list(root: int, folder: Path, prefix: str, below: str) -> list[str] | None:
    """Return the files that git knows of below *prefix*; None where git cannot tell."""
    listed = _git_names(folder / prefix)
    if listed is None:
        return None
    by_folder: dict[str, list[str]] = {}
    for name in listed:
        path = f"{prefix}/{name}" if prefix else name
        path = path.rstrip("/")
        if not below or _is_under(path, below) or _is_under(below, path):
            parent, _, last = path.rpartition("/")
            by_folder.setdefault(parent, []).append(last)
    found: list[str] = []
    for parent, names in by_folder.items():
        kinds = dict(_entries(root, parent))
        for name in names:
            path, kind = f"{parent}/{name}" if parent else name, kinds.get(name)
            if kind == "folder":  # a submodule, or a repository of its own
                found.extend(_nested(root, folder, path, below))
            elif kind == "file" and _is_under(path, below):
                found.append(path)
    return found


def _nested(root: int, folder: Path, path: str, below: str) -> list[str]:
    if not os.path.lexists(folder / path / ".git"):
        return []  # a submodule that is not checked out; what is in the folder belongs to nobody
    names = _git_list(root, folder, path, below)
    return list(_walk(root, path, ignored=False)) if names is None else names


def _git_names(folder: Path) -> set[str] | None:
    repository = _repository(folder)
    if repository is None:
        return None
    if repository != folder and run_git(folder, "check-ignore", "-q", ".") is not None:
        return None  # the workspace itself is ignored by a repository around it
    output = run_git(folder, *_GIT_NAMES)
    return None if output is None else {os.fsdecode(n) for n in output.split(b"\0") if n}


def _repository(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / ".git"):
            return candidate
    return None


def run_git(folder: Path, *arguments: str) -> bytes | None:
    """Run git, and return its output; None where it fails, hangs or is missing."""
    program = shutil.which("git")
    if program is None or Path(program).resolve().is_relative_to(folder):
        return None
    # A repository's own configuration can name programs; none of them is run.
    command = [program, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    environment = {
        "PATH": os.defpath,
        "HOME": os.environ.get("HOME", "/"),
        "LC_ALL": "C.UTF-8",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
    try:
        done = subprocess.run(  # noqa: S603  fixed arguments, no shell
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


# -- without git ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The `.gitignore` rules of a folder, and of those above it."""

    prefix: str
    spec: pathspec.GitIgnoreSpec
    above: Rules | None


def is_ignored(path: str, rules: Rules | None) -> bool:
    """Return whether git ignores *path*, that of a folder with a `/` at its end."""
    while rules is not None:
        decided = rules.spec.check_file(path[len(rules.prefix) :]).include
        if decided is not None:  # the nearest file that says something has the last word
            return decided
        rules = rules.above
    return False


def _walk(root: int, below: str, *, ignored: bool) -> Iterator[str]:
    rules = None if ignored else rules_above(root, below)
    if below and is_ignored(f"{below}/", rules):
        return
    pending: list[tuple[str, Rules | None]] = [(below, rules)]
    while pending:
        folder, rules = pending.pop()
        entries = list(_entries(root, folder))
        if not ignored and (".gitignore", "file") in entries:
            rules = rules_of(root, folder, ".gitignore", rules)
        prefix = f"{folder}/" if folder else ""
        for name, kind in entries:
            path = f"{prefix}{name}"
            is_folder = kind == "folder"
            if rules is not None and is_ignored(f"{path}/" if is_folder else path, rules):
                continue
            if is_folder:
                pending.append((path, rules))
            else:
                yield path


def rules_above(root: int, below: str) -> Rules | None:
    """Return the rules that hold for a folder, less its own."""
    rules = rules_of(root, "", ".git/info/exclude", None)
    parts = below.split("/") if below else []
    for depth in range(len(parts)):
        rules = rules_of(root, "/".join(parts[:depth]), ".gitignore", rules)
    return rules


def rules_of(root: int, folder: str, name: str, above: Rules | None) -> Rules | None:
    """Return the rules of the file *name* in a folder, on top of those above."""
    try:
        descriptor = open_beneath(
            root, posixpath.join(folder, name), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW
        )
    except OSError:
        return above  # git, too, does without an ignore file that it cannot read
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return above
        lines = os.fsdecode(file.read(_IGNORE_BYTES)).splitlines()
    try:
        spec = gitignore(lines)
    except ValueError:  # one of them is no rule: each is tried, which takes longer
        spec = gitignore([line for line in lines if _is_rule(line)])
    return Rules(prefix=f"{folder}/" if folder else "", spec=spec, above=above)


def _is_rule(line: str) -> bool:
    try:
        gitignore([line])
    except ValueError:  # git passes over a pattern that is none
        return False
    return True


# -- both -------------------------------------------------------------------------------------


def _is_under(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _entries(root: int, folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and kind, `file` or `folder`, of what is in a folder."""
    try:
        descriptor = open_beneath(root, folder or ".", _FOLDER_FLAGS)
    except OSError:
        return  # gone meanwhile, not readable, or a link: nothing of it is listed
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == "." and (name == ".git" or is_temporary(name)):
                    continue
                if kind := _kind(root, folder, entry):
                    yield name, kind
    finally:
        os.close(descriptor)


def _kind(root: int, folder: str, entry: os.DirEntry[str]) -> str:
    if entry.is_file(follow_symlinks=False):
        return "file"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    if entry.is_symlink():
        return "file" if is_file(root, posixpath.join(folder, entry.name)) else ""
    return ""


def is_file(root: int, path: str) -> bool:
    """Return whether *path* is a regular file, or a link to one, inside the root."""
    with contextlib.suppress(OSError):
        descriptor = open_beneath(root, path, O_PATH)
        try:
            return stat.S_ISREG(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
    return False
