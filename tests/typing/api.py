"""Typical use, for the type checkers alone: it is never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never, assert_type

from pydantic import BaseModel

from coding_agent_sdk import (
    Agent,
    AgentBuilder,
    AgentContext,
    Allow,
    ApprovalRequest,
    Approve,
    Ask,
    Citation,
    ContextItem,
    Deny,
    Edit,
    Event,
    History,
    ModelRequest,
    ModelResponse,
    Reject,
    Replace,
    Request,
    Result,
    RunContext,
    RunStream,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
    hookimpl,
    tool,
)
from coding_agent_sdk.errors import ModelError
from coding_agent_sdk.events import RunFinished, TextDelta
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from coding_agent_sdk.types.decisions import Decision
    from coding_agent_sdk.types.entries import Entry


@tool
def plain(text: str) -> str:
    """Take a text."""
    return text


@tool(effect="read", timeout=3)
async def with_context(context: RunContext, number: int = 1) -> ToolResult:
    """Take the run."""
    return ToolResult(text=f"{context.session} {number}")


assert_type(plain, Tool)
assert_type(with_context, Tool)


def sync_approver(request: ApprovalRequest) -> Approve | Reject:
    """Say yes."""
    return Approve() if request.call.name == "write_file" else Reject("no")


async def async_approver(request: ApprovalRequest) -> Edit:
    """Change the arguments."""
    return Edit({**request.call.arguments, "timeout": 5})


class Plugin:
    """Every kind of hook, as a third party writes it."""

    name = "everything"

    @hookimpl
    def lifespan(self, agent: AgentContext) -> AbstractAsyncContextManager[None]:
        """Open and close."""
        raise NotImplementedError(agent)

    @hookimpl
    def register_tools(self) -> Iterable[Tool]:
        """Give tools."""
        return (plain,)

    @hookimpl
    async def check_request(self, request: Request) -> Decision | None:
        """Decide."""
        return Deny("empty") if not request.text else None

    @hookimpl
    def check_tool_call(self, context: RunContext, call: ToolCall) -> Decision:
        """Decide."""
        if context.user == "guest":
            return Ask("a guest")
        return Replace(call, reason="the same") if call.arguments else Allow()

    @hookimpl
    def retrieve_context(self, request: Request) -> Sequence[ContextItem]:
        """Give a passage."""
        return [ContextItem(text=request.text, citation=Citation(source="a.py", start=1, end=2))]

    @hookimpl
    async def record(self, context: RunContext, entries: Sequence[Entry]) -> None:
        """Keep."""
        context.state["kept"] = len(entries)

    @hookimpl(phase="retry", after="other", requires=["memory"])
    async def wrap_model_call(
        self,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """Go around."""
        try:
            return await call_next(request)
        except ModelError as error:
            assert_type(error.retryable, bool)
            return await call_next(request)

    @hookimpl
    def on_event(self, event: Event) -> None:
        """Observe."""
        if isinstance(event, TextDelta):
            assert_type(event.text, str)


def built() -> Agent:
    """Build an agent; the builder keeps its type through the chain."""
    builder = Agent.builder()
    assert_type(builder, AgentBuilder[Agent])
    script = ScriptedModel([ScriptedTurn(tool_calls=[FakeToolCall(name="plain")]), "done"])
    agent = (
        builder.model(script)
        .model("openai:gpt-4.1", temperature=0.2, base_url="http://localhost")
        .workspace(".")
        .mode("ask")
        .approver(sync_approver)
        .approver(async_approver)
        .memory("memory://")
        .tools(plain, with_context, len)
        .budget(steps=3, seconds=1.5)
        .plugin("memory", keep_days=3)
        .use(Plugin())
        .without("guardrails")
        .build()
    )
    assert_type(agent, Agent)
    return agent


class OwnAgent(Agent):
    """An agent with more methods."""

    def shout(self) -> str:
        """Shout."""
        return self.model.upper()


assert_type(OwnAgent.builder().mode("auto").build().shout(), str)


async def use(agent: Agent) -> None:
    """Use it in all ways."""
    async with agent as entered:
        assert_type(entered, Agent)
        result = await agent.run("x", session="s", user="u", seconds=3, metadata={"a": 1})
        assert_type(result, Result[Any])
        assert_type(result.usage, Usage)
        assert_type(result.usage + Usage(), Usage)
        async with agent.stream("x") as events:
            assert_type(events, RunStream[Any])
            async for event in events:
                watch(event)
        assert_type(events.result, Result[Any])
        decisions = {request.call.id: Approve() for request in result.pending}
        assert_type(await agent.resume("s", decisions), Result[Any])
        assert_type(await agent.pending("s"), tuple[ApprovalRequest, ...])
        assert_type(await agent.history("s"), History | None)
        assert_type(await agent.manage_user_data("u", "export"), dict[str, Any])
    assert_type(agent.run_sync("x"), Result[Any])
    assert_type(agent.resume_sync("s", {"1": Approve()}), Result[Any])
    assert_type(agent.pending_sync("s"), tuple[ApprovalRequest, ...])


def watch(event: Event) -> None:
    """Look at an event."""
    if isinstance(event, RunFinished):
        assert_type(event.steps, int)


class Answer(BaseModel):
    """What an answer is to be."""

    number: int


async def typed(agent: Agent) -> None:
    """Ask for objects."""
    result = await agent.run("x", output=Answer)
    assert_type(result, Result[Answer])
    assert_type(result.output, Answer | None)
    schema: dict[str, Any] = {"type": "object"}
    assert_type(await agent.run("x", output=schema), Result[Any])
    assert_type(await agent.run("x"), Result[Any])
    assert_type((await agent.run("x", output=list[Answer])).output, list[Answer] | None)
    async with agent.stream("x", output=Answer) as events:
        assert_type(events, RunStream[Answer])
    assert_type(events.result.output, Answer | None)
    assert_type(agent.run_sync("x", output=Answer), Result[Answer])
    assert_type(await agent.resume("s", output=Answer), Result[Answer])
    assert_type(agent.resume_stream("s", output=Answer), RunStream[Answer])
    assert_type(agent.resume_sync("s", output=Answer), Result[Answer])


def ended(result: Result) -> int:
    """Match a status to its end: one that is forgotten is a type error."""
    match result.status:
        case "completed":
            return 0
        case "blocked" | "awaiting_approval" | "budget_exceeded" | "timed_out":
            return 1
        case "failed" | "cancelled":
            return 2
        case _:
            assert_never(result.status)


async def pieces(agent: Agent) -> AsyncIterator[str]:
    """Give the text of an answer while it is written."""
    async with agent.stream("x") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                yield event.text
