"""Runs all rules over a text and joins what they find."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.assignments import Assignments
from coding_agent_sdk.middleware.guardrails.secrets.calls import find_in_calls, find_in_clients
from coding_agent_sdk.middleware.guardrails.secrets.columns import find_in_columns, find_inserted
from coding_agent_sdk.middleware.guardrails.secrets.commandlines import find_in_command_lines
from coding_agent_sdk.middleware.guardrails.secrets.firstlook import places_in
from coding_agent_sdk.middleware.guardrails.secrets.headers import find_in_headers
from coding_agent_sdk.middleware.guardrails.secrets.keyblocks import find_key_blocks
from coding_agent_sdk.middleware.guardrails.secrets.listings import OF_TUPLE, Lists
from coding_agent_sdk.middleware.guardrails.secrets.manifests import find_in_manifests
from coding_agent_sdk.middleware.guardrails.secrets.markup import MARKED
from coding_agent_sdk.middleware.guardrails.secrets.named import NameRule, walk
from coding_agent_sdk.middleware.guardrails.secrets.names import KEYWORDS
from coding_agent_sdk.middleware.guardrails.secrets.nextlines import (
    BELOW,
    ECHOED,
    HERE,
    PROPERTY,
    find_on_next_line,
)
from coding_agent_sdk.middleware.guardrails.secrets.phrases import find_phrases
from coding_agent_sdk.middleware.guardrails.secrets.settings import GIVEN, find_drawn
from coding_agent_sdk.middleware.guardrails.secrets.shown import Shown, is_disguised
from coding_agent_sdk.middleware.guardrails.secrets.spoken import find_spoken
from coding_agent_sdk.middleware.guardrails.secrets.tables import BESIDE, find_in_tables
from coding_agent_sdk.middleware.guardrails.secrets.urls import find_in_urls
from coding_agent_sdk.middleware.guardrails.secrets.vendorkeys import find_vendor_keys
from coding_agent_sdk.middleware.guardrails.secrets.webkeys import find_in_web_keys
from coding_agent_sdk.text.masks import MASK, PLACEHOLDER, PLACEHOLDER_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places


def findings_in(text: str) -> list[Finding]:
    """Return what the rules find, sorted and apart; they see all of the text at once."""
    places = places_in(text)
    found = _findings_as_written(places)
    if not (is_disguised(text) if places is None else places.is_disguised()):
        return found
    seen = Shown(text)
    return merge([*found, *map(seen.told_back, _findings_as_written(places_in(seen.text)))])


def _findings_as_written(places: Places | None) -> list[Finding]:
    if places is None:
        return []
    text = places.text
    found = (finding for finding in _candidates(places) if not _touches_mask(text, finding))
    return merge(_beside_placeholders(text, found) if PLACEHOLDER_START in text else found)


def mask(text: str, findings: Iterable[Finding]) -> str:
    """Replace the findings, which must be sorted and apart, by the mask."""
    parts: list[str] = []
    done = 0
    for finding in findings:
        parts += (text[done : finding.start], MASK)
        done = finding.end
    parts.append(text[done:])
    return "".join(parts)


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings that overlap or touch; the surest gives the name."""
    merged: list[Finding] = []
    for finding in sorted(findings, key=lambda found: (found.start, -found.confidence)):
        last = merged[-1] if merged else None
        if last is None or finding.start > last.end:
            merged.append(finding)
            continue
        surest = max(last, finding, key=lambda found: found.confidence)
        merged[-1] = Finding(
            start=last.start,
            end=max(last.end, finding.end),
            type=surest.type,
            rule=surest.rule,
            confidence=surest.confidence,
        )
    return merged


def _candidates(places: Places) -> Iterator[Finding]:
    if places.wordless:
        yield from find_vendor_keys(places)
        yield from find_spoken(places, ())
        yield from find_drawn(places)
        yield from find_in_clients(places)
        return
    text = places.text
    keywords = sorted(at for word in KEYWORDS for at in places.at(word))
    yield from find_vendor_keys(places)
    yield from find_key_blocks(places)
    yield from find_in_urls(places)
    yield from find_in_headers(places)
    yield from find_in_manifests(places)
    yield from find_in_command_lines(places)
    if places.may_have_runs():
        yield from find_spoken(places, keywords)
        yield from find_drawn(places)
        yield from find_in_clients(places)
    yield from find_in_calls(places)
    yield from find_phrases(places)
    yield from find_in_web_keys(places)
    if keywords:
        yield from walk(text, keywords, _rules_for_names(text))
        yield from find_on_next_line(places)
        yield from find_inserted(places)
        if "|" in text:
            yield from find_in_tables(text, keywords)
        if "\n" in text:
            yield from find_in_columns(text, keywords)


def _rules_for_names(text: str) -> Iterator[NameRule]:
    yield Assignments().rule
    yield GIVEN
    yield Lists().rule
    if "," in text:
        yield OF_TUPLE
    if ">" in text:
        yield PROPERTY
        yield MARKED
    if "|" in text:
        yield BESIDE
    if "\n" in text:
        yield BELOW
        yield HERE
        yield ECHOED


def _touches_mask(text: str, finding: Finding) -> bool:
    start, end = finding.start, finding.end
    return MASK in text[start:end] or text.endswith(MASK, 0, start) or text.startswith(MASK, end)


def _beside_placeholders(text: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what rules see in a placeholder: its name looks like one of theirs."""
    spans = [placeholder.span() for placeholder in PLACEHOLDER.finditer(text)]
    ends = [end for _, end in spans]
    for finding in found:
        at = bisect_right(ends, finding.start)
        if at == len(spans) or spans[at][0] >= finding.end:
            yield finding
