"""Finds values that a name gives away: assignments, fields, flags, parameters, markup."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_masked, is_other_data
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    classes,
    is_key,
    is_opaque,
    is_password,
    is_token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_VALUE: Final = 1024
"""Longest value, in characters, that a name alone makes a secret."""

MAX_QUOTED: Final = 512
"""Longest value in quotes."""

_NAME_HEAD: Final = 48
_SPACED_HEAD: Final = 16
_LINE_HEAD: Final = 256
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}

_IN_NAME: Final = frozenset(string.ascii_letters + string.digits + "_.-")
_TYPES: Final = (
    r"&?(?:'static[ ])?(?:str|string|String|SecretStr|Text|bytes|\*?char|Optional\[str\]"
    r"|str[ ]?\|[ ]?None)"
)
_SEPARATOR: Final = re.compile(
    rf"""(?x)
    (?P<tail> [A-Za-z0-9_.-]{{0,48}}+ )
    (?P<close> \\{{0,3}} ["'`]? [\])]? )
    (?:
        [ \t]{{0,32}}
        (?: : [ \t]{{0,8}} (?: {_TYPES} [ \t]{{0,8}} (?:\|[ ]?(?:None|undefined|null)[ ]?)? = )
          | :?=>? | => | ={{2,3}} | != | <- | : )
        [ \t]{{0,16}} (?: (?<==)\\\r?\n [ \t]{{0,16}} )?
        (?: String\( | SecretStr\( | new[ ]String\(
          | (?:os\.)?getenv\([^()\n]{{1,64}},[ ]? | \w{{0,24}}\.get\([^()\n]{{1,64}},[ ]? )?
      | \( (?=["'\\])
      | > (?=[^\s<>]{{1,512}}</)
      | [ \t]{{1,8}} value[ ]?=[ ]? (?=["'])
      | (?<=["'`]) [ \t]{{0,8}} , [ \t]{{0,4}} (?=["'`])
      | [ \t]{{1,8}} string [ \t]{{0,8}} = [ \t]{{0,8}}
      | [ \t]{{1,4}} (?:\|\||\?\?|or) [ \t]{{1,4}} (?=["'`])
      | [ \t]{{0,4}} \{{ [ ]? get; [^{{}}\n]{{0,40}} \}} [ \t]{{0,4}} = [ \t]{{0,4}} (?=["@$])
      | [ \t]{{1,4}} (?:--body|-b|--value|--secret-string) [ \t=]{{1,4}}
      | (?: [ \t]{{1,8}} (?:is|was|to|of|IS|BY|by) [ \t]{{1,8}} | [ \t]{{1,8}} ) (?=["'`])
      | [ \t]{{1,4}} (?:is|was)(?:[ \t]now)? [ \t:]{{1,4}}
    )
    """
)
_QUOTED: Final = re.compile(
    rf"[bBrRuUfFLN@]{{0,2}}(?P<quote>\\{{0,3}}[\"'`])(?!(?P=quote))(?P<value>[^\n]{{1,{MAX_QUOTED}}}?)(?P=quote)"
)
_OPEN_QUOTE: Final = re.compile(r"[bBrRuUfFLN@]{0,2}\\{0,3}[\"'`]{1,3}")
_BARE: Final = re.compile(rf"[^\s\"'`<>\\]{{1,{MAX_VALUE + 1}}}+")
_END_OF_BARE: Final = re.compile(
    r"\0(?=\w{1,64}=)|&(?:[lr][ds]quo|quot|[lg]t|nbsp)\b"
    r"|[&;,|](?=[\w. $-]{1,40}=|[&|;\s]|$)|,(?=[\w\"'-]{1,40}:)|\*\*$"
)
_WORDS_AND_NUMBERS: Final = re.compile("[a-z]+(?:[-_][a-z0-9]{1,12})+")
_FLAG: Final = re.compile(r"(?:^|[\s\"'`(\[,])--?(?P<name>[A-Za-z][\w-]*)\Z")
_FLAG_VALUE: Final = re.compile(r"[\w-]{0,48}+(?:[\"'],)?[ \t]{1,8}")
_UPPER_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_BEFORE_NAME: Final = re.compile(
    r"""(?x)
    [\s>|+#*"'-]{0,64} (?:export[ ]|set[ ]|env[ ]|ENV[ ]|ARG[ ]|my[ ]|the[ ]|your[ ])? ["'*]{0,2} \Z
    """
)
_SPACED: Final = re.compile(r"(?i)(?<![A-Za-z])(?P<word>api|secret|access|auth|service)[ ]\Z")
_CODE: Final = frozenset("{([=<")  # a line without these speaks, or sets one value
_OPTIONS: Final = ("--body", "-b", "--value", "--secret-string")
_COMPARED: Final = frozenset({"==", "===", "!=", "<-", ",", "("})
_SIGNS: Final = frozenset("!#$%&*+?@^~=|/")
_MANY_CLASSES: Final = 3
_TYPE_NAME: Final = re.compile(
    r"(?:\w+\.)+\w+|(?:[A-Z]+[a-z]+[0-9]*|[A-Z]+[0-9]+){2,}[A-Z]*|[a-z]+(?:_[a-z]+)+"
)
_SAID: Final = frozenset({"is", "was", "is now", "was now", "is:", "was:"})
_ASKED: Final = re.compile(
    r"(?i)(?:get|fetch|read|load|lookup|find|create|delete|describe|list|has|is|rotate|verify|check"
    r"|validate|split|parse|require|need|use|count|hash|generate)[A-Z_.\w-]*\Z"
)


def find_assigned(text: str, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield the values of names that announce a secret.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    seen = -1
    for position in positions:
        if position < seen:
            continue
        separator = _SEPARATOR.match(text, position)
        if separator is not None:
            seen = separator.end("tail")
            yield from _value_after(text, position, separator)
        else:
            yield from _flag_value(text, position)


def is_secret_value(
    level: Tier, value: str, *, name: str, literal: bool, weak: bool = False
) -> bool:
    """Judge a value by what its name announces.

    Args:
        level: what the name announces.
        value: what stands after it.
        name: the name as it is spelt; it is no value of itself.
        literal: whether the value stands where no code can stand.
        weak: whether bad and short ones, such as `hunter2` and `abc123`, count as live.
    """
    if is_masked(value) or _ends_with_name(value.lower(), name.lower()):
        return False
    if level == "password":
        return is_password(value, literal=literal, weak=weak)
    if level == "token":
        return is_token(value, literal=literal, weak=weak)
    return is_key(value)


def _ends_with_name(value: str, name: str) -> bool:
    """Whether the value is its own name, maybe in a module: `key = settings.key`."""
    return value == name or (bool(name) and value.endswith("." + name))


def is_named_secret(name: str, value: str) -> bool:
    """Whether a field of that name, as of a tool's arguments, makes its value a secret."""
    level = tier(name)
    if level == "none" or len(value) > MAX_VALUE:
        return False
    return is_secret_value(level, value, name=name, literal=True, weak=True)


def finding_of(level: Tier, start: int, end: int, *, rule: str = "assignment") -> Finding:
    """Return the finding of a value that its name gave away."""
    kind = "password" if level == "password" else "api_key"
    return Finding(start=start, end=end, type=kind, rule=rule, confidence=0.8)


def bare_value(text: str, start: int) -> str | None:
    """Return the value without quotes that begins at *start*, less what ends a sentence."""
    found = _BARE.match(text, start)
    if found is None or found.end() - found.start() > MAX_VALUE:
        return None
    value = found.group()
    end = _END_OF_BARE.search(value)
    value = (value[: end.start()] if end else value).rstrip(",;")
    while value and (opener := _OPENERS.get(value[-1])):
        if value.count(value[-1]) <= value.count(opener):
            break
        value = value[:-1].rstrip(",;")
    value = value.rstrip(".,:")
    if value.endswith("=") and value[:-1].isalpha():
        return None  # the next name
    word = value.rstrip("!?;:.")
    return (word if word.isalpha() else value) or None


def _value_after(text: str, position: int, separator: re.Match[str]) -> Iterator[Finding]:
    name_start = _name_start(text, position)
    name = text[name_start : separator.end("tail")]
    spaced = None
    if text[name_start - 1 : name_start] == " ":
        spaced = _SPACED.search(text, max(0, name_start - _SPACED_HEAD), name_start)
    level = tier(f"{spaced['word']}_{name}" if spaced else name)
    joint = text[separator.end("close") : separator.end()].strip().rstrip("\\")
    if level == "none" or _names_none(text, name_start, name, joint):
        return
    before = _line_before(text, name_start)
    called = before.count("(") > before.count(")")
    weak = not called and joint not in _COMPARED
    quoted = _QUOTED.match(text, separator.end())
    if quoted is not None:
        if joint == "," and _is_listed_word(quoted["value"]):
            return
        if is_secret_value(level, quoted["value"], name=name, literal=True, weak=weak):
            yield finding_of(level, *quoted.span("value"))
        return
    opened = _OPEN_QUOTE.match(text, separator.end())
    start = opened.end() if opened else separator.end()
    value = bare_value(text, start)
    if value is None or (joint in _SAID and not _is_said(level, value)):
        return
    if opened is None and _is_code(value, text[start + len(value) : start + len(value) + 1]):
        return
    first = _BEFORE_NAME.fullmatch(before) is not None or not set(before) & _CODE
    literal = (
        opened is not None
        or (joint in {"=", ":", ":=", "?="} and _UPPER_NAME.fullmatch(name) is not None)
        or (joint == ":" and first and not _TYPE_NAME.fullmatch(value))
        or joint in _SAID
        or joint.rstrip("=") in _OPTIONS
        or (not called and _is_plain_joint(text, separator))
    )
    if is_secret_value(level, value, name=name, literal=literal, weak=weak and literal):
        yield finding_of(level, start, start + len(value))


def _name_start(text: str, position: int) -> int:
    """Return where the name begins that holds a keyword at *position*."""
    earliest = max(0, position - _NAME_HEAD)
    while position > earliest and text[position - 1] in _IN_NAME:
        position -= 1
    return position


def _names_none(text: str, start: int, name: str, joint: str) -> bool:
    """Whether the name is a verb (`get_secret("x")`, "pass `x`"), or a part of a longer path."""
    if joint == "(":
        return _ASKED.match(name) is not None
    if joint in {"", ","}:
        return name.lower() == "pass"
    before = text[max(0, start - 2) : start]
    return before == "::" or (joint == ":" and before[-1:] == ":")  # `arn:…:secret:name`


def _line_before(text: str, position: int) -> str:
    start = max(0, position - _LINE_HEAD)
    return text[max(start, text.rfind("\n", start, position) + 1) : position]


def _is_listed_word(value: str) -> bool:
    """Whether the value is one of a list of words: `"password", "scram-sha-256"`."""
    plain = not any(c.isdigit() or c in _SIGNS for c in value)
    return plain or _WORDS_AND_NUMBERS.fullmatch(value) is not None


def _is_code(value: str, following: str) -> bool:
    """Whether a value without quotes is an expression: `(a + b)`, `Pass::run()`, `node->next`."""
    return value[0] in "(:" or (value[-1] == "-" and following == ">")


def _is_said(level: Tier, value: str) -> bool:
    """Whether the word after "the password is" is one, rather than a part of the sentence."""
    if is_opaque(value):
        return True
    if not any(c.isdigit() for c in value):
        return classes(value) >= _MANY_CLASSES and not _SIGNS.isdisjoint(value)
    if is_other_data(value):
        return False
    return not value.isalnum() or (level != "key" and any(c.isalpha() for c in value))


def _is_plain_joint(text: str, separator: re.Match[str]) -> bool:
    """Whether name and value stand together as in `user=a;password=b` or `<password>b`."""
    joint = text[separator.end("close") : separator.end()]
    following = text[separator.end() : separator.end() + 1]
    return joint == ">" or (joint == "=" and following not in "([{")


def _flag_value(text: str, position: int) -> Iterator[Finding]:
    """Yield what follows `--password ` and its like."""
    gap = _FLAG_VALUE.match(text, position)
    if gap is None or text[_name_start(text, position)] != "-":
        return
    name_end = position
    while name_end < gap.end() and (text[name_end].isalnum() or text[name_end] in "_-"):
        name_end += 1
    flag = _FLAG.search(text, max(0, position - _NAME_HEAD), name_end)
    if flag is None or (level := tier(flag["name"])) == "none":
        return
    quoted = _QUOTED.match(text, gap.end())
    start = quoted.start("value") if quoted else gap.end()
    value = quoted["value"] if quoted else bare_value(text, start)
    if not value or value.startswith("-"):
        return
    if is_secret_value(level, value, name=flag["name"], literal=True, weak=True):
        yield finding_of(level, start, start + len(value))
