"""Tells live-looking secret values from placeholders, references, hashes and plain words."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.text.masks import MASK

_WORDS: Final = frozenset(
    """
    pass passwd password passphrase pwd secret secrets token apikey api_key api-key key value string
    str text bool int bytes none null nil undefined true false empty unset default optional required
    test tests testing tester dummy fake foo bar baz qux foobar hunter hunter2 letmein qwerty admin
    administrator root guest user username postgres mysql redis mongo mongodb rabbitmq minio changeme
    changeit change_me change-me changethis todo fixme tbd xxx abc abcd demo sample example
    placeholder redacted hidden masked removed secure basic bearer digest negotiate unused ignored
    s3cr3t s3cret secr3t passw0rd p@ssw0rd p4ssw0rd p@ssword swordfish opensesame welcome trustno1
    correct wrong invalid incorrect expired missing mypassword mysecret mytoken mykey supersecret
    topsecret yes no on off any all env file stdin prompt interactive keyring keychain vault plain
    """.split()
)
_PLACEHOLDER: Final = re.compile(
    r"""(?xi)
      x{4,} | \*{3,} | \.{3} | … | •{3,} | _{5,} | \#{4,}
    | (?<![a-z]) (?:your|my|the|some|enter|insert|put|paste|add|replace|fill|set|use)[-_ .]
        (?:[a-z]+[-_ .]){0,4}
        (?:key|token|secret|password|pass|pwd|passwd|credentials?|here|api|value|me|with|in|this)
    | your(?:api|secret|access|auth|pass|token|key|own|strong|db)
    | change[-_]?(?:me|this|it) | replace[-_]?(?:me|this|with) | place[-_]?holder | redacted
    | example | (?<![a-z]) (?:dummy|sample|todo|fixme|not[-_]?(?:a[-_]?)?real|fake)(?![a-z])
    | goes[-_]?here | [-_]here$
    """
)
_REFERENCE: Final = re.compile(
    r"""(?x)
      ^\$[A-Za-z_]+ | ^\$\d+$ | \$[{(] | \$[A-Z_]{3} | ^[<%] | \{\{ | \{[A-Za-z_][\w.]*(?:[\[(:!][^{}]{0,40})?\} | %\( | %[A-Za-z_]+% | ^%[sdrvq]$
    | ^\#\{ | ^@[A-Za-z_]+(?:\.|$) | ^:[a-z_]+$ | ^\?$ | ^&\w+$ | ^\*\w+$ | ^!
    | ^(?:env|ENV|os|process|config|settings|secrets|vars?|data|local|self|this|cfg|conf|params?|args|
        opts?|options|request|req|ctx|context|app|System|Rails|module|random_password|each|input|inputs|
        github|steps|needs|matrix|values|Values|props|state|store|ssm|op|vault|keyring|aws|gcp|
        arn|projects|file|https?|s3|gs|ssh|classpath)[.:\[/]
    | ^[\w.]+[(\[] | ^(?:await|new|not|async|lambda|return|function|yield)\b | =>
    """
)
_PATH: Final = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\)[\w.@/\\ -]*")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEX: Final = re.compile(r"(?i)(?:0x)?[0-9a-f]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)*[!?]?")
_CONSTANT: Final = re.compile(r"[A-Z]+(?:_[A-Z]+)+|[A-Z]{2,}")
_VERSION: Final = re.compile(r"[v^~=<>]*\d+(?:\.[\dxX*]+){1,3}(?:[-+][\w.]+)?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?|\d\d?:\d\d(?::\d\d)?")
_NUMBER: Final = re.compile(r"[+-]?[\d_,.]+(?:[a-zA-Z%]{1,3})?|0[xb][0-9a-fA-F]+")
_HASHED: Final = re.compile(
    r"\$(?:2[abxy]?|[156y]|argon2\w*|pbkdf2\S*|scrypt|apr1|sha\d*)\$|pbkdf2[_:]|(?:bcrypt|argon2|scrypt|sha\d*)[$:]|\{SSHA|"
    r"sha(?:1|224|256|384|512)[-:]|md5[-:]|SHA256:|[0-9A-F]{2}(?::[0-9A-F]{2}){7}|ssh-(?:rsa|ed25519)|AAAA[BCE]3N|data:"
)
_LOCATION: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]{1,20}://|[\w.-]+@[\w-]+\.[\w.]+$|arn:")
_KEYLIKE: Final = re.compile(r"(?i)[a-z]{2,8}[-_](?=\w*\d)[\w-]{2,}")


def classes(value: str) -> int:
    """Count which of lower case, upper case, digits and other signs occur."""
    return (
        any(c.islower() for c in value)
        + any(c.isupper() for c in value)
        + any(c.isdigit() for c in value)
        + any(not c.isalnum() for c in value)
    )


def is_masked(value: str) -> bool:
    """Whether the value is, or holds, a mask."""
    return MASK in value or "***" in value


def is_placeholder(value: str) -> bool:
    """Whether the value is one that people write where a secret will be put."""
    lower = value.lower().strip("<>[]{}()\"' ")
    if lower in _WORDS or lower.rstrip("0123456789!") in _WORDS and len(lower) <= 12:
        return True
    return is_masked(value) or len(set(lower)) <= 3 or _PLACEHOLDER.search(value[:512]) is not None


def is_reference(value: str) -> bool:
    """Whether the value names a secret (a variable, a template, a path) and is none itself."""
    if _PATH.fullmatch(value) and not (value.startswith("/") and is_opaque(value)):
        return True
    return _REFERENCE.search(value[:512]) is not None


def is_opaque(value: str) -> bool:
    """Whether the value looks drawn at random, whatever its name: mixed case, digits, few words."""
    if len(value) < 16 or _HEX.fullmatch(value) or _UUID.fullmatch(value):
        return False
    head = value[:256]
    digits = sum(c.isdigit() for c in head)
    upper = sum(c.isupper() for c in head)
    lower = sum(c.islower() for c in head)
    return digits >= 2 and upper >= 2 and lower >= 2 and len(set(head)) >= 10 and _turns(head) >= 5


def _turns(value: str) -> int:
    """How often the kind of sign changes: words and dates change seldom, random text often."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "-" for c in value]
    return sum(a != b for a, b in zip(kinds, kinds[1:], strict=False))


def is_password(value: str, *, literal: bool) -> bool:
    """Whether the value of something called a password is a live-looking one."""
    if not _may_be_secret(value) or len(value) < 6:
        return False
    if _NUMBER.fullmatch(value):
        return len(value) >= 8 and value.isdigit() and value not in "01234567890123456789"
    if value.isalpha() and (value.islower() or value.isupper() or value.istitle()):
        return len(value) >= (16 if literal else 24)
    if not literal and _IDENTIFIER.fullmatch(value):
        return _is_mixed(value)
    return classes(value) >= 2 and (any(c.isdigit() or not c.isalnum() for c in value) or _is_mixed(value)) and not _is_words(value)


def is_token(value: str, *, literal: bool) -> bool:
    """Whether the value of something called a token, secret or API key is a live-looking one."""
    if not _may_be_secret(value):
        return False
    if _KEYLIKE.fullmatch(value) and len(value) >= 6 and not _is_words(value):
        return True
    if len(value) < 8 or _NUMBER.fullmatch(value):
        return False
    if value.isalpha():
        return len(value) >= 16 and _is_mixed(value)
    if not literal and _IDENTIFIER.fullmatch(value) and "." in value:
        return is_opaque(value) or _is_mixed(max(value.split("."), key=len))
    return any(c.isdigit() for c in value) and classes(value) >= 2 and not _is_words(value)


def is_key(value: str) -> bool:
    """Whether the value of something called a key of any kind is certainly a secret."""
    if not _may_be_secret(value) or len(value) < 20 or _UUID.fullmatch(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) in {32, 40, 48, 64, 128}
    return is_opaque(value)


def _may_be_secret(value: str) -> bool:
    return not (
        is_placeholder(value)
        or is_reference(value)
        or _CONSTANT.fullmatch(value)
        or _VERSION.fullmatch(value)
        or _DATE.fullmatch(value)
        or _HASHED.match(value)
        or _LOCATION.match(value)
    )


def _is_mixed(value: str) -> bool:
    """Whether an identifier-like value is too irregular to be an identifier."""
    digits = sum(c.isdigit() for c in value)
    if digits and digits < len(value) and len(value) >= 8 and not re.fullmatch(r"[A-Za-z_]+\d{1,3}", value):
        return _turns(value) >= 3 or not re.fullmatch(r"[A-Za-z_]+\d*", value)
    humps = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", value)
    odd = any(len(h) > 2 and not set(h.lower()) & set("aeiouy") for h in humps)
    return len(value) >= 10 and (len(humps) >= 4 and len(value) / len(humps) < 3.2 or odd and len(humps) > 2)


def _is_words(value: str) -> bool:
    """Whether the value is a phrase of plain lower-case words, such as `search-creds` or `a b c`."""
    parts = re.split(r"[-_ ./:]+", value)
    return len(parts) > 1 and all(p.isalpha() and (p.islower() or p.istitle()) or p == "" for p in parts) and (
        len(parts) < 4 or " " in value
    )
