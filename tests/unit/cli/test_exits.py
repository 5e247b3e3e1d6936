"""Exit codes."""

from typing import get_args

import pytest

from coding_agent_sdk import errors
from coding_agent_sdk.cli.exits import (
    EXIT_CODES,
    ExitCode,
    code_of_error,
    code_of_signal,
    code_of_status,
)
from coding_agent_sdk.types.status import Status


def test_every_status_has_its_own_code():
    codes = {status: code_of_status(status) for status in get_args(Status)}
    assert codes == {
        "completed": 0, "failed": 1, "blocked": 3, "awaiting_approval": 4, "budget_exceeded": 5,
        "timed_out": 124, "cancelled": 130,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.UnknownNameError("model", "x", []), 2),
        (errors.RequestError("x"), 2),
        (errors.WorkspaceError("x"), 2),
        (errors.SessionNotFoundError("x"), 1),
        (errors.ModelError("x"), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_what_the_user_has_to_change_is_2_and_the_rest_is_1(error, code):
    assert code_of_error(error) == code


def test_signals_count_from_128():
    assert code_of_signal(15) == 143


def test_the_help_names_every_code_that_a_run_ends_with():
    for code in set(ExitCode) - {ExitCode.READER_GONE}:
        assert f"{int(code)} " in EXIT_CODES
