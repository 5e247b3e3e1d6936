"""What is known of programs: a function for each name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import (
    containers,
    databases,
    files,
    git,
    network,
    readers,
    shells,
    system,
    text,
    tools,
    windows,
    wrappers,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Program

PROGRAMS: Final[dict[str, Program]] = {
    **windows.PROGRAMS,
    **readers.PROGRAMS,
    **tools.PROGRAMS,
    **wrappers.PROGRAMS,
    **system.PROGRAMS,
    **network.PROGRAMS,
    **databases.PROGRAMS,
    **containers.PROGRAMS,
    **files.PROGRAMS,
    **shells.PROGRAMS,
    **text.PROGRAMS,
    **git.PROGRAMS,
}
"""Programs by name; a name that is in several tables belongs to the last."""
