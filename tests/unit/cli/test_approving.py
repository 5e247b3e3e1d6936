"""The answers of a person, in one process."""

import asyncio
import io
import os
import re

import pytest
from rich.cells import cell_len

from coding_agent_sdk.cli import questions
from coding_agent_sdk.cli.approving import TerminalApprover
from coding_agent_sdk.cli.interrupts import Interrupts
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.cli.typed_lines import TypedLines
from coding_agent_sdk.types.decisions import ApprovalRequest, Approve, Edit, Reject
from coding_agent_sdk.types.replies import ANY_ARGUMENTS, same_question
from coding_agent_sdk.types.tools import ToolCall

ANY = (ANY_ARGUMENTS,)


@pytest.fixture
def typed():
    read, write = os.pipe()
    ends = [read, write]
    yield ends
    for fd in ends:
        if fd is not None:
            os.close(fd)


@pytest.fixture
def person(typed, monkeypatch):
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    terminal = Terminal(color=Color.NEVER, err=io.StringIO(), out=io.StringIO())
    approver = TerminalApprover(
        terminal, pause=lambda: None, interrupts=Interrupts(), lines=TypedLines(typed[0])
    )
    return terminal, approver, lambda text: os.write(typed[1], text.encode())


def request(
    name="write_file", reason="it writes", outcome_unknown=False, preview="", covers=(), **arguments
):
    call = ToolCall(id="1", name=name, arguments=arguments or {"path": "a"})
    return ApprovalRequest(
        call=call, reason=reason, preview=preview, outcome_unknown=outcome_unknown, covers=covers
    )


def joined(shown):
    """Return what is shown with the lines whole that were too long for a row."""
    return shown.replace("\n    | ", "")


async def test_answers_are_read_in_their_order(person):
    _, ask, type_ = person
    type_("y\nn\nn too risky\nYES\n")
    answers = [await ask(request(path=str(n))) for n in range(4)]
    assert answers == [Approve(), Reject(), Reject("too risky"), Approve()]


async def test_always_holds_for_the_same_reason_only(person):
    _, ask, type_ = person
    type_("always\nn\n")
    assert await ask(request(covers=ANY)) == Approve(always=True)
    assert await ask(request(covers=ANY, path="b")) == Approve()
    assert await ask(request(covers=ANY, reason="it writes a hook")) == Reject()


async def test_always_without_parts_holds_for_the_same_arguments_only(person):
    _, ask, type_ = person
    type_("always\nn\n")
    assert await ask(request("deploy", to="staging")) == Approve(always=True)
    assert await ask(request("deploy", to="staging")) == Approve()
    assert await ask(request("deploy", to="prod")) == Reject()


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        (
            request(covers=ANY),
            "always: every call of write_file that is asked for this reason, with any arguments, in this session",
        ),
        (
            request("deploy", to="staging"),
            "always: deploy with these very arguments, where it is asked for this reason, in this session",
        ),
        (
            request(name="run_cmd", command="rm x"),
            "always: this very command, character for character, where it is asked for this reason, in this session",
        ),
        (request(name="evil\x1b[2J"), "always: evil\\x1b[2J with these very arguments"),
    ],
)
async def test_a_question_says_what_always_covers(person, asked, covered):
    terminal, ask, type_ = person
    type_("n\n")
    await ask(asked)
    assert covered in " ".join(terminal.err.getvalue().split())


def test_always_covers_in_words_what_it_covers():
    command = request(name="run_cmd", command="ls")
    assert same_question(command) == same_question(request(name="run_cmd", command="ls", timeout=9))
    assert same_question(command) != same_question(request(name="run_cmd", command="ls "))
    anything = [request(path=path, covers=ANY) for path in "ab"]
    assert same_question(anything[0]) == same_question(anything[1])
    assert same_question(request(path="a")) != same_question(request(path="b"))


async def test_one_line_more_is_one_line(person):
    terminal, ask, type_ = person
    type_("n\n")
    await ask(request(preview="\n".join(f"+{n}" for n in range(120))))
    assert "... 1 more line; d shows all" in terminal.err.getvalue()


async def test_always_never_holds_for_an_unknown_outcome(person):
    _, ask, type_ = person
    type_("always\nn\n")
    await ask(request())
    assert await ask(request(outcome_unknown=True)) == Reject()


