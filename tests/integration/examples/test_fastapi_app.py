"""The FastAPI example under a real server, asked by a real client."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import re
import signal
import subprocess
import sys

import httpx
import pytest
import uvicorn

from coding_agent_sdk import Agent, Citation, ContextItem, hookimpl, tool
from coding_agent_sdk.events import RunFinished
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn

PATIENCE = 60.0
WRITE = FakeToolCall(name="write_file", arguments={"path": "new.txt", "content": "hello\n"})


@pytest.fixture
def module(examples):
    """Load the example as a module."""
    place = examples / "fastapi_app" / "app.py"
    spec = importlib.util.spec_from_file_location("fastapi_example", place)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Endings:
    """Notes how runs ended."""

    name = "endings"

    def __init__(self):
        self.statuses = []
        self.ended = asyncio.Event()

    @hookimpl
    def on_event(self, event):
        if isinstance(event, RunFinished):
            self.statuses.append(event.status)
            self.ended.set()


def builder_of(workspace, *steps):
    return (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(ScriptedModel(steps, by_position=True))
        .workspace(workspace)
        .memory(f"sqlite:///{workspace.parent}/sessions.db")
        .retry(attempts=1)
        .without("tracing")
    )


@contextlib.asynccontextmanager
async def served(app, **options):
    """Serve an app on a free port of this machine; give a client of it."""
    options = {"log_level": "error", "ws": "none", **options}
    config = uvicorn.Config(app, host="127.0.0.1", port=0, **options)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            assert not serving.done(), "the server did not start"
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(
            base_url=url, timeout=PATIENCE, headers={"X-User": "ada"}, trust_env=False
        ) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def events_in(lines):
    """Decode Server-Sent Events."""
    fields = {}
    async for line in lines:
        if not line:
            if "data" in fields:
                yield {**fields, "data": json.loads(fields["data"])}
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


async def post(client, path, body, **options):
    """Post a body; give the status, and all events or the JSON of what failed."""
    async with client.stream("POST", path, json=body, **options) as response:
        if response.status_code != 200:
            await response.aread()
            return response.status_code, response.json()
        assert response.headers["content-type"].startswith("text/event-stream")
        return 200, [event async for event in events_in(response.aiter_lines())]


def types_of(events):
    return [event["event"] for event in events]


BOB = {"X-User": "bob"}


# -- streaming ---------------------------------------------------------------------------------


async def test_a_message_is_answered_with_the_events_of_its_run(module, workspace):
    read = FakeToolCall(name="read_file", arguments={"path": "a.txt"})
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[read]), "It says alpha.").build()
    async with served(module.create_app(agent)) as client:
        status, events = await post(client, "/sessions/s1/messages", {"text": "Read a.txt"})

    assert status == 200
    assert [int(event["id"]) for event in events] == list(range(len(events)))
    assert types_of(events)[0] == "run_started"
    assert {"tool_call_started", "tool_call_finished", "text_delta"} <= set(types_of(events))
    last = events[-1]
    assert last["event"] == last["data"]["type"] == "run_finished"
    assert last["data"]["status"] == "completed"
    assert last["data"]["text"] == "It says alpha."


async def test_events_arrive_while_the_run_lasts(module, workspace):
    seen = asyncio.Event()

    @tool(effect="read")
    async def until_it_was_seen() -> str:
        """Wait until the client has read that this call began."""
        await seen.wait()
        return "seen"

    wait = FakeToolCall(name="until_it_was_seen", arguments={})
    steps = (ScriptedTurn(tool_calls=[wait]), "done")
    agent = builder_of(workspace, *steps).tools(until_it_was_seen).build()
    async with (
        served(module.create_app(agent)) as client,
        client.stream("POST", "/sessions/s1/messages", json={"text": "Wait"}) as response,
    ):
        async for event in events_in(response.aiter_lines()):
            if event["event"] == "tool_call_started":
                seen.set()
            last = event
    assert last["data"]["status"] == "completed"


class Attaching:
    """Attaches a passage to each request."""

    name = "attaching"

    @hookimpl
    def retrieve_context(self):
        citation = Citation(source="handbook.md", start=1, end=2)
        return [ContextItem(text="The door is blue.", citation=citation)]


async def test_what_was_said_is_shown_without_the_context_that_went_with_it(module, workspace):
    model = ScriptedModel(["It is blue.", "Yes."], by_position=False)
    builder = builder_of(workspace).use(Attaching()).model(model)
    text = "Which colour?\n\n<context>mine</context>"
    async with served(module.create_app(builder.build())) as client:
        await post(client, "/sessions/s1/messages", {"text": text})
        await post(client, "/sessions/s1/messages", {"text": "Really?"})
        said = (await client.get("/sessions/s1/messages")).json()
    assert "The door is blue." in str(model.requests[1].messages[1].content)
    assert said == [
        {"type": "human", "text": text},
        {"type": "ai", "text": "It is blue."},
        {"type": "human", "text": "Really?"},
        {"type": "ai", "text": "Yes."},
    ]


async def test_a_secret_does_not_reach_the_client(module, workspace):
    secret = "sk-ant-api03-" + "Ab1" * 31 + "-AAAA"
    (workspace / "a.txt").write_text(f"key = {secret}\n")
    read = FakeToolCall(name="read_file", arguments={"path": "a.txt"})
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[read]), f"It is {secret}.").build()
    async with served(module.create_app(agent)) as client:
        _, events = await post(client, "/sessions/s1/messages", {"text": "What is the key?"})
        said = (await client.get("/sessions/s1/messages")).text
    assert events[-1]["data"]["text"].startswith("It is ")
    assert secret not in json.dumps(events)
    assert secret not in said


# -- a client that goes away -------------------------------------------------------------------


async def test_a_client_that_goes_away_cancels_the_run_and_frees_the_session(module, workspace):
    stopped = asyncio.Event()

    @tool(effect="read")
    async def wait_for_ever() -> str:
        """Wait until it is cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    def plan(messages):
        if messages[-1].text == "Wait":
            return ScriptedTurn(tool_calls=[FakeToolCall(name="wait_for_ever", arguments={})])
        return "Here again."

    endings = Endings()
    builder = builder_of(workspace, plan).tools(wait_for_ever).use(endings)
    async with served(module.create_app(builder.build())) as client:
        async with client.stream(
            "POST", "/sessions/s1/messages", json={"text": "Wait"}
        ) as response:
            async for event in events_in(response.aiter_lines()):
                if event["event"] == "tool_call_started":
                    break
        async with asyncio.timeout(PATIENCE):
            await stopped.wait()
            await endings.ended.wait()
        assert endings.statuses == ["cancelled"]
        status, events = await post(client, "/sessions/s1/messages", {"text": "Are you there?"})
    assert status == 200
    assert events[-1]["data"]["text"] == "Here again."


