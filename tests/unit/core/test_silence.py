"""No second path to raw text: LangChain's and LangSmith's own tracing stay off."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from .conftest import call, turn


@pytest.fixture
def collector():
    """Listen where LangSmith would send traces to."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def _take(self):
            seen.append((self.command, self.path))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PATCH = _take

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.seen = seen
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_langsmith_sees_nothing_though_its_variables_are_set(build, collector, monkeypatch):
    from langsmith import utils

    url = f"http://127.0.0.1:{collector.server_address[1]}"
    for name, value in {
        "LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": url, "LANGSMITH_API_KEY": "k",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    utils.get_env_var.cache_clear()
    async with build([turn(call("look", "1", name="x")), "done"]) as agent:
        assert (await agent.run("go")).text == "done"
    utils.get_env_var.cache_clear()
    assert collector.seen == []


async def test_callbacks_of_an_outer_graph_do_not_see_the_model_and_the_tools(build):
    seen = []

    class Spy(AsyncCallbackHandler):
        async def on_chat_model_start(self, serialized, messages, **kwargs):
            seen.append(messages)

        async def on_tool_start(self, serialized, input_str, **kwargs):
            seen.append(input_str)

        async def on_llm_new_token(self, token, **kwargs):
            seen.append(token)

    async with build([turn(call("look", "1", name="x")), "done"]) as agent:
        graph = StateGraph(MessagesState)
        graph.add_node("agent", agent.graph)
        graph.add_edge(START, "agent")
        graph.add_edge("agent", END)
        out = await graph.compile().ainvoke(
            {"messages": [HumanMessage("go")]}, {"callbacks": [Spy()]}
        )
    assert out["messages"][-1].text == "done"
    assert seen == []
