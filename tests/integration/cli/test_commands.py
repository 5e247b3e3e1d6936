"""The other commands as scripts see them: sessions, config, plugins, doctor, help."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from coding_agent_sdk.testing import FakeToolCall, Turn
from coding_agent_sdk.version import __version__

# -- sessions --------------------------------------------------------------------------------


@pytest.fixture
def session(program, scripted):
    call = FakeToolCall(name="read_file", arguments={"path": "a.py"}, id="call_ABC")
    scripted([Turn(text="I read.", tool_calls=[call]), "It has one function."])
    assert program("run", "What is in a.py?", "-s", "s1", "--user", "ada").code == 0
    del program.env["OPENAI_API_KEY"]
    return "s1"


def test_sessions_are_listed_as_lines_of_json(program, session):
    (line,) = program("sessions", "list", "--json").lines
    assert (line["session"], line["user"], line["state"]) == ("s1", "ada", "completed")
    assert line["title"] == "What is in a.py?"


def test_sessions_are_listed_for_people_and_for_a_user(program, session):
    assert "What is in a.py?" in program("sessions", "list").out
    assert program("sessions", "list", "--user", "ada").out.startswith("s1 (ada)")
    nobody = program("sessions", "list", "--user", "bob")
    assert (nobody.code, nobody.out) == (0, "")


def test_a_session_is_shown_as_messages_with_the_models_own_ids(program, session):
    lines = program("sessions", "show", "s1", "--json").lines
    assert [line["role"] for line in lines] == ["user", "assistant", "tool", "assistant"]
    assert lines[0]["text"] == "What is in a.py?"
    (call,) = lines[1]["tool_calls"]
    assert call == {"id": "call_ABC", "name": "read_file", "arguments": {"path": "a.py"}}
    assert lines[2]["tool_call_id"] == "call_ABC"
    assert "import os" in lines[2]["text"]
    assert (lines[3]["text"], lines[3]["tool_calls"]) == ("It has one function.", [])


def test_a_session_is_shown_for_people(program, session):
    out = program("sessions", "show", "s1").out
    assert out.startswith("user\n  What is in a.py?\nassistant\n  I read.\nread_file path=")


def test_a_session_that_waits_shows_its_call_without_a_result(program, scripted):
    call = FakeToolCall(name="write_file", arguments={"path": "b", "content": "c"}, id="w")
    scripted([Turn(tool_calls=[call])])
    assert program("run", "go", "-s", "s2").code == 4
    lines = program("sessions", "show", "s2", "--json").lines
    assert [line["role"] for line in lines] == ["user", "assistant"]


@pytest.mark.parametrize(
    "command", [["show", "s9", "--json"], ["show", "s9"], ["delete", "s9", "-y"]]
)
def test_an_unknown_session_ends_with_1_and_lists_the_known(program, session, command):
    ended = program("sessions", *command)
    assert (ended.code, ended.out) == (1, "")
    assert "no session 's9'" in ended.err
    assert "'s1'" in ended.err


def test_deleting_a_session_that_is_not_there_asks_nothing(program, session):
    ended = program("sessions", "delete", "s9", piped="y\n")
    assert ended.code == 1
    assert "no session 's9'" in ended.err
    assert "for good?" not in ended.err + ended.out


def test_a_session_is_deleted_after_a_question(program, session):
    refused = program("sessions", "delete", "s1", piped="n\n")
    assert refused.code == 1
    assert program("sessions", "delete", "s1", piped="y\n").code == 0
    assert program("sessions", "list", "--json").lines == []


def test_sessions_say_so_where_none_are_kept(here):
    ended = here("sessions", "list", CODING_AGENT_MEMORY="none")
    assert ended.code == 2
    assert "memory is 'none'" in ended.err


# -- config ----------------------------------------------------------------------------------


def test_config_masks_what_stands_under_a_name_that_nobody_knows(here):
    env = {
        "CODING_AGENT_PLUGINS__X__Y": "hunter-two",
        "CODING_AGENT_PLUGINS__RAG__STROE": "hunter-three",
        "CODING_AGENT_PLUGINS__BUDGET__USD": "-7",
    }
    for words in (("config",), ("config", "--json"), ("config", "--without", "rag")):
        shown = here(*words, **env)
        assert "hunter" not in shown.out + shown.err
        assert "plugins.x.y" in shown.out
        assert "-7" in shown.out  # its section cannot be used, but its key is known


def test_config_shows_each_value_with_its_origin_and_masks_secrets(here):
    ended = here(
        "config",
        "show",
        "--json",
        CODING_AGENT_API_KEY="sk-12345678901234567890",
        CODING_AGENT_MODE="auto",
    )
    rows = {line["key"]: line for line in ended.lines}
    assert rows["mode"] == {
        "key": "mode",
        "value": "auto",
        "origin": "environment CODING_AGENT_MODE",
    }
    assert rows["api_key"]["value"] == "***REDACTED***"
    assert "sk-1234" not in ended.out
    assert rows["model in use"]["value"] == "offline:rules"


def test_plain_config_shows_the_same_for_people(here):
    ended = here("config", CODING_AGENT_MODE="auto")
    assert ended.code == 0
    assert "auto  (environment CODING_AGENT_MODE)" in ended.out
    assert here("config", "show", CODING_AGENT_MODE="auto").out == ended.out


def test_config_shows_the_settings_of_plugins_with_their_defaults(here):
    ended = here("config", "--json", CODING_AGENT_PLUGINS__MEMORY__LEASE_TTL="7")
    rows = {line["key"]: (line["value"], line["origin"]) for line in ended.lines}
    assert rows["plugins.memory.lease_ttl"] == (
        "7",
        "environment CODING_AGENT_PLUGINS__MEMORY__LEASE_TTL",
    )
    assert rows["plugins.guardrails.secrets"] == ("true", "default")
    assert "plugins.guardrails.secrets" not in here("config", "--without", "guardrails").out


def test_config_shows_the_rest_where_a_section_is_wrong(here):
    ended = here("config", CODING_AGENT_PLUGINS__MEMORY__LEASE_TTL="soon")
    assert ended.code == 0
    assert "lease_ttl" in ended.err
    assert "soon  (environment" in ended.out
    assert "plugins.guardrails.secrets" in ended.out


def test_config_shows_the_rest_where_plugins_cannot_be_loaded(here):
    ended = here("config", "--without", "memry")
    assert ended.code == 0
    assert "the plugins' settings are not shown: " in ended.err
    assert "max_steps" in ended.out


def test_config_takes_the_options_of_config_show(here, tmp_path):
    (tmp_path / "other").mkdir()
    words = ["-w", str(tmp_path / "other"), "--mode", "auto", "--json"]
    ended = here("config", *words)
    rows = {line["key"]: line["value"] for line in ended.lines}
    assert (rows["mode"], rows["workspace"]) == ("auto", str(tmp_path / "other"))
    assert here("config", "show", *words).out == ended.out


@pytest.mark.parametrize("words", [["--json"], ["-w", "."], ["--color", "never"], ["--debug"]])
def test_options_before_show_are_not_silently_dropped(here, words):
    ended = here("config", *words, "show")
    assert ended.code == 2
    assert "options stand behind the command" in ended.err


def test_config_tells_what_was_left_out(here, workspace):
    (workspace / "coding_agent.toml").write_text('mode = "yolo"\n')
    ended = here("config", "show")
    assert "note: " in ended.err
    assert "ask" in next(line for line in ended.out.splitlines() if line.startswith("mode "))


@pytest.mark.parametrize("text", ["mode = ", 'mdoe = "ask"\n', 'mode = "wild"\n'])
@pytest.mark.parametrize("command", [["config"], ["config", "show", "--json"], ["run", "x"]])
def test_a_broken_file_is_one_error(here, workspace, text, command):
    (workspace / "coding_agent.toml").write_text(text)
    ended = here(*command)
    assert ended.code == 2
    assert ended.err.count("error: ") == 1
    assert "coding_agent.toml" in ended.err
    assert "Traceback" not in ended.err


# -- plugins ---------------------------------------------------------------------------------


def test_plugins_are_listed_with_their_hooks(here):
    rows = {
        line["name"]: line for line in here("plugins", "--json", "--without", "guardrails").lines
    }
    assert rows["memory"]["loaded"]
    assert "record" in rows["memory"]["hooks"]
    assert not rows["guardrails"]["loaded"]
    shown = here("plugins", "--without", "guardrails").out
    assert "memory" in shown
    assert "not loaded" in shown


def test_plugins_explain_the_real_chains(here):
    ended = here("plugins", "--explain")
    assert ended.code == 0
    assert "load_history" in ended.out
    assert "read_file (read)" in ended.out
    (line,) = here("plugins", "--explain", "--json").lines
    assert line["tools"]["read_file"] == "read"


def test_plugins_are_shown_without_a_key_too(here):
    ended = here("plugins", "-m", "openai:gpt-4.1")
    assert ended.code == 0
    assert "offline model" in ended.err


PLUGIN = """
from coding_agent_sdk.hooks.markers import hookimpl
import typer