async def test_a_server_that_is_stopped_ends_the_runs_that_last(module, workspace):
    begun, stopped = asyncio.Event(), asyncio.Event()

    @tool(effect="read")
    async def wait_for_ever() -> str:
        """Wait until it is cancelled."""
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    endings = Endings()
    steps = (ScriptedTurn(tool_calls=[FakeToolCall(name="wait_for_ever", arguments={})]), "done")
    agent = builder_of(workspace, *steps).tools(wait_for_ever).use(endings).build()
    app = module.create_app(agent)
    async with served(app, timeout_graceful_shutdown=1, log_level="critical") as client:
        asked = asyncio.create_task(post(client, "/sessions/s1/messages", {"text": "Wait"}))
        await begun.wait()
    assert stopped.is_set()
    assert endings.statuses == ["cancelled"]
    with contextlib.suppress(httpx.HTTPError):
        await asked


async def test_many_clients_are_answered_side_by_side(module, workspace):
    together = asyncio.Barrier(20)

    @tool(effect="read")
    async def meet() -> str:
        """Wait until twenty runs are here."""
        await together.wait()
        return "met"

    steps = (ScriptedTurn(tool_calls=[FakeToolCall(name="meet", arguments={})]), "We met.")
    agent = builder_of(workspace, *steps).tools(meet).build()
    async with served(module.create_app(agent)) as client:
        answers = await asyncio.gather(
            *(post(client, f"/sessions/s{i}/messages", {"text": f"{i}"}) for i in range(20))
        )
    for index, (status, events) in enumerate(answers):
        assert (status, events[-1]["data"]["status"]) == (200, "completed")
        assert {event["data"]["session"] for event in events} == {f"ada/s{index}"}


