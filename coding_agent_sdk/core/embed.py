"""The agent as one node of another LangGraph graph, with the whole way of a request in it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig  # noqa: TC002  langgraph reads the annotations
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.types.decisions import Approve, Edit, Reject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from langgraph.graph.state import CompiledStateGraph

    from coding_agent_sdk.types.context import History
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.requests import Request, Result

    class Runs(Protocol):
        """What the node needs of the agent."""

        async def run_request(self, request: Request) -> Result:
            """Run a request."""
            ...

        async def resume(
            self, session: str, decisions: Mapping[str, Approval], *, user: str
        ) -> Result:
            """Go on with the session's open run."""
            ...

        async def history(self, session: str, *, user: str) -> History | None:
            """Return the session so far."""
            ...


class EmbeddedState(TypedDict):
    """The messages of the graph that embeds the agent."""

    messages: Annotated[list[BaseMessage], add_messages]


def embed(agent: Runs) -> CompiledStateGraph[EmbeddedState, None, EmbeddedState, EmbeddedState]:
    """Return a graph of one node that answers the newest user message.

    `configurable` may hold `session` (else `thread_id` names the session) and `user`. Calls that
    wait for approval become the parent's interrupt, answered by
    `Command(resume={call_id: "approve" | "reject" | {"arguments": {…}}})`, or by one word for all.
    The node runs again when the parent resumes; the id of the user's message tells it what has
    been done already, so nothing is done twice.
    """

    async def answer(state: EmbeddedState, config: RunnableConfig) -> dict[str, Any]:
        request = _request(state, config)
        result_text, pending = await _start_or_find(agent, request)
        while pending:
            answers = interrupt({"pending": [_question(question) for question in pending]})
            decisions = _decisions(answers, pending)
            result = await agent.resume(request.session, decisions, user=request.user)
            result_text, pending = result.text, result.pending
        return {"messages": [AIMessage(result_text)]}

    graph: StateGraph[EmbeddedState, None, EmbeddedState, EmbeddedState] = StateGraph(EmbeddedState)
    graph.add_node("coding_agent", answer)
    graph.add_edge(START, "coding_agent")
    graph.add_edge("coding_agent", END)
    return graph.compile()


def _request(state: EmbeddedState, config: RunnableConfig) -> Request:
    from coding_agent_sdk.types.requests import Request

    newest = next((m for m in reversed(state["messages"]) if isinstance(m, HumanMessage)), None)
    if newest is None:
        raise RequestError("the graph's state holds no user message to answer; add one")
    configurable = config.get("configurable", {})
    session = str(configurable.get("session") or configurable.get("thread_id") or "")
    if not session:
        digest = hashlib.blake2b(str(newest.id).encode(), digest_size=8).hexdigest()
        session = f"graph-{digest}"
    return Request(
        text=newest.text,
        session=session,
        user=str(configurable.get("user") or ""),
        request_id=str(newest.id or ""),
    )


async def _start_or_find(agent: Runs, request: Request) -> tuple[str, tuple[ApprovalRequest, ...]]:
    """Answer the request, or find the answer or the questions of an earlier attempt."""
    history = await agent.history(request.session, user=request.user)
    if history is not None and request.request_id:
        done = _answered(history, request.request_id)
        if done is not None:
            return done, ()
        waiting = _waiting(history, request.request_id)
        if waiting:
            return "", waiting
    result = await agent.run_request(request)
    return result.text, result.pending


def _answered(history: History, request_id: str) -> str | None:
    messages = list(history.messages)
    for index, message in enumerate(messages):
        if isinstance(message, HumanMessage) and message.id == request_id:
            answers = [m for m in messages[index + 1 :] if isinstance(m, AIMessage)]
            return answers[-1].text if answers else None
    return None


def _waiting(history: History, request_id: str) -> tuple[ApprovalRequest, ...]:
    from coding_agent_sdk.core.resuming import pending_of

    if history.open_run is None:
        return ()
    return pending_of(history.open_run, request_id=request_id)


def _question(question: ApprovalRequest) -> dict[str, Any]:
    return {
        "call_id": question.call.id,
        "name": question.call.name,
        "arguments": dict(question.call.arguments),
        "reason": question.reason,
        "preview": question.preview,
    }


def _decisions(answers: Any, pending: tuple[ApprovalRequest, ...]) -> dict[str, Approval]:
    if not isinstance(answers, dict):
        answers = {question.call.id: answers for question in pending}
    return {call_id: _decision(answer) for call_id, answer in answers.items()}


def _decision(answer: Any) -> Approval:
    if isinstance(answer, Approve | Reject | Edit):
        return answer
    if isinstance(answer, dict) and isinstance(answer.get("arguments"), dict):
        return Edit(answer["arguments"])
    if answer in {True, "approve", "yes", "y"}:
        return Approve()
    if answer in {False, "reject", "no", "n"}:
        return Reject()
    raise RequestError(
        f'{answer!r} is no answer to a call; resume with "approve", "reject" or '
        '{"arguments": {…}}, for all or by call id',
    )
