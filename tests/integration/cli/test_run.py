"""`coding-agent run` as scripts see it: exit codes, streams, NDJSON."""

import json
import os
import shlex
import signal
import subprocess
import sys

import pytest

from coding_agent_sdk.events import SCHEMA_VERSION, RunFinished
from coding_agent_sdk.testing import Cassette, FakeToolCall, Fault, Turn

WRITE = FakeToolCall(
    name="write_file", arguments={"path": "b.py", "content": "x = 1\n"}, id="call_w"
)


def write_then_say(text="Written."):
    return [Turn(text="I will write.", tool_calls=[WRITE]), text]


# -- streams ---------------------------------------------------------------------------------


def test_a_pipe_gets_the_answer_alone_and_progress_goes_to_standard_error(program):
    ended = program("run", "Analyze the code")
    assert ended.code == 0
    assert "F401" in ended.out
    assert "list_files" not in ended.out.splitlines()[0]
    assert "> analyze_code" in ended.err
    assert "completed - 2 steps" in ended.err
    assert "coding-agent run --session s-" in ended.err
    assert "\x1b" not in ended.out + ended.err


def test_quiet_shows_the_answer_only(here):
    ended = here("run", "-q", "Analyze the code")
    assert (ended.code, ended.err) == (0, "")
    assert "F401" in ended.out


def test_text_before_the_answer_stays_out_of_a_pipe(program, scripted):
    call = FakeToolCall(name="read_file", arguments={"path": "a.py"})
    scripted([Turn(text="First I read.", tool_calls=[call]), "Done."])
    assert program("run", "go").out == "Done.\n"


def test_json_writes_every_event_as_a_line_and_ends_with_run_finished(program):
    ended = program("run", "Analyze the code", "--json", "--session", "s1")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.lines[0]["type"] == "run_started"
    assert ended.last["type"] == "run_finished"
    assert ended.last["status"] == "completed"
    assert "F401" in ended.last["text"]
    assert {line["schema_version"] for line in ended.lines} == {1}
    assert [line["seq"] for line in ended.lines] == list(range(len(ended.lines)))
    assert {line["session"] for line in ended.lines} == {"s1"}


def test_json_without_stream_has_no_deltas(here):
    kinds = {line["type"] for line in here("run", "hello", "--json", "--no-stream").lines}
    assert "text_delta" not in kinds
    assert "run_finished" in kinds


def test_what_a_model_says_cannot_steer_the_terminal(program, scripted):
    scripted([Turn(text="a\x1b[2J\x1b]0;title\x07b [bold]c[/] \u202ed", chunk_size=3)])
    ended = program("run", "go", "--color", "always")
    assert ended.out == "a\\x1b[2J\\x1b]0;title\\x07b [bold]c[/] \\u202ed\n"


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}])
def test_an_encoding_without_the_characters_does_not_stop_it(program, scripted, locale):
    scripted(["naïve — 漢字"])
    ended = program("run", "go", **locale)
    assert ended.code == 0
    assert "na" in ended.out


def test_commands_and_searches_have_all_characters_in_a_locale_that_has_not(program, workspace):
    (workspace / "a.txt").write_text("x über\n", encoding="utf-8")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = program("run", "find über", **ascii_only)
    assert "a.txt:1" in found.out, found.err
    ran = program("run", "run `echo über > b.txt`", "--mode", "yolo", **ascii_only)
    assert ran.code == 0
    assert (workspace / "b.txt").read_text(encoding="utf-8") == "über\n", ran.err


def test_settings_that_the_workspace_may_not_make_are_told(program, workspace):
    (workspace / "coding_agent.toml").write_text(
        'mode = "yolo"\n[plugins.budget]\ntokens = 1\n[plugins.budgt]\nusd = 1\n'
    )
    ended = program("run", "Analyze the code")
    assert "warning: coding_agent.toml: mode = yolo (looser than ask) was ignored" in ended.err
    assert "coding_agent.toml: [plugins.budgt] was ignored" in ended.err
    assert "0 of its 1 tokens" in ended.err + ended.out


def test_bytes_in_the_arguments_that_are_no_text_do_not_stop_it(program, scripted):
    fake = scripted(["ok"])
    ended = program("run", b"caf\xe9", "--session", b"s\xff")
    assert (ended.code, ended.out) == (0, "ok\n"), ended.err
    assert "caf\ufffd" in str(fake.log[0].body)


