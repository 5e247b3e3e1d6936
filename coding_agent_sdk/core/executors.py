"""Which executor the setting `sandbox` means, and what those do not hold that are weaker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["WEAK_EXECUTORS", "check_sandbox", "chosen_executor"]

_HOST: Final = "host"
_HINT: Final = (
    "take `auto`, or leave `sandbox` out; `none` runs commands without one and asks for each; "
    "a name of your own needs the plugin that offers it"
)

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
    return {"auto": own, "none": _HOST}.get(sandbox, sandbox)


def check_sandbox(sandbox: str, offered: Sequence[str]) -> None:
    """Refuse a value of the setting `sandbox` that means no executor.

    Args:
        sandbox: The value.
        offered: Names of the executors that plugins offer.

    Raises:
        UnknownNameError: Nobody offers it; the message lists what the setting takes.
    """
    if chosen_executor(sandbox) not in offered:
        known = {"auto", *("none" if name == _HOST else name for name in offered)}
        raise UnknownNameError("sandbox", sandbox, known, hint=_HINT)
