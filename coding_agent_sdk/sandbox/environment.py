"""The environment of commands: a list of what is let through, so that no key is among it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALLOWED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
"""Variables that commands inherit."""

FIXED: Final[Mapping[str, str]] = {
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}
"""Variables that keep commands from waiting for a person, and `git status` from writing."""

_SECRET: Final = re.compile(
    r"(^|_)(API)?(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?($|_)", re.IGNORECASE
)


def command_environment(passed: Sequence[str], added: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command.

    Args:
        passed: Names of further variables to inherit.
        added: Variables that the command itself brings.
    """
    inherited = {name: os.environ[name] for name in (*ALLOWED, *passed) if name in os.environ}
    inherited.setdefault("PATH", os.defpath)
    return {**inherited, **FIXED, **added}


def sandbox_environment(
    passed: Sequence[str], added: Mapping[str, str], *, home: str, temporary: str
) -> dict[str, str]:
    """Return the environment of a command in a sandbox, with a home folder of its own.

    Args:
        passed: As for `command_environment`.
        added: As for `command_environment`.
        home: The home folder.
        temporary: The folder for temporary files.
    """
    inherited = command_environment(passed, {})
    folders = [name for name in inherited["PATH"].split(os.pathsep) if name.startswith("/")]
    inherited["PATH"] = os.pathsep.join(folders)
    inherited.setdefault("LANG", "C.UTF-8")
    return {**inherited, "HOME": home, "TMPDIR": temporary, **added}


def check_names(passed: Sequence[str]) -> None:
    """Raise `ConfigError` where a variable to inherit is called like a secret."""
    secret = [name for name in passed if _SECRET.search(name)]
    if secret:
        raise ConfigError(
            f"commands may not inherit {', '.join(map(repr, secret))}: what the model runs could "
            "read and send it; give the command a file or a service that has less rights",
        )
