"""Finds values that a name gives away: assignments, fields, flags, parameters, markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.barevalues import MAX_VALUE, BareValues
from coding_agent_sdk.middleware.guardrails.secrets.misnamed import (
    is_all_of_string,
    names_none,
)
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier
from coding_agent_sdk.middleware.guardrails.secrets.parts import lines_behind, parts_behind
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_masked, is_other_data
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    classes,
    is_key,
    is_opaque,
    is_password,
    is_token,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_QUOTED: Final = 512
"""Longest value in quotes."""

_BLANK: Final = re.compile(r"\s")
_SPACED_HEAD: Final = 16
_MOST_KEPT: Final = 64
_SHORT_WORD: Final = 12

_TYPES: Final = (
    r"&?(?:'static[ ])?(?:str|string|String|SecretStr|Text|bytes|\*?char|Optional\[str\]"
    r"|str[ ]?\|[ ]?None)"
)
_DECODER: Final = (
    r"(?:\[\]byte|bytes|(?:[\w.]{1,24}\.)?(?:from_?hex|unhexlify|a2b_hex|(?:urlsafe_)?b64decode|atob"
    r"|(?:decode|from)_?(?:64|Hex|String|Base64|Base64String|HexString)?|DecodeString|GetBytes"
    r"|SecretString|SecretKeySpec))\((?=[bru]?[\"'])"
)
_SEPARATOR: Final = re.compile(
    rf"""(?x)
    (?P<close> \\{{0,3}} ["'`]? [\])]? )
    (?:
        [ \t]{{0,32}}
        (?: : [ \t]{{0,8}} (?: {_TYPES} [ \t]{{0,8}} (?:\|[ ]?(?:None|undefined|null)[ ]?)? = )
          | : [ \t]{{0,8}} [A-Za-z_][\w.]{{0,40}} (?:[\[<][\w ,.|]{{0,40}}[\]>])? [ \t]{{0,8}}
            = (?=[ ]?[brfu]?["'`])
          | :\*\*[ ] | \*\*:[ ] | \|\|= | \?\?= | ={{2,3}} | [:?]?=>? | => | != | <- | : )
        [ \t]{{0,16}}
        (?P<yaml> (?<=:[ ])
          (?: (?: &[\w-]{{1,40}} | !(?:![\w/:.]{{1,40}}|unsafe|str|string|binary) ) [ ]{{1,4}}
          ){{1,2}}
        )?
        (?: (?<==)\\\r?\n [ \t]{{0,16}} )?
        (?P<opener> (?: (?<=[=:][ ]) \( | ["']{{2}}\.join\([\[(] ) \s{{0,32}} (?=[bru]?["']) )?
        (?: String\( | SecretStr\( | new[ ]String\( | {_DECODER}
          | (?:os\.)?getenv\([^()\n]{{1,64}},[ ]? | \w{{0,24}}\.get\([^()\n]{{1,64}},[ ]? )?
      | \( (?=["'\\])
      | > (?:<[Vv]alue>)? (?=[^\s<>]{{1,512}}</)
      | [ \t]{{1,8}} value[ ]?=[ ]? (?=["'])
      | (?<=["'`]) [ \t]{{0,8}} , [ \t]{{0,4}} (?=["'`])
      | (?<=["'`]) , [ ]? (?:\w{{1,16}}=[^"',()\n]{{1,40}},[ ]?){{0,3}} default=(?=["'`])
      | , [ ]? <<(?=")
      | [ \t]{{1,8}} (?:string|As[ ]String) [ \t]{{0,8}} = [ \t]{{0,8}}
      | [ \t]{{1,8}} TYPE[ ]\w{{1,16}}[ ]VALUE[ ]{{1,4}} (?=')
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
_WORDS_AND_NUMBERS: Final = re.compile("[a-z]+(?:[-_][a-z0-9]{1,12})+")
_FLAG: Final = re.compile(r"--?[A-Za-z][\w-]*")
_BEFORE_FLAG: Final = frozenset(" \t\n\r\"'`([,")
_FLAG_GAP: Final = re.compile(r"(?:[\"'],)?[ \t]{1,8}")
_UPPER_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_BEFORE_NAME: Final = re.compile(
    r"""(?x)
    [\s>|+#*"'-]{0,64} (?:export[ ]|set[ ]|env[ ]|ENV[ ]|ARG[ ]|my[ ]|the[ ]|your[ ])? ["'*]{0,2} \Z
    """
)
_SPACED: Final = re.compile(r"(?i)(?<![A-Za-z])(?P<word>api|secret|access|auth|service)[ ]\Z")
_PARENT: Final = re.compile(
    r"(?P<name>[A-Za-z]\w{1,31})[\"']?\s{0,4}(?:=>|[:=])\s{0,4}[{\[]\s{0,16}[\"']?\Z"
)
_PARENT_REACH: Final = 72
_CODE: Final = frozenset("{([=<")  # a line without these speaks, or sets one value
_OPTIONS: Final = ("--body", "-b", "--value", "--secret-string")
_COMPARED: Final = frozenset({"==", "===", "!=", "<-", ",", "("})
_SIGNS: Final = frozenset("!#$%&*+?@^~=|/")
_MANY_CLASSES: Final = 3
_TYPE_NAME: Final = re.compile(
    r"(?:\w+\.)+\w+|(?:[A-Z]+[a-z]+[0-9]*|[A-Z]+[0-9]+){2,}[A-Z]*|[a-z]+(?:_[a-z]+)+"
)
_SAID: Final = frozenset({"is", "was", "is now", "was now", "is:", "was:"})


class Assignments:
    """The rule for values that stand behind a name and a sign, or behind a flag."""

    __slots__ = ("_judged", "_values")

    def __init__(self) -> None:
        self._judged: dict[tuple[Tier, str, str, bool, bool], bool] = {}
        self._values: BareValues | None = None

    @property
    def rule(self) -> NameRule:
        """The rule."""
        return NameRule(find=self._find, follows="\\\"'`)] \t:=?!<>(,*|", announced=False)

    def _find(self, named: Named) -> Iterator[Finding]:
        if (
            named.level == "none"
            and not named.text.startswith(" ", max(0, named.start - 1))
            and named.name.lower() != "key"
        ):
            return
        separator = _SEPARATOR.match(named.text, named.end)
        if self._values is None:
            self._values = BareValues(named.text)
        if separator is not None:
            yield from self._value_after(named, separator, self._values)
        elif named.text[named.start] == "-":
            yield from _flag_value(named, self._values)

    def _value_after(
        self, named: Named, separator: re.Match[str], values: BareValues
    ) -> Iterator[Finding]:
        text, name, level = named.text, named.name, announced_by(named)
        joint = _joint(text, separator)
        if level == "none" or names_none(named, separator, joint):
            return
        before = named.line_before()
        called = before.count("(") > before.count(")")
        weak = not called and joint not in _COMPARED
        quoted = _QUOTED.match(text, separator.end())
        if quoted is not None:
            yield from self._quoted(level, named, separator, quoted, weak=weak)
            return
        if separator["opener"]:
            return
        opened = _OPEN_QUOTE.match(text, separator.end())
        start = opened.end() if opened else separator.end()
        value = values.at(start)
        if value is None or _is_short_word(value):
            return
        if joint in _SAID and not _is_said(level, value):
            return
        if opened is None and _is_code(value, text[start + len(value) : start + len(value) + 1]):
            return
        first = _BEFORE_NAME.fullmatch(before) is not None or not set(before) & _CODE
        literal = (
            opened is not None
            or (joint in {"=", ":", ":=", "?="} and _UPPER_NAME.fullmatch(name) is not None)
            or (joint == ":" and first and not _TYPE_NAME.fullmatch(value))
            or joint in _SAID
            or (joint == "=" and is_all_of_string(text, named.start, start + len(value)))
            or joint.rstrip("=") in _OPTIONS
            or (not called and _is_plain_joint(text, separator))
        )
        if self._is_secret(level, value, name, literal=literal, weak=weak and literal):
            yield finding_of(level, start, start + len(value))
            parts = lines_behind(text, start + len(value))
            yield from self._further(level, name, value, parts)

    def _quoted(
        self,
        level: Tier,
        named: Named,
        separator: re.Match[str],
        quoted: re.Match[str],
        *,
        weak: bool,
    ) -> Iterator[Finding]:
        """Yield a value in quotes, and what is added to it."""
        text, value, opener = named.text, quoted["value"], separator["opener"]
        if (opener or quoted["quote"] == "`") and _BLANK.search(value):
            return  # a stream may have let go its first word, or a shell runs it
        if _joint(text, separator) == "," and _is_listed_word(value):
            return
        if self._is_secret(level, value, named.name, literal=True, weak=weak):
            yield finding_of(level, *quoted.span("value"))
        parts = parts_behind(text, quoted.end(), opener or text[separator.end() - 1])
        yield from self._further(level, named.name, value, parts)

    def _further(
        self, level: Tier, name: str, value: str, parts: Iterable[re.Match[str]]
    ) -> Iterator[Finding]:
        """Yield each part with which, and what stands before it, the value is a secret."""
        for part in parts:
            value += part["value"]
            if self._is_secret(level, value, name, literal=True, weak=False):
                yield finding_of(level, *part.span("value"))

    def _is_secret(self, level: Tier, value: str, name: str, *, literal: bool, weak: bool) -> bool:
        """Judge a value; the same one that stands in the text again and again is judged once."""
        asked = level, value, name, literal, weak
        judged = self._judged.get(asked)
        if judged is None:
            if len(self._judged) >= _MOST_KEPT:
                self._judged.clear()
            judged = is_secret_value(level, value, name=name, literal=literal, weak=weak)
            self._judged[asked] = judged
        return judged


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


def _joint(text: str, separator: re.Match[str]) -> str:
    """Return the sign between name and value, without what opens the value."""
    end = separator.end()
    for group in ("opener", "yaml"):
        if separator[group]:
            end = separator.start(group)
    return text[separator.end("close") : end].strip().rstrip("\\")


def announced_by(named: Named) -> Tier:
    """Say what the name announces, maybe with the word before it: `API key`."""
    text, start = named.text, named.start
    if text[start - 1 : start] == " ":
        spaced = _SPACED.search(text, max(0, start - _SPACED_HEAD), start)
        if spaced is not None:
            return tier(f"{spaced['word']}_{named.name}")
    if named.name.lower() == "key":
        parent = _PARENT.search(text, max(0, start - _PARENT_REACH), start)
        return "key" if parent and tier(f"{parent['name']}_key") != "none" else "none"
    return named.level


def _is_short_word(value: str) -> bool:
    """Whether the value is a word of a sentence or of code, which is no secret of any kind."""
    return (
        len(value) < _SHORT_WORD
        and value.isalpha()
        and (value.islower() or value.isupper() or value.istitle())
    )


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


def _flag_value(named: Named, values: BareValues) -> Iterator[Finding]:
    """Yield what follows `--password ` and its like."""
    text, level = named.text, named.level
    if level == "none" or (named.start and text[named.start - 1] not in _BEFORE_FLAG):
        return
    gap = _FLAG_GAP.match(text, named.end)
    if gap is None or _FLAG.fullmatch(text, named.start, named.end) is None:
        return
    quoted = _QUOTED.match(text, gap.end())
    if quoted is None and "," in gap.group():
        return  # what follows a flag in a list of arguments stands in quotes, too
    start = quoted.start("value") if quoted else gap.end()
    value = quoted["value"] if quoted else values.at(start)
    if not value or value.startswith("-"):
        return
    name = named.name.lstrip("-")
    if is_secret_value(level, value, name=name, literal=True, weak=True):
        yield finding_of(level, start, start + len(value))
