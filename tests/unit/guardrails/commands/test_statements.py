"""SQL is judged by what its statements do, in commands and in tools of their own."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails import judge_command, judge_sql
from coding_agent_sdk.middleware.guardrails.commands import statements

FOLDER = Path(__file__).parent
LINES = [
    line
    for name in ("statements.txt", "statements_asked.txt", "statements_daily.txt")
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", "/root")


@pytest.mark.parametrize("line", LINES)
def test_a_statement_is_judged_by_what_it_does(line: str) -> None:
    decision, dialect, statement = line.split(" ", 2)
    verdict = judge_sql(statement, dialect=dialect, workspace="/srv/repo")
    assert verdict.decision == decision, verdict
    assert (verdict.reasons == ()) == (decision == "allow")


@pytest.mark.parametrize(
    ("command", "decision"),
    [
        ('psql -h prod.acme.com app -c "WITH x AS (DELETE FROM t RETURNING *) SELECT 1"', "ask"),
        ('mysql -h db.acme.com -e "SELECT 1 /*!50000; DROP TABLE u */"', "ask"),
        ('psql app_dev -c "GRANT ALL ON t TO x"', "allow"),
        ('psql -h db.acme.com app -c "GRANT ALL ON t TO x"', "ask"),
        ("mysql app_dev -e \"SELECT LOAD_FILE('/home/dev/.ssh/id_rsa')\"", "ask"),
        ('psql app_dev -c "\\d users"', "allow"),
        ('psql -h prod.acme.com -c "UPDATE t SET a=1 WHERE id=2"', "allow"),
    ],
)
def test_sql_in_a_command_is_read_by_the_parser(command: str, decision: str) -> None:
    assert judge_command(command, workspace="/srv/repo").decision == decision


def test_the_parser_says_nothing_in_the_log(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        judge_sql("CREATE EXTENSION x", dialect="postgres")
    assert caplog.records == []
    assert not logging.getLogger("sqlglot").disabled


def test_without_the_parser_sql_is_asked_about_and_commands_keep_their_patterns(monkeypatch):
    monkeypatch.setattr(statements, "is_readable", lambda: False)
    verdict = judge_sql("SELECT 1", dialect="postgres")
    assert verdict.decision == "ask"
    assert "coding-agent-sdk[sql]" in verdict.reasons[0]


@pytest.mark.parametrize(
    "statement",
    [
        "(" * 5_000,
        "SELECT " + "1," * 20_000 + "1",
        "SELECT CASE " * 2_000,
        "/*!" * 3_000,
        "'" * 9_000,
    ],
)
def test_what_is_too_long_or_too_deep_is_asked_about(statement: str) -> None:
    assert judge_sql(statement, dialect="mysql").decision == "ask"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from([
    "SELECT", "DROP TABLE t", ";", "(", ")", "'", '"', "--", "/*!", "*/", "WHERE", "1=1", "$$",
    "COPY", "PROGRAM", "WITH x AS", "\0", "EXPLAIN", "`",
]), max_size=12).map(" ".join), st.sampled_from(["postgres", "mysql", "sqlite", "tsql", "duckdb"]))  # fmt: skip
def test_no_text_makes_the_judge_raise(statement: str, dialect: str) -> None:
    assert judge_sql(statement, dialect=dialect).decision in {"allow", "ask", "deny"}
