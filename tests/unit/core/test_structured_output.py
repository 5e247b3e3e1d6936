"""`output=`: an answer in the form of a type, from any model, or an error that says what is wrong."""

import dataclasses
import datetime as dt
import enum
import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from coding_agent_sdk import Agent, Approve, RequestError, hookimpl
from coding_agent_sdk.errors import OutputError
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, ScriptedModel, Turn

from .conftest import OTHERS, call, turn


class Grade(enum.Enum):
    """How bad it is."""

    LOW = "low"
    HIGH = "high"


class Finding(BaseModel):
    """One finding."""

    file: str
    line: int = Field(ge=1)
    grade: Grade = Grade.LOW


class Report(BaseModel):
    """What was found."""

    summary: str
    findings: list[Finding] = []
    on: dt.date | None = None


GOOD = json.dumps(
    {"summary": "fine", "findings": [{"file": "a.py", "line": 3, "grade": "high"}], "on": None}
)
REPORT = Report(summary="fine", findings=[Finding(file="a.py", line=3, grade=Grade.HIGH)])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n{GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Here you are:\n```\n{GOOD}\n```\nDone.",
        f"The report: {GOOD} That is all.",
    ],
    ids=["bare", "spaced", "fenced", "fenced with words", "words"],
)
async def test_the_answer_comes_as_the_type(build, text):
    async with build([text]) as agent:
        result = await agent.run("Look for faults", output=Report)
    assert result.output == REPORT
    assert result.text == text
    assert result.status == "completed"


async def test_without_a_type_there_is_no_output_and_the_model_is_told_nothing(build):
    model = ScriptedModel([GOOD])
    async with build((), model=model) as agent:
        assert (await agent.run("go")).output is None
    assert model.requests[0].messages[-1].content == "go"


async def test_tools_are_used_before_the_answer(build, noted):
    model = ScriptedModel([turn(call("look", "1", name="x")), GOOD])
    async with build((), model=model) as agent:
        result = await agent.run("Look for faults", output=Report)
    assert (result.output, noted.calls, result.steps) == (REPORT, ["look x"], 2)
    assert '"line"' in model.requests[0].messages[-1].text  # the schema is there from the start


@dataclasses.dataclass
class Point:
    """A place."""

    x: int
    y: int


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (list[str], '["a", "b"]', ["a", "b"]),
        (Point, '{"x": 1, "y": 2}', Point(x=1, y=2)),
        (int, "42", 42),
        (bool, "true", True),
        (str, '"words"', "words"),
        (Literal["yes", "no"], '"no"', "no"),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Annotated[int, Field(gt=3, json_schema_extra={"examples": [4]})], "5", 5),
    ],
    ids=["list", "dataclass", "int", "bool", "str", "literal", "dict", "annotated"],
)
async def test_anything_that_pydantic_validates_is_a_form(build, kind, text, value):
    async with build([text]) as agent:
        assert (await agent.run("go", output=kind)).output == value


async def test_a_stream_has_the_output_in_its_result(build):
    async with build([GOOD]) as agent:
        async with agent.stream("go", output=Report) as events:
            async for _ in events:
                pass
        assert events.result.output == REPORT


def test_it_works_without_a_loop(build):
    agent = build([GOOD])
    assert agent.run_sync("go", output=Report).output == REPORT
    agent.close()


# -- asked again -----------------------------------------------------------------------------


async def test_an_answer_that_does_not_fit_is_asked_for_again_with_what_is_wrong(build):
    wrong = json.dumps({"summary": "x", "findings": [{"file": "a.py", "line": 0}]})
    model = ScriptedModel(["I found nothing.", wrong, GOOD])
    async with build((), model=model) as agent:
        result = await agent.run("go", output=Report)
    assert (result.output, result.steps) == (REPORT, 3)
    first, second = model.requests[1].messages[-1].text, model.requests[2].messages[-1].text
    assert "not valid JSON: Expecting value" in first
    assert "findings.0.line: Input should be greater than or equal to 1" in second
    before = model.requests[1].messages
    assert model.requests[2].messages[: len(before)] == before  # nothing sent before is changed


@pytest.mark.parametrize("retries", [0, 1, 2])
async def test_it_is_asked_for_only_so_often(build, retries):
    model = ScriptedModel(lambda messages: '{"summary": 7}')
    settings = {} if retries == 2 else {"output_retries": retries}
    async with build((), model=model, **settings) as agent:
        with pytest.raises(OutputError, match="summary: Input should be a valid string") as caught:
            await agent.run("go", output=Report)
    assert len(model.requests) == retries + 1
    error = caught.value
    assert (error.asked, error.text) == (retries + 1, '{"summary": 7}')
    assert error.problem == "summary: Input should be a valid string"
    assert error.result.status == "failed"
    assert error.result.output is None


@pytest.mark.parametrize(
    "text",
    ["NaN", '{"summary": "half', "[1, 2", '{"summary": "\\ud800"}', "{}", "null", "[" * 9000],
    ids=["constant", "cut", "cut list", "surrogate", "nothing", "null", "deep"],
)
async def test_no_broken_answer_becomes_an_object(build, text):
    async with build([text], output_retries=0) as agent:
        with pytest.raises(OutputError):
            await agent.run("go", output=Report)


async def test_many_problems_are_told_in_few_words(build):
    wrong = json.dumps({"summary": "x", "findings": [{"line": 0}] * 50})
    async with build([wrong], output_retries=0) as agent:
        with pytest.raises(OutputError, match="and 90 more") as caught:
            await agent.run("go", output=Report)
    assert len(str(caught.value)) < 1500


