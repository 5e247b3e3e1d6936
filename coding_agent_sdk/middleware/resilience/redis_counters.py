"""Counters on a Redis server, shared by the processes of many machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.resilience.redis_server import RedisServer
from coding_agent_sdk.protocols import Shortage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coding_agent_sdk.protocols import Quota

__all__ = ["RedisCounterStore"]

_PREFIX: Final = "{coding-agent:counter}:"
"""Before each name; the braces keep all counters in one slot of a cluster, as a script needs."""

# The numbers come in one argument: the client packs each by itself, which costs more than to take
# them apart here.
_TAKE: Final = """
local numbers, values = {}, {}
for number in string.gmatch(ARGV[1], '%S+') do numbers[#numbers + 1] = number end
for i, key in ipairs(KEYS) do
  local used = values[key] or tonumber(redis.call('GET', key) or '0')
  if used + tonumber(numbers[3 * i - 2]) > tonumber(numbers[3 * i - 1]) then
    return i .. ' ' .. string.format('%.0f', used)
  end
  values[key] = used + tonumber(numbers[3 * i - 2])
end
for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, numbers[3 * i - 2])
  if numbers[3 * i] == '0' then redis.call('PERSIST', key)
  else redis.call('PEXPIRE', key, numbers[3 * i]) end
end
return '0 0'
"""

_ADD: Final = """
local i = 0
for number in string.gmatch(ARGV[1], '%S+') do
  i = i + 1
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('INCRBY', KEYS[i], number) end
end
return 0
"""


class RedisCounterStore(RedisServer):
    """Counters on a server; each taking is one script, which Redis runs alone, and one command.

    Args:
        url: `redis://host:6379/0`, `rediss://…`.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, what="the counters of budgets")

    async def take(self, quotas: Sequence[Quota]) -> Shortage | None:
        """Add to all counters, or to none; see `protocols.CounterStore`."""
        if not quotas:
            return None
        keys = [_PREFIX + quota.counter for quota in quotas]
        numbers: list[int] = []
        for quota in quotas:
            milliseconds = 0 if quota.ttl is None else max(1, round(quota.ttl * 1000))
            numbers += (quota.amount, quota.limit, milliseconds)
        # Where it was done, and only its answer was lost, it is taken twice: never too little.
        answer = await self.run(_TAKE, keys, [_joined(numbers)], repeatable=True)
        place, used = map(int, answer.split())
        return Shortage(quota=quotas[place - 1], used=used) if place else None

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Correct counters that are there."""
        if amounts:
            keys = [_PREFIX + name for name in amounts]
            await self.run(_ADD, keys, [_joined(amounts.values())])

    async def read(self, counters: Sequence[str]) -> list[int]:
        """Return what counters stand at."""
        keys = [_PREFIX + name for name in counters]
        if not keys:
            return []
        values = await self.do(lambda client: client.mget(keys), repeatable=True)
        return [int(value or 0) for value in values]

    async def delete(self, counters: Sequence[str]) -> None:
        """Forget counters."""
        keys = [_PREFIX + name for name in counters]
        if keys:
            await self.do(lambda client: client.delete(*keys), repeatable=True)


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
