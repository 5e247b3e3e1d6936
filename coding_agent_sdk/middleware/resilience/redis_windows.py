"""Windows of rate limits on a Redis server, shared by the processes of many machines."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["open_windows"]

_CONNECTIONS: Final = 20
_DEADLINE: Final = 5.0
_PREFIX: Final = "coding-agent:limit"


@contextlib.asynccontextmanager
async def open_windows(url: str) -> AsyncGenerator[RedisStorage]:
    """Give the counters of the library `limits` on a server; its connections are closed at the end.

    With the library's own pool the thousandth hit at once is refused; this one has it wait.

    Args:
        url: `redis://host:6379/0`, `rediss://…`.

    Raises:
        ConfigError: The URL cannot be used.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=_DEADLINE,
            socket_timeout=_DEADLINE, socket_connect_timeout=_DEADLINE,
        )  # fmt: skip
    except ValueError:
        pool = None
    if pool is None:  # raised outside of the handler: its error may hold the password
        raise ConfigError(
            "plugins.rate_limit.store cannot be used; write it as redis://host:6379/0"
        )
    options: dict[str, Any] = {"connection_pool": pool}  # their type has no room for it
    try:
        yield RedisStorage(f"async+{url}", implementation="redispy", key_prefix=_PREFIX, **options)
    finally:
        await pool.aclose()
