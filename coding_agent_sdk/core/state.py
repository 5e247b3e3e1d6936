"""The state of the graph: only this run's messages, appended and never merged."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypedDict

from langchain_core.messages import BaseMessage  # noqa: TC002  langgraph reads the annotations
from langgraph.graph.state import CompiledStateGraph

if TYPE_CHECKING:
    from coding_agent_sdk.core.run import Run


class GraphState(TypedDict):
    """The messages of one run, the user's first.

    `operator.add` instead of `add_messages`: a step costs the same, however long the run is.
    """

    messages: Annotated[list[BaseMessage], operator.add]


@dataclass(frozen=True, slots=True)
class GraphContext:
    """What differs from run to run; LangGraph hands it to the nodes and never stores it."""

    run: Run


Graph: TypeAlias = CompiledStateGraph[GraphState, GraphContext, GraphState, GraphState]
