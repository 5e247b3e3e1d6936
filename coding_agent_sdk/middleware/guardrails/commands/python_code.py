"""Reads Python code as far as its values are constant, and notes what its calls do."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    HIDDEN,
    NOTHING,
    STAR,
    UNKNOWN,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower


def parse_python(code: str) -> ast.Module | None:
    """Parse Python code; None where it is none, or too deep."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_PYTHON_RUNS: Final = names(
    "system popen popen2 popen3 getoutput getstatusoutput spawnlp spawnl spawnv "
    "spawnvp execl execlp execv execvp execve execvpe posix_spawn startfile "
    "create_subprocess_shell create_subprocess_exec check_output check_call Popen "
    "run call spawn"
)


_PYTHON_DELETES: Final = names("rmtree remove unlink rmdir removedirs")


_PYTHON_MOVES: Final = names(
    "move rename renames replace copy copy2 copyfile copytree symlink link"
)


_PATHS: Final = names("Path str PurePath PosixPath bytes abspath realpath fspath")
_LISTINGS: Final = names("glob iglob rglob listdir scandir walk iterdir")


class Reader:
    """Reads Python code as far as its values are constant."""

    def __init__(self, shell: Follower, part: str) -> None:
        self._shell = shell
        self._part = part
        self._names: dict[str, str] = {}
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

    def read(self, tree: ast.AST) -> None:
        """Visit the code in its order and note the effects of its calls."""
        for node in _in_order(tree):
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                self._names[node.targets[0].id] = self.text(node.value)
            elif isinstance(node, ast.For):
                self._bind(node.target, node.iter)
            elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                for generator in node.generators:
                    self._bind(generator.target, generator.iter)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif (
                isinstance(node, ast.While)
                and isinstance(node.test, ast.Constant)
                and node.test.value
            ):
                self._endless(node)
            elif isinstance(node, ast.Call):
                self._call(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.asname:
                self._names[alias.asname] = alias.name

    def _endless(self, node: ast.While) -> None:
        if any(isinstance(n, ast.Call) and _name(n.func).endswith("fork") for n in ast.walk(node)):
            self._shell.note("exhaust", "none", self._part)

    def _bind(self, target: ast.expr, iterable: ast.expr) -> None:
        """Give the names of a loop what stands for each of its values."""
        text = self.text(iterable)
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                self._names[name.id] = text

    def _call(self, node: ast.Call) -> None:
        name = self._called(node.func)
        last = name.rpartition(".")[2]
        arguments = [self.text(a) for a in node.args]
        if (
            last in _PYTHON_RUNS
            and (
                name != "call"
                and not name.startswith(("app.", "uvicorn.", "asyncio.run", "pytest."))
            )
            and arguments
        ):
            self._run(node, name, arguments)
        elif last in _PYTHON_DELETES:
            self._delete(node, name, arguments)
        elif last in _PYTHON_MOVES and len(arguments) > 1:
            self._shell.write(
                Value(arguments[1]),
                self._part,
                self._shell.read(Value(arguments[0]), self._part)
                if arguments[0].startswith(("/", "~"))
                else NOTHING,
            )
            if last in {"move", "rename", "replace"} and arguments[0].startswith(("/", "~", "..")):
                self._shell.delete(Value(arguments[0]), self._part)
        elif last in {"open", "write_text", "write_bytes", "read_text", "read_bytes", "truncate"}:
            self._open(node, last, arguments)
        elif last in {"exec", "eval", "compile"} and name in {
            "exec",
            "eval",
            "compile",
            "builtins.exec",
            "builtins.eval",
        }:
            self._evaluate(node)
        elif last == "chmod" and arguments:
            self._shell.note("permissions", self._shell.locate(arguments[0]).where, self._part)
        elif last == "kill" and arguments[:1] in (["-1"], ["1"]):
            self._shell.note("stop-machine", "system", self._part)
        elif last in {"setuid", "setgid"} and arguments[:1] == ["0"]:
            self._shell.note("escalate", "system", self._part)

    def _called(self, function: ast.expr) -> str:
        """Return the dotted name that is called, also behind `getattr` and `__import__`."""
        if isinstance(function, ast.Call):
            inner = self._called(function.func)
            if inner.endswith("getattr") and len(function.args) > 1:
                return f"{self._called(function.args[0])}.{self.text(function.args[1])}"
            if inner.endswith(("__import__", "import_module")) and function.args:
                return self.text(function.args[0])
            return inner
        if isinstance(function, ast.Attribute):
            return f"{self._called(function.value)}.{function.attr}"
        if isinstance(function, ast.Subscript):
            return f"{self._called(function.value)}.{self.text(function.slice)}"
        if isinstance(function, ast.Name):
            return self._names.get(function.id, function.id)
        return UNKNOWN

    def _run(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        first = node.args[0]
        hidden = any(
            isinstance(n, ast.Call) and BACKWARDS.search(_name(n.func))
            for a in node.args
            for n in ast.walk(a)
        )
        taints = frozenset({HIDDEN}) if hidden else frozenset()
        if isinstance(first, ast.List | ast.Tuple):
            words = [Value(self.text(e)) for e in first.elts]
            self._shell.run_words(words)
        elif name.rpartition(".")[2].startswith(("exec", "spawn")) and len(arguments) > 1:
            self._shell.run_words([Value(w) for w in (arguments[0], *arguments[2:])])
            for element in node.args[1:]:
                if isinstance(element, ast.List | ast.Tuple):
                    self._shell.run_words([Value(self.text(e)) for e in element.elts])
        else:
            self._shell.run_text(Value(arguments[0], taints), part=self._part)

    def _delete(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        target = arguments[0] if arguments else self._path_of(node.func)
        if not arguments and name.rpartition(".")[2] == "remove":
            return
        if arguments and name.rpartition(".")[2] == "remove" and not name.startswith("os"):
            return
        self._shell.delete(Value(target.replace("*", "\ue001")), self._part)

    def _path_of(self, function: ast.expr) -> str:
        return self.text(function.value) if isinstance(function, ast.Attribute) else UNKNOWN

    def _open(self, node: ast.Call, last: str, arguments: list[str]) -> None:
        path = (
            arguments[0]
            if last == "open" and arguments and not isinstance(node.func, ast.Attribute)
            else self._path_of(node.func)
        )
        if last == "open" and isinstance(node.func, ast.Attribute):
            path = (
                arguments[0]
                if _name(node.func).startswith(("io", "os", "codecs")) and arguments
                else path
            )
        mode = (
            arguments[1]
            if len(arguments) > 1
            else next((self.text(k.value) for k in node.keywords if k.arg == "mode"), "r")
        )
        if (
            last.startswith("write")
            or last == "truncate"
            or (last == "open" and set(mode) & set("wax+"))
        ):
            self._shell.write(Value(path), self._part)
        elif path.startswith(("/", "~", "..")) or self._shell.locate(path).where == "credential":
            self._shell.read(Value(path), self._part)

    def _evaluate(self, node: ast.Call) -> None:
        text = self.text(node.args[0]) if node.args else ""
        if UNKNOWN not in text:
            tree = parse_python(text)
            if tree is not None:
                self._shell.note("exec", "none", self._part)
                Reader(self._shell, self._part).read(tree)
            return
        hidden = any(
            isinstance(n, ast.Call) and BACKWARDS.search(_name(n.func)) for n in ast.walk(node)
        )
        self._shell.note("exec-hidden" if hidden else "exec-unknown", "none", self._part)

    def text(self, node: ast.expr) -> str:
        """Return the text that an expression is, with gaps where it is not constant."""
        reader = self._texts.get(type(node))
        return reader(node) if reader else UNKNOWN

    def _constant(self, node: ast.Constant) -> str:
        raw = node.value
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)

    def _variable(self, node: ast.Name) -> str:
        return self._names.get(node.id, UNKNOWN)

    def _negated(self, node: ast.UnaryOp) -> str:
        return f"-{self.text(node.operand)}" if isinstance(node.op, ast.USub) else UNKNOWN

    def _operation(self, node: ast.BinOp) -> str:
        left, right = self.text(node.left), self.text(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Div):
            return f"{left}/{right}"
        if isinstance(node.op, ast.Mod) and left.count("%s") == 1:
            return left.replace("%s", right)
        return UNKNOWN

    def _formatted(self, node: ast.JoinedStr) -> str:
        values = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        return "".join(self.text(value) for value in values)

    def _listed(self, node: ast.List | ast.Tuple) -> str:
        return " ".join(self.text(element) for element in node.elts)

    def _attribute(self, node: ast.Attribute) -> str:
        return f"{self.text(node.value)}/.." if node.attr == "parent" else UNKNOWN

    def _sliced(self, node: ast.Subscript) -> str:
        value = self.text(node.value)
        step = node.slice.step if isinstance(node.slice, ast.Slice) else None
        if step is not None and self.text(step) == "-1" and UNKNOWN not in value:
            return value[::-1]
        if _name(node.value).endswith("environ"):
            return self._shell.home if self.text(node.slice) == "HOME" else UNKNOWN
        return UNKNOWN

    def _result(self, node: ast.Call) -> str:
        """Return what a call gives: a path, or text that was hidden in it."""
        name = self._called(node.func)
        last = name.rpartition(".")[2]
        arguments = [self.text(a) for a in node.args]
        if last in _PATHS:
            return "/".join(arguments) or "."
        if last in {"expanduser", "resolve", "absolute", "strip"}:
            return expand_home(self._shell, arguments[0] if arguments else self._path_of(node.func))
        if name.endswith("Path.home") or (last in {"getenv", "get"} and arguments[:1] == ["HOME"]):
            return self._shell.home
        if last == "join" and _name(node.func).endswith("path.join"):
            return "/".join(arguments)
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
        folder = self._path_of(node.func)
        if arguments and not (of_path and folder != UNKNOWN):
            pattern = arguments[0]
            return pattern.replace("*", STAR) if "glob" in last else f"{pattern}/{UNKNOWN}"
        return f"{folder}/{UNKNOWN}"

    def of_receiver(self, node: ast.Call, arguments: list[str]) -> str:
        """Return the text that `.decode()` and `.encode()` are called on."""
        if len(arguments) > 1 and "rot" in arguments[1]:
            return codecs.decode(arguments[0], "rot13")
        return self._path_of(node.func)

    def joined(self, node: ast.Call, _arguments: list[str]) -> str:
        """Return what `"".join(…)` makes."""
        return self._joined(self._path_of(node.func), node.args[0])

    def _joined(self, separator: str, items: ast.expr) -> str:
        if isinstance(items, ast.List | ast.Tuple):
            return separator.join(self.text(e) for e in items.elts)
        if (
            isinstance(items, ast.GeneratorExp | ast.ListComp)
            and isinstance(items.elt, ast.Call)
            and _name(items.elt.func) == "chr"
        ):
            numbers = items.generators[0].iter
            if isinstance(numbers, ast.List | ast.Tuple):
                return separator.join(chr(int(self.text(e))) for e in numbers.elts)
        if (
            isinstance(items, ast.Call)
            and _name(items.func) == "map"
            and len(items.args) > 1
            and _name(items.args[0]) == "chr"
            and isinstance(items.args[1], ast.List | ast.Tuple)
        ):
            return separator.join(chr(int(self.text(e))) for e in items.args[1].elts)
        text = self.text(items)
        return text if separator == "" and UNKNOWN not in text else UNKNOWN


def _in_order(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes in the order of the text, inner calls after the statements around them."""
    found: list[ast.AST] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(list(ast.iter_child_nodes(node)))
    return found


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


BACKWARDS: Final = re.compile(
    r"base64|b64|atob|fromCharCode|unhexlify|fromhex|pack\s*\(?['\"]H|decode|rot13"
    r"|\bchr\b|reverse|\[::-1\]|Buffer\.from|unpack",
    re.IGNORECASE,
)


def expand_home(shell: Follower, path: str) -> str:
    """Return the path with the home folder in the place of `~`."""
    return shell.home + path[1:] if path == "~" or path.startswith("~/") else path


def _base64(_reader: Reader, _node: ast.Call, arguments: list[str]) -> str:
    return base64.b64decode(arguments[0]).decode("utf-8", "replace")


def _hexadecimal(_reader: Reader, _node: ast.Call, arguments: list[str]) -> str:
    return bytes.fromhex(arguments[0]).decode("utf-8", "replace")


_DECODERS: Final[dict[str, Callable[[Reader, ast.Call, list[str]], str]]] = {
    "b64decode": _base64,
    "fromhex": _hexadecimal,
    "unhexlify": _hexadecimal,
    "chr": lambda _reader, _node, arguments: chr(int(arguments[0])),
    "reversed": lambda _reader, _node, arguments: arguments[0][::-1],
    "decode": Reader.of_receiver,
    "encode": Reader.of_receiver,
    "join": Reader.joined,
}
"""The calls with which code is hidden, folded to what they give."""
