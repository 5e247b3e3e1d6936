"""Secrets are in no repr, no row, no note and no error."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, field_validator

from coding_agent_sdk.config import MASK, Settings, masked, masked_text, validate_section
from coding_agent_sdk.config.layers import Layer
from coding_agent_sdk.config.loaded import LoadedSettings
from coding_agent_sdk.config.masking import is_secret_name
from coding_agent_sdk.errors import ConfigError

SECRET = "hunter2-and-more"
NAMES = [
    "api_key", "apikey", "OPENAI_KEY", "token", "auth-token", "password", "dbPassword", "passwd",
    "secret", "client_secret", "credentials", "Authorization", "headers", "cookie", "privateKey",
]  # fmt: skip


def load_secrets(places):
    places.write(
        f"""
        memory = "postgresql://me:{SECRET}@host/db"
        base_url = "https://me:{SECRET}@proxy/v1?api_key={SECRET}"
        api_key = "{SECRET}"
        [plugins.x]
        api_key = "{SECRET}"
        uri = "neo4j://me:{SECRET}@host"
        list = ["http://u:{SECRET}@h"]
        headers = {{ x-custom = "{SECRET}" }}
        tokens = ["{SECRET}"]
        pin = 123456
        """,
        at="home",
    )
    return places.load(
        environ={"CODING_AGENT_PLUGINS__X__PASSWORD": SECRET, "OPENAI_API_KEY": SECRET}
    )


def test_no_secret_is_in_repr_str_or_rows(places):
    loaded = load_secrets(places)
    shown = (
        f"{loaded!r} {loaded} {loaded.settings!r} {loaded.settings} {loaded.rows()} {loaded.layers}"
    )
    assert SECRET not in shown
    assert "123456" not in shown
    rows = {key: value for key, value, _ in loaded.rows()}
    assert rows["memory"] == f"postgresql://{MASK}@host/db"
    assert (
        rows["api_key"] == rows["plugins.x.api_key"] == rows["plugins.x.headers.x-custom"] == MASK
    )
    assert rows["plugins.x.pin"] == rows["plugins.x.password"] == MASK
    assert loaded.settings.plugins["x"]["api_key"] == SECRET


class Ratios(BaseModel):
    flag: bool
    max_tokens: int
    ratio: float


def test_a_value_under_a_key_that_nobody_knows_is_masked(places):
    places.write("[plugins.x]\nraito = 0.5\nflag = true\n[plugins.z.a]\nb = 7\nc = true", at="home")
    shown = {key: value for key, value, _ in places.load().rows(models={"x": Ratios})}
    assert (shown["plugins.x.raito"], shown["plugins.z.a.b"]) == (MASK, MASK)
    assert (shown["plugins.x.flag"], shown["plugins.z.a.c"]) == ("true", "true")


def test_rows_show_every_setting_as_text(places):
    places.write("[plugins.x]\nflag = true\nmax_tokens = 9\nratio = 0.5\n[plugins.y]", at="home")
    rows = places.load(explicit={"timeout": 2.5}).rows(models={"x": Ratios})
    shown = {key: value for key, value, _ in rows}
    assert list(shown)[: len(Settings.model_fields) - 1] == [
        key for key in Settings.model_fields if key != "plugins"
    ]
    assert all(isinstance(part, str) for row in rows for part in row)
    assert (shown["timeout"], shown["model"], shown["deny_tools"]) == ("2.5", "(unset)", "[]")
    assert (shown["plugins.x.flag"], shown["plugins.x.max_tokens"]) == ("true", "9")
    assert shown["plugins.x.ratio"] == "0.5"


@given(name=st.sampled_from(NAMES), text=st.text(min_size=1))
def test_whatever_stands_under_a_secret_name_is_masked(name, text):
    assert is_secret_name(name)
    assert masked(name, text) == MASK
    assert masked("a", {name: {"b": [text]}}) == {name: {"b": [MASK]}}


word = st.text("abcdefghijkmnopqrstuvwxyz0123456789@:/%", min_size=6)


@given(user=word, password=word)
def test_user_and_password_of_a_url_are_masked_whatever_they_are(user, password):
    assert masked_text(f"neo4j://{user}:{password}@host/x") == f"neo4j://{MASK}@host/x"


@pytest.mark.parametrize(
    "text",
    ["sk-proj-abcdefghijklmnop", "ghp_abcdefghijklmnopqrstuv", "AKIAABCDEFGHIJKLMNOP"],
)
def test_what_looks_like_a_key_is_masked_under_any_name(text):
    assert masked("model", f"x {text}") == f"x {MASK}"


@pytest.mark.parametrize("name", ["model", "max_steps", "mode", "store", "keyboard", "monkey_name"])
def test_usual_names_are_not_secret(name):
    assert not is_secret_name(name)


def test_what_is_no_secret_is_shown():
    assert masked("api_key", "") == ""
    assert masked("secrets", True) is True
    assert masked("token", None) is None
    assert masked("max_tokens", "500") == "500"
    assert masked("max_tokens", 500) == 500
    assert masked("name", SecretStr("")) == ""
    assert masked("name", SecretStr("x")) == MASK
    assert masked("approver", print) == "<builtin_function_or_method>"


@pytest.mark.parametrize(
    "text",
    [
        f"api_key = ['{SECRET}']",
        f"base_url = ['http://u:{SECRET}@h']",
        f"max_steps = 'postgresql://me:{SECRET}@host'",
        f"[api_key]\nx = '{SECRET}'",
        f"api_kye = '{SECRET}'",
        f"temperature = 'password={SECRET}'",
    ],
)
def test_no_secret_is_in_an_error_nor_in_its_cause(places, text):
    places.write(text)
    with pytest.raises(ConfigError) as caught:
        places.load()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


class Careless(BaseModel):
    """A third party's model whose errors show the value."""

    api_key: str = ""
    token: int = 0
    url: str = ""

    @field_validator("api_key")
    @classmethod
    def check(cls, value):
        raise ValueError(f"{value!r} is not a key")


def test_no_secret_is_in_the_error_of_a_careless_plugin():
    data = {"api_key": SECRET, "token": f"{SECRET}x", "url": [f"http://{SECRET}@h"]}
    with pytest.raises(ConfigError) as caught:
        validate_section("x", data, Careless)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert "plugins.x.api_key: " in str(caught.value)
    assert "a str that is not shown" in str(caught.value)
    assert caught.value.__context__ is None


def test_a_short_secret_does_not_make_the_message_unreadable():
    with pytest.raises(ConfigError) as caught:
        validate_section("x", {"api_key": "e", "token": "x"}, Careless)
    assert "plugins.x.token: expected a valid integer" in str(caught.value)


def test_no_secret_is_in_a_note(places):
    places.write(
        f"base_url = 'http://u:{SECRET}@h'\napi_key = '{SECRET}'\n[plugins.x]\ntoken='{SECRET}'"
    )
    places.write(f"LANGFUSE_SECRET_KEY={SECRET}", name=".env")
    loaded = places.load()
    assert len(loaded.notes) == 4
    assert SECRET not in " ".join(loaded.notes)


def test_settings_without_layers_have_defaults_as_their_origin():
    loaded = LoadedSettings(settings=Settings(), layers=(Layer(name="x", settings=Settings()),))
    assert loaded.origin("model") == "default"
