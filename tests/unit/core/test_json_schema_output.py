"""`output=` with a JSON schema: the answer is plain JSON that fits it, asked for again if not."""

import json
import random
import string

import pytest

from coding_agent_sdk import Agent, RequestError
from coding_agent_sdk.errors import OutputError
from coding_agent_sdk.testing import ScriptedModel

SCHEMA = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "description": "One sentence."},
        "findings": {"type": "array", "items": {"$ref": "#/$defs/finding"}},
        "on": {"type": "string", "format": "date"},
    },
    "required": ["verdict"],
    "additionalProperties": False,
    "$defs": {
        "finding": {
            "type": "object",
            "properties": {"line": {"type": "integer", "minimum": 1}},
            "required": ["line"],
        }
    },
}
GOOD = '{"verdict": "One fault.", "findings": [{"line": 4}], "on": "2026-11-28"}'


async def test_the_answer_comes_as_plain_json(build):
    model = ScriptedModel([f"Here you are:\n```json\n{GOOD}\n```"])
    async with build((), model=model) as agent:
        result = await agent.run("Review it", output=SCHEMA)
    assert result.output == json.loads(GOOD)
    assert json.dumps(SCHEMA) in model.requests[0].messages[-1].text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "the value: 'verdict' is a required property"),
        ('{"verdict": 7}', "verdict: 7 is not of type 'string'"),
        ('{"verdict": "x", "more": 1}', "'more' was unexpected"),
        (
            '{"verdict": "x", "findings": [{"line": 0}]}',
            "findings.0.line: 0 is less than the minimum of 1",
        ),
        ('{"verdict": "x", "on": "soon"}', "on: 'soon' is not a 'date'"),
    ],
    ids=["required", "type", "unknown", "reference", "format"],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again_with_what_is_wrong(build, text, told):
    model = ScriptedModel([text, GOOD])
    async with build((), model=model) as agent:
        result = await agent.run("Review it", output=SCHEMA)
    assert (result.output["verdict"], result.steps) == ("One fault.", 2)
    assert told in model.requests[1].messages[-1].text


async def test_an_answer_that_never_fits_is_an_output_error(build):
    async with build(["{}"] * 3) as agent:
        with pytest.raises(OutputError, match="required property") as caught:
            await agent.run("Review it", output=SCHEMA)
    assert caught.value.asked == 3


async def test_a_long_value_does_not_hide_what_is_wrong_with_it(build):
    model = ScriptedModel([json.dumps({"verdict": ["x" * 300]}), GOOD])
    async with build((), model=model) as agent:
        await agent.run("Review it", output=SCHEMA)
    told = model.requests[1].messages[-1].text
    assert "verdict: it does not fit type: 'string'" in told


async def test_an_answer_that_is_nested_too_deeply_does_not_fit(build):
    deep = '{"a": ' * 300 + "1" + "}" * 300
    schema = {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": {"$ref": "#/$defs/x"}}}}}
    async with build([deep], output_retries=0) as agent:
        with pytest.raises(OutputError, match="nested too deeply"):
            await agent.run("go", output=schema)


NESTED = {}
for _ in range(150):
    NESTED = {"properties": {"a": NESTED}}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "objekt"}, "type: 'objekt' is not valid under any"),
        ({"properties": []}, r"properties: \[\] is not of type 'object'"),
        ({"pattern": "("}, r"pattern: '\(' is not a 'regex'"),
        ({"$ref": "#/$defs/none"}, r"refers to '#/\$defs/none'"),
        ({"items": {"$ref": "https://example.org/other.json"}}, "refers to 'https://example.org"),
        ({"$schema": "https://example.org/dialect"}, "no dialect known here"),
        ({"$schema": 7}, "no dialect known here"),
        ({"const": {1, 2}}, "not JSON serializable"),
        ({"const": float("nan")}, "not JSON compliant"),
        (NESTED, "nested too deeply"),
    ],
    ids=[
        "type",
        "shape",
        "pattern",
        "reference",
        "fetched",
        "dialect",
        "number",
        "set",
        "nan",
        "nested",
    ],
)
async def test_what_is_no_schema_is_refused_before_anything_is_asked(build, schema, told):
    model = ScriptedModel([GOOD])
    async with build((), model=model) as agent:
        with pytest.raises(RequestError, match="no JSON schema") as caught:
            await agent.run("go", output=schema)
        assert caught.match(told)
        with pytest.raises(RequestError, match="no JSON schema"):
            agent.stream("go", output=schema)
    assert model.requests == []


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07"])
async def test_older_dialects_are_known_by_their_name(build, draft):
    schema = {
        "$schema": f"http://json-schema.org/{draft}/schema#",
        "definitions": {"n": {"type": "integer"}},
        "items": [{"$ref": "#/definitions/n"}],
    }
    async with build(['["x"]', "[1]"]) as agent:
        result = await agent.run("go", output=schema)
    assert (result.output, result.steps) == ([1], 2)


async def test_a_mapping_that_is_changed_later_is_a_schema_of_its_own(build):
    schema = {"type": "integer"}
    async with build(["1", '"x"']) as agent:
        assert (await agent.run("go", output=schema)).output == 1
        schema["type"] = "string"
        assert (await agent.run("go", output=schema)).output == "x"


async def test_a_secret_in_a_schema_goes_nowhere(workspace, tmp_path):
    key = "ghp_" + "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=36))
    schema = {
        "type": "object",
        "description": f"use token {key}",
        "properties": {"v": {"default": key}},
    }
    model = ScriptedModel(["{}"])
    database = tmp_path / "sessions.db"
    builder = Agent.builder().config(None, project=False).model(model).workspace(workspace)
    async with builder.memory(f"sqlite:///{database}").build() as agent:
        result = await agent.run("go", session="s", output=schema)
        assert result.output == {}
        assert "answer_format" in str(model.requests[0].messages)
        assert key not in str(model.requests) + str(await agent.history("s"))
    assert key.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("sessions.db*"))
