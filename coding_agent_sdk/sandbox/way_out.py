"""The one way out of a command's own network: a socket in there that is served from here."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.resources
import os
import socket
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.proxy import readable, serve_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from coding_agent_sdk.sandbox.host_list import AllowedHost

__all__ = ["WayOut", "open_way_out", "proxy_variables"]

_PORT: Final = 3128
"""Of the command's own network, where nobody else listens."""

_PROXY: Final = f"http://127.0.0.1:{_PORT}"
_OWN_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
"""The command's own network: a server that it starts is reached without the proxy."""


def proxy_variables(hosts: Sequence[AllowedHost]) -> dict[str, str]:
    """Return what tells programs of the proxy; nothing without hosts to reach by it."""
    if not hosts:
        return {}
    listed = {host.name for host in hosts}
    values = {
        **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), _PROXY),
        "no_proxy": ",".join(own for own in _OWN_HOSTS if own not in listed),
    }
    return {**values, **{name.upper(): value for name, value in values.items()}}


class WayOut:
    """The end that a command inherits.

    Attributes:
        fds: What it has to inherit.
    """

    def __init__(self, inherited: int) -> None:
        self.fds = (inherited,)

    def line(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Return what stands in place of *argv*: it makes the socket, and becomes that command.

        It is the Python that runs the agent: a sandbox shows it.
        """
        return (
            os.path.realpath(sys.executable), "-I", "-S", "-c", _source(),
            str(self.fds[0]), str(_PORT), *argv,
        )  # fmt: skip


@functools.cache
def _source() -> str:
    package = importlib.resources.files("coding_agent_sdk.sandbox")
    return (package / "proxy_launcher.py").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def open_way_out(hosts: Sequence[AllowedHost]) -> AsyncGenerator[WayOut | None]:
    """Serve the hosts of a list to one command; without any, it has no way out.

    Args:
        hosts: What it may reach.
    """
    if not hosts:
        yield None
        return
    ours, inherited = socket.socketpair()
    with ours, inherited:
        ours.setblocking(False)  # noqa: FBT003  it has no name there
        serving = asyncio.create_task(_serve(ours, hosts))
        try:
            yield WayOut(inherited.fileno())
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _serve(ours: socket.socket, hosts: Sequence[AllowedHost]) -> None:
    await readable(ours)
    _, descriptors, *_ = socket.recv_fds(ours, 1, 1)
    if not descriptors:  # the command never began
        return
    listener = socket.socket(fileno=descriptors[0])
    listener.setblocking(False)  # noqa: FBT003  it has no name there
    async with serve_proxy(listener, hosts):
        await asyncio.get_running_loop().create_future()  # until the command is over
