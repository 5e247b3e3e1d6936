"""What a request asks: whether for knowledge at all, and in which of its words.

Most requests to an agent are orders and talk that no document helps with. That is told by their
words alone, before anything is opened, waited for or searched.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.framing import unframed, word_of
from coding_agent_sdk.middleware.rag.german import is_german, is_little
from coding_agent_sdk.middleware.rag.tokens import is_name, is_stop_word

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked", "asked_in", "asks_little", "content_of"]

_ASKING: Final = frozenset(
    {
        "how",
        "if",
        "why",
        "what",
        "which",
        "who",
        "whose",
        "where",
        "when",
        "whether",
    }
)
_DEFINES: Final = re.compile(
    r"(?:(?:what|who)(?:\Ws|\s+(?:is|are|was|were))|explain|describe|define|meaning\s+of"
    r"|(?:was|wer)\s+(?:ist|sind|gilt|bedeutet))\s",
    re.IGNORECASE,
)
_ASKS: Final = frozenset({"explain", "describe", "define", "summarize", "summarise"})
_QUOTES: Final = ".,;:!?()[]{}'\"`*\u2026\u2019\u201c\u201d\u201e"
_PATH: Final = re.compile(
    r"[~.]{0,2}(?:[\w.-]*/)+[\w.-]*|\.\w[\w.-]*"
    r"|[\w.-]+\.(?:py|pyi|ipynb|md|rst|txt|toml|json|ya?ml|cfg|ini|env|lock|log|csv|xml|html?|css"
    r"|jsx?|tsx?|mjs|sh|sql|rs|go|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|tf|db|png|pdf)",
    re.IGNORECASE,
)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w+(?:\.[A-Za-z_]\w+)+")
_TALK: Final = frozenset({
    "about", "also", "any", "anything", "done", "everything", "hello", "here", "hey", "hi", "just",
    "let", "many", "much", "now", "often", "ok", "okay", "please", "said", "say", "says", "some",
    "something", "tell", "thank", "thanks", "yes",
})  # fmt: skip
"""Words of talk: they make no question."""

_AT_HAND: Final = frozenset({
    "app", "bug", "bugs", "class", "classes", "code", "file", "files", "folder", "function",
    "functions", "line", "lines", "method", "module", "package", "program", "project", "repo",
    "repository", "script", "test", "tests", "thing", "things",
})  # fmt: skip
"""What an agent works on. By itself, or behind "this", such a word asks for nothing else."""

_POINTING: Final = frozenset({"this", "that", "these", "those", "my"})
_ERRANDS: Final = frozenset({
    "close", "commit", "continue", "copy", "count", "delete", "deploy", "do", "drop", "execute",
    "extract", "find", "finish", "go", "grep", "install", "list", "look", "merge", "move", "open",
    "print", "proceed", "push", "put", "read", "remove", "rename", "rerun", "revert", "run",
    "save", "search", "show", "sort", "start", "stop", "translate", "try", "undo",
})  # fmt: skip
"""What an errand begins with: something to be done that no document helps with."""

_WORK: Final = frozenset({
    "add", "analyse", "analyze", "apply", "build", "change", "check", "clean", "convert", "create",
    "debug", "design", "document", "edit", "fix", "format", "generate", "implement", "improve",
    "insert", "lint", "make", "refactor", "repair", "replace", "retry", "review", "rewrite", "set",
    "simplify", "split", "test", "update", "upgrade", "use", "write",
})  # fmt: skip
"""What an order begins with that rules and guides may have a say in."""

_SMALL: Final = _TALK | _ERRANDS | {"it", "on", "that", "this"}
_FEW: Final = 2
_LITTLE: Final = 32
"""Characters from which on a request is looked at as a whole."""

_ENOUGH: Final = 3
"""Words of an errand from which it may be something that is written about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a request asks.

    Attributes:
        query: What to search for: the request without its frame, and without names of files.
        telling: The words of it that tell something, each once; not the verb of an order.
        order: Whether it is an order to do something.
        errand: Whether it is one that no document helps with.
        explicit: Whether it asks the knowledge by name.
        named: Whether it holds a name of code.
        defines: Whether it asks what something is.
    """

    query: str
    telling: tuple[str, ...]
    order: bool
    errand: bool
    explicit: bool
    named: bool
    defines: bool

    @property
    def something(self) -> bool:
        """Whether a search may find what helps: a greeting finds the word, which is not meant."""
        if self.named or self.explicit:
            return bool(self.telling)
        if self.errand:
            return len(self.telling) >= _ENOUGH
        if len(self.telling) == 1 and not self.order:
            return self.defines and self.telling[0] not in _AT_HAND
        return bool(self.telling)


def asks_little(request: str) -> bool:
    """Whether a request is a word or two of talk or of an errand, as "go on" or "yes".

    `asked_in` says of each of them that it asks for nothing.
    """
    words = request[:_LITTLE].split()
    few = len(words) <= _FEW and len(request) < _LITTLE
    if not few or not _SMALL.issuperset(map(word_of, words)):
        return False
    return not any(_is_named(word.strip(_QUOTES)) for word in words)


def asked_in(request: str) -> Asked:
    """Return what a request asks, by its words alone; quick."""
    content, explicit, bare = _unframed(request)
    plain = [word for word in content.split() if not _PATH.fullmatch(word.strip(_QUOTES))]
    verb = word_of(plain[0]) if plain and not explicit else ""
    if any(word_of(word) in _ASKING for word in plain[1:4]):
        verb = ""  # "check whether", "read up how"
    order = verb in _WORK or verb in _ERRANDS
    return Asked(
        query=" ".join(plain),
        telling=_telling(plain[1:] if order or verb in _ASKS else plain),
        order=order,
        errand=verb in _ERRANDS,
        explicit=explicit,
        named=any(_is_named(word.strip(_QUOTES)) for word in plain),
        defines=_DEFINES.match(bare) is not None,
    )


def _telling(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that tell something, each once."""
    told: dict[str, None] = {}
    before = ""
    for written in words:
        word = word_of(written)
        if _tells(word) and not (word in _AT_HAND and before in _POINTING):
            told[written.strip(_QUOTES) if is_name(written) else word] = None
        before = word
    return tuple(told)


def _is_named(word: str) -> bool:
    return is_name(word) or _DOTTED.fullmatch(word) is not None


def content_of(query: str) -> str:
    """Return a question without what only frames it; as it is, where nothing else is left."""
    return _unframed(query)[0]


def _unframed(request: str) -> tuple[str, bool, str]:
    """Return what is asked, whether the knowledge by name, and the request without its frame."""
    request = unicodedata.normalize("NFC", request)  # an umlaut may be two characters
    bare, explicit = unframed(request)
    content = bare
    words = [word_of(word) for word in content.split()]
    if is_german(words):
        kept = zip(content.split(), words, strict=True)
        content = " ".join(written for written, word in kept if not is_little(word))
    if any(map(_tells, map(word_of, content.split()))):
        return content, explicit, bare
    return request, False, bare


def _tells(lower: str) -> bool:
    return any(map(str.isalpha, lower)) and not is_stop_word(lower) and lower not in _TALK
