"""Which layer wins, and what `origin` says of it."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.config import Settings, load_settings
from coding_agent_sdk.errors import ConfigError, UnknownNameError

LAYERS = ("builder", "environment", ".env", "project", "user")
ORIGINS = {
    "builder": "builder",
    "environment": "environment CODING_AGENT_MAX_STEPS",
    ".env": ".env CODING_AGENT_MAX_STEPS",
    "project": "coding_agent.toml",
}


def load_layers(root, values):
    """Load `max_steps` as each layer of *values* gives it, with every layer trusted."""
    for name in ("project", "home", "elsewhere"):
        (root / name).mkdir()
    if ".env" in values:
        (root / "project/.env").write_text(f"CODING_AGENT_MAX_STEPS={values['.env']}\n")
    if "project" in values:
        (root / "project/coding_agent.toml").write_text(f"max_steps = {values['project']}\n")
    if "user" in values:
        (root / "home/coding_agent.toml").write_text(f"max_steps = {values['user']}\n")
    environ = {"CODING_AGENT_HOME": str(root / "home")}
    if "environment" in values:
        environ["CODING_AGENT_MAX_STEPS"] = str(values["environment"])
    explicit = {"max_steps": values["builder"]} if "builder" in values else {}
    return load_settings(
        explicit=explicit,
        cwd=root / "project",
        workspace=root / "elsewhere",
        environ=environ,
    )


@given(values=st.dictionaries(st.sampled_from(LAYERS), st.integers(1, 10_000)))
def test_the_highest_layer_that_gives_a_value_wins_and_is_its_origin(values):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        loaded = load_layers(root, values)
        winner = next((layer for layer in LAYERS if layer in values), None)
        origins = {**ORIGINS, "user": str(root / "home/coding_agent.toml"), None: "default"}
        assert loaded.settings.max_steps == (values[winner] if winner else 50)
        assert loaded.origin("max_steps") == origins[winner]
        assert loaded.notes == ()


@given(
    lists=st.lists(
        st.lists(st.sampled_from(["run_cmd", "write_file", "edit_file"]), max_size=3),
        min_size=4,
        max_size=4,
    )
)
def test_denied_tools_of_all_layers_are_united(lists):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for place, denied in zip(("project", "home", "work"), lists, strict=False):
            (root / place).mkdir()
            (root / place / "coding_agent.toml").write_text(f"deny_tools = {json.dumps(denied)}\n")
        loaded = load_settings(
            explicit={"deny_tools": lists[3], "workspace": root / "work"},
            cwd=root / "project",
            environ={"CODING_AGENT_HOME": str(root / "home")},
        )
        assert set(loaded.settings.deny_tools) == {name for part in lists for name in part}
        assert len(loaded.settings.deny_tools) == len(set(loaded.settings.deny_tools))


def test_without_anything_the_defaults_hold_and_the_workspace_is_the_current_folder(places):
    loaded = places.load()
    assert loaded.settings == Settings(workspace=places.cwd)
    assert {origin for _, _, origin in loaded.rows()} == {"default"}


def test_the_environment_of_the_process_is_read_where_none_is_given(places, monkeypatch):
    monkeypatch.chdir(places.cwd)
    monkeypatch.setenv("CODING_AGENT_HOME", str(places.home))
    monkeypatch.setenv("CODING_AGENT_MODE", "auto")
    before = dict(os.environ)
    loaded = load_settings()
    assert loaded.settings.mode == "auto"
    assert loaded.settings.workspace == places.cwd
    assert dict(os.environ) == before


def test_an_empty_variable_counts_as_unset(places):
    assert places.load(environ={"CODING_AGENT_MODE": " "}).settings.mode == "ask"


def test_a_list_in_a_variable_is_written_with_commas_or_as_json(places):
    commas = places.load(environ={"CODING_AGENT_WITHOUT": "rag, tracing,"})
    in_json = places.load(environ={"CODING_AGENT_WITHOUT": '["rag", "tracing"]'})
    assert commas.settings.without == in_json.settings.without == ["rag", "tracing"]


@pytest.mark.parametrize(
    ("text", "plugins"), [("none", []), ("a,b", ["a", "b"]), ("", None), ("NONE", [])]
)
def test_the_plugins_to_load_are_none_or_a_list(places, text, plugins):
    loaded = places.load(environ={"CODING_AGENT_LOAD_PLUGINS": text})
    assert loaded.settings.load_plugins == plugins


def test_none_takes_a_limit_away_where_a_lower_layer_set_one(places):
    places.write("timeout = 5\napproval_timeout = 6", at="home")
    loaded = places.load(
        environ={"CODING_AGENT_TIMEOUT": "none"}, explicit={"approval_timeout": None}
    )
    assert loaded.settings.timeout is None
    assert loaded.settings.approval_timeout is None


def test_sections_of_plugins_are_merged_key_by_key(places):
    places.write('[plugins.rag]\nstore = "low"\ntop = 3\n[plugins.rag.deep]\na = 1', at="home")
    loaded = places.load(
        environ={"CODING_AGENT_PLUGINS__RAG__STORE": "high"},
        explicit={"plugins": {"rag": {"deep": {"b": 2}}}},
    )
    assert loaded.settings.plugins == {"rag": {"store": "high", "top": 3, "deep": {"a": 1, "b": 2}}}
    user = str(places.home / "coding_agent.toml")
    variable = "environment CODING_AGENT_PLUGINS__RAG__STORE"
    assert loaded.origin("plugins.rag.store") == variable
    assert loaded.origin("plugins.rag.top") == user
    assert loaded.origin("plugins.rag.deep.b") == "builder"
    assert set(loaded.origin("plugins.rag").split(" + ")) == {user, variable, "builder"}


def test_a_value_replaces_a_table_and_a_table_a_value(places):
    places.write("[plugins.x]\na = 1\n[plugins.x.b]\nc = 2", at="home")
    loaded = places.load(explicit={"plugins": {"x": {"a": {"d": 3}, "b": 4}}})
    assert loaded.settings.plugins == {"x": {"a": {"d": 3}, "b": 4}}


def test_a_plugin_with_a_dash_can_be_set_by_a_variable(places):
    places.write("[plugins.My-Plugin]\nsize = 1\nname = 'n'", at="home")
    loaded = places.load(environ={"CODING_AGENT_PLUGINS__MY_PLUGIN__SIZE": "2"})
    assert loaded.settings.plugins == {"my_plugin": {"size": "2", "name": "n"}}


def test_one_section_under_two_spellings_is_an_error(places):
    places.write("[plugins.my-rag]\n[plugins.my_rag]", at="home")
    with pytest.raises(ConfigError, match=r"plugins\.my_rag stands twice, also as 'my_rag'"):
        places.load()


def test_coding_agent_toml_wins_over_pyproject_and_a_note_says_so(places):
    places.write('model = "offline:a"')
    places.write('[tool.coding_agent]\nmodel = "offline:b"', name="pyproject.toml")
    loaded = places.load()
    assert loaded.settings.model == "offline:a"
    assert "coding_agent.toml was used and [tool.coding_agent]" in loaded.notes[0]


def test_pyproject_is_read_where_there_is_no_coding_agent_toml(places):
    places.write('[tool.coding_agent]\nmodel = "offline:b"', name="pyproject.toml")
    loaded = places.load()
    assert (loaded.settings.model, loaded.origin("model")) == ("offline:b", "pyproject.toml")
    assert loaded.notes == ()


def test_a_pyproject_of_something_else_is_no_layer(places):
    places.write("[project]\nname = 'x'", name="pyproject.toml")
    assert places.load().notes == ()


def test_a_named_file_replaces_that_of_the_project(places):
    places.write('model = "offline:a"\nmode = "read-only"')
    path = places.write('model = "offline:b"', at="elsewhere", name="mine.toml")
    loaded = places.load_trusted(config_file=path)
    assert (loaded.settings.model, loaded.settings.mode) == ("offline:b", "ask")
    assert loaded.origin("model") == str(path)


def test_a_relative_named_file_starts_from_the_current_folder(places):
    places.write('model = "offline:b"', name="mine.toml")
    assert places.load(config_file=Path("mine.toml")).settings.model == "offline:b"


def test_the_file_can_be_named_by_a_variable_and_the_argument_wins(places):
    one = places.write('model = "offline:a"', at="elsewhere", name="one.toml")
    two = places.write('model = "offline:b"', at="elsewhere", name="two.toml")
    environ = {"CODING_AGENT_CONFIG": str(one)}
    assert places.load(environ=environ).settings.model == "offline:a"
    assert places.load(environ=environ, config_file=two).settings.model == "offline:b"


def test_a_named_pyproject_is_read_by_its_table(places):
    path = places.write('[tool.coding_agent]\nmode = "yolo"', at="elsewhere", name="pyproject.toml")
    assert places.load(config_file=path).settings.mode == "yolo"


def test_a_named_file_may_be_a_pipe(places):
    read, write = os.pipe()
    try:
        os.write(write, b"max_steps = 7")
        os.close(write)
        assert places.load(config_file=Path(f"/dev/fd/{read}")).settings.max_steps == 7
    finally:
        os.close(read)


def test_the_files_of_the_project_can_be_left_out(places):
    places.write("max_steps = 3")
    places.write("CODING_AGENT_MODEL=offline:a\nOPENAI_API_KEY=k", name=".env")
    places.write("max_steps = 9", at="home")
    loaded = places.load(project=False)
    assert (loaded.settings.max_steps, loaded.settings.model) == (9, None)
    assert "OPENAI_API_KEY" not in loaded.environment


def test_the_workspace_is_absolute_and_may_be_given_in_three_ways(places):
    (places.cwd / "sub").mkdir()
    sub = places.cwd / "sub"
    assert places.load(workspace=Path("sub")).settings.workspace == sub
    assert places.load(explicit={"workspace": "sub"}).settings.workspace == sub
    assert places.load(environ={"CODING_AGENT_WORKSPACE": "sub"}).settings.workspace == sub


def test_explicit_goes_before_the_workspace_argument(places):
    loaded = places.load(workspace=places.home, explicit={"workspace": places.elsewhere})
    assert loaded.settings.workspace == places.elsewhere


def test_origin_says_default_for_what_nobody_set_and_refuses_unknown_keys(places):
    loaded = places.load()
    assert loaded.origin("plugins.rag.store") == loaded.origin("plugins") == "default"
    with pytest.raises(UnknownNameError, match="did you mean 'model'"):
        loaded.origin("modell")


def test_settings_cannot_be_changed(places):
    with pytest.raises(ValueError, match="frozen"):
        places.load().settings.mode = "yolo"
    with pytest.raises(TypeError):
        places.load().environment["A"] = "b"
