"""Follows what sets variables: assignments, declarations, arrays, `unset`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.parse import text_of
from coding_agent_sdk.middleware.guardrails.commands.redirections import Redirections
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    SECRET,
    Value,
    join,
)
from coding_agent_sdk.middleware.guardrails.commands.variables import HISTORY

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYED: Final = re.compile(r"\[([^\]]+)\]=(.*)", re.DOTALL)
_EXPANDED: Final = names("string raw_string concatenation simple_expansion expansion word")


class Assignments(Redirections):
    """A shell that knows what its variables hold."""

    def follow_assignment(self, node: Node, _stdin: Value) -> Value:
        """Follow `name=value`."""
        name, value = self.read_assignment(node)
        if name:
            self.assign(name, value)
            values = node.child_by_field_name("value")
            if values is not None and values.type == "array":
                self._assign_elements(name, values)
        return NOTHING

    def _assign_elements(self, name: str, values: Node) -> None:
        """Set the elements of an array, those with keys as `[key]=value` too."""
        elements = self.arrays[name] = []
        for child in values.named_children:
            for field in self.words.fields(child):
                keyed = _KEYED.match(field.plain)
                value = Value(keyed[2], field.taints) if keyed else field
                elements.append(value)
                if keyed:
                    self.variables[f"{name}[{keyed[1]}]"] = value

    def read_assignment(self, node: Node) -> tuple[str, Value]:
        """Return the name and the value of an assignment, which may add to what was."""
        name_node = node.child_by_field_name("name")
        value_node = node.child_by_field_name("value")
        name = text_of(name_node) if name_node is not None else ""
        if name_node is not None and name_node.type == "subscript":
            self.words.follow_inside(name_node)
        value = self.words.single(value_node) if value_node is not None else NOTHING
        if text_of(node)[len(name) : len(name) + 2] == "+=":
            value = join([self.variable(name) if name in self.variables else NOTHING, value])
        return name, value

    def follow_declaration(self, node: Node, _stdin: Value) -> Value:
        """Follow `declare`, `export`, `local`, `readonly`, `typeset`."""
        flags = "".join(re.findall(r"\s-([A-Za-z]+)", text_of(node)))
        exports = "x" in flags or text_of(node).startswith("export")
        for child in node.named_children:
            if exports and child.type in {"variable_assignment", "variable_name"}:
                self.exported.add(text_of(child).partition("=")[0].removesuffix("+"))
            if "n" in flags and child.type in {"variable_assignment", "variable_name"}:
                name, _, target = text_of(child).partition("=")
                self.references[name] = target.strip("\"'")
            elif child.type == "variable_assignment":
                self.follow_assignment(child, NOTHING)
                if "i" in flags:
                    self.evaluate(self.read_assignment(child)[1], text_of(child))
            elif child.type in _EXPANDED:
                for field in self.words.fields(child):
                    # The subscript of a quoted name is evaluated: `declare 'a[$(command)]=1'`.
                    self.evaluate(field, text_of(node))
                    name, found, value = field.plain.partition("=")
                    if exports:
                        self.exported.add(name)
                    if found and "[" not in name:
                        self.assign(name, Value(value, field.taints))
        words = text_of(node).split()
        listing = set(words) <= {"export", "declare", "typeset", "-p", "-x", "-px"}
        return ANYTHING.tainted(SECRET) if listing else NOTHING

    def follow_unset(self, node: Node, _stdin: Value) -> Value:
        """Follow `unset`."""
        for child in node.named_children:
            if child.type != "variable_name":
                self.evaluate(self.words.single(child), text_of(node))
        for name in text_of(node).split()[1:]:
            self.variables.pop(name, None)
            if HISTORY.match(name):
                self.note("tamper", "none", text_of(node))
        return NOTHING
