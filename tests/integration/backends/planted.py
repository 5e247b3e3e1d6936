"""Fifty secrets of many kinds, drawn anew, each as it stands in a file of a repository."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.parse import quote

from coding_agent_sdk.middleware.guardrails.secrets import MASK, redact
from coding_agent_sdk.middleware.guardrails.secrets.vendors import PREFIXED

from ...unit.guardrails.made_up import MadeUp

WANTED = 50
FRAGMENT = 12


@dataclass(frozen=True)
class Planted:
    """One secret.

    Attributes:
        kind: What it is.
        text: The line, or lines, that it stands in.
        secrets: What must not be seen of it, whole.
        public: What of it every such secret has, and a text about such secrets, too.
    """

    kind: str
    text: str
    secrets: tuple[str, ...]
    public: str = ""

    @property
    def fragments(self) -> set[bytes]:
        """Every piece of a dozen characters that is of this secret alone, and other spellings."""
        found = set()
        for secret in self.secrets:
            for part in secret.split(self.public) if self.public else [secret]:
                if len(part) < FRAGMENT:
                    continue
                found.update(_spellings_of(part))
                for start in range(len(part) - FRAGMENT + 1):
                    found.add(part[start : start + FRAGMENT].encode())
        return found


def _spellings_of(secret):
    """Yield a secret as URLs and JSON spell it, and a piece of each of its forms in Base64."""
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret.encode())
        yield encoded[4 : 4 + FRAGMENT]


def known_values(draw):
    """Return secrets of the environment, by the name of their variable."""
    return {
        "SHOP_DB_PASSWORD": f'{draw.text(9)}/"{draw.text(6)}\\{draw.text(6)} +é',
        "BILLING_API_TOKEN": f'{draw.text(10)} "{draw.text(8)}&{draw.text(8)}',
        "MAIL_SECRET": f"{draw.text(12)}/\n{draw.text(12)}=",
    }


def planted(seed=23):
    """Return the secrets, and the environment that some of them are values of."""
    draw = MadeUp(seed)
    environment = known_values(draw)
    found = [*_spelled(environment), *_by_what_is_around(draw), *_keys(draw)]
    for rule in PREFIXED:
        key = draw.matching(rule.head.pattern if rule.head else "")
        key += draw.matching(rule.tail.pattern)
        whole = redact(f"see {key} here") == f"see {MASK} here"
        if whole and len(key.replace(rule.anchor, "")) >= FRAGMENT:
            found.append(Planted(rule.type, f"see {key} here", (key,), rule.anchor))
    assert len(found) > WANTED
    return found[:WANTED], environment


def _spelled(environment):
    """Yield each known value as it is, as URLs and JSON spell it, and in Base64."""
    for name, value in environment.items():
        encoded = base64.b64encode(value.encode()).decode()
        yield Planted(f"{name} plain", f"it said: {value} .", (value,))
        spelled = quote(value, safe="")
        yield Planted(f"{name} in a URL", f"GET /x?next=1&v={spelled}&y=2", (spelled,))
        escaped = json.dumps(value)[1:-1]
        yield Planted(f"{name} in JSON", f'{{"said": "{escaped}"}}', (escaped,))
        yield Planted(f"{name} in Base64", f"blob {encoded} end", (encoded,))


def _by_what_is_around(draw):
    """Yield secrets that nothing but their surroundings tell."""
    word, long = draw.password, draw.text
    for kind, form, secret in (
        ("assignment in code", "password = '{}'", word()),
        ("assignment in a shell", "export DB_PASSWORD={}", word()),
        ("assignment in YAML", "  admin_password: {}", word()),
        ("member of JSON", '{{"client_secret": "{}"}}', long(32)),
        ("URL of a database", "postgresql://app:{}@db.internal/shop", long(14)),
        ("URL of a broker", "amqps://worker:{}@queue.internal:5671/", long(14)),
        ("bearer token", "Authorization: Bearer {}", long(40)),
        ("option of a command", "curl -u admin:{} https://x.example", long(16)),
        ("cookie", "Cookie: session_token={}", long(40)),
    ):
        yield Planted(kind, form.format(secret), (secret,))
    user = base64.b64encode(f"admin:{long(14)}".encode()).decode()
    yield Planted("basic authorization", f"Authorization: Basic {user}", (user,), "YWRtaW46")


def _keys(draw):
    for kind in ("RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"):
        text = draw.pem().replace("RSA PRIVATE KEY", kind)
        yield Planted(kind, text, tuple(text.splitlines()[1:-2]))
