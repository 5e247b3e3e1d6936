"""Lines on their way out: files, pipes and disks that fail, and none of it hurts a run."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import subprocess
import sys
import threading

import pytest

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.middleware.monitoring import writer as module
from coding_agent_sdk.middleware.monitoring.writer import (
    BATCH_LINES,
    FileSink,
    LineWriter,
    StderrSink,
)

from .conftest import lines_of, metrics_of


class Lost:
    def __init__(self):
        self.count = 0

    def __call__(self, count):
        self.count += count


@pytest.fixture
def lost():
    return Lost()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(module, "BATCH_SECONDS", 0.001)


class Kept:
    """A sink in memory; while it is stuck it takes nothing, while it is broken it raises."""

    is_told_of = True

    def __init__(self):
        self.data = b""
        self.broken = False
        self.closed = False
        self.entered = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def write(self, data):
        self.entered.set()
        self.free.wait()
        if self.broken:
            raise OSError(28, "No space left on device")
        self.data += data

    def close(self):
        self.closed = True


# -- the thread -----------------------------------------------------------------------------------


def test_lines_come_out_whole_and_in_their_order(lost):
    sink = Kept()
    lines = [f"line {n}" for n in range(3 * BATCH_LINES)]
    writer = LineWriter(sink, lost=lost)
    for line in lines:
        writer.put(line.encode)
    writer.close()
    assert sink.data.decode().splitlines() == lines
    assert sink.closed
    assert lost.count == 0


def test_many_threads_may_write_and_no_line_is_torn(lost):
    sink = Kept()
    writer = LineWriter(sink, lost=lost)

    def put(name):
        for n in range(500):
            writer.put(f"{name}-{n}".encode)

    threads = [threading.Thread(target=put, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    written = sink.data.decode().splitlines()
    assert sorted(written) == sorted(f"{name}-{n}" for name in "abcd" for n in range(500))


def test_what_is_too_much_for_a_stuck_reader_is_lost_and_counted(lost, monkeypatch):
    monkeypatch.setattr(module, "WAITING_LINES", 10)
    sink = Kept()
    sink.free.clear()
    writer = LineWriter(sink, lost=lost)
    writer.put("first".encode)
    sink.entered.wait()
    for n in range(25):
        writer.put(str(n).encode)
    assert lost.count == 15
    sink.free.set()
    writer.close()
    assert sink.data.decode().splitlines() == ["first", *map(str, range(10))]


def test_the_end_does_not_wait_for_a_reader_that_is_stuck(lost, caplog):
    sink = Kept()
    sink.free.clear()
    writer = LineWriter(sink, lost=lost)
    writer.put("first".encode)
    sink.entered.wait()
    writer.put("second".encode)
    with caplog.at_level(logging.WARNING):
        writer.close(seconds=0.01)
    assert lost.count == 1
    assert "nobody takes what is written" in caplog.text
    sink.free.set()


def test_a_line_after_the_end_is_lost_and_counted(lost):
    writer = LineWriter(Kept(), lost=lost)
    writer.close()
    writer.close()
    writer.put("late".encode)
    assert lost.count == 1


def test_lines_that_cannot_be_written_are_counted_and_told_of_once(lost, caplog):
    sink = Kept()
    sink.broken = True
    writer = LineWriter(sink, lost=lost)
    with caplog.at_level(logging.WARNING):
        for n in range(3):
            sink.entered.clear()
            writer.put(str(n).encode)
            sink.entered.wait()
            wait_until(lambda n=n: lost.count == n + 1)
        sink.broken = False
        writer.put("again".encode)
        writer.close()
    assert sink.data == b"again\n"
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "lines of the log are lost: OSError: [Errno 28] No space left on device",
        "the log can be written again",
    ]


def test_a_line_that_cannot_be_made_takes_no_other_with_it(lost, caplog):
    sink = Kept()
    writer = LineWriter(sink, lost=lost)
    with caplog.at_level(logging.WARNING):
        writer.put("first".encode)
        writer.put("half of a pair \ud800".encode)
        writer.put("last".encode)
        writer.close()
    assert sink.data == b"first\nlast\n"
    assert lost.count == 1
    assert "lines of the log are lost: UnicodeEncodeError" in caplog.text


def wait_until(what):
    ticks = threading.Event()
    while not what():
        ticks.wait(0.005)


# -- a file ----------------------------------------------------------------------------------------


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_only_its_owners_whatever_the_umask(tmp_path):
    path = tmp_path / "new" / "agent.jsonl"
    old = os.umask(0)
    try:
        FileSink(path).close()
    finally:
        os.umask(old)
    assert mode_of(path) == 0o600


def test_a_file_that_others_could_read_is_theirs_no_more(tmp_path):
    path = tmp_path / "agent.jsonl"
    path.write_text("old\n")
    path.chmod(0o644)
    sink = FileSink(path)
    sink.write(b"new\n")
    sink.close()
    assert mode_of(path) == 0o600
    assert path.read_text() == "old\nnew\n"


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path):
    path = tmp_path / "logs" / "agent.jsonl"
    sink = FileSink(path)
    sink.write(b"one\n")
    path.rename(tmp_path / "agent.jsonl.1")
    sink.write(b"two\n")
    shutil.rmtree(tmp_path / "logs")
    sink.write(b"three\n")
    sink.close()
    assert (tmp_path / "agent.jsonl.1").read_text() == "one\n"
    assert path.read_text() == "three\n"
    assert mode_of(path) == 0o600


def test_what_begins_with_a_tilde_lies_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    FileSink("~/agent.jsonl").close()
    assert (tmp_path / "agent.jsonl").exists()


def test_after_a_torn_line_the_next_begins_a_new_one(tmp_path, monkeypatch):
    path = tmp_path / "agent.jsonl"
    sink = FileSink(path)
    written = []

    def full(descriptor, data):
        if len(written) == 1:
            raise OSError(28, "No space left on device")
        written.append(bytes(data[:4]))
        return real(descriptor, data[:4])

    real = os.write
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        sink.write(b'{"a": 1}\n')
    monkeypatch.undo()
    sink.write(b'{"b": 2}\n')
    sink.write(b'{"c": 3}\n')
    sink.close()
    assert path.read_text().splitlines() == ['{"a"', '{"b": 2}', '{"c": 3}']


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
async def test_a_full_disk_hurts_no_run_and_is_counted(build, caplog):
    async with build(["ok"], log="/dev/full") as agent:
        assert (await agent.run("go")).status == "completed"
    assert metrics_of(agent)("telemetry_dropped_total", exporter="log") == 3
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("path", ["{folder}", "{file}/agent.jsonl", "{pipe}", "a\0b"])
async def test_a_file_that_cannot_be_opened_is_said_at_once(build, tmp_path, path):
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    path = path.format(folder=tmp_path, file=tmp_path / "file", pipe=tmp_path / "pipe")
    agent = build(["ok"], log=path)
    with pytest.raises(ConfigError, match=r"monitoring cannot log to .*plugins\.monitoring\.log"):
        await agent.run("go")


# -- stderr ----------------------------------------------------------------------------------------


def test_stderr_is_what_it_is_at_the_time(capsys):
    sink = StderrSink()
    sink.write(b"one\n")
    assert capsys.readouterr().err == "one\n"
    sink.close()


@pytest.mark.parametrize("stream", [None, "closed"])
async def test_stderr_that_is_gone_hurts_no_run_and_is_counted(
    build, monkeypatch, stream, tmp_path
):
    if stream == "closed":
        stream = (tmp_path / "x").open("w")
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    async with build(["ok"], log="stderr") as agent:
        assert (await agent.run("go")).status == "completed"
    assert metrics_of(agent)("telemetry_dropped_total", exporter="log") == 3


AGENT = """
import asyncio, os, sys
from coding_agent_sdk import Agent
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.testing import ScriptedModel
BEFORE
async def main():
    agent = Agent.builder().config(None, project=False).model(ScriptedModel(lambda _: "ok"))
    agent = agent.workspace(".").memory(None).monitoring(log=LOG).build()
    INSIDE
