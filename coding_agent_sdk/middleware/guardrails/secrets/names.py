"""Judges names before a value: does `dbPassword`, `API_KEY` or `cache_key` announce a secret?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

Tier = Literal["password", "token", "key", "none"]

_LATIN: Final = (
    "senha", "haslo", "passwort", "kennwort", "wachtwoord", "parol", "heslo", "salasana",
    "adgangskode", "motdepasse", "sifre", "jelszo", "lozinka",
)  # fmt: skip
"""What other languages call a password, where plain Latin letters write it, in lower case."""

KEYWORDS: Final = (
    *_LATIN,
    "pass",
    "pw",
    "psk",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "signature",
    "salt",
    "_pat",
)
"""Words (lower case) of which every name that announces a secret holds at least one."""

FOREIGN: Final = (
    *_LATIN, "contrase", "mot de passe", "\u043f\u0430\u0440\u043e\u043b\u044c",
    "\u5bc6\u7801", "\u5bc6\u78bc",
    "\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00\ubc88\ud638", "has\u0142o", "l\u00f6senord",
    "\u015fifre", "m\u1eadt kh\u1ea9u",
)  # fmt: skip
"""What other languages call a password, in lower case."""


def words(text: str) -> frozenset[str]:
    """Return the words of a table."""
    return frozenset(text.split())


_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD: Final = words(
    "password passwd pwd pass passphrase passcode passwort kennwort dbpassword dbpass "
    "dbpasswd dbpwd userpassword userpass rootpassword rootpass adminpassword adminpass "
    "mysqlpassword pgpassword pgpass smtppassword smtppass ftppassword sshpass "
    "sshpassword mypassword storepass keypass keystorepassword truststorepassword "
    "redispassword redispass requirepass masterpass masterauth mailpassword srcstorepass "
    "deststorepass srckeypass destkeypass smtppw authpass "
    "httppassword proxypassword bindpassword bindpw rootpw userpw passw pw psk passe authtok "
    "parola"
) | frozenset(_LATIN)
_TOKEN: Final = words(
    "secret secrets token apikey pat secretkey accesskey privatekey authkey authtoken "
    "accesstoken refreshtoken bearertoken clientsecret appsecret appkey masterkey "
    "encryptionkey credential credentials cred creds webhooksecret jwtsecret "
    "sharedsecret tokensecret apitoken apisecret usertoken bottoken sessiontoken "
    "idtoken deploykey licensekey accountkey sharedaccesskey subscriptionkey "
    "functionkey sessionkey csrftoken githubtoken npmtoken xapikey"
)
_BEFORE_KEY: Final = words(
    "api access secret private auth authentication signing sign encryption encrypt "
    "crypto master service account storage shared deploy license licence app "
    "application client server webhook hmac jwt aes cipher session integration "
    "subscription function rest admin write ingest bot consumer project personal token "
    "setup enrollment enrolment activation provisioning registration pairing preshared "
    "opsgenie genie data account1 account2 connection instrumentation push ssh"
)
_NOT_A_SECRET_KEY: Final = words(
    "public pub primary foreign sort cache partition idempotency index row hash range "
    "object map dict unique composite event lookup publishable registry join "
    "group order answer config conf json yaml xml column field record item node tree "
    "message msg translation i18n locale state redis recv 3 bucket s3 file dedup dedupe etag "
    "ring host site stripe_publishable enter arrow hot short any no react data-key vue "
    "websocket list parent child query sha commit trace span request"
)
_TRAILERS: Final = words(
    "value val string str text txt plain plaintext raw env prod production dev "
    "development staging stg live test old new current previous default override b64 "
    "base64 encoded main real literal in for backup base primary secondary first second "
    "confirm confirmation repeat again "
    "next eu us v private ftp smtp imap pop3 db mysql postgres wifi vpn ldap"
)

_NOT_A_PASSWORD: Final = words("by first second last no two")
_NOT_A_SECRET_TOKEN: Final = words(
    "lock starting change action request idempotency next page continuation public cancel"
    " cancellation eos bos pad sep end client update sequence upload export import product resume"
)
_SALTED: Final = words("auth in nonce token hash app secret session cookie key hashids api")
"""What keeps a salt that is drawn once, and secret, rather than one for each password."""

_SHORT_NAME: Final = 2


_NO_LONGER: Final = words("hashed encrypted sealed masked redacted")
"""Words before a name that say what was done to the value: it is none any more."""


@lru_cache(maxsize=4096)
def tier(name: str) -> Tier:
    """Say what kind of secret a name announces: a password, a token, some key, or none.

    The last word decides (`token_ttl` and `password_hash` announce no secret); numbers and words
    such as `value` or `prod` after it are passed over.
    """
    if name == "data-key":  # an attribute of HTML
        return "none"
    parts = [part.lower() for part in _PARTS.findall(name)]
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in _TRAILERS):
        parts.pop()
    if not parts:
        return "none"
    return _tier_of(parts)


def _tier_of(parts: list[str]) -> Tier:
    last = parts[-1]
    before = parts[-2] if len(parts) > 1 else ""
    if before in _NO_LONGER and last not in {"key", "keys"}:
        return "none"
    if last in _PASSWORD or (last == "word" and before == "pass"):
        return "none" if before in _NOT_A_PASSWORD else "password"
    if last == "phrase" and before in {"pass", "secret", "seed"}:
        return "password"
    if last.endswith(("password", "passwd")):
        return "password"
    if last in _TOKEN or last.endswith(("secret", "apikey", "authtoken")):
        public = before in _NOT_A_SECRET_TOKEN or "public" in parts
        return "none" if last == "token" and public else "token"
    if last in {"key", "keys", "signature"}:
        return _key_tier(last, before, parts)
    if last == "salt":
        return "key" if before in _SALTED else "none"
    # `_auth` and `registry_auth` hold the Base64 form of user:password.
    auth = last == "auth" and len(parts) <= _SHORT_NAME
    return "key" if auth or tuple(parts[-3:]) == ("access", "key", "id") else "none"


def _key_tier(last: str, before: str, parts: list[str]) -> Tier:
    if last == "signature" or before in _NOT_A_SECRET_KEY or len(parts) == 1:
        return "none"
    return "token" if before in _BEFORE_KEY else "key"
