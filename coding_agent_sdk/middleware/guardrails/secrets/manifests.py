"""Finds secrets whose kind stands on an earlier line: the data of Kubernetes Secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.headers import decode
from coding_agent_sdk.middleware.guardrails.secrets.listings import is_drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

REACH: Final = 3000
"""How many characters before a value the kind of its manifest is looked for."""

_ITEM: Final = re.compile(
    r"""(?mx)
    ^ (?P<indent>[ \t]{1,16}+) (?P<name>[A-Za-z0-9_.-]{1,253}+) : [ \t]{1,8}+
    ["']? (?P<value>[A-Za-z0-9+/]{4,8192}+={0,2}) (?![^\s"'])
    """
)
_PLAIN_ITEM: Final = re.compile(
    r"""(?mx)
    ^ (?P<indent>[ \t]{1,16}+) (?P<name>[A-Za-z0-9_.-]{1,253}+) : [ \t]{1,8}+
    (?: ["'] | (?![{}\[\]\#|>&*!,]) ) (?P<value>[^\s"'`]{8,512}+) (?![^\s"'])
    """
)
_DATA: Final = re.compile(r"(?m)^(?P<indent>[ \t]*)(?P<plain>string)?[dD]ata:[ \t]*\r?$")
_HEADING: Final = re.compile(r"[dD]ata:[ \t]*\r?$", re.MULTILINE)
_SECRET_KIND: Final = re.compile(r"(?m)^[ \t-]*kind:[ \t]*[\"']?Secret\b")
_MANIFEST: Final = re.compile(r"(?m)^[ \t-]*apiVersion:[ \t]*[\"']?v1\b")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE"
_BASE64_UNIT: Final = 4
_SHORTEST: Final = 6


def find_in_manifests(places: Places) -> Iterator[Finding]:
    """Yield the values under `data:` (in Base64) and `stringData:` of Kubernetes Secrets.

    Sorted manifests name their kind after the data; there only what decodes to text counts.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    first = next((at for at in places.at("data:") if _HEADING.match(text, at)), None)
    if first is None:
        return
    for item in _ITEM.finditer(text, first):
        if len(item["value"]) % _BASE64_UNIT == 0 and _is_secret_data(text, item):
            start, end = item.span("value")
            yield Finding(start=start, end=end, type="k8s_secret", rule="manifest", confidence=0.9)
    if "stringData:" in text and _SECRET_KIND.search(text):
        for item in _PLAIN_ITEM.finditer(text, first):
            if is_drawn(item["name"], item["value"]) and _is_plain_data(text, item):
                start, end = item.span("value")
                yield Finding(
                    start=start, end=end, type="k8s_secret", rule="manifest", confidence=0.8
                )


def _is_plain_data(text: str, item: re.Match[str]) -> bool:
    """Whether the item stands under the `stringData:` of a Secret that named its kind before."""
    document = text[max(0, item.start() - REACH) : item.start()].rsplit("\n---", 1)[-1]
    headings = list(_DATA.finditer(document))
    if not headings or not headings[-1]["plain"] or not _is_below(document, headings[-1], item):
        return False
    return _SECRET_KIND.search(document) is not None


def _is_secret_data(text: str, item: re.Match[str]) -> bool:
    before = text[max(0, item.start() - REACH) : item.start()]
    document = before.rsplit("\n---", 1)[-1] if "data:" in before else ""
    headings = list(_DATA.finditer(document))
    if not headings or headings[-1]["plain"] or not _is_below(document, headings[-1], item):
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
