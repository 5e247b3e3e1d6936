"""`coding-agent trace` shows what a run did, from the files that were kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from coding_agent_sdk import Approve, tool
from coding_agent_sdk.cli.app import main
from coding_agent_sdk.middleware.tracing.showing import duration

from .conftest import call, turn


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="external")
async def send(name: str) -> str:
    """Send something."""
    return f"sent {name}"


def folder():
    return Path(os.environ["CODING_AGENT_HOME"]) / "traces"


@pytest.fixture
def shown(capsys, monkeypatch):
    """Return a function that runs the command and gives its code, output and errors."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["coding-agent", "trace", *words])
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(main())
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run


@pytest.fixture
def run_once(make_agent):
    async def run(*steps, request="go", **options):
        builder = make_agent(*steps, tools=[look, send], exporters=["file"], **options)
        async with builder.build() as agent:
            return await agent.run(request, session="s1")

    return run


async def test_the_newest_run_is_shown_as_a_tree(run_once, shown):
    await run_once("old")
    steps = turn(call("look", "c1", name="a"), call("look", "c2", name="b")), "done"
    result = await run_once(*steps)
    newest = folder() / f"{result.run_id}.jsonl"
    os.utime(newest, (newest.stat().st_mtime + 10,) * 2)
    code, out, err = shown()
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("invoke_agent coding-agent")
    usage = result.usage
    assert f"{usage.input_tokens} → {usage.output_tokens} tokens" in lines[0]
    assert f"completed · run {result.run_id}" in lines[0]
    assert [line.split()[1] for line in lines[1:]] == [
        "chat",
        "execute_tool",
        "execute_tool",
        "chat",
    ]
    assert '{"name":"a"}' in out
    assert "tokens" not in lines[2]


@pytest.mark.parametrize("length", [8, 32])
async def test_a_run_is_found_by_its_id_or_its_beginning(run_once, shown, length):
    wanted = await run_once("first answer")
    await run_once("second answer")
    code, out, _ = shown(wanted.run_id[:length])
    assert code == 0
    assert wanted.run_id in out


async def test_a_sub_run_is_found_by_its_id(make_agent, shown):
    children = []

    @tool(effect="read")
    async def delegate(context, name: str) -> str:
        """Have a sub-agent look."""
        child = await context.child("look", tools=())
        children.append(child.run_id)
        return child.text

    def script(messages):
        asked = "look" in str(messages[1].content) or len(messages) > 2
        return "done" if asked else turn(call("delegate", "c1", name="a"))

    async with make_agent(*[script] * 3, tools=[delegate], exporters=["file"]).build() as agent:
        result = await agent.run("go")
    code, out, _ = shown(children[0])
    assert code == 0
    assert result.run_id in out
    assert children[0] in out


async def test_a_resumed_run_is_shown_with_the_run_that_it_goes_on_with(
    make_agent, shown, tmp_path
):
    memory = f"sqlite:///{tmp_path / 'log.db'}"
    steps = turn(call("send", "c1", name="a")), "done"
    builder = make_agent(*steps, tools=[send], exporters=["file"], memory=memory).mode("ask")
    async with builder.build() as agent:
        waiting = await agent.run("go", session="s1")
        done = await agent.resume("s1", {"c1": Approve()})
    for run_id in (waiting.run_id, done.run_id):
        _, out, _ = shown(run_id)
        roots = [line for line in out.splitlines() if line.startswith("invoke_agent")]
        assert waiting.run_id in roots[0]
        assert done.run_id in roots[1]
    assert "pending" in out
    assert "awaiting_approval" in out


