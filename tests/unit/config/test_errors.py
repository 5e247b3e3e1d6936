"""What is said of a file, a key or a variable that cannot be used."""

import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from coding_agent_sdk import Agent
from coding_agent_sdk.config import load_settings
from coding_agent_sdk.config.files import MAX_BYTES, read_env, read_table
from coding_agent_sdk.config.problems import _found
from coding_agent_sdk.config.sqlite_url import parse_sqlite_url
from coding_agent_sdk.errors import ConfigError, UnknownNameError


def error_of(places, text, **arguments):
    places.write(text)
    with pytest.raises(ConfigError) as caught:
        places.load(**arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle = 'x'", "coding_agent.toml: unknown key 'modle'; did you mean 'model'? (known: model, "),
        ("max_steps = 'many'", "coding_agent.toml: max_steps: expected a valid integer"),
        ("max_steps = 'many'", "found 'many'"),
        ("max_steps = true", "max_steps: a number is wanted, not true or false, found True"),
        ("max_steps = 0", "max_steps: expected greater than or equal to 1, found 0"),
        ("timeout = inf", "timeout: expected a finite number, found inf"),
        ("timeout = nan", "timeout: "),
        ("timeout = -1", "timeout: expected greater than 0, found -1"),
        ("tool_timeout = 'none'", "tool_timeout: expected a valid number"),
        ("temperature = 3", "temperature: expected less than or equal to 2, found 3"),
        ("mode = 'YOLO'", "mode: expected 'read-only', 'ask', 'auto' or 'yolo', found 'YOLO'"),
        ("model = ''", "model: String should have at least 1 character, found ''"),
        ("without = '[1'", "without: a list in JSON is broken"),
        ("without = [1]", "without.0: expected a valid string, found 1"),
        ("deny_tools = {}", "deny_tools: expected a valid list, found a dict"),
        ("workspace = 1", "workspace: "),
        ('workspace = "a\\u0000b"', "coding_agent.toml: workspace 'a\\x00b' cannot be found"),
        ("workspace = '~nobody-of-that-name/x'", "cannot be found: "),
        ("plugins = 1", "plugins: expected a valid dictionary, found 1"),
        ("[plugins]\nrag = 1", "plugins.rag: expected a valid dictionary, found 1"),
        ("[rag]\nstore = 1", "the section of a plugin is written [plugins.rag]"),
        ("[tool.coding_agent]\nmode = 'ask'", "in coding_agent.toml the keys stand at the top"),
        ("mode = ", "coding_agent.toml, line 1, column 8: not valid TOML: Invalid value"),
        ("a = 1\nb = 'x", "line 2, column 7: not valid TOML"),
        ("[a", "not valid TOML"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("plugins.x" + ".a" * 100_000 + " = 1", "nested too deeply"),
        ("plugins.x" + ".a" * 31 + " = 1", "nested too deeply"),
        ("plugins.x.a = " + "[" * 31 + "]" * 31, "nested too deeply"),
    ],
)  # fmt: skip
def test_the_message_names_file_key_and_what_is_wanted(places, text, message):
    assert message in error_of(places, text)


def test_as_deep_as_allowed_is_no_error(places):
    places.write("plugins.x" + ".a" * 30 + " = 1", at="home")
    assert places.load().rows()[-1][0].startswith("plugins.x.a.a")


def test_a_variable_that_is_nested_too_deeply_is_an_error(places):
    with pytest.raises(ConfigError, match="nested too deeply"):
        places.load(environ={"CODING_AGENT_PLUGINS" + "__A" * 33: "1"})


def test_every_wrong_key_of_a_file_is_named_at_once(places):
    message = error_of(places, "modle = 1\nmax_steps = 'x'\n[rga]\n")
    assert len(message.splitlines()) == 3


def test_a_wrong_value_is_an_error_even_where_a_higher_layer_hides_it(places):
    assert "mode: expected" in error_of(places, "mode = 'x'", explicit={"mode": "ask"})


def test_an_unknown_explicit_key_is_the_builders(places):
    with pytest.raises(ConfigError, match="builder: unknown key 'modell'; did you mean 'model'"):
        places.load(explicit={"modell": "x"})


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("CODING_AGENT_MODE__X", "goes below 'mode', which has no keys of its own; set CODING_AGENT_MODE"),
        ("CODING_AGENT_PLUGINS", "write CODING_AGENT_PLUGINS__<PLUGIN>__<KEY>"),
        ("CODING_AGENT_PLUGINS__RAG", "write CODING_AGENT_PLUGINS__<PLUGIN>__<KEY>"),
        ("CODING_AGENT_PLUGINS__RAG____X", "write CODING_AGENT_PLUGINS__<PLUGIN>__<KEY>"),
        ("CODING_AGENT_MAX_STEPS", "environment CODING_AGENT_MAX_STEPS: max_steps: expected a valid integer"),
    ],
)  # fmt: skip
def test_the_message_names_the_variable(places, variable, message):
    with pytest.raises(ConfigError) as caught:
        places.load(environ={variable: "x"})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("CODING_AGENT_MODLE", "; did you mean 'CODING_AGENT_MODEL'?"),
        ("CODING_AGENT_mode", "; did you mean 'CODING_AGENT_MODE'?"),
        ("CODING_AGENT_IMAGE_TAG", ""),
    ],
)
def test_an_unknown_variable_stops_nothing_and_is_told_with_the_nearest_known(
    places, variable, hint
):
    loaded = places.load(environ={variable: "read-only"})
    (note,) = loaded.unknown
    assert note.startswith(f"environment: unknown variable {variable!r} was ignored{hint} (known: ")
    assert "CODING_AGENT_MAX_STEPS" in note
    assert note in loaded.notes
    assert loaded.settings.mode == "ask"


