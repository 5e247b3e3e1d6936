"""Answers to questions that are nearly the same: near by their vectors, and equal in what counts.

Two questions can be near and ask for opposite things: `line 10` and `line 11`, `with` and
`without`. So only such are compared that have the same numbers, names, quotations and turning
words, and between which nothing but the words of a short question differs.
"""

from __future__ import annotations

import logging
import math
import re
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.middleware.resilience.answers import copied, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.middleware.resilience.settings import CacheSettings
    from coding_agent_sdk.protocols import Embedder
    from coding_agent_sdk.types.model import ModelResponse

__all__ = ["Question", "SimilarAnswers", "marks_of", "question_of"]

logger = logging.getLogger(__name__)

LONGEST: Final = 500
"""Characters of a question; in a longer text what differs hardly moves its vector."""

MOST_IN_SCOPE: Final = 100
"""Answers that a question is compared with: each takes some ten thousand multiplications."""

_PAUSE: Final = 30.0
"""Seconds for which an embedder that failed is not asked."""

_ATTACHED: Final = re.compile(r"\n\n<(?:context|answer_format|stdin)>\n")
"""Where what the user asked ends, and what was attached to it begins."""

_QUOTED: Final = re.compile(
    r"\"[^\"]*\"|'[^']+'(?!\w)|`[^`]*`|“[^”]*”|„[^“]*“|«[^»]*»|\u2018[^\u2019]+\u2019(?!\w)"
)
_WORD: Final = re.compile(r"\S+")
_EDGES: Final = ".,;:!?()[]{}<>\"'`“”„«»\u2018\u2019"
_PLAIN: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

_TURNING: Final = frozenset(
    {
        "no", "not", "none", "never", "nothing", "nobody", "nowhere", "neither", "nor", "without",
        "cannot", "except", "but", "only", "just", "unless", "all", "any", "each", "every", "some",
        "most", "least", "few", "both", "either", "and", "or", "if", "than", "instead", "more",
        "less", "fewer", "many", "same", "different", "other", "another", "first", "last", "next",
        "previous", "before", "after", "on", "off", "in", "out", "up", "down", "over", "under",
        "above", "below", "to", "from", "into", "onto", "yes", "true", "false", "enable",
        "enabled", "disable", "disabled", "allow", "deny", "forbid", "include", "exclude", "with",
        "add", "remove", "delete", "drop", "create", "make", "destroy", "insert", "start", "stop",
        "open", "close", "show", "hide", "increase", "decrease", "raise", "lower", "maximum",
        "minimum", "max", "min", "best", "worst", "fastest", "slowest", "old", "new", "older",
        "newer", "left", "right", "public", "private", "read", "write", "get", "set", "push",
        "pull", "can", "should", "must", "may", "might", "will", "would", "is", "are", "was",
        "were", "do", "does", "did", "why", "how", "what", "when", "where", "who", "which",
        "whose", "nicht", "kein", "keine", "keinen", "keiner", "nie", "ohne", "nur", "alle", "pas",
        "jamais", "sans", "non", "ni", "sin", "nunca", "mai", "senza",
    }
)  # fmt: skip
"""Words that turn a question round, or ask for something else; spelt alike they are near others."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that may have been asked in other words.

    Attributes:
        text: What the user asked.
        rest: What stands after it in his message.
    """

    text: str
    rest: str


@dataclass(frozen=True, kw_only=True)
class _Answer:
    vector: array[float]
    marks: bytes
    response: ModelResponse
    user: str
    size: int
    expires: float


def question_of(messages: Sequence[BaseMessage]) -> Question | None:
    """Return the newest message as a question; None where it is none that may be compared."""
    newest = messages[-1] if messages else None
    if newest is None or newest.type != "human" or not isinstance(newest.content, str):
        return None
    found = _ATTACHED.search(newest.content)
    end = len(newest.content) if found is None else found.start()
    text = newest.content[:end]
    if not text.strip() or len(text) > LONGEST or not _is_latin(text):
        return None  # of other scripts the words that turn a question are not known here
    return Question(text=text, rest=newest.content[end:])


def marks_of(text: str) -> list[str]:
    """Return what two questions need to have in common to the letter, in its order.

    These are quotations, numbers, paths, names, all words that are no plain ones, and the plain
    ones that turn a question round.
    """
    marks = _QUOTED.findall(text)
    for number, found in enumerate(_WORD.findall(text)):
        word = found.strip(_EDGES)
        plain = _PLAIN.fullmatch(word) is not None
        name = word[1:] != word[1:].lower() or (number > 0 and word[:1] != word[:1].lower())
        if word and (not plain or name):
            marks.append(word)
        elif word.lower() in _TURNING:
            marks.append(word.lower())
    return marks


