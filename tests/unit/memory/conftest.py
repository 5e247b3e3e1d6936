"""A host as small as can be, for calling the plugin's hooks as the core calls them."""

from types import SimpleNamespace

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.middleware.memory.settings import MemorySettings
from coding_agent_sdk.types.entries import MessageEntry, RunStateEntry
from coding_agent_sdk.types.requests import Request, Result


class FakeAgent:
    """One agent: its store, its plugin, its settings; `run` takes the way of one request."""

    def __init__(self, plugin, store, **settings):
        self.plugin, self.store = plugin, store
        self.settings = MemorySettings(**{"session_wait": 0.05, **settings})

    def context(self, session="s", run_id="r1", user="ada", **fields):
        host = SimpleNamespace(
            run_id=run_id,
            session=session,
            user=user,
            parent_run_id=fields.get("parent_run_id"),
            resumes=None,
            settings_of=lambda plugin: self.settings,
            backend=lambda kind, name=None: {"memory": self.store}[kind],
        )
        return RunContext(host, "memory")

    def request(self, context, text="ask"):
        return Request(text=text, session=context.session, user=context.user)

    async def load(self, context):
        return await self.plugin.load_history(context, self.request(context))

    async def run(self, context, body=None, state="completed"):
        """Run one request whose core is *body*; give the history that it saw."""
        seen = []

        async def core(request):
            seen.append(await self.plugin.load_history(context, request))
            begin = RunStateEntry(run_id=context.run_id, state="started", user=context.user)
            ask = MessageEntry(run_id=context.run_id, message=HumanMessage(f"ask {context.run_id}"))
            await self.plugin.record(context, [begin, ask])
            if body is not None:
                await body(context)
            answer = MessageEntry(
                run_id=context.run_id, message=AIMessage(f"answer {context.run_id}")
            )
            end = RunStateEntry(run_id=context.run_id, state=state)
            await self.plugin.record(context, [answer, end])
            return Result(text="", status="completed", run_id=context.run_id, session="s")

        await self.plugin.wrap_run(context, self.request(context), core)
        return seen[0]


@pytest.fixture
def fake_agent():
    return FakeAgent
