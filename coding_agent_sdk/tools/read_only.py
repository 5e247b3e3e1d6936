"""Whether a shell command only reads the workspace. In doubt it does not."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.tools.credential_names import (
    is_credential_path,
    is_git_config,
    may_hold_credentials,
)
from coding_agent_sdk.tools.read_only_git import paths_of_index, repository_is_tame
from coding_agent_sdk.tools.read_only_table import COMMANDS, GIT_COMMANDS, paths_after_pattern
from coding_agent_sdk.tools.shell_words import plain_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.tools.read_only_table import Rule

__all__ = ["is_read_only"]

_MAX_CLUSTER: Final = 64
_DEVICES: Final = (Path("/proc"), Path("/sys"), Path("/dev"))


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
    if _workspace_has_program(name, workspace.root):
        return False
    if name == "git":
        return _git_is_read_only(arguments, workspace)
    rule = COMMANDS.get(name)
    return rule is not None and _keeps(rule, arguments, workspace)


def _workspace_has_program(name: str, root: Path) -> bool:
    """Return whether the PATH leads into the workspace, to a file that would run as *name*."""
    folders = set(os.environ.get("PATH", os.defpath).split(os.pathsep))
    for folder in {(root / folder).resolve() for folder in folders}:
        if folder.is_relative_to(root.resolve()) and os.path.lexists(folder / name):
            return True
    return False


def _git_is_read_only(arguments: Sequence[str], workspace: Workspace) -> bool:
    if arguments and arguments[0] == "--no-pager":
        arguments = arguments[1:]
    if list(arguments) == ["--version"]:
        return True
    rule = GIT_COMMANDS.get(arguments[0]) if arguments else None
    if rule is None or not repository_is_tame(workspace.root):
        return False
    tracked = paths_of_index(workspace.root)
    if tracked is None:
        return False
    if rule.shows is not None and rule.shows(arguments[1:]):
        return not any(map(is_credential_path, tracked)) and _keeps(rule, arguments[1:], workspace)
    return _keeps(rule, arguments[1:], workspace)


def _keeps(rule: Rule, arguments: Sequence[str], workspace: Workspace) -> bool:
    if rule.accepts is not None and not rule.accepts(arguments):
        return False
    if any(a.startswith("-") and rule.refuses(a) for a in arguments):
        return False
    # What follows `--` is a file, or still an option where `--` is the value of one before it.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parts = [part for argument in arguments for part in _parts(argument)]
    if not all(_is_inside(part, workspace) for part in (*parts, *arguments[end + 1 :])):
        return False
    return not rule.reads or _reads_no_wrong_folder(rule, arguments, workspace)


def _parts(argument: str) -> Sequence[str]:
    """Return what in an argument may be a path: an option can have one attached."""
    if not argument.startswith("-"):
        return (argument,)
    value = argument.partition("=")[2]
    if argument.startswith("--"):
        return (value,)
    return (value, *(argument[start:] for start in range(2, min(len(argument), _MAX_CLUSTER))))


def _is_inside(path: str, workspace: Workspace) -> bool:
    if path in {"", "/dev/null"}:
        return True
    if path.startswith("~") or ".." in re.split(r"[/:]", path) or _is_secret(path):
        return False
    try:
        relative = workspace.relative(path)
        real = (workspace.root / relative).resolve()
    except (WorkspaceError, OSError, RuntimeError):
        return False
    if not real.is_relative_to(workspace.root) or any(map(real.is_relative_to, _DEVICES)):
        return False
    return not _is_secret(real.relative_to(workspace.root).as_posix())


def _is_secret(path: str) -> bool:
    return is_credential_path(path) or is_git_config(path)


def _reads_no_wrong_folder(rule: Rule, arguments: Sequence[str], workspace: Workspace) -> bool:
    root = workspace.root
    if rule.files_only:
        return not any(os.path.isdir(root / a) for a in arguments)  # noqa: PTH112  too long a name is none
    if rule.recurses is None or not rule.recurses(arguments):
        return True
    paths = paths_after_pattern(rule.flags, arguments) or (".",)
    return not any(may_hold_credentials(root / path) for path in paths)
