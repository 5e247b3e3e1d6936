"""The policy table, the tables of programs, and the lazy front."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from coding_agent_sdk.middleware import guardrails
from coding_agent_sdk.middleware.guardrails.commands.programs import PROGRAMS
from coding_agent_sdk.middleware.guardrails.commands.tables import first_match, read_table
from coding_agent_sdk.middleware.guardrails.findings import Effect, EffectKind, Finding, Where
from coding_agent_sdk.middleware.guardrails.policy import POLICY, decide, decision_on


@pytest.mark.parametrize("kind", get_args(EffectKind))
@pytest.mark.parametrize("where", get_args(Where))
def test_every_effect_on_every_place_has_a_decision_and_a_sentence(
    kind: EffectKind, where: Where
) -> None:
    effect = Effect(kind=kind, where=where, part="x")
    verdict = decide([effect])
    assert verdict.decision == decision_on(effect)
    assert bool(verdict.reasons) is (verdict.decision != "allow")


def test_the_policy_knows_exactly_the_effects_there_are() -> None:
    assert set(POLICY) == set(get_args(EffectKind))


def test_the_strictest_effect_decides_and_gives_the_reason() -> None:
    verdict = decide([Effect(kind="publish"), Effect(kind="escalate"), Effect(kind="history")])
    assert verdict.decision == "deny"
    assert verdict.reasons == ("`` gains rights beyond the user's",)
    assert len(verdict.effects) == 3


def test_nothing_done_is_allowed() -> None:
    assert decide([]).decision == "allow"


def test_a_table_groups_programs_and_continues_patterns() -> None:
    table = read_table(
        """
# a remark
one two
    three:
    publish remote ^a
        |b$
    read none
four:
""".replace("    three:", "three:")
    )
    assert set(table) == {"one", "two", "three", "four"}
    assert table["one"] == table["three"]
    assert table["one"][0].pattern == "^a|b$"
    assert table["four"] == ()
    assert first_match(table["one"], "xb") == table["one"][0]
    assert first_match(table["one"], "x") == table["one"][1]
    assert first_match(table["four"], "x") is None


def test_hundreds_of_programs_are_known() -> None:
    assert len(PROGRAMS) > 700
    assert all(callable(program) for program in PROGRAMS.values())


def test_a_finding_never_shows_what_was_found() -> None:
    finding = Finding(start=3, end=9, type="password", rule="assignment")
    assert repr(finding) == (
        "Finding(start=3, end=9, type='password', rule='assignment', confidence=1.0)"
    )


def test_the_front_names_what_it_has() -> None:
    assert dir(guardrails) == sorted(guardrails.__all__)
    for name in guardrails.__all__:
        assert getattr(guardrails, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'; it has"):
        _ = guardrails.nothing


def test_importing_the_guardrails_loads_no_parser() -> None:
    code = (
        "import sys; from coding_agent_sdk.middleware import guardrails; guardrails.redact;"
        "assert 'tree_sitter' not in sys.modules; guardrails.judge_command;"
        "assert 'tree_sitter' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
