"""Answers on a Redis server, shared by the processes of many machines."""

from __future__ import annotations

from typing import Any, Final

from coding_agent_sdk.middleware.resilience.redis_server import RedisServer

__all__ = ["RedisCacheStore"]

_PREFIX: Final = "{coding-agent:cache}:"
"""Before each name; the braces keep all in one slot of a cluster, as a script needs."""

_DEADLINE: Final = 1.0
"""Seconds for a command: a cache that takes longer is worth nothing."""

_PUT: Final = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SADD', KEYS[2], KEYS[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return 0
"""

_FORGET: Final = """
local dropped = 0
for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  dropped = dropped + redis.call('DEL', key)
end
redis.call('DEL', KEYS[1])
return dropped
"""


class RedisCacheStore(RedisServer):
    """Answers on a server, which drops them by their age, and by its `maxmemory`.

    Args:
        url: `redis://host:6379/0`, `rediss://…`.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, what="the cache of answers", deadline=_DEADLINE)

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under a key; see `protocols.CacheStore`."""
        value = await self.do(lambda client: client.get(_entry(key)), repeatable=True)
        return None if value is None else bytes(value)

    async def put(
        self, key: str, value: bytes, *, owner: str, ttl: float, max_entries: int
    ) -> None:
        """Keep a value; how many there are at most is the server's `maxmemory`."""
        del max_entries
        keys = [_entry(key), _owner(owner)]
        milliseconds = max(1, round(ttl * 1000))
        await self.run(_PUT, keys, [value, milliseconds], repeatable=True)

    async def owned(self, owner: str) -> list[bytes]:
        """Return what is kept of an owner."""

        async def read(client: Any) -> list[Any]:
            keys = sorted(await client.smembers(_owner(owner)))
            return list(await client.mget(keys)) if keys else []

        values = await self.do(read, repeatable=True)
        return [bytes(value) for value in values if value is not None]

    async def forget(self, owner: str) -> int:
        """Drop what is kept of an owner."""
        return int(await self.run(_FORGET, [_owner(owner)], [], repeatable=True))

    async def prune(self) -> int:
        """Return 0: the server drops what is too old by itself."""
        return 0


def _entry(key: str) -> str:
    return f"{_PREFIX}answer:{key}"


def _owner(owner: str) -> str:
    return f"{_PREFIX}owner:{owner}"
