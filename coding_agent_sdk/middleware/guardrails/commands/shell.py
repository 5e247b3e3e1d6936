"""Follows a syntax tree as a shell would run it, and notes what each command would do."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands import code
from coding_agent_sdk.middleware.guardrails.commands.dispatch import run_program
from coding_agent_sdk.middleware.guardrails.commands.parse import (
    MAX_DEPTH,
    MAX_SHELLS,
    UnreadableCommandError,
    parse,
    text_of,
)
from coding_agent_sdk.middleware.guardrails.commands.paths import Place, Places
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    HIDDEN,
    NET,
    NOTHING,
    SECRET,
    SECRET_VARIABLE,
    STAR,
    TOOL,
    UNKNOWN,
    Value,
    bounded,
    join,
    without_marks,
)
from coding_agent_sdk.middleware.guardrails.commands.words import Words
from coding_agent_sdk.middleware.guardrails.findings import Effect, EffectKind, Where

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_STEPS: Final = 4_000
_LOOP_VALUES: Final = 12
_WHOLE_MACHINE: Final = frozenset({"root", "system", "disk", "home", "credential"})
_CODE_VARIABLES: Final = re.compile(
    r"(?:GIT_(?:SSH_COMMAND|SSH|PAGER|EDITOR|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND|SEQUENCE_EDITOR)|(?:MAN|GH_|SYSTEMD_)?PAGER|EDITOR|VISUAL|BROWSER|SSH_ASKPASS|SUDO_ASKPASS|PROMPT_COMMAND|LESSOPEN|LESSCLOSE|FCEDIT|PS4|RUSTC_WRAPPER)$"
)
_LOADED_FILES: Final = re.compile(
    r"(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|ENV|PYTHONSTARTUP|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|GCONV_PATH)$"
)
_BRACE_COMMAND: Final = re.compile(r"((?:^|[;&|\n]|\|\||&&)\s*)\{([\w./~-]+(?:,[\w./~*-]*)+)\}")
_SEPARATOR: Final = re.compile(r"\$IFS(?!\w)")  # the grammar loses the text after `$IFS`
_SHELLS: Final = re.compile(r"\s*(?:\S*/)?(?:ba|z|da|k|a)?sh(?:\s|$)")
_SHELL_INTO_NETWORK: Final = re.compile(
    r"(?:^|\|)&?\s*(?:\S*/)?(?:ba|z|da|k|a)?sh(?:\s[^|]*)?\|&?\s*(?:\S*/)?(?:nc|ncat|netcat|telnet|socat|openssl\s+s_client)\s"
)
_SOCKET: Final = re.compile(r"/dev/(?:tcp|udp)/(?!localhost|127\.)")
_SECRET_NAME: Final = re.compile(
    r"(?i)(?:SECRET|TOKEN|PASSW(?:OR)?D|PASSPHRASE|_PASS$|PWD$(?<!^PWD)|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY$|CREDENTIAL)"
)
_HISTORY: Final = re.compile(r"(?:HISTFILE|HISTSIZE|HISTFILESIZE|HISTCONTROL|HISTIGNORE)$")


class Shell:
    """A shell that runs nothing: it knows its folder, variables and files, and notes effects."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.home = places.home
        self.folder: str | None = places.workspace
        self.variables: dict[str, Value] = {}
        self.arrays: dict[str, list[Value]] = {}
        self.functions: dict[str, Node] = {}
        self.files: dict[str, Value] = {}
        self.downloads: set[str] = set()
        self.copies: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.unpacked = False
        self.privileged = False
        self.effects: dict[Effect, None] = {}
        self.carries_secrets = False
        self.steps = 0
        self.depth = 0
        self.shells = 0
        self._words = Words(self)
        self._running: list[str] = []
        self._statements: dict[str, Callable[[Node, Value], Value]] = {
            "program": self._sequence,
            "list": self._list,
            "do_group": self._sequence,
            "compound_statement": self._sequence,
            "else_clause": self._sequence,
            "elif_clause": self._sequence,
            "if_statement": self._sequence,
            "negated_command": self._sequence,
            "subshell": self._subshell,
            "command": self._command,
            "pipeline": self._pipeline,
            "redirected_statement": self._redirected,
            "variable_assignment": self._assignment,
            "variable_assignments": self._sequence,
            "declaration_command": self._declaration,
            "unset_command": self._unset,
            "for_statement": self._for,
            "c_style_for_statement": self._loop,
            "while_statement": self._loop,
            "case_statement": self._case,
            "case_item": self._sequence,
            "function_definition": self._function,
            "test_command": self._test,
            "ERROR": self._error,
        }

    # -- what expansion and programs ask -------------------------------------------------

    def variable(self, name: str) -> Value:
        """Return the value of a variable; what the environment holds is not known, only where it leads."""
        if name in self.variables:
            return self.variables[name]
        known = {
            "HOME": self.home, "PWD": self.folder or UNKNOWN, "IFS": " ", "TMPDIR": "/tmp",  # noqa: S108  where it points
            "?": "0", "#": "0", "UID": "1000", "EUID": "1000", "SHELL": "/bin/bash", "PATH": f"/usr/bin:{UNKNOWN}",
            "0": "bash",
        }.get(name)  # fmt: skip
        if known is not None:
            return Value(known)
        return ANYTHING.tainted(SECRET_VARIABLE) if _SECRET_NAME.search(name) else ANYTHING

    def elements(self, name: str) -> list[Value] | None:
        """Return the elements of an array, None where the name is none."""
        return self.arrays.get(name)

    def assign(self, name: str, value: Value) -> None:
        """Set a variable, and note what that alone does."""
        self.variables[name] = value = bounded(value)
        self.arrays.pop(name, None)
        self.note_variable(name, value)

    def note_variable(self, name: str, value: Value) -> None:
        """Note what setting a variable does: some make other programs run code."""
        part = f"{name}={value.plain}"[:120].replace(UNKNOWN, "…")
        if _CODE_VARIABLES.match(name) and value.text.strip():
            self.run_text(value, part=part)
        elif name == "PATH" and not re.match(r"/(?:usr|bin|sbin|opt)\b|\ue000", value.text):
            self.note("exec", "none", part)  # what runs under a known name from here on is not known
        elif _LOADED_FILES.match(name) and value.text and value.plain != "/dev/null":
            self.note("exec-unknown", "none", part)
        elif _HISTORY.match(name) and (value.text in {"", "0", "/dev/null"} or "ignore" in value.text and "*" in value.plain):
            self.note("tamper", "none", part)

    def substitute(self, node: Node) -> Value:
        """Follow the commands of a substitution; what they do to variables is lost, as in bash."""
        if node.type == "process_substitution":
            value = self._apart(lambda: self._sequence(node, NOTHING))
            return value if value.text else ANYTHING.tainted(*value.taints)
        inner = text_of(node)
        if inner.startswith("$(<") or node.named_child_count == 1 and node.named_children[0].type == "file_redirect":
            target = node.named_children[0]
            destination = target.child_by_field_name("destination") if target.type == "file_redirect" else None
            if destination is not None:
                return self.read(self._words.single(destination), inner)
        return self._apart(lambda: self._sequence(node, NOTHING))

    def descriptor(self, value: Value) -> str:
        """Keep what a process substitution prints and return the path under which it is read."""
        path = f"/dev/fd/{63 + len(self.files)}"
        self.files[path] = value
        return path

    def note(self, kind: EffectKind, where: Where = "none", part: str = "") -> None:
        """Note an effect."""
        self.effects[Effect(kind=kind, where=where, part=without_marks(part))] = None

    def locate(self, path: str) -> Place:
        """Say where a path leads from the current folder, also through links made on the way."""
        if self.links and self.folder is not None:
            whole = os.path.normpath(os.path.join(self.folder, path))
            for link, target in self.links.items():
                if whole.startswith(link + "/"):
                    return self.places.locate(target + whole[len(link) :], self.folder)
        return self.places.locate(path, self.folder)

    def read(self, path: Value, part: str) -> Value:
        """Note that a file is read and return what is known of its content."""
        place = self.locate(path.text)
        if path.text.startswith("/dev/fd/"):
            return self.files.get(path.text, ANYTHING.tainted(*path.taints))
        if place.where == "none":
            self.note("read", "none", part)
            return NOTHING if place.path == "/dev/null" else ANYTHING
        if place.path in self.files and place.complete:
            self.note("read", place.where if place.where != "credential" else "inside", part)
            return self.files[place.path]
        taints = {FILE}
        if place.where == "credential" or self.places.is_log(place.path) and "history" in place.path:
            self.note("hidden-read-secret" if HIDDEN in path.taints else "read-secret", place.where, part)
            taints.add(SECRET)
        else:
            if place.where == "home" or place.where == "root" and not place.complete:
                taints.add("home")
            self.note("read", place.where, part)
        if any(place.path == d or place.path.startswith(d + "/") for d in self.downloads):
            taints.add(NET)
        return ANYTHING.tainted(*taints)

    def write(self, path: Value, part: str, content: Value = NOTHING, *, append: bool = False) -> None:
        """Note that a file is written."""
        place = self.locate(path.text)
        if path.text.startswith(("/dev/tcp/", "/dev/udp/")) or place.where == "remote":
            self._send(content, part)
            return
        if place.where == "none" or path.text.startswith("/dev/fd/"):
            return
        if self.places.is_log(place.path):
            self.note("tamper", place.where, part)
        elif self.places.is_start_file(place.path):
            self.note("persist", place.where, part)
            if content.known and content.text:
                self.run_text(content, part=part)
        elif place.where == "credential" and place.path.startswith(self.places.workspace + "/"):
            self.note("write", "inside", part)
        elif place.path == "/etc/hosts" and append or self.privileged and self.places.is_setting(place.path):
            self.note("configure", "system", part)
        elif place.where == "root" and place.path != "/":
            folder: Where = "home" if self.places.is_home(place.path) else "outside"
            self.note("write", folder if place.complete else "root", part)
        else:
            self.note("write", place.where, part)
        if place.complete:
            self.files[place.path] = content
            if NET in content.taints:
                self.downloads.add(place.path)
        if SECRET in content.taints and place.where == "inside":
            self.carries_secrets = True

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
        elif place.path == f"{self.places.workspace}/.git" or self.places.is_scratch_root(place.path):
            self.note("delete", "unknown", part)
        elif place.path == self.places.workspace and (place.complete or _is_all(path.text)):
            self.note("delete", "unknown", part)
        elif place.where == "credential" and place.path.startswith(self.places.workspace + "/"):
            self.note("delete", "inside", part)
        else:
            self.note("delete", place.where, part)

    # -- running ---------------------------------------------------------------------------

    def run_text(self, text: Value, stdin: Value = NOTHING, *, part: str = "", apart: bool = True) -> Value:
        """Follow shell text; *apart* where a shell of its own runs it."""
        source = _BRACE_COMMAND.sub(lambda m: m[1] + m[2].replace(",", " "), text.plain)
        source = _SEPARATOR.sub("${IFS}", source)
        if not self._explain_origin(text, part):
            return ANYTHING.tainted(*text.taints)
        if self.shells > MAX_SHELLS:
            self.note("exec-unknown", "none", f"nested deeper than {MAX_SHELLS} shells")
            return NOTHING
        tree = parse(source.replace(UNKNOWN, "${UNKNOWN}"))
        self.variables.setdefault("UNKNOWN", ANYTHING)
        self.shells += 1
        try:
            if apart:
                return self._apart(lambda: self._tree(tree.root_node, stdin))
            return self._tree(tree.root_node, stdin)
        finally:
            self.shells -= 1

    def _explain_origin(self, text: Value, part: str) -> bool:
        """Note what the origin of code means; whether the code is known well enough to be followed."""
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
                self.note("exec-unknown" if "home" in text.taints else "exec", "unknown", part)
            return False
        return True

    def run_words(self, words: list[Value], stdin: Value = NOTHING) -> Value:
        """Follow a command given as its words."""
        self._step()
        if not words:
            return NOTHING
        if self.shells > MAX_SHELLS:
            self.note("exec-unknown", "none", f"nested deeper than {MAX_SHELLS} commands")
            return NOTHING
        self.shells += 1
        try:
            body = self.functions.get(words[0].text)
            if body is not None and words[0].text not in self._running:
                return self._run_function(words, body, stdin)
            return run_program(self, words, stdin, {})
        finally:
            self.shells -= 1

    def run_code(self, language: str, code_text: Value, part: str, stdin: Value = NOTHING) -> Value:
        """Follow a program in another language."""
        if NET in code_text.taints:
            self.note("net-exec", "remote", part)
            return ANYTHING
        if not code_text.known and HIDDEN in code_text.taints:
            self.note("exec-hidden", "none", part)
            return ANYTHING
        self.note("exec", "none", part)
        return code.follow(self, language, code_text.plain.replace(UNKNOWN, "UNKNOWN"), part, stdin)

    def _tree(self, root: Node, stdin: Value) -> Value:
        if root.has_error:
            self.note("exec-unknown", "none", text_of(root)[:120])
        return self.run(root, stdin)

    def _apart(self, follow: Callable[[], Value]) -> Value:
        """Follow something in a shell of its own: folder and variables are as before afterwards."""
        before = (self.folder, dict(self.variables), dict(self.arrays), dict(self.functions))
        try:
            return follow()
        finally:
            self.folder, self.variables, self.arrays, self.functions = before

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise UnreadableCommandError(f"it takes more than {MAX_STEPS} steps to follow")

    def run(self, node: Node, stdin: Value) -> Value:
        """Follow a statement and return what it prints, as far as it is known."""
        self._step()
        if self.depth > MAX_DEPTH:
            self.note("exec-unknown", "none", f"nested deeper than {MAX_DEPTH}: {text_of(node)[:80]}")
            return NOTHING
        self.depth += 1
        try:
            statement = self._statements.get(node.type)
            if statement is not None:
                return statement(node, stdin)
            if node.named_child_count and node.type not in {"comment", "heredoc_body"}:
                return self._sequence(node, stdin)
            return NOTHING
        finally:
            self.depth -= 1

    # -- statements ------------------------------------------------------------------------

    def _sequence(self, node: Node, stdin: Value) -> Value:
        outputs: list[Value] = []
        for child in node.named_children:
            if child.type in self._statements:
                output = self.run(child, stdin)
                if output.text or output.taints:
                    outputs.append(output)
            elif child.type in {"word", "comment", "extglob_pattern", "heredoc_body", "heredoc_start"}:
                continue
            else:
                self._words.fields(child)
        return join(outputs) if outputs else NOTHING

    def _list(self, node: Node, stdin: Value) -> Value:
        """Follow `a && b || c`, which the grammar nests to the left, as a row."""
        row: list[Node] = []
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if current.type == "list":
                waiting += reversed(current.named_children)
            else:
                row.append(current)
        outputs = [self.run(child, stdin) for child in row if child.type in self._statements]
        return join([o for o in outputs if o.text or o.taints] or [NOTHING])

    def _subshell(self, node: Node, stdin: Value) -> Value:
        return self._apart(lambda: self._sequence(node, stdin))

    def _error(self, node: Node, stdin: Value) -> Value:
        self.note("exec-unknown", "none", text_of(node)[:120])
        return self._sequence(node, stdin)

    def _test(self, node: Node, _stdin: Value) -> Value:
        self._visit_words(node)
        return NOTHING

    def _visit_words(self, node: Node) -> None:
        for child in node.named_children:
            if child.type in {"unary_expression", "binary_expression", "parenthesized_expression", "negation_expression"}:
                self._visit_words(child)
            else:
                self._words.single(child)

    def _pipeline(self, node: Node, stdin: Value) -> Value:
        stages = [child for child in node.named_children if child.type != "comment"]
        if _SHELL_INTO_NETWORK.search(text_of(node)):
            self.note("remote-shell", "remote", text_of(node)[:120])
        value = stdin
        for stage in stages:
            value = self._apart(lambda stage=stage, value=value: self.run(stage, value))  # type: ignore[misc]
        return value

    def _assignment(self, node: Node, _stdin: Value) -> Value:
        name, value = self._read_assignment(node)
        if name:
            self.assign(name, value)
            values = node.child_by_field_name("value")
            if values is not None and values.type == "array":
                self.arrays[name] = [f for c in values.named_children for f in self._words.fields(c)]
        return NOTHING

    def _read_assignment(self, node: Node) -> tuple[str, Value]:
        name_node = node.child_by_field_name("name")
        value_node = node.child_by_field_name("value")
        name = text_of(name_node) if name_node is not None else ""
        if name_node is not None and name_node.type == "subscript":
            self._words.follow_inside(name_node)
        value = self._words.single(value_node) if value_node is not None else NOTHING
        if text_of(node)[len(name) : len(name) + 2] == "+=":
            value = join([self.variable(name) if name in self.variables else NOTHING, value])
        return name, value

    def _declaration(self, node: Node, _stdin: Value) -> Value:
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child, NOTHING)
            elif child.type in {"string", "raw_string", "concatenation", "simple_expansion", "expansion"}:
                for field in self._words.fields(child):
                    name, found, value = field.plain.partition("=")
                    if found:
                        self.assign(name, Value(value, field.taints))
        words = text_of(node).split()
        if len(words) <= 2 and words[-1] in {"export", "declare", "typeset", "-p", "-x", "-px"}:  # noqa: PLR2004  the bare listing
            return ANYTHING.tainted(SECRET)
        return NOTHING

    def _unset(self, node: Node, _stdin: Value) -> Value:
        for name in text_of(node).split()[1:]:
            self.variables.pop(name, None)
            if _HISTORY.match(name):
                self.note("tamper", "none", text_of(node))
        return NOTHING

    def _function(self, node: Node, _stdin: Value) -> Value:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            return NOTHING
        self.functions[text_of(name)] = body
        if _calls_itself_in_background(text_of(name), body):
            self.note("exhaust", "none", text_of(node)[:120])
        return NOTHING

    def _run_function(self, words: list[Value], body: Node, stdin: Value) -> Value:
        kept = dict(self.variables)
        self._running.append(words[0].text)
        for index, word in enumerate(words[1:], start=1):
            self.variables[str(index)] = word
        self.arrays["@"] = words[1:]
        try:
            return self.run(body, stdin)
        finally:
            self._running.pop()
            self.arrays.pop("@", None)
            for name in list(self.variables):
                if name.isdigit():
                    self.variables.pop(name)
                    if name in kept:
                        self.variables[name] = kept[name]

    def _for(self, node: Node, stdin: Value) -> Value:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        values = [f for n in node.children_by_field_name("value") for f in self._words.fields(n)]
        outputs = [NOTHING]
        if variable is None or body is None:
            return NOTHING
        for value in values[:_LOOP_VALUES] or [ANYTHING]:
            self.variables[text_of(variable)] = value
            outputs.append(self.run(body, stdin))
        if len(values) > _LOOP_VALUES:
            self.variables[text_of(variable)] = ANYTHING
            outputs.append(self.run(body, stdin))
        return join([o for o in outputs if o.text or o.taints] or [NOTHING])

    def _loop(self, node: Node, stdin: Value) -> Value:
        body = node.child_by_field_name("body")
        if body is not None and _spawns_forever(node, body):
            self.note("exhaust", "none", text_of(node)[:120])
        return self._sequence(node, stdin)

    def _case(self, node: Node, stdin: Value) -> Value:
        for child in node.named_children:
            if child.type == "case_item":
                before = dict(self.variables)
                self.run(child, stdin)
                self.variables.update(before)
            else:
                self._words.single(child)
        return NOTHING

    # -- commands and redirections -----------------------------------------------------------

    def _command(self, node: Node, stdin: Value) -> Value:
        assigned: dict[str, Value] = {}
        words: list[Value] = []
        end = node.start_byte
        for child in node.named_children:
            if child.type == "variable_assignment":
                name, value = self._read_assignment(child)
                assigned[name] = value
            elif child.type in {"file_redirect", "herestring_redirect", "heredoc_redirect"}:
                stdin = self._redirect_in(child, stdin)
            else:
                if child.start_byte - end in {0, 1} and (node.text or b"")[end - node.start_byte : child.start_byte - node.start_byte] in {b"", b"$"} and words:
                    self.note("exec-unknown", "none", text_of(node)[:120])  # the grammar split a word
                words += self._words.fields(child)
            end = child.end_byte
        for name, value in assigned.items():
            self.note_variable(name, value)
        if not words:
            self.variables.update(assigned)
            return NOTHING
        body = self.functions.get(words[0].text)
        if body is not None:
            if words[0].text in self._running:
                return NOTHING
            return self._run_function(words, body, stdin)
        return run_program(self, words, stdin, assigned)

    def _redirected(self, node: Node, stdin: Value) -> Value:
        body = node.child_by_field_name("body")
        redirects = node.children_by_field_name("redirect")
        after: list[Node] = []
        for redirect in redirects:
            stdin = self._redirect_in(redirect, stdin)
            if redirect.type == "heredoc_redirect":
                after += [c for c in redirect.named_children if c.type not in {"heredoc_start", "heredoc_body", "heredoc_end"}]
        follow = [r for r in after if r.type == "file_redirect"]
        whole = text_of(node)
        if _SOCKET.search(whole) and body is not None and (_SHELLS.match(text_of(body)) or re.match(r"exec\b", text_of(body).strip())):
            self.note("remote-shell", "remote", whole[:120])
        output = self.run(body, stdin) if body is not None else NOTHING
        written = False
        for redirect in [*redirects, *follow]:
            if redirect.type == "file_redirect":
                written = self._redirect_out(redirect, output) or written
        if written:
            output = NOTHING
        for child in after:
            if child.type == "pipeline":
                for stage in child.named_children:
                    output = self._apart(lambda stage=stage, output=output: self.run(stage, output))  # type: ignore[misc]
            elif child.type in self._statements:
                output = self.run(child, NOTHING)
        return output

    def _redirect_in(self, redirect: Node, stdin: Value) -> Value:
        if redirect.type == "herestring_redirect":
            return join([self._words.single(n) for n in redirect.named_children] or [NOTHING]).tainted()
        if redirect.type == "heredoc_redirect":
            return self._here_document(redirect)
        sign = _sign(redirect)
        destination = redirect.child_by_field_name("destination")
        if sign not in {"<", "<>"} or destination is None:
            return stdin
        path = self._words.single(destination)
        if path.text.startswith(("/dev/tcp/", "/dev/udp/")):
            return ANYTHING.tainted(NET, "socket")
        return self.read(path, text_of(redirect))

    def _here_document(self, redirect: Node) -> Value:
        start = next((c for c in redirect.named_children if c.type == "heredoc_start"), None)
        body = next((c for c in redirect.named_children if c.type == "heredoc_body"), None)
        if body is None:
            return NOTHING
        if start is not None and set(text_of(start)) & {"'", '"', "\\"}:
            return Value(without_marks(text_of(body)))
        return self._words.quoted_text(body, start=body.start_byte)

    def _redirect_out(self, redirect: Node, output: Value) -> bool:
        """Note what a redirection writes; whether standard output goes there."""
        sign = _sign(redirect)
        if not sign.startswith((">", "&>")):
            return False
        part = text_of(redirect)
        descriptor = next((text_of(c) for c in redirect.named_children if c.type == "file_descriptor"), "1")
        written = False
        for destination in redirect.children_by_field_name("destination"):
            if sign == ">&" and destination.type == "number":
                continue
            path = self._words.single(destination)
            if destination.type == "process_substitution" or path.text == "-":
                continue
            self.write(path, part, output if descriptor == "1" else NOTHING, append=">>" in sign)
            written = descriptor == "1" and self.locate(path.text).where != "none" or written
        return written


