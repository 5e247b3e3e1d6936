"""What a followed shell knows of the world: its folder, variables and files, and what was done."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.paths import is_all, is_elsewhere
from coding_agent_sdk.middleware.guardrails.commands.patience import Patience
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    ELSEWHERE,
    ENDLESS,
    FILE,
    HIDDEN,
    NET,
    NOTHING,
    PARENT,
    SECRET,
    SECRET_VARIABLE,
    TOOL,
    UNKNOWN,
    Value,
    bounded,
    without_marks,
)
from coding_agent_sdk.middleware.guardrails.commands.variables import (
    HISTORY,
    code_in,
    names_stranger,
    options_run,
    use_of,
)
from coding_agent_sdk.middleware.guardrails.findings import Effect

if TYPE_CHECKING:
    from tree_sitter import Node

    from coding_agent_sdk.middleware.guardrails.commands.paths import Place, Places
    from coding_agent_sdk.middleware.guardrails.commands.variables import VariableUse
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

Words = list[Value]
"""A simple command as its words, after all expansions."""

NOBODY: Final[Words] = []
"""Whose doing an effect is that no simple command has, but a redirection or an assignment."""

_PROGRAM_FOLDER: Final = re.compile(r"/(?:s?bin|\.bin|Scripts|scripts|tools|shims)$")
_INSTALLED_FOLDER: Final = re.compile(
    r"/(?:\.bin|shims|(?:[\w.-]*env[\w.-]*|\.tox/[^/]+|\.nox/[^/]+|vendor|\.cargo|\.local)"
    r"/(?:bin|Scripts))$"
)
"""Where a tool puts programs, and not a command that writes files."""

_SECRET_NAME: Final = re.compile(
    r"(?i)(?:SECRET|TOKEN|PASSW(?:OR)?D|PASSPHRASE|_PASS$|PWD$(?<!^PWD)|API_?KEY"
    r"|ACCESS_?KEY|PRIVATE_?KEY|_KEY$|CREDENTIAL)"
)
_LONGEST_CHAIN: Final = 8
_ENDLESS_DEVICES: Final = frozenset({"/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"})
_ALWAYS_SET: Final = {
    "IFS": " ",
    "TMPDIR": "/tmp",  # noqa: S108  where it leads
    "?": "0",
    "#": "0",
    "0": "bash",
    "UID": "1000",
    "EUID": "1000",
    "SHELL": "/bin/bash",
    "BASH": "/bin/bash",
    "PATH": f"/usr/bin:{UNKNOWN}",
}


class World(ABC):
    """The state of a shell that runs nothing; every change of the world is noted as an effect."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.home = places.home
        self.folder: str | None = places.workspace
        self.variables: dict[str, Value] = {}
        self.arrays: dict[str, list[Value]] = {}
        self.functions: dict[str, Node] = {}
        self.running: list[str] = []
        self.deferred: list[Value] = []
        self.files: dict[str, Value] = {}
        self.downloads: set[str] = set()
        self.copies: dict[str, str] = {}
        self.remotes: set[str] = set()
        self.links: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.receivers: dict[str, str] = {}
        self.unpacked = False
        self.privileged = False
        self.effects: dict[Effect, list[Words]] = {}
        self.commands: list[tuple[Words, dict[str, Value]]] = []
        self.assignments: dict[str, Value] = {}
        self.exported: set[str] = set()
        self._running_now: list[Words] = []
        self.carries_secrets = False
        self.patience = Patience()
        self.depth = 0
        self.shells = 0

    @abstractmethod
    def run_text(
        self, text: Value, stdin: Value = NOTHING, *, part: str = "", apart: bool = True
    ) -> Value:
        """Follow shell text; *apart* where a shell of its own runs it."""

    def variable(self, name: str) -> Value:
        """Return the value of a variable; of the environment only what every shell has is known."""
        name = self.references.get(name) or name
        if name in self.variables:
            return self.variables[name]
        if name == "PPID":
            return ANYTHING.tainted(PARENT)
        known = {**_ALWAYS_SET, "HOME": self.home, "PWD": self.folder or UNKNOWN}.get(name)
        if known is not None:
            return Value(known)
        return ANYTHING.tainted(SECRET_VARIABLE) if _SECRET_NAME.search(name) else ANYTHING

    def elements(self, name: str) -> list[Value] | None:
        """Return the elements of an array, None where the name is none."""
        return self.arrays.get(name)

    def assign(self, name: str, value: Value) -> None:
        """Set a variable, and note what that alone does."""
        if name in self.references:
            if not self.references[name]:
                self.references[name] = value.plain
                return
            name = self.references[name]
        self.variables[name] = value = bounded(value)
        if name == "BASH_ARGV0":
            self.variables["0"] = value
        self.assignments[name] = value
        self.arrays.pop(name, None)
        self.note_variable(name, value)

    def note_variable(self, name: str, value: Value, *, kept: bool = False) -> None:
        """Note what setting a variable does: some make other programs run code."""
        part = f"{name}={value.plain}"[:120].replace(UNKNOWN, "…")
        use = use_of(name)
        if use is not None and value.text.strip():
            self._use_variable(use, name, value, part)
        elif name == "PATH" and any(self._shadows(f, kept=kept) for f in value.plain.split(":")):
            # What runs under a known name from here on is not known.
            self.note("exec-unknown", "none", part)
        elif name == "PATH" and not re.match(r"/(?:usr|bin|sbin|opt)\b|\ue000", value.text):
            self.note("exec", "none", part)
        elif HISTORY.match(name) and (
            value.text in {"", "0", "/dev/null"}
            or (name == "HISTIGNORE" and value.plain.strip(":") == "*")
            or ("ignore" in value.text and "*" in value.plain)
        ):
            self.note("tamper", "none", part)

    def _use_variable(self, use: VariableUse, name: str, value: Value, part: str) -> None:
        """Note what a variable makes other programs do."""
        for code in code_in(value.plain) if use in {"file", "options"} else ():
            self.run_text(Value(code, value.taints), part=part)
        if use == "command":
            self._use_program(name, value, part)
        elif use == "file":
            self._use_file(value, part)
        elif use == "folders":
            if any(map(self._is_strange, value.text.split(":"))):
                self.note("exec-unknown", "none", part)
        elif use == "written":
            if value.text[0] in {"/", "~", "."}:
                self.write(value, part)
        elif options_run(name, value.plain):
            self.note("exec-unknown", "none", part)

    def _use_file(self, value: Value, part: str) -> None:
        """Note what a file does that a program reads and runs before all else."""
        text = self.files.get(value.plain, NOTHING)
        if text.text and text.known:
            self.run_text(text, part=part)
        if value.plain != "/dev/null":
            fetched = self.downloads and self.locate(value.text).path in self.downloads
            self.note("net-exec" if fetched else "exec-unknown", "none", part)

    def _use_program(self, name: str, value: Value, part: str) -> None:
        """Note what a program in a variable does, which others run in the place of their own."""
        self.run_text(value, part=part)
        out_of_file = FILE in value.taints and not value.known
        if out_of_file or names_stranger(name, value.plain):
            self.note("exec-unknown", "none", part)

    def _is_strange(self, folder: str) -> bool:
        """Whether what lies in a folder of code was put there by anybody but the project."""
        if not folder or folder.startswith(UNKNOWN):
            return False
        place = self.locate(folder)
        return place.where == "scratch" or place.path in self.downloads or is_elsewhere(place)

    def _shadows(self, folder: str, *, kept: bool) -> bool:
        """Whether programs in a folder of `PATH` are such as any command could have put there.

        A folder of the project's own programs may be set, but what runs with it is asked about.
        """
        if UNKNOWN in folder:
            return False
        place = self.locate(folder or ".")
        return place.where == "scratch" or (
            place.where == "inside"
            and not (_INSTALLED_FOLDER if kept else _PROGRAM_FOLDER).search(place.path)
        )

    def evaluate(self, text: Value, part: str) -> None:
        """Follow the substitutions in a text that the shell evaluates as arithmetic or a name."""
        for _ in range(_LONGEST_CHAIN):
            if not text.known or not text.text.isidentifier() or text.text not in self.variables:
                break
            text = self.variables[text.text]  # the value of a name is evaluated again
        if "$(" in text.text or "`" in text.text:
            # A here-document expands substitutions and nothing else that matters here.
            self.run_text(
                Value(f"cat <<END_OF_TEXT\n{text.plain}\nEND_OF_TEXT", text.taints), part=part
            )

    def explain_origin(self, text: Value, part: str) -> bool:
        """Note what the origin of code means; whether enough is known to follow the code."""
        if NET in text.taints:
            self.note("net-exec", "remote", part)
        if text.known:
            if HIDDEN in text.taints:
                self.note("exec-unknown", "none", part)
            return bool(text.text.strip())
        if text.text.replace(UNKNOWN, "").strip(" \n;&|'\"") == "":
            if TOOL in text.taints:
                self.note("exec", "none", part)
            elif HIDDEN in text.taints:
                self.note("exec-hidden", "none", part)
            elif FILE not in text.taints:
                self.note("exec-unknown", "none", part)
            else:
                self.note("exec-unknown" if ELSEWHERE in text.taints else "exec", "unknown", part)
            return False
        return True

    def descriptor(self, value: Value) -> str:
        """Keep what a process substitution prints and return the path under which it is read."""
        path = f"/dev/fd/{63 + len(self.files)}"
        self.files[path] = value
        return path

    def note(self, kind: EffectKind, where: Where = "none", part: str = "") -> None:
        """Note an effect; what a program runs and writes where it stands, it does in the folder."""
        if where == "inside" and kind in {"exec", "write"} and self._stands_elsewhere():
            where = "outside"
        self._note(kind, where, part)

    def _stands_elsewhere(self) -> bool:
        """Whether the current folder is known, and one that the workspace does not hold."""
        if self.folder is None or (self.places.is_own(self.folder) and ".." not in self.folder):
            return False
        return self.locate(".").where not in {"inside", "scratch", "unknown", "none"}

    def _note(self, kind: EffectKind, where: Where, part: str) -> None:
        owners = self.effects.setdefault(
            Effect(kind=kind, where=where, part=without_marks(part)), []
        )
        owners.append(self._running_now[-1] if self._running_now else NOBODY)

    def begin(self, words: Words, variables: dict[str, Value]) -> None:
        """Remember that a simple command runs: what is noted from here on is its doing."""
        self.commands.append((words, variables))
        self._running_now.append(words)

    def end(self) -> None:
        """Remember that the simple command that began last has ended."""
        self._running_now.pop()

    def locate(self, path: str) -> Place:
        """Say where a path leads from the current folder, also through links made on the way."""
        if self.links and self.folder is not None:
            whole = os.path.normpath(path if path.startswith("/") else f"{self.folder}/{path}")
            for link, target in self.links.items():
                if whole.startswith(link + "/") or (whole == link and path.endswith("/")):
                    return self.places.locate(target + whole[len(link) :], self.folder)
        return self.places.locate(path, self.folder)

    def read(self, path: Value, part: str) -> Value:
        """Note that a file is read and return what is known of its content."""
        place = self.locate(path.text)
        if path.text.startswith("/dev/fd/"):
            return self.files.get(path.text, ANYTHING.tainted(*path.taints))
        if place.where == "none":
            self.note("read", "none", part)
            if place.path in _ENDLESS_DEVICES:
                return ANYTHING.tainted(ENDLESS)
            return NOTHING if place.path == "/dev/null" else ANYTHING
        if place.path in self.files and place.complete:
            known = self.files[place.path]
            if SECRET in known.taints and place.where in {"inside", "credential"}:
                self.note("read-secret", "credential", part)
                return known
            self.note("read", place.where if place.where != "credential" else "inside", part)
            return known
        taints = {FILE}
        if place.where == "credential" or (
            self.places.is_log(place.path) and "history" in place.path
        ):
            self.note(
                "hidden-read-secret" if HIDDEN in path.taints else "read-secret", place.where, part
            )
            taints.add(SECRET)
        else:
            if place.where == "home" or (
                place.where == "root" and (not place.complete or self.places.is_home(place.path))
            ):
                taints.add("home")
            shared = place.path.startswith(("/usr/", "/opt/homebrew/"))
            self.note("read", "system" if shared else place.where, part)
        if place.where not in {"inside", "credential"}:
            taints.add(ELSEWHERE)
        if any(place.path == d or place.path.startswith(d + "/") for d in self.downloads):
            taints.add(NET)
        return ANYTHING.tainted(*taints)

    def write(
        self, path: Value, part: str, content: Value = NOTHING, *, append: bool = False
    ) -> None:
        """Note that a file is written."""
        place = self.locate(path.text)
        if path.text.startswith(("/dev/tcp/", "/dev/udp/")) or place.where == "remote":
            self._send(content, part)
            return
        if path.text in self.receivers:
            self.run_text(Value(self.receivers[path.text]), content, part=part)
            return
        if place.where == "none" or path.text.startswith("/dev/fd/"):
            return
        self._note(*self._writing(place, append=append), part)
        later = self.places.is_start_file(place.path) or self.places.is_hook(place.path)
        if later and content.known and content.text:
            self.run_text(content, part=part)
        elif later and NET in content.taints:
            self.note("net-exec", "remote", part)
        if ENDLESS in content.taints and place.where in {"inside", "scratch"}:
            self.note("exhaust", "inside", part)
        if place.complete:
            self.files[place.path] = content
            if NET in content.taints:
                self.downloads.add(place.path)
        if SECRET in content.taints and place.where == "inside":
            self.carries_secrets = True

    def _writing(self, place: Place, *, append: bool) -> tuple[EffectKind, Where]:
        """Say what writing to a place is."""
        own = self.places.holds(place.path)
        if self.places.is_log(place.path):
            return "tamper", place.where
        if self.places.is_hook(place.path):
            return "persist", place.where
        if self.places.is_start_file(place.path) and not own:
            return "persist", place.where
        if place.where == "credential" and own:
            return "write", "inside"
        added = place.path == "/etc/hosts" and append
        if added or (self.privileged and self.places.is_setting(place.path)):
            return "configure", "system"
        if place.where == "root" and place.complete and place.path != "/":
            return "write", "home" if self.places.is_home(place.path) else "outside"
        return "write", place.where

    def _send(self, content: Value, part: str) -> None:
        if content.taints & {SECRET, "home"}:
            self.note("net-send-secret", "remote", part)
        elif FILE in content.taints:
            self.note("net-send-files", "home", part)
        else:
            self.note("net-send", "remote", part)

    def delete(self, path: Value, part: str) -> None:
        """Note that a file or folder is deleted."""
        place = self.locate(path.text)
        if self.places.is_log(place.path):
            self.note("tamper", place.where, part)
        elif (
            place.path == f"{self.places.workspace}/.git"
            or self.places.is_scratch_root(place.path)
            or (place.path == self.places.workspace and (place.complete or is_all(path.text)))
        ):
            self.note("delete", "unknown", part)
        elif place.where == "credential" and self.places.holds(place.path):
            self.note("delete", "inside", part)
        elif self.places.is_user_folder(place.path):
            self.note("delete", "root", part)
        else:
            self.note("delete", place.where, part)
