"""Knows the calls of Python that write files or load code beside `open` and `subprocess`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.python_values import dotted
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import NOTHING, UNKNOWN, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower
    from coding_agent_sdk.middleware.guardrails.commands.python_values import Folding

_LOGS: Final = names("FileHandler RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler")
_ARCHIVES: Final = names("ZipFile TarFile GzipFile BZ2File LZMAFile")
_COMPRESSED: Final = ("tarfile.", "gzip.", "bz2.", "lzma.", "zipfile.")
_SAVES: Final = names(
    "to_csv to_json to_parquet to_pickle to_excel to_feather savefig save savez savetxt imwrite"
)
_MAKES: Final = names("mkdir makedirs mkfifo mknod touch")
_LINKS: Final = names("symlink_to hardlink_to")
_LOADERS: Final = ("pickle.", "marshal.", "dill.", "cPickle.", "joblib.", "cloudpickle.", "shelve.")
_LIBRARIES: Final = names("CDLL PyDLL LoadLibrary cdll_load")
_INTERACTIVE: Final = names("interact InteractiveConsole")


class Files:
    """Notes what calls write and load, by their names."""

    def __init__(self, folding: Folding, part: str) -> None:
        self._folding = folding
        self._part = part

    @property
    def _shell(self) -> Follower:
        return self._folding.shell

    def follow(self, node: ast.Call, name: str, arguments: list[str]) -> bool:
        """Note what a call does to files; whether it was one that is known here."""
        last = name.rpartition(".")[2]
        targets = self._targets(node, name, last, arguments)
        for target in targets or ():
            if target not in {"", ":memory:"}:
                self._shell.write(Value(target), self._part, NOTHING)
        if targets is None:
            return self._loads(node, name, last, arguments)
        return True

    def _targets(
        self, node: ast.Call, name: str, last: str, arguments: list[str]
    ) -> list[str] | None:
        """Return the paths that a call writes; None where it writes none."""
        first = arguments[:1]
        if last in _LOGS or name in {"sqlite3.connect", "logging.basicConfig"}:
            return first or self._given(node, "filename", "database")
        if name == "shelve.open" or (
            name.partition(".")[0] == "dbm" and set("".join(self._mode(node, arguments))) & {*"cnw"}
        ):
            return first
        if last in _ARCHIVES or (last == "open" and name.startswith(_COMPRESSED)):
            return first if set("".join(self._mode(node, arguments))) & {*"wxa"} else None
        if last == "extractall" or (last == "extract" and len(arguments) > 1):
            return self._given(node, "path") or arguments[last == "extract" :][:1] or ["."]
        if last in {"unpack_archive", "urlretrieve", "make_archive"}:
            wanted = 0 if last == "make_archive" else 1
            return arguments[wanted : wanted + 1] or self._given(node, "extract_dir", "filename")
        if last in _SAVES:
            return [path for path in first if path.startswith(("/", "~", "../"))]
        return self._made(node, name, last, arguments)

    def _made(self, node: ast.Call, name: str, last: str, arguments: list[str]) -> list[str] | None:
        """Return the paths that a call makes, links to or renames to; None where it does not."""
        method = self._folding.path_of(node.func)
        first = arguments[:1]
        if last in _MAKES:
            return first if name.startswith("os.") else [method]
        if last in _LINKS:
            return [method]
        if last in {"rename", "replace"} and len(arguments) == 1:
            if method.startswith(("/", "~", "..")) and UNKNOWN not in method:
                self._shell.delete(Value(method), self._part)
            return first
        if name == "os.open" and self._opens_to_write(node):
            return first
        return None

    def _mode(self, node: ast.Call, arguments: list[str]) -> list[str]:
        return [*arguments[1:2], *self._given(node, "mode", "flag")]

    def _given(self, node: ast.Call, *keys: str) -> list[str]:
        return [self._folding.text(k.value) for k in node.keywords if k.arg in keys]

    def _opens_to_write(self, node: ast.Call) -> bool:
        flags = [dotted(n) for a in node.args[1:] for n in ast.walk(a) if isinstance(n, ast.expr)]
        return any(f.endswith(("_WRONLY", "_RDWR", "_CREAT", "_TRUNC", "_APPEND")) for f in flags)

    def _loads(self, node: ast.Call, name: str, last: str, arguments: list[str]) -> bool:
        """Note code that comes from a file or a person: a library, a pickle, a program."""
        shell = self._shell
        path = arguments[0] if arguments else ""
        if name in {"runpy.run_path", "execfile"} and arguments:
            shell.run_words([Value("python"), Value(path)])
        elif last in _LIBRARIES and "/" in path:
            if shell.locate(path).where not in {"inside", "system"}:
                shell.note("exec-unknown", "none", self._part)
        elif last in _INTERACTIVE and name.startswith("code."):
            shell.note("exec-unknown", "none", self._part)
        elif last == "load" and name.startswith(_LOADERS):
            self._unpickled(node)
        elif last == "loads" and name.startswith(_LOADERS):
            self._unpickled(node)
            return False  # a constant is judged further on
        else:
            return False
        return True

    def _unpickled(self, node: ast.Call) -> None:
        """Note a pickle from elsewhere: loading it runs what stands in it."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and dotted(inner.func).endswith("open") and inner.args:
                place = self._shell.locate(self._folding.text(inner.args[0]))
                if place.where not in {"inside", "unknown"}:
                    self._shell.note("exec-unknown", "none", self._part)
