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
    from coding_agent_sdk.middleware.tracing import kept

    await run_once("done")
    listed = kept.newest_first

    def one_more(folder):
        return [*listed(folder), (folder / "gone.jsonl", 10)]

    monkeypatch.setattr(kept, "newest_first", one_more)
    assert shown()[0] == 0
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
    code, out, _ = shown(result.run_id)
    assert code == 0
    assert len(out.splitlines()) == 2


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
