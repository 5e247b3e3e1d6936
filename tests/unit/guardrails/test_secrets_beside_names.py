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


@pytest.mark.parametrize(
    "where",
    [
        'echo "{}" | sudo -S apt update\n',
        "echo {}|sudo -S id\n",
        "echo -n '{}' | sudo passwd --stdin bob\n",
        "echo {} | docker login -u bob --password-stdin r.acme.io\n",
        "echo {} | helm registry login r.acme.io\n",
        "unrar x -p{} a.rar out/\n",
        "signtool sign /f cert.pfx /p {} app.exe\n",
        'ConvertTo-SecureString "{}" -AsPlainText -Force\n',
        "ConvertTo-SecureString -String '{}' -Force\n",
        "gh secret set X --body {} --repo a/b\n",
        'gh secret set X --env prod --body "{}"\n',
        "  bind_password {}\n",
        "rootpw {}\n",
        "set password {}\n",
        "login: bob / pw: {}\n",
    ],
)
def test_what_programs_and_their_files_are_given_is_masked(where):
    _is_masked(where, "tR7!vq2Lx9")


@pytest.mark.parametrize(
    "text",
    [
        'echo "Done 2 files" | sudo -S tee a\n',
        "echo $PW1 | sudo -S id\n",
        "echo hello1 | passwd2\n",
        "echo line-1 | sudo tee -a f\n",
        "echo v1.2.3 | docker load\n",
        "unrar x a1.rar\n",
        "signtool sign /f cert1.pfx\n",
        "ConvertTo-SecureString $pw1 -AsPlainText\n",
        "gh secret set X --body $TOKEN_1\n",
        "set password prompt-1\n",
        "reset_password user_1\n",
        "bind_password VARCHAR(64)\n",
        'label.password = "Password (8-64 chars)"\n',
        'password_label: "Enter 2 passwords"\n',
    ],
)
def test_programs_without_a_live_value_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        "Cookie: theme=dark; session={}; a=b\n",
        "Set-Cookie: id={}; Path=/; HttpOnly\n",
        'curl --cookie "theme=dark; PHPSESSID={}" https://acme.io\n',
    ],
)
def test_the_session_of_a_cookie_is_masked(where):
    _is_masked(where, "8fK2mQ9xLz4V")


@pytest.mark.parametrize(
    "text",
    [
        "Cookie: theme=dark; lang=en\n",
        "Set-Cookie: session=; Max-Age=0\n",
        "Set-Cookie: id=12; sid=session-one-2\n",
        "Set-Cookie: <name>=<value>\n",
    ],
)
def test_cookies_without_a_session_stay(text):
    _stays(text)
