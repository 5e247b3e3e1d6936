"""The `.env` of the current folder: whose variables are taken, and how it is read."""

import os

import pytest
from dotenv.main import resolve_variables
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.config.files import MAX_ENV_BYTES
from coding_agent_sdk.config.variables import LONGEST, expanded
from coding_agent_sdk.errors import ConfigError


def test_a_env_in_the_workspace_gives_provider_keys_model_and_a_stricter_mode(places):
    places.write(
        'OPENAI_API_KEY="k1"\nexport GEMINI_API_KEY=k2 # mine\nCODING_AGENT_MODEL=openai:x\n'
        "CODING_AGENT_MODE=read-only\nCODING_AGENT_API_KEY=k3\nDATABASE_URL=db",
        name=".env",
    )
    loaded = places.load()
    assert loaded.environment["OPENAI_API_KEY"] == "k1"
    assert loaded.environment["GEMINI_API_KEY"] == "k2"
    assert "DATABASE_URL" not in loaded.environment
    assert (loaded.settings.model, loaded.settings.mode) == ("openai:x", "read-only")
    assert loaded.settings.api_key.get_secret_value() == "k3"
    assert loaded.origin("mode") == ".env CODING_AGENT_MODE"
    assert loaded.notes == ()
    assert "OPENAI_API_KEY" not in os.environ


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "OPENAI_API_BASE", "HTTPS_PROXY",
        "OTEL_EXPORTER_OTLP_ENDPOINT", "LANGFUSE_HOST", "LANGFUSE_SECRET_KEY",
        "LANGSMITH_API_KEY", "OLLAMA_HOST", "UNKNOWN_API_KEY",
    ],
)  # fmt: skip
def test_addresses_and_keys_of_watchers_are_not_taken_from_the_workspace(places, name):
    places.write(f"{name}=http://evil.example", name=".env")
    loaded = places.load()
    assert name not in loaded.environment
    assert loaded.notes == (f".env: {name} was ignored; set it in the environment to have it so",)


@pytest.mark.parametrize(
    "line",
    [
        "CODING_AGENT_MODE=yolo", "CODING_AGENT_BASE_URL=http://evil", "CODING_AGENT_MEMORY=none",
        "CODING_AGENT_SANDBOX=none", "CODING_AGENT_LOAD_PLUGINS=x", "CODING_AGENT_WITHOUT=x",
        "CODING_AGENT_SYSTEM_PROMPT=x", "CODING_AGENT_MAX_STEPS=51", "CODING_AGENT_WORKSPACE=/",
        "CODING_AGENT_PLUGINS__TRACING__ENDPOINT=http://evil",
    ],
)  # fmt: skip
def test_a_env_in_the_workspace_cannot_loosen(places, line):
    before = places.load().settings
    places.write(line, name=".env")
    loaded = places.load()
    assert loaded.settings == before
    assert len(loaded.notes) == 1
    assert "set it in the environment" in loaded.notes[0]


def test_the_environment_wins_over_env_but_an_empty_variable_does_not(places):
    places.write("OPENAI_API_KEY=file\nGROQ_API_KEY=file", name=".env")
    loaded = places.load(environ={"OPENAI_API_KEY": "process", "GROQ_API_KEY": ""})
    assert loaded.environment["OPENAI_API_KEY"] == "process"
    assert loaded.environment["GROQ_API_KEY"] == "file"


@pytest.mark.parametrize("name", ["CODING_AGENT_HOME", "CODING_AGENT_CONFIG"])
def test_what_is_needed_before_env_is_read_has_no_effect_there(places, name):
    places.write(f"{name}=/evil", name=".env")
    for loaded in (places.load(), places.load_trusted()):
        assert loaded.notes == (f".env: {name} has no effect there; set it in the environment",)
        assert loaded.environment.get(name) != "/evil"


def test_a_env_in_the_workspace_cannot_read_the_environment(places):
    places.write(
        "CODING_AGENT_MODEL=openai:x${AWS_SECRET}\nOPENAI_API_KEY=${AWS_SECRET:-no}", name=".env"
    )
    environ = {"AWS_SECRET": "hidden-value"}
    loaded = places.load(environ=environ)
    assert (loaded.settings.model, loaded.environment["OPENAI_API_KEY"]) == ("openai:x", "no")