def _is_latin(text: str) -> bool:
    return all(character < "\u0250" or not character.isalpha() for character in text)


class SimilarAnswers:
    """Answers by the vectors of their questions, in memory, bounded in number, bytes and age.

    Nothing that is kept has the text of a question: scope and marks are keyed digests.

    Args:
        embedder: Gives the vectors, opened.
        threshold: Least cosine of two questions that are taken for one.
        clock: Gives seconds that never go back.
    """

    def __init__(self, embedder: Embedder, *, threshold: float, clock: Callable[[], float]) -> None:
        self._embedder, self._threshold, self._clock = embedder, threshold, clock
        self._away_until = -math.inf
        self._scopes: OrderedDict[bytes, list[_Answer]] = OrderedDict()
        self._count = self._bytes = 0

    def __len__(self) -> int:
        return self._count

    async def vector_of(self, text: str) -> array[float] | None:
        """Return the vector of a text, of length 1; None where the embedder fails."""
        if self._clock() < self._away_until:
            return None
        try:
            [vector] = await self._embedder.embed([text])
        except AgentError as error:
            self._away_until = self._clock() + _PAUSE
            logger.warning("similar questions are not looked for for %g s: %s", _PAUSE, error)
            return None
        length = math.hypot(*vector)
        if not length or not math.isfinite(length):
            return None
        return array("f", (value / length for value in vector))

    def get(self, scope: bytes, marks: bytes, vector: array[float]) -> ModelResponse | None:
        """Return the answer to the question that is nearest, where it is near enough."""
        now = self._clock()
        nearest, answer = self._threshold, None
        for kept in self._scopes.get(scope, ()):
            if kept.marks != marks or now >= kept.expires or len(kept.vector) != len(vector):
                continue
            near = sum(map(float.__mul__, kept.vector, vector))
            if near >= nearest:
                nearest, answer = near, kept
        if answer is None:
            return None
        self._scopes.move_to_end(scope)
        return copied(answer.response)

    def put(
        self,
        scope: bytes,
        marks: bytes,
        vector: array[float],
        response: ModelResponse,
        *,
        user: str,
        settings: CacheSettings,
    ) -> None:
        """Keep an answer; those of scopes that were not used for the longest time go first."""
        size = size_of(response) + len(vector) * vector.itemsize
        if size > settings.max_bytes:
            return
        answer = _Answer(
            vector=vector, marks=marks, response=copied(response), user=user, size=size,
            expires=self._clock() + settings.ttl,
        )  # fmt: skip
        self._scopes.setdefault(scope, []).append(answer)
        self._scopes.move_to_end(scope)
        self._count, self._bytes = self._count + 1, self._bytes + size
        if len(self._scopes[scope]) > MOST_IN_SCOPE:
            self._drop_oldest(scope)
        while self._count > settings.max_entries or self._bytes > settings.max_bytes:
            self._drop_oldest(next(iter(self._scopes)))

    def of(self, user: str) -> list[ModelResponse]:
        """Return the answers that were given to a user."""
        kept = (answer for answers in self._scopes.values() for answer in answers)
        return [answer.response for answer in kept if answer.user == user]

    def forget(self, user: str) -> int:
        """Drop the answers that were given to a user, and return how many."""
        return self._keep(lambda answer: answer.user != user)

    def prune(self) -> int:
        """Drop the answers that are too old, and return how many."""
        now = self._clock()
        return self._keep(lambda answer: now < answer.expires)

    def _keep(self, stays: Callable[[_Answer], bool]) -> int:
        before = self._count
        for scope, answers in list(self._scopes.items()):
            left = [answer for answer in answers if stays(answer)]
            self._count -= len(answers) - len(left)
            self._bytes -= sum(a.size for a in answers) - sum(a.size for a in left)
            self._scopes[scope] = left
            if not left:
                del self._scopes[scope]
        return before - self._count

    def _drop_oldest(self, scope: bytes) -> None:
        dropped = self._scopes[scope].pop(0)
        self._count, self._bytes = self._count - 1, self._bytes - dropped.size
        if not self._scopes[scope]:
            del self._scopes[scope]
