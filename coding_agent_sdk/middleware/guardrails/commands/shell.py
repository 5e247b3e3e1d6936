"""Follows a syntax tree as a shell would run it, and notes what each command would do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from coding_agent_sdk.middleware.guardrails.commands.assignments import Assignments
from coding_agent_sdk.middleware.guardrails.commands.code import follow_code
from coding_agent_sdk.middleware.guardrails.commands.dispatch import MAX_WORDS, run_program
from coding_agent_sdk.middleware.guardrails.commands.parse import (
    MAX_DEPTH,
    MAX_SHELLS,
    as_the_grammar_reads,
    parse,
    text_of,
)
from coding_agent_sdk.middleware.guardrails.commands.redirections import Redirections
from coding_agent_sdk.middleware.guardrails.commands.shapes import (
    calls_itself_in_background,
    floods,
    is_fork_bomb,
    last_pieces_of,
    pieces_of,
    pipes_shell_into_network,
    spawns_forever,
)
from coding_agent_sdk.middleware.guardrails.commands.substitutions import unescape_backquoted
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    NET,
    NOTHING,
    UNKNOWN,
    Value,
    one_of,
    together,
)
from coding_agent_sdk.middleware.guardrails.commands.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from coding_agent_sdk.middleware.guardrails.commands.paths import Places

_LOOP_VALUES: Final = 12
_SKIPPED: Final = names("word comment extglob_pattern heredoc_body heredoc_start")


class Shell(Assignments):
    """A shell that runs nothing: it knows its folder, variables and files, and notes effects."""

    def __init__(self, places: Places) -> None:
        super().__init__(places)
        self.words = Words(self)

    def substitute(self, node: Node) -> Value:
        """Follow the commands of a substitution; what they do to variables is lost, as in bash."""
        if node.type == "process_substitution":
            value = self._apart(lambda: self._sequence(node, NOTHING))
            return value if value.text else ANYTHING.tainted(*value.taints)
        inner = text_of(node)
        if inner[:1] == "`" and "\\" in inner:
            quoted = node.parent is not None and node.parent.type == "string"
            return self.substitute_text(unescape_backquoted(inner[1:-1], quoted=quoted))
        if inner.startswith("$(<") or (
            node.named_child_count == 1 and node.named_children[0].type == "file_redirect"
        ):
            target = node.named_children[0]
            destination = (
                target.child_by_field_name("destination")
                if target.type == "file_redirect"
                else None
            )
            if destination is not None:
                return self.read(self.words.single(destination), inner)
        return self._apart(lambda: self._sequence(node, NOTHING))

    def substitute_text(self, text: str) -> Value:
        """Follow the commands of a substitution that is only text to the grammar."""
        value = self.run_text(Value(text), part=text[:120])
        return Value(value.text.rstrip("\n"), value.taints)

    # -- running ---------------------------------------------------------------------------

    def run_text(
        self, text: Value, stdin: Value = NOTHING, *, part: str = "", apart: bool = True
    ) -> Value:
        """Follow shell text; *apart* where a shell of its own runs it."""
        source = as_the_grammar_reads(text.plain)
        if not self.explain_origin(text, part):
            return ANYTHING.tainted(*text.taints)
        if self.shells > MAX_SHELLS:
            self.note("exec-unknown", "none", f"nested deeper than {MAX_SHELLS} shells")
            return NOTHING
        source = source.replace("\0", "")  # of decoded text; a shell drops them
        tree = parse(source.replace(UNKNOWN, "${UNKNOWN}"), self.patience)
        self.variables.setdefault("UNKNOWN", ANYTHING)
        if "()" in source and is_fork_bomb(source):
            self.note("exhaust", "none", source[:120])
        self.shells += 1
        try:
            if apart:
                return self._apart(lambda: self._tree(tree.root_node, stdin))
            return self._tree(tree.root_node, stdin)
        finally:
            self.shells -= 1

    def follow_end(self, text: str) -> None:
        """Follow the last commands of a text that cannot be followed whole: harm may wait there."""
        for piece in last_pieces_of(text):
            tree = parse(piece.replace("\0", ""), self.patience)
            if not tree.root_node.has_error:
                self.run(tree.root_node, NOTHING)

    def run_words(self, words: list[Value], stdin: Value = NOTHING) -> Value:
        """Follow a command given as its words."""
        self.patience.check()
        if not words:
            return NOTHING
        if self.shells > MAX_SHELLS:
            self.note("exec-unknown", "none", f"nested deeper than {MAX_SHELLS} commands")
            return NOTHING
        self.shells += 1
        try:
            body = self.functions.get(words[0].text)
            if body is not None and words[0].text not in self.running:
                return self._run_function(words, body, stdin)
            return run_program(self, words, stdin, {})
        finally:
            self.shells -= 1

    def run_code(self, language: str, code: Value, part: str, stdin: Value = NOTHING) -> Value:
        """Follow a program in another language."""
        if NET in code.taints:
            self.note("net-exec", "remote", part)
            return ANYTHING
        if not code.text.replace(UNKNOWN, "").strip():
            self.explain_origin(code, part)
            return ANYTHING
        if not code.known and HIDDEN in code.taints:
            self.note("exec-hidden", "none", part)
        self.note("exec", "none", part)
        return follow_code(self, language, code.plain.replace(UNKNOWN, "UNKNOWN"), part, stdin)

    def _tree(self, root: Node, stdin: Value) -> Value:
        if root.has_error:
            source = text_of(root)
            self.note("exec-unknown", "none", source[:120])
            for piece in pieces_of(source):
                # What the grammar cannot read, a shell may: each command is followed by itself.
                self._apart(partial(self.run, parse(piece, self.patience).root_node, stdin))
        return self.run(root, stdin)

    def _apart(self, follow: Callable[[], Value]) -> Value:
        """Follow something in a shell of its own: folder and variables are as before afterwards."""
        before = (self.folder, dict(self.variables), dict(self.arrays), dict(self.functions))
        try:
            return follow()
        finally:
            self.folder, self.variables, self.arrays, self.functions = before

    def run(self, node: Node, stdin: Value) -> Value:
        """Follow a statement and return what it prints, as far as it is known."""
        self.patience.check()
        if self.depth > MAX_DEPTH:
            self.note(
                "exec-unknown", "none", f"nested deeper than {MAX_DEPTH}: {text_of(node)[:80]}"
            )
            return NOTHING
        self.depth += 1
        try:
            statement = self._STATEMENTS.get(node.type)
            if statement is not None:
                return statement(self, node, stdin)
            if node.named_child_count and node.type not in {"comment", "heredoc_body"}:
                return self._sequence(node, stdin)
            return NOTHING
        finally:
            self.depth -= 1

    # -- statements ------------------------------------------------------------------------

    def _sequence(self, node: Node, stdin: Value) -> Value:
        if text_of(node).startswith("((") and node.type == "compound_statement":
            self.words.follow_inside(node)
            return NOTHING
        outputs: list[Value] = []
        for child in node.named_children:
            if child.type in self._STATEMENTS:
                outputs.append(self.run(child, stdin))
            elif child.type in _SKIPPED:
                continue
            else:
                self.words.fields(child)
        return together(outputs)

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
        outputs = [self.run(child, stdin) for child in row if child.type in self._STATEMENTS]
        return one_of(outputs) if b"||" in (node.text or b"") else together(outputs)

    def _alternatives(self, node: Node, stdin: Value) -> Value:
        """Follow the branches of an `if`, of which one will print."""
        return one_of(
            [self.run(c, stdin) for c in node.named_children if c.type in self._STATEMENTS]
        )

    def _subshell(self, node: Node, stdin: Value) -> Value:
        return self._apart(lambda: self._sequence(node, stdin))

    def _error(self, node: Node, stdin: Value) -> Value:
        self.note("exec-unknown", "none", text_of(node)[:120])
        return self._sequence(node, stdin)

    def _test(self, node: Node, _stdin: Value) -> Value:
        self.words.follow_test(node)
        return NOTHING

    def _pipeline(self, node: Node, stdin: Value) -> Value:
        stages = [child for child in node.named_children if child.type != "comment"]
        if pipes_shell_into_network(node):
            self.note("remote-shell", "remote", text_of(node)[:120])
        return self.run_stages(stages, stdin)

    def run_stages(self, stages: list[Node], stdin: Value) -> Value:
        """Follow the stages of a pipeline, each in a shell of its own."""
        value = stdin
        for stage in stages:
            value = self._apart(partial(self.run, stage, value))
        return value

    def _function(self, node: Node, _stdin: Value) -> Value:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            return NOTHING
        self.functions[text_of(name)] = body
        if calls_itself_in_background(text_of(name), body):
            self.note("exhaust", "none", text_of(node)[:120])
        return NOTHING

    def _run_function(self, words: list[Value], body: Node, stdin: Value) -> Value:
        kept = dict(self.variables)
        self.running.append(words[0].text)
        for index, word in enumerate(words[1:], start=1):
            self.variables[str(index)] = word
        self.arrays["@"] = words[1:]
        try:
            return self.run(body, stdin)
        finally:
            self.running.pop()
            self.arrays.pop("@", None)
            for name in list(self.variables):
                if name.isdigit():
                    self.variables.pop(name)
                    if name in kept:
                        self.variables[name] = kept[name]

    def _for(self, node: Node, stdin: Value) -> Value:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        self.patience.check((node.end_byte - node.start_byte) >> 9)  # loops stand in loops
        if floods(node):
            self.note("exhaust", "none", text_of(node)[:120])
        values = [f for n in node.children_by_field_name("value") for f in self.words.fields(n)]
        outputs = [NOTHING]
        if variable is None or body is None:
            return NOTHING
        for value in values[:_LOOP_VALUES] or [ANYTHING]:
            self.variables[text_of(variable)] = value
            outputs.append(self.run(body, stdin))
        if len(values) > _LOOP_VALUES:
            self.variables[text_of(variable)] = ANYTHING
            outputs.append(self.run(body, stdin))
        return together(outputs)

    def _loop(self, node: Node, stdin: Value) -> Value:
        body = node.child_by_field_name("body")
        self.patience.check((node.end_byte - node.start_byte) >> 9)
        if body is not None and spawns_forever(node, body):
            self.note("exhaust", "none", text_of(node)[:120])
        condition = node.child_by_field_name("condition")
        if condition is None or not stdin.known or not text_of(condition).startswith("read"):
            return self._sequence(node, stdin)
        lines = stdin.text.splitlines()[:_LOOP_VALUES] or [""]
        return together([self._sequence(node, Value(line, stdin.taints)) for line in lines])

    def _case(self, node: Node, stdin: Value) -> Value:
        outputs: list[Value] = []
        for child in node.named_children:
            if child.type == "case_item":
                before = dict(self.variables)
                outputs.append(self.run(child, stdin))
                self.variables.update(before)
            else:
                self.words.single(child)
        return one_of(outputs)

    # -- commands and redirections -----------------------------------------------------------

    def _command(self, node: Node, stdin: Value) -> Value:
        assigned: dict[str, Value] = {}
        words: list[Value] = []
        start = end = node.start_byte
        source = node.text or b""
        children = node.named_children
        if len(children) > MAX_WORDS:
            # Of so many words the middle is left out: it is asked about.
            self.note("exec-unknown", "none", text_of(node)[:120])
            children = children[: MAX_WORDS // 2] + children[-MAX_WORDS // 2 :]
        for child in children:
            if child.type == "variable_assignment":
                name, value = self.read_assignment(child)
                assigned[name] = value
            elif child.type in {"file_redirect", "herestring_redirect", "heredoc_redirect"}:
                stdin = self.redirect_in(child, stdin)
            else:
                if words and source[end - start : child.start_byte - start] in {b"", b"$"}:
                    # The grammar split one word in two: what the shell would run is not this.
                    self.note("exec-unknown", "none", text_of(node)[:120])
                words += self.words.fields(child)
            end = child.end_byte
        for name, value in assigned.items():
            self.note_variable(name, value)
        if not words:
            self.variables.update(assigned)
            return NOTHING
        body = self.functions.get(words[0].text)
        if body is not None:
            if words[0].text in self.running:
                return NOTHING
            return self._run_function(words, body, stdin)
        return self._with_variables(assigned, lambda: run_program(self, words, stdin, assigned))

    def _with_variables(self, assigned: dict[str, Value], follow: Callable[[], Value]) -> Value:
        """Follow a program that has variables of its own, also in a shell inside it."""
        if not assigned:
            return follow()
        before = {name: self.variables.get(name) for name in assigned}
        self.variables.update(assigned)
        try:
            return follow()
        finally:
            for name, value in before.items():
                self.variables.pop(name, None)
                if value is not None:
                    self.variables[name] = value

    _STATEMENTS: ClassVar[dict[str, Callable[[Shell, Node, Value], Value]]] = {
        "program": _sequence,
        "list": _list,
        "do_group": _sequence,
        "compound_statement": _sequence,
        "else_clause": _sequence,
        "elif_clause": _sequence,
        "if_statement": _alternatives,
        "negated_command": _sequence,
        "subshell": _subshell,
        "command": _command,
        "pipeline": _pipeline,
        "redirected_statement": Redirections.follow_redirected,
        "variable_assignment": Assignments.follow_assignment,
        "variable_assignments": _sequence,
        "declaration_command": Assignments.follow_declaration,
        "unset_command": Assignments.follow_unset,
        "for_statement": _for,
        "c_style_for_statement": _loop,
        "while_statement": _loop,
        "case_statement": _case,
        "case_item": _sequence,
        "function_definition": _function,
        "test_command": _test,
        "ERROR": _error,
    }
