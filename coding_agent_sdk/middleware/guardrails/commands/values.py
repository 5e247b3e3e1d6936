"""What is known of a text while a command is read: its characters, its gaps, where it came from."""

from __future__ import annotations

from typing import Final, NamedTuple

UNKNOWN: Final = "\ue000"
"""Stands in a text for a part that only running the command would tell."""

STAR: Final = "\ue001"
MARK: Final = "\ue002"
BRACKET: Final = "\ue003"
SPLIT: Final = "\ue004"
EMPTY: Final = "\ue005"
BRACE: Final = "\ue006"

_PLAIN: Final = str.maketrans(
    {STAR: "*", MARK: "?", BRACKET: "[", SPLIT: " ", EMPTY: None, BRACE: "{"}
)
_PRIVATE: Final = dict.fromkeys(range(0xE000, 0xE010), "\ufffd")

NET: Final = "net"
"""The text was downloaded."""
SECRET: Final = "secret"  # noqa: S105  a label
"""The text comes from a credential file, a key store or the whole environment."""
SECRET_VARIABLE: Final = "secret-variable"  # noqa: S105  a label
"""The text is a variable whose name announces a secret."""
HOME: Final = "home"
"""The text is what lies in a home folder, or names of it."""
HIDDEN: Final = "hidden"
"""The text was decoded or assembled, so that who reads the command does not see it."""
ELSEWHERE: Final = "elsewhere"
"""The text is the content of files outside the workspace."""
FILE: Final = "file"
"""The text is the content of files."""


TOOL: Final = "tool"
"""The text is what a well-known tool prints to be evaluated, such as `ssh-agent -s`."""


ENDLESS: Final = "endless"
"""The text has no end: a disk would be full before."""


PARENT: Final = "parent"
"""The text is the number of the process that started this shell."""


BUILT: Final = "built"
"""The file is a program that was compiled from sources of the workspace."""


GUARD: Final = "guard"
"""The text is the number of a process that protects the machine."""


MAX_TEXT: Final = 65_536
"""Longest text, in characters, that is followed."""


LONGEST: Final = 4_096
"""Characters of arguments that are compared with patterns; who gives more is asked."""


class Value(NamedTuple):
    """A text with gaps and labels.

    Attributes:
        text: the characters; `UNKNOWN` stands for what is not known, `STAR`, `MARK` and `BRACKET`
            for signs of a pattern that the shell would still expand.
        taints: where the text came from.
    """

    text: str
    taints: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether the text has no gap."""
        return UNKNOWN not in self.text

    @property
    def plain(self) -> str:
        """The text with pattern signs as they were written."""
        return self.text if self.text.isascii() else self.text.translate(_PLAIN)

    def tainted(self, *labels: str) -> Value:
        """Return the text with more labels."""
        return Value(self.text, self.taints.union(labels))


NOTHING: Final = Value("")
ANYTHING: Final = Value(UNKNOWN)


def join(values: list[Value], separator: str = "") -> Value:
    """Put values one after the other; the labels of all stay."""
    if len(values) == 1:
        return values[0]
    taints: frozenset[str] = frozenset().union(*(value.taints for value in values))
    return bounded(Value(separator.join(value.text for value in values), taints))


def bounded(value: Value) -> Value:
    """Return the value, or a gap in its place where it has grown too long to be followed."""
    return value if len(value.text) <= MAX_TEXT else Value(UNKNOWN, value.taints | {HIDDEN})


def without_marks(text: str) -> str:
    """Return the text without the characters that mark gaps here."""
    return text if text.isascii() else text.translate(_PRIVATE)


def together(outputs: list[Value]) -> Value:
    """Return what statements print one after the other."""
    return join([output for output in outputs if output.text or output.taints] or [NOTHING])


def one_of(outputs: list[Value]) -> Value:
    """Return what statements print of which not all run: a gap, where more than one would."""
    printing = [output for output in outputs if output.text or output.taints]
    if len(printing) > 1:
        return ANYTHING.tainted(*join(printing).taints)
    return printing[0] if printing else NOTHING