def test_a_reader_that_goes_away_ends_the_run_quietly(program):
    run = program.start("run", "Analyze the code", "--json")
    run.stdout.readline()
    run.stdout.close()
    err = run.stderr.read().decode()
    run.stderr.close()
    assert run.wait(60) == 141
    assert err == ""


def test_closed_streams_do_not_stop_it(program):
    command = f"{shlex.quote(sys.executable)} -m coding_agent_sdk run hello <&- >&- 2>&-"
    ended = subprocess.run(["sh", "-c", command], cwd=program.folder, env=program.env, timeout=60)
    assert ended.returncode == 0


def test_a_full_disk_is_one_error(program):
    with open("/dev/full", "wb") as full:
        run = program.start("run", "hello", "--json", stdout=full)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert err.decode().startswith("error: ")
    assert "Traceback" not in err.decode()


# -- the request -----------------------------------------------------------------------------


def test_the_request_comes_from_standard_input(program, scripted):
    fake = scripted(["ok"])
    assert program("run", "-", piped="do this").code == 0
    assert program("run", piped="do that").code == 0
    assert [request.body["messages"][-1]["content"] for request in fake.log] == [
        "do this",
        "do that",
    ]


def test_piped_text_is_appended_to_the_request_as_a_block(program, scripted):
    fake = scripted(["ok"])
    assert program("run", "-p", "Review", piped="+ x = 1\n").code == 0
    assert fake.log[0].body["messages"][-1]["content"] == "Review\n\n<stdin>\n+ x = 1\n</stdin>"


def test_a_pipe_that_never_speaks_is_given_up(program, scripted):
    scripted(["ok"])
    run = program.start("run", "go", stdin=subprocess.PIPE)
    run.stdin.flush()
    try:
        assert run.wait(60) == 0
        assert b"nothing came on standard input for 3 s" in run.stderr.read()
    finally:
        for stream in (run.stdin, run.stdout, run.stderr):
            stream.close()


# -- exit codes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", ""], "the request is empty"),
        (["run"], "the request is empty"),
        (["run", "x", "-p", "y"], "given twice"),
        (["run", "x", "--modle", "y"], "--model"),
        (["run", "x", "--mode", "wild"], "read-only"),
        (["run", "x", "--timeout", "-1"], "timeout"),
        (["run", "x", "--max-steps", "0"], "--max-steps"),
        (["run", "x", "--config", "none.toml"], "none.toml"),
        (["run", "x", "--workspace", "nowhere"], "nowhere"),
        (["run", "x", "--workspace", "a.py"], "a.py"),
        (["run", "x", "--model", "gpt-4.1"], "provider:name"),
        (["run", "x", "--model", "opnai:gpt"], "did you mean 'openai'"),
        (["run", "x", "--without", "memry"], "did you mean 'memory'"),
        (["run", "x", "-s", "a", "-c"], "--continue"),
        (["run", "x", "-s", " "], "session"),
        (["run", "x", "--continue"], "no session to continue"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_message_with_code_2(here, words, said):
    ended = here(*words)
    assert ended.code == 2, ended.err
    assert ended.err.startswith("error: ")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["run", "", "--json"],
        ["run", "x", "--json", "--modle", "y"],
        ["run", "x", "--json", "--workspace", "nowhere"],
        ["run", "x", "--json", "--model", "opnai:gpt"],
        ["resume", "no-such-session", "--json"],
    ],
)
def test_json_ends_with_run_finished_even_where_no_run_began(here, words):
    ended = here(*words)
    assert ended.code != 0
    (line,) = ended.lines
    assert (line["type"], line["status"], line["text"]) == ("run_finished", "failed", "")
    assert line["schema_version"] == 1
    assert line["reason"] in ended.err
    assert line["error_type"]


def test_a_failed_run_says_why_once_and_ends_with_1(program, scripted):
    scripted([], default_fault=Fault(kind="status", status=401, message="bad key"))
    ended = program("run", "go", "--json")
    assert ended.code == 1
    assert ended.last["status"] == "failed"
    assert [line["type"] for line in ended.lines].count("run_finished") == 1
    assert ended.err.count("error: ") == 1
    assert "Traceback" not in ended.err


def test_a_missing_key_is_one_error(here):
    ended = here("run", "go", "--model", "openai:gpt-4.1")
    assert ended.code == 1
    assert "OPENAI_API_KEY" in ended.err
    assert "Traceback" not in ended.err


def test_debug_shows_the_traceback(here):
    ended = here("run", "go", "--model", "opnai:x", "--debug")
    assert "Traceback (most recent call last)" in ended.err
    assert ended.code == 2


