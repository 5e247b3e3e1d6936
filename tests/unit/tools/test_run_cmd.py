"""The tool that runs commands: what the model is told of how they went."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.events import ToolOutputDelta
from coding_agent_sdk.protocols import ExecResult, ShellState
from coding_agent_sdk.text.masks import MASK
from coding_agent_sdk.tools.command_text import told
from coding_agent_sdk.tools.run_cmd import RUN_CMD, run_cmd_tool
from coding_agent_sdk.tools.shells import Shells


async def test_output_comes_first_and_the_end_last(call):
    result = await call(RUN_CMD, command="echo hi; echo err >&2")
    assert (result.text, result.status) == ("hi\nerr\n[exit code 0]", "ok")
    assert result.data["exit_code"] == 0
    assert result.data["sandbox"] == "host"


async def test_a_failing_command_is_an_error_with_its_code(call):
    result = await call(RUN_CMD, command="printf oops; exit 3")
    assert (result.text, result.status) == ("oops\n[exit code 3]", "error")


async def test_silence_is_told(call):
    assert (await call(RUN_CMD, command="true")).text == "[exit code 0]\n[no output]"


async def test_a_signal_is_named(call):
    result = await call(RUN_CMD, command="kill -SEGV $$")
    assert result.text.startswith("[ended by signal SIGSEGV]")
    assert result.status == "error"


@pytest.mark.parametrize(("number", "name"), [(None, "an unknown cause"), (63, "signal 63")])
def test_other_ends_are_told_too(number, name):
    text = told(ExecResult(exit_code=None, signal=number), 5).text
    assert f"[ended by {name}]" in text


async def test_a_command_out_of_time_is_a_timeout_with_advice(call):
    for limit in (0.5, 5.0, 50.0):  # under load a shell may start after the first
        result = await call(RUN_CMD, command="echo begun; sleep 600", timeout=limit)
        assert result.status == "timeout"
        if result.text.startswith("begun"):
            break
    ending = f"[killed after {limit:g} s, the time limit, with all that"
    assert result.text.startswith(f"begun\n{ending}")


async def test_a_background_process_is_told(call):
    result = await call(RUN_CMD, command="sleep 60 & sleep 61 &")
    assert "[exit code 0; 2 processes left in the background: killed]" in result.text


async def test_long_output_is_cut_in_the_middle_and_counted(call):
    result = await call(RUN_CMD, command="echo first; seq 1 100000; echo last")
    assert result.truncated
    assert result.text.startswith("first\n1\n2\n")
    assert result.text.endswith("100000\nlast\n[exit code 0]")
    assert "[392298 of 588906 bytes of output are left out here]" in result.text
    assert len(result.text) < 200_000


async def test_a_character_cut_between_head_and_tail_is_whole_where_nothing_is_left_out(call):
    result = await call(RUN_CMD, command="printf 'x%.0s' $(seq 98303); printf 'ü'; echo")
    assert "\ufffd" not in result.text
    assert "xü\n" in result.text


async def test_output_that_is_no_text_is_made_harmless(call):
    result = await call(RUN_CMD, command=r"printf '\033[31mred\033[0m \377\000 10%%\r20%%\n'")
    assert result.text == "20%\n[exit code 0]"
    result = await call(RUN_CMD, command=r"printf '\033]0;title\007a\377b\n'")
    assert result.text == "a\ufffdb\n[exit code 0]"


async def test_output_is_streamed_as_events_of_the_call(call, host, root, monkeypatch):
    def hear(event):
        host.events.append(event)
        (root / "heard").touch()

    monkeypatch.setattr(host, "emit", hear)
    waits = "until [ -e heard ]; do sleep 0.02; done"
    await call(RUN_CMD, command=rf"echo one; {waits}; printf 'z\303'; sleep 0.1; printf '\274'")
    assert all(isinstance(event, ToolOutputDelta) for event in host.events)
    assert {event.call_id for event in host.events} == {"c1"}
    assert len(host.events) >= 2
    assert "".join(event.text for event in host.events) == "one\nzü"


async def test_the_stream_is_bounded(call, host):
    await call(RUN_CMD, command="seq 1 300000")
    streamed = "".join(event.text for event in host.events)
    assert len(streamed) < 300_000
    assert streamed.endswith("[more output is not shown while it comes]\n")


async def test_cancelling_the_call_kills_the_command(call, root):
    notes = [root / name for name in ("shell", "child", "session")]
    command = (
        "echo $$ > shell; (echo $BASHPID > child; exec sleep 600) & "
        "setsid bash -c 'echo $$ > session; exec sleep 600' & sleep 600"
    )
    task = asyncio.create_task(call(RUN_CMD, command=command))
    while not all(note.exists() and note.read_text().endswith("\n") for note in notes):
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [note.name for note in notes if is_alive(int(note.read_text()))] == []


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo a\0b", "NUL"),
        (f"curl -H 'Authorization: {MASK}' x", "holds the mask"),
        ("echo " + "x" * 100_001, "write a script with write_file"),
    ],
)
async def test_what_cannot_be_run_is_refused_with_what_to_do(call, command, told):
    result = await call(RUN_CMD, command=command)
    assert result.status == "error"
    assert result.text.startswith("the command was not run")
    assert told in result.text


async def test_without_a_sandbox_nothing_runs_and_the_fix_is_told(call, host, root):
    class Unavailable:
        name = "none"

        async def run(self, command, **options):
            raise SandboxUnavailableError("no sandbox works here", fix="apt-get install bubblewrap")

    host.executor = Unavailable()
    result = await call(RUN_CMD, command="touch x")
    assert result.text == (
        "the command was not run: no sandbox works here; apt-get install bubblewrap"
    )
    assert not (root / "x").exists()


def test_the_effect_of_a_command_is_read_only_where_that_is_certain(context):
    assert RUN_CMD.effect == "external"
    arguments = RUN_CMD.arguments
    assert RUN_CMD.effect_of(context, arguments(command="ls -la")) == "read"
    assert RUN_CMD.effect_of(context, arguments(command="rm -rf .")) == "external"


@pytest.mark.parametrize(
    "arguments",
    [
        {"command": ""},
        {"command": "echo \ud800"},
        {"command": "x", "timeout": 0},
        {"command": "x", "timeout": 1e9},
    ],
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValidationError):
        RUN_CMD.arguments.model_validate(arguments)


# -- a shell that is kept --------------------------------------------------------------------------


async def test_a_kept_shell_that_leaves_the_workspace_is_told(call):
    result = await call(run_cmd_tool(shells=Shells()), command="cd /usr")
    assert "[the shell ended in '/usr', outside of the workspace: the next command" in result.text


async def test_a_kept_shell_whose_folder_is_gone_begins_anew(call, root, context):
    tool = run_cmd_tool(shells=Shells())
    (root / "sub").mkdir()
    assert "[the next command begins in 'sub']" in (await call(tool, command="cd sub")).text
    (root / "sub").rmdir()
    result = await call(tool, command="touch here")
    assert result.status == "error"
    assert "'sub' is no folder of the workspace" in result.text
    assert "the next command begins in the workspace's folder" in result.text
    assert (await call(tool, command="touch here")).status == "ok"
    assert (root / "here").exists()


async def test_variables_that_are_too_long_to_be_kept_are_named(call):
    command = "export LONG=$(head -c 20000 /dev/zero | tr '\\0' x)"
    result = await call(run_cmd_tool(shells=Shells()), command=command)
    assert "[too long to be kept: LONG]" in result.text


def test_with_a_shell_that_is_not_fresh_no_command_certainly_only_reads(context):
    tool = run_cmd_tool(shells=Shells())
    arguments = tool.arguments(command="ls")
    assert tool.effect_of(context, arguments) == "read"
    context.set_shell(ShellState(variables={"PATH": "/evil"}))
    assert tool.effect_of(context, arguments) == "external"


def test_the_model_is_told_of_a_shell_that_is_kept():
    assert "are kept for the next one" in run_cmd_tool(shells=Shells()).description
    assert "are kept" not in RUN_CMD.description
