"""The plugin `shared_stores`: where counters of budgets and answers of a cache can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.hooks.markers import hookimpl

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.registry import BackendRegistry

__all__ = ["StoresPlugin"]

_FOLDER: Final = "coding_agent_sdk.middleware.resilience"


class StoresPlugin:
    """Offers the stores, apart from the plugins that use them: either can be replaced alone."""

    name: Final = "shared_stores"

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer each store under the scheme of its URLs."""
        register("counter", "memory", f"{_FOLDER}.memory_counters:MemoryCounterStore")
        register("counter", "sqlite", f"{_FOLDER}.sqlite_counters:SqliteCounterStore")
        register("counter", "redis", f"{_FOLDER}.redis_counters:RedisCounterStore", extra="redis")
        register("counter", "rediss", f"{_FOLDER}.redis_counters:RedisCounterStore", extra="redis")
        register("cache", "sqlite", f"{_FOLDER}.sqlite_cache:SqliteCacheStore")
        register("cache", "redis", f"{_FOLDER}.redis_cache:RedisCacheStore", extra="redis")
        register("cache", "rediss", f"{_FOLDER}.redis_cache:RedisCacheStore", extra="redis")
