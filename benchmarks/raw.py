"""The anchor: two LangGraph nodes by hand, as the documentation teaches them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from langchain_core.messages import BaseMessage  # noqa: TC002  langgraph reads the annotations
from langchain_core.tools import StructuredTool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.graph.state import CompiledStateGraph

    from benchmarks.script import Counts


class State(TypedDict):
    """The messages, merged by their ids."""

    messages: Annotated[list[BaseMessage], add_messages]


def raw_loop(
    model: BaseChatModel, counts: Counts, *, checkpointer: Any = None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return the compiled loop; model and tool are called by `ainvoke`, the router is `def`.

    The model is not even bound to the tools, which would cost a little more.
    """
    look_up = StructuredTool.from_function(coroutine=counts.look_up, name="look_up")

    async def call_model(state: State) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    async def call_tools(state: State) -> dict[str, Any]:
        calls = state["messages"][-1].tool_calls
        return {"messages": await asyncio.gather(*(look_up.ainvoke(call) for call in calls))}

    def route(state: State) -> str:
        return "tools" if state["messages"][-1].tool_calls else END

    graph = StateGraph(State)
    graph.add_node("model", call_model)
    graph.add_node("tools", call_tools)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", route, ["tools", END])
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=checkpointer)