async def test_the_end_of_the_input_rejects(person, typed):
    _, ask, _ = person
    os.close(typed[1])
    typed[1] = None
    answer = await ask(request())
    assert isinstance(answer, Reject)
    assert "input ended" in answer.reason


async def test_a_last_line_without_its_end_counts(person, typed):
    _, ask, type_ = person
    type_("y")
    os.close(typed[1])
    typed[1] = None
    assert await ask(request()) == Approve()


async def test_waiting_for_an_answer_can_be_cancelled(person):
    _, ask, type_ = person
    waiting = asyncio.ensure_future(ask(request()))
    await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    type_("y\n")
    assert await ask(request()) == Approve()


async def test_a_long_diff_is_cut_and_shown_whole_for_d(person):
    terminal, ask, type_ = person
    type_("d\ny\n")
    preview = "\n".join(f"+line {n}" for n in range(300))
    await ask(request(path="a", content="a\nb\nc", preview=preview))
    shown = terminal.err.getvalue()
    before, after = shown.split("more lines; d shows all")
    assert "(3 lines)" in before
    assert "+line 299" not in before
    assert "+line 299" in after
    assert "      b\n" in after


async def test_a_command_is_shown_whole(person):
    terminal, ask, type_ = person
    type_("n\n")
    await ask(request("run_cmd", command="a" * 900 + " && rm -r b", timeout=5))
    assert "a" * 900 + " && rm -r b" in joined(terminal.err.getvalue())
    assert "timeout: 5" in terminal.err.getvalue()


@pytest.mark.parametrize("line", ["", "[1]\n\n", '{"path": "a"}'])
async def test_an_edit_that_gives_nothing_asks_again(person, line):
    _, ask, type_ = person
    type_(f"e\n{line}\n" + ("\n" if line.startswith("[") else "") + "n\n")
    assert await ask(request()) == Reject()


async def test_an_edit_gives_other_arguments(person):
    _, ask, type_ = person
    type_('e\n{"path": "b"}\n')
    assert await ask(request()) == Edit({"path": "b"})


async def test_the_end_of_the_input_within_an_edit_rejects(person, typed):
    _, ask, type_ = person
    type_("e\n{broken\n")
    os.close(typed[1])
    typed[1] = None
    assert isinstance(await ask(request()), Reject)


async def test_a_terminal_that_is_gone_is_the_end_of_the_input():
    master, slave = os.openpty()
    try:
        waiting = asyncio.ensure_future(TypedLines(slave).next())
        await asyncio.sleep(0.02)
        os.close(master)
        assert await waiting is None
    finally:
        os.close(slave)


async def test_explain_says_why_what_and_what_each_answer_means(person):
    terminal, ask, type_ = person
    ask.effects = {"run_cmd": "external", "write_file": "write"}
    type_("x\n?\nexplain\nn\n")
    assert await ask(request("run_cmd", reason="it\x1b deletes", command="rm a")) == Reject()
    shown = terminal.err.getvalue()
    assert shown.count("asked because: it\\x1b deletes") == 3
    assert "run_cmd can change anything that you can change" in shown
    assert "this very command" in shown
    assert "nobody knows" not in shown
    type_("x\nn\n")
    await ask(request(outcome_unknown=True))
    shown = terminal.err.getvalue()
    assert "write_file changes files of the workspace" in shown
    assert "nobody knows whether it took effect" in " ".join(shown.split())


async def test_always_is_forgotten_when_it_is_said_so(person):
    _, ask, type_ = person
    type_("always\nn\n")
    assert await ask(request()) == Approve(always=True)
    ask.forget()
    assert await ask(request()) == Reject()


async def test_what_was_typed_ahead_is_dropped_on_a_terminal_and_kept_in_a_pipe(typed):
    pipe = TypedLines(typed[0])
    os.write(typed[1], b"one\n")
    pipe.drop_typed_ahead()
    assert await pipe.next() == "one"
    master, slave = os.openpty()
    try:
        lines = TypedLines(slave)
        os.write(master, b"first\nahead\n")
        assert await lines.next() == "first"
        lines.drop_typed_ahead()
        os.write(master, b"after\n")
        assert await lines.next() == "after"
    finally:
        os.close(master)
        os.close(slave)


