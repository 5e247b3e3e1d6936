"""One call of a program, as the functions that know programs see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from coding_agent_sdk.middleware.guardrails.commands.values import LONGEST, NOTHING, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.paths import Place, Places
    from coding_agent_sdk.middleware.guardrails.commands.patience import Patience
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

_LETTER: Final = 2
_SHOWN: Final = 120


class Follower(Protocol):
    """What a program may ask of the shell that is being followed."""

    home: str
    places: Places
    folder: str | None
    downloads: set[str]
    files: dict[str, Value]
    variables: dict[str, Value]
    exported: set[str]
    arrays: dict[str, list[Value]]
    carries_secrets: bool
    copies: dict[str, str]
    links: dict[str, str]
    remotes: set[str]
    deferred: list[Value]
    commands: list[tuple[list[Value], dict[str, Value]]]
    unpacked: bool
    privileged: bool
    patience: Patience

    def begin(self, words: list[Value], variables: dict[str, Value]) -> None:
        """Remember that a simple command runs."""
        ...

    def end(self) -> None:
        """Remember that the simple command that began last has ended."""
        ...

    def variable(self, name: str) -> Value:
        """Return the value of a variable."""
        ...

    def note_variable(self, name: str, value: Value) -> None:
        """Note what setting a variable does."""
        ...

    def note(self, kind: EffectKind, where: Where = "none", part: str = "") -> None:
        """Note an effect."""
        ...

    def locate(self, path: str) -> Place:
        """Say where a path leads from the current folder."""
        ...

    def read(self, path: Value, part: str) -> Value:
        """Note that a file is read and return what is known of its content."""
        ...

    def write(
        self, path: Value, part: str, content: Value = NOTHING, *, append: bool = False
    ) -> None:
        """Note that a file is written."""
        ...

    def delete(self, path: Value, part: str) -> None:
        """Note that a file or folder is deleted."""
        ...

    def run_text(
        self, text: Value, stdin: Value = NOTHING, *, part: str = "", apart: bool = True
    ) -> Value:
        """Follow shell text; *apart* where a shell of its own runs it."""
        ...

    def evaluate(self, text: Value, part: str) -> None:
        """Follow the substitutions in a text that the shell evaluates as arithmetic or a name."""
        ...

    def run_words(self, words: list[Value], stdin: Value = NOTHING) -> Value:
        """Follow a command given as its words."""
        ...

    def run_code(self, language: str, code: Value, part: str, stdin: Value = NOTHING) -> Value:
        """Follow a program in another language."""
        ...


@dataclass(kw_only=True, slots=True)
class Call:
    """A call of a program.

    Attributes:
        name: the program, without its folder.
        arguments: what it is given.
        stdin: what it may read from its standard input.
        shell: the shell that calls it.
        variables: the assignments before the name.
    """

    name: str
    arguments: list[Value]
    stdin: Value
    shell: Follower
    variables: dict[str, Value] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """The call as it is shown in a reason."""
        text = " ".join([self.name, *(argument.plain[:_SHOWN] for argument in self.arguments[:12])])
        text = re.sub(r"[\ue000-\ue00f]", "…", text).replace("\n", "⏎")
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

    @property
    def words(self) -> list[str]:
        """The arguments as plain text."""
        return [argument.plain for argument in self.arguments]

    @property
    def text(self) -> str:
        """The arguments joined by blanks; of a very long text the middle is left out, and asked."""
        text = " ".join(self.words)
        if len(text) <= LONGEST:
            return text
        self.shell.note("exec-unknown", "none", self.part)
        return f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"

    def has(self, *options: str) -> bool:
        """Whether one of the options is given: `-x` also in `-axe`, `--long` also with a value."""
        return any(_gives(word, option) for word in self.words for option in options)

    def value_of(self, *options: str) -> Value | None:
        """Return the value given with one of the options, in any spelling."""
        for index, argument in enumerate(self.arguments):
            word = argument.text
            if word in options:
                return self.after(index)
            if word[:1] != "-":
                continue
            if word[1:2] != "-":
                if word[:2] in options:
                    return Value(word[2:], argument.taints)
            elif "=" in word:
                option, _, value = word.partition("=")
                if option in options:
                    return Value(value, argument.taints)
        return None

    def after(self, index: int) -> Value:
        """Return the argument after another one, an empty one where it is the last."""
        return self.arguments[index + 1] if index + 1 < len(self.arguments) else NOTHING

    def operands(self, with_value: Collection[str] = ()) -> list[Value]:
        """Return the arguments that are neither options nor values of those in *with_value*."""
        found: list[Value] = []
        skip = False
        for index, argument in enumerate(self.arguments):
            word = argument.text
            if skip:
                skip = False
            elif word == "--":
                return found + self.arguments[index + 1 :]
            elif word[:1] == "-" and len(word) > 1:
                skip = word in with_value or _ends_with_value(word, with_value)
            else:
                found.append(argument)
        return found

    @property
    def taints(self) -> frozenset[str]:
        """The labels of all arguments."""
        return frozenset().union(*(argument.taints for argument in self.arguments))


def is_letter(option: str) -> bool:
    """Whether an option is a dash and a letter."""
    return len(option) == _LETTER and option[0] == "-"


def _gives(word: str, option: str) -> bool:
    if word == option:
        return True
    if option.startswith("--"):
        return word.startswith(option + "=")
    clustered = word[:1] == "-" and word[1:].replace("-", "").isalpha() and word[1:2] != "-"
    return is_letter(option) and clustered and option[1] in word[1:]


def _ends_with_value(word: str, with_value: Collection[str]) -> bool:
    """Whether a cluster such as `-xzf` ends with a letter that takes the next argument."""
    if word[1] == "-" or len(word) <= _LETTER:
        return False
    return f"-{word[-1]}" in with_value and f"-{word[1]}" not in with_value


Program = Callable[[Call], Value]
"""A function that knows a program: it notes the effects of a call and returns what it prints."""
