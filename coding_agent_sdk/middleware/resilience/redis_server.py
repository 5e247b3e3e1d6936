"""A Redis server: connections that are waited for, and a deadline around each command."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, RedisError

from coding_agent_sdk.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

__all__ = ["RedisServer"]

_CONNECTIONS: Final = 20
_DEADLINE: Final = 5.0


class RedisServer:
    """A server that a store connects to, sends commands to, and leaves.

    The package's default pool refuses the thousandth command at once; this one has it wait. It
    repeats nothing by itself: whoever knows that a command may be repeated says so.

    Args:
        url: `redis://host:6379/0`, `rediss://…`.
        what: What is kept there, for messages.
        deadline: Seconds for a command, the wait for a connection included.
    """

    def __init__(self, url: str, *, what: str, deadline: float = _DEADLINE) -> None:
        self._url = url
        self._deadline = deadline
        self._name = f"{what} on Redis at {_place(url)}"
        self._client: Redis | None = None

    async def __aenter__(self) -> Self:
        """Make the client; the server is asked when it is first needed.

        Raises:
            ConfigError: The URL cannot be used.
        """
        try:
            # No time for its parts: `do` has one around the whole, and each more is a timer, for
            # a write a task too, in every command.
            pool = BlockingConnectionPool.from_url(
                self._url, max_connections=_CONNECTIONS, timeout=None, socket_timeout=None,
                socket_connect_timeout=self._deadline, retry=Retry(NoBackoff(), 0),
            )  # fmt: skip
        except ValueError:
            pool = None
        if pool is None:  # raised outside of the handler: its error may hold the password
            raise ConfigError(f"{self._name}: its URL cannot be used; write redis://host:6379/0")
        self._client = Redis.from_pool(pool)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def do(
        self, command: Callable[[Redis], Awaitable[Any]], *, repeatable: bool = False
    ) -> Any:
        """Send a command.

        Args:
            command: Sends it by the client.
            repeatable: Whether it may be sent again where the connection is lost: a connection
                that was at rest while the server was restarted is found to be lost only then.

        Raises:
            StoreError: The server did not answer, or not in time.
        """
        client = self._client
        if client is None:
            raise StoreError(f"{self._name}: it is not open")
        try:
            async with asyncio.timeout(self._deadline):
                try:
                    return await command(client)
                except LostError:
                    if not repeatable:
                        raise
                    return await command(client)
        except (RedisError, TimeoutError, OSError) as error:
            raise StoreError(
                f"{self._name}: it did not answer ({type(error).__name__}); check that it runs "
                "and that the URL is right"
            ) from error

    async def run(
        self,
        script: str,
        keys: Sequence[str],
        arguments: Sequence[Any],
        *,
        repeatable: bool = False,
    ) -> Any:
        """Run a Lua script, which nobody comes in between of; see `do`.

        It is sent by its digest, and whole where the server does not know it yet.
        """
        digest = _digest(script)

        async def run(client: Redis) -> Any:
            try:
                return await client.evalsha(digest, len(keys), *keys, *arguments)
            except NoScriptError:
                return await client.eval(script, len(keys), *keys, *arguments)

        return await self.do(run, repeatable=repeatable)


@functools.cache
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()  # Redis names them so


def _place(url: str) -> str:
    """Return host and port of a URL, without its password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path or "?"
