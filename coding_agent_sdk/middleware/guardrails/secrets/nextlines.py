"""Finds values whose name stands one line above: Kubernetes, Terraform, YAML, here-documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule
from coding_agent_sdk.middleware.guardrails.secrets.names import tier
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_NAMED: Final = re.compile(
    r"""(?x)
    (?:[Nn]ame|[Kk]ey) ["']? \s{0,4} [:=] \s{0,4} ["']? (?P<name>[A-Za-z][\w.-]{0,63})
    (?: ["'][ \t]{0,4},[ \t]{0,8} (?=["']) | ["']? ,? [ \t\r]{0,8} \n \s{0,32} )
    ["']? (?:value|Value|default|content|example) ["']? [ \t]{0,8} [:=] [ \t]{0,8}
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
_PROPERTY: Final = re.compile(
    r"key>(?P<name>[\w.-]{1,64})</key>\s{0,32}<string>(?P<value>[^\s<>]{1,512})(?=<)"
)
_BELOW: Final = re.compile(
    r"""(?x)
    ["']? [ \t]{0,4} :
    [ \t]{0,8} (?:[|>][-+\d]{0,2})? [ \t]{0,8} (?:\#[^\n]{0,80})? \r? \n
    [+-]? (?P<indent>[ \t]{1,64}) ["']? (?P<value>[^\s"'{}\[\]#|>&*!%`,][^\s"'`]{0,511})
    ["']? ,? (?=\s|$)
    """
)
_HERE: Final = re.compile(
    r"""(?x)
    ["']? [ \t]{0,8} (?:[:=]|=>|:=)? [ \t]{0,8}
    (?: (?:"?\$\()? (?:cat[ ])? <<[-~<]?[ ]? ["'\\]? [A-Za-z_]\w{0,24} ["']?
      | [brf]? (?:\"{3}|'{3}|`) \\? )
    [ \t]{0,4} \r?\n [ \t]{0,64} (?P<value>[^\s"'`<>{}\[\]#|$][^\s"'`]{0,511}+)
    (?=["'`]{0,3};?(?:[\r\n]|\Z))
    """
)
_ECHOED: Final = re.compile(
    r"[)\]]{0,2}[ \t]{0,4}\r?\n(?:Out\[\d{1,4}\]: |=> )?"
    r"[\"'](?P<value>[^\s\"']{6,512})[\"'](?=\s|\Z)"
)
_PROMPTS: Final = (">>> ", "In [", "irb(", "[1] pry")
_OPENERS: Final = ("<<", '"""', "'''", "`")
_LONGEST_OPENER: Final = 96
HINTS: Final = ("name", "key", "variable")
"""Words (lower case) that stand before such a name."""

_HEAD: Final = re.compile(r"[+-]?(?P<indent>[ \t]{0,64}(?:-[ ])?)[\"']?(?P<name>[\w.-]{0,48})")
_HEAD_REACH: Final = 128


def find_on_next_line(places: Places) -> Iterator[Finding]:
    """Yield values whose name stands one line above: Kubernetes `env`, Terraform variables.

    Args:
        places: the text, and where its words stand.
    """
    for word, pattern in zip(HINTS, (_NAMED, _NAMED, _VARIABLE), strict=True):
        for found in match_at_each(pattern, places, (word,)):
            yield from _judged(found["name"], found)


def _find_in_property_list(named: Named) -> Iterator[Finding]:
    """Yield the string of Apple's property lists whose key announces a secret."""
    found = _PROPERTY.match(named.text, named.position)
    if found is not None:
        yield from _judged(found["name"], found)


PROPERTY: Final = NameRule(find=_find_in_property_list, follows=">", announced=False)
"""The rule for Apple's property lists."""


def _find_below(named: Named) -> Iterator[Finding]:
    """Yield the one word that YAML has, further in, on the line below a name."""
    text, position = named.text, named.position
    found = _BELOW.match(text, named.end)
    if found is None:
        return
    start = text.rfind("\n", max(0, position - _HEAD_REACH), position) + 1
    head = _HEAD.fullmatch(text, start, position)
    value = found["value"]
    if head is None or value.endswith(":") or len(found["indent"]) <= len(head["indent"]):
        return
    yield from _judged(head["name"] + text[position : named.end], found)


BELOW: Final = NameRule(find=_find_below, follows="\"' \t:")
"""The rule for values that stand one line below their name."""


def _find_here(named: Named) -> Iterator[Finding]:
    """Yield the one word that stands on a line of its own in a here-document or a long string."""
    text, end = named.text, named.end
    line = text.find("\n", end, end + _LONGEST_OPENER)
    if line < 0 or not any(opener in text[end:line] for opener in _OPENERS):
        return
    found = _HERE.match(text, end)
    if found is not None:
        yield from _judged(named.name, found)


HERE: Final = NameRule(find=_find_here, follows="\"' \t:=")
"""The rule for here-documents and strings of several lines."""


def _find_echoed(named: Named) -> Iterator[Finding]:
    """Yield what a prompt of Python, IPython or Ruby shows of the name that it was given."""
    found = _ECHOED.match(named.text, named.end)
    if found is not None and named.line_before().startswith(_PROMPTS):
        yield from _judged(named.name.rpartition(".")[2], found)


ECHOED: Final = NameRule(find=_find_echoed, follows="\r\n)]")
"""The rule for values that a prompt shows."""


def _judged(name: str, found: re.Match[str]) -> Iterator[Finding]:
    level = tier(name)
    if level == "none":
        return
    if is_secret_value(level, found["value"], name=name, literal=True, weak=True):
        yield finding_of(level, *found.span("value"), rule="next_line")