async def test_errors_checks_and_events_are_shown(run_once, shown, make_agent):
    from coding_agent_sdk import Deny, hookimpl
    from coding_agent_sdk import events as e

    class Strict:
        name = "strict"

        @hookimpl
        def check_tool_call(self, context, call):
            context.emit(e.CircuitOpened(name="openai"))
            return Deny("no", rule="never")

    await run_once(turn(call("look", "c1", name="a")), "done", plugins=[Strict()])
    _, out, _ = shown()
    assert "check_tool_call strict" in out
    assert "deny · never" in out
    assert "• circuit_opened  name openai" in out
    assert "denied" in out

    @tool(effect="read")
    async def fail(name: str) -> str:
        """Raise."""
        raise ValueError(f"no {name} here")

    steps = turn(call("fail", "c1", name="b" * 200)), "done"
    async with make_agent(*steps, tools=[fail], exporters=["file"]).build() as agent:
        result = await agent.run("go")
    _, out, _ = shown(result.run_id)
    assert "Error: ValueError: no bbb" in out
    assert "b" * 100 not in out


async def test_json_gives_one_span_a_line(run_once, shown):
    result = await run_once("done")
    code, out, _ = shown("--json")
    spans = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [span["name"] for span in spans] == ["chat scripted", "invoke_agent coding-agent"]
    assert {span["run_id"] for span in spans} == {result.run_id}


async def test_the_list_has_a_line_for_each_run(run_once, shown):
    first = await run_once("one", request="the first question")
    second = await run_once("two", request="the second question")
    code, out, _ = shown("--list")
    assert code == 0
    lines = sorted(out.splitlines())
    assert len(lines) == 2
    for result, words in ((first, "the first question"), (second, "the second question")):
        (line,) = [line for line in lines if line.startswith(result.run_id)]
        assert "completed" in line
        assert "s1" in line
        assert line.endswith(words)
    _, out, _ = shown("--list", "-n", "1", "--json")
    (line,) = out.splitlines()
    assert json.loads(line)["kind"] == "agent"


async def test_a_run_that_was_cut_off_is_shown_as_far_as_it_came(run_once, shown):
    result = await run_once(turn(call("look", "c1", name="a")), "done")
    path = folder() / f"{result.run_id}.jsonl"
    kept = path.read_text().splitlines()
    path.write_text("\n".join([*kept[:2], kept[2][:40]]))
    code, out, _ = shown()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["chat", "execute_tool"]
    _, out, _ = shown("--list")
    assert "not ended" in out


async def test_a_trace_that_is_pruned_meanwhile_is_passed_over(run_once, shown, monkeypatch):
    from coding_agent_sdk.middleware.tracing import reading

    await run_once("done")
    listed = reading.newest_first

    def one_more(folder, odd):
        return [*listed(folder, odd), (folder / "gone.jsonl", 10)]

    monkeypatch.setattr(reading, "newest_first", one_more)
    assert shown()[::2] == (0, "")
    assert len(shown("--list")[1].splitlines()) == 1


async def test_costs_add_up_and_an_answer_of_a_cache_says_so(make_agent, shown, workspace):
    from coding_agent_sdk import hookimpl

    class Pricing:
        name = "pricing"

        @hookimpl
        async def wrap_model_call(self, call_next, request):
            from dataclasses import replace
            from decimal import Decimal

            response = await call_next(request)
            priced = replace(response.usage, cost=Decimal("0.0125"))
            return replace(response, usage=priced, cached=len(request.messages) > 1)

    steps = turn(call("look", "c1", name="a")), "done"
    builder = make_agent(*steps, tools=[look], plugins=[Pricing()], exporters=["file"])
    async with builder.build() as agent:
        await agent.run("go")
    lines = shown()[1].splitlines()
    assert "$0.0125" in lines[0]
    assert "$0.0125" in lines[1]
    assert "cached" in lines[-1]
    assert "$" not in lines[-1]


async def test_what_is_no_span_is_passed_over(run_once, shown):
    result = await run_once("done")
    with (folder() / f"{result.run_id}.jsonl").open("a") as file:
        file.write('{"other": 1}\n[1]\nno json\n')
    (folder() / "empty.jsonl").write_text("")
    code, out, err = shown(result.run_id)
    assert code == 0
    assert len(out.splitlines()) == 2
    assert err == f"left out: {result.run_id}.jsonl (lines that are no span: 3)\n"


