"""Whether a shell command only reads the workspace. In doubt it does not."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.tools.credential_names import is_credential_path, may_hold_credentials
from coding_agent_sdk.tools.read_only_table import COMMANDS, GIT_COMMANDS
from coding_agent_sdk.tools.shell_words import plain_commands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.tools.read_only_table import Rule

__all__ = ["is_read_only"]

_MAX_CLUSTER: Final = 64
# Settings of a repository that name a program, or a file with more settings.
_RUNS_PROGRAMS: Final = re.compile(
    r"fsmonitor|hookspath|external|textconv|command|pager|gpg|program|include|\[filter|helper"
    r"|worktree|askpass|editor|driver",
    re.IGNORECASE,
)


def is_read_only(command: str, workspace: Workspace) -> bool:
    """Return whether *command* certainly changes nothing, and reads inside the workspace only.

    It must be plain words joined by `|`, `&&`, `||` and `;`, each command out of a small table and
    without its writing or executing options; no path may lead outside or be called as files with
    credentials are.
    """
    commands = plain_commands(command)
    if commands is None:
        return False
    return all(_is_read_only(words, workspace) for words in commands)


def _is_read_only(words: Sequence[str], workspace: Workspace) -> bool:
    name, arguments = words[0], words[1:]
    if name == "git":
        return _git_is_read_only(arguments, workspace)
    rule = COMMANDS.get(name)
    return rule is not None and _keeps(rule, arguments, workspace)


def _git_is_read_only(arguments: Sequence[str], workspace: Workspace) -> bool:
    if arguments and arguments[0] == "--no-pager":
        arguments = arguments[1:]
    if list(arguments) == ["--version"]:
        return True
    rule = GIT_COMMANDS.get(arguments[0]) if arguments else None
    if rule is None or not _repository_is_tame(workspace.root):
        return False
    return _keeps(rule, arguments[1:], workspace)


def _keeps(rule: Rule, arguments: Sequence[str], workspace: Workspace) -> bool:
    if rule.accepts is not None and not rule.accepts(arguments):
        return False
    for argument in arguments:
        if argument.startswith("-") and rule.refuses(argument):
            return False
        if not all(_is_inside(part, workspace) for part in _parts(argument)):
            return False
    return not rule.reads or _reads_no_wrong_folder(rule, arguments, workspace)


def _parts(argument: str) -> Sequence[str]:
    """Return what in an argument may be a path: an option can have one attached."""
    if not argument.startswith("-"):
        return (argument,)
    if "=" in argument:
        return (argument.partition("=")[2],)
    if argument.startswith("--"):
        return ()
    return tuple(argument[start:] for start in range(2, min(len(argument), _MAX_CLUSTER)))


def _is_inside(path: str, workspace: Workspace) -> bool:
    if path in {"", "/dev/null"}:
        return True
    if path.startswith("~") or ".." in re.split(r"[/:]", path) or is_credential_path(path):
        return False
    try:
        relative = workspace.relative(path)
        real = (workspace.root / relative).resolve()
    except (WorkspaceError, OSError, RuntimeError):
        return False
    if not real.is_relative_to(workspace.root):
        return False
    return not is_credential_path(real.relative_to(workspace.root).as_posix())


def _reads_no_wrong_folder(rule: Rule, arguments: Sequence[str], workspace: Workspace) -> bool:
    given = [workspace.root / a for a in arguments if not a.startswith("-")]
    folders = [path for path in given if path.is_dir()]
    if rule.files_only:
        return not folders
    if rule.recurses is None or not rule.recurses(arguments):
        return True
    if not folders and not any(path.is_file() for path in given):
        folders = [workspace.root]
    return not any(may_hold_credentials(folder, hidden=rule.hidden) for folder in folders)


def _repository_is_tame(root: Path) -> bool:
    """Return whether the repository's own configuration names no program that git would run."""
    config = _git_config(root)
    if config is None or (config.parent / "modules").exists():
        return False
    for path in (config, config.with_name("config.worktree")):
        try:
            text = path.read_bytes().decode("utf-8", "replace") if os.path.lexists(path) else ""
        except OSError:
            return False
        if _RUNS_PROGRAMS.search(text):
            return False
    return True


def _git_config(root: Path) -> Path | None:
    for folder in (root, *root.parents):
        repository = folder / ".git"
        if repository.is_dir():
            return repository / "config"
        if os.path.lexists(repository):
            return _config_of_worktree(repository)
        if os.path.lexists(folder / "HEAD"):
            return None  # git may take the folder itself for a repository
    return None


def _config_of_worktree(repository: Path) -> Path | None:
    """Return the configuration behind a `.git` that is a file: the one of the main checkout."""
    try:
        line = repository.read_text("utf-8").strip()
        folder = (repository.parent / line.removeprefix("gitdir:").strip()).resolve()
        if folder.parent.name != "worktrees":
            return None
        common = folder / (folder / "commondir").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return common.resolve() / "config"
