"""Tells what people write in the place of a secret: placeholders, references, hashes, masks."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.names import words
from coding_agent_sdk.text.masks import MASK

_STANDINS: Final = words(
    "pass passwd password passphrase passcode pwd secret secrets token apikey api_key api-key"
    " accesskey secretkey key keys value string str text bool int bytes none null nil undefined"
    " true false empty unset default optional required test tests testing tester dummy fake foo"
    " bar baz qux foobar admin administrator root guest user username login postgres mysql redis"
    " mongo mongodb rabbitmq minio changeme changeit change_me change-me changethis todo fixme"
    " tbd xxx abc abcd demo sample example placeholder redacted hidden masked removed secure"
    " basic bearer digest negotiate unused ignored correct wrong invalid incorrect expired"
    " missing mypassword mysecret mytoken mykey yes no on off any all env file stdin prompt"
    " interactive keyring keychain vault plain enabled disabled"
    " passwort kennwort contrasena contrase\u00f1a senha wachtwoord parola heslo salasana"
)
"""Words that stand where a secret will be put."""

_GUESSABLE: Final = words(
    "hunter hunter2 letmein qwerty s3cr3t s3cret secr3t passw0rd p@ssw0rd p4ssw0rd p@ssword"
    " swordfish opensesame welcome trustno1 supersecret topsecret"
)
"""Bad passwords: made up in a test, live in a file of settings."""

_PLACEHOLDER: Final = re.compile(
    r"""(?xi)
      x{4,} | \*{3,} | \.{3} | … | •{3,} | _{5,} | \#{4,}
    | (?<![a-z]) (?:your|my|the|some|enter|insert|put|paste|add|replace|fill|set|use) [-_ .]
        (?:[a-z]+[-_ .]){0,4}
        (?:key|token|secret|password|pass|pwd|passwd|credentials?|here|api|value|me|with|in|this)
    | (?<![a-z]) your [-_ .] (?:[a-z0-9]+[-_ .]){0,4} (?:key|token|secret|password)
    | ^(?:votre|vos|ton|tu|su|sua|seu|tua|deine?|ihre?|twoj[ea]?)[-_ .][a-z_ .-]+$
    | your(?:api|secret|access|auth|pass|token|key|own|strong|db)
    | change[-_]?(?:me|this|it) | replace[-_]?(?:me|this|with) | place[-_]?holder | redacted
    | (?<![a-z]) (?:dummy|sample|todo|fixme|not[-_]?(?:a[-_]?)?real|fake)(?![a-z])
    | ^\[[a-z][a-z _.-]*\]$
    | ^(?:123456(?:789)?:)?ABC-?DEF1234  # the token in the guide of Telegram
    | &(?:lt|gt|\#x?[0-9a-f]{2,4}); | goes[-_]?here | [-_]here$
    """
)
_EXAMPLE: Final = re.compile("(?i)example")
_REFERENCE: Final = re.compile(
    r"""(?x)
      ^ENC[(\[] | ^\$[A-Za-z_]+ | ^\$\d+$ | \$[{(] | \$[A-Z_]{3}  # the variables of shells
    | ^[<%] | \{\{ | \{\d*\} | \{[A-Za-z_][\w.]*(?:[\[(:!][^{}]{0,40})?\}  # templates
    | %\( | (?<![A-Za-z0-9])%[A-Za-z_]+% | ^%[sdrvq]$ | ^\#\{
    | ^@[A-Za-z_]+(?:\.|$) | ^:[a-z_]+$ | ^\?$  # the parameters of queries
    | ^&\w+$ | ^\*\w+$ | ^!  # the anchors and tags of YAML
    | ^(?:env|ENV|os|process|config|settings|secrets|vars?|data|local|self|this|cfg|conf|params?
        |args|opts?|options|request|req|ctx|context|app|System|Rails|module|random_password|each
        |input|inputs|github|steps|needs|matrix|values|Values|props|state|store|ssm|op|vault|keyring
        |aws|gcp|arn|projects|file|https?|s3|gs|ssh|classpath)[.:\[/]
    | ^[\w.:]+ (?:\(|\[(?:[\w"'.:$+*()-]*\]|$))
    | ^(?:ConvertTo|ConvertFrom|Get|New|Read|Import|Export)-[A-Z][A-Za-z]+$  # cmdlets
    | ^(?:await|new|not|async|lambda|return|function|yield)\b | =>  # code
    """
)
_TEMPLATE: Final = re.compile(
    r"^ENC[(\[]|^@Microsoft\.KeyVault\(|^\$[A-Za-z_]+$|\$[{(]|^[<%]|\{\{|\{\d*\}|%\(|^(?:arn|https?|file|s3|gs|ssh)[.:/]"
)
"""What makes a reference of a value that looks drawn at random, too."""

_TYPE: Final = re.compile(
    r"""(?x)
      &?(?:'static)? | (?:Optional|Maybe|List|Set|Option|Annotated|Final)[\[<].*
    | (?:SecretStr|SecretBytes|NSString|CharField|TextField)\b.*
    | (?:\w+\.)*\w*(?:Private|Public|Secret|Signing|Verifying)Key
    | (?i:u?int|float|uint|bytes|varchar|char|string|utf|base|sha|md|aes|rsa|ed|hmac|i|u|f)
        [-_]?\d{1,5}(?:_t)? \W?
    """
)
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_PATH: Final = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\)[\w.@/\\ -]*")
_CONSTANT: Final = re.compile(r"[A-Z]+(?:_[A-Z]+)+|[A-Z]{2,}")
_VERSION: Final = re.compile(r"[v^~=<>]*\d+(?:\.[\dxX*]+){1,3}(?:[-+][\w.]+)?|v\d+\w{0,8}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?|\d\d?:\d\d(?::\d\d)?")
_HASHED: Final = re.compile(
    r"""(?x)
      \$(?:2[abxy]?|[156y]|argon2\w*|pbkdf2\S*|scrypt|apr1|sha\d*)\$
    | SCRAM-SHA-\d+\$ | pbkdf2[_:] | (?:bcrypt|argon2|scrypt|sha\d*)[$:]
    | \{(?i:s?sha\d*|smd5|md5|crypt|bcrypt|pbkdf2|scrypt|argon2)\}
    | sha(?:1|224|256|384|512)[-:] | md5[-:] | SHA256: | [0-9A-F]{2}(?::[0-9A-F]{2}){7}
    | ssh-(?:rsa|ed25519) | AAAA[BCE]3N | data: | -----BEGIN[ ] | \#[0-9a-fA-F]{3,8}$
    | M(?:II[BC][A-Za-z0-9+/]{2}ANBgkqhkiG9w0BAQEF|IGfMA0GCSqGSIb3DQEB)  # public keys in DER
    | M(?:FkwEwYHKoZIzj0|HYwEAYHKoZIzj0|CowBQYDK2V) | B[A-Za-z0-9_-]{86}=?$
    | \$[89]\$[^$]{10,20}\$[^$]{30,50}$  # of Cisco
    | /\^ | \^[\[(\\] | .{0,16}\(\?[=!:<] | \[[^\]]{0,40}(?:a-z|A-Z|0-9)[^\]]{0,40}\]  # patterns
    | Ag[A-Z][A-Za-z0-9+/]{60,}={0,2}$  # what kubeseal encrypted begins with the length of its key
    """
)
_LOCATION: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]{1,20}://|[\w.-]+@[\w-]+\.[\w.]+$|arn:")

_HEAD: Final = 512
_MAX_STEM: Final = 12
_FEW_LETTERS: Final = 3
_LONG_WITHOUT_EXAMPLE: Final = 13
_SENTENCE_WORDS: Final = 2


def is_masked(value: str) -> bool:
    """Whether the value is, or holds, a mask."""
    return MASK in value or "***" in value


def is_placeholder(value: str, *, weak: bool = False) -> bool:
    """Whether the value is one that people write where a secret will be put.

    Args:
        value: what stands after the name.
        weak: whether bad passwords, such as `hunter2`, count as live.
    """
    lower = value.lower().strip("<>[]{}()\"' =")
    if lower in _STANDINS or (not weak and lower in _GUESSABLE):
        return True
    stem = lower.rstrip("0123456789!")
    if stem in _STANDINS and len(lower) - len(stem) <= (1 if weak else _MAX_STEM - len(stem)):
        return True
    if not weak and stem in _GUESSABLE and len(lower) <= _MAX_STEM:
        return True
    return is_masked(value) or len(set(lower)) <= _FEW_LETTERS or _speaks(value[:_HEAD])


def _speaks(value: str) -> bool:
    """Whether the value says that it is a placeholder."""
    if _PLACEHOLDER.search(value):
        return True
    example = _EXAMPLE.search(value)
    if example is None:
        return False
    # Amazon writes `EXAMPLE` into the keys of its guide; people paste those and expect a mask.
    rest = value[: example.start()] + value[example.end() :]
    return (
        len(rest) < _LONG_WITHOUT_EXAMPLE
        or not any(c.isdigit() for c in rest)
        or (not value.isalnum() and "/" not in value)
    )


def is_reference(value: str, *, opaque: bool = False, noise: bool = False) -> bool:
    """Whether the value names a secret (a variable, a template, a path) and is none itself.

    Args:
        value: what stands after the name.
        opaque: whether it looks drawn at random; then a leading `/` makes no path of it.
        noise: whether signs stand all over it; then only a template is a reference.
    """
    if _PATH.fullmatch(value) and not (value.startswith("/") and opaque):
        return True
    return (_TEMPLATE if noise else _REFERENCE).search(value[:_HEAD]) is not None


def is_uuid(value: str) -> bool:
    """Whether the value is a UUID."""
    return _UUID.fullmatch(value) is not None


def is_other_data(value: str) -> bool:
    """Whether the value is a type, a constant, a version, a date, a hash or an address."""
    return bool(
        _TYPE.fullmatch(value)
        or _CONSTANT.fullmatch(value)
        or _VERSION.fullmatch(value)
        or _DATE.fullmatch(value)
        or _HASHED.match(value)
        or _LOCATION.match(value)
    )


_SENTENCE: Final = re.compile(
    r"(?i)\b(?:your|the|please|must|should|is|are|at least|minimum|enter|required|characters"
    r"|not|for|chars|digits|letters|passwords?)\b"
)


def is_words(value: str) -> bool:
    """Whether the value is a phrase of plain words, such as `search-creds` or `Log in, please`."""
    if " " in value:
        parts = value.split()
        cores = [part.strip(".,:;!?…'\"()*-&¿¡«»„“”") for part in parts]
        plain = all(not core or core.isalpha() for core in cores)
        return plain or (len(parts) > _SENTENCE_WORDS and _SENTENCE.search(value) is not None)
    parts = [part for part in re.split(r"[-_./:]+", value) if part]
    return 1 < len(parts) <= _FEW_LETTERS and all(
        part.isalpha() and (part.islower() or part.istitle() or part.isupper()) for part in parts
    )
