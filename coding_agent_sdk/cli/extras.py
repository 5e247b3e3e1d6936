"""Which packages of an extra are not installed, by what this package says of itself."""

from __future__ import annotations

import functools
import re
from importlib import metadata
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import MissingExtraError

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.registry import Offer

__all__ = ["check_packages", "missing_packages"]

_DISTRIBUTION: Final = "coding-agent-sdk"
_NAME: Final = re.compile(r"[\w.-]+")
_OF_EXTRA: Final = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def check_packages(offer: Offer) -> None:
    """Refuse a backend whose packages are not there: many import them when they are used.

    Raises:
        MissingExtraError: One of them is not installed.
    """
    missing = missing_packages(offer.extra) if offer.extra else ()
    if offer.extra and missing:
        feature = f"{offer.kind} backend {offer.name!r}"
        raise MissingExtraError(feature=feature, module=missing[0], extra=offer.extra)


@functools.cache
def missing_packages(extra: str) -> tuple[str, ...]:
    """Return the packages of an extra that are not installed, in their order.

    None are known where this package itself is not installed but only found.
    """
    return tuple(name for name in _required(extra) if not _is_installed(name))


def _required(extra: str) -> list[str]:
    try:
        lines = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    return [
        name[0]
        for line in lines
        if (of := _OF_EXTRA.search(line)) and of[1] == extra and (name := _NAME.match(line))
    ]


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
