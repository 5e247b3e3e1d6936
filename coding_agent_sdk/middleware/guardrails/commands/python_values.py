"""Folds the expressions of Python code to the texts that they are."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import re
from typing import TYPE_CHECKING, Final, TypeGuard

from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import SPLIT, STAR, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower

BACKWARDS: Final = re.compile(
    r"base64|b64|atob|fromCharCode|unhexlify|fromhex|pack\s*\(?['\"]H|decode|rot13"
    r"|\bchr\b|reverse|\[::-1\]|Buffer\.from|unpack",
    re.IGNORECASE,
)
_PATHS: Final = names("Path str PurePath PosixPath abspath realpath fspath")
_LISTINGS: Final = names("glob iglob rglob listdir scandir walk iterdir")

_LONGEST: Final = 16_384
"""Longest text, in characters, that code may build up: `x = x + x` doubles it with each line."""

_FOLDED_IN_A_STEP: Final = 8
"""Expressions folded in the time of one step of patience."""


def parse_python(code: str) -> ast.Module | None:
    """Parse Python code; None where it is none, or too deep."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def expand_home(shell: Follower, path: str) -> str:
    """Return the path with the home folder in the place of `~`."""
    return shell.home + path[1:] if path == "~" or path.startswith("~/") else path


def dotted(node: ast.expr) -> str:
    """Return a dotted name as it stands in the code."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_name(node: ast.AST) -> TypeGuard[ast.Name | ast.Attribute]:
    return isinstance(node, ast.Name | ast.Attribute)


class Folding:
    """Knows what is constant in Python code: names, lists of a loop, encoded text."""

    def __init__(self, shell: Follower, part: str) -> None:
        self.shell = shell
        self.part = part
        self._folded = 0
        self.names: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self._texts: dict[type[ast.expr], Callable[..., str]] = {
            ast.Constant: self._constant,
            ast.Name: self._variable,
            ast.UnaryOp: self._negated,
            ast.BinOp: self._operation,
            ast.JoinedStr: self._formatted,
            ast.List: self._listed,
            ast.Tuple: self._listed,
            ast.Subscript: self._sliced,
            ast.Attribute: self._attribute,
            ast.Call: self._result,
        }

    def text(self, node: ast.expr) -> str:
        """Return the text that an expression is, with gaps where it is not constant."""
        self._count()
        reader = self._texts.get(type(node))
        text = reader(node) if reader else UNKNOWN
        return text if len(text) <= _LONGEST else self.gap()

    def _count(self) -> None:
        """Count what is folded: one expression may stand for many, each of them for many more."""
        self._folded += 1
        if self._folded % _FOLDED_IN_A_STEP == 0:
            self.shell.patience.check()

    def gap(self) -> str:
        """Return a gap in the place of a text that is too long to be followed."""
        self.shell.note("exec-unknown", "none", self.part)
        return UNKNOWN

    def together(self, separator: str, texts: Iterable[str]) -> str:
        """Join texts as far as they are not too long together."""
        kept: list[str] = []
        length = 0
        for text in texts:
            length += len(separator) + len(text)
            if length > _LONGEST + len(separator):
                return self.gap()
            kept.append(text)
        return separator.join(kept)

    def called(self, function: ast.expr) -> str:
        """Return the dotted name that is called, also behind `getattr` and `__import__`."""
        self._count()
        if isinstance(function, ast.Call):
            return self._called_result(function)
        if isinstance(function, ast.Attribute):
            return f"{self.called(function.value)}.{function.attr}"
        if isinstance(function, ast.Subscript):
            return self._called_item(function)
        if isinstance(
            function, ast.Dict | ast.List | ast.Tuple | ast.IfExp | ast.NamedExpr | ast.BoolOp
        ):
            inner = [self.called(c) for c in ast.iter_child_nodes(function) if _is_name(c)]
            return next((name for name in inner if "." in name), UNKNOWN)
        if isinstance(function, ast.Name):
            return self.functions.get(function.id) or self.names.get(function.id, function.id)
        return UNKNOWN

    def _called_result(self, function: ast.Call) -> str:
        """Return the name that a call gives, such as `getattr(os, "system")`."""
        inner = self.called(function.func)
        if inner.endswith("getattr") and len(function.args) > 1:
            return f"{self.called(function.args[0])}.{self.text(function.args[1])}"
        if inner.endswith(("__import__", "import_module")) and function.args:
            return self.text(function.args[0])
        if inner.rpartition(".")[2] == "partial" and function.args:
            return self.called(function.args[0])
        maker = function.func
        if inner.rpartition(".")[2] == "attrgetter" and isinstance(maker, ast.Call):
            return f"{self.called(function.args[0])}.{self.text(maker.args[0])}"
        if inner in {"vars", "globals"}:
            return self.called(function.args[0]) if function.args else "builtins"
        return inner

    def _called_item(self, function: ast.Subscript) -> str:
        """Return the name that stands in a table, such as `os.__dict__["system"]`."""
        base = self.called(function.value)
        if base in self.functions.values() and isinstance(function.value, ast.Name):
            return base  # one of the functions that a table holds
        key = self.text(function.slice)
        return key if base == "sys.modules" else f"{base.removesuffix('.__dict__')}.{key}"

    def path_of(self, function: ast.expr) -> str:
        """Return what a method is called on."""
        return self.text(function.value) if isinstance(function, ast.Attribute) else UNKNOWN

    def path(self, *parts: str) -> str:
        """Return parts of a path as one; where a later one is absolute, it may replace the first.

        Such a path is known only where it is no place to be free with, either way.
        """
        joined = self.together("/", parts)
        if any(part.startswith("/") for part in parts[1:]):
            own = self.shell.locate(joined).where in {"inside", "scratch", "none"}
            return UNKNOWN if own else joined
        return joined

    def _constant(self, node: ast.Constant) -> str:
        raw = node.value
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)

    def _variable(self, node: ast.Name) -> str:
        return self.names.get(node.id, UNKNOWN)

    def _negated(self, node: ast.UnaryOp) -> str:
        return f"-{self.text(node.operand)}" if isinstance(node.op, ast.USub) else UNKNOWN

    def _operation(self, node: ast.BinOp) -> str:
        left, right = self.text(node.left), self.text(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Div):
            return self.path(left, right)
        if isinstance(node.op, ast.Mod) and left.count("%s") == 1:
            return left.replace("%s", right)
        return UNKNOWN

    def _formatted(self, node: ast.JoinedStr) -> str:
        values = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        return self.together("", map(self.text, values))

    def _listed(self, node: ast.List | ast.Tuple) -> str:
        return self.together(" ", map(self.text, node.elts))

    def each(self, node: ast.expr) -> str:
        """Return what stands for each value of an iterable; several are kept apart."""
        if isinstance(node, ast.List | ast.Tuple):
            return self.together(SPLIT, map(self.text, node.elts))
        return self.text(node)

    def _attribute(self, node: ast.Attribute) -> str:
        return f"{self.text(node.value)}/.." if node.attr == "parent" else UNKNOWN

    def _sliced(self, node: ast.Subscript) -> str:
        value = self.text(node.value)
        step = node.slice.step if isinstance(node.slice, ast.Slice) else None
        if step is not None and self.text(step) == "-1" and UNKNOWN not in value:
            return value[::-1]
        if dotted(node.value).endswith("environ"):
            return self.shell.home if self.text(node.slice) == "HOME" else UNKNOWN
        return UNKNOWN

    def _result(self, node: ast.Call) -> str:
        """Return what a call gives: a path, or text that was hidden in it."""
        name = self.called(node.func)
        last = name.rpartition(".")[2]
        arguments = [self.text(a) for a in node.args]
        if last in _PATHS:
            return self.path(*arguments) or "."
        if last in {"expanduser", "resolve", "absolute", "strip"}:
            return expand_home(self.shell, arguments[0] if arguments else self.path_of(node.func))
        if name.endswith("Path.home") or (last in {"getenv", "get"} and arguments[:1] == ["HOME"]):
            return self.shell.home
        if last == "join" and dotted(node.func).endswith("path.join"):
            return self.path(*arguments)
        if last in _LISTINGS:
            return self._listing(node, last, arguments)
        decode = _DECODERS.get(last)
        try:
            return decode(self, node, arguments) if decode else UNKNOWN
        except (binascii.Error, ValueError, IndexError, TypeError, OverflowError):
            return UNKNOWN

    def _listing(self, node: ast.Call, last: str, arguments: list[str]) -> str:
        """Return a path that stands for each file of a folder, or of a pattern."""
        of_path = isinstance(node.func, ast.Attribute) and last in {"glob", "rglob"}
        folder = self.path_of(node.func)
        if arguments and not (of_path and folder != UNKNOWN):
            pattern = arguments[0]
            return pattern.replace("*", STAR) if "glob" in last else f"{pattern}/{UNKNOWN}"
        return f"{folder}/{UNKNOWN}"

    def of_receiver(self, node: ast.Call, arguments: list[str]) -> str:
        """Return the text that `.decode()` and `.encode()` are called on."""
        if len(arguments) > 1 and "rot" in arguments[1]:
            return codecs.decode(arguments[0], "rot13")
        return self.path_of(node.func)

    def joined(self, node: ast.Call, _arguments: list[str]) -> str:
        """Return what `"".join(…)` makes."""
        return self._joined(self.path_of(node.func), node.args[0])

    def _joined(self, separator: str, items: ast.expr) -> str:
        if isinstance(items, ast.List | ast.Tuple):
            return self.together(separator, map(self.text, items.elts))
        if (
            isinstance(items, ast.GeneratorExp | ast.ListComp)
            and isinstance(items.elt, ast.Call)
            and dotted(items.elt.func) == "chr"
        ):
            numbers = items.generators[0].iter
            if isinstance(numbers, ast.List | ast.Tuple):
                return self.together(separator, (chr(int(self.text(e))) for e in numbers.elts))
        if (
            isinstance(items, ast.Call)
            and dotted(items.func) == "map"
            and len(items.args) > 1
            and dotted(items.args[0]) == "chr"
            and isinstance(items.args[1], ast.List | ast.Tuple)
        ):
            return self.together(separator, (chr(int(self.text(e))) for e in items.args[1].elts))
        text = self.text(items)
        return text if separator == "" and UNKNOWN not in text else UNKNOWN


def _base64(_folding: Folding, _node: ast.Call, arguments: list[str]) -> str:
    return base64.b64decode(arguments[0]).decode("utf-8", "replace")


def _hexadecimal(_folding: Folding, _node: ast.Call, arguments: list[str]) -> str:
    return bytes.fromhex(arguments[0]).decode("utf-8", "replace")


def _bytes(folding: Folding, node: ast.Call, arguments: list[str]) -> str:
    numbers = node.args[0]
    if not isinstance(numbers, ast.List | ast.Tuple):
        return arguments[0]
    return bytes(int(folding.text(number)) for number in numbers.elts).decode("utf-8", "replace")


def _filled(folding: Folding, node: ast.Call, arguments: list[str]) -> str:
    """Return what `"{} {}".format(…)` makes, of plain places only."""
    text = folding.path_of(node.func)
    for index, argument in enumerate(arguments):
        place = f"{{{index}}}"
        if len(text) + (1 + text.count(place)) * len(argument) > _LONGEST:
            return folding.gap()
        text = text.replace("{}", argument, 1).replace(place, argument)
    return UNKNOWN if "{" in text else text


def _words(folding: Folding, node: ast.Call, arguments: list[str]) -> str:
    """Return the text that `shlex.split` or `.split` takes apart."""
    shlex = dotted(node.func).startswith("shlex")
    return arguments[0] if shlex else folding.path_of(node.func)


_DECODERS: Final[dict[str, Callable[[Folding, ast.Call, list[str]], str]]] = {
    "b64decode": _base64,
    "fromhex": _hexadecimal,
    "unhexlify": _hexadecimal,
    "chr": lambda _folding, _node, arguments: chr(int(arguments[0])),
    "reversed": lambda _folding, _node, arguments: arguments[0][::-1],
    "bytes": _bytes,
    "bytearray": _bytes,
    "format": _filled,
    "decode": Folding.of_receiver,
    "encode": Folding.of_receiver,
    "join": Folding.joined,
    "split": _words,
}
"""The calls with which code is hidden, folded to what they give."""
