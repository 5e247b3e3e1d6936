"""No rule takes a placeholder for a secret, and what was hidden once needs no second look."""

from __future__ import annotations

import base64
import json
import shlex
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails import find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.middleware.guardrails.vault.hiding import hidden
from coding_agent_sdk.middleware.guardrails.vault.known import KnownInSession
from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
from coding_agent_sdk.text.masks import MASK, PLACEHOLDER, holds_placeholder
from coding_agent_sdk.types.tools import ToolCall, ToolResult

from ..made_up import MadeUp
from .conftest import placeholders

READ = ToolCall(id="1", name="read_file", arguments={"path": "a.txt"})


class Session:
    def __init__(self, own=()):
        self.sessions = Sessions()
        self.known = KnownInSession(KnownValues(own), self.sessions, user="ada", session="s")
        self.memo = LookedThrough()

    def hide(self, text, *, call=READ, vault=True):
        return hidden(call, ToolResult(text=text), self.known, self.memo, vault=vault).text

    def restored(self, text):
        met = self.known.opened()
        return PLACEHOLDER.sub(lambda found: met.value(found.group()), text)


FORMS = [
    "{}", "API_KEY={}", "export API_KEY='{}'", "password: {}", 'password: "{}"', "{{'token': '{}'}}",
    '{{"client_secret": "{}"}}', "postgres://app:{}@db.acme.io/x", "Authorization: Bearer {}",
    "curl -u admin:{} https://x.io", "--password {}", "--token={}", "secret={};b=1", "<password>{}</password>",
    "https://x.io/?access_token={}&a=b", "the password is {}", "ENV API_KEY {}", "auth=('u', '{}')",
    "user,token\nbob,{}\n", "machine x login y password {}", "api_key:\n  {}\n",
]  # fmt: skip
STANDS = "<secret:API_KEY:1f3a9c2e>"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["API_KEY", "password", "client_secret", "value"])
def test_no_rule_takes_a_placeholder_for_a_secret(form, name):
    text = form.format(f"<secret:{name}:1f3a9c2e>")
    assert find_secrets(text) == []
    redactor = SecretRedactor()
    assert "".join([*map(redactor.feed, text), redactor.close()]) == text
    assert redactor.redact_field("password", "<secret:password:1f3a9c2e>").startswith("<secret")


@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=6), st.integers(0, 10_000))
def test_what_was_hidden_is_put_back_byte_for_byte_and_holds_no_secret(forms, seed):
    draw = MadeUp(seed)
    values = [draw.text(20) + "#9k" if n % 2 else "ghp_" + draw.text(36) for n in range(len(forms))]
    text = "\n".join(form.format(value) for form, value in zip(forms, values, strict=True))
    session = Session()
    shown = session.hide(text)
    assert session.restored(shown) == text
    assert redact(shown) == shown
    assert session.hide(shown) == shown


def test_a_secret_beside_a_placeholder_is_found():
    secret = "ghp_" + MadeUp(2).text(36)
    for text in (f"{STANDS} {secret}", f"A={STANDS}\nB_TOKEN={secret}", f"{STANDS},{secret}"):
        assert secret not in redact(text)
        assert STANDS in redact(text)


def test_no_quoting_changes_a_placeholder():
    line = f"a: {STANDS}"
    for quoted in (json.dumps(line), repr(line), shlex.quote(line), yaml.safe_dump({"a": STANDS})):
        assert STANDS in quoted


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (STANDS, True),
        (STANDS.upper(), True),
        ("<secret:API_KEY:1f", True),
        ("&lt;secret:API_KEY:1f3a9c2e&gt;", True),
        ("\\u003csecret:API_KEY:1f3a9c2e\\u003e", True),
        ("%3Csecret%3AAPI_KEY%3A1f3a9c2e%3E", True),
        ("<secret:key attr='1'>", False),  # XML with a namespace
        ("secret: API_KEY: 1", False),
        ("List<secret>", False),
        ("<secret-key:a:b>", False),
    ],
)
def test_what_was_made_of_a_placeholder_is_told_from_other_text(text, holds):
    assert holds_placeholder(text) is holds


# -- what was met once -----------------------------------------------------------------------------


def test_a_value_found_by_its_name_is_hidden_where_it_stands_alone_later():
    session, value = Session(), MadeUp(3).text(14)
    shown = session.hide(f"DB_PASSWORD={value}\n")
    assert session.hide(f"connecting with {value}!") == f"connecting with {shown[12:-1]}!"
    assert value not in session.hide(value)


