"""The plugin `retry`: a call that failed for a passing reason is made again, until its deadline."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import ModelError
from coding_agent_sdk.events import ModelCallRetried
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.settings import RetrySettings
from coding_agent_sdk.types.changed import changed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import AsyncRetrying, RetryCallState

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse

    CallNext = Callable[[ModelRequest], Awaitable[ModelResponse]]

__all__ = ["RetryPlugin"]


class RetryPlugin:
    """Makes a failed model call again, after a random wait that grows, or the provider's own.

    Only errors that may pass are retried (`ModelError.retryable`), and none of an answer that
    has begun to be shown. The provider's packages retry nothing themselves. Whatever the
    attempts and the waits between them do, the call ends by its deadline.

    Args:
        sleep: Waits so many seconds.
        jitter: Gives a random number between two.
    """

    name: Final = "retry"

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._retrying: AsyncRetrying | None = None

    @hookimpl
    def register_settings(self) -> type[RetrySettings]:
        """Give the section `[plugins.retry]`."""
        return RetrySettings

    @hookimpl(phase="retry")
    async def wrap_model_call(
        self, context: RunContext, request: ModelRequest, call_next: CallNext
    ) -> ModelResponse:
        """Make the call, and make it again where that may help.

        Raises:
            ModelError: The last attempt's.
        """
        settings: RetrySettings = context.settings
        deadline = asyncio.get_running_loop().time() + settings.deadline
        if request.deadline is None or deadline < request.deadline:
            request = changed(request, deadline=deadline)
        try:
            return await call_next(request)  # a success at once costs next to nothing
        except ModelError as error:
            if not _may_pass(error):
                raise
            failed = error
        # A run that is out of time ends as that, and not by an error of its last attempt: so only
        # waits look at its deadline.
        if context.deadline is not None:
            deadline = min(deadline, context.deadline)
        call = _Call(
            context=context, request=request, call_next=call_next, settings=settings,
            deadline=deadline, jitter=self._jitter, failed=failed,
        )  # fmt: skip
        response: ModelResponse = await self._made_once()(_attempt, call)
        return response

    def _made_once(self) -> AsyncRetrying:
        """Return what retries all calls; tenacity is loaded with the first that fails.

        It keeps what belongs to a call in that call's state: between two of its steps it never
        awaits what takes time, for all that it asks are plain functions.
        """
        if self._retrying is None:
            from tenacity import AsyncRetrying, retry_if_exception

            self._retrying = AsyncRetrying(
                sleep=self._sleep,
                stop=lambda state: _call_of(state).is_over(state),
                wait=lambda state: _call_of(state).delay(state),
                retry=retry_if_exception(_may_pass),
                before_sleep=lambda state: _call_of(state).tell(state),
                reraise=True,
            )
        return self._retrying


@dataclass(kw_only=True)
class _Call:
    """A model call whose first attempt failed, and when it may be made again."""

    context: RunContext
    request: ModelRequest
    call_next: CallNext
    settings: RetrySettings
    deadline: float
    jitter: Callable[[float, float], float]
    failed: ModelError | None

    async def attempt(self) -> ModelResponse:
        failed, self.failed = self.failed, None
        if failed is not None:
            raise failed  # the attempt that was made before tenacity was asked
        return await self.call_next(self.request)

    def delay(self, state: RetryCallState) -> float:
        """Return how long to wait: a random time, after what the provider asks for."""
        settings = self.settings
        # Beyond 2**30 each doubling only asks for the largest delay again, and overflows at last.
        grown = settings.delay * 2.0 ** min(state.attempt_number - 1, 30)
        waited = self.jitter(0.0, min(grown, settings.max_delay))
        return (_error_of(state).retry_after or 0.0) + waited

    def is_over(self, state: RetryCallState) -> bool:
        """Return whether there was the last attempt: by number, or because a wait does not fit."""
        if state.attempt_number >= self.settings.attempts:
            return True
        return asyncio.get_running_loop().time() + state.upcoming_sleep >= self.deadline

    def tell(self, state: RetryCallState) -> None:
        error = _error_of(state)
        self.context.emit(
            ModelCallRetried(
                attempt=state.attempt_number, delay=state.upcoming_sleep, error=str(error)
            )
        )


async def _attempt(call: _Call) -> ModelResponse:
    return await call.attempt()


def _call_of(state: RetryCallState) -> _Call:
    call: _Call = state.args[0]
    return call


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ModelError) and error.retryable and not error.shown


def _error_of(state: RetryCallState) -> ModelError:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, ModelError)
    return error
