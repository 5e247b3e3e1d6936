"""Whole agents with the guardrails on: what is planted anywhere comes out nowhere."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from urllib.parse import quote

import pytest

from coding_agent_sdk import Agent, Approve, hookimpl, tool
from coding_agent_sdk.errors import ModelError, RequestError
from coding_agent_sdk.middleware.guardrails.plugin import GuardrailsPlugin, GuardrailsSettings
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
from coding_agent_sdk.text.masks import MASK

from .made_up import MadeUp

draw = MadeUp(11)
WEIRD = 'blue"moon/over water'  # no format gives it away; the environment does

IN_REQUEST = {
    "vendor": "ghp_" + draw.text(36),
    "weak": "hunter2",
    "url": draw.text(14),
    "made up": "sk-proj-abcdefghijklmnop",
    "said": "Winter-2024x",
}
IN_FILE = {
    "password": draw.password(),
    "token": draw.hex(40),
    "short": "abc123",
    "aws": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "pem": draw.text(64),
    "database": draw.text(12) + "!",
}
IN_OUTPUT = {
    "stripe": "sk_live_" + draw.text(24),
    "bearer": draw.text(40),
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.{draw.text(50)}.{draw.text(43)}",
    "column": draw.text(18),
}
IN_TEXT = {"slack": "xoxb-" + draw.hex(12) + "-" + draw.text(24), "assigned": draw.text(20)}
IN_ARGUMENTS = {"google": "AIza" + draw.text(35), "pypi": "pypi-AgE" + draw.text(60)}
IN_ERRORS = {"npm": "npm_" + draw.text(36), "basic": draw.text(11) + "#"}
IN_FINAL = {
    "anthropic": "sk-ant-api03-" + draw.text(40),
    "sendgrid": f"SG.{draw.text(22)}.{draw.text(43)}",
}
PLANTED = {
    **IN_REQUEST, **IN_FILE, **IN_OUTPUT, **IN_TEXT, **IN_ARGUMENTS, **IN_ERRORS, **IN_FINAL, "known": WEIRD,
}  # fmt: skip

ENV_FILE = (
    f"DB_PASSWORD={IN_FILE['password']}\nGITHUB_TOKEN={IN_FILE['token']}\n"
    f'{{"api_key": "{IN_FILE["short"]}"}}\nAWS_SECRET_ACCESS_KEY={IN_FILE["aws"]}\n'
    f"DATABASE_URL=postgres://app:{IN_FILE['database']}@db.acme.io/app\nPLAIN=here to stay\n"
    f"-----BEGIN PRIVATE KEY-----\n{IN_FILE['pem']}\n-----END PRIVATE KEY-----\n{WEIRD}\n"
)
OUTPUT = (
    f"key {IN_OUTPUT['stripe']}\nAuthorization: Bearer {IN_OUTPUT['bearer']}\n{IN_OUTPUT['jwt']}\n"
    f"user,token\nbob,{IN_OUTPUT['column']}\n{quote(WEIRD, safe='')}\n"
)
REQUEST = (
    f"Use {IN_REQUEST['vendor']}, password: {IN_REQUEST['weak']}\n"
    f"postgres://u:{IN_REQUEST['url']}@db.acme.io/x\n"
    f'export OPENAI_API_KEY="{IN_REQUEST["made up"]}"\nThe admin password is {IN_REQUEST["said"]}.'
)


class Watcher:
    """Keeps every event that observers see."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def on_event(self, event):
        self.seen.append(event.to_dict())


@tool(effect="read")
async def stumble(note: str) -> str:
    """Fail with a message that says too much."""
    raise ValueError(
        f"registry refused {IN_ERRORS['npm']} for https://bob:{IN_ERRORS['basic']}@r.io/x"
    )


@tool(effect="read")
async def note(text: str) -> str:
    """Take a note."""
    return f"noted {text}"


def _call(name, call_id, /, **arguments):
    return {"id": call_id, "name": name, "args": arguments}


@pytest.fixture
def builder(workspace, monkeypatch):
    monkeypatch.setenv("ODD_API_TOKEN", WEIRD)

    def make(model, *plugins, mode="yolo", memory="memory://"):
        return (
            Agent.builder().config(None, project=False).model(model).workspace(workspace)
            .mode(mode).memory(memory).tools(stumble, note).use(*plugins)
            .approver(lambda _: Approve())
        )  # fmt: skip

    return make


def _leaks(sink: str) -> list[str]:
    forms = {name: (secret, json.dumps(secret)[1:-1]) for name, secret in PLANTED.items()}
    return [name for name, spelt in forms.items() if any(form in sink for form in spelt)]


