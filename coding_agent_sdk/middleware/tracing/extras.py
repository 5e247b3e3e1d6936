"""Whether an optional package is installed, found without importing it."""

from __future__ import annotations

import importlib.util

from coding_agent_sdk.errors import MissingExtraError

__all__ = ["need"]


def need(module: str, *, feature: str, extra: str) -> None:
    """Make sure that a module is there; importing it may take long, and is done elsewhere.

    Raises:
        MissingExtraError: It is not installed.
    """
    package = ""
    for part in module.split("."):
        package = f"{package}.{part}" if package else part
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(feature=feature, module=module, extra=extra)
