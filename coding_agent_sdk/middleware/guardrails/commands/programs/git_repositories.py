"""Repositories inside the workspace: what their own settings and hooks make git run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.git_settings import (
    follow_setting,
    runs_code,
)
from coding_agent_sdk.middleware.guardrails.commands.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_SECTION: Final = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)')
_SETTING: Final = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:=\s*(.*?))?\s*$")
_MAX_CONFIG: Final = 65_536
_MAX_FOLDERS: Final = 20
_ALWAYS_SAFE: Final = frozenset({"core.worktree", "submodule.update"})


def follow_repository(call: Call) -> None:
    """Note what the repository of the current folder makes git run.

    The workspace's own repository is the user's, who knows its settings. One in a folder of the
    workspace, or one without a folder `.git`, may have been written or unpacked by a command: git
    obeys its settings even where it only reads.
    """
    config = _config_elsewhere(call)
    if config is None:
        return
    text = _text(call, config)
    if text is None:
        call.shell.note("exec-unknown", "none", call.part)
        return
    for key, value in settings(text):
        if key not in _ALWAYS_SAFE and runs_code(key, value):
            follow_setting(call, key, Value(value))
            call.shell.note("exec-unknown", "none", call.part)
    hooks = config.parent / "hooks"
    if any(
        path.startswith(f"{hooks}/") and not path.endswith(".sample") for path in call.shell.files
    ):
        call.shell.note("exec-unknown", "none", call.part)


def _config_elsewhere(call: Call) -> Path | None:
    """Return the settings of the repository that git would find, if it is not the workspace's."""
    shell = call.shell
    workspace = shell.places.workspace
    folder = shell.folder
    for _ in range(_MAX_FOLDERS):
        if folder is None or not folder.startswith(workspace):
            return None
        if folder != workspace and _is_there(call, f"{folder}/.git"):
            config = Path(folder, ".git", "config")
            return config if _is_there(call, str(config)) else None
        if _is_there(call, f"{folder}/HEAD") and _is_there(call, f"{folder}/config"):
            bare = folder != workspace or not _is_there(call, f"{folder}/.git")
            return Path(folder, "config") if bare else None
        folder = folder.rpartition("/")[0]
    return None


def _is_there(call: Call, path: str) -> bool:
    """Whether a path exists, or exists once the command has run that far."""
    if path in call.shell.files:
        return True
    try:
        return Path(path).exists()
    except OSError:
        return False


def _text(call: Call, config: Path) -> str | None:
    """Return the settings, also such as the command itself has written; None if not known."""
    written = call.shell.files.get(str(config))
    if written is not None:
        return written.plain if written.known else None
    try:
        if config.stat().st_size > _MAX_CONFIG:
            return None
        return config.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def settings(text: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a file as git reads it: `section.name.key` and the value."""
    section = ""
    for raw in text.replace("\\\n", "").splitlines():
        line = raw
        if found := _SECTION.match(line):
            section = found[1].lower() + (f".{found[2]}" if found[2] else "")
            line = found[3]
        if found := _SETTING.match(line):
            value = re.sub(r"(?<=\s)[#;].*$", "", found[2] or "true").strip().replace('"', "")
            yield f"{section}.{found[1].lower()}", value
