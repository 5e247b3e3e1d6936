"""Lines for programs."""

import io
import json

from coding_agent_sdk.cli.ndjson import EventLines, json_line, write_json
from coding_agent_sdk.events import RunFinished, StepStarted, TextDelta


def test_a_line_is_strict_json_in_ascii():
    line = json_line(
        {"a": "ï\n\x1b\udce9", "b": [float("nan"), float("inf"), 1.5], "c": {"d": (1,)}}
    )
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line, parse_constant=None) == {
        "a": "ï\n\x1b\ufffd", "b": [None, None, 1.5], "c": {"d": [1]},
    }  # fmt: skip


def test_lines_go_to_standard_output_at_once(capsys):
    write_json({"a": 1})
    assert capsys.readouterr().out == '{"a": 1}\n'


def lines(out):
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_last_line_is_written_once():
    out = io.StringIO()
    events = EventLines(out)
    events.show(StepStarted(index=1))
    events.close("failed", "because", error_type="ConfigError")
    events.close("cancelled", "again")
    assert [line["type"] for line in lines(out)] == ["step_started", "run_finished"]
    assert lines(out)[-1]["reason"] == "because"


def test_the_end_of_a_sub_run_is_not_the_end():
    out = io.StringIO()
    events = EventLines(out)
    events.show(RunFinished(status="completed", text="", parent_run_id="r"))
    events.close("failed", "x")
    assert len(lines(out)) == 2


def test_pieces_of_text_can_be_left_out():
    out = io.StringIO()
    EventLines(out, deltas=False).show(TextDelta(text="a"))
    assert out.getvalue() == ""
