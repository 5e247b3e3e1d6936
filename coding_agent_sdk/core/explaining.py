"""What an agent is made of, told for `Agent.explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.core.executors import WEAK_EXECUTORS, chosen_executor
from coding_agent_sdk.hooks.explain import explain
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from coding_agent_sdk.core.assembly import Assembly
    from coding_agent_sdk.core.opened import OpenedAgent
    from coding_agent_sdk.hooks.explain import Explanation

__all__ = ["explain_agent"]


def explain_agent(assembly: Assembly, opened: OpenedAgent | None) -> Explanation:
    """Return the plugins, chains and backends of an agent, and its tools where it is open."""
    values = assembly.loaded.settings
    memory = (values.memory or "sqlite") if assembly.backends.has("memory") else "none"
    title = (
        f"coding_agent_sdk {__version__} · model {assembly.model} · "
        f"memory {memory.partition(':')[0]} · sandbox {values.sandbox} · mode {values.mode}"
    )
    tools = opened.engine.services.tools if opened else {}
    executor = chosen_executor(values.sandbox)
    return explain(
        title,
        assembly.dispatcher,
        assembly.plugins,
        assembly.registry,
        tools={name: tool.effect for name, tool in tools.items()},
        weak=(WEAK_EXECUTORS[executor],) if executor in WEAK_EXECUTORS else (),
    )
