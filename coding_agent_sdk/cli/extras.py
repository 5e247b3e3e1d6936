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
_REQUIREMENT: Final = re.compile(r"(?P<name>[\w.-]+)(?:\[(?P<extras>[\w.,-]+)\])?")
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
    missing: list[str] = []
    for name, extras in _requirements(extra):
        if name == _DISTRIBUTION:
            for other in extras:
                missing += missing_packages(other)
        elif not _is_installed(name):
            missing.append(name)
    return tuple(dict.fromkeys(missing))


def _requirements(extra: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what an extra requires: names with their own extras."""
    try:
        lines = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for line in lines:
        of = _OF_EXTRA.search(line)
        requirement = _REQUIREMENT.match(line)
        if of and requirement and of[1].replace("_", "-") == extra:
            extras = requirement["extras"]
            found.append((requirement["name"], tuple(extras.split(",")) if extras else ()))
    return found


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
