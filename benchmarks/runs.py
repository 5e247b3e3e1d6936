"""One run of either side, checked: so many tool calls were made and the answer came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

if TYPE_CHECKING:
    from benchmarks.script import Counts
    from coding_agent_sdk import Agent

LIMIT = {"recursion_limit": 10_000}


async def run_raw(graph: Any, counts: Counts, *, calls: int) -> None:
    """Run the raw loop once."""
    state = await graph.ainvoke({"messages": [HumanMessage("go")]}, LIMIT)
    check(counts.take() == calls, "the raw loop made all its tool calls")
    check(state["messages"][-1].text != "", "the raw loop answered")


async def run_ours(agent: Agent, counts: Counts, *, calls: int, session: str | None = None) -> None:
    """Run the agent once."""
    result = await agent.run("go", session=session)
    check(result.status == "completed", f"the run completed: {result}")
    check(counts.take() == len(result.tool_calls) == calls, "the agent made all its tool calls")


def check(done: bool, what: str) -> None:
    """Refuse to measure work that was not done."""
    if not done:
        raise RuntimeError(f"not so: {what}")
