"""The plugin `rate_limit`: providers are asked no faster than they, or you, allow."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import MissingExtraError, StoreError
from coding_agent_sdk.events import RateLimitWaited
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.settings import RateLimitSettings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from limits.aio.storage import RedisStorage

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.middleware.resilience.turns import Limit, Turns
    from coding_agent_sdk.middleware.resilience.windows import MemoryCounters
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse

__all__ = ["RateLimitPlugin"]

logger = logging.getLogger(__name__)

_KINDS: Final = ("user_requests", "user_tokens", "requests", "tokens")
"""The limits in the order in which they are passed: who waits for his own limit holds up nobody."""


class RateLimitPlugin:
    """Paces model calls, each attempt of a retry included, by model and by user.

    Tokens of the request are estimated and taken before it is sent; what the provider counted
    beyond them is taken afterwards. Each agent is counted by itself, or together with all that
    count in the same store.

    Args:
        sleep: Waits so many seconds.
        clock: Gives seconds that never go back.
    """

    name: Final = "rate_limit"

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self._paces: dict[int, _Pace] = {}

    @hookimpl
    def register_settings(self) -> type[RateLimitSettings]:
        """Give the section `[plugins.rate_limit]`."""
        return RateLimitSettings

    @hookimpl(when="limited")
    def validate_settings(self, agent: AgentContext) -> None:
        """Build the limits.

        Raises:
            MissingExtraError: The library `limits` is not installed, or `redis` for a store.
        """
        settings: RateLimitSettings = agent.settings
        try:
            for module in ("turns", "windows", *(["redis_windows"] if settings.shared else [])):
                importlib.import_module(f"{__package__}.{module}")
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in {"limits", "redis"}:
                raise
            raise MissingExtraError(
                feature="plugin 'rate_limit'", module=missing, extra=missing
            ) from error
        from coding_agent_sdk.middleware.resilience.windows import MemoryCounters

        self._paces[id(settings)] = self._pace(settings, MemoryCounters(clock=self._clock))

    @hookimpl(when="shared")
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Count on the server while the agent is open."""
        from coding_agent_sdk.middleware.resilience.redis_windows import open_windows

        settings: RateLimitSettings = agent.settings
        assert settings.store is not None
        async with open_windows(settings.store) as counters:
            self._paces[id(settings)] = self._pace(settings, counters)
            yield

    def _pace(self, settings: RateLimitSettings, counters: MemoryCounters | RedisStorage) -> _Pace:
        from coding_agent_sdk.middleware.resilience.turns import Limit, Turns

        amounts = ((kind, getattr(settings, kind)) for kind in _KINDS)
        fails = counters.base_exceptions
        return _Pace(
            settings=settings,
            turns=Turns(counters, sleep=self._sleep, clock=self._clock),
            limits=tuple(
                Limit.of(kind, amount, settings.window) for kind, amount in amounts if amount
            ),
            fails=fails if isinstance(fails, tuple) else (fails,),
        )

    @hookimpl(phase="rate_limit", when="limited")
    async def wrap_model_call(
        self,
        context: RunContext,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """Wait for a turn, then make the call.

        Raises:
            RateLimitedError: The wait would be longer than `max_wait`; retries do not help.
            StoreError: The store that counts does not answer.
        """
        pace = self._paces[id(context.settings)]
        until = self._clock() + pace.longest_wait(context, request)
        try:
            taken = await pace.take(context, request, until)
        except pace.fails as error:
            raise StoreError(
                "the counters of rate limits (plugins.rate_limit.store) do not answer "
                f"({type(error).__name__}); check that the server runs"
            ) from error
        response = await call_next(request)
        used = response.usage.input_tokens + response.usage.output_tokens
        if used > taken:
            try:
                await pace.add(context, request, used - taken)
            except pace.fails as error:  # the answer is there
                logger.warning("tokens of an answer were not counted: %s", type(error).__name__)
        return response


@dataclass(frozen=True, kw_only=True)
class _Pace:
    """The limits of one agent, and who waits at them."""

    settings: RateLimitSettings
    turns: Turns
    limits: tuple[Limit, ...]
    fails: tuple[type[Exception], ...]

    def longest_wait(self, context: RunContext, request: ModelRequest) -> float:
        ends, asked = context.deadline, request.deadline
        if ends is None or (asked is not None and asked < ends):
            ends = asked
        if ends is None:
            return self.settings.max_wait
        return min(self.settings.max_wait, ends - asyncio.get_running_loop().time())

    async def take(self, context: RunContext, request: ModelRequest, until: float) -> int:
        """Take what a call needs of each limit, and return its tokens; 0 where none count."""
        waited, tokens = 0.0, 0
        user = self._user(context)
        for limit in self.limits:
            if limit.of_tokens and not tokens:
                tokens = context.input_tokens(request)
            cost = tokens if limit.of_tokens else 1
            key = user if limit.of_user else request.model
            if not self.turns.take_now(limit, key, cost=cost):
                waited += await self.turns.take(
                    limit, key, cost=cost, until=until, model=request.model
                )
        if waited:
            context.emit(RateLimitWaited(seconds=waited))
        return tokens

    async def add(self, context: RunContext, request: ModelRequest, tokens: int) -> None:
        """Count the tokens that nobody could know before."""
        for limit in self.limits:
            if limit.of_tokens:
                key = self._user(context) if limit.of_user else request.model
                await self.turns.add(limit, key, cost=tokens)

    def _user(self, context: RunContext) -> str:
        if self.settings.store is None:
            return context.user
        # On a server a digest stands for the user.
        return hashlib.sha256(context.user.encode("utf-8", "surrogatepass")).hexdigest()[:32]