async def test_what_a_validator_of_the_type_says_is_told(build):
    class Even(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def is_even(cls, value):
            if value % 2:
                raise ValueError("it has to be even")
            return value

    model = ScriptedModel(['{"number": 3}', '{"number": 4}'])
    async with build((), model=model) as agent:
        assert (await agent.run("go", output=Even)).output == Even(number=4)
    assert "it has to be even" in model.requests[1].messages[-1].text


async def test_the_limit_of_steps_ends_the_asking(build):
    async with build(["no"] * 5, max_steps=2, output_retries=9) as agent:
        result = await agent.run("go", output=Report)
    assert (result.status, result.output) == ("budget_exceeded", None)


async def test_the_next_request_of_the_session_is_answered_in_words(build):
    model = ScriptedModel(["no", GOOD, "It is fine."])
    async with build((), model=model) as agent:
        await agent.run("go", session="s", output=Report)
        result = await agent.run("And in words?", session="s")
    assert (result.text, result.output) == ("It is fine.", None)
    sent = model.requests[2].messages
    before = model.requests[1].messages
    assert [m.content for m in sent[: len(before)]] == [m.content for m in before]
    assert sent[-1].content == "And in words?"


@pytest.mark.parametrize(
    "kind", ["words", 7, object(), [Report]], ids=["text", "number", "object", "list"]
)
async def test_what_is_no_type_is_refused_before_anything_is_asked(build, kind):
    model = ScriptedModel([GOOD])
    async with build((), model=model) as agent:
        with pytest.raises(RequestError, match="output= takes a type"):
            await agent.run("go", output=kind)
        with pytest.raises(RequestError, match="output= takes a type"):
            agent.stream("go", output=kind)
    assert model.requests == []


# -- resume, redaction, checks -----------------------------------------------------------------


async def test_a_run_that_waited_for_approval_ends_with_its_output(build, noted):
    steps = [turn(call("change", "1", name="x")), "no", GOOD]
    async with build(steps) as agent:
        waiting = await agent.run("go", session="s", output=Report)
        assert (waiting.status, waiting.output) == ("awaiting_approval", None)
        done = await agent.resume("s", {"1": Approve()}, output=Report)
    assert (done.status, done.output, noted.calls) == ("completed", REPORT, ["change x"])


async def test_resumed_without_the_type_it_is_text(build):
    async with build([turn(call("change", "1", name="x")), GOOD]) as agent:
        await agent.run("go", session="s", output=Report)
        done = await agent.resume("s", {"1": Approve()})
    assert (done.text, done.output) == (GOOD, None)


class Masking:
    """Masks a word wherever it goes."""

    name = "masking"

    @hookimpl
    def open_redactor(self, sink):
        class Masked:
            def feed(self, text):
                return text.replace("hunter2", "***")

            def close(self):
                return ""

        return Masked()


async def test_the_object_is_made_of_redacted_text(build):
    said = json.dumps({"summary": "it is hunter2", "findings": [{"file": "hunter2", "line": 1}]})
    async with build([said], plugins=[Masking()]) as agent:
        result = await agent.run("go", output=Report)
    assert result.output.summary == "it is ***"
    assert result.output.findings[0].file == "***"
    assert "hunter2" not in repr(result)


async def test_an_output_error_holds_redacted_text(build):
    async with build(['{"summery": "hunter2"}'], plugins=[Masking()], output_retries=0) as agent:
        with pytest.raises(OutputError) as caught:
            await agent.run("go", output=Report)
    assert caught.value.text == '{"summery": "***"}'


async def test_an_answer_that_a_check_withholds_gives_no_object(build):
    class Strict:
        name = "strict"

        @hookimpl
        def check_model_output(self, response):
            from coding_agent_sdk import Deny

            return Deny("not this") if "fine" in response.text else None

    async with build([GOOD], plugins=[Strict()]) as agent:
        result = await agent.run("go", output=Report)
    assert (result.status, result.output) == ("blocked", None)


# -- every model ---------------------------------------------------------------------------------

PROVIDERS = {
    "openai": ("openai:fake", "openai_url"),
    "responses": ("openai:gpt-5-codex", "openai_url"),
    "anthropic": ("anthropic:claude-fake", "anthropic_url"),
    "google": ("google:gemini-fake", "google_url"),
}


def plain(workspace, model, **options):
    return (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(model, **options)
        .workspace(workspace)
        .without(*OTHERS)
    )


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_provider_gives_an_output_after_its_tools(provider, workspace):
    model, url = PROVIDERS[provider]
    read = FakeToolCall(name="read_file", arguments={"path": "a.txt"})
    with FakeProvider([Turn(tool_calls=[read]), "Well…", GOOD]) as fake:
        builder = plain(workspace, model, base_url=getattr(fake, url), api_key="k")
        async with builder.build() as agent:
            result = await agent.run("Look for faults", output=Report)
    assert (result.output, len(fake.log)) == (REPORT, 3)


class Opinion(BaseModel):
    """What the offline model can fill in: the first text, and what is empty."""

    grade: Grade
    score: int = Field(ge=1)
    text: str
    sources: list[str]
    nested: Finding
    note: str | None = None


async def test_the_offline_model_puts_its_words_into_the_first_text(workspace):
    (workspace / "m.py").write_text("def f():\n    return 1\n")
    async with plain(workspace, "offline:rules").build() as agent:
        result = await agent.run("Analyze the code", output=Opinion)
        plainly = await agent.run("Analyze the code")
    assert result.tool_calls
    assert result.output.text == plainly.text
    assert (result.output.score, result.output.sources, result.output.note) == (1, [], None)


async def test_what_the_offline_model_cannot_fill_in_is_an_output_error(workspace):
    class Tricky(BaseModel):
        on: dt.date

    async with plain(workspace, "offline:rules").build() as agent:
        with pytest.raises(OutputError, match="on: Input should be a valid date"):
            await agent.run("Analyze the code", output=Tricky)
