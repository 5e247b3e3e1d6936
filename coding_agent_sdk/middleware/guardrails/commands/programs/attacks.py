"""Tools that break into, overload or scan other systems."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import is_local
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program


def attack(call: Call) -> Value:
    """Tools that are made to break into, overload or mine."""
    call.shell.note("attack", "remote", call.part)
    return ANYTHING


def scan(call: Call) -> Value:
    """`nmap` and its kin: on this machine a look, elsewhere a scan; with exploits an attack."""
    operands = call.operands(names("-p -oN -oX -oG -oA --script -T --top-ports -iL -e --rate"))
    text = call.text
    if operands and all(is_local(o.plain) for o in operands) and "exploit" not in text:
        call.shell.note("net-receive", "none", call.part)
    elif re.search(r"(?:^|\s)-s[nPL]\b", text) and "script" not in text:
        call.shell.note("net-send", "remote", call.part)
    elif re.search(
        r"exploit|brute|vuln|dos\b|-sS|-p-|/(?:[0-9]|1\d|2[0-4])\b|--rate", text
    ) or call.name in {"masscan", "zmap", "unicornscan"}:
        call.shell.note("attack", "remote", call.part)
    else:
        call.shell.note("net-send", "remote", call.part)
    return ANYTHING


def load(call: Call) -> Value:
    """`ab`, `wrk`, `hey`: a load on one's own servers, a flood on those of others."""
    text = call.text
    addresses = [o.plain for o in call.operands() if re.match(r"\w+://|\w+\.\w", o.plain)]
    floods = re.search(r"-(?:n|c|t|r)\s*=?(?:\d{5,}|[1-9]\d{3,})\b", text)
    foreign = any(not is_local(address) for address in addresses)
    call.shell.note("attack" if foreign and floods else "net-receive", "none", call.part)
    return ANYTHING


_ATTACKS: Final = """
    hydra medusa ncrack patator crowbar john hashcat msfvenom msfconsole msfcli msfdb setoolkit
    beef-xss ettercap bettercap arpspoof dnsspoof aircrack-ng airodump-ng aireplay-ng wifite
    reaver sqlmap nikto wpscan commix xsser hping3 hping slowloris slowhttptest goldeneye
    torshammer hulk loic hoic xerxes ufonet t50 mdk3 mdk4 responder mimikatz crackmapexec
    netexec nxc evil-winrm psexec.py secretsdump.py impacket-secretsdump bloodhound-python
    sharphound rubeus kerbrute enum4linux smbmap dirb dirbuster gobuster feroxbuster ffuf wfuzz
    xmrig minerd cpuminer ccminer ethminer cgminer bfgminer t-rex nbminer lolminer phoenixminer
    xmr-stak nuclei searchsploit exploitdb routersploit yersinia macof dsniff driftnet sslstrip
    thc-ssl-dos siege-ddos ddosify-attack weevely veil empire covenant sliver-client chntpw
    fcrackzip pdfcrack linpeas linpeas.sh linenum.sh lse.sh pspy pspy64 winpeas.exe nanodump
    lazagne laZagne.py tcpkill tcpnice mitmproxy-attack pwncat pwncat-cs chisel ligolo
    """


PROGRAMS: dict[str, Program] = {
    **named(_ATTACKS, attack),
    **named("ab wrk wrk2 hey bombardier vegeta oha siege", load),
    **named("nmap masscan zmap rustscan naabu unicornscan amass", scan),
}