def test_the_limit_of_steps_ends_with_5(program, scripted):
    call = FakeToolCall(name="list_files", arguments={"path": "."})
    scripted([Turn(tool_calls=[call])])
    ended = program("run", "go", "--max-steps", "2")
    assert ended.code == 5
    assert "budget exceeded: " in ended.err


def test_a_run_that_takes_too_long_ends_with_124(program, scripted):
    scripted(["late"], faults=[Fault(kind="hang")])
    ended = program("run", "go", "--timeout", "1")
    assert ended.code == 124
    assert "timed out: " in ended.err


def test_a_request_that_a_check_refuses_ends_with_3(program):
    ended = program("run", "--json", piped="a\0b")
    assert ended.code == 3
    assert ended.last["status"] == "blocked"
    assert "blocked: the request has 1 control character" in ended.err
    assert program("sessions", "list", "--json").lines == []


# -- approval --------------------------------------------------------------------------------


def test_where_nobody_can_be_asked_the_call_waits_and_resume_runs_it(program, scripted, workspace):
    scripted(write_then_say())
    waits = program("run", "Write b.py", "--session", "s1", "--user", "ada")
    assert waits.code == 4
    assert not (workspace / "b.py").exists()
    assert "id call_w" in waits.err
    assert "coding-agent resume s1 --approve call_w --user ada" in waits.err

    still = program("resume", "s1", "--user", "ada", "--json")
    assert still.code == 4
    assert [line["type"] for line in still.lines] == ["approval_requested", "run_finished"]
    assert still.last["status"] == "awaiting_approval"
    assert "coding-agent resume s1 --approve call_w --user ada" in still.err

    done = program("resume", "s1", "--approve", "call_w", "--user", "ada")
    assert (done.code, done.out) == (0, "Written.\n")
    assert (workspace / "b.py").read_text() == "x = 1\n"
    again = program("resume", "s1", "--user", "ada")
    assert again.code == 1
    assert "no unfinished run" in again.err


def test_all_rejects_every_waiting_call_with_a_reason(program, scripted, workspace):
    fake = scripted(write_then_say("As you wish."))
    program("run", "Write b.py", "-s", "s1")
    done = program("resume", "s1", "--reject", "all", "--reason", "not today")
    assert (done.code, done.out) == (0, "As you wish.\n")
    assert not (workspace / "b.py").exists()
    assert "not today" in str(fake.log[-1].body)


def test_all_approves_every_waiting_call(program, scripted, workspace):
    scripted(write_then_say())
    program("run", "Write b.py", "-s", "s1")
    assert program("resume", "s1", "--approve", "all", "--json").last["changed_files"] == ["b.py"]
    assert (workspace / "b.py").exists()


def test_an_id_that_does_not_wait_is_refused_with_those_that_do(program, scripted, workspace):
    scripted(write_then_say())
    program("run", "Write b.py", "-s", "s1")
    ended = program("resume", "s1", "--approve", "call_x")
    assert ended.code == 2
    assert "'call_x'" in ended.err
    assert "call_w" in ended.err
    assert not (workspace / "b.py").exists()


def test_a_session_is_not_resumed_in_another_folder_by_accident(program, scripted, tmp_path):
    scripted(write_then_say())
    program("run", "Write b.py", "-s", "s1")
    other = tmp_path / "other"
    other.mkdir()
    program.folder = other
    refused = program("resume", "s1", "--approve", "all")
    assert refused.code == 2
    assert f"works in {tmp_path / 'repo'}" in refused.err
    assert (
        program("resume", "s1", "--approve", "all", "--workspace", str(tmp_path / "repo")).code == 0
    )
    assert (tmp_path / "repo" / "b.py").exists()
    assert not (other / "b.py").exists()


def test_a_conversation_is_recorded_for_tests_to_play(program, scripted):
    scripted(["It is fine."])
    ended = program("run", "Is it fine?", "--record", "c.json")
    assert (ended.code, ended.out.strip()) == (0, "It is fine.")
    cassette = Cassette.load(program.folder / "c.json")
    assert [turn.text for turn in cassette.turns] == ["It is fine."]
    assert cassette.conversation[0] == {"user": "Is it fine?"}


def test_a_cassette_that_cannot_be_written_is_a_mistake_of_usage(here):
    ended = here("run", "go", "--record", "no/such/folder/c.json")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_a_session_goes_on_in_another_process(program, scripted):
    fake = scripted(["one", "two", "three"])
    program("run", "first", "-s", "s1")
    assert program("run", "second", "-s", "s1").code == 0
    assert program("run", "third", "--continue").code == 0
    texts = [message["content"] for message in fake.log[-1].body["messages"][1:]]
    assert texts == ["first", "one", "second", "two", "third"]


