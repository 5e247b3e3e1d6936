"""Programs that talk to other machines."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.files import is_remote
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    HIDDEN,
    NET,
    NOTHING,
    SECRET,
    SECRET_VARIABLE,
    Value,
    join,
)

_LOCAL: Final = re.compile(
    r"^(?:\w+://)?(?:[^/@\s]*@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0(?!/\d)|\[?::1\]?|host\.docker\.internal|[\w-]+\.(?:localhost|local|test|internal\.test))(?:[:/?#]|$)",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"^(?:\w+://)?(?:[^/@\s]*@)?(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-fA-F]+|\d{8,10})(?:[:/?#]|$)")
_PRIVATE: Final = re.compile(r"^(?:\w+://)?(?:[^/@\s]*@)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)")
_URL: Final = re.compile(r"^(?:https?|ftps?|sftp|scp|gopher|telnet|tftp|dict|ldaps?|file)://", re.IGNORECASE)
_CURL_VALUES: Final = frozenset(
    """
    -H --header -A --user-agent -b --cookie -c --cookie-jar -d --data --data-raw --data-binary --data-urlencode --data-ascii --json
    -e --referer -F --form --form-string -m --max-time --connect-timeout -o --output -u --user -U --proxy-user -w --write-out -x --proxy
    -X --request -T --upload-file -r --range --retry --retry-delay --retry-max-time -C --continue-at -K --config --cacert --cert --key -E --resolve --interface
    --limit-rate --max-filesize -y -Y -z --dump-header -D --url --oauth2-bearer --output-dir --max-redirs --unix-socket --socks5 --ciphers --aws-sigv4 --stderr --trace --trace-ascii --netrc-file --connect-to --rate --variable --etag-save --etag-compare --capath --pinnedpubkey
    """.split()
)
_BODIES: Final = ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "--json", "-F", "--form", "-T", "--upload-file", "--form-string")


def is_local(address: str) -> bool:
    """Whether an address is this machine."""
    return _LOCAL.match(address) is not None


def curl(call: Call) -> Value:
    """`curl`: downloads to standard output or files; bodies and forms send."""
    shell = call.shell
    urls = [u for u in call.operands(_CURL_VALUES)] + ([v] if (v := call.value_of("--url")) else [])
    config = call.value_of("-K", "--config")
    if config is not None:
        shell.read(config, call.part)
    local = bool(urls) and all(is_local(u.plain) for u in urls)
    _send_bodies(call, urls, local=local)
    for url in urls:
        if url.text.startswith("file://"):
            return shell.read(Value(url.text.removeprefix("file://"), url.taints), call.part)
    if not local:
        shell.note("net-receive", "remote", call.part)
    else:
        shell.note("net-receive", "none", call.part)
    return _received(call, urls)


def _received(call: Call, urls: list[Value]) -> Value:
    """Note where a download goes; standard output carries it on."""
    shell = call.shell
    content = ANYTHING.tainted(NET)
    folder = call.value_of("--output-dir")
    for option in ("-D", "--dump-header", "-c", "--cookie-jar", "--trace", "--trace-ascii", "--stderr", "--etag-save"):
        target = call.value_of(option)
        if target is not None and target.text not in {"-", ""} and not (option == "-c" and call.name != "curl"):
            shell.write(target, call.part, NOTHING)
    target = call.value_of("-o", "--output") or _clustered(call, "o")
    if target is not None and target.text != "-":
        path = Value(f"{folder.text}/{target.text}" if folder else target.text, target.taints)
        shell.write(path, call.part, content)
        return NOTHING
    if call.has("-O", "--remote-name", "--remote-name-all", "-J"):
        for url in urls:
            name = re.sub(r"[?#].*", "", url.plain).rstrip("/").rpartition("/")[2] or "index.html"
            shell.write(Value(f"{folder.text if folder else '.'}/{name}"), call.part, content)
        return NOTHING
    if call.has("-I", "--head") and not call.has("-d"):
        return ANYTHING
    return content


def _clustered(call: Call, letter: str) -> Value | None:
    for index, word in enumerate(call.words):
        if re.fullmatch(rf"-[a-zA-Z]+{letter}", word) and word not in {"-fo"} | set() and index + 1 < len(call.arguments):
            return call.arguments[index + 1]
        if word == f"-f{letter}" and index + 1 < len(call.arguments):
            return call.arguments[index + 1]
    return None


def _send_bodies(call: Call, urls: list[Value], *, local: bool) -> None:
    shell = call.shell
    taints: set[str] = set()
    files: set[str] = set()
    for index, argument in enumerate(call.arguments):
        option, _, attached = argument.text.partition("=")
        short = argument.text[:2] if argument.text[:2] in {"-d", "-F", "-T"} and len(argument.text) > 2 else ""  # noqa: PLR2004
        if argument.text in _BODIES and index + 1 < len(call.arguments):
            body = call.arguments[index + 1]
            option = argument.text
        elif option in _BODIES and attached:
            body = Value(attached, argument.taints)
        elif short:
            body, option = Value(argument.text[2:], argument.taints), short
        else:
            continue
        taints |= body.taints - {FILE}
        sent = _body_file(option, body)
        if sent == "-":
            taints |= call.stdin.taints
            if call.stdin.taints & {FILE, "home"}:
                files.add("outside")
        elif sent is not None:
            content = shell.read(Value(sent, body.taints), call.part)
            taints |= content.taints - {FILE}
            place = shell.locate(sent)
            files.add("credential" if place.where == "credential" else "outside" if place.where not in {"inside", "scratch"} else "inside")
    if local:
        return
    address = urls[0].plain if urls else ""
    for url in urls:
        taints |= {t for t in url.taints if t in {SECRET, "home", NET + "-"} or (t == SECRET_VARIABLE and _suspicious(address))}
        if FILE in url.taints:
            files.add("outside")
    header_taints = set(call.taints) & {SECRET, "home"}
    if taints & {SECRET, "home"} or (SECRET_VARIABLE in taints and (_suspicious(address) or not address.startswith("https://"))) or (header_taints and _suspicious(address)) or "credential" in files or (shell.carries_secrets and files):
        shell.note("net-send-secret", "remote", call.part)
    elif "outside" in files:
        shell.note("net-send-files", "home", call.part)
    elif files:
        shell.note("net-send-files", "home" if _suspicious(address) else "remote", call.part)


def _suspicious(address: str) -> bool:
    """Whether an address is one that nobody would give a credential: a bare number, plain HTTP."""
    if _PRIVATE.match(address):
        return False
    return bool(_BARE.match(address)) or not address.lower().startswith("https://") and not is_local(address)


def _body_file(option: str, body: Value) -> str | None:
    text = body.text
    if option in {"-T", "--upload-file"}:
        return text
    if option in {"-F", "--form"}:
        found = re.search(r"=[@<]\"?([^;\"]+)", text)
        return found[1] if found else None
    if option in {"--data-raw", "--form-string"}:
        return None
    if option == "--data-urlencode":
        found = re.match(r"\w*@(.+)", text)
        return found[1] if found else None
    return text[1:] if text[:1] == "@" else None


def wget(call: Call) -> Value:
    """`wget`: writes a file named after the URL, or where `-O` says."""
    shell = call.shell
    values = {"-O", "--output-document", "-P", "--directory-prefix", "-o", "-a", "-i", "-U", "--header", "--post-data", "--post-file", "-t", "-T", "-e", "-l", "-A", "-R", "-D", "-I", "-X", "--method", "--body-data", "--body-file", "--user", "--password", "--limit-rate", "-w", "--use-askpass"}
    urls = call.operands(values)
    askpass = call.value_of("--use-askpass")
    if askpass is not None:
        shell.run_text(askpass, part=call.part)
    posted = call.value_of("--post-file", "--body-file")
    data = call.value_of("--post-data", "--body-data")
    local = bool(urls) and all(is_local(u.plain) for u in urls)
    taints = {t for u in urls for t in u.taints} | (set(data.taints) if data else set())
    if posted is not None:
        taints |= shell.read(posted, call.part).taints
    if not local and (taints & {SECRET, "home"} or (SECRET_VARIABLE in taints)):
        shell.note("net-send-secret", "remote", call.part)
    elif not local and (posted is not None or FILE in taints):
        shell.note("net-send-files", "home", call.part)
    shell.note("net-receive", "none" if local else "remote", call.part)
    attached = next((w[w.index("O") + 1 :] for w in call.words if re.match(r"-[a-zA-Z]*O.", w) and w[1] != "-"), None)
    target = Value(attached) if attached else call.value_of("-O", "--output-document") or _clustered(call, "O")
    if target is not None and target.text.startswith("-"):
        return ANYTHING.tainted(NET)
    if target is not None and target.text == "/dev/stdout":
        return ANYTHING.tainted(NET)
    folder = call.value_of("-P", "--directory-prefix")
    for url in urls:
        name = re.sub(r"[?#].*", "", url.plain).rstrip("/").rpartition("/")[2] or "index.html"
        path = target or Value(f"{folder.text if folder else '.'}/{name}")
        shell.write(path, call.part, ANYTHING.tainted(NET))
    return NOTHING


def downloader(call: Call) -> Value:
    """`aria2c`, `axel`, `fetch`, `http` and others."""
    shell = call.shell
    shell.note("net-receive", "remote", call.part)
    urls = [o for o in call.operands({"-o", "-d", "-x", "-s", "-n", "-j"})]
    if call.taints & {SECRET, "home"} or (call.name in {"http", "https", "xh"} and call.stdin.taints & {SECRET, "home"}):
        shell.note("net-send-secret", "remote", call.part)
    elif call.name in {"http", "https", "xh"} and FILE in call.stdin.taints and not any(is_local(u.plain) for u in urls):
        shell.note("net-send-files", "home", call.part)
    for url in urls:
        attached = re.search(r"[:=]?@([\w./~-]+)$", url.text)
        if attached and call.name in {"http", "https", "xh"} and not _URL.match(url.text):
            content = shell.read(Value(attached[1]), call.part)
            shell.note("net-send-secret" if SECRET in content.taints else "net-send-files", "remote", call.part)
    target = call.value_of("-o", "--out", "--output")
    if target is not None and target.text not in {"-", "/dev/stdout"}:
        folder = call.value_of("-d", "--dir")
        shell.write(Value(f"{folder.text}/{target.text}" if folder else target.text), call.part, ANYTHING.tainted(NET))
        return NOTHING
    if call.name in {"aria2c", "axel", "yt-dlp", "youtube-dl", "lftp", "lwp-download"} and target is None:
        for url in urls:
            shell.write(Value(url.plain.rstrip("/").rpartition("/")[2] or "index"), call.part, ANYTHING.tainted(NET))
        command = call.value_of("-e", "-c", "--exec")
        if command is not None and call.name != "aria2c":
            shell.run_text(command, part=call.part)
        return NOTHING
    return ANYTHING.tainted(NET)


def netcat(call: Call) -> Value:
    """`nc`: a pipe to another machine, or a shell for it."""
    shell = call.shell
    operands = call.operands({"-w", "-p", "-s", "-x", "-X", "-i", "-q", "-e", "-c", "--exec", "--sh-exec"})
    local = bool(operands) and is_local(operands[0].plain)
    if any(re.fullmatch(r"-[a-zA-Z]*[ec]", w) or w.startswith(("--exec", "--sh-exec", "--lua-exec")) for w in call.words):
        shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    if call.has("-l", "--listen"):
        shell.note("net-receive", "none", call.part)
        return ANYTHING.tainted(NET, "socket")
    if call.has("-z"):
        shell.note("net-receive" if local or len(operands) < 2 or "-" not in operands[-1].text else "attack", "none", call.part)  # noqa: PLR2004
        return ANYTHING
    _send_stream(call, local=local)
    return ANYTHING.tainted(NET, "socket")


def _send_stream(call: Call, *, local: bool) -> None:
    shell = call.shell
    stdin = call.stdin.taints | call.taints
    if local:
        shell.note("net-send", "none", call.part)
    elif stdin & {SECRET, SECRET_VARIABLE, "home"}:
        shell.note("net-send-secret", "remote", call.part)
    elif stdin & {FILE, HIDDEN}:
        shell.note("net-send-files", "home", call.part)
    else:
        shell.note("net-send", "remote", call.part)


def socat(call: Call) -> Value:
    """`socat`: connects anything to anything."""
    text = " ".join(call.words)
    if re.search(r"(?i)\b(?:exec|system|shell):", text) and re.search(r"(?i)\b(?:tcp|udp|ssl|openssl|sctp)\d?(?:-\w+)?:", text):
        call.shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    for path in re.findall(r"(?i)\b(?:file|open|create|gopen):([^\s,]+)", text):
        content = call.shell.read(Value(path), call.part)
        if re.search(r"(?i)\b(?:tcp|udp|ssl|openssl)", text):
            call.shell.note("net-send-secret" if SECRET in content.taints else "net-send-files", "home", call.part)
    _send_stream(call, local=is_local(re.sub(r"(?i)^.*?\b(?:tcp|udp|ssl|openssl)\d?(?:-connect)?:", "", text)) or "LISTEN" in text.upper() and not call.stdin.taints)
    return ANYTHING.tainted(NET, "socket")


def secure_shell(call: Call) -> Value:
    """`ssh host command`: the command runs elsewhere; options can run things here."""
    shell = call.shell
    values = {"-i", "-p", "-o", "-l", "-L", "-R", "-D", "-F", "-J", "-W", "-b", "-c", "-E", "-e", "-m", "-S", "-w", "-B", "-I", "-O", "-Q"}
    for index, word in enumerate(call.words):
        option = call.words[index + 1] if word == "-o" and index + 1 < len(call.words) else word.removeprefix("-o")
        found = re.match(r"(?i)(?:ProxyCommand|LocalCommand|KnownHostsCommand)[ =](.+)", option)
        if found:
            shell.run_text(Value(found[1]), part=call.part)
    operands = call.operands(values)
    if not operands:
        shell.note("read", "none", call.part)
        return ANYTHING
    inner = join(operands[1:], " ") if operands[1:] else NOTHING
    local = is_local(operands[0].plain)
    if call.has("-R") and not local:
        shell.note("remote-shell", "remote", call.part)
    if not local and (call.stdin.taints & {SECRET, "home"} or call.taints & {SECRET}):
        shell.note("net-send-secret", "remote", call.part)
    elif not local and FILE in call.stdin.taints:
        shell.note("net-send-files", "home", call.part)
    elif re.search(r"\b(?:rm\s+-\w*[rf]|mkfs|dd\s|shutdown|reboot|drop\s|docker\s+(?:rm|system)|systemctl\s+(?:stop|disable))", inner.plain):
        shell.note("destroy-remote", "remote", call.part)
    elif inner.text:
        shell.note("net-send", "remote", call.part)
    else:
        shell.note("net-send", "remote", call.part)
    return ANYTHING.tainted(NET)


def remote_copy(call: Call) -> Value:
    """`scp`, `rsync`, `sftp`, `rclone`: what goes to another machine is sent, the rest is copied."""
    shell = call.shell
    values = {"-e", "--rsh", "-i", "-P", "-o", "-F", "-S", "-l", "-c", "--exclude", "--include", "--exclude-from", "--files-from", "--rsync-path", "--bwlimit", "--filter", "-J", "--port", "--password-file"}
    for option in ("-e", "--rsh", "--rsync-path", "-S"):
        command = call.value_of(option)
        if command is not None:
            shell.run_text(command, part=call.part)
    operands = call.operands(values)
    if call.name == "rclone":
        operands = operands[1:]
    if not operands:
        shell.note("read", "none", call.part)
        return NOTHING
    if call.name == "sftp":
        _send_stream(call, local=is_local(operands[0].plain))
        return ANYTHING
    sources, target = (operands[:-1], operands[-1]) if len(operands) > 1 else (operands, Value("."))
    remote = is_remote(target.plain) and not is_local(target.plain)
    taints: set[str] = set()
    wheres: set[str] = set()
    for source in sources:
        if is_remote(source.plain):
            shell.note("net-receive", "remote", call.part)
            taints.add(NET)
        else:
            taints |= shell.read(source, call.part).taints
            wheres.add(shell.locate(source.text).where)
    if remote:
        if taints & {SECRET, "home"} or shell.carries_secrets:
            shell.note("net-send-secret", "remote", call.part)
        else:
            shell.note("net-send-files", "remote" if wheres <= {"inside", "scratch", "none"} else "home", call.part)
    else:
        content = ANYTHING.tainted(*taints) if taints else NOTHING
        if call.has("--delete", "--delete-before", "--delete-after", "--delete-excluded"):
            shell.delete(Value(target.text.rstrip("/") + "/\ue000"), call.part)
        if call.has("--remove-source-files"):
            for source in sources:
                shell.delete(source, call.part)
        shell.write(target, call.part, content)
    return NOTHING


def look_up(call: Call) -> Value:
    """`dig`, `ping`, `nslookup`: harmless, unless the name carries data away."""
    if call.taints & {SECRET, "home"} or FILE in call.taints:
        call.shell.note("net-send-secret", "remote", call.part)
    elif call.name.startswith("ping") and call.has("-f"):
        call.shell.note("attack", "remote", call.part)
    else:
        call.shell.note("net-receive", "none", call.part)
    return ANYTHING.tainted(NET)


def mail(call: Call) -> Value:
    """`mail`, `sendmail`, `mutt`: sends what it reads and what is attached."""
    taints = set(call.stdin.taints | call.taints)
    for option in ("-a", "-A", "--attach"):
        attached = call.value_of(option)
        if attached is not None:
            taints |= call.shell.read(attached, call.part).taints
    if taints & {SECRET, "home"}:
        call.shell.note("net-send-secret", "remote", call.part)
    else:
        call.shell.note("net-send-files" if FILE in taints else "net-send", "remote", call.part)
    return NOTHING


def tunnel(call: Call) -> Value:
    """`ngrok`, `cloudflared tunnel`, `chisel`: opens this machine to others."""
    call.shell.note("net-send", "remote", call.part)
    return ANYTHING


def attack(call: Call) -> Value:
    """Tools that are made to break into, overload or mine."""
    call.shell.note("attack", "remote", call.part)
    return ANYTHING


def scan(call: Call) -> Value:
    """`nmap` and other scanners: on this machine a look, elsewhere a scan; with exploits an attack."""
    operands = call.operands({"-p", "-oN", "-oX", "-oG", "-oA", "--script", "-T", "--top-ports", "-iL", "-e", "--rate"})
    text = " ".join(call.words)
    if operands and all(is_local(o.plain) for o in operands) and "exploit" not in text:
        call.shell.note("net-receive", "none", call.part)
    elif re.search(r"exploit|brute|vuln|dos\b|-sS|-p-|/(?:[0-9]|1\d|2[0-4])\b|--rate", text) or call.name in {"masscan", "zmap", "unicornscan"}:
        call.shell.note("attack", "remote", call.part)
    else:
        call.shell.note("net-send", "remote", call.part)
    return ANYTHING


_ATTACKS: Final = """
    hydra medusa ncrack patator crowbar john hashcat msfvenom msfconsole msfcli msfdb setoolkit beef-xss ettercap bettercap arpspoof dnsspoof
    aircrack-ng airodump-ng aireplay-ng wifite reaver sqlmap nikto wpscan commix xsser hping3 hping slowloris slowhttptest goldeneye
    torshammer hulk loic hoic xerxes ufonet t50 mdk3 mdk4 responder mimikatz crackmapexec netexec nxc evil-winrm psexec.py secretsdump.py impacket-secretsdump
    bloodhound-python sharphound rubeus kerbrute enum4linux smbmap dirb dirbuster gobuster feroxbuster ffuf wfuzz xmrig minerd cpuminer
    ccminer ethminer cgminer bfgminer t-rex nbminer lolminer phoenixminer xmr-stak nuclei searchsploit exploitdb routersploit yersinia
    macof dsniff driftnet sslstrip thc-ssl-dos siege-ddos ddosify-attack weevely veil empire covenant sliver-client chntpw fcrackzip
    pdfcrack linpeas linpeas.sh linenum.sh lse.sh pspy pspy64 winpeas.exe nanodump lazagne laZagne.py tcpkill tcpnice mitmproxy-attack pwncat pwncat-cs chisel ligolo
    """.split()

PROGRAMS: dict[str, Program] = {
    "curl": curl,
    "curlie": curl,
    "wget": wget,
    "wget2": wget,
    **dict.fromkeys(("aria2c", "axel", "fetch", "http", "https", "xh", "lwp-request", "GET", "POST", "lynx", "w3m", "links", "elinks", "yt-dlp", "youtube-dl", "lftp", "ftp", "tftp", "lwp-download"), downloader),
    **dict.fromkeys(("nc", "ncat", "netcat", "nc.traditional", "nc.openbsd", "telnet"), netcat),
    "socat": socat,
    **dict.fromkeys(("ssh", "autossh", "mosh", "plink", "dropbear", "dbclient"), secure_shell),
    **dict.fromkeys(("scp", "rsync", "sftp", "rclone", "pscp", "croc", "magic-wormhole", "wormhole"), remote_copy),
    **dict.fromkeys(("dig", "nslookup", "host", "ping", "ping6", "traceroute", "tracepath", "mtr", "whois", "drill", "resolvectl", "arping", "fping", "delv"), look_up),
    **dict.fromkeys(("mail", "mailx", "sendmail", "mutt", "msmtp", "swaks", "s-nail"), mail),
    **dict.fromkeys(("ngrok", "cloudflared", "localtunnel", "lt", "bore", "frpc", "tailscale"), tunnel),
    **dict.fromkeys(_ATTACKS, attack),
    **dict.fromkeys(("nmap", "masscan", "zmap", "rustscan", "naabu", "unicornscan", "amass"), scan),
}
