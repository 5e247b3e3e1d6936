"""What Milvus says when it fails, in words that say what to do; its own stay the cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.text.failures import words_of

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.rag.milvus_url import MilvusTarget

__all__ = ["failure"]

_CHOOSE: Final = "choose another store by `plugins.rag.store`"
_SERVER: Final = (
    (
        re.compile(r"unauthenticated|auth check|permission ?denied|not authorized", re.IGNORECASE),
        "the server refuses the user, the password or the token",
        "correct them in the URL",
    ),
    (
        re.compile(
            r"fail(?:ed)? connecting|unavailable|deadline|timed? ?out|connection|retry",
            re.IGNORECASE,
        ),
        "the server does not answer",
        f"start the server, or {_CHOOSE}",
    ),
    (
        re.compile(r"rate limit|quota|disk|memory|resource.?exhausted", re.IGNORECASE),
        "the server has no room for it",
        f"give it more, or {_CHOOSE}",
    ),
)
_FULL: Final = re.compile(r"no space left|disk quota|errno 28|errno 122", re.IGNORECASE)


def failure(target: MilvusTarget, what: str, error: Exception) -> StoreError:
    """Return the error to raise, from the driver's.

    Args:
        target: The store.
        what: What was to be done: `open`, `read`, `write to` …
        error: What the driver has raised.
    """
    words = words_of(error)
    why, advice = _of_a_folder(what, words) if target.path else _of_a_server(words)
    return StoreError(f"could not {what} the knowledge store {target.shown}: {why}; {advice}")


def _of_a_folder(what: str, words: str) -> tuple[str, str]:
    if _FULL.search(words):
        return "the disk is full", "make room"
    why = (
        "it is damaged, or of another version of Milvus Lite"
        if what in {"open", "read"}
        else "Milvus Lite cannot do it"
    )
    return why, f"make it anew by `coding-agent index --rebuild`, or {_CHOOSE}"


def _of_a_server(words: str) -> tuple[str, str]:
    for pattern, why, advice in _SERVER:
        if pattern.search(words):
            return why, advice
    return "the server refuses it", f"look into its log, or {_CHOOSE}"