def test_variables_that_are_read_elsewhere_are_no_typos(places):
    path = places.write("", at="elsewhere", name="c.toml")
    environ = {"CODING_AGENT_DEBUG": "1", "CODING_AGENT_CONFIG": str(path), "OTHER": "1"}
    loaded = places.load(environ={**environ, "CODING_AGENT_COMMAND": "a token of a command"})
    assert loaded.unknown == ()


def test_a_variable_above_another_is_an_error(places):
    environ = {"CODING_AGENT_PLUGINS__X__A": "1", "CODING_AGENT_PLUGINS__X__A__B": "2"}
    with pytest.raises(ConfigError, match="'a' has a value already"):
        places.load(environ=environ)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "--config {path} does not exist; create it"),
        (lambda path: path.mkdir(), "--config {path} is a folder; name a file in it"),
        (lambda path: path.write_bytes(b"a = '\xff'"), "{path} is not text in UTF-8 (byte 5)"),
        (lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)), "{path} is longer than 1048576 bytes"),
        (lambda path: path.symlink_to("/dev/zero"), "--config {path} is no regular file"),
        (lambda path: path.symlink_to("/proc/self/mem"), "--config {path} cannot be read: "),
        (lambda path: path.symlink_to(path), "--config {path} cannot be read: Too many levels"),
    ],
)  # fmt: skip
def test_a_named_file_that_cannot_be_read_is_an_error(places, make, message):
    path = places.elsewhere / "x.toml"
    make(path)
    with pytest.raises(ConfigError) as caught:
        places.load(config_file=path)
    assert message.format(path=path) in str(caught.value)


def test_a_named_file_with_an_impossible_name_is_an_error(places):
    with pytest.raises(ConfigError, match="cannot be read"):
        places.load(config_file=Path("a\0b"))


def test_a_variable_that_names_a_missing_file_is_named_in_the_error(places):
    with pytest.raises(ConfigError, match=r"CODING_AGENT_CONFIG .*gone\.toml does not exist"):
        places.load(environ={"CODING_AGENT_CONFIG": "gone.toml"})


def test_a_named_pyproject_without_the_table_is_an_error(places):
    path = places.write("[tool.ruff]", at="elsewhere", name="pyproject.toml")
    with pytest.raises(ConfigError, match=r"has no table \[tool\.coding_agent\]"):
        places.load(config_file=path)


def test_a_coding_agent_toml_that_is_a_folder_is_an_error(places):
    (places.cwd / "coding_agent.toml").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        places.load()


def test_a_users_file_that_cannot_be_used_is_an_error(places):
    path = places.write("mode = 'x'", at="home")
    with pytest.raises(ConfigError) as caught:
        places.load()
    assert str(caught.value).startswith(f"{path}: mode: expected")


