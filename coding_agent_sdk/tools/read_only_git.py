"""Whether git can read a repository without running or fetching what the repository names."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["paths_of_index", "repository_is_tame"]

_MAX_CONFIG: Final = 65_536
_MAX_INDEX: Final = 32_000_000
_PLAIN_FOLDERS: Final = ("objects", "objects/info", "objects/pack", "refs", "hooks", "info")
_FOREIGN: Final = ("commondir", "config.worktree", "modules", "objects/info/alternates")
_HEAD: Final = re.compile(rb"(ref: refs/[!-~]+|[0-9a-f]{40})\n?")

# Hooks that no reading command runs. `post-index-change` is not among them: `git diff` runs it.
_WRITERS_HOOKS: Final = frozenset({
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit",
    "prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge",
    "pre-push", "post-rewrite", "pre-receive", "update", "post-receive", "post-update",
})  # fmt: skip

# Settings, in small letters and without the name in quotes, that neither name a program nor a file
# nor another repository, or do so for commands that write only.
_HARMLESS_SETTINGS: Final = frozenset({
    "core.repositoryformatversion", "core.filemode", "core.bare", "core.logallrefupdates",
    "core.ignorecase", "core.precomposeunicode", "core.symlinks", "core.autocrlf", "core.eol",
    "core.safecrlf", "core.longpaths", "core.quotepath", "core.abbrev", "core.compression",
    "core.hidedotfiles", "core.trustctime", "core.untrackedcache", "core.sharedrepository",
    "remote.url", "remote.pushurl", "remote.fetch", "remote.tagopt", "remote.gh-resolved",
    "branch.remote", "branch.merge", "branch.rebase", "branch.pushremote", "branch.description",
    "branch.vscode-merge-base", "branch.gh-merge-base", "branch.github-pr-owner-number",
    "user.name", "user.email", "user.signingkey", "commit.gpgsign", "tag.gpgsign",
    "init.defaultbranch", "pull.rebase", "pull.ff", "push.default", "push.autosetupremote",
    "fetch.prune", "merge.conflictstyle", "rebase.autosquash", "rebase.autostash", "color.ui",
    "gc.auto", "maintenance.auto", "maintenance.strategy", "lfs.repositoryformatversion",
})  # fmt: skip
_SECTION: Final = re.compile(r'[ \t]*\[([A-Za-z0-9-]+)(?:[ \t]+"[^"\\]*")?\][ \t]*')
_SETTING: Final = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9-]*)[ \t]*(?:=.*)?")
_COMMENT: Final = re.compile(r"[ \t]*([#;].*)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_ENTRY: Final = struct.Struct(">24xI32xH")  # mode and flags; times, owner, size and id between
_GITLINK: Final = 0o160000
_EXTENDED: Final = 0x4000
_LONG_NAME: Final = 0xFFF
_EXTENSIONS: Final = (b"TREE", b"REUC", b"UNTR", b"FSMN")


def repository_is_tame(root: Path) -> bool:
    """Return whether *root* has a repository in which git's reading commands run nothing.

    It must be a plain folder `.git` with nothing kept elsewhere, with settings that are all known
    to be harmless, and without hooks for reading commands; in doubt it is not. Submodules are
    refused: git would read them with their own settings.
    """
    git = root / ".git"
    try:
        return _is_plain(root, git) and _has_no_hooks(git) and _settings_are_harmless(git)
    except (OSError, ValueError):
        return False


def paths_of_index(root: Path) -> list[str] | None:
    """Return the paths that git tracks; None where it cannot be told or there are submodules."""
    index = root / ".git" / "index"
    try:
        if not index.exists():
            return []
        if index.stat().st_size > _MAX_INDEX:
            return None
        return _read_index(index.read_bytes())
    except (OSError, ValueError, struct.error):
        return None


def _is_plain(root: Path, git: Path) -> bool:
    # With a broken `.git` git takes the folder itself, or one above it, for the repository.
    if git.is_symlink() or _exists(root / "HEAD") or not _HEAD.fullmatch(_read(git / "HEAD")):
        return False
    if not (git / "objects").is_dir() or not (git / "refs").is_dir():
        return False
    linked = any(path.is_symlink() for path in (*git.iterdir(), *map(git.joinpath, _PLAIN_FOLDERS)))
    return not linked and not any(_exists(git / name) for name in _FOREIGN)


def _has_no_hooks(git: Path) -> bool:
    hooks = git / "hooks"
    names = [path.name for path in hooks.iterdir()] if _exists(hooks) else []
    return all(name.endswith(".sample") or name in _WRITERS_HOOKS for name in names)


def _settings_are_harmless(git: Path) -> bool:
    section = ""
    for ended in _read(git / "config").decode("utf-8").split("\n"):
        line = ended.removesuffix("\r")
        if _CONTROL.search(line) or line.endswith("\\"):
            return False
        if _COMMENT.fullmatch(line):
            continue
        if found := _SECTION.fullmatch(line):
            section = found[1].lower()
            continue
        setting = _SETTING.fullmatch(line)
        if setting is None or f"{section}.{setting[1].lower()}" not in _HARMLESS_SETTINGS:
            return False
    return True


def _read(path: Path) -> bytes:
    if not path.is_file() or path.stat().st_size > _MAX_CONFIG:
        raise ValueError(f"{path.name} is no file of at most {_MAX_CONFIG} bytes")
    return path.read_bytes()


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _read_index(data: bytes) -> list[str] | None:
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in {2, 3}:
        return None
    paths, position = [], 12
    for _ in range(count):
        mode, flags = _ENTRY.unpack_from(data, position)
        if mode == _GITLINK:
            return None
        start = position + _ENTRY.size + (2 if flags & _EXTENDED else 0)
        end = data.index(b"\0", start)
        # git goes by the length, as far as it fits: one that lies could hide entries from us.
        if min(end - start, _LONG_NAME) != flags & _LONG_NAME:
            return None
        paths.append(data[start:end].decode("utf-8", "replace"))
        position += (end - position) // 8 * 8 + 8
    return paths if _extensions_are_known(data, position) else None


def _extensions_are_known(data: bytes, position: int) -> bool:
    """Return whether nothing sends git to other entries: another file, or another place in it."""
    end = len(data) - 20  # the checksum
    while position < end:
        name, length = struct.unpack_from(">4sI", data, position)
        if name not in _EXTENSIONS:
            return False
        position += 8 + length
    return position == end
