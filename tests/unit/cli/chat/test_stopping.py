"""Ctrl-C in a chat, in one process."""

import asyncio
import os
import signal

import pytest

from coding_agent_sdk.cli.chat.lines import PlainLines
from coding_agent_sdk.cli.chat.stopping import Stopped, stoppable, stopping
from coding_agent_sdk.cli.interrupts import Interrupts
from coding_agent_sdk.cli.typed_lines import TypedLines


@pytest.fixture
def interrupts():
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    interrupts = Interrupts()
    for number in before:
        signal.signal(number, interrupts._arrived)
    yield interrupts
    for number, handler in before.items():
        signal.signal(number, handler)


async def forever():
    await asyncio.Event().wait()


async def test_work_gives_its_result(interrupts):
    async def work():
        return 7

    assert await stoppable(work(), interrupts) == 7


async def test_ctrl_c_stops_work_again_and_again(interrupts):
    for _ in range(3):
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        with pytest.raises(Stopped):
            await stoppable(forever(), interrupts)
    assert interrupts.received is None


async def test_other_cancellation_passes_through(interrupts):
    task = asyncio.ensure_future(stoppable(forever(), interrupts))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_sigterm_does_not_count_as_ctrl_c(interrupts):
    stopped = []
    with interrupts.stopping(lambda: stopped.append("all")), interrupts.taking(stopped.clear):
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped == ["all"]
    assert interrupts.received == signal.SIGTERM


async def test_the_first_stops_the_second_warns_and_the_third_ends_the_program(
    interrupts, monkeypatch
):
    done = []
    monkeypatch.setattr(interrupts, "end_now", done.append)
    with stopping(interrupts, done.append)(lambda: done.append("stop")):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0)
    assert done == ["stop", "it is being stopped; Ctrl-C once more ends the chat", signal.SIGINT]


# -- plain lines -----------------------------------------------------------------------------------------


@pytest.fixture
def typed():
    read, write = os.pipe()
    yield read, write
    os.close(read)


async def test_lines_of_a_pipe(typed, interrupts):
    read, write = typed
    os.write(write, b"one\r\ntwo \\\nmore\n\nlast\\")
    os.close(write)
    lines = PlainLines(TypedLines(read), interrupts=interrupts)
    assert not lines.asks
    assert [await lines.read() for _ in range(5)] == ["one", "two \nmore", "", "last", None]


async def test_a_line_that_goes_on_and_then_ends_is_a_message(typed, interrupts):
    read, write = typed
    os.write(write, b"one\\\n")
    os.close(write)
    lines = PlainLines(TypedLines(read), interrupts=interrupts)
    assert [await lines.read() for _ in range(2)] == ["one", None]


async def test_a_person_sees_a_prompt_and_another_for_more(typed, interrupts):
    read, write = typed
    os.write(write, b"one\\\ntwo\ny\n")
    shown = []
    lines = PlainLines(TypedLines(read), interrupts=interrupts, prompt=shown.append)
    assert lines.asks
    assert await lines.read() == "one\ntwo"
    assert await lines.ask("sure? ") == "y"
    assert shown == ["> ", ". ", "sure? "]
    os.close(write)


async def test_ctrl_c_at_a_plain_prompt(typed, interrupts):
    read, write = typed
    lines = PlainLines(TypedLines(read), interrupts=interrupts)
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
    with pytest.raises(Stopped):
        await lines.read()
    os.write(write, b"next\n")
    assert await lines.read() == "next"
    os.close(write)
