"""The graph: model → (approve | tools) → model, one async router for the start and the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from coding_agent_sdk.core.nodes import (
    APPROVE,
    MODEL,
    TOOLS,
    approve_node,
    model_node,
    route,
    tools_node,
)
from coding_agent_sdk.core.state import GraphContext, GraphState

if TYPE_CHECKING:
    from coding_agent_sdk.core.state import Graph


def build_graph() -> Graph:
    """Return the compiled graph; all that differs from run to run stands in its context."""
    graph: StateGraph[GraphState, GraphContext, GraphState, GraphState] = StateGraph(
        GraphState, context_schema=GraphContext
    )
    graph.add_node(MODEL, model_node, destinations=(APPROVE, TOOLS, END))
    graph.add_node(APPROVE, approve_node)
    graph.add_node(TOOLS, tools_node)
    places: list[Any] = [MODEL, APPROVE, TOOLS, END]
    graph.add_conditional_edges(START, route, places)
    graph.add_edge(TOOLS, MODEL)
    graph.add_edge(APPROVE, END)
    return graph.compile()
