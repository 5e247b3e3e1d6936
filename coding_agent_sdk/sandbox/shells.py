"""The shell of the system that runs commands in a sandbox."""

from __future__ import annotations

import os
from typing import Final

from coding_agent_sdk.errors import SandboxUnavailableError

__all__ = ["system_shell"]

_PLACES: Final = ("/bin/bash", "/usr/bin/bash", "/bin/sh")


def system_shell() -> str:
    """Return its path; never one that `PATH` brings.

    Raises:
        SandboxUnavailableError: There is none.
    """
    for path in _PLACES:
        if os.access(path, os.X_OK):
            return path
    raise SandboxUnavailableError("there is neither /bin/bash nor /bin/sh", fix="install a shell")
