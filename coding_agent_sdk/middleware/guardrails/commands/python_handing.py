"""Finds the functions that Python code hands on, to be called by others: by name, not by a call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.python_values import dotted
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.commands.python_values import Folding

_DANGEROUS: Final = {
    "os": names(
        "system popen execl execle execlp execv execve execvp execvpe spawnl spawnle spawnlp "
        "spawnv spawnve spawnvp posix_spawn posix_spawnp startfile remove unlink rmdir removedirs "
        "rename renames replace symlink link chmod chown kill truncate"
    ),
    "subprocess": names("run call Popen check_output check_call getoutput getstatusoutput"),
    "shutil": names("rmtree move copy copy2 copyfile copytree unpack_archive"),
    "pty": names("spawn"),
    "asyncio": names("create_subprocess_shell create_subprocess_exec"),
    "builtins": names("exec eval compile"),
}
_BUILTINS: Final = names("exec eval")
_FOR_EACH: Final = names("map filter starmap sorted min max reduce imap imap_unordered")
_LOOKS: Final = names(
    "print help dir type id repr str callable getsource signature getdoc getfile partial hash bool"
)
_CHOICES: Final = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.IfExp, ast.BoolOp, ast.NamedExpr)


def is_dangerous(name: str) -> bool:
    """Whether a dotted name is a function that runs, deletes or moves what it is given."""
    module, _, last = name.rpartition(".")
    return last in _DANGEROUS.get(module, ()) or (not module and last in _BUILTINS)


def is_hidden(name: str) -> bool:
    """Whether a name is a function of a dangerous module that only running would tell."""
    module, _, last = name.partition(".")
    return module in _DANGEROUS and module != "asyncio" and UNKNOWN in last


def reference(folding: Folding, node: ast.expr) -> str:
    """Return the dangerous function that an expression stands for, an empty text for none."""
    if isinstance(node, _CHOICES):
        inner = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        return next((found for child in inner if (found := reference(folding, child))), "")
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or (
        isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "getattr"
    ):
        name = folding.called(node)
        return name if is_dangerous(name) else ""
    return ""


def handed(folding: Folding, node: ast.Call, name: str) -> Iterator[ast.Call]:
    """Yield the calls that a call makes, or lets make, of the functions it is given.

    `Thread(target=os.system, args=("…",))`, `sorted(commands, key=os.system)`,
    `atexit.register(os.system, "…")` and the like; what the function would get is its arguments.
    """
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    for position, value in enumerate(values):
        if not reference(folding, value):
            continue
        given = _arguments(node, position)
        last = name.rpartition(".")[2]
        if last in _FOR_EACH:
            for listed in [v for v in node.args if v is not value]:
                for item in _elements(listed):
                    yield _made(value, _elements(item) if last == "starmap" else [item])
        elif given or last not in _LOOKS:
            yield _made(value, given)


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]


def _arguments(node: ast.Call, position: int) -> list[ast.expr]:
    for keyword in node.keywords:
        if keyword.arg == "args" and isinstance(keyword.value, ast.List | ast.Tuple):
            return list(keyword.value.elts)
    after = node.args[position + 1 :]
    if len(after) == 1 and isinstance(after[0], ast.Tuple | ast.List):
        return list(after[0].elts)
    return list(after)


def _made(function: ast.expr, arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(func=function, args=arguments, keywords=[])


def called_by_name(node: ast.Call, folding: Folding) -> ast.Call | None:
    """Return the call that `operator.methodcaller("system", "…")(os)` is."""
    made = node.func
    if not (isinstance(made, ast.Call) and made.args and node.args):
        return None
    if folding.called(made.func).rpartition(".")[2] != "methodcaller":
        return None
    method = ast.Attribute(value=node.args[0], attr=folding.text(made.args[0]), ctx=ast.Load())
    return _made(method, list(made.args[1:]))