# -- approvals ---------------------------------------------------------------------------------


async def test_a_pending_call_is_approved_by_a_second_request(module, workspace):
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[WRITE]), "Written.").build()
    async with served(module.create_app(agent)) as client:
        _, asked = await post(client, "/sessions/s1/messages", {"text": "Write a file"})
        (waiting,) = (await client.get("/sessions/s1/approvals")).json()
        answer = {"decisions": {waiting["call_id"]: {"decision": "approve"}}}
        status, events = await post(client, "/sessions/s1/approvals", answer)
        left = (await client.get("/sessions/s1/approvals")).json()

    assert "approval_requested" in types_of(asked)
    assert asked[-1]["data"]["status"] == "awaiting_approval"
    assert (waiting["tool"], waiting["arguments"]["path"]) == ("write_file", "new.txt")
    assert "+hello" in waiting["preview"] or waiting["preview"] == ""
    assert status == 200
    assert events[-1]["data"]["status"] == "completed"
    assert (workspace / "new.txt").read_text() == "hello\n"
    assert left == []


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        ({"decision": "reject", "reason": "not today"}, None),
        ({"decision": "edit", "arguments": {"path": "new.txt", "content": "mine\n"}}, "mine\n"),
    ],
    ids=["reject", "edit"],
)
async def test_a_pending_call_is_rejected_or_edited(module, workspace, answer, content):
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[WRITE]), "So be it.").build()
    async with served(module.create_app(agent)) as client:
        await post(client, "/sessions/s1/messages", {"text": "Write a file"})
        (waiting,) = (await client.get("/sessions/s1/approvals")).json()
        body = {"decisions": {waiting["call_id"]: answer}}
        _, events = await post(client, "/sessions/s1/approvals", body)
    assert events[-1]["data"]["status"] == "completed"
    there = workspace / "new.txt"
    assert (there.read_text() if there.exists() else None) == content


async def test_an_approval_is_answered_by_another_process_of_the_same_store(module, workspace):
    steps = (ScriptedTurn(tool_calls=[WRITE]), "Written.")
    async with served(module.create_app(builder_of(workspace, *steps).build())) as client:
        await post(client, "/sessions/s1/messages", {"text": "Write a file"})
    async with served(module.create_app(builder_of(workspace, *steps).build())) as client:
        (waiting,) = (await client.get("/sessions/s1/approvals")).json()
        body = {"decisions": {waiting["call_id"]: {"decision": "approve"}}}
        _, events = await post(client, "/sessions/s1/approvals", body)
    assert events[-1]["data"]["changed_files"] == ["new.txt"]


# -- users -------------------------------------------------------------------------------------


async def test_two_users_have_sessions_of_their_own_under_one_name(module, workspace):
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[WRITE]), "Written.").build()
    async with served(module.create_app(agent)) as client:
        await post(client, "/sessions/main/messages", {"text": "Write a file for ada"})
        (waiting,) = (await client.get("/sessions/main/approvals")).json()

        assert (await client.get("/sessions/main/messages", headers=BOB)).json() == []
        assert (await client.get("/sessions/main/approvals", headers=BOB)).json() == []
        body = {"decisions": {waiting["call_id"]: {"decision": "approve"}}}
        status, failed = await post(client, "/sessions/main/approvals", body, headers=BOB)
        assert (status, failed["error"]) == (409, "NothingToResumeError")
        assert "ada" not in failed["detail"]
        assert not (workspace / "new.txt").exists()

        status, events = await post(
            client, "/sessions/main/messages", {"text": "Write a file for bob"}, headers=BOB
        )
        assert (status, events[0]["data"]["user"]) == (200, "bob")
        await post(client, "/sessions/main/approvals", body)
        of_ada = (await client.get("/sessions/main/messages")).json()
        of_bob = (await client.get("/sessions/main/messages", headers=BOB)).json()
        assert of_ada[0] == {"type": "human", "text": "Write a file for ada"}
        assert "bob" not in str(of_ada)
        assert "ada" not in str(of_bob)


