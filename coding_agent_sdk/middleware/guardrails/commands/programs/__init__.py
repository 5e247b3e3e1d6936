"""What is known of programs: a function for each name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import (
    archives,
    attacks,
    awk,
    building,
    clusters,
    compilers,
    containers,
    databases,
    downloads,
    editing,
    files,
    foreign_code,
    git,
    indirect,
    interpreters,
    network,
    packages,
    privileges,
    queries,
    readers,
    scripting,
    search,
    shells,
    system,
    text,
    tools,
    watchers,
    windows,
    wrappers,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Program

_MODULES: Final = (
    windows, readers, queries, packages, compilers, tools, foreign_code,
    clusters, building, wrappers, privileges, watchers, system,
    network, downloads, attacks, databases, containers, files, search, archives, editing, shells,
    interpreters, text, git,
    indirect, scripting, awk,
)  # fmt: skip

PROGRAMS: Final[dict[str, Program]] = {
    name: program for module in _MODULES for name, program in module.PROGRAMS.items()
}
"""Programs by name; a name that is in several modules belongs to the last."""
