"""The table of attacks tells what is otherwise than announced, and its exit code says so."""

from __future__ import annotations

import os

import pytest

from coding_agent_sdk.testing.attack_column import AttackColumn
from coding_agent_sdk.testing.attacks import ATTACKS
from coding_agent_sdk.testing.attacks_table import TriedColumn, draw, main, try_as_ordinary_user

GAP, HELD = ATTACKS[0].name, ATTACKS[1].name

EXECUTOR = '''
import asyncio
from coding_agent_sdk.protocols import Capabilities, ExecResult

class {name}:
    """Runs nothing, and tells for each command what it was made to tell."""

    name = "{name}"

    async def probe(self):
        return Capabilities(name=self.name, available={available}, reason="not today",
                            enforces=("files",), gaps={gaps})

    async def run(self, command, *, workspace, timeout, on_output=None):
        return ExecResult(exit_code=0, head={head})

    async def aclose(self):
        pass
'''


REAL = "UDP to loopback"
"""It counts as successful only where a datagram arrived, which a false executor sends none of."""


@pytest.fixture
def executor(tmp_path, monkeypatch):
    """Write an executor into a module of its own, and return its path."""
    tmp_path.chmod(0o755)  # the ordinary user reads it, too
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(name, *, available=True, gaps=(), head=b"SUCCEEDED"):
        text = EXECUTOR.format(name=name, available=available, gaps=tuple(gaps), head=head)
        (tmp_path / f"{name.lower()}.py").write_text(text)
        return f"{name.lower()}:{name}"

    return write


def table(*words, capsys):
    code = main(("--only-this-user", *words))
    return code, capsys.readouterr().out


def test_what_succeeds_without_having_been_announced_ends_it_with_one(executor, capsys):
    code, shown = table(executor("Open"), capsys=capsys)
    assert code == 1
    assert f"{GAP!r} succeeded, and is not announced" in shown
    assert "!!!" in shown.splitlines()[1]


def test_what_was_announced_and_is_held_ends_it_with_one(executor, capsys):
    code, shown = table(executor("Shut", gaps=[GAP], head=b""), capsys=capsys)
    assert code == 1
    assert f"{GAP!r} is announced, and did not succeed" in shown
    assert "ordinary work 'shell' failed" in shown


def test_where_all_is_as_announced_it_ends_with_zero(executor, capsys):
    known = [attack.name for attack in ATTACKS if attack.name != REAL]
    code, shown = table(executor("Known", gaps=known), capsys=capsys)
    assert (code, "!!!" in shown.partition("\n\n")[0]) == (0, False)
    assert f"1 of {len(ATTACKS)} held" in shown


def test_where_nothing_could_be_tried_it_says_why_and_ends_with_one(executor, capsys):
    code, shown = table(executor("Away", available=False), capsys=capsys)
    assert code == 1
    assert "skipped: not today" in shown
    assert "nothing was tried" in shown


def test_an_executor_that_does_not_start_is_told_with_its_error(capsys):
    code, shown = table("no_such_module:Thing", capsys=capsys)
    assert code == 1
    assert "No module named 'no_such_module'" in shown


def test_the_host_is_not_attacked_without_having_been_asked_for(capsys):
    with pytest.raises(SystemExit):
        main(["host"])
    assert "--throw-away-machine" in capsys.readouterr().err


def test_damage_that_the_command_did_not_speak_of_counts():
    column = AttackColumn(executor="e", harmed={HELD: "the secret file has changed"})
    assert column.surprises() == (f"{HELD!r} left something behind: the secret file has changed",)
    shown = draw([TriedColumn(user="user", column=column)])
    assert shown.splitlines()[2].split()[-1] == "!!!"


def test_what_holds_nothing_is_shown_and_not_judged():
    column = AttackColumn(executor="host", holds_nothing=True, succeeded=(GAP,))
    assert column.surprises() == ()
    assert TriedColumn(user="user", column=column).mark(GAP) == "YES"


def test_a_column_comes_back_from_json_as_it_was():
    column = AttackColumn(executor="e", gaps=(GAP,), succeeded=(GAP,), harmed={GAP: "x"}, tried=3)
    assert AttackColumn.from_json(column.to_json()) == column


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_can_try_an_executor_as_an_ordinary_user(executor):
    column = try_as_ordinary_user(executor("Away", available=False))
    assert column.skipped == "not today"
