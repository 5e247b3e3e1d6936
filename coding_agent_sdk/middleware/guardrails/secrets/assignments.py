"""Finds values that a name gives away: assignments, fields, flags, parameters, markup, columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.names import KEYWORDS, Tier, tier
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    is_key,
    is_masked,
    is_opaque,
    is_password,
    is_placeholder,
    is_token,
)

_NAME_HEAD: Final = 48
MAX_VALUE: Final = 1024
"""Longest value, in characters, that a name alone makes a secret."""

_NAME_START: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_SEPARATOR: Final = re.compile(
    r"""(?x)
    (?P<tail> [A-Za-z0-9_.-]{0,48} )
    (?P<close> \\{0,3} ["'`]? [\])]? )
    (?:
        [ \t]{0,32} (?: : [ \t]{0,8} (?: &?(?:'static[ ])?(?:str|string|String|SecretStr|Text|bytes|\*?char|Optional\[str\]|str[ ]?\|[ ]?None)
                          [ \t]{0,8} (?:\|[ ]?(?:None|undefined|null)[ ]?)?  = )
                    | :?=>? | => | ={2,3} | != | <- | : )  [ \t]{0,16}
        (?: String\( | SecretStr\( | new[ ]String\( | (?:os\.)?getenv\([^()\n]{1,64},[ ]? | \w{0,24}\.get\([^()\n]{1,64},[ ]? )?
      | \( (?=["'\\]) | > (?=[^\s<>]{1,512}</) | [ \t]+value[ ]?=[ ]?(?=["']) | (?<=["'`]) [ \t]* , [ \t]{0,4} (?=["'`])
      | [ \t]+ string [ \t]* = [ \t]*
      | (?: [ \t]+ (?:is|was|to|of|IS|BY|by) [ \t]+ | [ \t]+ ) (?=["'`])
      | [ \t]{1,4} (?:is|was)(?:[ \t]now)?[ \t:]{1,4}
    )
    """
)
_QUOTED: Final = re.compile(r"[bBrRuUfFLN@]{0,2}(?P<quote>\\{0,3}[\"'`])(?P<value>[^\n]{1,512}?)(?P=quote)")
_OPEN_QUOTE: Final = re.compile(r"[bBrRuUfFLN@]{0,2}\\{0,3}[\"'`]{1,3}")
_BARE: Final = re.compile(rf"[^\s\"'`<>\\]{{1,{MAX_VALUE + 1}}}+")
_END_OF_BARE: Final = re.compile(r"[&;,|](?=[\w. $-]{1,40}=|[&|;\s]|$)|,(?=[\w\"'-]{1,40}:)|\*\*$")
_FLAG: Final = re.compile(r"(?:^|[\s\"'`(\[,])--?(?P<name>[A-Za-z][\w-]*)\Z")
_FLAG_VALUE: Final = re.compile(r"[\w-]*(?:[\"'],)?[ \t]+")
_UPPER_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_NEXT_LINE: Final = re.compile(
    r"""(?x)
    name [\"']? \s* [:=] \s* [\"']? (?P<name>[A-Za-z][\w.-]{0,63}) [\"']? ,? [ \t\r]* \n
    \s{0,32} [\"']? (?:value|Value|default|content) [\"']? [ \t]* [:=] [ \t]* (?P<quote>[\"']?) (?P<value>[^\s\"'{}]{1,512})
    | variable [ ] \"(?P<variable>\w{1,64})\" [ ] \{ \s{0,16} (?:(?:type|sensitive|description|nullable)[ ]*=[ ]*[^\n]{0,200}\n\s{0,16}){0,4}
      default [ ]* = [ ]* \"(?P<default>[^\s\"]{1,512})\"
    """
)
_HEADING: Final = re.compile(r"(?m)^(?=[^\n]*(?:pass|secret|token|key))[A-Za-z][\w .-]{0,40}(?:[,;\t][\w .-]{1,40}){1,30}\r?\n")


def find_assigned(text: str, lower: str) -> Iterator[Finding]:
    """Yield the values of names that announce a secret.

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
    """
    seen = -1
    for position in _keyword_positions(lower):
        if position < seen:
            continue
        separator = _SEPARATOR.match(text, position)
        if separator is not None:
            seen = separator.end("tail")
            yield from _value_after(text, position, separator)
        else:
            yield from _flag_value(text, position)


def _keyword_positions(lower: str) -> list[int]:
    positions: list[int] = []
    for keyword in KEYWORDS:
        at = lower.find(keyword)
        while at >= 0:
            positions.append(at)
            at = lower.find(keyword, at + len(keyword))
    positions.sort()
    return positions


def _name_at(text: str, position: int, end: int) -> str:
    start = max(0, position - _NAME_HEAD)
    head = _NAME_START.search(text, start, position)
    return text[head.start() if head else position : end]


def _value_after(text: str, position: int, separator: re.Match[str]) -> Iterator[Finding]:
    name = _name_at(text, position, separator.end("tail"))
    level = tier(name)
    if level == "none":
        return
    start = separator.end()
    quoted = _QUOTED.match(text, start)
    if quoted is not None:
        if is_secret_value(level, quoted["value"], name=name, literal=True):
            yield _finding(level, quoted.start("value"), quoted.end("value"))
        return
    opened = _OPEN_QUOTE.match(text, start)
    value = _bare_value(text, opened.end() if opened else start)
    if value is None:
        return
    joint = text[separator.end("close") : start].strip()
    literal = opened is not None or bool(_UPPER_NAME.fullmatch(name) and joint in {"=", ":"}) or _is_plain_joint(text, separator)
    if joint in {"is", "was"} and not is_opaque(value) and not (any(c.isdigit() for c in value) and not value.isalnum()):
        return
    if is_secret_value(level, value, name=name, literal=literal):
        at = opened.end() if opened else start
        yield _finding(level, at, at + len(value))


def _is_plain_joint(text: str, separator: re.Match[str]) -> bool:
    """Whether name and value stand together as in `user=a;password=b` or `<password>b`."""
    joint = text[separator.end("close") : separator.end()]
    return joint == ">" or (joint == "=" and separator.start() > 0 and text[separator.end() : separator.end() + 1] not in "([{")


def _bare_value(text: str, start: int) -> str | None:
    found = _BARE.match(text, start)
    if found is None or found.end() - found.start() > MAX_VALUE:
        return None
    value = found.group()
    end = _END_OF_BARE.search(value)
    value = value[: end.start()] if end else value
    value = value.rstrip(",;")
    while value and value[-1] in ")]}" and value.count(value[-1]) > value.count("([{"[")]}".index(value[-1])]):
        value = value[:-1].rstrip(",;")
    return value.rstrip(".,") if value[-1:] in ".," else value


def _flag_value(text: str, position: int) -> Iterator[Finding]:
    """Yield what follows `--password ` and its like."""
    gap = _FLAG_VALUE.match(text, position)
    if gap is None:
        return
    name_end = position
    while name_end < gap.end() and (text[name_end].isalnum() or text[name_end] in "_-"):
        name_end += 1
    flag = _FLAG.search(text, max(0, position - _NAME_HEAD), name_end)
    if flag is None or (level := tier(flag["name"])) == "none":
        return
    quoted = _QUOTED.match(text, gap.end())
    start = quoted.start("value") if quoted else gap.end()
    value = quoted["value"] if quoted else _bare_value(text, start)
    if value and not value.startswith("-") and is_secret_value(level, value, name=flag["name"], literal=True):
        yield _finding(level, start, start + len(value))


def is_secret_value(level: Tier, value: str, *, name: str, literal: bool) -> bool:
    """Judge a value by what its name announces."""
    if is_masked(value) or value.lower() == name.lower():
        return False
    if level == "password":
        return is_password(value, literal=literal)
    if level == "token":
        return is_token(value, literal=literal)
    return is_key(value)


def _finding(level: Tier, start: int, end: int, *, rule: str = "assignment") -> Finding:
    kind = "password" if level == "password" else "api_key"
    return Finding(start=start, end=end, type=kind, rule=rule, confidence=0.8)


def find_on_next_line(text: str, lower: str) -> Iterator[Finding]:
    """Yield values whose name stands one line above: Kubernetes `env`, Terraform variables."""
    if "value" not in lower and "default" not in lower and "content" not in lower:
        return
    for found in _NEXT_LINE.finditer(text):
        group = "value" if found["name"] else "default"
        name = found["name"] or found["variable"]
        level = tier(name)
        if level != "none" and is_secret_value(level, found[group], name=name, literal=True):
            yield _finding(level, found.start(group), found.end(group), rule="next_line")


_MAX_TABLE: Final = 2000
_CELL: Final = re.compile(r"[ \"']{0,3}(?P<value>[^\s\"',;]{8,512})")


def find_in_columns(text: str) -> Iterator[Finding]:
    """Yield the cells of delimited tables whose heading announces a secret."""
    headings = list(_HEADING.finditer(text))
    for heading, following in zip_longest(headings, headings[1:]):
        line = heading.group().rstrip("\r\n")
        delimiter = next(c for c in line if c in ",;\t")
        columns = {
            index: level
            for index, cell in enumerate(line.split(delimiter))
            if " " not in cell.strip() and (level := tier(cell.strip())) != "none"
        }
        if columns:
            # A later heading begins a table of its own, which also keeps the time linear.
            limit = following.end() if following else len(text)
            yield from _cells(text, (heading.end(), limit), delimiter, columns)


def _cells(
    text: str, span: tuple[int, int], delimiter: str, columns: dict[int, Tier]
) -> Iterator[Finding]:
    start = span[0]
    limit = start + _MAX_TABLE
    width = 0
    while start < min(span[1], limit):
        end = text.find("\n", start, limit + _MAX_TABLE)
        end = min(len(text), limit + _MAX_TABLE) if end < 0 else end
        at = start
        cells = text[start:end].split(delimiter)
        for index, cell in enumerate(cells):
            # Only what stands before the value may decide: a stream has not seen the rest yet.
            value = _CELL.match(cell) if index in columns else None
            if value and is_secret_value(columns[index], value["value"], name="", literal=True):
                begin = at + value.start("value")
                yield _finding(columns[index], begin, at + value.end("value"), rule="column")
            at += len(cell) + 1
        if width not in {0, len(cells)}:
            return
        width = len(cells)
        start = end + 1


_LONG_WORD: Final = re.compile(
    r"(?<![A-Za-z0-9_.+/@-])(?:[A-Za-z][A-Za-z0-9]{0,11}[-_.])?[A-Za-z0-9_+-]{24,512}+={0,2}(?=[\s\"'`),;?.]|$)"
)
_CLUE: Final = re.compile(
    r"(?i)(?:auth|login|token|key|secret|credentials?|password|passwd|40[13]|bearer|logged in)\b[^\n]{0,64}[\s\"'`(:=]\Z"
)
_OTHERWISE: Final = re.compile(
    r"(?i)AAAA|sha\d|ssh-|digest|hash|finger|commit|integrity|checksum|\bid\b|etag|public|uuid|signature"
)
_IDENTIFIERS: Final = re.compile(
    r"(?:chatcmpl|cus|acct|price|prod|req|msg|pi|ch|cs|in|sub|evt|toolu|call|run|thread|asst|resp|org|proj|file|pk|phc|rs|fc|step|vs|batch|build|job|snap|ami|vpc|usr|user)[-_]"
)
_CLUE_REACH: Final = 80


def find_spoken(text: str) -> Iterator[Finding]:
    """Yield random-looking words in a line that speaks of keys, whatever vendor they are from."""
    for found in _LONG_WORD.finditer(text):
        value = found.group()
        if not is_opaque(value) or _IDENTIFIERS.match(value) or is_placeholder(value):
            continue
        before = text[max(0, found.start() - _CLUE_REACH) : found.start()]
        if _CLUE.search(before) and not _OTHERWISE.search(before[-32:]):
            yield Finding(
                start=found.start(), end=found.end(), type="api_key", rule="spoken", confidence=0.6
            )