def _steps():
    return [
        ScriptedTurn(
            text=f"I saw {IN_TEXT['slack']} and SECRET_KEY={IN_TEXT['assigned']} there",
            tool_calls=[
                _call("read_file", "1", path=".env"),
                _call("run_cmd", "2", command="cat out.log"),
                _call("stumble", "3", note="x"),
                _call("note", "4", text=f"{IN_ARGUMENTS['google']} {IN_ARGUMENTS['pypi']}"),
            ],
            chunk_size=5,
        ),
        ScriptedTurn(
            text=f"Done: `{IN_FINAL['anthropic']}`, {IN_FINAL['sendgrid']} and {WEIRD}.",
            chunk_size=7,
        ),
    ]


@pytest.mark.bubblewrap
async def test_what_is_planted_anywhere_comes_out_nowhere(builder, workspace, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    (workspace / ".env").write_text(ENV_FILE)
    (workspace / "out.log").write_text(OUTPUT)
    watcher = Watcher()
    model = ScriptedModel(_steps())
    store = tmp_path / "sessions.db"
    agent = builder(model, watcher, memory=f"sqlite:///{store}").build()
    async with agent:
        async with agent.stream(REQUEST, session="s", user="ada") as stream:
            streamed = [event async for event in stream]
            result = stream.result
        on_disk = b"".join(path.read_bytes() for path in tmp_path.glob("sessions.db*"))
    on_disk += b"".join(path.read_bytes() for path in tmp_path.glob("sessions.db*"))

    assert len(PLANTED) >= 20
    assert result.status == "completed"
    shown = {
        "the model": str([request.messages for request in model.requests]),
        "the store": on_disk.decode("utf-8", "replace"),
        "the stream": json.dumps([event.to_dict() for event in streamed], default=str),
        "the observers": json.dumps(watcher.seen, default=str),
        "the result": f"{result} {result.text}",
        "the log": caplog.text,
    }
    assert {sink: _leaks(text) for sink, text in shown.items() if _leaks(text)} == {}
    # It did run: what is no secret is there, and a mask stands for what is one.
    assert "PLAIN=here to stay" in shown["the model"]
    assert "DB_PASSWORD=<secret:DB_PASSWORD:" in shown["the model"]
    assert "registry refused" in shown["the model"]
    assert "bob,<secret:" in shown["the model"]
    assert "PLAIN=here to stay" in shown["the store"]
    assert result.text == f"Done: `{MASK}`, {MASK} and {MASK}."


async def test_the_streamed_pieces_put_together_are_the_redacted_text(builder, workspace):
    (workspace / ".env").write_text("A=1\n")
    (workspace / "out.log").write_text("ok\n")
    async with builder(ScriptedModel(_steps())).build() as agent, agent.stream("go") as stream:
        events = [event async for event in stream]
    told = "".join(event.text for event in events if event.type == "text_delta")
    assert told == (f"I saw {MASK} and SECRET_KEY={MASK} thereDone: `{MASK}`, {MASK} and {MASK}.")


async def test_an_error_of_the_provider_says_no_secret(builder):
    words = f"401 for {IN_ERRORS['npm']} and {WEIRD}"
    watcher = Watcher()
    model = ScriptedModel([ScriptedTurn(error=RuntimeError(words))])
    async with builder(model, watcher).build() as agent:
        with pytest.raises(ModelError) as caught:
            await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    shown = "".join(traceback.format_exception(caught.value))
    assert _leaks(shown + str(watcher.seen) + str(entries)) == []
    assert "401 for" in shown


# -- files -----------------------------------------------------------------------------------------


async def test_a_file_that_was_read_masked_is_not_written_back_with_the_mask(builder, workspace):
    (workspace / ".env").write_text(ENV_FILE)
    masked = f"DB_PASSWORD={MASK}\nPLAIN=changed\n"
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("read_file", "1", path=".env")]),
        ScriptedTurn(tool_calls=[_call("write_file", "2", path=".env", content=masked)]),
        ScriptedTurn(tool_calls=[_call("run_cmd", "3", command=f"echo '{masked}' > .env")]),
        "I could not",
    ])  # fmt: skip
    async with builder(model).build() as agent:
        result = await agent.run("change PLAIN")
    assert (workspace / ".env").read_text() == ENV_FILE
    assert [call.status for call in result.tool_calls] == ["ok", "error", "error"]


async def test_a_line_beside_a_masked_one_can_be_edited(builder, workspace):
    (workspace / ".env").write_text(ENV_FILE)
    edit = _call("edit_file", "2", path=".env", old="PLAIN=here to stay", new="PLAIN=changed")
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("read_file", "1", path=".env")]),
        ScriptedTurn(tool_calls=[edit]),
        "Done",
    ])  # fmt: skip
    async with builder(model).build() as agent:
        await agent.run("change PLAIN")
    assert (workspace / ".env").read_text() == ENV_FILE.replace("here to stay", "changed")