async def test_lines_come_from_a_file_too_which_nobody_can_wait_for(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("one\ntwo")
    with path.open() as file, open(os.devnull) as nothing:
        lines = TypedLines(file.fileno())
        assert [await lines.next() for _ in range(3)] == ["one", "two", None]
        assert await TypedLines(nothing.fileno()).next() is None


# -- what would deceive ----------------------------------------------------------------------------


async def shown_of(person, asked, answers="n\n"):
    terminal, ask, type_ = person
    type_(answers)
    await ask(asked)
    return terminal.err.getvalue()


@pytest.mark.parametrize(
    "evil",
    [
        "\x1b[2J\x1b[H",
        "\x9b2J",
        "\x1b]0;title\x07",
        "\x08" * 20,
        "\r",
        "\u202e",
        "\u200b",
        "a\u0301" + "\u0335" * 90,
    ],
    ids=["CSI", "C1", "OSC", "backspaces", "return", "turning", "no-width", "marks"],
)
@pytest.mark.parametrize("place", ["name", "reason", "argument", "value", "preview"])
async def test_no_part_of_a_question_reaches_the_terminal_raw(person, evil, place):
    text = f"x{evil}y"
    asked = request(
        name=text if place == "name" else "run_cmd",
        reason=text if place == "reason" else "why",
        preview=f"+{text}" if place == "preview" else "",
        **{text if place == "argument" else "command": text if place == "value" else "ls"},
    )
    shown = await shown_of(person, asked, "explain\nd\nn\n")
    assert not set(shown) & set("\x00\x07\x08\r\x1b\x9b\u200b\u202e")
    assert shown.count("\u0335") <= 60


async def test_a_reason_or_a_name_cannot_make_a_question_of_its_own(person):
    asked = request(name="a\n? read_file  harmless", reason="b\u2028? read_file  harmless")
    shown = await shown_of(person, asked)
    assert [line for line in shown.splitlines() if line.startswith("?")] == [
        "? a\\n? read_file  harmless  b\\u2028? read_file  harmless"
    ]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
async def test_a_line_of_a_diff_cannot_hold_another(person, separator):
    shown = await shown_of(person, request(preview=f"-old{separator}+not a line\n+new\r\n"))
    assert "\n    +not a line" not in shown
    assert "    +new\n" in shown


async def test_the_end_of_a_long_line_is_seen_and_all_of_it_on_demand(person):
    command = "echo " + "x" * 5000 + "; rm y"
    shown = await shown_of(person, request(name="run_cmd", command=command))
    assert "    command: echo x" in shown
    assert "x; rm y\n" in shown
    assert re.search(r"\.\.\. 5\d rows left out; d shows all", shown)
    asked = request(name="run_cmd", command=command)
    assert command in joined(await shown_of(person, asked, "d\nn\n"))


async def test_blanks_do_not_push_the_end_of_a_command_out_of_sight(person):
    command = "ls" + " " * 1500 + "; rm y"
    shown = await shown_of(person, request(name="run_cmd", command=command))
    assert "ls (1500 blanks) ; rm y\n" in shown
    assert "d shows all" in shown


SPACES = "\xa0\u1680\u2000\u2003\u200a\u202f\u205f\u2800\u3000\u3164\uffa0\u115f\u1160"
COPIED = ["? run_cmd  it only reads", "    command: ls", "    always: ls, in this session"]


def screen_of(shown, rows=24, width=80):
    """Return what a terminal shows that wraps a long line to its first column."""
    lines = []
    for line in shown.replace("  > ", "  > \n").split("\n"):  # a person's Enter
        row, used = "", 0
        for character in line:
            if used + (size := cell_len(character)) > width:
                lines.append(row)
                row, used = "", 0
            row, used = row + character, used + size
        lines.append(row)
    return lines[-rows:]


@pytest.mark.parametrize(
    "padding",
    [
        *(blank * 1700 for blank in SPACES),
        (" " * 39 + ".") * 40,
        "x" * 1700,
        "\n" * 60,
        "\t." * 900,
    ],
    ids=[*(f"U+{ord(blank):04X}" for blank in SPACES), "dots", "letters", "newlines", "tabs"],
)
@pytest.mark.parametrize("place", ["value", "reason", "argument"])
async def test_the_whole_question_is_on_the_screen_whatever_fills_it(person, padding, place):
    text = f"touch EVIL; : '{padding}' END"
    shown = await shown_of(
        person,
        request(
            "run_cmd",
            reason=text if place == "reason" else "it runs a command",
            **{text if place == "argument" else "command": text if place == "value" else "ls"},
        ),
    )
    screen = screen_of(shown)
    assert screen[0].startswith("? run_cmd") or screen[0] == "" or len(screen) < 24
    assert "EVIL" in "".join(screen)
    assert "END" in "".join(screen)
    assert sum(row.startswith("? ") for row in screen) == 1


@pytest.mark.parametrize("blank", ["\u3000", "\u2800", "\xa0"])
async def test_blanks_of_every_script_are_told_by_their_number(person, blank):
    shown = await shown_of(person, request("run_cmd", command=f"rm y #{blank * 1500}ls"))
    assert "rm y # (1500 blanks) ls\n" in shown
    assert "d shows all" in shown


@pytest.mark.parametrize("place", ["reason", "argument", "value", "preview"])
@pytest.mark.parametrize("answers", ["n\n", "d\nexplain\ne\n\nn\n"])
async def test_no_text_of_a_model_begins_where_our_own_lines_begin(person, place, answers):
    rows = "".join(row.replace(" ", "\u2800").ljust(80, "\u2800") for row in COPIED)
    # Whatever comes before it, in some of these the copy begins in the first column.
    for shift in range(60, 81):
        text = "x" * shift + rows * 8
        asked = request(
            "run_cmd",
            reason=text if place == "reason" else "it runs a command",
            preview=f"+{text}" if place == "preview" else "",
            **{text if place == "argument" else "command": text if place == "value" else "ls"},
        )
        shown = await shown_of(person, asked, answers)
        begun = [row for row in screen_of(shown, rows=10_000) if row[:1] not in {"", " "}]
        ours = ("? run_cmd", "the arguments as JSON in one line: ")
        assert all(row.startswith(ours) for row in begun)


async def test_a_character_that_may_be_wide_cannot_make_a_row_too_long(person):
    # U+1FAE9 is newer than the tables that some terminals go by.
    shown = await shown_of(person, request("run_cmd", command="\U0001fae9\u2500" * 300))
    assert max(map(len, shown.split("\n"))) <= 80
    assert all(len(row) < 48 for row in shown.split("\n") if "\u2500" in row)


async def test_many_arguments_share_the_screen(person):
    arguments = {f"argument_{n}": f"begin{n} {'x' * 500} end{n}" for n in range(4)}
    screen = "\n".join(screen_of(await shown_of(person, request("deploy", **arguments))))
    assert all(f"begin{n} " in screen and f" end{n}" in screen for n in range(4))
    many = {f"argument_{n}": "x" for n in range(100)}
    screen = "\n".join(screen_of(await shown_of(person, request("deploy", **many))))
    assert "argument_0:" in screen
    assert "argument_99:" in screen
    assert "rows left out; d shows all" in screen


async def test_below_a_long_diff_it_is_said_again_what_is_asked(person):
    preview = "\n".join(f"+line {n}" for n in range(60))
    shown = await shown_of(person, request(preview=preview, path="EVIL", content="a\nb"))
    assert shown.count("? write_file  it writes\n    path: EVIL\n    content: (2 lines)\n") == 2
    short = await shown_of(person, request(preview="+line", path="EVIL"))
    assert short.count("? write_file") - shown.count("? write_file") == 1


async def test_a_line_of_a_diff_fills_few_rows(person):
    preview = "+" + "x" * 5000 + "\n+next"
    shown = await shown_of(person, request(preview=preview))
    assert "rows left out; d shows all" in shown
    assert "    +next\n" in shown
    assert len(shown.split("\n")) < 20


def test_of_a_text_with_very_many_lines_few_are_made_into_rows(monkeypatch):
    made = []
    wrap = questions.wrapped
    monkeypatch.setattr(
        questions, "wrapped", lambda *args, **options: made.append(1) or wrap(*args, **options)
    )
    text = "head\n" + "x\n" * 50_000 + "end"
    request = ApprovalRequest(
        call=ToolCall(id="1", name="run_cmd", arguments={"command": text}), reason="r"
    )
    shown = [row.plain for row in questions.question_rows(request, width=80, height=24)]
    assert len(made) < 100
    assert len(shown) < 24
    assert any(row.endswith("head") for row in shown)
    assert any(row.endswith("end") for row in shown)
    (told,) = [row for row in shown if "rows left out" in row]
    assert 49_900 < int(told.split()[1]) <= 50_002
