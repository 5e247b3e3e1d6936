"""What `doctor` tries besides the stores: the knowledge, the port of metrics, the exporters."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from coding_agent_sdk.cli.extras import check_packages
from coding_agent_sdk.config.masking import masked_text
from coding_agent_sdk.errors import AgentError, ConfigError, MissingExtraError
from coding_agent_sdk.hooks.threads import in_thread

if TYPE_CHECKING:
    from pathlib import Path

    from coding_agent_sdk.core.assembly import Assembly

__all__ = ["Finding", "try_configured"]

_SECONDS: Final = 2.5
"""How long one thing may take to answer."""

_PATIENCE: Final = 8.0
"""How long it is waited for in all: importing a driver takes longer than asking does."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one thing.

    Attributes:
        name: What was looked at.
        status: `ok`; `failed`, where it is configured and does not work; `missing`, where it is
            not there and not needed as things are configured.
        detail: What was found.
        fix: What to do; `""` for nothing.
    """

    name: str
    status: Literal["ok", "failed", "missing"]
    detail: str
    fix: str = ""


async def try_configured(assembly: Assembly) -> AsyncIterator[Finding]:
    """Yield for the store, the port and each exporter that is configured whether it works.

    Nothing that was not there before is left behind.
    """
    plugins = {loaded.name for loaded in assembly.plugins.loaded}
    if "rag" in plugins:
        fix = "see plugins.rag.store, or leave the knowledge out: --without rag"
        yield await _tried("knowledge", fix, partial(_knowledge, assembly), optional=True)
    if "monitoring" in plugins and assembly.backends.settings_of("monitoring").port is not None:
        fix = "choose another plugins.monitoring.port, or end what listens there"
        yield await _tried("metrics port", fix, partial(_port, assembly))
    if "tracing" in plugins:
        for name in dict.fromkeys(assembly.backends.settings_of("tracing").exporters):
            fix = "start what takes the traces, or change plugins.tracing.exporters"
            yield await _tried(
                f"traces to {masked_text(name)}", fix, partial(_exporter, assembly, name)
            )


async def _tried(
    name: str, fix: str, check: Callable[[], str], *, optional: bool = False
) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE):
            return Finding(name=name, status="ok", detail=await in_thread(check))
    except TimeoutError:
        detail = f"nothing came back within {_PATIENCE:g} s"
    except MissingExtraError as error:
        return Finding(name=name, status="missing" if optional else "failed", detail=str(error))
    except AgentError as error:
        detail = str(error)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        detail = masked_text(f"{type(error).__name__}: {error}")
    return Finding(name=name, status="failed", detail=detail, fix=fix)


def _knowledge(assembly: Assembly) -> str:
    from coding_agent_sdk.middleware.rag.knowledge import store_of
    from coding_agent_sdk.middleware.rag.trying import try_store

    url = store_of(assembly.backends.context("rag")).url
    for offer in assembly.registry.offers():
        if (offer.kind, offer.name) == ("knowledge", url.partition(":")[0]):
            check_packages(offer)
    return try_store(url, seconds=_SECONDS)


def _port(assembly: Assembly) -> str:
    settings = assembly.backends.settings_of("monitoring")
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
    return f"{settings.host}:{settings.port} is free"


def _exporter(assembly: Assembly, name: str) -> str:
    from coding_agent_sdk.middleware.tracing.settings import traces_folder

    if name == "file":
        return _folder(traces_folder(assembly.backends.settings_of("tracing")))
    exporter: Any = assembly.backends.backend("exporter", name)
    if not hasattr(exporter, "probe"):
        return "it cannot be tried"
    exporter.open({"service.name": "coding-agent doctor"})
    try:
        exporter.probe(_SECONDS)
    finally:
        exporter.close()
    return "an empty message was taken"


def _folder(folder: Path) -> str:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} cannot be written")
    return f"{folder} can be written"