async def test_nobody_is_refused(module, workspace):
    async with served(module.create_app(builder_of(workspace, "Hello.").build())) as client:
        client.headers.pop("X-User")
        answers = [
            await client.get("/sessions/s1/messages"),
            await client.post("/sessions/s1/messages", json={"text": "hello"}),
            await client.get("/sessions/s1/approvals"),
        ]
    assert {answer.status_code for answer in answers} == {401}


@pytest.mark.parametrize("user", ["a/b", "a b", "x" * 65, "ada/main"])
async def test_no_user_can_name_himself_into_the_session_of_another(module, workspace, user):
    async with served(module.create_app(builder_of(workspace, "Hello.").build())) as client:
        answer = await client.get("/sessions/s1/messages", headers={"X-User": user})
    assert answer.status_code == 422


# -- what can go wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b'{"text": "\\ud800"}', b'{"text": 1e99999}', b'{"text": "' + 30_000 * b"x" + b'"}']
)
async def test_a_request_that_is_wrong_is_told_and_not_sent_back(module, workspace, body):
    async with served(module.create_app(builder_of(workspace, "Hello.").build())) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/sessions/s1/messages", content=body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["error"] == "RequestValidationError"
        assert answer.json()["detail"].startswith("body.text: ")
        assert len(answer.content) < 3_000
        assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/sessions/s1/messages", {"text": ""}, 422),
        ("/sessions/s1/messages", {}, 422),
        ("/sessions/s 1/messages", {"text": "hello"}, 422),
        ("/sessions/s1/approvals", {"decisions": {}}, 422),
        ("/sessions/s1/approvals", {"decisions": {"c": {"decision": "maybe"}}}, 422),
        ("/sessions/s1/approvals", {"decisions": {"c": {"decision": "approve"}}}, 409),
    ],
)
async def test_a_request_that_cannot_be_used_says_so_by_its_status(
    module, workspace, path, body, code
):
    async with served(module.create_app(builder_of(workspace, "Hello.").build())) as client:
        status, _ = await post(client, path, body)
    assert status == code


async def test_an_answer_to_a_call_that_does_not_wait_is_refused(module, workspace):
    agent = builder_of(workspace, ScriptedTurn(tool_calls=[WRITE]), "Written.").build()
    async with served(module.create_app(agent)) as client:
        await post(client, "/sessions/s1/messages", {"text": "Write a file"})
        body = {"decisions": {"another": {"decision": "approve"}}}
        status, failed = await post(client, "/sessions/s1/approvals", body)
    assert (status, failed["error"]) == (422, "UnknownNameError")


async def test_a_session_that_another_run_holds_is_busy(module, workspace):
    begun, go = asyncio.Event(), asyncio.Event()

    @tool(effect="read")
    async def hold() -> str:
        """Hold the session."""
        begun.set()
        await go.wait()
        return "held"

    steps = (ScriptedTurn(tool_calls=[FakeToolCall(name="hold", arguments={})]), "done")
    agent = builder_of(workspace, *steps).tools(hold).plugin("memory", session_wait=0.05).build()
    async with served(module.create_app(agent)) as client:
        first = asyncio.create_task(post(client, "/sessions/s1/messages", {"text": "Hold"}))
        await begun.wait()
        status, failed = await post(client, "/sessions/s1/messages", {"text": "Me too"})
        go.set()
        done, events = await first
    assert (status, failed["error"]) == (409, "SessionBusyError")
    assert (done, events[-1]["data"]["status"]) == (200, "completed")


