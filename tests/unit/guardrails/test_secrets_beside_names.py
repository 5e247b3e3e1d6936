"""Values that a name gives away without a sign between them: settings, YAML below it, calls."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails.secrets import MASK, redact
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

draw = MadeUp(11)
PASSWORD = draw.password()
TOKEN = draw.text(24)


def _stays(text: str) -> None:
    assert redact(text) == text


def _is_masked(text: str, value: str) -> None:
    assert redact(text.format(value)) == text.format(MASK)
    redactor = SecretRedactor()
    streamed = "".join([*map(redactor.feed, text.format(value)), redactor.close()])
    assert streamed == text.format(MASK)


@pytest.mark.parametrize(
    "where",
    [
        "FROM a\nENV SMTP_PASSWORD {}\nCOPY . .\n",
        "setenv DB_PASSWORD {}\n",
        "setx API_TOKEN {}\n",
        "set -gx API_TOKEN {}\n",
        "aws configure set aws_secret_access_key {}\n",
        "npm config set //npm.acme.io/:_authToken {}\n",
        "git config --global acme.token {}\n",
    ],
)
def test_a_value_that_a_blank_parts_from_its_name_is_masked(where):
    _is_masked(where, PASSWORD if "PASSWORD" in where else TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "ENV TOKEN_TTL 3600abc\n",
        "ENV API_TOKEN $TOKEN\n",
        "ENV DB_PASSWORD changeme\n",
        "we set password rules for 12 users\n",
        "the env token is described below\n",
        "git config --global user.name Ada\n",
    ],
)
def test_settings_without_a_live_value_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        "db:\n  password:\n    {}\n  user: bob\n",
        "db:\n  password: |\n    {}\n",
        "db:\n  password: >-\n    {}\nnext: 1\n",
        'db:\n  "password":  # of the app\n    "{}"\n',
        "- name: x\n- password: |-\n    {}\n",
        "+db:\n+  password: |\n+    {}\n",
    ],
)
def test_a_value_below_its_name_in_yaml_is_masked(where):
    _is_masked(where, PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "password:\n  type: string\n",
        "password:\n  min_length8: 12\n",
        "    password:\nNext9!x is no value\n",
        "  password:\n  Next9!x\n",
        "password:\n    The password of the account.\n",
        "secrets:\n  - db_password1\n",
        "token: |\n  ${{ secrets.TOKEN_1 }}\n",
    ],
)
def test_what_is_no_value_below_a_name_stays(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        "requests.get(url, auth=('svc', '{}'))",
        'requests.get(url, auth=("svc","{}"))',
        "HTTPBasicAuth('svc', '{}')",
        "server.login('me@acme.io', '{}')",
        "server.login(USER, '{}')",
        "httpx.Client(auth=(settings.user, b'{}'))",
        "auth: ['svc', '{}'],",
        'new mysqli("db.acme.io", "app", "{}");',
        "new PDO($dsn, 'app', '{}');",
        'DriverManager.getConnection(url, "app", "{}");',
    ],
)
def test_a_password_behind_a_users_name_in_a_call_is_masked(where):
    _is_masked(where, PASSWORD)


def test_a_password_of_several_words_in_a_call_is_masked():
    _is_masked("requests.get(url, auth=('svc', '{}'))", "tango 42 river!")


@pytest.mark.parametrize(
    "text",
    [
        "auth=('user', 'pass')",
        "auth=(user, password)",
        "login('alice', 'hunter2')",
        "auth: ['read', 'write'],",
        "getConnection(url, 'app', '')",
    ],
)
def test_calls_without_a_live_password_stay(text):
    _stays(text)


def test_what_looks_drawn_at_random_behind_capitals_is_masked():
    _is_masked("PORT=80\nMAILER={}\n", TOKEN)
    _is_masked("export MAILER='{}'\n", TOKEN)
    _is_masked("HOME=/root\0MAILER={}\0PATH=/bin\0", TOKEN)


@pytest.mark.parametrize(
    "line",
    [
        "CLIENT_ID={}",
        "IMAGE_DIGEST={}",
        "NEXT_PUBLIC_X={}",
        "mailer={}",
        "x = MAILER={}",
        "MAILER=https://acme.io/{}",
        "MAILER=/srv/{}",
    ],
)
def test_other_random_values_in_settings_stay(line):
    _stays(f"{line.format(TOKEN)}\n")


def test_a_list_of_variables_with_nul_between_them_keeps_what_is_no_secret():
    assert redact(f"A=b\0DB_PASSWORD={PASSWORD}\0PATH=/bin:/usr/bin\0") == (
        f"A=b\0DB_PASSWORD={MASK}\0PATH=/bin:/usr/bin\0"
    )


def test_a_secret_that_holds_nul_is_masked_whole():
    assert redact(f"DB_PASSWORD={PASSWORD}\0{PASSWORD}\n") == f"DB_PASSWORD={MASK}\n"
