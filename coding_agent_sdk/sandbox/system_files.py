"""Files of the system that a sandbox treats apart: secrets, and where names are looked up."""

from __future__ import annotations

from typing import Final

__all__ = ["HIDDEN", "RESOLVERS"]

HIDDEN: Final = (
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers",
    "/etc/ssh", "/etc/ssl/private", "/etc/docker", "/etc/kubernetes", "/etc/rancher",
    "/etc/NetworkManager/system-connections", "/etc/wireguard", "/etc/openvpn",
)  # fmt: skip
"""Secrets among the system's settings, which root could read: no command sees them."""

RESOLVERS: Final = ("/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager")
"""Where `/etc/resolv.conf` may lead; shown where commands may use the network."""
