"""Errors in words."""

import logging
import sys

import pytest
import typer

from coding_agent_sdk.cli.failing import report, set_up_logging
from coding_agent_sdk.cli.process import Process
from coding_agent_sdk.errors import ConfigError


@pytest.fixture
def logs():
    other = logging.getLogger("httpx")  # the Langfuse SDK gives it a level and a handler
    others = other.level, other.handlers[:]
    other.setLevel(logging.NOTSET)
    other.handlers.clear()
    yield logging.getLogger("coding_agent_sdk")
    other.setLevel(others[0])
    other.handlers[:] = others[1]


def test_an_error_of_the_sdk_is_its_own_message(capsys):
    assert report(ConfigError("it is \x1b[2J wrong"), ["run"], Process()) == 2
    assert capsys.readouterr().err == "error: it is \\x1b[2J wrong\n"


def test_an_error_nobody_thought_of_says_how_to_see_more(capsys):
    assert report(KeyError("x"), ["run"], Process()) == 1
    assert (
        capsys.readouterr().err
        == "error: KeyError: 'x'; run it again with --debug for the traceback\n"
    )


def test_a_refused_question_is_no_failure_in_words(capsys):
    assert report(typer.Abort(), ["sessions"], Process()) == 1
    assert capsys.readouterr().err == "error: aborted\n"


def test_debug_in_the_request_is_not_the_option(capsys):
    report(ConfigError("x"), ["run", "--", "--debug"], Process())
    assert "Traceback" not in capsys.readouterr().err


def test_a_usage_error_without_a_command_is_its_message(capsys):
    assert report(typer.BadParameter("no good"), ["run"], Process()) == 2
    assert capsys.readouterr().err == "error: Invalid value: no good\n"


def test_warnings_of_the_sdk_are_single_harmless_lines(logs, capsys):
    set_up_logging(["run"])
    try:
        raise ValueError("secret")
    except ValueError:
        logs.exception("it \x1b failed")
    logs.info("detail")
    logging.getLogger("httpx").error("noise")
    assert capsys.readouterr().err == "warning: it \\x1b failed\n"


def test_debug_shows_the_whole_log(logs, capsys):
    set_up_logging(["run", "--debug"])
    try:
        raise ValueError("seen")
    except ValueError:
        logs.exception("it failed")
    written = capsys.readouterr().err
    assert "ERROR coding_agent_sdk: it failed" in written
    assert "ValueError: seen" in written
    assert sys.stderr is not None