async def test_what_fails_later_is_told_by_the_last_event(module, workspace):
    broken = ScriptedTurn(error=ConnectionResetError("gone"))
    async with served(module.create_app(builder_of(workspace, broken).build())) as client:
        status, events = await post(client, "/sessions/s1/messages", {"text": "hello"})
        after = await client.get("/health")
    assert status == 200
    assert types_of(events).count("run_finished") == 1
    assert events[-1]["data"]["status"] == "failed"
    assert events[-1]["data"]["error_type"] == "ConnectionLostError"
    assert after.status_code == 200


async def test_a_500_tells_nothing_of_the_inside(module, workspace):
    class Broken:
        name = "broken"

        @hookimpl
        async def wrap_run(self):
            raise RuntimeError("the inside of the program")

    agent = builder_of(workspace, "Hello.").use(Broken()).build()
    async with served(module.create_app(agent)) as client:
        status, failed = await post(client, "/sessions/s1/messages", {"text": "hello"})
    assert status == 500
    assert failed == {"error": "PluginError", "detail": "the agent failed; its log says why"}


async def test_every_error_of_the_sdk_has_a_status_code(module):
    from coding_agent_sdk import errors

    made = {
        errors.RateLimitedError("slow down", retry_after=2.1): (429, "3"),
        errors.ContextTooLongError("too long"): (502, None),
        errors.ModelTimeoutError("silent"): (504, None),
        errors.StoreError("disk full"): (503, None),
        errors.SessionNotFoundError("s1"): (404, None),
        errors.AgentClosedError("closed"): (503, None),
        errors.ConfigError("wrong"): (500, None),
    }
    for error, (code, seconds) in made.items():
        response = await module._failed(None, error)
        assert (response.status_code, response.headers.get("retry-after")) == (code, seconds), error


# -- around it ---------------------------------------------------------------------------------


async def test_metrics_and_health_are_served(module, workspace):
    agent = builder_of(workspace, "Hello.").build()
    async with served(module.create_app(agent)) as client:
        await post(client, "/sessions/s1/messages", {"text": "hello"})
        metrics = await client.get("/metrics")
        health = await client.get("/health", headers={"X-User": ""})
    assert health.json() == {"status": "ok", "model": agent.model}
    assert metrics.status_code == 200
    assert metrics.headers["content-type"].startswith("text/plain")
    assert re.search(r'^agent_requests_total\{.*status="completed".*\} 1\.0$', metrics.text, re.M)


def test_the_schema_lists_each_endpoint(module, workspace):
    paths = module.create_app(builder_of(workspace, "Hello.").build()).openapi()["paths"]
    assert {path: set(paths[path]) for path in paths} == {
        "/sessions/{session_id}/messages": {"get", "post"},
        "/sessions/{session_id}/approvals": {"get", "post"},
        "/health": {"get"},
    }


async def test_the_agent_is_closed_with_the_app(module, workspace):
    agent = builder_of(workspace, "Hello.").build()
    async with served(module.create_app(agent)):
        pass
    from coding_agent_sdk.errors import AgentClosedError

    with pytest.raises(AgentClosedError):
        await agent.run("hello")


def test_the_command_of_the_readme_serves(examples, workspace, environment):
    command = re.search(
        r"^uvicorn .*$", (examples / "fastapi_app" / "README.md").read_text(), re.M
    )[0]
    (workspace / "app.py").write_text("import os\n")
    words = [sys.executable, "-m", *command.split(), "--port", "0"]
    environment |= {"CODING_AGENT_WORKSPACE": str(workspace), "CODING_AGENT_MODEL": "offline:rules"}
    with subprocess.Popen(
        words, cwd=examples.parent, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            for line in server.stderr:
                if address := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    break
            asked = httpx.post(
                f"{address[1]}/sessions/s1/messages",
                json={"text": "Analyze the code"}, headers={"X-User": "ada"},
                timeout=PATIENCE, trust_env=False,
            )  # fmt: skip
        finally:
            server.send_signal(signal.SIGTERM)
            left = server.stderr.read()
    assert asked.text.rstrip().rpartition("event: ")[2].startswith("run_finished")
    assert "Analysis complete" in asked.text
    assert "Application shutdown complete" in left
