"""Values whose name stands on the line before, in a Dockerfile, or beside a pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails import find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

SECRET = MadeUp(41).password()


@pytest.mark.parametrize(
    "form",
    [
        "FROM alpine\nENV DB_PASSWORD {}\nRUN make\n",
        "ENV API_TOKEN '{}'",
        "  env SECRET_KEY {}",
        "db_password:\n  {}\n",
        "database:\n  password: >-\n    {}\n  port: 1\n",
        "apiKey: |\n    {}",
        '"password":\n  "{}",\n',
        "password:\r\n  {}\r\n",
        "requests.get(url, auth=('bob', '{}'))",
        'session.auth = ("bob", "{}")',
        'HTTPBasicAuth("bob", "{}")',
        "auth = aiohttp.BasicAuth('bob', '{}')",
        "httpx.Client(auth=(u'bob', u'{}', ))",
    ],
)
def test_the_value_is_found_and_nothing_else(form):
    text = form.format(SECRET)
    assert [text[found.start : found.end] for found in find_secrets(text)] == [SECRET]


@pytest.mark.parametrize(
    "text",
    [
        "ENV PASSWORD_FILE /run/secrets/db-1\n",
        "ENV DB_PASSWORD $DB_PASSWORD_1\n",
        "the environment DB_PASSWORD holds it-1st\n",
        "password:\n  type: string2\n  minimum: 8\n",
        "password:\n  description: 8-64\n",
        "secrets:\n  - db-password-1\n",
        "token:\n  required\n",
        "auth=('user', 'pass')",
        "auth=('user', 'password')",
        "auth=(user, password)",
        "auth=('bob', os.environ['X1'])",
        "check_auth('view_1', 'edit_items')",
        "key:\n  x-value-of-it\n",
    ],
)
def test_other_text_is_let_be(text):
    assert find_secrets(text) == []


FRAGMENTS = [
    "\nENV DB_PASSWORD ", "ENV ", "auth=('bob', ", "db_password:\n  ", "password: |\n  ", "HTTPBasicAuth(", "'",
    '"', "')", "<secret:", "<secret:DB_PASSWORD:1f3a9c2e>", SECRET, " ", "\n", "the ", "word, ", "token", ": ",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=10).map("".join), st.integers(1, 9))
def test_text_in_pieces_is_masked_as_the_whole_is(text, size):
    redactor = SecretRedactor()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join([*map(redactor.feed, pieces), redactor.close()]) == redact(text)
