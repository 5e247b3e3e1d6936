"""Where the SDK keeps what belongs to the user: his data and his settings file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["config_home", "data_home"]

_APP = "coding-agent"


def data_home(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of sessions, caches and logs; it is not created here.

    `CODING_AGENT_HOME` where it is set, otherwise the platform's folder for user data.

    Args:
        environ: Variables to look at instead of those of the process.
    """
    return _home(environ) or Path(platformdirs.user_data_dir(_APP, appauthor=False))


def config_home(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the user's own `coding_agent.toml`; it is not created here.

    `CODING_AGENT_HOME` where it is set, otherwise the platform's folder for user settings.

    Args:
        environ: Variables to look at instead of those of the process.
    """
    return _home(environ) or Path(platformdirs.user_config_dir(_APP, appauthor=False))


def _home(environ: Mapping[str, str] | None) -> Path | None:
    given = (os.environ if environ is None else environ).get("CODING_AGENT_HOME", "")
    return Path(given).expanduser().absolute() if given.strip() else None