@pytest.mark.parametrize(
    "data", [b"[tool", b"\xff", b"#" * (MAX_BYTES + 1), b"[tool.ruff]\na = 1\na = 2"]
)
def test_a_broken_pyproject_without_our_settings_is_only_noted(places, data):
    # The agent may have been called to repair it.
    (places.cwd / "pyproject.toml").write_bytes(data)
    notes = places.load().notes
    assert len(notes) == 1
    assert "pyproject.toml" in notes[0]
    assert "holds no settings of the agent" in notes[0]


def test_a_pyproject_that_cannot_be_opened_is_only_noted(places):
    (places.cwd / "pyproject.toml").symlink_to(places.cwd / "gone")
    assert "holds no settings of the agent" in places.load().notes[0]


def test_a_broken_pyproject_with_our_settings_is_an_error(places):
    places.write("[tool.coding_agent]\nmode = ", name="pyproject.toml")
    with pytest.raises(ConfigError, match=r"pyproject\.toml, line 2, column 8: not valid TOML"):
        places.load()


def test_our_table_has_to_be_a_table(places):
    places.write("[tool]\ncoding_agent = 1", name="pyproject.toml")
    with pytest.raises(ConfigError, match=r"tool\.coding_agent is a int, not a table"):
        places.load()


@pytest.mark.parametrize("name", ["coding-agent", "coding_agent_sdk", "coding-agent-sdk"])
def test_a_misspelt_table_is_noted(places, name):
    places.write(f"[tool.{name}]\nmode = 'ask'", name="pyproject.toml")
    assert f"[tool.{name}] was not read; the table is [tool.coding_agent]" in places.load().notes[0]


def test_a_pyproject_with_an_odd_tool_key_has_no_settings(places):
    places.write("tool = 1", name="pyproject.toml")
    assert places.load().notes == ()


def test_a_byte_order_mark_is_no_error(places):
    (places.cwd / "coding_agent.toml").write_bytes(b"\xef\xbb\xbfmax_steps = 3")
    assert places.load().settings.max_steps == 3


def test_a_current_folder_that_is_gone_is_an_error(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigError, match="current folder cannot be used"):
        load_settings(environ={})


def test_a_folder_with_an_impossible_name_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot look for"):
        read_env(tmp_path / ("x" * 300) / ".env")


def test_the_cause_of_an_error_is_kept(places):
    with pytest.raises(ConfigError) as caught:
        places.load(config_file=Path("gone"))
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_pipe_is_not_read_where_it_was_not_asked_for(tmp_path):
    os.mkfifo(tmp_path / "coding_agent.toml")
    with pytest.raises(ConfigError, match="no regular file"):
        read_table(tmp_path / "coding_agent.toml")


# -- sections of plugins ----------------------------------------------------------------------------


class Deep(BaseModel):
    depth: int = 1


class Section(BaseModel):
    store: str = ""
    stores: list[str] = []
    names: set[str] = set()
    deep: Deep = Deep()
    choices: list[Deep] = []
    either: Deep | None = None
    api_key: str = ""


class NeedsMore(BaseModel):
    store: str


class Free(BaseModel, extra="allow"):
    a: int = 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stor = 1", "unknown key 'plugins.rag.stor'; did you mean 'store'? (known: store, stores, "),
        ("[plugins.rag.deep]\ndept = 1", "unknown key 'plugins.rag.deep.dept'; did you mean 'depth'? (known: depth)"),
        ("[plugins.rag.either]\ndept = 1", "did you mean 'depth'? (known: depth)"),
        ("choices = [{dept = 1}]", "unknown key 'plugins.rag.choices.0.dept'; did you mean 'depth'?"),
        ("deep.depth = 'x'", "plugins.rag.deep.depth: expected a valid integer"),
        ("stores = 1", "plugins.rag.stores: expected a valid list, found 1"),
        ("deep = '{'", "plugins.rag.deep: expected a valid dictionary"),
        ("choices = ['a,b']", "plugins.rag.choices.0: expected a valid dictionary"),
    ],
)  # fmt: skip
def test_a_section_is_checked_by_the_model_of_its_plugin(places, text, message):
    path = places.write(f"[plugins.rag]\n{text}", at="home")
    loaded = places.load()
    with pytest.raises(ConfigError) as caught:
        loaded.section("rag", Section)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_key_of_a_section_is_named(places):
    with pytest.raises(ConfigError, match=r"plugins\.rag\.store is missing; give it a value"):
        places.load().section("rag", NeedsMore)


def test_a_section_nobody_wrote_has_the_defaults_of_its_model(places):
    assert places.load().section("rag", Section) == Section()


