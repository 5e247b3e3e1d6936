"""Reads Python code as far as its values are constant, and notes what its calls do."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.python_handing import (
    called_by_name,
    handed,
    is_dangerous,
    is_hidden,
    reference,
)
from coding_agent_sdk.middleware.guardrails.commands.python_values import (
    BACKWARDS,
    Folding,
    dotted,
    parse_python,
)
from coding_agent_sdk.middleware.guardrails.commands.python_writing import Files
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    HIDDEN,
    NOTHING,
    SPLIT,
    STAR,
    UNKNOWN,
    Value,
    bounded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower


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


_PYTHON_FILES: Final = names("open write_text write_bytes read_text read_bytes truncate")
_OPENERS: Final = ("io", "os", "codecs")
_EVALUATING: Final = names(
    "exec eval compile timeit.timeit timeit.repeat timeit cProfile.run cProfile.runctx profile.run "
    "pdb.run runsource runcode"
)
_FRAMEWORKS: Final = ("app.", "uvicorn.", "asyncio.run", "pytest.")


class Reader(Folding):
    """Reads Python code as far as its values are constant, and notes what its calls do."""

    def __init__(self, shell: Follower, part: str) -> None:
        super().__init__(shell, part)
        self._output: list[str] = []
        self._handles: dict[str, str] = {}
        self._kept: set[str] = set()
        self._unpickles = False
        self._files = Files(self, part)

    def printed(self) -> str | None:
        """Return what the code prints, None where it prints nothing or not only constants."""
        text = "\n".join(self._output)
        return text + "\n" if text and UNKNOWN not in text else None

    def read(self, tree: ast.AST) -> None:
        """Visit the code in its order and note the effects of its calls."""
        visit: dict[type[ast.AST], Callable[..., None]] = {
            ast.Assign: self._assign,
            ast.AugAssign: self._add,
            ast.For: self._loop,
            **dict.fromkeys(
                (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp), self._comprehend
            ),
            ast.Import: self._import,
            ast.ImportFrom: self._import,
            ast.While: self._endless,
            ast.With: self._open_files,
            ast.Call: self._call,
        }
        for node in _in_order(tree):
            self.shell.patience.check()
            if type(node) in visit:
                visit[type(node)](node)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for name, value in zip(target.elts, node.value.elts, strict=False):
                    self._assign(ast.Assign(targets=[name], value=value))
            if isinstance(target, ast.Name):
                self.names[target.id] = self.text(node.value)
                self.functions.pop(target.id, None)
                function = reference(self, node.value)
                if isinstance(node.value, ast.Attribute) or _is_plain(node.value):
                    function = self.called(node.value)
                if function:
                    self.functions[target.id] = function

    def _add(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            added = isinstance(node.op, ast.Add)
            before = self.names.get(node.target.id, UNKNOWN)
            added_to = self.together("", (before, self.text(node.value))) if added else UNKNOWN
            self.names[node.target.id] = added_to

    def _loop(self, node: ast.For) -> None:
        self._bind(node.target, node.iter)

    def _comprehend(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        for generator in node.generators:
            self._bind(generator.target, generator.iter, some=bool(generator.ifs))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                self.functions[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif alias.asname:
                self.names[alias.asname] = alias.name

    def _endless(self, node: ast.While) -> None:
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if endless and any(
            isinstance(n, ast.Call) and dotted(n.func).endswith("fork") for n in ast.walk(node)
        ):
            self.shell.note("exhaust", "none", self.part)

    def _open_files(self, node: ast.With) -> None:
        """Remember under which names files are open."""
        for item in node.items:
            opened = item.context_expr
            if (
                isinstance(item.optional_vars, ast.Name)
                and isinstance(opened, ast.Call)
                and self.called(opened.func).endswith("open")
            ):
                method = isinstance(opened.func, ast.Attribute) and not opened.args
                path = self.path_of(opened.func) if method or not opened.args else ""
                self._handles[item.optional_vars.id] = path or self.text(opened.args[0])

    def _keep(self, receiver: ast.expr, text: str) -> None:
        """Remember what a file holds from now on: the shell may run it later."""
        if isinstance(receiver, ast.Call) and self.called(receiver.func).endswith("open"):
            path = self.text(receiver.args[0]) if receiver.args else self.path_of(receiver.func)
        elif isinstance(receiver, ast.Name):
            path = self._handles.get(receiver.id, UNKNOWN)
        else:
            return
        if UNKNOWN not in path:
            place = self.shell.locate(path).path
            before = self.shell.files.get(place, NOTHING)
            self._kept.add(place)
            self.shell.files[place] = bounded(Value(before.text + text, before.taints))

    def _bind(self, target: ast.expr, iterable: ast.expr, *, some: bool = False) -> None:
        """Give the names of a loop what stands for each of its values, or for some of them."""
        text = self.each(iterable)
        function = reference(self, iterable)
        if some and text == f"./{UNKNOWN}":
            text = f"./found-{UNKNOWN}"
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                self.names[name.id] = text
                if function:
                    self.functions[name.id] = function

    def _call(self, node: ast.Call) -> None:
        self.shell.patience.check()
        node = called_by_name(node, self) or node
        name = self.called(node.func)
        arguments = [self.text(a) for a in node.args]
        if name.rpartition(".")[2] not in {"map", "filter"}:
            for call in handed(self, node, name):
                self._call(call)
        if is_hidden(name) or (is_dangerous(name) and not node.args and not node.keywords):
            self.shell.note("exec-unknown", "none", self.part)
        if self._files.follow(node, name, arguments):
            return
        if _evaluates(name):
            self._evaluate(node)
            return
        self._dispatch(node, name, arguments)

    def _dispatch(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        if name in {"map", "filter"} and len(node.args) > 1:
            name, arguments = self.called(node.args[0]), [self.each(node.args[1])]
        last = name.rpartition(".")[2]
        if (
            last in _PYTHON_RUNS
            and arguments
            and name != "call"
            and not name.startswith(_FRAMEWORKS)
        ):
            self._run(node, last, arguments)
        elif last in _PYTHON_DELETES:
            self._delete(node, name, arguments)
        elif last in _PYTHON_MOVES and len(arguments) > 1 and _is_move(name):
            self._move(last, arguments)
        elif last in _PYTHON_FILES:
            self._open(node, last, arguments)
        elif last == "write" and arguments and isinstance(node.func, ast.Attribute):
            self._keep(node.func.value, arguments[0])
        elif name == "print":
            self._output += arguments
        elif last == "chdir" and arguments:
            self._note_folder(arguments[0])
        else:
            self._unpickles = name.startswith(("pickle", "marshal", "dill", "cPickle"))
            self._note_system_call(last, arguments)

    def _note_folder(self, text: str) -> None:
        """Note that code goes on in another folder, if the workspace does not hold it.

        What it does there is judged as if it stayed, for whether it ever goes is not known.
        """
        place = self.shell.locate(text)
        if place.where != "inside" or not place.complete:
            self.shell.note("exec-unknown", place.where, self.part)

    def _note_system_call(self, last: str, arguments: list[str]) -> None:
        if last == "loads" and UNKNOWN not in "".join(arguments[:1]) and self._unpickles:
            self.shell.note("exec-hidden", "none", self.part)
        if last == "chmod" and arguments:
            self.shell.note("permissions", self.shell.locate(arguments[0]).where, self.part)
        elif last == "kill" and arguments[:1] in (["-1"], ["1"]):
            self.shell.note("stop-machine", "system", self.part)
        elif last in {"setuid", "setgid"} and arguments[:1] == ["0"]:
            self.shell.note("escalate", "system", self.part)

    def _move(self, last: str, arguments: list[str]) -> None:
        source, target = arguments[:2]
        outside = source.startswith(("/", "~", ".."))
        content = self.shell.read(Value(source), self.part) if outside else NOTHING
        self.shell.write(Value(target), self.part, content)
        if outside and last in {"move", "rename", "renames", "replace"}:
            self.shell.delete(Value(source), self.part)

    def _run(self, node: ast.Call, last: str, arguments: list[str]) -> None:
        for keyword in node.keywords:
            if keyword.arg == "cwd" and not _is_none(keyword.value):
                self._note_folder(self.text(keyword.value))
        first = node.args[0]
        hidden = any(
            isinstance(n, ast.Call) and BACKWARDS.search(dotted(n.func))
            for a in node.args
            for n in ast.walk(a)
        )
        taints = frozenset({HIDDEN}) if hidden else frozenset()
        if isinstance(first, ast.List | ast.Tuple):
            words = [Value(self.text(e)) for e in first.elts]
            self.shell.run_words(words)
        elif last.startswith(("exec", "spawn", "posix_spawn")) and len(arguments) > 1:
            self.shell.run_words([Value(w) for w in (arguments[0], *arguments[2:])])
            for listed in arguments[1:]:
                self.shell.run_words([Value(word) for word in listed.split()])
        else:
            for text in arguments[0].split(SPLIT):
                self.shell.run_text(Value(text, taints), part=self.part)

    def _delete(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        target = arguments[0] if arguments else self.path_of(node.func)
        if not arguments and name.rpartition(".")[2] == "remove":
            return
        if arguments and name.rpartition(".")[2] == "remove" and not name.startswith("os"):
            return
        for path in target.split(SPLIT):
            self.shell.patience.check()
            self.shell.delete(Value(path.replace("*", STAR)), self.part)

    def _open(self, node: ast.Call, last: str, arguments: list[str]) -> None:
        method = isinstance(node.func, ast.Attribute)
        named = (
            last == "open" and arguments and (not method or dotted(node.func).startswith(_OPENERS))
        )
        named = named or (last == "truncate" and dotted(node.func) == "os.truncate")
        path = arguments[0] if named and arguments else self.path_of(node.func)
        modes = [*arguments[1:2], *(self.text(k.value) for k in node.keywords if k.arg == "mode")]
        writes = last.startswith(("write", "truncate")) or (
            last == "open" and set("wax+") & set("".join(modes))
        )
        if writes:
            content = Value(arguments[0]) if last == "write_text" and arguments else NOTHING
            place = self.shell.locate(path).path
            if place in self._kept:  # written by a call around this one
                content = self.shell.files[place]
            self.shell.write(Value(path), self.part, content)
        elif path.startswith(("/", "~", "..")) or self.shell.locate(path).where == "credential":
            self.shell.read(Value(path), self.part)

    def _file_read(self, node: ast.expr) -> str | None:
        """Return the path in `open(path).read()`."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return None
        opened = node.func.value
        if node.func.attr != "read" or not isinstance(opened, ast.Call) or not opened.args:
            return None
        return self.text(opened.args[0]) if self.called(opened.func) == "open" else None

    def _evaluate(self, node: ast.Call) -> None:
        text = self.text(node.args[0]) if node.args else ""
        if text == UNKNOWN and (file := self._file_read(node.args[0])) is not None:
            # The program of a file: known where it was just written, the project's own else.
            place = self.shell.locate(file)
            text = self.shell.files.get(place.path, Value(UNKNOWN)).text
            if UNKNOWN in text and place.where == "inside":
                self.shell.note("exec", "inside", self.part)
                return
        if UNKNOWN not in text:
            self.shell.patience.check(len(text) >> 7)
            tree = parse_python(text)
            if tree is not None:
                self.shell.note("exec", "none", self.part)
                Reader(self.shell, self.part).read(tree)
            return
        hidden = any(
            isinstance(n, ast.Call) and BACKWARDS.search(dotted(n.func)) for n in ast.walk(node)
        )
        self.shell.note("exec-hidden" if hidden else "exec-unknown", "none", self.part)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_plain(node: ast.expr) -> bool:
    """Whether an expression is a name, or a function with some arguments given before."""
    partial = isinstance(node, ast.Call) and dotted(node.func).endswith("partial")
    return partial or (isinstance(node, ast.Name) and node.id in {"open", "exec", "eval"})


def _is_move(name: str) -> bool:
    """Whether a name is a function of files; texts have a `replace` of their own."""
    module, _, last = name.rpartition(".")
    return module in {"os", "shutil"} or (not module and last != "replace")


def _evaluates(name: str) -> bool:
    """Whether a function runs a text as Python code."""
    bare = name.removeprefix("builtins.")
    return bare in _EVALUATING or name.rpartition(".")[2] in {"runsource", "runcode"}


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in the order of the text, inner calls after the statements around them."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(ast.iter_child_nodes(node)))