def line(**changes):
    """Return a line as the exporter writes it, with changes."""
    span = {
        "schema_version": 2, "root_run_id": "r1", "trace_id": "t1", "span_id": "s1",
        "parent_id": None, "run_id": "r1", "name": "invoke", "kind": "agent", "start_ns": 1,
        "end_ns": 2, "status": "ok", "attributes": {"coding_agent.status": "completed"},
    }  # fmt: skip
    return json.dumps(span | changes, separators=(",", ":")) + "\n"


def keep(name, text):
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / name).write_text(text)


ALWAYS = [(), ("--list",), ("--json",)]

NO_SPANS = {
    "without attributes": '{"schema_version":2,"root_run_id":"r2","trace_id":"t2"}\n',
    "deep JSON": line(trace_id="t2", root_run_id="r2")[:-2] + f',"x":{"[" * 9999}{"]" * 9999}}}\n',
    "no parent": line(root_run_id="r2", trace_id="t2").replace('"parent_id":null,', ""),
    "no time": line(root_run_id="r2", trace_id="t2", start_ns="soon"),
    "a time that never comes": line(root_run_id="r2", trace_id="t2", end_ns=10**40),
    "no kind": line(root_run_id="r2", trace_id="t2", kind=None),
    "a message that is no text": line(root_run_id="r2", trace_id="t2", status_message=5),
    "attributes in attributes": line(root_run_id="r2", trace_id="t2", attributes={"a": {"b": 1}}),
    "events that are none": line(root_run_id="r2", trace_id="t2", events=[7]),
    "a number without end": line(root_run_id="r2", trace_id="t2")[:-2] + f',"x":{"9" * 9999}}}\n',
    "cut off": line(root_run_id="r2", trace_id="t2")[:90],
}


@pytest.mark.parametrize("words", ALWAYS)
@pytest.mark.parametrize("text", NO_SPANS.values(), ids=NO_SPANS)
def test_a_line_that_is_no_span_hides_no_other_and_is_told(shown, words, text):
    keep("r1.jsonl", line())
    keep("r2.jsonl", text)
    code, out, err = shown(*words)
    assert code == 0
    assert ("invoke" in out) or ("r1" in out)
    assert "t2" not in out
    assert err == "left out: r2.jsonl (lines that are no span: 1)\n"


@pytest.mark.parametrize("words", ALWAYS)
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_hides_no_trace_and_is_told(shown, words, make):
    keep("r1.jsonl", line())
    make(folder() / "d.jsonl")
    (folder() / "e.jsonl").symlink_to(folder() / "d.jsonl")
    code, out, err = shown(*words)
    assert (code, bool(out)) == (0, True)
    assert err == "left out: d.jsonl (is no file), e.jsonl (is no file)\n"


def test_what_is_no_file_is_not_pruned():
    from coding_agent_sdk.middleware.tracing.file import FileExporter, file_url

    keep("old.jsonl", line())
    (folder() / "d.jsonl").mkdir()
    os.utime(folder() / "d.jsonl", (1, 1))
    made = FileExporter(url=file_url(folder(), keep=1, keep_mb=1.0))
    made.open({})
    assert sorted(path.name for path in folder().iterdir()) == ["d.jsonl", "old.jsonl"]


def test_a_name_of_a_file_is_harmless_when_it_is_told(shown):
    keep("r1.jsonl", line())
    keep("\x1b[2J.jsonl", "nothing\n")
    assert shown()[2] == "left out: \\x1b[2J.jsonl (lines that are no span: 1)\n"


def test_many_files_are_told_in_one_line(shown):
    keep("r1.jsonl", line())
    for number in range(9):
        keep(f"d{number}.jsonl", "nothing\n")
    (said,) = shown()[2].splitlines()
    assert said.endswith(" and 4 more")


