"""About how many tokens the requests of a run have, each message counted once.

An estimate by characters can be far off: code and other languages than English have fewer of them
in a token. So it is corrected by what the provider counted in the request before, which differs
from this one only by what was added.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.types.log import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.types.context import History
    from coding_agent_sdk.types.model import ModelRequest

CHARACTERS_PER_TOKEN: Final = 4

TELLING: Final = 2_000
"""Estimated tokens from which on a request tells how many characters a model has in a token."""

MOST_RATIO: Final = 4.0
"""Tokens for one that was estimated: no text has more than one for each character."""


class PromptSizes:
    """Estimates of a run's requests: a step costs O(new messages), the first one O(history).

    Where the memory plugin gave the history, it brought its size along.

    Args:
        ratios: By model, how many tokens the provider counts for one that is estimated; shared
            by all runs of an agent.
    """

    def __init__(self, ratios: MutableMapping[str, float]) -> None:
        self._ratios = ratios
        self._told: tuple[ModelRequest, int] | None = None
        self._base: tuple[int, int] | None = None
        self._counted = _Counted()
        self._fixed: tuple[tuple[object, ...], int] = ((), 0)
        self._newest: tuple[ModelRequest | None, int] = (None, 0)

    def of(self, request: ModelRequest, *, history: History | None = None) -> int:
        """Return about how many input tokens a request has.

        Args:
            request: The request.
            history: What was loaded for the run, with its size; None where nothing was.
        """
        if request is self._newest[0]:  # several ask at each step
            return self._newest[1]
        tokens = self._of_fixed(request, history) + self._counted.up_to(request.messages)
        if request.volatile:
            tokens += _of_texts(request.volatile)
        self._newest = (request, tokens)
        return tokens

    def note(self, request: ModelRequest, tokens: int) -> None:
        """Take note of what the provider counted in a request; it is looked at when asked for."""
        self._told = (request, tokens)

    def corrected(self, request: ModelRequest, *, history: History | None = None) -> int:
        """Return the tokens of a request, by what was counted in the one before.

        It is never less than half of the estimate: some servers count nothing, or not all.
        """
        if self._told is not None:
            former, counted = self._told
            self._told = None
            estimated = self.of(former, history=history)
            self._base = (estimated, counted)
            if estimated >= TELLING:
                ratio = min(counted / estimated, MOST_RATIO)
                self._ratios[former.model] = max(ratio, 1.0)
        ratio = self._ratios.get(request.model, 1.0)
        estimated = self.of(request, history=history)
        if self._base is None:
            return math.ceil(estimated * ratio)
        before, counted = self._base
        return max(counted + math.ceil((estimated - before) * ratio), estimated // 2)

    def _of_fixed(self, request: ModelRequest, history: History | None) -> int:
        """Count what stays the same from step to step."""
        parts = (request.system, request.tools, request.history)
        known, tokens = self._fixed
        if known and known[0] is parts[0] and known[1] is parts[1] and known[2] is parts[2]:
            return tokens
        tokens = _of_texts(request.system) + sum([tool.schema_tokens for tool in request.tools])
        if history is not None and request.history is history.messages:
            tokens += history.tokens
        else:
            tokens += sum(map(estimate_tokens, request.history))
        self._fixed = (parts, tokens)
        return tokens


class _Counted:
    """Messages that only grow in number: what was counted before is not counted again."""

    def __init__(self) -> None:
        self._number = 0
        self._last: BaseMessage | None = None
        self._tokens = 0

    def up_to(self, messages: Sequence[BaseMessage]) -> int:
        number = self._number
        if len(messages) < number or (number and messages[number - 1] is not self._last):
            number = self._tokens = 0  # another conversation, as of a plugin's own call
        for index in range(number, len(messages)):
            self._tokens += estimate_tokens(messages[index])
        self._number = len(messages)
        self._last = messages[-1] if messages else None
        return self._tokens


def _of_texts(texts: Sequence[str]) -> int:
    return sum(map(len, texts)) // CHARACTERS_PER_TOKEN
