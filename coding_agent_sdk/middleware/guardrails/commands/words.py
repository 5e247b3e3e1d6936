"""Expands words as bash does: quotes, variables, substitutions, braces, splitting, patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice, product
from typing import TYPE_CHECKING, Final, Protocol

from coding_agent_sdk.middleware.guardrails.commands.parse import text_of
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    BRACE,
    BRACKET,
    EMPTY,
    HIDDEN,
    MARK,
    NOTHING,
    SPLIT,
    STAR,
    UNKNOWN,
    Value,
    bounded,
    join,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_ANSI: Final = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<oct>[0-7]{1,3})|c(?P<ctl>.)|(?P<c>.))",
    re.DOTALL,
)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_PATTERN: Final = str.maketrans({"*": STAR, "?": MARK, "[": BRACKET, "{": BRACE})
_BLANKS: Final = str.maketrans({" ": SPLIT, "\t": SPLIT, "\n": SPLIT})
_RANGE: Final = re.compile(r"\{(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.\d+)?\}|\{([a-zA-Z])\.\.([a-zA-Z])\}")
_SLICE: Final = re.compile(r":\s*(-?\d+)(?:\s*:\s*(-?\d+))?$")
_MAX_FIELDS: Final = 64


class Environment(Protocol):
    """What expansion asks of the shell that is being followed."""

    home: str
    folder: str | None

    def variable(self, name: str) -> Value:
        """Return the value of a variable, a gap where it is not known."""
        ...

    def elements(self, name: str) -> list[Value] | None:
        """Return the elements of an array, None where the name is none."""
        ...

    def assign(self, name: str, value: Value) -> None:
        """Set a variable."""
        ...

    def substitute(self, node: Node) -> Value:
        """Follow the commands of a substitution and return what they print."""
        ...

    def descriptor(self, value: Value) -> str:
        """Keep what a process substitution prints and return the path under which it is read."""
        ...


def unescape_ansi(text: str) -> str:
    """Decode the inside of `$'…'`, of `echo -e` and of `printf`'s format."""

    def decode(found: re.Match[str]) -> str:
        for group, base in (("hex", 16), ("u", 16), ("U", 16), ("oct", 8)):
            if found[group]:
                number = int(found[group], base)
                return chr(number & 0xFF if group == "oct" else number) if number < 0x110000 else ""  # noqa: PLR2004  Unicode ends here
        if found["ctl"]:
            return chr(ord(found["ctl"]) & 0x1F)
        return _LETTERS.get(found["c"], found["c"] if found["c"] in "\\'\"?" else "\\" + found["c"])

    return _ANSI.sub(decode, text)