def test_a_trusted_env_expands_variables_of_its_own_and_of_the_environment(places):
    places.write("A=1\nB=${A}${C}${D:-4}${E}", name=".env")
    assert places.load_trusted(environ={"C": "3"}).environment["B"] == "134"


@given(st.text("ab${}:-A\n", max_size=30), st.text("ab", max_size=3))
def test_expanding_does_what_python_dotenv_does(text, value):
    variables = {"A": value, "B": text}
    assert expanded(variables, {}) == resolve_variables(variables.items(), override=True)


@pytest.mark.parametrize("lines", [40, 1])
def test_a_env_cannot_fill_the_memory(places, lines):
    text = ["A0=" + "x" * 1000, *(f"A{n + 1}=${{A{n}}}${{A{n}}}" for n in range(lines))]
    places.write("\n".join([*text, "B=" + "${A0}" * 100]), name=".env")
    with pytest.raises(ConfigError, match=r"\.env: (A5|B) expands to more than 16384 characters"):
        places.load()


def test_a_value_that_is_very_long_is_not_expanded(places):
    long = "${A}" + "x" * LONGEST
    places.write(f"A=1\nB='{long}'", name=".env")
    assert places.load_trusted().environment["B"] == long


@pytest.mark.parametrize("data", [b"A=\xff", b"A=1\n" * MAX_ENV_BYTES], ids=["binary", "long"])
def test_a_env_that_cannot_be_used_is_noted_unless_it_speaks_of_us(places, data):
    (places.cwd / ".env").write_bytes(data)
    assert "so the run goes on without it" in places.load().notes[0]
    (places.cwd / ".env").write_bytes(b"CODING_AGENT_MODE=ask\n" + data)
    with pytest.raises(ConfigError, match=r"\.env is (longer than|not text)"):
        places.load()


def test_many_broken_lines_make_few_notes(places):
    places.write("x y\n" * 100, name=".env")
    notes = places.load().notes
    assert len(notes) == 6
    assert "95 more lines are like that" in notes[-1]


def test_a_broken_line_is_noted_by_its_number_and_never_shown(places):
    places.write("OPENAI_API_KEY=k\nthis is ' sk-secret\n", name=".env")
    loaded = places.load()
    assert loaded.notes == (
        f"{places.cwd / '.env'}, line 2 is not of the form NAME=value and was left out",
    )
    assert loaded.environment["OPENAI_API_KEY"] == "k"


def test_a_broken_line_of_ours_is_an_error(places):
    places.write("\nCODING_AGENT_API_KEY='sk-secret\n", name=".env")
    with pytest.raises(ConfigError, match=r"\.env, line 2: not of the form NAME=value") as caught:
        places.load()
    assert "sk-secret" not in str(caught.value)


def test_a_line_without_a_value_is_passed_over(places):
    places.write("OPENAI_API_KEY\n", name=".env")
    loaded = places.load()
    assert "OPENAI_API_KEY" not in loaded.environment
    assert loaded.notes == ()


def test_a_folder_called_env_is_a_virtual_environment(places):
    (places.cwd / ".env").mkdir()
    assert places.load().notes == ()


def test_a_env_that_is_a_pipe_or_a_device_is_not_read(places):
    os.mkfifo(places.cwd / ".env")
    assert "is no regular file" in places.load().notes[0]
    (places.cwd / ".env").unlink()
    (places.cwd / ".env").symlink_to("/dev/zero")
    assert "is no regular file" in places.load().notes[0]


def test_a_typo_in_env_is_told_and_names_the_nearest(places):
    places.write("CODING_AGENT_MODLE=x", name=".env")
    (note,) = places.load().unknown
    assert note.startswith(".env: unknown variable 'CODING_AGENT_MODLE' was ignored; did you mean")
    assert "'CODING_AGENT_MODEL'?" in note
