"""Words of prose and code made comparable: one function for passages and for questions.

A name in code stands as a whole and in its parts (`parseHTTPResponse` gives `parsehttprespons`,
`pars`, `http`, `respons`), a word of prose by its stem, and words that say nothing are left out.
"""

from __future__ import annotations

import functools
import itertools
import re
import threading
import unicodedata
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOKENS_VERSION", "is_name", "is_stop_word", "names_in", "tokenize"]

TOKENS_VERSION: Final = 2
"""Kept with a store: passages that were made by another version are indexed again."""

_WORD: Final = re.compile(r"\w+")
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_ABBREVIATED: Final = re.compile(r"[A-Z]{3,}[a-z]{2}")
_UMLAUT: Final = re.compile("[äöüßÄÖÜ]")
_DOTTED: Final = re.compile(r"\w+(?:\.\w+)*")
_STOP: Final = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it",
    "its", "may", "me", "my", "no", "not", "of", "on", "or", "our", "s", "should", "so", "such",
    "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "us", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "why", "will", "with", "would", "you", "your",
})  # fmt: skip
_LONGEST: Final = 64
"""Characters of a token; what is longer is data, not a word."""

_KNOWN: Final = 100_000
"""Words that are kept with their tokens; a text says the same ones again and again."""


class _Words(dict[str, tuple[str, ...]]):
    """The tokens of each word, made when they are first asked for; for all threads."""

    def __init__(self) -> None:
        super().__init__()
        self._english, self._german = _stemmer("english"), _stemmer("german")
        self._lock = threading.Lock()

    def __missing__(self, word: str) -> tuple[str, ...]:
        with self._lock:  # the stemmer is not for several threads
            german = not word.isascii() and _UMLAUT.search(word)
            tokens = _tokens_of(word, stem=self._german if german else self._english)
        if len(self) >= _KNOWN:
            self.clear()
        self[word] = tokens
        return tokens


@functools.cache
def _words() -> _Words:
    return _Words()


def _stemmer(language: str) -> Callable[[str], str]:
    try:
        import Stemmer
    except ModuleNotFoundError as error:
        raise MissingExtraError(feature="knowledge", module="Stemmer", extra="milvus") from error
    # A cache of its own costs more than it saves.
    stem: Callable[[str], str] = Stemmer.Stemmer(language, 0).stemWord
    return stem


def tokenize(text: str) -> list[str]:
    """Return the tokens of a text in their order, repetitions included.

    Raises:
        MissingExtraError: The stemmer is not installed.
    """
    known = _words().__getitem__
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # an umlaut may be written as two characters
    return list(itertools.chain.from_iterable(map(known, _WORD.findall(text))))


def _tokens_of(word: str, *, stem: Callable[[str], str]) -> tuple[str, ...]:
    """Return what a word of a text is found by; nothing for one that says nothing."""
    lower = word.lower()
    if lower in _STOP or len(word) > _LONGEST:
        return ()
    if lower == word and word.isalpha():
        return (stem(lower),)
    parts = [part.lower() for part in _PARTS.findall(word)]
    if len(parts) < 2:  # noqa: PLR2004  it is all one part
        return (stem(lower),)
    kept = (stem(part) for part in parts if len(part) > 1 and part not in _STOP)
    return (stem(lower), *kept)


def is_stop_word(lower: str) -> bool:
    """Return whether a word, in lower case, says nothing by itself."""
    return lower in _STOP


def names_in(query: str) -> list[str]:
    """Return the names of code in a question as they are written, dotted ones whole.

    A question that is one word is a name; otherwise a name is told by an underscore inside it or
    by camel case.
    """
    whole = query.strip().rstrip("()?")
    if _DOTTED.fullmatch(whole):
        return [whole]
    return [word for word in dict.fromkeys(_DOTTED.findall(query)) if is_name(word)]


def is_name(word: str) -> bool:
    """Return whether a word is written as names of code are: `read_file`, `URLPattern`."""
    last = word.rpartition(".")[2]
    if "_" in last.strip("_") or _ABBREVIATED.search(last):
        return True
    return any(a.islower() and b.isupper() for a, b in itertools.pairwise(last))
