"""The repository that the tour works on, laid out in a folder that is thrown away."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PLANTED_KEY", "lay_out"]

_DATA: Final = "coding_agent_sdk.data"
_SUFFIX: Final = ".txt"
"""Python files have it in the package, so that nobody takes them for its code."""

PLANTED_KEY: Final = "ghp_" + "Zk3vQ9" + "bT7wLx" * 5
"""A key that no one has, of the form that a vendor's keys have; put together so that a scanner of
this package finds none."""


def lay_out(folder: Path) -> Path:
    """Copy the sample repository into *folder*, with a key in its settings, and return its root."""
    root = folder / "corner-shop"
    with as_file(files(_DATA) / "sample_repository") as source:
        shutil.copytree(source, root)
    for path in sorted(root.rglob(f"*.py{_SUFFIX}")):
        path.rename(path.with_name(path.name.removesuffix(_SUFFIX)))
    settings = root / "shop" / "settings.py"
    settings.write_text(
        f'"""Settings."""\n\nCURRENCY = "coin"\nGITHUB_TOKEN = "{PLANTED_KEY}"\n', encoding="utf-8"
    )
    return root
