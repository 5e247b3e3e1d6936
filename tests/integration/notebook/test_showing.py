"""Runs in real kernels: what stands below a cell, and what an interrupt leaves."""

from __future__ import annotations

import pytest


def test_a_result_as_the_value_of_a_cell_is_shown_as_html(kernel):
    cell = kernel.run("agent = agent_of('It is **fine**.')\nawait agent.run('Look at it')")
    assert cell.error is None
    (shown,) = cell.outputs
    assert list(shown) == ["text/html", "text/markdown", "text/plain"]
    assert "<strong>fine</strong>" in shown["text/html"]
    assert "completed · 1 step" in shown["text/plain"]


def test_a_run_is_shown_while_it_lasts_in_one_output(kernel):
    cell = kernel.run(
        "agent = agent_of(call('read_file', path='app.py'), slow('It **adds** two numbers.'))\n"
        "result = await notebook.show(agent, 'Explain it')"
    )
    assert cell.error is None
    assert len(cell.outputs) == 1
    plain = [shown["text/plain"] for shown in cell.shown]
    assert any("writing" in text and "numbers." not in text for text in plain)
    assert plain[-1].startswith("completed · 2 steps · ")
    assert 'read_file path="app.py"' in plain[-1]
    assert "<strong>adds</strong> two numbers." in cell.html


def test_what_was_shown_is_only_named_as_the_value_of_its_cell_and_whole_in_the_next(kernel):
    cell = kernel.run("result = await notebook.show(agent_of('Once.'), 'Say it'); result")
    live, value = cell.outputs
    assert "Once." in live["text/html"]
    assert list(value) == ["text/plain"]
    assert value["text/plain"].startswith("completed · 1 step")
    assert "Once." not in value["text/plain"]
    (later,) = kernel.run("result").outputs
    assert "Once." in later["text/html"]


def test_without_await_it_is_the_same(kernel):
    cell = kernel.run("result = notebook.show_sync(agent_of(slow('Yes, **so**.')), 'Can it?')")
    assert cell.error is None
    assert len(cell.outputs) == 1
    assert len(cell.shown) > 1
    assert "<strong>so</strong>" in cell.html


def test_a_run_that_waits_shows_how_to_go_on_and_its_answer_is_shown_too(kernel):
    cell = kernel.run(
        "agent = agent_of(call('write_file', path='new.txt', content='new\\n'), 'Written.')\n"
        "result = await notebook.show(agent, 'Write it')"
    )
    assert "Waiting for your approval (1)" in cell.text
    assert "await agent.resume(" in cell.html
    assert ">+new</span>" in cell.html
    cell = kernel.run(
        "answers = {asked.call.id: Approve() for asked in result.pending}\n"
        "result = await notebook.watch(agent.resume_stream(result.session, answers))"
    )
    assert cell.error is None
    assert "Written." in cell.html
    assert "Changed files (1)\n  new.txt" in cell.text


def test_a_run_that_fails_says_so_in_a_few_lines_and_keeps_what_there_is(kernel):
    cell = kernel.run(
        "agent = agent_of(call('read_file', path='app.py'), ScriptedTurn(error=RuntimeError('<b>no</b>')))\n"
        "await notebook.show(agent, 'Try it')"
    )
    assert len(cell.error["traceback"]) <= 5
    assert "await notebook.show(agent, 'Try it')" in "".join(cell.error["traceback"])
    assert "&lt;b&gt;no&lt;/b&gt;" in cell.html
    assert "read_file" in cell.html
    cell = kernel.run("import sys; sys.last_value.result")
    assert "read_file" in cell.html


def test_a_mistake_of_the_caller_is_one_clear_line(kernel):
    cell = kernel.run("await agent_of('x').run('   ')")
    assert "the request is empty; say what the agent should do" in cell.error["traceback"][-1]
    assert len(cell.error["traceback"]) <= 3


# -- interrupts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "await notebook.show(agent, 'Count', session='counting')",
        "notebook.show_sync(agent, 'Count', session='counting')",
    ],
    ids=["await", "sync"],
)
def test_an_interrupt_stops_the_run_keeps_what_there_is_and_the_session_goes_on(kernel, line):
    kernel.run("agent = agent_of(endless('One, two'), 'Three.')")
    cell = kernel.run(line, interrupt=lambda cell: "One, two" in cell.text)
    assert cell.error["ename"] in {"CancelledError", "KeyboardInterrupt"}
    assert cell.error["traceback"][0].startswith("The run was stopped")
    cell = kernel.run(line.replace("Count", "Go on"))
    assert cell.error is None
    assert "Three." in cell.html


def test_an_interrupted_run_is_shown_as_cancelled_with_its_text(kernel):
    kernel.run("agent = agent_of(endless('One, two'))")
    cell = kernel.run(
        "await notebook.show(agent, 'Count')", interrupt=lambda cell: "One, two" in cell.text
    )
    assert cell.outputs[0]["text/plain"].startswith("cancelled · step 1")
    assert "One, two" in cell.html


def test_an_interrupt_during_a_plain_run_leaves_the_session_usable_too(kernel):
    kernel.run(
        "def begun(messages):\n"
        "    print('begun', flush=True)\n"
        "    return endless('One')\n"
        "agent = agent_of(begun, 'Two.')"
    )
    cell = kernel.run(
        "await agent.run('Count', session='plain')", interrupt=lambda cell: "begun" in cell.text
    )
    assert cell.error["ename"] == "CancelledError"
    assert "Two." in kernel.run("await agent.run('Go on', session='plain')").html


def test_a_run_that_somebody_else_ends_is_shown_as_cancelled(kernel):
    cell = kernel.run(
        "agent = agent_of(endless('One'))\n"
        "stream = agent.stream('Count')\n"
        "watching = asyncio.ensure_future(notebook.watch(stream))\n"
        "while stream._task is None: await asyncio.sleep(0.01)\n"
        "await stream.cancel()\n"
        "await asyncio.wait({watching})\n"
        "watching.cancelled()"
    )
    assert cell.error is None
    assert cell.text.endswith("True")
    assert cell.outputs[0]["text/plain"].startswith("cancelled")
