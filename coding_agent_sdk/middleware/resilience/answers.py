"""Answers that are kept in memory, bounded in number, bytes and age."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.types.model import ModelResponse

__all__ = ["KeptAnswers", "copied", "size_of"]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """An answer, whose it is, how many bytes it takes, and until when it holds."""

    response: ModelResponse
    user: str
    size: int
    expires: float


class KeptAnswers:
    """The answers that were used last; what has not been used for the longest time goes first.

    They are copied on the way in and out: nobody who changes his message changes the one kept.

    Args:
        clock: Gives seconds that never go back.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Bytes that they take, by their texts."""
        return self._bytes

    def get(self, key: bytes) -> ModelResponse | None:
        """Return the answer under a key; None where there is none, or it is too old."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if self._clock() >= answer.expires:
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return copied(answer.response)

    def put(
        self,
        key: bytes,
        response: ModelResponse,
        *,
        user: str,
        ttl: float,
        max_entries: int,
        max_bytes: int,
    ) -> None:
        """Keep an answer; one that alone is larger than *max_bytes* is not kept."""
        self._drop(key)
        size = size_of(response)
        if size > max_bytes:
            return
        self._answers[key] = _Answer(
            response=copied(response), user=user, size=size, expires=self._clock() + ttl
        )
        self._bytes += size
        while len(self._answers) > max_entries or self._bytes > max_bytes:
            self._drop(next(iter(self._answers)))

    def of(self, user: str) -> list[ModelResponse]:
        """Return the answers that were given to a user."""
        return [answer.response for answer in self._answers.values() if answer.user == user]

    def forget(self, user: str) -> int:
        """Drop the answers that were given to a user, and return how many."""
        return self._drop_all(lambda answer: answer.user == user)

    def prune(self) -> int:
        """Drop the answers that are too old, and return how many."""
        now = self._clock()
        return self._drop_all(lambda answer: now >= answer.expires)

    def _drop_all(self, wanted: Callable[[_Answer], bool]) -> int:
        keys = [key for key, answer in self._answers.items() if wanted(answer)]
        for key in keys:
            self._drop(key)
        return len(keys)

    def _drop(self, key: bytes) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._bytes -= answer.size


def copied(response: ModelResponse) -> ModelResponse:
    """Return a copy of an answer, whose message nobody else changes."""
    return replace(response, message=response.message.model_copy(deep=True))


def size_of(response: ModelResponse) -> int:
    """Return about how many bytes an answer takes, by its texts."""
    # Not `repr`: it compares each field with its default, a hundred times as slow.
    fields = response.message.__dict__.values()
    return sum(len(str(value).encode("utf-8", "surrogatepass")) for value in fields if value)