def _is_all(text: str) -> bool:
    """Whether a pattern stands for all files of a folder."""
    return re.fullmatch(rf"[{STAR}.]+|{UNKNOWN}", text.rstrip("/").rpartition("/")[2]) is not None


def _sign(redirect: Node) -> str:
    return next((c.type for c in redirect.children if not c.is_named), "")


def _calls_itself_in_background(name: str, body: Node) -> bool:
    """Whether a function multiplies: it calls itself twice, or itself and goes on in the background."""
    called = re.findall(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", text_of(body))
    return len(called) > 1 and "&" in text_of(body).replace("&&", "").replace(">&", "")


def _spawns_forever(node: Node, body: Node) -> bool:
    """Whether a loop without an end starts background processes without waiting."""
    condition = node.child_by_field_name("condition")
    test = text_of(condition).strip() if condition is not None else ""
    endless = test in {"true", ":", "[ 1 ]", "[[ 1 ]]", "((1))", "/bin/true", "1"} or (
        node.type == "c_style_for_statement" and condition is None
    )
    text = text_of(body)
    backgrounds = re.search(r"(?<![&>|])&(?![&>\d])", text) is not None
    paced = re.search(r"\b(?:sleep\s+[\d.]++\w*+\s*+(?![&)])|wait\b|read\b|inotifywait|break|exit)", text)
    return endless and backgrounds and paced is None
