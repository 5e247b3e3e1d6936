"""The default model, the folders of the user, the example file, and what importing costs."""

import re
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from coding_agent_sdk import config
from coding_agent_sdk.config import Settings, config_home, data_home, default_model
from coding_agent_sdk.config.providers import DEFAULT_MODELS
from coding_agent_sdk.config.trust import PROVIDER_KEYS
from coding_agent_sdk.config.variables import NOT_SETTINGS

EXAMPLE = Path(__file__).parents[3] / ".env.example"
KEYS = [variable for variable, _ in DEFAULT_MODELS]


@pytest.mark.parametrize(
    ("environment", "model", "why"),
    [
        ({"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "b"}, "anthropic:claude-sonnet-5-5", "ANTHROPIC_API_KEY is set"),
        ({"OPENAI_API_KEY": "b", "GOOGLE_API_KEY": "c"}, "openai:gpt-4.1", "OPENAI_API_KEY is set"),
        ({"GOOGLE_API_KEY": "c"}, "google:gemini-2.5-flash", "GOOGLE_API_KEY is set"),
        ({"GEMINI_API_KEY": "c"}, "google:gemini-2.5-flash", "GEMINI_API_KEY is set"),
        ({"ANTHROPIC_API_KEY": " ", "GEMINI_API_KEY": "c"}, "google:gemini-2.5-flash", "GEMINI_API_KEY is set"),
        ({"OPENAI_API_KEY": ""}, "offline:rules", "no key is set (ANTHROPIC_API_KEY, OPENAI_API_KEY, GOOGLE_API_KEY or GEMINI_API_KEY)"),
    ],
)  # fmt: skip
def test_the_model_is_that_of_the_first_provider_whose_key_is_set(environment, model, why):
    assert default_model(environment) == (model, why)


def test_a_named_model_is_taken_with_its_origin(places):
    environ = {"CODING_AGENT_MODEL": "openai:x", "ANTHROPIC_API_KEY": "k"}
    assert places.load(environ=environ).model() == ("openai:x", "environment CODING_AGENT_MODEL")


def test_a_key_in_env_chooses_the_model(places):
    places.write("OPENAI_API_KEY=k", name=".env")
    assert places.load().model() == ("openai:gpt-4.1", "OPENAI_API_KEY is set")


def test_a_key_of_no_provider_says_that_no_model_is_named(places):
    model, why = places.load(environ={"CODING_AGENT_API_KEY": "k"}).model()
    assert model == "offline:rules"
    assert why == "api_key is set by environment CODING_AGENT_API_KEY, but no model is named for it"


def test_every_key_that_chooses_a_model_may_stand_in_a_env():
    assert set(KEYS) <= PROVIDER_KEYS


def test_the_folders_are_those_of_the_platform_unless_a_home_is_set(monkeypatch):
    monkeypatch.delenv("CODING_AGENT_HOME", raising=False)
    assert data_home() == Path(platformdirs.user_data_dir("coding-agent", appauthor=False))
    assert config_home({}) == Path(platformdirs.user_config_dir("coding-agent", appauthor=False))
    monkeypatch.setenv("CODING_AGENT_HOME", "~/agent")
    assert data_home() == config_home() == Path.home() / "agent"
    assert data_home({"CODING_AGENT_HOME": " "}) == data_home({})


def test_the_folders_are_absolute_and_not_created(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_home({"CODING_AGENT_HOME": "here"}) == tmp_path / "here"
    assert list(tmp_path.iterdir()) == []


def test_the_example_lists_every_variable_and_no_other():
    listed = re.findall(r"^# ([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    fields = [f"CODING_AGENT_{key.upper()}" for key in Settings.model_fields if key != "plugins"]
    plugins = {f"CODING_AGENT_PLUGINS__{key}" for key in ("BUDGET__USD", "MEMORY__KEEP_DAYS")}
    wanted = {*fields, *NOT_SETTINGS, *KEYS, *plugins}
    assert set(listed) == wanted
    assert len(listed) == len(set(listed))


def test_the_example_can_be_read_with_all_its_lines_in_force(places):
    text = re.sub(r"^# ([A-Z_]+=)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    settings = places.write(text, name=".env") and places.load_trusted().settings
    assert settings.system_prompt == "Answer in Spanish."
    assert (settings.timeout, settings.load_plugins) == (None, [])


def test_the_defaults_in_the_example_are_the_defaults():
    shown = dict(re.findall(r"^# CODING_AGENT_([A-Z_]+)=(.+)$", EXAMPLE.read_text(), re.MULTILINE))
    for key in ("max_steps", "tool_timeout", "model_timeout", "check_timeout", "mode", "sandbox"):
        default = Settings.model_fields[key].default
        assert type(default)(shown[key.upper()]) == default


def test_every_public_name_can_be_loaded_and_listed():
    for name in config.__all__:
        assert getattr(config, name) is not None
        assert name in dir(config)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        config.nothing  # noqa: B018 -- the access is what is tested


def test_importing_the_package_reads_no_file_and_loads_neither_pydantic_nor_langchain(tmp_path):
    (tmp_path / "coding_agent.toml").write_text("broken =")
    code = (
        "import sys, coding_agent_sdk\n"
        "assert 'coding_agent_sdk.config' not in sys.modules\n"
        "import coding_agent_sdk.config\n"
        "assert 'pydantic' not in sys.modules\n"
        "coding_agent_sdk.config.load_settings\n"
        "print([name for name in ('langchain_core', 'langgraph', 'pydantic_settings') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
