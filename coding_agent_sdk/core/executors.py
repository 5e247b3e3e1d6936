"""Which executor the setting `sandbox` means, and what those do not hold that are weaker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WEAK_EXECUTORS", "chosen_executor"]

WEAK_EXECUTORS: Final[Mapping[str, str]] = {
    "host": "commands run on this machine, with your rights and without a sandbox",
    "landlock": (
        "commands are held by Landlock, which leaves open git's hooks and other files of the "
        "workspace that the host trusts, and times, modes and names of files outside"
    ),
    "seatbelt": (
        "commands are held by sandbox-exec, which is written to its documentation and not tested; "
        "without limits, and a process that leaves its group outlives its command"
    ),
}
"""What is said of an agent whose commands are held less than they could be."""


def chosen_executor(sandbox: str) -> str:
    """Return the name of the executor that the setting `sandbox` means."""
    own = "seatbelt" if sys.platform == "darwin" else "bubblewrap"
    return {"auto": own, "none": "host"}.get(sandbox, sandbox)