def test_continue_keeps_to_the_user_and_the_workspace(program, scripted, tmp_path):
    fake = scripted(["one", "two"])
    program("run", "first", "--user", "ada")
    assert program("run", "second", "-c").code == 2
    other = tmp_path / "other"
    other.mkdir()
    assert program("run", "second", "-c", "--user", "ada", "-w", str(other)).code == 2
    assert program("run", "second", "-c", "--user", "ada").code == 0
    assert len(fake.log) == 2


# -- signals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_run_and_records_it(program, scripted, number, code):
    fake = scripted(["late"], faults=[Fault(kind="hang")])
    run = program.start("run", "go", "-s", "s1", "--json")
    fake.wait_until(bool, timeout=60)
    run.send_signal(number)
    out, err = run.communicate(timeout=60)
    assert run.returncode == code
    assert b'"status": "cancelled"' in out.splitlines()[-1]
    assert err.decode().count("\n") == 1
    assert "interrupted" in err.decode()
    listed = program("sessions", "list", "--json").last
    assert (listed["session"], listed["state"]) == ("s1", "cancelled")


HELD_IMPORT = """
import os, sys, time

class Held:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["HELD_IMPORT"]:
            os.write(2, b"held\\n")
            while not os.path.exists(os.environ["GO_ON"]):
                time.sleep(0.01)

sys.meta_path.insert(0, Held())
"""
"""Stops an import in its midst, so that the signal meets it whatever the machine does."""


@pytest.mark.parametrize(
    "module",
    [
        "typer",
        "coding_agent_sdk.cli.running",
        "pydantic",
        "langchain_core.messages",
        "langgraph.graph.state",
    ],
)
def test_a_signal_during_the_imports_leaves_no_traceback(program, scripted, tmp_path, module):
    scripted(["late"], default_fault=Fault(kind="hang"))
    (tmp_path / "sitecustomize.py").write_text(HELD_IMPORT)
    paths = [str(tmp_path), *filter(None, [program.env.get("PYTHONPATH")])]
    go_on = tmp_path / "go"
    run = program.start(
        "run", "go", "--json",
        PYTHONPATH=os.pathsep.join(paths), HELD_IMPORT=module, GO_ON=str(go_on),
    )  # fmt: skip
    assert run.stderr.readline() == b"held\n"
    run.send_signal(signal.SIGINT)
    go_on.touch()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err == b"interrupted\n"
    (last,) = map(json.loads, out.splitlines())
    assert (last["type"], last["status"]) == ("run_finished", "cancelled")
    assert last.keys() <= RunFinished(status="cancelled", text="").to_dict().keys()
    assert last["schema_version"] == SCHEMA_VERSION


def test_a_second_signal_ends_it_at_once(program, scripted):
    fake = scripted(["late"], default_fault=Fault(kind="hang"))
    stuck = program.folder / "stuck.py"
    stuck.write_text(
        "import sys, threading\n"
        "from coding_agent_sdk.core.stream import RunStream\n"
        "async def never(self):\n"
        "    print('stopping', flush=True, file=sys.stderr)\n"
        "    import asyncio; await asyncio.Event().wait()\n"
        "RunStream.cancel = never\n"
        "from coding_agent_sdk.cli.app import main\n"
        "sys.exit(main())\n"
    )
    run = subprocess.Popen(
        [sys.executable, str(stuck), "run", "go"], cwd=program.folder, env=program.env,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    fake.wait_until(bool, timeout=60)
    run.send_signal(signal.SIGINT)
    while b"stopping" not in run.stderr.readline():
        pass
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err == b"interrupted\n"


def test_signals_that_the_parent_switched_off_stay_off(program, scripted):
    fake = scripted(["late"], faults=[Fault(kind="delay", seconds=1.0)])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run = program.start("run", "go")
    finally:
        signal.signal(signal.SIGINT, before)
    fake.wait_until(bool, timeout=60)
    os.kill(run.pid, signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    assert (run.returncode, out) == (0, b"late\n")


@pytest.mark.parametrize("name", ["all", "call_1"])
def test_a_call_is_not_both_approved_and_rejected(here, name):
    ended = here("resume", "s1", "--approve", name, "--reject", name)
    assert ended.code == 2
    assert f"--approve and --reject both name {name!r}" in ended.err
