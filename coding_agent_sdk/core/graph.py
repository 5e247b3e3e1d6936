"""The graph: model → (approve | tools) → model, the model node names what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

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
    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.core.state import Graph

__all__ = ["build_graph", "entered_with"]


def build_graph() -> Graph:
    """Return the compiled graph; all that differs from run to run stands in its context."""
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
    _enter_at(MODEL, compiled)
    make_quiet(compiled)
    return compiled


def entered_with(graph: Graph, messages: list[BaseMessage]) -> GraphState:
    """Return the input of a graph for a run that begins with *messages*.

    Beside them it has what makes it the first node's turn; without that the graph would do nothing.
    """
    return cast("GraphState", {**dict.fromkeys(graph.input_channels), "messages": messages})


def _enter_at(name: str, graph: Graph) -> None:
    """Have a run begin with a node at once.

    LangGraph's `START` is a node, too: for a superstep of its own it hands the input to the
    channels that the first node reads and waits for. The input goes there itself. (LangGraph draws
    a graph by what `START` writes, and cannot draw this one.)
    """
    graph.input_channels = ["messages", *graph.nodes[name].triggers]
