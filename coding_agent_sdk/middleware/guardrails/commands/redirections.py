"""Follows redirections: what a command reads from and writes to."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.parse import text_of
from coding_agent_sdk.middleware.guardrails.commands.shapes import ties_shell_to_socket
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NET,
    NOTHING,
    Value,
    join,
    without_marks,
)
from coding_agent_sdk.middleware.guardrails.commands.world import World

if TYPE_CHECKING:
    from tree_sitter import Node

    from coding_agent_sdk.middleware.guardrails.commands.words import Words

_STANDARD_OUTPUT: Final = frozenset({"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
_REDIRECTS: Final = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
_PARTS_OF_DOCUMENT: Final = frozenset({"heredoc_start", "heredoc_body", "heredoc_end"})


class Redirections(World):
    """A world in which commands read from and write to files."""

    words: Words

    @abstractmethod
    def run(self, node: Node, stdin: Value) -> Value:
        """Follow a statement and return what it prints, as far as it is known."""

    @abstractmethod
    def run_stages(self, stages: list[Node], stdin: Value) -> Value:
        """Follow the stages of a pipeline, each in a shell of its own."""

    def follow_redirected(self, node: Node, stdin: Value) -> Value:
        """Follow a command with its redirections; what a file gets is not printed."""
        body = node.child_by_field_name("body")
        redirects = [child for child in node.named_children if child.type in _REDIRECTS]
        after = _after_documents(redirects)
        body, stdin = self._last_of(body, stdin, redirects)
        if body is not None and ties_shell_to_socket(text_of(node), text_of(body)):
            self.note("remote-shell", "remote", text_of(node)[:120])
        output = self.run(body, stdin) if body is not None else NOTHING
        outward = [r for r in [*redirects, *after] if r.type == "file_redirect"]
        written = [self._redirect_out(redirect, output) for redirect in outward]
        if any(written):
            output = NOTHING
        for child in after:
            if child.type == "pipeline":
                output = self.run_stages(child.named_children, output)
            elif child.type != "file_redirect":
                output = self.run(child, NOTHING)
        return output

    def _last_of(
        self, body: Node | None, stdin: Value, redirects: list[Node]
    ) -> tuple[Node | None, Value]:
        """Follow what stands before the last command: the redirections are that one's alone."""
        while body is not None and body.type == "list":
            for child in body.named_children[:-1]:
                self.run(child, stdin)
            body = body.named_children[-1]
        before = stdin
        for redirect in redirects:
            stdin = self.redirect_in(redirect, stdin)
        if body is not None and body.type == "pipeline" and stdin is not before:
            self.run_stages(body.named_children[:-1], before)
            body = body.named_children[-1]
        return body, stdin

    def redirect_in(self, redirect: Node, stdin: Value) -> Value:
        """Return what a command reads after a redirection."""
        if redirect.type == "herestring_redirect":
            return join([self.words.single(n) for n in redirect.named_children] or [NOTHING])
        if redirect.type == "heredoc_redirect":
            return self._here_document(redirect)
        sign = _sign(redirect)
        destination = redirect.child_by_field_name("destination")
        if sign not in {"<", "<>"} or destination is None:
            return stdin
        path = self.words.single(destination)
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
        return self.words.quoted_text(body, start=body.start_byte)

    def _redirect_out(self, redirect: Node, output: Value) -> bool:
        """Note what a redirection writes; whether standard output goes there."""
        sign = _sign(redirect)
        if not sign.startswith((">", "&>")):
            return False
        part = text_of(redirect)
        descriptor = next(
            (text_of(c) for c in redirect.named_children if c.type == "file_descriptor"), "1"
        )
        written = False
        for destination in redirect.children_by_field_name("destination"):
            if sign == ">&" and destination.type == "number":
                continue
            path = self.words.single(destination)
            if destination.type == "process_substitution" or path.text == "-":
                continue
            self.write(path, part, output if descriptor == "1" else NOTHING, append=">>" in sign)
            written = written or (descriptor == "1" and path.text not in _STANDARD_OUTPUT)
        return written


def _after_documents(redirects: list[Node]) -> list[Node]:
    """Return what the grammar puts inside here-documents: the rest of the line after `<<END`."""
    return [
        child
        for redirect in redirects
        if redirect.type == "heredoc_redirect"
        for child in redirect.named_children
        if child.type not in _PARTS_OF_DOCUMENT
    ]


def _sign(redirect: Node) -> str:
    return next((c.type for c in redirect.children if not c.is_named), "")