class Mine:
    name = "mine"

    @hookimpl
    def register_commands(self, register):
        register("greet", greet)
        register("later", later)

def greet(who: str, loud: bool = False) -> int:
    '''Greet somebody.'''
    typer.echo(f"hello {who}".upper() if loud else f"hello {who}")
    return 7

async def later() -> None:
    '''Do it later.'''
    typer.echo("later")
"""


@pytest.fixture
def installed(program, tmp_path):
    """Installs a module as a plugin, by metadata on the path of Python."""

    def install(source: str) -> None:
        site = tmp_path / "site"
        info = site / "mine-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "mine_plugin.py").write_text(source)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[coding_agent_sdk]\nmine = mine_plugin:Mine\n")
        before = program.env.get("PYTHONPATH")
        program.env["PYTHONPATH"] = os.pathsep.join([str(site), *([before] if before else [])])

    return install


def test_commands_of_an_installed_plugin_are_commands(program, installed):
    installed(PLUGIN)
    assert "Greet somebody." in program("--help").out
    ended = program("greet", "ada", "--loud")
    assert (ended.code, ended.out) == (7, "HELLO ADA\n")
    assert program("later").out == "later\n"
    assert "WHO" in program("greet", "-h").out.upper()


def test_a_plugin_that_fails_does_not_take_the_help_away(program, installed):
    installed("raise RuntimeError('broken on purpose')")
    ended = program("--help")
    assert ended.code == 0
    assert "sessions" in ended.out
    assert "broken on purpose" in ended.err
    assert "Traceback" not in ended.err
    assert program("run", "hello", "--no-plugins").code == 0
    assert program("run", "hello").code == 2


def test_a_broken_plugin_is_shown_with_both_ways_out(program, installed):
    installed("raise RuntimeError('broken on purpose')")
    for command in (["plugins", "--json"], ["doctor", "--json"], ["run", "hello"]):
        ended = program(*command)
        said = ended.out + ended.err
        assert ended.code != 0
        for part in ("broken on purpose", "CODING_AGENT_LOAD_PLUGINS=none", "pip uninstall"):
            assert part in said, command
        assert "Traceback" not in said
    assert "memory" in {line["name"] for line in program("plugins", "--json").lines}
    found = findings(program("doctor", "--json"))
    assert [line["status"] for line in program("doctor", "--json").lines].count("failed") == 1
    assert found["executor"]["status"] == "ok"
    assert program("run", "hello", CODING_AGENT_LOAD_PLUGINS="none").code == 0


def test_plugins_that_are_not_wanted_bring_no_commands(program, installed):
    installed(PLUGIN)
    ended = program("greet", "ada", CODING_AGENT_LOAD_PLUGINS="none")
    assert ended.code == 2
    assert "greet" in ended.err


# -- doctor ----------------------------------------------------------------------------------


def findings(ended):
    return {line["name"]: line for line in ended.lines}


def test_a_misspelt_variable_stops_nothing_and_is_told(program):
    ended = program("doctor", "--json", CODING_AGENT_MODLE="x")
    assert ended.code == 0
    (line,) = [line for line in ended.lines if line["name"] == "variable"]
    assert "did you mean 'CODING_AGENT_MODEL'?" in line["detail"]
    ran = program("run", "hello", CODING_AGENT_MODLE="x")
    assert ran.code == 0
    assert ran.err.count("unknown variable 'CODING_AGENT_MODLE' was ignored") == 1


def test_doctor_finds_everything_well_here(program):
    ended = program("doctor", "--json")
    found = findings(ended)
    assert ended.code == 0, ended.out
    assert {
        found[name]["status"]
        for name in ("settings", "workspace", "data folder", "plugins", "model", "memory")
    } == {"ok"}
    assert "offline:rules" in found["model"]["detail"]
    assert "bash" in found["executor"]["detail"]
    assert found["model openai"]["status"] == "ok"


def test_doctor_names_the_variable_of_the_key_and_never_shows_it(here):
    ended = here("doctor", OPENAI_API_KEY="sk-12345678901234567890")
    assert "OPENAI_API_KEY" in ended.out
    assert "sk-1234" not in ended.out


@pytest.mark.parametrize(
    ("words", "env", "name"),
    [
        (["-m", "openai:gpt-4.1"], {}, "model"),
        (["-w", "nowhere"], {}, "workspace"),
        (["--config", "none.toml"], {}, "settings"),
        ([], {"CODING_AGENT_MEMORY": "sqlite:////proc/no/such.db"}, "memory"),
        ([], {"CODING_AGENT_MEMORY": "neo5j://x"}, "plugins"),
        ([], {"CODING_AGENT_SANDBOX": "dokcer"}, "plugins"),
        ([], {"CODING_AGENT_HOME": "/proc/none"}, "data folder"),
        (["--without", "memry"], {}, "plugins"),
    ],
)
def test_doctor_ends_with_1_where_something_configured_does_not_work(here, words, env, name):
    ended = here("doctor", "--json", *words, **env)
    assert ended.code == 1
    assert findings(ended)[name]["status"] == "failed"
    assert ended.err == ""


@pytest.mark.parametrize("folder", ["/", "HOME"])
def test_what_needs_no_workspace_works_in_a_folder_that_can_be_none(
    here, program, monkeypatch, folder
):
    monkeypatch.chdir(program.env["HOME"] if folder == "HOME" else folder)
    for words in (["sessions", "list"], ["plugins"], ["plugins", "--explain"], ["config", "show"]):
        ended = here(*words)
        assert (ended.code, "error" in ended.err) == (0, False)
    refused = here("sessions", "list", "-w", ".")
    assert refused.code == 2
    assert "the workspace" in refused.err
    found = findings(here("doctor", "--json"))
    assert found["workspace"]["status"] == "failed"
    assert found["plugins"]["status"] == "ok"


def test_the_files_of_such_a_folder_are_not_trusted(here, program, monkeypatch, tmp_path):
    home = Path(program.env["HOME"])
    store = tmp_path / "evil.db"
    (home / "coding_agent.toml").write_text(f'memory = "sqlite:///{store}"\n')
    monkeypatch.chdir(home)
    for words in (["sessions", "list"], ["plugins"], ["doctor"]):
        assert "evil" not in here(*words).out
        assert not store.exists()


@pytest.mark.parametrize("words", [["demo"], ["doctor"], ["config", "show"]])
def test_a_reader_that_goes_away_ends_each_command_alike(program, words):
    begun = program.start(*words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    begun.stdout.close()
    assert begun.wait(60) == 141


def test_doctor_does_not_fail_for_what_is_not_needed(here, tmp_path):
    ended = here("doctor", PATH=str(tmp_path), CODING_AGENT_MEMORY="none")
    assert "missing memory" in ended.out
    assert "missing git" in ended.out
    assert "install git" in ended.out


# -- help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--version"], ["-V"]])
def test_the_version_is_one_line(here, words):
    assert here(*words).out == f"coding-agent {__version__}\n"


@pytest.mark.parametrize(
    "command", [[], ["run"], ["resume"], ["sessions"], ["config"], ["plugins"], ["doctor"]]
)
def test_help_has_examples_that_stand_as_they_are_written(here, command):
    ended = here(*command, "-h")
    assert ended.code == 0
    assert "Examples:\n  coding-agent" in ended.out or "Examples:\n  git" in ended.out
    assert "\x1b" not in ended.out
    assert ended.out == here(*command, "--help").out


def test_a_group_without_a_command_shows_its_help(here):
    ended = here("sessions")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == here("sessions", "--help").out


def test_a_request_in_the_place_of_a_command_is_told_where_to_go(here):
    ended = here("Analyze the code")
    assert ended.code == 2
    assert "coding-agent run 'Analyze the code'" in ended.err


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["rnu", "x"], "run"),
        (["sessions", "lst"], "list"),
        (["run", "--worksapce", "."], "--workspace"),
    ],
)
def test_a_slip_is_answered_by_the_nearest_name(here, words, near):
    ended = here(*words)
    assert ended.code == 2
    assert near in ended.err
    assert ended.err.startswith("error: ")


def test_help_imports_nothing_heavy(program):
    ended = program("run", "--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert not imported & {"langgraph", "langchain_core", "httpx", "coding_agent_sdk.agent"}
    assert "typer" in imported


def test_events_as_json_survive_what_json_does_not_have(program):
    assert json.loads(program("run", b"\xff", "--json").out.splitlines()[0])["request"] == "\ufffd"


def test_the_shell_completes_commands(program):
    ended = program(
        _CODING_AGENT_COMPLETE="complete_bash", COMP_WORDS="coding-agent se", COMP_CWORD="1"
    )
    assert "sessions" in ended.out