asyncio.run(main())
AFTER
"""
INSIDE = """
    async with agent:
        for _ in range(RUNS):
            await agent.run("go")
    print([line for line in metrics_text(agent).splitlines() if line.startswith("telemetry_dr")])
"""


def python(code, folder, **replaced):
    for name, value in replaced.items():
        code = code.replace(name, value)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_closed_stderr_hurts_no_run(tmp_path):
    process = python(
        AGENT.replace("INSIDE", INSIDE), tmp_path,
        BEFORE="os.close(2)", LOG="'stderr'", RUNS="2", AFTER="",
    )  # fmt: skip
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out.decode().strip() == """['telemetry_dropped_total{exporter="log"} 6.0']"""


def test_a_pipe_that_nobody_reads_holds_up_neither_the_runs_nor_the_end(tmp_path):
    # The pipe is full after some hundred lines; what the runs print can only come if they end.
    # Python's own logging is off: what it writes to stderr waits for the reader, as it always does.
    process = python(
        AGENT.replace("INSIDE", INSIDE), tmp_path,
        BEFORE="import logging; logging.disable()", LOG="'stderr'", RUNS="300", AFTER="",
    )  # fmt: skip
    assert process.stdout.read().startswith(b"['telemetry_dropped_total{")
    assert process.wait() == 0
    process.stdout.close()
    process.stderr.close()


def test_a_pipe_that_does_not_block_is_waited_for(tmp_path):
    read, write = os.pipe()
    os.set_blocking(write, False)
    data = b"x" * 1_000_000 + b"\n"
    got = []

    def reader():
        while len(b"".join(got)) < len(data):
            got.append(os.read(read, 65536))

    thread = threading.Thread(target=reader)
    thread.start()
    module.write_all(write, data)
    thread.join()
    os.close(read)
    os.close(write)
    assert b"".join(got) == data


def test_a_pipe_that_nobody_empties_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "STUCK_SECONDS", 0.01)
    read, write = os.pipe()
    os.set_blocking(write, False)
    with pytest.raises(BlockingIOError):
        module.write_all(write, b"x" * 1_000_000)
    os.close(read)
    os.close(write)


def test_an_agent_that_is_never_closed_loses_no_line(tmp_path):
    inside = 'await agent.run("go"); sys.exit(0)'
    process = python(AGENT, tmp_path, INSIDE=inside, BEFORE="", LOG="'x.jsonl'", AFTER="")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert len(lines_of(tmp_path / "x.jsonl")) == 3


def test_nor_does_one_whose_loop_is_given_up(tmp_path):
    code = """
loop = asyncio.new_event_loop()
agent = Agent.builder().config(None, project=False).model(ScriptedModel(lambda _: "ok"))
agent = agent.workspace(".").memory(None).monitoring(log="x.jsonl", port=0).build()
loop.run_until_complete(agent.run("go"))
"""
    head = AGENT.split("async def main", maxsplit=1)[0].replace("BEFORE", code)
    process = python(head, tmp_path)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert [line["event"] for line in lines_of(tmp_path / "x.jsonl")] == [
        "metrics_served", "run_started", "model_call_finished", "run_finished",
    ]  # fmt: skip
