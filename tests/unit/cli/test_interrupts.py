"""What a signal does, in one process: the end of the program is caught instead of happening."""

import os
import signal
import sys

import pytest

from coding_agent_sdk.cli.interrupts import Interrupts


@pytest.fixture
def ends(monkeypatch):
    """Collects the codes that the program would have ended with."""
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


@pytest.fixture
def interrupts():
    before = {
        # Whoever runs the tests may have switched signals off (nohup, &), and that would be kept.
        number: signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield Interrupts()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_before_a_run_a_signal_ends_the_program_with_its_last_words(interrupts, ends, capfd):
    said = []
    interrupts.last_words = lambda: said.append("last")
    interrupts.install()
    signal.raise_signal(signal.SIGTERM)
    assert ends == [143]
    assert said == ["last"]
    assert capfd.readouterr().err == "interrupted\n"


def test_last_words_that_fail_do_not_keep_it_alive(interrupts, ends):
    interrupts.last_words = lambda: 1 / 0
    interrupts.install()
    signal.raise_signal(signal.SIGINT)
    assert ends == [130]


def test_the_first_signal_stops_and_the_second_ends(interrupts, ends):
    stopped = []
    interrupts.install()
    with interrupts.stopping(lambda: stopped.append(1)):
        signal.raise_signal(signal.SIGTERM)
        assert (stopped, ends, interrupts.exit_code) == ([1], [], 143)
        signal.raise_signal(signal.SIGINT)
    assert (stopped, ends) == ([1], [130])


def test_an_editor_gets_ctrl_c_for_itself(interrupts, ends):
    interrupts.install()
    with interrupts.ignored():
        signal.raise_signal(signal.SIGINT)
    assert ends == []
    assert interrupts.received is None
    assert interrupts.exit_code == 130


def test_signals_that_are_switched_off_stay_off(interrupts):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts.install()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_the_cursor_comes_back_on_a_terminal(interrupts, ends, monkeypatch, capfd):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    interrupts.install()
    signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr().err == "\x1b[?25h\ninterrupted\n"
