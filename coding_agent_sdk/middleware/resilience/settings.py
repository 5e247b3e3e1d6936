"""The settings sections of the plugins for resilience."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

if TYPE_CHECKING:
    from coding_agent_sdk.types.requests import Usage

__all__ = [
    "SHARED_LIMITS",
    "BreakerSettings",
    "BudgetSettings",
    "CacheSettings",
    "ModelPrice",
    "RateLimitSettings",
    "RetrySettings",
]

SHARED_LIMITS: Final = (
    "session_usd", "session_tokens", "user_usd", "user_tokens", "user_usd_per_day",
    "user_tokens_per_day", "usd_per_day", "tokens_per_day",
)  # fmt: skip
"""The limits of a budget that runs have together."""

_MILLION = 1_000_000

_Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
_Tokens = Annotated[int, Field(ge=0)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ModelPrice(BaseModel):
    """What a model costs, in US dollars for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: _Dollars
    """Input tokens."""

    output: _Dollars
    """Output tokens, reasoning included."""

    cache_read: _Dollars | None = None
    """Input tokens that the provider had cached; None where they cost what others do."""

    cache_write: _Dollars | None = None
    """Input tokens that the provider puts into its cache; None where they cost what others do."""

    def cost(self, usage: Usage) -> Decimal:
        """Return what *usage* costs in US dollars."""
        read, written = usage.cache_read_tokens, usage.cache_write_tokens
        if not read and not written:
            return (usage.input_tokens * self.input + usage.output_tokens * self.output) / _MILLION
        fresh = max(usage.input_tokens - read - written, 0)
        total = (
            fresh * self.input
            + read * (self.input if self.cache_read is None else self.cache_read)
            + written * (self.input if self.cache_write is None else self.cache_write)
            + usage.output_tokens * self.output
        )
        return total / _MILLION


class BudgetSettings(BaseModel):
    """What a run may spend, `[plugins.budget]`; steps and seconds are `max_steps` and `timeout`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: _Dollars | None = None
    """Most US dollars of one run, its sub-runs and the plugins' own model calls included."""

    tokens: int | None = Field(default=None, ge=0)
    """Most tokens of one run, input and output together, cached ones included."""

    answer_tokens: int = Field(default=1000, ge=0)
    """Output tokens that are set aside for a call where `max_tokens` sets no limit."""

    prices: dict[str, ModelPrice] = {}
    """Prices by `provider:name`, where the list prices do not know a model, or are not yours."""

    session_usd: _Dollars | None = None
    """Most US dollars of all runs of a session."""

    session_tokens: _Tokens | None = None
    """Most tokens of all runs of a session."""

    user_usd: _Dollars | None = None
    """Most US dollars of all runs of a user; users without a name are one."""

    user_tokens: _Tokens | None = None
    """Most tokens of all runs of a user."""

    user_usd_per_day: _Dollars | None = None
    """Most US dollars of all runs of a user in a day, which begins at midnight UTC."""

    user_tokens_per_day: _Tokens | None = None
    """Most tokens of all runs of a user in a day."""

    usd_per_day: _Dollars | None = None
    """Most US dollars of all runs of everybody in a day."""

    tokens_per_day: _Tokens | None = None
    """Most tokens of all runs of everybody in a day."""

    store: str | None = None
    """Where is counted what runs spend together: `sqlite:///…`, `redis://…` or `memory`; None is a
    SQLite file in the data folder. Agents with the same store share what they count."""

    @property
    def limited(self) -> bool:
        """Whether a run has a limit at all."""
        return self.usd is not None or self.tokens is not None or self.shared

    @cached_property
    def shared(self) -> bool:
        """Whether runs have a limit together."""
        return any(getattr(self, kind) is not None for kind in SHARED_LIMITS)


class CacheSettings(BaseModel):
    """Which answers are kept to be given again, `[plugins.cache]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    """Whether answers are kept at all."""

    ttl: float = Field(default=3600.0, gt=0)
    """Seconds after which an answer is asked for anew."""

    max_entries: int = Field(default=1000, ge=1)
    """Most answers that are kept; the one that was not used for the longest time goes first."""

    max_bytes: int = Field(default=50_000_000, ge=1)
    """Most bytes that they take in memory, by their texts; in a store most bytes of one."""

    store: str | None = None
    """Where they are kept for other processes: `sqlite:///…`, `redis://…`; None is in memory."""

    secret: SecretStr | None = Field(default=None, min_length=16)
    """The key of the digests that stand for questions in a store; None is one of this machine's
    own, in the data folder. Machines that share a store need the same."""

    semantic: float | None = Field(default=None, ge=0.9, lt=1)
    """Least similarity, 0.9 to 1, of two questions that get the same answer; None is off: then only
    the same words do. Take 0.95 or more, and try it with your own questions."""

    embedder: str = Field(default="openai:text-embedding-3-small", min_length=1)
    """What tells how similar questions are: `openai:MODEL` or `compatible:MODEL@URL`."""

    @property
    def outside(self) -> bool:
        """Whether answers are kept outside of the process."""
        return self.enabled and self.store is not None

    @property
    def similar(self) -> bool:
        """Whether similar questions get the same answer."""
        return self.enabled and self.semantic is not None

    @property
    def opens(self) -> bool:
        """Whether anything has to be opened for it."""
        return self.outside or self.similar


class RetrySettings(BaseModel):
    """How often a failed model call is made again, and until when, `[plugins.retry]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(default=3, ge=1)
    """Most attempts at one model call, the first included; 1 switches retries off."""

    delay: _Seconds = 0.5
    """The first wait is a random time up to so many seconds; each later one up to twice as many."""

    max_delay: _Seconds = 30.0
    """Most seconds of one wait that no provider asked for."""

    deadline: float = Field(default=600.0, gt=0, allow_inf_nan=False)
    """Most seconds of a call: its attempts, also one that hangs or drips, and the waits between
    them, whatever the provider asks to wait."""


class BreakerSettings(BaseModel):
    """When a model that keeps failing is left alone, `[plugins.breaker]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    """Whether models are left alone at all."""

    failures: int = Field(default=5, ge=1, le=100_000)
    """Failed attempts at one model in the window that open its circuit, unless more attempts
    succeeded meanwhile."""

    window: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    """Seconds in which they have to fall."""

    cooldown: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    """Seconds after which one attempt tries whether the service is well again."""


class RateLimitSettings(BaseModel):
    """How fast providers are asked, `[plugins.rate_limit]`; off unless a limit is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int | None = Field(default=None, ge=1)
    """Most requests of one model in a window."""

    tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one model in a window, input and output together."""

    user_requests: int | None = Field(default=None, ge=1)
    """Most requests of one user in a window, to all models."""

    user_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one user in a window, to and from all models."""

    window: int = Field(default=60, ge=1)
    """Seconds of the window."""

    store: str | None = Field(default=None, pattern="^rediss?://")
    """Where is counted for all processes, `redis://host:6379/0`; None is in memory."""

    max_wait: _Seconds = 60.0
    """Most seconds that a call waits for its turn; then, or at once with 0, it is refused."""

    @property
    def limited(self) -> bool:
        """Whether any limit is set."""
        limits = (self.requests, self.tokens, self.user_requests, self.user_tokens)
        return any(limit is not None for limit in limits)

    @property
    def shared(self) -> bool:
        """Whether processes count together."""
        return self.limited and self.store is not None
