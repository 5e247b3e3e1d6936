"""Finds secrets whose name or kind stands on an earlier line: Kubernetes, Terraform."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.headers import decode
from coding_agent_sdk.middleware.guardrails.secrets.names import tier
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH: Final = 3000
"""How many characters before a value the kind of its manifest is looked for."""

_ITEM: Final = re.compile(
    r"""(?mx)
    ^ (?P<indent>[ \t]{1,16}+) (?P<name>[A-Za-z0-9_.-]{1,253}+) : [ \t]{1,8}+
    ["']? (?P<value>[A-Za-z0-9+/]{4,8192}+={0,2}) (?![^\s"'])
    """
)
_DATA: Final = re.compile(r"(?m)^(?P<indent>[ \t]*)data:[ \t]*\r?$")
_SECRET_KIND: Final = re.compile(r"(?m)^[ \t-]*kind:[ \t]*[\"']?Secret\b")
_MANIFEST: Final = re.compile(r"(?m)^[ \t-]*apiVersion:[ \t]*[\"']?v1\b")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE"
_BASE64_UNIT: Final = 4
_SHORTEST: Final = 6

_NAMED: Final = re.compile(
    r"""(?x)
    name ["']? \s{0,4} [:=] \s{0,4} ["']? (?P<name>[A-Za-z][\w.-]{0,63}) ["']? ,? [ \t\r]{0,8} \n
    \s{0,32} ["']? (?:value|Value|default|content) ["']? [ \t]{0,8} [:=] [ \t]{0,8}
    ["']? (?P<value>[^\s"'{}]{1,512})
    """
)
_VARIABLE: Final = re.compile(
    r"""(?x)
    variable [ ] "(?P<name>\w{1,64})" [ ] \{ \s{0,16}
    (?:(?:type|sensitive|description|nullable)[ ]{0,16}=[ ]{0,16}[^\n]{0,200}\n\s{0,16}){0,4}
    default [ ]{0,16} = [ ]{0,16} "(?P<value>[^\s"]{1,512})"
    """
)


def find_in_manifests(text: str) -> Iterator[Finding]:
    """Yield the Base64 values under `data:` of Kubernetes Secrets.

    Sorted manifests name their kind after the data; there only what decodes to text counts.

    Args:
        text: what to look through.
    """
    if "data:" not in text:
        return
    for item in _ITEM.finditer(text):
        if len(item["value"]) % _BASE64_UNIT == 0 and _is_secret_data(text, item):
            start, end = item.span("value")
            yield Finding(start=start, end=end, type="k8s_secret", rule="manifest", confidence=0.9)


def _is_secret_data(text: str, item: re.Match[str]) -> bool:
    before = text[max(0, item.start() - REACH) : item.start()]
    document = before.rsplit("\n---", 1)[-1] if "data:" in before else ""
    headings = list(_DATA.finditer(document))
    if not headings or not _is_below(document, headings[-1], item):
        return False
    plain = decode(item["value"])
    if plain is not None and plain.startswith(_CERTIFICATE):
        return False
    if _SECRET_KIND.search(document):
        return True
    if plain is None or len(plain) < _SHORTEST:
        return False
    return plain.isprintable() and _MANIFEST.search(document) is not None


def _is_below(document: str, heading: re.Match[str], item: re.Match[str]) -> bool:
    """Whether the item is indented below the heading, and all between them is so too."""
    depth = len(heading["indent"])
    lines = document[heading.end() :].splitlines()
    return len(item["indent"]) > depth and all(
        not line.strip() or len(line) - len(line.lstrip()) > depth for line in lines
    )


def find_on_next_line(text: str, lower: str) -> Iterator[Finding]:
    """Yield values whose name stands one line above: Kubernetes `env`, Terraform variables.

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
    """
    for word, pattern in (("name", _NAMED), ("variable", _VARIABLE)):
        for found in match_at_each(pattern, text, lower, (word,)):
            name, value = found["name"], found["value"]
            level = tier(name)
            if level != "none" and is_secret_value(
                level, value, name=name, literal=True, weak=True
            ):
                yield finding_of(level, *found.span("value"), rule="next_line")