def test_an_earlier_text_is_looked_through_again_when_more_is_known():
    session, value = Session(), MadeUp(4).text(14)
    assert session.hide(f"log: {value}") == f"log: {value}"
    session.hide(f"password={value}")
    assert value not in session.hide(f"log: {value}")


@pytest.mark.parametrize("spelled", ["base64", "url", "json"])
def test_other_spellings_of_a_value_are_hidden_too(spelled):
    session, value = Session(), MadeUp(6).text(12) + '"/+é'
    session.known.opened().note([value])
    form = {
        "base64": base64.b64encode(value.encode()).decode(),
        "url": quote(value, safe=""),
        "json": json.dumps(value)[1:-1],
    }[spelled]
    shown = session.hide(f"see {form} .")
    assert form not in shown
    assert session.restored(shown) == f"see {form} ."


def test_a_secret_with_nul_characters_between_its_own_is_found():
    secret = "ghp_" + MadeUp(7).text(36)
    shown = Session().hide("\0".join(f"key {secret} end"))
    assert shown.startswith("key <secret:")
    assert secret[8:20] not in shown.replace("\0", "")


def test_a_very_long_result_is_left_to_the_masks():
    text = "x " * 101_000 + "password=" + MadeUp(8).password()
    assert Session().hide(text) == text


# -- files of settings -----------------------------------------------------------------------------

ENV = """\
# the shop
STRIPE={0}
export SENTRY={1} # live
MAIL="{2}"
PORT=8080
HOST=db-1.internal.acme.io
URL=http://localhost:8080/api/v1
NODE_ENV=production
REGION=eu-central-1
IMAGE=shop-web:1.24.3
TIMEOUT=30000000
CLIENT=5f0c1f3e-8a52-4c6e-9b0a-1f2e3d4c5b6a
FEATURES=search,checkout2,login
NAME=shop_production_2024
PATHS=/usr/local/bin:/usr/bin
STARTED=2024-05-06T07:08:09Z
"""


def env_text(seed=9):
    draw = MadeUp(seed)
    values = draw.text(32), draw.hex(40), draw.text(18)
    return ENV.format(*values), values


@pytest.mark.parametrize(
    "call",
    [
        ToolCall(id="1", name="read_file", arguments={"path": "conf/.env.production"}),
        ToolCall(id="1", name="read_file", arguments={"path": ".env"}),
        ToolCall(id="1", name="run_cmd", arguments={"command": "cat ./.env | sort"}),
    ],
)
def test_in_a_file_of_settings_values_drawn_at_random_are_hidden_whatever_their_name(call):
    text, values = env_text()
    session = Session()
    shown = session.hide(text, call=call)
    assert [value for value in values if value in shown] == []
    assert len(placeholders(shown)) == 3
    assert session.restored(shown) == text


@pytest.mark.parametrize("name", ["read_output", "kill_job"])
def test_what_a_job_says_is_hidden_by_the_command_that_another_call_gave(name):
    text, values = env_text()
    session = Session()
    call = ToolCall(id="2", name=name, arguments={"job": "job-1"})
    result = ToolResult(text=text, data={"job": "job-1", "command": "sleep 1; cat .env"})
    shown = hidden(call, result, session.known, session.memo, vault=True).text
    assert [value for value in values if value in shown] == []
    assert session.restored(shown) == text


def test_lines_of_such_a_file_are_told_by_the_path_before_them():
    text, values = env_text()
    lines = "\n".join(f"app/.env:{n}: {line}" for n, line in enumerate(text.splitlines(), 1))
    session = Session()
    shown = session.hide(lines, call=ToolCall(id="1", name="search_files"))
    assert [value for value in values if value in shown] == []
    assert session.restored(shown) == lines


@pytest.mark.parametrize("path", ["a.py", ".env.example", "environment.md", "docs/env.template"])
def test_other_files_are_read_as_before(path):
    text, _ = env_text()
    call = ToolCall(id="1", name="read_file", arguments={"path": path})
    session = Session()
    shown = session.hide(text)
    assert session.hide(text, call=call) == shown


def test_without_the_vault_such_values_are_masked():
    text, values = env_text()
    call = ToolCall(id="1", name="read_file", arguments={"path": ".env"})
    shown = Session().hide(text, call=call, vault=False)
    assert [value for value in values if value in shown] == []
    assert shown.count(MASK) == 3
