"""The graph: model → (approve | tools) → model, the model node names what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langgraph.graph import END, START, StateGraph

from coding_agent_sdk.core.nodes import (
    APPROVE,
    MODEL,
    TOOLS,
    approve_node,
    model_node,
    tools_node,
)
from coding_agent_sdk.core.quiet_node import make_quiet
from coding_agent_sdk.core.state import GraphContext, GraphState

if TYPE_CHECKING:
    from coding_agent_sdk.core.state import Graph


def build_graph(*, traced: bool = False) -> Graph:
    """Return the compiled graph; all that differs from run to run stands in its context.

    Args:
        traced: Whether LangChain's own callbacks are to be told of its nodes.
    """
    graph: StateGraph[GraphState, GraphContext, GraphState, GraphState] = StateGraph(
        GraphState, context_schema=GraphContext
    )
    graph.add_node(MODEL, model_node, destinations=(APPROVE, TOOLS, END))
    graph.add_node(APPROVE, approve_node)
    graph.add_node(TOOLS, tools_node)
    graph.add_edge(START, MODEL)
    graph.add_edge(TOOLS, MODEL)
    graph.add_edge(APPROVE, END)
    compiled = graph.compile()
    if not traced:
        make_quiet(compiled)
    return compiled
