"""Lists the words that a rule begins with where no name announces a secret."""

from __future__ import annotations

from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.calls import CONNECTION_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.names import FOREIGN
from coding_agent_sdk.middleware.guardrails.secrets.phrases import HINTS as PHRASE_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.webkeys import HINTS as WEB_KEY_HINTS

ELSEWHERE: Final = (
    "bearer",
    "basic",
    "cookie",
    "login",
    "identified",
    "snmp-server",
    *FOREIGN,
    "kinit",
    "curl",
    "freerdp",
    "net use",
    "sqlplus",
    "expdp",
    "impdp",
    "sqlldr",
    "community",
    "rootpw",
    "encrypt",
    "accounts",
    "appid=",
    "provider :",
    "]:25 ",
    "]:465 ",
    "]:587 ",
    "jwt",
    "hmac",
    "fernet",
    "log in",
    "htpasswd",
    "rabbitmqctl",
    "sudo -s",
    "signtool",
    "convertto-securestring",
    "@tcp(",
    "@unix(",
    "private-lines: ",
    "data:",
    "sig=",
    "jdbc:oracle",
    "q~",
    *PHRASE_HINTS,
    *WEB_KEY_HINTS,
    "pptpd",
    "l2tpd",
    "securestring",
    " on >",
    "assword:",
    "schtasks",
    "psexec",
    "codecov",
    "snyk auth ",
    "wandb login ",
    "vault login ",
    "doctl auth ",
    "service install ",
    *CONNECTION_HINTS,
)
"""Words (lower case) that a rule begins with where none of `names.KEYWORDS` stands."""
