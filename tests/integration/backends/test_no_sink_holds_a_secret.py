"""One run meets fifty secrets with every sink on: none of them, and no piece of one, is in any.

The agent works in this process, where all that it keeps and sends is looked at; then the command
line does the same in processes of its own. Without guardrails the same looks find the secrets, so
they would see one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coding_agent_sdk import Agent, AgentError, hookimpl, tool
from coding_agent_sdk import events as e
from coding_agent_sdk.errors import SecretNameError
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
from coding_agent_sdk.testing import (
    CassetteRecorder,
    FakeProvider,
    FakeToolCall,
    Fault,
    ScriptedModel,
    ScriptedTurn,
    Turn,
)
from coding_agent_sdk.text.masks import MASK, PLACEHOLDER_START

from ...services.otlp_receiver import Receiver, spans_in
from ..cli.conftest import PATIENCE, Program
from .planted import WANTED, planted

pytest.importorskip("langfuse")
pytest.importorskip("pymilvus")

BESIDE = "beside it stands nothing"
"""Harmless words next to each secret: a sink without them got no data."""

OTLP, LANGFUSE = "/v1/traces", "/api/public/otel/v1/traces"
LEAST = {"metrics": 1, "error": 10, "traceback": 10, "standard error": 5}
"""Of how many secrets a sink has something without guardrails, where what it says is short."""

SAYS_LITTLE = {"metrics", "chat history", "manifest", "log of the program"}
"""Sinks that no text of a run goes to; what they hold is looked at all the same."""


@dataclass
class Place:
    """A repository with secrets, the agent's home, and the servers around."""

    folder: Path
    repo: Path
    receiver: Receiver
    secrets: list
    seen: dict = field(default_factory=dict)

    @property
    def home(self):
        return self.folder / "home"

    @property
    def store(self):
        return self.folder / "kb.db"

    def keep(self, sink, *parts):
        """Note what a sink holds."""
        raw = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
        self.seen[sink] = self.seen.get(sink, b"") + b"\n".join(raw)

    def keep_files(self, sink, *patterns):
        found = [p for pattern in patterns for p in self.folder.glob(pattern) if p.is_file()]
        assert found, f"{sink}: there is no file {patterns}"
        self.keep(sink, *(path.read_bytes() for path in sorted(found)))

    def leaks(self):
        """Return by sink of how many secrets anything stands in it."""
        pieces = [(each.kind, each.fragments) for each in self.secrets]
        return {
            sink: [kind for kind, some in pieces if any(piece in held for piece in some)]
            for sink, held in self.seen.items()
        }


