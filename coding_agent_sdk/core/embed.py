"""The agent as one node of another LangGraph graph, with the whole way of a request in it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Final, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig  # noqa: TC002  langgraph reads the annotations
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt

from coding_agent_sdk.core.answers import why_no_answer
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

        async def run_request(self, request: Request) -> Result[Any]:
            """Run a request."""
            ...

        async def resume(
            self, session: str, decisions: Mapping[str, Approval], *, user: str
        ) -> Result[Any]:
            """Go on with the session's open run."""
            ...

        async def history(self, session: str, *, user: str) -> History | None:
            """Return the session so far."""
            ...


class EmbeddedState(TypedDict):
    """The messages of the graph that embeds the agent."""

    messages: Annotated[list[BaseMessage], add_messages]


class _State(EmbeddedState):
    """What the nodes share: the calls that the parent is asked about just now, too."""

    asked: list[str]


AGENT: Final = "coding_agent"
APPROVAL: Final = "approval"


def embed(agent: Runs) -> CompiledStateGraph[_State, None, EmbeddedState, EmbeddedState]:
    """Return a graph that answers the newest user message.

    `configurable` may hold `session` (else `thread_id` names the session) and `user`. Calls that
    wait for approval become the parent's interrupt, answered by
    `Command(resume={call_id: "approve" | "reject" | {"arguments": {…}}})`, or by one word for all.
    What is no answer is asked again, with `"problem"` beside `"pending"`. A node runs again when
    the parent resumes; the id of the user's message tells it what has been done already, so
    nothing is done twice.
    """

    async def answer(state: _State, config: RunnableConfig) -> Command[str]:
        return _next_place(*await _start_or_find(agent, _request(state, config)))

    async def approve(state: _State, config: RunnableConfig) -> Command[str]:
        # One question a visit: a node that runs again is given its earlier answers in their
        # order, so the answer to a first question would be taken for that to the next.
        request = _request(state, config)
        found = await _found(agent, request)
        decisions: dict[str, Approval] = {}
        if found is not None:
            text, pending = found
            if not pending:
                return _next_place(text, pending)
            decisions = _ask(pending)
            if _ids(pending) != state["asked"]:  # answered elsewhere, or cut off after the answer:
                return _next_place(
                    text, pending
                )  # what was said just now was said to an older question
        result = await agent.resume(request.session, decisions, user=request.user)
        return _next_place(result.text, result.pending)

    graph: StateGraph[_State, None, EmbeddedState, EmbeddedState] = StateGraph(
        _State, input_schema=EmbeddedState, output_schema=EmbeddedState
    )
    graph.add_node(AGENT, answer, destinations=(APPROVAL, END))
    graph.add_node(APPROVAL, approve, destinations=(APPROVAL, END))
    graph.add_edge(START, AGENT)
    return graph.compile()


def _next_place(text: str, pending: tuple[ApprovalRequest, ...]) -> Command[str]:
    if pending:
        return Command(update={"asked": _ids(pending)}, goto=APPROVAL)
    return Command(update={"messages": [AIMessage(text)]}, goto=END)


def _ids(pending: tuple[ApprovalRequest, ...]) -> list[str]:
    return [question.call.id for question in pending]


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
    found = await _found(agent, request)
    if found is not None:
        return found
    result = await agent.run_request(request)
    return result.text, result.pending


async def _found(agent: Runs, request: Request) -> tuple[str, tuple[ApprovalRequest, ...]] | None:
    """Return the answer or the questions of an earlier attempt; None where there is neither."""
    history = await agent.history(request.session, user=request.user)
    if history is None or not request.request_id:
        return None
    done = _answered(history, request.request_id)
    if done is not None:
        return done, ()
    waiting = _waiting(history, request.request_id)
    return ("", waiting) if waiting else None


def _answered(history: History, request_id: str) -> str | None:
    messages = list(history.messages)
    for index, message in enumerate(messages):
        if isinstance(message, HumanMessage) and message.id == request_id:
            answers = [m for m in messages[index + 1 :] if isinstance(m, AIMessage)]
            return answers[-1].text if answers else None
    if history.last_request != request_id:
        return None
    # A compaction has taken the message over, and what came after it stayed.
    return next((m.text for m in reversed(messages) if isinstance(m, AIMessage)), None)


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


def _ask(pending: tuple[ApprovalRequest, ...]) -> dict[str, Approval]:
    """Ask the parent for decisions, again with what was wrong where its answer is none.

    LangGraph keeps each answer for the node's next attempt: one that failed the node would
    fail every later attempt, too.
    """
    question: dict[str, Any] = {"pending": [_question(request) for request in pending]}
    while True:
        try:
            return _decisions(interrupt(question), pending)
        except RequestError as error:
            question = {**question, "problem": str(error)}


def _decisions(answers: Any, pending: tuple[ApprovalRequest, ...]) -> dict[str, Approval]:
    waiting = _ids(pending)
    for_all = not isinstance(answers, dict) or (
        set(answers) == {"arguments"} and "arguments" not in waiting
    )
    if for_all:
        answers = dict.fromkeys(waiting, answers)
    for call_id in answers:
        if call_id not in waiting:
            raise RequestError(f"no call {call_id!r} waits for an answer (waiting: {waiting})")
    return {call_id: _decision(answer) for call_id, answer in answers.items()}


def _decision(answer: Any) -> Approval:
    if isinstance(answer, Approve | Reject | Edit):
        why = why_no_answer(answer)
        if why:
            raise RequestError(why)
        return answer
    if isinstance(answer, dict) and isinstance(answer.get("arguments"), dict):
        return Edit(answer["arguments"])
    if answer is True or (isinstance(answer, str) and answer in {"approve", "yes", "y"}):
        return Approve()
    if answer is False or (isinstance(answer, str) and answer in {"reject", "no", "n"}):
        return Reject()
    raise RequestError(
        f'{answer!r} is no answer to a call; resume with "approve", "reject" or '
        '{"arguments": {…}}, for all or by call id',
    )
