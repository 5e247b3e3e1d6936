"""An agent behind HTTP: requests in, events out as Server-Sent Events, approvals from a client.

Run it with `uvicorn --factory --app-dir examples/fastapi_app app:create_app`; the README beside
this file has the requests. What the program shows:

- the agent is built once, opened by the lifespan, and shared by all requests;
- a run ends with its reader: a client that goes away cancels it;
- an approval is answered by a second request, to this process or to another one;
- what is wrong before a run has begun has a status code, what goes wrong later is its last event.
"""

import contextlib
import math
import os
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from coding_agent_sdk import Agent, Approve, Edit, Event, Reject, RunStream
from coding_agent_sdk import errors as e
from coding_agent_sdk.events import RunFinished, StepStarted
from coding_agent_sdk.middleware.monitoring import metrics_text

# -- what comes in -----------------------------------------------------------------------------


class Message(BaseModel):
    """A request in words."""

    text: str = Field(min_length=1, max_length=20_000)


class Answer(BaseModel):
    """What a person says of one pending call."""

    decision: Literal["approve", "reject", "edit"]
    reason: str = "the user rejected this call"
    arguments: dict[str, Any] = {}

    def to_approval(self) -> Approve | Reject | Edit:
        """Return it as the SDK takes it."""
        match self.decision:
            case "approve":
                return Approve()
            case "reject":
                return Reject(self.reason)
            case "edit":
                return Edit(self.arguments)


class Answers(BaseModel):
    """Answers by call id."""

    decisions: dict[str, Answer] = Field(min_length=1)


# -- who asks, and for what --------------------------------------------------------------------


def _user(x_user: Annotated[str, Header(pattern=r"^[\w.@-]{1,64}$")] = "") -> str:
    """Return who asks.

    A stand-in: whoever can reach the port can write this header. Put your own authentication
    here, which returns a name that the client cannot choose.
    """
    if not x_user:
        raise HTTPException(401, "say who you are: send the header X-User")
    return x_user


def _agent(request: Request) -> Agent:
    agent: Agent = request.app.state.agent
    return agent


User = Annotated[str, Depends(_user)]
OpenAgent = Annotated[Agent, Depends(_agent)]


def _session(session_id: Annotated[str, Path(pattern=r"^[\w.-]{1,100}$")], user: User) -> str:
    """Return the session's name in the store, where one name is one session for all users.

    With the user in it, two users may both have a session `main`, and neither learns of the
    other's. (The store would refuse a second user of one session anyway.)
    """
    return f"{user}/{session_id}"


Session = Annotated[str, Depends(_session)]


# -- a run, as long as somebody reads it -------------------------------------------------------


class ReadRun:
    """A run whose first events have been read: whatever is wrong with the request would be known.

    Sending a status code is final, so it waits for the first step: until then the session may be
    busy, or have nothing to resume, or the request may be refused.
    """

    def __init__(self, events: RunStream) -> None:
        self._events = events
        self._first: list[Event] = []

    async def begin(self) -> "ReadRun":
        """Read until the run has begun in earnest; an `AgentError` goes to the error handler."""
        async for event in self._events:
            self._first.append(event)
            if isinstance(event, StepStarted):
                break
        return self

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Give all events. The last one, `run_finished`, tells of a failure too."""
        for event in self._first:
            yield event
        if not isinstance(self._first[-1], RunFinished):
            with contextlib.suppress(e.AgentError):
                async for event in self._events:
                    yield event


async def _asked(
    message: Message, agent: OpenAgent, session: Session, user: User
) -> AsyncIterator[ReadRun]:
    # FastAPI leaves this block when the response is over, whether the client has read it to its
    # end or has gone away; leaving `stream` early cancels the run and waits until it has ended.
    async with agent.stream(message.text, session=session, user=user) as events:
        yield await ReadRun(events).begin()


async def _answered(
    answers: Answers, agent: OpenAgent, session: Session, user: User
) -> AsyncIterator[ReadRun]:
    decisions = {call: answer.to_approval() for call, answer in answers.decisions.items()}
    async with agent.resume_stream(session, decisions, user=user) as events:
        yield await ReadRun(events).begin()


def _sent(event: Event) -> ServerSentEvent:
    """Return an event as a client gets it; its text has been redacted by the SDK."""
    return ServerSentEvent(event=event.type, id=str(event.seq), data=event.to_dict())


# -- the endpoints -----------------------------------------------------------------------------

session_router = APIRouter(prefix="/sessions/{session_id}")
router = APIRouter()


@session_router.post("/messages", response_class=EventSourceResponse)
async def ask(run: Annotated[ReadRun, Depends(_asked)]) -> AsyncIterator[ServerSentEvent]:
    """Ask something; the run's events are the response."""
    async for event in run:
        yield _sent(event)