def test_a_model_that_allows_more_keys_gets_them(places):
    places.write("[plugins.x]\nb = 2", at="home")
    assert places.load().section("x", Free).model_extra == {"b": 2}


def test_lists_and_tables_of_a_section_can_be_set_by_variables(places):
    prefix = "CODING_AGENT_PLUGINS__RAG__"
    environ = {
        f"{prefix}STORES": "a, b",
        f"{prefix}NAMES": '["c"]',
        f"{prefix}DEEP": '{"depth": 3}',
        f"{prefix}EITHER__DEPTH": "4",
    }
    section = places.load(environ=environ).section("rag", Section)
    assert section == Section(
        stores=["a", "b"], names={"c"}, deep=Deep(depth=3), either=Deep(depth=4)
    )


def test_a_section_of_nobody_names_the_nearest_plugin(places):
    places.write("[plugins.rga]\na = 1", at="home")
    loaded = places.load()
    with pytest.raises(
        ConfigError, match=r"no plugin has the section \[plugins\.rga\]; did you mean 'rag'"
    ):
        loaded.check_sections(["rag", "my-plugin"])
    loaded.check_sections(["rga"])


@pytest.mark.parametrize(
    "url",
    ["not a url", "ftp://x", "127.0.0.1:9", "localhost:11434/v1", "http://", "http://h:port/v1"],
)
def test_an_address_that_no_server_can_have_is_refused_with_an_example(places, url):
    with pytest.raises(ConfigError, match="such as http://localhost:11434/v1"):
        places.load(explicit={"base_url": url})


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "https://[::1]/v1", " http://h "])
def test_an_address_of_a_server_is_taken(places, url):
    assert places.load(explicit={"base_url": url}).settings.base_url == url.strip()


def test_a_count_of_tokens_is_shown_where_it_is_wrong_or_listed(tmp_path):
    builder = Agent.builder().config(None, project=False).workspace(tmp_path)
    with pytest.raises(ConfigError, match=r"plugins\.context\.max_tokens: .* found 5$"):
        builder.plugin("context", max_tokens=5).build()
    agent = builder.plugin("context", max_tokens=5000).budget(tokens=700).build()
    rows = {key: (value, origin) for key, value, origin in agent.settings.rows()}
    assert rows["plugins.context.max_tokens"] == ("5000", "builder")
    assert rows["plugins.budget.tokens"] == ("700", "builder")
    assert rows["plugins.budget.answer_tokens"] == ("1000", "default")


@pytest.mark.parametrize("pattern", ["run_cmd(", "run_cmd()", "run_cmd( )"])
def test_a_pattern_that_only_calls_without_an_argument_fit_is_refused(places, pattern):
    with pytest.raises(ConfigError, match=r"deny_tools.*run_cmd alone denies each call"):
        places.load(explicit={"deny_tools": [pattern]})


@pytest.mark.parametrize(
    "pattern", ["run_cmd", "run_cmd(git push*", "run_cmd(echo (x))", "t(a\nb)"]
)
def test_a_pattern_that_calls_fit_is_taken(places, pattern):
    assert places.load(explicit={"deny_tools": [pattern]}).settings.deny_tools == [pattern]


def test_what_is_given_in_a_wrong_form_says_the_right_one(tmp_path):
    builder = Agent.builder().config(None, project=False).workspace(tmp_path).model("offline:rules")
    with pytest.raises(ConfigError, match="a workspace is the path of a folder, not None"):
        builder.workspace(None)
    with pytest.raises(ConfigError, match=r"plugins\.breaker\.failures: expected less than"):
        builder.plugin("breaker", failures=10**30).build()
    with pytest.raises(ConfigError, match=r"names no SQLite file; write sqlite:///"):
        parse_sqlite_url("sqlite:sessions.db")
    with pytest.raises(UnknownNameError, match="write a URL: sqlite:///"):
        builder.memory("sessions").build()
    one = builder.model("offline:rules", fallback="offline:rules").build()
    assert one.settings.settings.fallback == ["offline:rules"]


@pytest.mark.parametrize("path", [("secrets", "tokens"), ("auth", "pins", "user_tokens")])
def test_a_number_below_a_secret_name_is_not_shown(path):
    assert _found(path, "4711") == "a str that is not shown"
    assert _found(path[-1:], "4711") == "'4711'"
