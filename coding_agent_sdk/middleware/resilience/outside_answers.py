"""Answers that are kept outside of the process: which, in what form, and under which key."""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.types.model import ModelResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.middleware.resilience.settings import CacheSettings
    from coding_agent_sdk.protocols import CacheStore

__all__ = ["OutsideAnswers", "secret_of"]

logger = logging.getLogger(__name__)

_KEY_BYTES: Final = 32

_FORM: Final = b"1:"
"""The form of what is kept; a later form has other keys, and does not read this one."""

_PAUSE: Final = 30.0
"""Seconds for which a store that failed is not asked."""


class OutsideAnswers:
    """Answers in a store of the agent.

    An answer in which anything would be masked on its way to a store is not kept; so nothing is
    kept there that is not as it was given. A store that fails is left alone for a while: the
    provider is asked instead.

    Args:
        store: The store, opened.
        agent: Redacts.
        secret: Key of all digests.
        clock: Gives seconds that never go back.
    """

    def __init__(
        self,
        store: CacheStore,
        *,
        agent: AgentContext,
        secret: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._agent, self._secret = store, agent, secret
        self._clock = clock
        self._away_until = 0.0

    async def get(self, key: bytes) -> ModelResponse | None:
        """Return the answer under a key; None where there is none, or the store fails."""
        if self._clock() < self._away_until:
            return None
        try:
            value = await self._store.get(self._named(key))
        except StoreError as error:
            self._leave(error)
            return None
        return None if value is None else _response(value)

    async def put(
        self, key: bytes, response: ModelResponse, *, user: str, settings: CacheSettings
    ) -> None:
        """Keep an answer, unless it is too large, holds what is masked, or the store fails."""
        if self._clock() < self._away_until:
            return
        text = _text(response)
        value = text.encode("utf-8", "surrogatepass")
        if len(value) > settings.max_bytes or self._is_masked(response.text, text):
            return
        try:
            await self._store.put(
                self._named(key), value, owner=self._owner(user), ttl=settings.ttl,
                max_entries=settings.max_entries,
            )  # fmt: skip
        except StoreError as error:
            self._leave(error)

    async def manage(self, user: str, action: str) -> dict[str, object]:
        """Export or forget the answers given to a user, or drop those that are too old.

        Raises:
            StoreError: The store fails.
        """
        if action == "export":
            values = await self._store.owned(self._owner(user))
            return {"answers": [_response(value).text for value in values]}
        if action == "forget":
            return {"answers": await self._store.forget(self._owner(user))}
        return {"answers": await self._store.prune()}

    def _is_masked(self, *texts: str) -> bool:
        return self._agent.redacts and any(self._agent.redact(text) != text for text in texts)

    def _named(self, key: bytes) -> str:
        return hmac.digest(self._secret, _FORM + key, "sha256").hex()

    def _owner(self, user: str) -> str:
        named = b"owner:" + user.encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, named, "sha256").hex()

    def _leave(self, error: StoreError) -> None:
        self._away_until = self._clock() + _PAUSE
        logger.warning("the provider is asked for %g s without a look: %s", _PAUSE, error)


def secret_of(settings: CacheSettings) -> bytes:
    """Return the key of the digests: the settings' own, or one that is kept in the data folder.

    Raises:
        StoreError: It can neither be read nor written.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = data_home() / "cache.key"
    try:
        return _kept_key(path)
    except OSError as error:
        raise StoreError(
            f"the key of the cache {str(path)!r} cannot be used ({error}); check its folder, or "
            "set plugins.cache.secret"
        ) from error


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    made.touch(mode=0o600, exist_ok=False)
    try:
        made.write_bytes(secrets.token_bytes(_KEY_BYTES))
        os.link(made, path)  # whole, and only where there is none: two may begin at once
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes()


# LangChain is imported where an answer is kept: this module comes with the plugin, which light
# commands of the program load to know its settings.


def _text(response: ModelResponse) -> str:
    from langchain_core.messages import message_to_dict

    return json.dumps({"message": message_to_dict(response.message), "model": response.model})


def _response(value: bytes) -> ModelResponse:
    from langchain_core.messages import AIMessage, messages_from_dict

    kept = json.loads(value)
    [message] = messages_from_dict([kept["message"]])
    assert isinstance(message, AIMessage)
    return ModelResponse(message=message, model=kept["model"])