@pytest.fixture
def place(tmp_path, monkeypatch):
    secrets, environment = planted()
    for name in [name for name in os.environ if name.startswith(("OTEL_", "LANGFUSE_"))]:
        monkeypatch.delenv(name)
    receiver = Receiver()
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "everything.txt").write_text(_in_one_text(secrets))
    sections = (f"## Part {n}\n\n{BESIDE}\n\n{s.text}\n" for n, s in enumerate(secrets))
    (repo / "handbook.md").write_text("# Handbook of the shop\n\n" + "\n".join(sections))
    made = Place(tmp_path, repo, receiver, secrets)
    variables = {
        **environment,
        "CODING_AGENT_HOME": str(made.home),
        "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
        "LANGFUSE_SECRET_KEY": "sk-lf-1",
        "LANGFUSE_BASE_URL": receiver.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CODING_AGENT_WITHOUT")
    (tmp_path / "all_sinks.toml").write_text(f"""
memory = "sqlite:///{tmp_path}/sessions.db"
mode = "yolo"
[plugins.tracing]
exporters = ["file", "otlp://127.0.0.1:{receiver.port}", "langfuse"]
interval = 0.01
max_text = 200000
[plugins.monitoring]
log = "{tmp_path}/log.jsonl"
log_level = "debug"
log_text_chars = 200000
port = 0
[plugins.rag]
store = "{made.store}"
documents = false
[plugins.retry]
attempts = 1
[plugins.context]
max_output = 4000
""")
    yield made
    receiver.close()


def _in_one_text(secrets):
    return "\n".join(f"{BESIDE}\n{each.text}" for each in secrets)


class Talking:
    """A plugin that says secrets wherever a plugin can say something."""

    name = "talking"

    def __init__(self, text):
        self.text = text

    @hookimpl
    async def wrap_model_call(self, context, request, call_next):
        context.emit(e.PluginEvent(plugin="talking", name="said", data={"deep": [self.text]}))
        context.emit(e.ModelCallRetried(attempt=1, delay=0.1, error=self.text))
        context.session_state["kept"] = self.text
        return await call_next(request)


@tool(effect="read")
async def fail(text: str) -> str:
    """Raise it."""
    raise ValueError(text)


def turns(text):
    """Return a model's script that has the secrets in each place where a model can put one."""
    calls = [
        FakeToolCall(name="read_file", arguments={"path": "everything.txt"}, id="call_1"),
        FakeToolCall(name="run_cmd", arguments={"command": "cat everything.txt"}, id="call_2"),
        FakeToolCall(name="search_files", arguments={"pattern": "."}, id="call_3"),
        FakeToolCall(name="search_knowledge", arguments={"query": "handbook part"}, id="call_4"),
        FakeToolCall(name="fail", arguments={"text": text}, id="call_5"),
        FakeToolCall(name="write_file", arguments={"path": "o.txt", "content": text}, id="call_6"),
    ]
    return [
        Turn(text=f"I look: {text}", tool_calls=calls, chunk_size=97),
        Turn(text=f"It says: {text}", chunk_size=89),
    ]


def refusal(text):
    """Return a provider's error that quotes what it was sent."""
    return Fault(kind="status", status=400, message=f"the provider quotes {text}")


async def work(place, caplog, *, guarded):
    """Have an agent of this process meet everything, and note what each sink got."""
    caplog.set_level(logging.DEBUG, logger="coding_agent_sdk")
    text = _in_one_text(place.secrets)
    request = f"Explain the handbook of the shop, part 7 too. {text}"
    script = [*turns(text), f"It says: {text}", f"{BESIDE}, I say", "hello"]
    with FakeProvider(script, faults=[None, None, refusal(text)]) as fake:
        builder = (
            Agent.builder().config(place.folder / "all_sinks.toml", project=False)
            .model("openai:fake", base_url=fake.openai_url, api_key="k")
            .workspace(place.repo).tools(fail).use(Talking(text))
            .use(CassetteRecorder(place.folder / "work.cassette")).installed_plugins(load=False)
            .plugin("cache", enabled=True, store=f"sqlite:///{place.folder}/cache.db")
        )  # fmt: skip
        async with (builder if guarded else builder.without("guardrails")).build() as agent:
            async with agent.stream(request, session="s1", user="ada") as stream:
                told = [event async for event in stream]
            with pytest.raises(AgentError) as failed:
                await agent.run(f"Again: {text}", session="s2", user="ada")
            for question in ("What stands there?", "And beside it?"):  # both may be kept
                await agent.run(question, session=question, user="ada")
            await _under_a_secret_name(agent, place.secrets[-1].secrets[0], guarded=guarded)
            store = await agent.backend("memory")
            entries = [await store.load(info.session) for info in await store.sessions()]
            exported = await agent.manage_user_data("ada", "export")
            place.keep("metrics", metrics_text(agent))
            place.keep_files("sessions.db and its WAL", "sessions.db*")
        place.keep("provider", *(json.dumps(r.body, ensure_ascii=False) for r in fake.log))
    place.keep("sessions as read", repr(entries), repr(exported))
    place.keep("stream", *(json.dumps(each.to_dict(), ensure_ascii=False) for each in told))
    place.keep("result", repr(stream.result), *stream.result._repr_mimebundle_().values())
    place.keep("error", str(failed.value), repr(failed.value.result))
    place.keep("traceback", *traceback.format_exception(failed.value))
    await rewrite(place, guarded=guarded)
    place.keep("log of the program", caplog.text)


async def rewrite(place, *, guarded):
    """Have a model read the file of secrets and write a copy of what it was shown."""
    before = (place.repo / "everything.txt").read_bytes()

    def copy(messages):
        content = f"{messages[-1].content}# the end\n"
        arguments = {"path": "copy.txt", "content": content}
        return ScriptedTurn(tool_calls=[{"id": "w", "name": "write_file", "args": arguments}])

    read = {"id": "r", "name": "read_file", "args": {"path": "everything.txt"}}
    model = ScriptedModel([ScriptedTurn(tool_calls=[read]), copy, "I copied it"])
    builder = (
        Agent.builder().config(place.folder / "all_sinks.toml", project=False).model(model)
        .workspace(place.repo).installed_plugins(load=False).plugin("context", max_output=100_000)
        .use(CassetteRecorder(place.folder / "rewrite.cassette"))
    )  # fmt: skip
    async with (builder if guarded else builder.without("guardrails")).build() as agent:
        result = await agent.run("Copy everything.txt", session="s3", user="ada")
    place.keep("model that copies", *(repr(request.messages) for request in model.requests))
    place.keep("result", repr(result))
    assert [call.status for call in result.tool_calls] == ["ok", "ok"], result.tool_calls
    # The model was shown none of them, and the file has them all.
    assert (place.repo / "copy.txt").read_bytes() == before + b"# the end\n"


async def _under_a_secret_name(agent, name, *, guarded):
    if guarded:
        with pytest.raises(SecretNameError):
            await agent.run("Hello", session=name, user=name)
        return
    assert (await agent.run("Hello", session=name, user=name)).text == "hello"


async def look_at_what_stays(place):
    """Note what lies in files and what servers were sent, raw and decoded."""
    place.keep_files("sessions.db and its WAL", "sessions.db*")
    place.keep_files("file traces", "home/traces/*")
    place.keep_files("log", "log.jsonl")
    place.keep_files("cache", "cache.db*")
    place.keep_files("cassettes", "*.cassette")
    place.keep_files("long outputs", "home/outputs/**/*")
    place.keep_files("knowledge store", "kb.db/**/*")
    place.keep_files("snapshot", "home/knowledge/*.snapshot")
    place.keep_files("manifest", "home/knowledge/*.manifest*")
    for sink, path in (("otlp", OTLP), ("langfuse", LANGFUSE)):
        bodies = [request.body for request in place.receiver.requests if request.path == path]
        place.keep(sink, *bodies)
        spans = [span for body in bodies for span in spans_in(body)]
        assert len(spans) > 10
        place.keep(sink, json.dumps(spans, ensure_ascii=False))
    (snapshot,) = place.home.glob("knowledge/*.snapshot")
    url = json.loads(snapshot.read_text().splitlines()[0])[1]
    async with MilvusKnowledge(url) as store:
        place.keep("knowledge as read", *(chunk.text for chunk in await store.load()))


def on_the_command_line(place, *, guarded):
    """Have the program do the same, for people, for programs, and in a chat."""
    text = _in_one_text(place.secrets)
    common = ["--config", str(place.folder / "all_sinks.toml"), "--no-plugins"]
    common += [] if guarded else ["--without", "guardrails"]
    program = Program(place.repo, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    for words in (["run"], ["run", "--json"]):
        for code, faults in ((0, []), (1, [refusal(text)])):
            with FakeProvider(turns(text), faults=faults) as fake:
                program.env |= {"OPENAI_BASE_URL": fake.openai_url, "OPENAI_API_KEY": "k"}
                asked = f"Explain the handbook. {text}"
                record = ["--record", str(place.folder / f"run-{code}-{len(words)}.cassette")]
                ended = program(*words, "-", "-m", "openai:fake", *common, *record, piped=asked)
            assert ended.code == code, ended.err
            name = "NDJSON" if "--json" in words else "standard output"
            place.keep(name, ended.out)
            place.keep("standard error", ended.err)
    with FakeProvider([Turn(text=f"It says: {text}"), "fine"]) as fake:
        program.env["OPENAI_BASE_URL"] = fake.openai_url
        chat = program.on_terminal("chat", "-m", "openai:fake", *common, PROMPT_TOOLKIT_NO_CPR="1")
        try:
            for typed in (BESIDE, f"and this {place.secrets[2].text} too", "/quit"):
                chat.expect_raw("\x1b[?2004h", seconds=PATIENCE)
                chat.type(f"{typed}\r")
            assert chat.wait() == 0
        finally:
            chat.close()
    # The terminal itself echoes what is typed, so of the screen only the answer is looked at.
    place.keep_files("chat history", "home/chat_history")


@pytest.mark.timeout(400)  # six programs, one after another
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "without guardrails"])
async def test_no_sink_holds_a_piece_of_any_of_fifty_secrets(place, caplog, guarded):
    assert len({each.secrets for each in place.secrets}) == WANTED
    await work(place, caplog, guarded=guarded)
    await asyncio.to_thread(on_the_command_line, place, guarded=guarded)
    await look_at_what_stays(place)
    leaks = place.leaks()
    assert len(leaks) == 25, sorted(leaks)
    for sink, held in place.seen.items():
        assert held, f"{sink} got nothing"
        if sink not in SAYS_LITTLE:
            assert BESIDE.encode() in held, f"{sink} got no text, so it proves nothing"
            if sink == "cache":  # an answer that would have to be masked is not kept at all
                continue
            hides = MASK.encode() in held or PLACEHOLDER_START.encode() in held
            assert hides or not guarded, f"{sink} met no secret"
    if guarded:
        assert {sink: kinds for sink, kinds in leaks.items() if kinds} == {}
        return
    for sink, kinds in leaks.items():
        # Digests; a chat keeps no secret of its own; and a log names errors without their words.
        if sink in {"manifest", "chat history", "log of the program"}:
            assert kinds == []
        else:
            assert len(kinds) >= LEAST.get(sink, WANTED * 0.8), f"{sink}: {len(kinds)}"
