"""Values of lists, tuples, mappings and tables that a name announces for all of them."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails.secrets import MASK, redact
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

PASSWORD = "tR7!vq2Lx9"
TOKEN = "8fK2mQ9xLz4Vb7Nw1Rt5"
MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app-v2\nstringData:\n"


@pytest.mark.parametrize(
    "where",
    [
        'user, pw = "bob", "{}"\n',
        "username, password = ('bob', '{}')\n",
        'const [user, apiToken] = ["bob", "{}"];\n',
        "passwords:\n  - {}\n",
        "passwords:\n  - changeme\n  - '{}'\n",
        "tokens:\n- {}\n",
        'api_keys:\n  - "{}"\n',
        'passwords = ["{}", "changeme"]\n',
        "PASSWORDS=({} two)\n",
        'tokens = [\n    "user",\n    "{}",\n]\n',
        "secrets:\n  db: {}\n",
        "secrets:\n  host: db-1\n  db: '{}'\n",
        MANIFEST + "  admin: {}\n",
        MANIFEST + '  host: db-1\n  one: "{}"\ntype: Opaque\n',
        "export DB_PASSWORD=\\\n{}\n",
        "DB_PASSWORD=\\\r\n    {} \\\n  make\n",
        "DB_PASSWORD=\\\n  'my dog {} 4'\n",
        "| user | password |\n|---|---|\n| bob | {} |\n",
        "| user | API key | on |\n| :-- | --- | --- |\n| bob | `{}` | 1 |\n",
        "| Password | {} |\n",
        "| **Admin password** | `{}` |\n",
    ],
)
def test_the_value_is_masked_whole_and_in_pieces(where):
    value = TOKEN if "oken" in where or "key" in where else PASSWORD
    text = where.replace("{}", value)
    masked = where.replace("'my dog {} 4'", "'{}'").replace("{}", MASK)
    assert redact(text) == masked
    for size in (1, 7):
        redactor = SecretRedactor()
        pieces = [redactor.feed(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join([*pieces, redactor.close()]) == masked


@pytest.mark.parametrize(
    "text",
    [
        'user, pw = "user", "password"\n',
        "user, pw = get_creds()\n",
        'key, value = "name", "v1-alpha"\n',
        'username, password = "alice", ""\n',
        'first, password = "Enter name 1", "Enter your password 2"\n',
        "passwords:\n  - min: 8\n",
        "passwords:\n  - must be 8-64 characters\n",
        "passwords:\n  - db-password-1\n",
        "tokens:\n  - id_token_v2\n  - access_token\n",
        'stop_tokens = ["<|end_1|>", "[unused12]"]\n',
        "secrets:\n  - source: my_secret1\n",
        "secrets:\n  db: db-secret-v2\n  host: Db1.Acme9.io\n",
        "secrets:\n  db:\n    file: ./Db1.txt\n",
        "kind: ConfigMap\nstringData:\n  admin: tR7!vq2Lx9\n",
        MANIFEST + "  username: Admin123x\n  LOG_LEVEL: debug\n",
        MANIFEST + "  password: ${PW1}\n",
        "DB_PASSWORD=\\\n  $(cat /run/x1)\n",
        "| user | password |\n|---|---|\n| bob | ******** |\n",
        "| password | min 8 chars, 1 digit |\n",
        "| token | string | the API token v2 |\n",
        "| name | default |\n|---|---|\n| bob | tR7!vq2Lx9 |\n",
    ],
)
def test_names_and_words_in_lists_stay(text):
    assert redact(text) == text
