"""Finds values that files of settings and commands give to a name without a sign between them.

Also what looks drawn at random behind a name in capitals, whatever that says, as in a `.env` file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule
from coding_agent_sdk.middleware.guardrails.secrets.names import tier, words
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_other_data,
    is_placeholder,
    is_reference,
)
from coding_agent_sdk.middleware.guardrails.secrets.values import classes, is_opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_GIVEN: Final = re.compile(
    r"""(?P<tail>[\w./:@-]{0,64}+)[ \t]{1,8}["']?(?P<value>[^\s"'`<>=]{4,512}+)"""
)
_COMMANDS: Final = ("env", "set", "config")
_COMMAND: Final = re.compile(
    r"""(?xi)
    (?: (?<![\w-]) (?:env|setenv|setx|set(?:[ \t]{1,4}-\w{1,3})?)
      | (?<=git[ ]) config (?:[ \t]{1,4}--\w{1,12}){0,3}
    ) [ \t]{1,8} (?P<name>[\w./:@-]{0,64}) \Z
    """
)
_LINE: Final = re.compile(r"[ \t+]{0,16}(?P<name>[A-Za-z][A-Za-z0-9_-]{0,47})")
_NAME_OF_SETTING: Final = re.compile(r"[a-z0-9]{1,24}[_-][a-z0-9_-]{1,32}|[a-z]{2,16}(?:pw|pwd)")
_WORDS_AND_NUMBERS: Final = re.compile("[a-z]+(?:[-_][a-z0-9]{1,12})+")
_COMMAND_REACH: Final = 160
_LONG_WORD: Final = 16
_SIGNS: Final = frozenset("!#$%&*+?@^~=")
_DRAWN: Final = re.compile(r"=[ ]?[\"']?(?P<value>[A-Za-z0-9+/_.-]{16,256}+={0,2})(?=[\s\"'\0]|\Z)")
_NAME: Final = re.compile(
    r"(?:^|[\n\0])[ \t+-]{0,8}(?:export[ ])?(?P<name>[A-Z][A-Z0-9_]{1,63})[ ]?\Z"
)
_NAME_REACH: Final = 96
_SEPARATORS: Final = re.compile(r"[-_./@]")
_SHORTEST_CORE: Final = 16
_MANY_CLASSES: Final = 3
_OTHERWISE: Final = words(
    "ID IDS HASH SHA SHA1 SHA256 SHA512 MD5 DIGEST CHECKSUM COMMIT REVISION REV VERSION TAG BUILD"
    " PUBLIC PUBLISHABLE CERT CERTIFICATE CA FINGERPRINT CURSOR ETAG SITE SITEKEY UUID GUID URL"
    " URI PATH DIR FILE IMAGE NAME USER USERNAME EMAIL MODEL INTEGRITY SIGNATURE ARN ADDRESS HOST"
    " NEXT VITE REACT DATA PATTERN REGEX FLAGS CFLAGS LDFLAGS OPTS ALPHABET CHARS CHARSET TEST"
    " ORG ORGANIZATION PROJECT ACCOUNT REGION EXPECTED MAGIC HEADER NONCE SOURCE TITLE FORMAT"
)
"""Words of names whose value may look random and is no secret."""


def _find_given(named: Named) -> Iterator[Finding]:
    """Yield what `ENV NAME value` and its like give."""
    text, position = named.text, named.position
    if text[named.end] not in " \t" and text[named.end + 1 : named.end + 2] in {" ", "\t"}:
        return  # the sign ends the name
    given = _GIVEN.match(text, named.end)
    if given is None:
        return
    value = given["value"]
    if value.startswith("-") or (value.isalpha() and len(value) < _LONG_WORD):
        return
    low = max(0, position - _COMMAND_REACH)
    line = text.rfind("\n", low, position) + 1
    rest = text[position : given.end("tail")]
    command = _command(text, max(low, line), position)
    if command is None:
        if (line or low == 0) and _is_on_own_line(text, line, position, rest, value):
            yield finding_of("password", *given.span("value"), rule="settings")
        elif named.level == "password" and not given["tail"]:
            value = value.rstrip(".,:;)")  # of a sentence
            start = given.start("value")
            if _is_told(named.name, value):
                yield finding_of("password", start, start + len(value), rule="settings")
        return
    name = command["name"] + rest
    if name.islower() and name.isalpha() and _WORDS_AND_NUMBERS.fullmatch(value):
        return  # the command of a console: `set password prompt-1`
    level = tier(name)
    if level != "none" and is_secret_value(level, value, name=name, literal=True, weak=True):
        yield finding_of(level, *given.span("value"), rule="settings")


def _is_told(name: str, value: str) -> bool:
    """Whether a word behind the name of a password can be nothing else: `password 21Kettle+`."""
    if name.lower() == "pass" or not all(
        any(map(kind, value)) for kind in (str.islower, str.isupper, str.isdigit)
    ):
        return False
    compound = _NAME_OF_SETTING.fullmatch(name) is not None
    if not (compound or is_opaque(value) or any(sign in _SIGNS for sign in value)):
        return False
    return is_secret_value("password", value, name=name, literal=True)


def _command(text: str, low: int, position: int) -> re.Match[str] | None:
    """Return the command that gives a value to the name that holds *position*."""
    before = text[low:position].lower()
    if not any(word in before for word in _COMMANDS):
        return None
    return _COMMAND.search(text, low, position)


def _is_on_own_line(text: str, start: int, position: int, rest: str, value: str) -> bool:
    """Whether a file of settings begins a line with name and password: `bind_password b`."""
    line = _LINE.fullmatch(text, start, position)
    if line is None:
        return False
    name = (line["name"] + rest).lower()
    if _NAME_OF_SETTING.fullmatch(name) is None or tier(name) != "password":
        return False
    mixed = classes(value) >= _MANY_CLASSES and any(c.isdigit() for c in value)
    mixed = mixed and any(c.isupper() for c in value)
    return mixed and is_secret_value("password", value, name=name, literal=True, weak=True)


GIVEN: Final = NameRule(find=_find_given, follows=" \t/:@")
"""The rule for values behind a name and a blank, in a command or on a line of their own."""


def find_drawn(places: Places) -> Iterator[Finding]:
    """Yield what looks drawn at random behind names in capitals.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    if not places.may_match("drawn") or "=" not in text:
        return
    for found in _DRAWN.finditer(text):
        name = _NAME.search(text, max(0, found.start() - _NAME_REACH), found.start())
        if name and _OTHERWISE.isdisjoint(name["name"].split("_")) and _is_drawn(found["value"]):
            start, end = found.span("value")
            yield Finding(start=start, end=end, type="api_key", rule="settings", confidence=0.6)


def _is_drawn(value: str) -> bool:
    core = max(_SEPARATORS.split(value), key=len)
    if len(core) < _SHORTEST_CORE or not is_opaque(core):
        return False
    return not (is_placeholder(value) or is_reference(value) or is_other_data(value))