# -- commands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["ask", "auto", "yolo"])
async def test_a_harmful_command_is_denied_in_every_mode(builder, workspace, mode):
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("run_cmd", "1", command="rm -rf / --no-preserve-root")]), "ok",
    ])  # fmt: skip
    async with builder(model, mode=mode).build() as agent:
        result = await agent.run("go")
    assert [call.status for call in result.tool_calls] == ["denied"]
    assert (workspace / "a.txt").exists()


async def test_a_doubtful_command_is_asked_about_with_the_reason(builder):
    asked = []

    def approver(request):
        asked.append(request)
        return Approve()

    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("run_cmd", "1", command="git push --force origin main")]), "ok",
    ])  # fmt: skip
    async with builder(model, mode="auto").approver(approver).build() as agent:
        await agent.run("go")
    assert len(asked) == 1
    assert "push" in asked[0].reason


@pytest.mark.bubblewrap
async def test_an_ordinary_command_runs(builder):
    model = ScriptedModel(
        [ScriptedTurn(tool_calls=[_call("run_cmd", "1", command="cat a.txt")]), "ok"]
    )
    async with builder(model).build() as agent:
        result = await agent.run("go")
    assert [call.status for call in result.tool_calls] == ["ok"]
    assert "alpha" in str(model.requests[-1].messages)


# -- requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\0b", "U+0000"),
        ("x\x1b[2J", "U+001B"),
        ("y" * 51, "50 are"),
    ],
)
async def test_what_is_no_request_ends_blocked(builder, text, says):
    model = ScriptedModel([])
    agent = builder(model).plugin("guardrails", max_request_chars=50).build()
    async with agent:
        result = await agent.run(text)
    assert result.status == "blocked"
    assert says in str(result)
    assert model.requests == []


async def test_an_empty_request_is_refused_at_once(builder):
    async with builder(ScriptedModel([])).build() as agent:
        for text in ("", "  \n"):
            with pytest.raises(RequestError, match="empty"):
                await agent.run(text)


async def test_hidden_characters_do_not_block(builder):
    async with builder(ScriptedModel(["ok"])).build() as agent:
        result = await agent.run("say \u202ehello\u200b")
    assert result.status == "completed"


# -- settings --------------------------------------------------------------------------------------


async def test_secrets_can_be_left_as_they_are(builder):
    model = ScriptedModel(["ok"])
    agent = builder(model).plugin("guardrails", secrets=False).build()
    async with agent:
        await agent.run(f"use {IN_REQUEST['vendor']} and {WEIRD}")
    assert IN_REQUEST["vendor"] in str(model.requests[0].messages)
    assert WEIRD in str(model.requests[0].messages)


async def test_known_values_can_be_left_as_they_are(builder):
    model = ScriptedModel(["ok"])
    agent = builder(model).plugin("guardrails", known_values=False).build()
    async with agent:
        await agent.run(f"use {IN_REQUEST['vendor']} and {WEIRD}")
    assert IN_REQUEST["vendor"] not in str(model.requests[0].messages)
    assert WEIRD in str(model.requests[0].messages)


async def test_commands_can_be_left_unjudged(builder):
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("run_cmd", "1", command="git push --force origin main")]), "ok",
    ])  # fmt: skip
    asked = []
    agent = (
        builder(model).plugin("guardrails", commands=False)
        .approver(lambda request: asked.append(request) or Approve()).build()
    )  # fmt: skip
    async with agent:
        await agent.run("go")
    assert asked == []


@pytest.mark.parametrize(
    "spelt",
    [
        WEIRD,
        quote(WEIRD, safe=""),
        quote(WEIRD),
        json.dumps({"a": WEIRD})[7:-2],
        base64.b64encode(WEIRD.encode()).decode(),
        base64.b64encode(b"user:" + WEIRD.encode()).decode(),
        base64.urlsafe_b64encode(b"us:" + WEIRD.encode() + b"!").decode(),
    ],
)
async def test_a_value_of_the_environment_is_masked_in_every_spelling(builder, spelt):
    model = ScriptedModel([f"you said {spelt}"])
    async with builder(model).build() as agent:
        result = await agent.run(f"take {spelt} now")
    sent = str(model.requests[0].messages)
    assert spelt not in sent
    assert spelt[8:20] not in sent
    assert spelt[8:20] not in result.text
    assert MASK in result.text


async def test_a_closed_agents_secrets_are_forgotten(builder):
    plugin = GuardrailsPlugin()
    agent = builder(ScriptedModel(["ok"]), plugin).without("guardrails").build()
    async with agent:
        assert plugin._known
    assert not plugin._known
    assert repr(plugin) == "GuardrailsPlugin()"


def test_the_settings_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="max_request_chars"):
        GuardrailsSettings(max_request_chars=0)
    with pytest.raises(ValueError, match="pii"):
        GuardrailsSettings(pii=True)