def test_where_nothing_can_be_read_it_is_told_why(shown):
    keep("r1.jsonl", "nothing\n")
    code, _, err = shown()
    assert code != 0
    assert "no trace is kept in" in err
    assert "left out: r1.jsonl" in err


def test_spans_very_deep_in_one_another_are_all_shown(shown):
    many = [line(span_id=f"s{n}", parent_id=f"s{n - 1}" if n else None) for n in range(3000)]
    keep("r1.jsonl", "".join(many))
    code, out, err = shown()
    assert (code, err) == (0, "")
    assert out.count("invoke") == 3000
    assert max(map(len, out.splitlines())) <= 200


@pytest.mark.parametrize("parents", ["ba", "aa", "bca", "xcb"])
def test_spans_in_a_circle_are_all_shown_once(shown, parents):
    spans = [line(span_id=a, parent_id=b) for a, b in zip("abc", parents, strict=False)]
    keep("r1.jsonl", "".join(spans))
    code, out, _ = shown()
    assert code == 0
    assert out.count("invoke") == len(spans)


def test_spans_with_the_same_id_are_shown_once_each(shown):
    twice = [line(span_id=f"s{n}", parent_id=f"s{n - 1}" if n else None) * 2 for n in range(40)]
    keep("r1.jsonl", "".join(twice))
    assert shown()[1].count("invoke") == 80


@pytest.mark.parametrize("tokens", [float("inf"), float("nan"), 10**400, "many", None, True, [1]])
def test_tokens_that_are_no_number_are_none(shown, tokens):
    attributes = {"gen_ai.usage.input_tokens": tokens, "coding_agent.cost_usd": tokens}
    counted = {"gen_ai.usage.input_tokens": 7}
    inner = line(span_id="s2", parent_id="s1", attributes=counted)
    keep("r1.jsonl", line(attributes=attributes) + inner)
    code, out, err = shown()
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "invoke  0 ms  7 → 0 tokens"
    assert shown("--list")[0] == 0


async def test_a_terminal_has_nothing_to_obey_in_what_is_shown(run_once, shown):
    nasty = "a\x1b[2Jb\u202ec\nd"
    await run_once(turn(call("look", "c1", name=nasty)), "done", request=nasty)
    for words in ((), ("--list",)):
        _, out, _ = shown(*words)
        assert "\x1b" not in out
        assert "\u202e" not in out


async def test_an_unknown_run_says_what_there_is(run_once, shown):
    result = await run_once("done")
    code, out, err = shown("nothing")
    assert code != 0
    assert out == ""
    assert "no trace is kept under 'nothing'" in err
    assert result.run_id in err
    assert "coding-agent trace --list" in err
    assert "older ones than plugins.tracing.keep and keep_mb say are removed" in err


async def test_an_ambiguous_beginning_says_so(run_once, shown):
    result = await run_once("done")
    span = json.loads((folder() / f"{result.run_id}.jsonl").read_text().splitlines()[-1])
    twin = result.run_id[:8] + "0" * 24
    span |= {"trace_id": twin, "run_id": twin, "root_run_id": twin}
    line = json.dumps(span, separators=(",", ":"))
    (folder() / f"{twin}.jsonl").write_text(line)
    code, _, err = shown(result.run_id[:8])
    assert code != 0
    assert "no trace alone begins with" in err


def test_without_any_trace_it_says_how_to_get_one(shown):
    code, _, err = shown()
    assert code != 0
    assert "no trace is kept in" in err
    assert "'file' among the exporters" in err
    code, out, err = shown("--list")
    assert (code, out) == (0, "")
    assert "no trace is kept in" in err


def test_colours_are_for_terminals(run_once, shown):
    assert "--list" in shown("--help")[1]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0034, "3 ms"), (1.254, "1.25 s"), (125.2, "2 min 5 s")]
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said
