"""What of a home folder the developer's tools need: Python, Node, Rust and the like.

A sandbox shows the system's folders and the workspace. What `PATH` names elsewhere is shown, too,
read-only: the folder itself, and the installation that it belongs to. Never a whole home folder,
and never a folder that tools keep keys in, such as `~/.cargo` or `~/.local`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SYSTEM_FOLDERS", "Toolchains", "find_toolchains"]

SYSTEM_FOLDERS: Final = ("/usr", "/etc", "/opt", "/nix/store", "/bin", "/sbin", "/lib", "/lib64")
"""Where programs of the system lie: shown as they are, read-only."""

_WHOLE: Final = (".pyenv", ".rbenv", ".nodenv", ".goenv", ".asdf", ".volta", ".sdkman", ".rustup")
"""Folders of a home that hold installations and nothing else."""

_INSTALLED: Final = ("lib", "pyvenv.cfg", "conda-meta", "libexec", "pkg")
"""What lies beside `bin` in an installation."""

_NEVER: Final = (".local", ".cargo", ".config", ".ssh", ".gnupg", ".aws")
"""Not shown as an installation: keys lie there, or may."""

_SECRET: Final = (".ssh", ".gnupg", ".aws", ".kube", ".docker", ".password-store")
"""Nothing in them is shown."""

_MOST_LINKS: Final = 500


class Toolchains:
    """What to show, and the variables that say where it lies.

    Attributes:
        folders: Folders and files, read-only.
        variables: Variables that tools find themselves by.
    """

    def __init__(self, folders: Iterable[str], variables: dict[str, str]) -> None:
        self.folders = tuple(folders)
        self.variables = variables


def find_toolchains(path: str, *, root: Path, home: Path) -> Toolchains:
    """Return what the programs on *path*, and the Python that runs us, need.

    Args:
        path: Value of `PATH`.
        root: The workspace; its virtual environments name a Python elsewhere.
        home: The user's home folder.
    """
    found: dict[str, None] = {}
    variables: dict[str, str] = {}
    for folder in _folders(path):
        for shown in _needed(folder, home):
            found.setdefault(shown)
        if folder == home / ".cargo" / "bin" and (home / ".rustup").is_dir():
            found.setdefault(os.fspath(home / ".rustup"))
            variables["RUSTUP_HOME"] = os.fspath(home / ".rustup")
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix)):
        folder = Path(prefix, "bin")
        for shown in () if _is_of_system(folder) else _installation(folder, home):
            found.setdefault(shown)
    for base in _bases_of_environments(root):
        for shown in _installation(base, home):
            found.setdefault(shown)
    kept = [shown for shown in found if _may_be_shown(shown, root, home)]
    return Toolchains(_outermost(kept), variables)


def _folders(path: str) -> Iterator[Path]:
    for name in dict.fromkeys(path.split(os.pathsep)):
        folder = Path(name)
        if folder.is_absolute() and os.path.isdir(folder):  # noqa: PTH112  Path raises where it may not look
            yield folder


def _needed(folder: Path, home: Path) -> Iterator[str]:
    """Yield what a folder of `PATH` needs."""
    if _is_of_system(folder):
        return
    yield os.fspath(folder)
    yield from _installation(folder, home)
    yield from _behind_links(folder, home)


def _installation(folder: Path, home: Path) -> Iterator[str]:
    """Yield the installation that a folder of programs belongs to, by both of its names."""
    for name in dict.fromkeys((folder, folder.resolve())):
        whole = next((home / part for part in _WHOLE if name.is_relative_to(home / part)), None)
        if whole is not None:
            yield os.fspath(whole)
        elif _is_installation(name):
            yield os.fspath(name.parent)
        environment = name.parent / "pyvenv.cfg"
        if os.path.isfile(environment):  # noqa: PTH113  see `_folders`
            base = _base_of(environment)
            if base is not None and base != name:
                yield from _installation(base, home)


def _is_installation(folder: Path) -> bool:
    parent = folder.parent
    if folder.name != "bin" or parent.name in _NEVER:
        return False
    return any(os.path.exists(parent / part) for part in _INSTALLED)  # noqa: PTH110  see `_folders`


def _behind_links(folder: Path, home: Path) -> Iterator[str]:
    """Yield where the links of a folder lead: pipx, uv and others install so."""
    try:
        with os.scandir(folder) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()][:_MOST_LINKS]
    except OSError:
        return
    parents = dict.fromkeys(Path(os.path.realpath(link)).parent for link in links)
    for parent in parents:
        if not _is_of_system(parent) and parent != folder:
            yield from _installation(parent, home)


def _bases_of_environments(root: Path) -> Iterator[Path]:
    """Yield where the Pythons of the workspace's virtual environments lie."""
    try:
        with os.scandir(root) as entries:
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for folder in folders:
        base = _base_of(Path(folder, "pyvenv.cfg"))
        if base is not None and _is_python(base):
            yield base


def _base_of(environment: Path) -> Path | None:
    """Return the `home` of a `pyvenv.cfg`: the folder of the Python that it was made by."""
    try:
        if not environment.is_file():  # a pipe would hold us up
            return None
        lines = environment.read_text(errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "home" and Path(value.strip()).is_absolute():
            return Path(value.strip())
    return None


def _is_python(folder: Path) -> bool:
    """Whether there is a Python: a file of the workspace may name any folder."""
    lib = folder.parent / "lib"
    return (folder / "python3").exists() and any(lib.glob("python3*/os.py"))


def _is_of_system(folder: Path) -> bool:
    return any(folder.is_relative_to(name) for name in SYSTEM_FOLDERS)


def _may_be_shown(shown: str, root: Path, home: Path) -> bool:
    # A link, or `..` in a name, may lead to a folder that is not for showing.
    names = (os.path.normpath(shown), os.path.realpath(shown))
    return all(_is_harmless(Path(name), root, home) for name in names)


def _is_harmless(path: Path, root: Path, home: Path) -> bool:
    if path == Path("/") or home.is_relative_to(path) or root.is_relative_to(path):
        return False
    if path.is_relative_to(root):
        return False  # it is there, and may be written
    if any(path.is_relative_to(home / name) for name in _SECRET):
        return False
    return not any(home / name == path for name in _NEVER)


def _outermost(shown: list[str]) -> list[str]:
    """Leave out what lies in something that is shown."""
    return [
        name
        for name in shown
        if not any(name != other and Path(name).is_relative_to(other) for other in shown)
    ]
