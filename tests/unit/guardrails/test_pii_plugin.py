"""Whole agents and personal data: each kind of sink gets what the setting says."""

from __future__ import annotations

import json

import pytest

from coding_agent_sdk import Agent, Approve, hookimpl
from coding_agent_sdk.middleware.guardrails.pii.pseudonyms import MOST, Pseudonyms
from coding_agent_sdk.middleware.guardrails.plugin import GuardrailsSettings
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.entries import PluginStateEntry

EMAIL, PHONE, OTHER = "ravi.novak@web.de", "+49 30 06381565", "zofia@orange.fr"
FILE = f"contact: {EMAIL}\nphone: {PHONE}\nplain: here\n"


class Watcher:
    """Keeps every event that observers see."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def on_event(self, event):
        self.seen.append(event.to_dict())


def _call(name, call_id, /, **arguments):
    return {"id": call_id, "name": name, "args": arguments}


@pytest.fixture
def builder(workspace):
    def make(model, *plugins, pii=None, memory="memory://"):
        building = (
            Agent.builder().config(None, project=False).model(model).workspace(workspace)
            .mode("yolo").memory(memory).use(*plugins).approver(lambda _: Approve())
        )  # fmt: skip
        return building if pii is None else building.plugin("guardrails", pii=pii)

    return make


def _holds(text):
    return EMAIL in text or PHONE in text or "06381565" in text


@pytest.mark.parametrize(
    ("pii", "hidden"),
    [
        ("off", set()),
        ("sinks", {"observers"}),
        (None, {"observers", "answer", "stream"}),
        ("response", {"observers", "answer", "stream"}),
        ("model", {"observers", "answer", "stream", "model", "store"}),
    ],
)
async def test_each_setting_hides_from_whom_it_names(builder, workspace, pii, hidden):
    (workspace / "people.txt").write_text(FILE)
    watcher = Watcher()
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("read_file", "1", path="people.txt")]),
        ScriptedTurn(text=f"Write to {EMAIL} or call {PHONE}.", chunk_size=3),
    ])  # fmt: skip
    async with builder(model, watcher, pii=pii).build() as agent:
        async with agent.stream(f"who is {EMAIL}?", session="s") as stream:
            streamed = [event.to_dict() async for event in stream]
        entries = await (await agent.backend("memory")).load("s")
    shown = {
        "observers": json.dumps(watcher.seen, default=str, ensure_ascii=False),
        "answer": str(stream.result),
        "stream": json.dumps(streamed, default=str, ensure_ascii=False),
        "model": str([request.messages for request in model.requests[:1]]),
        "store": str(entries),
    }
    assert {sink for sink, text in shown.items() if not _holds(text)} == hidden
    assert "plain: here" in str(model.requests[-1].messages)
    if "answer" in hidden:
        assert stream.result.text == "Write to [EMAIL_1] or call [PHONE_1]."


async def test_a_value_has_one_name_over_runs_and_agents(builder, tmp_path):
    store = f"sqlite:///{tmp_path / 'sessions.db'}"
    texts = [f"{EMAIL} and {OTHER}", f"{OTHER.upper()} again, {EMAIL}"]
    answers = []
    for text in texts:
        async with builder(ScriptedModel([text]), memory=store).build() as agent:
            answers.append((await agent.run("go", session="s")).text)
            other = builder(ScriptedModel([f"{OTHER}"]), memory=store).build()
            async with other:
                assert (await other.run("go", session="t")).text == "[EMAIL_1]"
    assert answers == ["[EMAIL_1] and [EMAIL_2]", "[EMAIL_2] again, [EMAIL_1]"]


async def test_what_is_kept_of_a_session_holds_no_value(builder):
    model = ScriptedModel([f"{EMAIL}, {PHONE}"])
    async with builder(model, pii="model").build() as agent:
        await agent.run(f"who is {EMAIL}?", session="s")
        entries = await (await agent.backend("memory")).load("s")
    kept = [stored.entry for stored in entries]
    [state] = [entry.state["pii"] for entry in kept if isinstance(entry, PluginStateEntry)]
    assert set(state) == {"key", "email", "phone"}
    assert (len(state["key"]), len(state["email"]), len(state["phone"])) == (32, 10, 10)
    assert not _holds(str(entries))


async def test_a_file_with_addresses_is_read_and_edited_as_it_is(builder, workspace):
    (workspace / "people.txt").write_text(FILE)
    edit = _call("edit_file", "2", path="people.txt", old=EMAIL, new=OTHER)
    model = ScriptedModel([
        ScriptedTurn(tool_calls=[_call("read_file", "1", path="people.txt")]),
        ScriptedTurn(tool_calls=[edit]),
        "Done",
    ])  # fmt: skip
    async with builder(model).build() as agent:
        result = await agent.run("change it")
    assert [call.status for call in result.tool_calls] == ["ok", "ok"]
    assert (workspace / "people.txt").read_text() == FILE.replace(EMAIL, OTHER)
    assert OTHER not in str(result)


@pytest.mark.parametrize("pii", ["response", "model"])
async def test_a_pseudonym_is_never_written_for_the_value(builder, workspace, pii):
    (workspace / "people.txt").write_text(FILE)
    model = ScriptedModel([
        ScriptedTurn(text=f"I see {EMAIL}", tool_calls=[_call("read_file", "1", path="people.txt")]),
        ScriptedTurn(tool_calls=[
            _call("edit_file", "2", path="people.txt", old="plain: here", new="cc: [EMAIL_1]"),
            _call("write_file", "3", path="people.txt", content="contact: [EMAIL_1]\n"),
            _call("run_cmd", "4", command="echo '[EMAIL_1]' > people.txt"),
        ]),
        ScriptedTurn(tool_calls=[
            _call("edit_file", "5", path="people.txt", old="plain: here", new="plain: there"),
        ]),
        "I could not",
    ])  # fmt: skip
    async with builder(model, pii=pii).build() as agent:
        result = await agent.run("change it")
    assert [call.status for call in result.tool_calls] == ["ok", "denied", "denied", "denied", "ok"]
    assert "[EMAIL_1], which stands for personal data" in str(model.requests[2].messages)
    assert (workspace / "people.txt").read_text() == FILE.replace("here", "there")


async def test_a_text_about_pseudonyms_is_written_where_none_was_given(builder, workspace):
    write = _call("write_file", "1", path="doc.md", content="It becomes [EMAIL_1].\n")
    async with builder(ScriptedModel([ScriptedTurn(tool_calls=[write]), "ok"])).build() as agent:
        await agent.run("document it")
    assert (workspace / "doc.md").read_text() == "It becomes [EMAIL_1].\n"


@pytest.mark.parametrize("pii", ["response", "model"])
async def test_a_user_may_be_called_by_an_address(builder, pii):
    async with builder(ScriptedModel(["ok", "ok"]), pii=pii).build() as agent:
        result = await agent.run("go", session=f"chat of {EMAIL}", user=EMAIL)
    assert result.status == "completed"


async def test_an_agent_without_masks_for_secrets_still_hides_personal_data(builder):
    agent = builder(ScriptedModel([f"it is {EMAIL}"])).plugin("guardrails", secrets=False).build()
    async with agent:
        assert (await agent.run("go")).text == "it is [EMAIL_1]"


async def test_a_sub_agent_tells_the_agent_that_asked_it_the_value(builder):
    answers = []

    class Asking:
        """Asks a sub-agent before the run."""

        @hookimpl
        async def check_tool_call(self, context, call):
            if context.parent_run_id is None and call.name == "list_files":
                answers.append((await context.child("who?")).text)

    model = ScriptedModel([
        ScriptedTurn(text=f"for {OTHER}", tool_calls=[_call("list_files", "1")]),
        f"it is {EMAIL}",
        f"so {EMAIL} and {OTHER}",
    ])  # fmt: skip
    watcher = Watcher()
    async with builder(model, Asking(), watcher).build() as agent:
        result = await agent.run("go", session="s")
    assert answers == [f"it is {EMAIL}"]
    assert result.text == "so [EMAIL_2] and [EMAIL_1]"
    assert not _holds(json.dumps(watcher.seen, default=str, ensure_ascii=False))


def test_the_setting_is_one_of_four():
    assert GuardrailsSettings().pii == "response"
    with pytest.raises(ValueError, match="'off', 'sinks', 'response' or 'model'"):
        GuardrailsSettings(pii="all")


# -- pseudonyms ------------------------------------------------------------------------------------


class Session:
    """What pseudonyms ask of a run."""

    def __init__(self, *, read=True):
        self.session_read = read
        self.session_state = {}


def test_one_value_has_one_name_however_it_is_written():
    names = Pseudonyms(Session())
    assert names.name("phone", "+49 30 06381565") == names.name("phone", "+49-30/06381565")
    assert names.name("email", "Ravi@Web.de") == names.name("email", "ravi%40web.de")
    assert names.name("ipv6", "2a02:0:0:1::1") == names.name("ipv6", "2A02::1:0:0:0:1")
    assert names.name("iban", "DE44 5001") == "[IBAN_1]"
    assert names.name("phone", "1234567") == "[PHONE_2]"
    assert repr(names) == "Pseudonyms(5 values)"


def test_the_names_of_a_session_go_on_from_what_was_kept():
    session = Session()
    assert [Pseudonyms(session).name("email", f"{one}@web.de") for one in "abca"] == [
        "[EMAIL_1]", "[EMAIL_2]", "[EMAIL_3]", "[EMAIL_1]",
    ]  # fmt: skip
    assert Pseudonyms(session).issued("email", 3)
    assert not Pseudonyms(session).issued("email", 4)
    assert not Pseudonyms(session).issued("phone", 1)


def test_two_sessions_keep_nothing_alike_of_one_value():
    first, second = Session(), Session()
    for session in (first, second):
        Pseudonyms(session).name("email", EMAIL)
    assert first.session_state["pii"]["email"] != second.session_state["pii"]["email"]


def test_before_the_session_is_read_a_value_has_no_number_of_its_own():
    session = Session(read=False)
    names = Pseudonyms(session)
    assert names.name("email", EMAIL) == "[EMAIL_0]"
    assert session.session_state == {}
    session.session_read = True
    assert names.name("email", EMAIL) == "[EMAIL_1]"


def test_what_is_kept_is_bounded():
    session = Session()
    names = Pseudonyms(session)
    for number in range(MOST + 5):
        names.name("phone", str(10**9 + number))
    assert names.name("phone", str(10**9 + MOST)) == "[PHONE_0]"
    assert names.name("phone", str(10**9 + 7)) == "[PHONE_8]"
    assert names.issued("phone", 0)
    assert len(json.dumps(session.session_state)) < 12_000
