"""Questions in real kernels: what is shown, what is typed, and what an interrupt leaves."""

from __future__ import annotations

import json

import pytest

WRITE = (
    "agent = agent_of(call('write_file', path='{0}', content='new\\n'), 'Done.', "
    "approver=notebook.NotebookApprover())\n"
)
SHOW = "result = await notebook.show(agent, 'Write it', session='{0}')"


def write(kernel, name, answers, *, show=SHOW, **options):
    return kernel.run((WRITE + show).format(name), answers=answers, **options)


def test_yes_runs_the_call_after_its_diff_was_shown(kernel):
    cell = write(kernel, "yes.txt", ["y"])
    assert cell.error is None
    assert (kernel.folder / "yes.txt").read_text() == "new\n"
    assert len(cell.questions) == 1
    asked = [shown["text/html"] for shown in cell.shown if "May this run?" in shown["text/html"]]
    assert ">+new</span>" in asked[0]
    assert "approved" in cell.text


@pytest.mark.parametrize(
    "show",
    [
        SHOW,
        SHOW.replace("await notebook.show", "notebook.show_sync"),
        "result = agent.run_sync('Write it', session='{0}')",
    ],
)
def test_no_with_a_reason_is_told_to_the_model(kernel, show):
    cell = write(kernel, "no.txt", ["n not that one"], show=show)
    assert cell.error is None
    assert not (kernel.folder / "no.txt").exists()
    assert "rejected\n\nnot that one" in cell.text
    said = kernel.run("[(done.status, done.text) for done in result.tool_calls]").text
    assert "denied" in said
    assert "not that one" in said


def test_what_is_no_answer_is_explained_and_asked_again(kernel):
    cell = write(kernel, "again.txt", ["what?", "yes please", "", "n"])
    assert len(cell.questions) == 4
    assert any("answer y, n" in shown["text/plain"] for shown in cell.shown)
    covered = "always: every call of write_file that is asked for this reason, with any arguments"
    assert any(covered in shown["text/plain"].replace("\\", "") for shown in cell.shown)
    assert not (kernel.folder / "again.txt").exists()


def test_edit_runs_the_call_with_other_arguments(kernel):
    other = json.dumps({"path": "other.txt", "content": "edited\n"})
    cell = write(kernel, "edit.txt", ["e", "no json", "e", "[]", "e", "", "e", other, "y"])
    assert cell.error is None
    assert not (kernel.folder / "edit.txt").exists()
    assert (kernel.folder / "other.txt").read_text() == "edited\n"
    shown = "\n".join(shown["text/plain"] for shown in cell.shown)
    for words in ("this is no JSON", "are a JSON object, not a list", "nothing was changed"):
        assert words in shown
    assert "approved with other arguments" in cell.text


def test_always_holds_for_the_same_question_until_it_is_forgotten(kernel):
    write_twice = (
        "asking = notebook.NotebookApprover()\n"
        "turns = [call('write_file', path='a1.txt', content=c) for c in 'xyz']\n"
        "agent = agent_of(*turns[:2], 'Done.', turns[2], 'Done.', approver=asking)\n"
    )
    cell = kernel.run(write_twice + SHOW.format("always"), answers=["always"])
    assert len(cell.questions) == 1
    assert (kernel.folder / "a1.txt").read_text() == "y"
    cell = kernel.run("asking.forget()\n" + SHOW.format("always"), answers=["n"])
    assert len(cell.questions) == 1
    assert (kernel.folder / "a1.txt").read_text() == "y"


def test_the_end_of_the_input_rejects(kernel):
    cell = write(kernel, "eof.txt", ["\x04"])
    assert "nobody answered: the input ended" in cell.text
    assert not (kernel.folder / "eof.txt").exists()


def test_a_kernel_that_takes_no_input_rejects_and_says_what_to_do(kernel):
    cell = write(kernel, "silent.txt", None)
    assert cell.error is None
    assert "takes no input while it runs" in cell.text
    assert "agent.resume" in cell.text
    assert not (kernel.folder / "silent.txt").exists()


@pytest.mark.parametrize("show", [SHOW, SHOW.replace("await notebook.show", "notebook.show_sync")])
def test_an_interrupted_question_stops_the_run_and_takes_no_later_answer(kernel, show):
    asked = lambda cell: cell.questions  # noqa: E731
    cell = write(kernel, "stopped.txt", [], show=show, interrupt=asked)
    assert cell.error["traceback"][0].startswith("The run was stopped")
    assert "the question was broken off" in cell.text
    assert not (kernel.folder / "stopped.txt").exists()
    assert kernel.run("input('still there? ')", answers=["yes"]).text == "'yes'"


def test_the_kernel_goes_on_while_a_question_waits(kernel):
    ticking = (
        "ticks = []\n"
        "async def tick():\n"
        "    while True:\n"
        "        await asyncio.sleep(0.01); ticks.append(1)\n"
        "clock = asyncio.ensure_future(tick())\n"
    )
    cell = kernel.run(
        ticking + (WRITE + SHOW).format("tick.txt") + "\nclock.cancel(); len(ticks)",
        answers=["y"],
    )
    assert int(cell.text.splitlines()[-1]) > 0


def test_two_runs_ask_one_after_the_other(kernel):
    both = (
        "asking = notebook.NotebookApprover()\n"
        "agents = [agent_of(call('write_file', path=f'two{n}.txt', content='x'), 'Done.', "
        "approver=asking) for n in range(2)]\n"
        "results = await asyncio.gather(*(a.run('Write it') for a in agents))\n"
        "sorted(r.changed_files for r in results)"
    )
    cell = kernel.run(both, answers=["y", "y"])
    assert cell.error is None
    assert len(cell.questions) == 2
    assert cell.text.endswith("[('two0.txt',), ('two1.txt',)]")


def test_all_of_a_long_command_is_shown_before_it_is_answered(kernel):
    ask = (
        "command = 'echo BEGIN\\n' + '# note\\n' * 600 + '# MIDDLE\\n' + '# note\\n' * 700 + 'echo END'\n"
        "agent = agent_of(call('run_cmd', command=command), 'Done.', "
        "approver=notebook.NotebookApprover())\n"
    )
    cell = kernel.run(ask + SHOW.format("long"), answers=["d", "n"])
    asked = [shown["text/html"] for shown in cell.shown if "May this run?" in shown["text/html"]]
    brief, whole = asked[0], asked[-1]
    assert "END" in brief
    assert "more characters are not shown" in brief
    assert "# MIDDLE" not in brief
    assert "# MIDDLE" in whole
