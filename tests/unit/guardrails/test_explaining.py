"""`coding-agent explain-command` says what a command would do, and runs nothing."""

from __future__ import annotations

import json

import pytest

from coding_agent_sdk.cli.app import main


@pytest.fixture
def explained(capsys, monkeypatch, tmp_path):
    """Return a function that runs the command in a folder and gives its code, output and errors."""
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["coding-agent", "explain-command", *words])
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(main())
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run


def test_it_prints_the_decision_the_reasons_and_the_effects(explained, tmp_path):
    (tmp_path / "a.txt").touch()
    code, out, _ = explained("rm a.txt; git push -f")
    assert code == 0
    decision, reason, *effects = out.splitlines()
    assert decision == "ask"
    assert reason == "  because `git push -f` rewrites or deletes shared history"
    assert next(line.split()[:2] for line in effects) == ["delete", "inside"]
    assert (tmp_path / "a.txt").exists()


def test_json_holds_the_same(explained):
    code, out, _ = explained("rm -rf /", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["decision"] == "deny"
    assert {"kind": "delete", "where": "root", "part": "rm -rf /"} in told["effects"]


def test_the_workspace_can_be_given(explained, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert explained(f"touch {other}/x", "-w", str(other))[1].startswith("allow\n")
    assert not explained(f"rm -rf {other}", "-w", str(other))[1].startswith("allow\n")


def test_the_settings_count(explained, monkeypatch):
    rules = '[{"command": "git push *", "decision": "allow"}]'
    monkeypatch.setenv("CODING_AGENT_PLUGINS__GUARDRAILS__RULES", rules)
    assert explained("git push -f")[1].startswith("allow\n")
    monkeypatch.setenv("CODING_AGENT_PLUGINS__GUARDRAILS__POLICY", '{"delete": {"root": "allow"}}')
    code, _, err = explained("git push -f")
    assert code != 0
    assert "always denied" in err


def test_no_sign_of_the_command_reaches_the_terminal(explained):
    assert "\x1b" not in explained("touch 'a\x1b[2J' > ~/x\x1b[2J")[1]


def test_a_file_in_the_workspace_only_tightens_and_a_named_one_counts_whole(explained, tmp_path):
    file = tmp_path / "coding_agent.toml"
    file.write_text(
        '[plugins.guardrails]\nrules = [{command = "make *", decision = "deny"}, '
        '{command = "git push *", decision = "allow"}]\n'
        '[plugins.guardrails.policy]\nwrite = {home = "allow", inside = "deny"}\n'
    )
    assert explained("make all")[1].startswith("deny\n")
    assert explained("touch a")[1].startswith("deny\n")
    _, out, err = explained("git push -f")
    assert out.startswith("ask\n")
    assert "[plugins.guardrails] (1 of rules, policy.write.home) was ignored" in err
    assert explained("git push -f", "--config", str(file))[1].startswith("allow\n")