class Words:
    """Expands the word nodes of a syntax tree."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._parts: dict[str, Callable[[Node, bool], Value]] = {
            "word": self._word,
            "number": self._word,
            "variable_name": self._word,
            "regex": self._word,
            "extglob_pattern": self._word,
            "special_variable_name": self._word,
            "test_operator": self._word,
            "string": self._string,
            "translated_string": self._string,
            "raw_string": self._raw,
            "ansi_c_string": self._ansi,
            "string_content": self._content,
            "simple_expansion": self._variable,
            "expansion": self._expansion,
            "command_substitution": self._substitution,
            "process_substitution": self._process,
            "arithmetic_expansion": self._arithmetic,
            "brace_expression": self._word,
            "concatenation": self._concatenation,
            "command_name": self._concatenation,
            "array": self._array,
        }

    def fields(self, node: Node) -> list[Value]:
        """Expand a word to the fields that the command gets: none, one or several."""
        value = self._value(node, quoted=False)
        texts = _braces(value.text) if BRACE in value.text else [value.text]
        fields: list[Value] = []
        for text in texts:
            for field in self._tilde(text).split(SPLIT) if SPLIT in text else (self._tilde(text),):
                if field:
                    fields.append(Value(field.replace(EMPTY, ""), value.taints))
        return fields[:_MAX_FIELDS]

    def single(self, node: Node) -> Value:
        """Expand a word where the shell does not split: assignments, redirections, `case`."""
        value = self._value(node, quoted=False)
        text = self._tilde(value.text.replace(SPLIT, " ")).replace(EMPTY, "").replace(BRACE, "{")
        return Value(text, value.taints)

    def quoted_text(self, node: Node, *, start: int) -> Value:
        """Expand the body of a here-document from the byte *start* on."""
        return self._with_gaps(node, start, node.end_byte, quoted=True, literal=True)

    def _tilde(self, text: str) -> str:
        if text[:1] != "~":
            return text
        user, slash, rest = text.partition("/")
        if user == "~":
            return self._environment.home + slash + rest
        if user == "~+":
            return (self._environment.folder or UNKNOWN) + slash + rest
        return f"/home/{user[1:]}{slash}{rest}" if user != "~-" else UNKNOWN + slash + rest

    def _value(self, node: Node, *, quoted: bool) -> Value:
        part = self._parts.get(node.type)
        return part(node, quoted) if part else ANYTHING

    def _word(self, node: Node, _quoted: bool) -> Value:
        text = text_of(node)
        if "\\" not in text:
            return Value(text.translate(_PATTERN))
        pieces: list[str] = []
        position = 0
        while position < len(text):
            char = text[position]
            if char == "\\" and position + 1 < len(text):
                position += 1
                if text[position] != "\n":
                    pieces.append(text[position])
            else:
                pieces.append(char.translate(_PATTERN))
            position += 1
        return Value("".join(pieces) or EMPTY)

    def _raw(self, node: Node, _quoted: bool) -> Value:
        return Value(text_of(node)[1:-1] or EMPTY)

    def _content(self, node: Node, _quoted: bool) -> Value:
        return Value(_unescape_double(text_of(node)))

    def _ansi(self, node: Node, _quoted: bool) -> Value:
        raw = text_of(node)[2:-1]
        text = unescape_ansi(raw)
        hidden = re.search(r"\\(?:x|u|U|[0-7])", raw) is not None
        return Value(text or EMPTY, frozenset({HIDDEN}) if hidden else frozenset())

    def _string(self, node: Node, _quoted: bool) -> Value:
        start = node.start_byte + (2 if node.type == "translated_string" else 1)
        if node.type == "translated_string" and node.named_child_count:
            return self._value(node.named_children[0], quoted=True)
        value = self._with_gaps(node, start, node.end_byte - 1, quoted=True, literal=False)
        return Value(value.text or EMPTY, value.taints)

    def _with_gaps(self, node: Node, start: int, end: int, *, quoted: bool, literal: bool) -> Value:
        """Join the expansions in a stretch of source with the text between them."""
        source = node.text or b""
        offset = node.start_byte
        values: list[Value] = []
        position = start

        def between(until: int) -> None:
            if until > position:
                raw = source[position - offset : until - offset].decode("utf-8", "replace")
                values.append(Value(raw if literal and "\\" not in raw else _unescape_double(raw)))

        for child in node.children:
            if child.start_byte < position or child.type in {"string_content", '"', "heredoc_content"} or child.start_byte >= end:
                continue
            if not child.is_named:
                continue
            between(child.start_byte)
            values.append(self._value(child, quoted=quoted))
            position = child.end_byte
        between(end)
        return join(values) if values else NOTHING

    def _concatenation(self, node: Node, quoted: bool) -> Value:
        children = node.children
        if not children:
            return self._word(node, quoted)
        if len(children) == 1:
            return self._value(children[0], quoted=quoted)
        return join([self._value(child, quoted=quoted) for child in children])

    def _split(self, value: Value, quoted: bool) -> Value:
        if quoted or not value.text:
            return value if value.text else (NOTHING if not quoted else Value("", value.taints))
        return Value(self._separated(value.text).translate(_PATTERN), value.taints)

    def _separated(self, text: str) -> str:
        separators = self._environment.variable("IFS").text
        if separators == " ":
            return text.translate(_BLANKS)
        return "".join(SPLIT if c in separators else c for c in text)

    def _variable(self, node: Node, quoted: bool) -> Value:
        name = text_of(node)[1:]
        if name == "IFS" and not quoted:
            return Value(SPLIT)
        if name in {"@", "*"}:
            return self._elements("@", quoted=quoted)
        return self._split(self._environment.variable(name), quoted)

    def _elements(self, name: str, *, quoted: bool) -> Value:
        elements = self._environment.elements(name)
        if elements is None:
            return self._split(self._environment.variable(name), quoted)
        return join([e if quoted else self._split(e, quoted) for e in elements], SPLIT) if elements else NOTHING

    def _array(self, node: Node, _quoted: bool) -> Value:
        values = [field for child in node.named_children for field in self.fields(child)]
        return join(values, " ") if values else NOTHING

    def _substitution(self, node: Node, quoted: bool) -> Value:
        value = self._environment.substitute(node)
        return self._split(Value(value.text.rstrip("\n"), value.taints), quoted)

    def _process(self, node: Node, _quoted: bool) -> Value:
        value = self._environment.substitute(node)
        return Value(self._environment.descriptor(value), value.taints)

    def _arithmetic(self, node: Node, _quoted: bool) -> Value:
        source = text_of(node)
        inner = source[3:-2] if source.startswith("$((") else source
        if re.fullmatch(r"[\d\s+*-]{1,40}", inner) and (number := _sum(inner)) is not None:
            return Value(str(number))
        for child in node.named_children:
            self.follow_inside(child)
        return Value("0" if not node.named_child_count else UNKNOWN)

    def follow_inside(self, node: Node) -> None:
        """Follow substitutions that stand inside arithmetic or a subscript."""
        if node.type == "command_substitution":
            self._environment.substitute(node)
            return
        for child in node.named_children:
            self.follow_inside(child)

    def _expansion(self, node: Node, quoted: bool) -> Value:
        """Expand `${…}` with the operators that matter for names and paths."""
        children = node.children
        named = [c for c in children if c.type in {"variable_name", "special_variable_name", "subscript"}]
        if not named:
            return ANYTHING
        target = named[0]
        prefix = {c.type for c in children if c.end_byte <= target.start_byte}
        value = self._target(target, quoted=quoted)
        if "#" in prefix:
            return Value(str(len(value.text)) if value.known else UNKNOWN)
        if "!" in prefix:
            return self._split(self._environment.variable(value.plain), quoted) if value.known else ANYTHING
        rest = [c for c in children if c.start_byte >= target.end_byte and c.type != "}"]
        if not rest:
            return value if target.type == "subscript" else self._split(value, quoted)
        return self._split(bounded(self._operate(node, target, value, rest)), quoted)

    def _target(self, target: Node, *, quoted: bool) -> Value:
        if target.type != "subscript":
            name = text_of(target)
            if name in {"@", "*"}:
                return self._elements("@", quoted=quoted)
            elements = self._environment.elements(name)
            return elements[0] if elements else self._environment.variable(name)
        name, _, index = text_of(target).partition("[")
        index = index.rstrip("]").strip("\"'")
        if index in {"@", "*"}:
            return self._elements(name, quoted=quoted)
        elements = self._environment.elements(name)
        if elements is None or not re.fullmatch(r"-?\d{1,6}", index):
            return ANYTHING
        number = int(index)
        return elements[number] if -len(elements) <= number < len(elements) else NOTHING

    def _operate(self, node: Node, target: Node, value: Value, rest: list[Node]) -> Value:
        operator = rest[0].type
        source = (node.text or b"")[target.end_byte - node.start_byte : -1].decode("utf-8", "replace")
        unset = value.text in {"", UNKNOWN}
        argument = self._argument(node, rest[0]) if len(rest) > 1 else NOTHING
        if operator in {":-", "-", ":=", "="}:
            if operator in {":=", "="} and unset and target.type == "variable_name":
                self._environment.assign(text_of(target), argument)
            return argument if unset else value
        if operator in {":+", "+"}:
            return argument
        if operator in {":?", "?"}:
            return value
        return _changed(value, source)

    def _argument(self, node: Node, operator: Node) -> Value:
        return self._with_gaps(node, operator.end_byte, node.end_byte - 1, quoted=True, literal=False)


def _changed(value: Value, source: str) -> Value:
    """Apply `:offset:length`, `#prefix`, `%suffix`, `/old/new`, `^^` and `,,` to a known value."""
    if not value.known:
        folder = value.text[: value.text.index(UNKNOWN)].rpartition("/")
        if source.startswith(("%", "/")) and folder[1]:
            return Value(folder[0] + folder[1] + UNKNOWN, value.taints)
        # `${f##*/}` is a name in some folder, which the words around it tell.
        return Value("./" + UNKNOWN, value.taints) if source == "##*/" else ANYTHING.tainted(*value.taints)
    hidden = value.tainted(HIDDEN)
    if found := _SLICE.match(source):
        start = int(found[1])
        text = value.text[start:] if found[2] is None else value.text[start:][: int(found[2])]
        return Value(text, hidden.taints)
    if source in {"^^", ",,", "^", ","}:
        text = value.text.upper() if "^" in source else value.text.lower()
        return Value(text, hidden.taints)
    if found := re.fullmatch(r"(##?|%%?)([^*?\[\]$`{}\\]*)", source):
        text = value.text.removeprefix(found[2]) if "#" in found[1] else value.text.removesuffix(found[2])
        return Value(text, hidden.taints)
    if found := re.fullmatch(r"(//?)([^/*?\[\]$`{}\\]+)(?:/([^$`{}\\]*))?", source):
        text = value.text.replace(found[2], found[3] or "", -1 if found[1] == "//" else 1)
        return Value(text, hidden.taints)
    return ANYTHING.tainted(*value.taints)


def _unescape_double(text: str) -> str:
    return re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], text) if "\\" in text else text


def _sum(text: str) -> int | None:
    total = 0
    for sign, product_text in re.findall(r"([+-]?)\s*([\d\s*]+)", text):
        number = 1
        for factor in product_text.split("*"):
            if not factor.strip().isdigit():
                return None
            number *= int(factor[:9])
        total += -number if sign == "-" else number
    return total


def _braces(text: str) -> list[str]:
    """Expand `{a,b}` and `{1..3}`; a brace that was quoted is none here."""
    start = text.find(BRACE)
    while start >= 0:
        end = _closing(text, start)
        if end < 0:
            break
        found = _RANGE.fullmatch("{" + text[start + 1 : end + 1])
        options = _range(found) if found else _options(text[start + 1 : end])
        if options is not None:
            tails = _braces(text[end + 1 :])
            heads = [piece for option in options for piece in _braces(option)]
            head_text = text[:start].replace(BRACE, "{")
            return [head_text + h + t for h, t in islice(product(heads, tails), _MAX_FIELDS)]
        start = text.find(BRACE, start + 1)
    return [text.replace(BRACE, "{")]


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        if text[index] == BRACE:
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _options(inner: str) -> list[str] | None:
    options: list[str] = []
    depth = last = 0
    for index, char in enumerate(inner):
        depth += (char == BRACE) - (char == "}")
        if char == "," and depth == 0:
            options.append(inner[last:index])
            last = index + 1
    return [*options, inner[last:]] if options else None


def _range(found: re.Match[str]) -> list[str]:
    if found[1] is not None:
        first, last = int(found[1]), int(found[2])
        if abs(last - first) > _MAX_FIELDS:
            return [UNKNOWN]
        step = 1 if last >= first else -1
        return [str(n) for n in range(first, last + step, step)]
    first, last = ord(found[3]), ord(found[4])
    step = 1 if last >= first else -1
    return [chr(n) for n in range(first, last + step, step)]
