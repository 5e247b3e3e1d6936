"""A node of the graph without the callbacks that nobody hears.

LangGraph runs a node and the writers of its channels as a sequence that makes a callback manager,
tells the start and the end of the node, and makes a task for it, at each visit: a third of what a
superstep costs. Nobody hears that, for LangChain's own tracing is off in a run; the SDK's events
come from the hooks. So the same node and the same writers are called one after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.pregel import Pregel

__all__ = ["make_quiet"]


class _QuietNode(Runnable[Any, Any]):
    """What a node does, then its writers, as LangGraph's sequence would (1.2, `RunnableSeq`).

    Args:
        steps: The node's own function, then the writers.
    """

    def __init__(self, steps: Sequence[Runnable[Any, Any]]) -> None:
        self._steps = tuple(steps)

    def invoke(self, *_: Any, **__: Any) -> Any:
        """Refuse: all of the graph is asynchronous."""
        raise TypeError("the graph of an agent has no synchronous way; use `ainvoke`")

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002  LangChain's name
        """Run the node and write what it gave."""
        first, *writers = self._steps
        value = await first.ainvoke(input, config, **kwargs)
        for writer in writers:
            value = await writer.ainvoke(value, config)
        return value


def make_quiet(graph: Pregel[Any, Any, Any, Any]) -> None:
    """Have the nodes of a compiled graph run without callbacks."""
    for node in graph.nodes.values():
        writers = node.flat_writers
        if node.node not in {None, node.bound, *writers}:  # else it is no sequence
            node.node = _QuietNode([node.bound, *writers])
