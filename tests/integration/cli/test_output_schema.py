"""`--output-schema`: standard output gets JSON that fits the schema, or nothing."""

import json

import pytest

from coding_agent_sdk.testing import FakeToolCall, Turn

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string"}, "line": {"type": "integer"}},
    "required": ["verdict"],
}
GOOD = '{"verdict": "na\u00efve", "line": 4}'


@pytest.fixture
def schema(program):
    path = program.folder.parent / "review.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


def test_the_json_alone_goes_to_standard_output(program, scripted, schema):
    read = FakeToolCall(name="read_file", arguments={"path": "a.py"})
    fake = scripted(
        [Turn(text="I read.", tool_calls=[read]), "{}", f"Here it is:\n```json\n{GOOD}\n```"]
    )
    ended = program("run", "Review it", "--output-schema", schema)
    assert (ended.code, ended.out) == (0, '{"verdict": "na\\u00efve", "line": 4}\n')
    assert "completed - 3 steps" in ended.err
    assert "is a required property" in str(fake.log[2].body)


def test_the_last_event_has_the_json_for_programs(here, scripted, program, schema):
    scripted([f"```json\n{GOOD}\n```"])
    ended = here("run", "Review it", "--json", "--output-schema", schema, **program.env)
    assert ended.code == 0
    assert [line["type"] for line in ended.lines].count("run_finished") == 1
    assert json.loads(ended.last["text"]) == json.loads(GOOD)


def test_an_answer_that_never_fits_ends_with_1_and_an_empty_standard_output(
    here, scripted, program, schema
):
    scripted(["It is fine."] * 3)
    ended = here("run", "Review it", "--output-schema", schema, **program.env)
    assert (ended.code, ended.out) == (1, "")
    assert "the answer does not fit `output` (asked for 3 times)" in ended.err


def test_for_programs_too_an_answer_that_never_fits_is_a_failed_run(
    here, scripted, program, schema
):
    scripted(["It is fine."] * 3)
    ended = here("run", "Review it", "--json", "--output-schema", schema, **program.env)
    assert ended.code == 1
    assert (ended.last["type"], ended.last["status"]) == ("run_finished", "failed")
    assert ended.last["error_type"] == "OutputError"


def test_a_run_that_waits_goes_on_with_the_same_schema(program, scripted, schema):
    write = FakeToolCall(name="write_file", arguments={"path": "b.py", "content": "x"}, id="w")
    scripted([Turn(tool_calls=[write]), GOOD])
    waits = program("run", "Write it", "--session", "s", "--output-schema", schema)
    assert (waits.code, waits.out) == (4, "")
    assert f"--output-schema {schema}" in waits.err
    done = program("resume", "s", "--approve", "all", "--output-schema", schema)
    assert (done.code, json.loads(done.out)) == (0, json.loads(GOOD)), done.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON: Expecting"),
        (b"\xff\xfe\x00", "is not JSON"),
        ("[]", "holds list where a JSON schema is an object"),
        ('{"type": "objekt"}', "type: 'objekt' is not valid"),
        ('{"$ref": "#/$defs/x"}', "refers to '#/$defs/x', which is not in it"),
    ],
    ids=["missing", "no JSON", "no text", "list", "no schema", "reference"],
)
def test_a_file_that_is_no_schema_is_a_mistake_of_usage(here, program, content, told):
    path = program.folder / "schema.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = here("run", "go", "--output-schema", str(path))
    assert (ended.code, ended.out) == (2, "")
    assert "--output-schema" in ended.err
    assert told in ended.err
