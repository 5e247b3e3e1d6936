"""Expands words as bash does: quotes, variables, substitutions, braces, splitting, patterns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from coding_agent_sdk.middleware.guardrails.commands.braces import MAX_FIELDS, expand_braces
from coding_agent_sdk.middleware.guardrails.commands.escapes import (
    unescape_ansi,
    unescape_double,
)
from coding_agent_sdk.middleware.guardrails.commands.parameters import add_up, apply_operator
from coding_agent_sdk.middleware.guardrails.commands.parse import text_of
from coding_agent_sdk.middleware.guardrails.commands.substitutions import (
    expansions_in,
    find_hidden_in_word,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named
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
from coding_agent_sdk.text import shell_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from coding_agent_sdk.middleware.guardrails.commands.environment import Environment

_PATTERN: Final = str.maketrans({"*": STAR, "?": MARK, "[": BRACKET, "{": BRACE})
_NAME: Final = re.compile(r"(?<![\w$.-])[A-Za-z_]\w*\b(?![(.])")
_PLAIN_WORD: Final = re.compile(r"[\w./:=,@%+-]+", re.ASCII)
"""What every expansion leaves as it is."""

_SIGNS: Final = re.compile(r"[*?\[{]")
_BLANK: Final = re.compile(r"[ \t\n]")
_BLANKS: Final = str.maketrans({" ": SPLIT, "\t": SPLIT, "\n": SPLIT})


EVALUATING: Final = frozenset({"-v", "-R", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
"""Operators of a test that evaluate their words as names or arithmetic, substitutions included."""


def _with_signs(text: str) -> str:
    """Mark the signs that the shell would still expand."""
    return text.translate(_PATTERN) if _SIGNS.search(text) else text


class Words:
    """Expands the word nodes of a syntax tree."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def fields(self, node: Node) -> list[Value]:
        """Expand a word to the fields that the command gets: none, one or several."""
        self._environment.patience.check()
        if node.type in {"word", "command_name"}:
            text = text_of(node)
            if _PLAIN_WORD.fullmatch(text):
                return [Value(text)]
        value = self._value(node, quoted=False)
        self._environment.patience.check(len(value.text) >> 9)
        texts = expand_braces(value.text) if BRACE in value.text else [value.text]
        fields = [
            Value(field.replace(EMPTY, ""), value.taints)
            for text in texts
            for field in self._tilde(text).split(SPLIT)
            if field
        ]
        return fields[:MAX_FIELDS]

    def single(self, node: Node) -> Value:
        """Expand a word where the shell does not split: assignments, redirections, `case`."""
        value = self._value(node, quoted=False)
        self._environment.patience.check(len(value.text) >> 9)
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
        literal = self._LITERALS.get(node.type)
        if literal is not None:
            return literal(self, node)
        expansion = self._EXPANSIONS.get(node.type)
        if expansion is not None:
            return expansion(self, node, quoted=quoted)
        self.follow_inside(node)
        return ANYTHING

    def _word(self, node: Node) -> Value:
        text = text_of(node)
        if ("`" in text or "(" in text) and (hidden := find_hidden_in_word(node)):
            return join([ANYTHING, *map(self._environment.substitute_text, hidden)])
        if "\\" not in text:
            return Value(_with_signs(text))
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

    def _raw(self, node: Node) -> Value:
        return Value(text_of(node)[1:-1] or EMPTY)

    def _content(self, node: Node) -> Value:
        return Value(unescape_double(text_of(node)))

    def _ansi(self, node: Node) -> Value:
        raw = text_of(node)[2:-1]
        text = unescape_ansi(raw)
        hidden = re.search(r"\\(?:x|u|U|[0-7])", raw) is not None
        return Value(text or EMPTY, frozenset({HIDDEN}) if hidden else frozenset())

    def _string(self, node: Node) -> Value:
        start = node.start_byte + (2 if node.type == "translated_string" else 1)
        if node.type == "translated_string" and node.named_child_count:
            return self._value(node.named_children[0], quoted=True)
        value = self._with_gaps(node, start, node.end_byte - 1, quoted=True, literal=False)
        return Value(value.text or EMPTY, value.taints)

    def _with_gaps(self, node: Node, start: int, end: int, *, quoted: bool, literal: bool) -> Value:
        """Join the expansions in a stretch of source with the text between them.

        Args:
            node: what the stretch is a part of.
            start: its first byte.
            end: the byte after its last.
            quoted: whether it stands between double quotes, where a single quote is a letter.
            literal: whether it is the body of a here-document.
        """
        source = node.text or b""
        offset = node.start_byte
        values: list[Value] = []
        position = start

        def between(until: int) -> None:
            if until > position:
                raw = shell_source.decode(source[position - offset : until - offset])
                values.append(Value(raw if literal and "\\" not in raw else unescape_double(raw)))

        for begins, ends, piece in expansions_in(node, start, end, quoted=quoted):
            if begins < position:
                continue
            between(begins)
            position = ends
            values.append(
                self._environment.substitute_text(piece)
                if isinstance(piece, str)
                else self._value(piece, quoted=True)
            )
        between(end)
        return join(values) if values else NOTHING

    def _concatenation(self, node: Node, *, quoted: bool) -> Value:
        children = node.children
        if not children:
            return self._word(node)
        if len(children) == 1:
            return self._value(children[0], quoted=quoted)
        return join([self._value(child, quoted=quoted) for child in children])

    def _split(self, value: Value, *, quoted: bool) -> Value:
        if quoted or not value.text:
            return value if value.text else (NOTHING if not quoted else Value("", value.taints))
        return Value(_with_signs(self._separated(value.text)), value.taints)

    def _separated(self, text: str) -> str:
        separators = self._environment.variable("IFS").text
        if separators == " ":
            return text.translate(_BLANKS) if _BLANK.search(text) else text
        return "".join(SPLIT if c in separators else c for c in text)

    def _variable(self, node: Node, *, quoted: bool) -> Value:
        name = text_of(node)[1:]
        if name in {"@", "*"}:
            return self._elements("@", quoted=quoted)
        elements = self._environment.elements(name)
        value = elements[0] if elements else self._environment.variable(name)
        return self._split(value, quoted=quoted)

    def _elements(self, name: str, *, quoted: bool) -> Value:
        elements = self._environment.elements(name)
        if elements is None:
            return self._split(self._environment.variable(name), quoted=quoted)
        return (
            join([e if quoted else self._split(e, quoted=quoted) for e in elements], SPLIT)
            if elements
            else NOTHING
        )

    def _array(self, node: Node) -> Value:
        values = [field for child in node.named_children for field in self.fields(child)]
        return join(values, " ") if values else NOTHING

    def _substitution(self, node: Node, *, quoted: bool) -> Value:
        value = self._environment.substitute(node)
        return self._split(Value(value.text.rstrip("\n"), value.taints), quoted=quoted)

    def _process(self, node: Node) -> Value:
        value = self._environment.substitute(node)
        path = self._environment.descriptor(value)
        source = text_of(node)
        if source.startswith(">("):
            self._environment.receivers[path] = source[2:-1]
        return Value(path, value.taints)

    def _arithmetic(self, node: Node) -> Value:
        source = text_of(node)
        inner = source[3:-2] if source.startswith("$((") else source
        if re.fullmatch(r"[\d\s+*-]{1,40}", inner) and (number := add_up(inner)) is not None:
            return Value(str(number))
        for child in node.named_children:
            self.follow_inside(child)
        return Value("0" if not node.named_child_count else UNKNOWN)

    def follow_inside(self, node: Node) -> None:
        """Follow substitutions that stand inside arithmetic or a subscript."""
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if current.type == "command_substitution":
                self._environment.substitute(current)
            elif current.type in {"variable_name", "word"}:
                # The value of a name in arithmetic is evaluated again, with its substitutions.
                name = text_of(current)
                self._environment.evaluate(self._environment.variable(name), name)
            elif current.type in {"raw_string", "string"}:
                self._environment.evaluate(self.single(current), text_of(current))
            else:
                waiting += reversed(current.named_children)

    def follow_test(self, node: Node) -> None:
        """Follow the substitutions in the words of `[ … ]` and `[[ … ]]`."""
        evaluates = any(
            text_of(c) in EVALUATING for c in node.named_children if c.type == "test_operator"
        )
        for child in node.named_children:
            if child.type.endswith("_expression"):
                self.follow_test(child)
                continue
            value = self.single(child)
            if evaluates:
                self.evaluate_arithmetic(value, text_of(node))

    def evaluate_arithmetic(self, text: Value, part: str) -> None:
        """Follow what a text runs that is evaluated: its own substitutions, those of its names."""
        self._environment.evaluate(text, part)
        for name in dict.fromkeys(_NAME.findall(text.plain)):
            self._environment.evaluate(self._environment.variable(name), part)

    def _expansion(self, node: Node, *, quoted: bool) -> Value:
        """Expand `${…}` with the operators that matter for names and paths."""
        children = node.children
        named = [
            c for c in children if c.type in {"variable_name", "special_variable_name", "subscript"}
        ]
        if not named:
            self._with_gaps(
                node, node.start_byte + 2, node.end_byte - 1, quoted=quoted, literal=False
            )
            return ANYTHING
        target = named[0]
        prefix = {c.type for c in children if c.end_byte <= target.start_byte}
        value = self._target(target, quoted=quoted)
        rest = [c for c in children if c.start_byte >= target.end_byte and c.type != "}"]
        argument = self._argument(node, rest[0], quoted=quoted) if len(rest) > 1 else NOTHING
        if "#" in prefix:
            return Value(str(len(value.text)) if value.known else UNKNOWN)
        if "!" in prefix:
            return (
                self._split(self._environment.variable(value.plain), quoted=quoted)
                if value.known
                else ANYTHING
            )
        if len(rest) > 1 and rest[0].type == "@" and rest[1].type == "P":
            # A value that is shown as a prompt is expanded first, with its substitutions.
            self._environment.evaluate(value, text_of(node))
            return ANYTHING.tainted(*value.taints)
        if not rest:
            return value if target.type == "subscript" else self._split(value, quoted=quoted)
        source = shell_source.decode((node.text or b"")[target.end_byte - node.start_byte : -1])
        result = self._operate(source, target, value, rest[0].type, argument)
        return self._split(bounded(result), quoted=quoted)

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
        if not re.fullmatch(r"-?\d{1,6}", index):
            self.follow_inside(target)
            value = self._environment.variable(f"{name}[{index}]")
            return self._split(value, quoted=quoted)
        if elements is None:
            return ANYTHING
        number = int(index)
        if not -len(elements) <= number < len(elements):
            return NOTHING
        return self._split(elements[number], quoted=quoted)

    def _operate(
        self, source: str, target: Node, value: Value, operator: str, argument: Value
    ) -> Value:
        """Apply an operator, which *source* begins with, and its argument to a value."""
        unset = value.text in {"", UNKNOWN}
        if operator in {":-", "-", ":=", "="}:
            if operator in {":=", "="} and unset and target.type == "variable_name":
                self._environment.assign(text_of(target), argument)
            return argument if unset else value
        if operator in {":+", "+"}:
            return argument if value.text else NOTHING
        if operator in {":?", "?"}:
            return value
        if operator == ":":
            self.evaluate_arithmetic(Value(source.removeprefix(":")), source)
        return apply_operator(value, source)

    def _argument(self, node: Node, operator: Node, *, quoted: bool) -> Value:
        return self._with_gaps(
            node, operator.end_byte, node.end_byte - 1, quoted=quoted, literal=False
        )

    _LITERALS: ClassVar[dict[str, Callable[[Words, Node], Value]]] = {
        **named(
            "word number variable_name regex extglob_pattern special_variable_name"
            " test_operator brace_expression",
            _word,
        ),
        **named("string translated_string", _string),
        "raw_string": _raw,
        "ansi_c_string": _ansi,
        "string_content": _content,
        "process_substitution": _process,
        "arithmetic_expansion": _arithmetic,
        "array": _array,
    }
    _EXPANSIONS: ClassVar[dict[str, Callable[..., Value]]] = {
        "simple_expansion": _variable,
        "expansion": _expansion,
        "command_substitution": _substitution,
        **named("concatenation command_name", _concatenation),
    }