@session_router.get("/messages")
async def messages(agent: OpenAgent, session: Session, user: User) -> list[dict[str, str]]:
    """Return what was said in the session so far, without the context that requests went with."""
    said = await agent.transcript(session, user=user)
    return [{"type": one.type, "text": one.text} for one in said if one.text]


@session_router.get("/approvals")
async def pending(agent: OpenAgent, session: Session, user: User) -> list[dict[str, Any]]:
    """Return the calls that wait for an answer."""
    return [
        {
            "call_id": request.call.id,
            "tool": request.call.name,
            "arguments": dict(request.call.arguments),
            "reason": request.reason,
            "preview": request.preview,
            "outcome_unknown": request.outcome_unknown,
        }
        for request in await agent.pending(session, user=user)
    ]


@session_router.post("/approvals", response_class=EventSourceResponse)
async def answer(run: Annotated[ReadRun, Depends(_answered)]) -> AsyncIterator[ServerSentEvent]:
    """Answer pending calls; the events of the run that goes on are the response."""
    async for event in run:
        yield _sent(event)


@router.get("/health")
async def health(agent: OpenAgent) -> dict[str, str]:
    """Say that requests are taken, for whoever watches the process; it asks no model."""
    return {"status": "ok", "model": agent.model}


@router.get("/metrics", include_in_schema=False, response_class=PlainTextResponse)
def metrics(agent: OpenAgent) -> str:
    """Return the agent's metrics for Prometheus."""
    return metrics_text(agent)


# -- what can go wrong -------------------------------------------------------------------------

STATUS_CODES: Mapping[type[Exception], int] = {
    e.RequestError: 422,
    e.UnknownNameError: 422,  # an answer to a call that does not wait
    e.SessionNotFoundError: 404,
    e.NothingToResumeError: 409,
    e.SessionBusyError: 409,
    e.StoreError: 503,
    e.AgentClosedError: 503,
    e.RateLimitedError: 429,
    e.OverloadedError: 503,
    e.ModelTimeoutError: 504,
    e.ModelError: 502,
}
"""The nearest class in an error's family decides; anything else is 500."""


async def _failed(request: Request, error: Exception) -> JSONResponse:
    del request
    code = next((STATUS_CODES[kind] for kind in type(error).__mro__ if kind in STATUS_CODES), 500)
    seconds = getattr(error, "retry_after", None)
    headers = {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}
    # Messages of the SDK tell no secrets, but a 500 is nobody's business but the log's.
    detail = str(error) if code != 500 else "the agent failed; its log says why"  # noqa: PLR2004  HTTP
    body = {"error": type(error).__name__, "detail": detail}
    return JSONResponse(body, status_code=code, headers=headers)


async def _misunderstood(request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request, and not what was sent: it may be long, or no JSON."""
    del request
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()
    )
    detail = wrong[:2_000].encode("ascii", "backslashreplace").decode()
    return JSONResponse({"error": "RequestValidationError", "detail": detail}, status_code=422)


# -- the app -----------------------------------------------------------------------------------


def build_agent() -> Agent:
    """Make the agent: settings come from the environment, as `.env.example` lists them.

    Without an approver, a call that has to be asked for ends its run, and waits in the store.
    """
    folder = os.environ.get("CODING_AGENT_WORKSPACE", ".")
    return Agent.builder().workspace(folder).mode("ask").budget(steps=30, seconds=600).build()


def create_app(agent: Agent | None = None) -> FastAPI:
    """Make the app around an agent, which is opened with the app and closed with it."""
    served = build_agent() if agent is None else agent

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with served:
            yield

    app = FastAPI(title="coding agent", lifespan=lifespan)
    app.state.agent = served
    app.include_router(session_router)
    app.include_router(router)
    app.add_exception_handler(e.AgentError, _failed)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    return app
