"""The hosts that commands may reach, as the settings list them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["AllowedHost", "allows_address", "find_host", "parse_hosts"]

USUAL_PORTS: Final = (80, 443)
"""The ports of a host that is listed without one."""

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LISTED: Final = re.compile(
    r"(\*\.)?(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(?::([0-9]{1,5}))?", re.IGNORECASE
)
_LOOPBACK_NAME: Final = "localhost"

_Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
_KEY_SERVICES: Final = frozenset(
    map(
        ipaddress.ip_address,
        ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    )
)
"""Where AWS, Google, Alibaba, Azure and Oracle give a machine its keys, besides 169.254.169.254."""

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 by NAT64 (RFC 6052)."""

_COMPATIBLE: Final = ipaddress.ip_network("::/96")
"""IPv4 in the form that was given up (RFC 4291, section 2.5.5.1)."""


@dataclass(frozen=True, kw_only=True)
class AllowedHost:
    """One line of the list.

    Attributes:
        name: A host's name in lower case, or an address.
        below: Whether the names below it are meant (`*.name`), and not the name itself.
        ports: Its ports.
    """

    name: str
    below: bool
    ports: tuple[int, ...]

    def __str__(self) -> str:
        """Return it as it is listed, with its ports."""
        return f"{'*.' if self.below else ''}{self.name} ({', '.join(map(str, self.ports))})"

    @property
    def names_one_machine(self) -> bool:
        """Whether it is an address, or this machine: then no resolver is asked where it leads."""
        return self.name == _LOOPBACK_NAME or is_address(self.name)

    def covers(self, host: str, port: int) -> bool:
        """Return whether a connection to a port of *host* is meant."""
        fits = host.endswith(f".{self.name}") if self.below else host == self.name
        return fits and port in self.ports


def parse_hosts(listed: Iterable[str]) -> tuple[AllowedHost, ...]:
    """Return the hosts of a list: `example.org`, `*.example.org`, `localhost:8000`, `[::1]:80`.

    Raises:
        ConfigError: One of them is no host.
    """
    return tuple(_parsed(line) for line in listed)


def _parsed(line: str) -> AllowedHost:
    found = _LISTED.fullmatch(line.strip())
    if found is None:
        raise _refusal(line)
    wildcard, host, port = found.groups()
    name = normal_host(host)
    if name is None or (wildcard and ("." not in name or is_address(name))):
        raise _refusal(line)
    if port is not None and not 0 < int(port) < 1 << 16:
        raise _refusal(line)
    ports = USUAL_PORTS if port is None else (int(port),)
    return AllowedHost(name=name, below=bool(wildcard), ports=ports)


def _refusal(line: str) -> ConfigError:
    return ConfigError(
        f"plugins.sandbox.allow_hosts has {line!r}, which is no host; write a name (example.org), "
        "the names below one (*.example.net) or an address, with a port where it is neither 80 nor "
        "443 (localhost:8000). For all hosts set plugins.sandbox.network = true"
    )


def normal_host(host: str) -> str | None:
    """Return a host's name or address in the one way that it is compared in; None for neither."""
    host = host.removeprefix("[").removesuffix("]")
    if is_address(host):
        return str(ipaddress.ip_address(host))
    try:
        name = host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        return None
    # `1.2`, `0x7f.1` are addresses to a resolver, and names to nobody.
    is_number = _NUMBER.fullmatch(name.rpartition(".")[2])
    return name if _NAME.fullmatch(name) and not is_number else None


def is_address(host: str) -> bool:
    """Return whether *host* is an IP address, written as such."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host  # the zone of an interface


def find_host(hosts: Sequence[AllowedHost], host: str, port: int) -> AllowedHost | None:
    """Return the line of the list that a connection is covered by, the narrowest first."""
    covering = [each for each in hosts if each.covers(host, port)]
    return min(covering, key=lambda each: each.below, default=None)


def allows_address(allowed: AllowedHost, address: str) -> bool:
    """Return whether a host that was found in the list may be at *address*.

    A name leads where its owner's server says. So no name leads to this machine or to its link,
    where clouds keep the keys of a machine (169.254.169.254), and one below a listed name only to
    the public network.
    """
    if allowed.names_one_machine:
        return True
    ip = ipaddress.ip_address(address.partition("%")[0])
    led_to = (ip, *_within(ip))
    if any(map(_is_out_of_reach, led_to)):
        return False
    return all(each.is_global for each in led_to) if allowed.below else True


def _is_out_of_reach(ip: _Address) -> bool:
    return (
        ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast
        or ip in _KEY_SERVICES
        or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local)
    )  # fmt: skip


def _within(ip: _Address) -> list[_Address]:
    """Return the IPv4 addresses that an IPv6 address stands for where something translates it."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return []
    found: list[_Address | None] = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _TRANSLATED or ip in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
    return [each for each in found if each is not None]
