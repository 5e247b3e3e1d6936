"""Programs that talk to other machines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import is_local
from coding_agent_sdk.middleware.guardrails.commands.programs.files import is_remote
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    HIDDEN,
    HOME,
    NET,
    NOTHING,
    SECRET,
    SECRET_VARIABLE,
    UNKNOWN,
    Value,
    join,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where


def netcat(call: Call) -> Value:
    """`nc`: a pipe to another machine, or a shell for it."""
    shell = call.shell
    operands = call.operands(names("-w -p -s -x -X -i -q -e -c --exec --sh-exec"))
    local = bool(operands) and is_local(operands[0].plain)
    if any(
        re.fullmatch(r"-[a-zA-Z]*[ec]", w) or w.startswith(("--exec", "--sh-exec", "--lua-exec"))
        for w in call.words
    ):
        shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    if call.has("-l", "--listen"):
        shell.note("net-receive", "none", call.part)
        return ANYTHING.tainted(NET, "socket")
    if call.has("-z"):
        ports = operands[-1].text if operands[1:] else ""
        shell.note("attack" if "-" in ports and not local else "net-receive", "none", call.part)
        return ANYTHING
    _send_stream(call, local=local)
    return ANYTHING.tainted(NET, "socket")


def _send_stream(call: Call, *, local: bool) -> None:
    shell = call.shell
    stdin = call.stdin.taints | call.taints
    if local:
        shell.note("net-send", "none", call.part)
    elif stdin & {SECRET, SECRET_VARIABLE, HOME}:
        shell.note("net-send-secret", "remote", call.part)
    elif stdin & {FILE, HIDDEN}:
        shell.note("net-send-files", "home", call.part)
    else:
        shell.note("net-send", "remote", call.part)


def socat(call: Call) -> Value:
    """`socat`: connects anything to anything."""
    text = call.text
    if re.search(r"(?i)\b(?:exec|system|shell):", text) and re.search(
        r"(?i)\b(?:tcp|udp|ssl|openssl|sctp)\d?(?:-\w+)?:", text
    ):
        call.shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    for path in re.findall(r"(?i)\b(?:file|open|create|gopen):([^\s,]+)", text):
        content = call.shell.read(Value(path), call.part)
        if re.search(r"(?i)\b(?:tcp|udp|ssl|openssl)", text):
            call.shell.note(
                "net-send-secret" if SECRET in content.taints else "net-send-files",
                "home",
                call.part,
            )
    _send_stream(
        call,
        local=is_local(re.sub(r"(?i)^.*?\b(?:tcp|udp|ssl|openssl)\d?(?:-connect)?:", "", text))
        or ("LISTEN" in text.upper() and not call.stdin.taints),
    )
    return ANYTHING.tainted(NET, "socket")


def secure_shell(call: Call) -> Value:
    """`ssh host command`: the command runs elsewhere; options can run things here."""
    shell = call.shell
    values = names("-i -p -o -l -L -R -D -F -J -W -b -c -E -e -m -S -w -B -I -O -Q")
    for index, word in enumerate(call.words):
        option = (
            call.words[index + 1]
            if word == "-o" and index + 1 < len(call.words)
            else word.removeprefix("-o")
        )
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
    if not local and (call.stdin.taints & {SECRET, HOME} or call.taints & {SECRET}):
        shell.note("net-send-secret", "remote", call.part)
    elif not local and FILE in call.stdin.taints:
        shell.note("net-send-files", "home", call.part)
    elif re.search(
        r"\b(?:rm\s+-\w*[rf]|mkfs|dd\s|shutdown|reboot|drop\s|docker\s+(?:rm|system)"
        r"|systemctl\s+(?:stop|disable))",
        inner.plain,
    ):
        shell.note("destroy-remote", "remote", call.part)
    elif inner.text:
        shell.note("net-send", "remote", call.part)
    else:
        shell.note("net-send", "remote", call.part)
    return ANYTHING.tainted(NET)


def _interactive_copy(call: Call, host: Value) -> Value:
    """`sftp host`, with its commands on standard input."""
    for found in re.finditer(r"(?m)^[ \t]*-?put\s+(?:-\w+\s+)*(\S+)", call.stdin.plain):
        taints = call.shell.read(Value(found[1]), call.part).taints
        kind: EffectKind = "net-send-secret" if SECRET in taints else "net-send-files"
        call.shell.note(kind, "remote", call.part)
    _send_stream(call, local=is_local(host.plain))
    return ANYTHING


def remote_copy(call: Call) -> Value:
    """`scp`, `rsync`, `rclone`: what goes to another machine is sent, the rest is copied."""
    shell = call.shell
    values = names(
        "-e --rsh -i -P -o -F -S -l -c --exclude --include --exclude-from "
        "--files-from --rsync-path --bwlimit --filter -J --port --password-file"
    )
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
        return _interactive_copy(call, operands[0])
    sources, target = (operands[:-1], operands[-1]) if len(operands) > 1 else (operands, Value("."))
    taints: set[str] = set()
    wheres: set[Where] = set()
    for source in sources:
        if is_remote(source.plain):
            shell.note("net-receive", "remote", call.part)
            taints.add(NET)
        else:
            taints |= shell.read(source, call.part).taints
            wheres.add(shell.locate(source.text).where)
    if is_remote(target.plain) and not is_local(target.plain):
        own = wheres <= {"inside", "scratch", "none"}
        if taints & {SECRET, HOME} or shell.carries_secrets:
            shell.note("net-send-secret", "remote", call.part)
        else:
            shell.note("net-send-files", "remote" if own else "home", call.part)
    else:
        _copy_here(call, sources, target, ANYTHING.tainted(*taints) if taints else NOTHING)
    return NOTHING


def _copy_here(call: Call, sources: list[Value], target: Value, content: Value) -> None:
    shell = call.shell
    if call.has("--delete", "--delete-before", "--delete-after", "--delete-excluded"):
        shell.delete(Value(target.text.rstrip("/") + f"/{UNKNOWN}"), call.part)
    if call.has("--remove-source-files"):
        for source in sources:
            shell.delete(source, call.part)
    shell.write(target, call.part, content)


def look_up(call: Call) -> Value:
    """`dig`, `ping`, `nslookup`: harmless, unless the name carries data away."""
    if call.taints & {SECRET, SECRET_VARIABLE, HOME, FILE}:
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
    if taints & {SECRET, HOME}:
        call.shell.note("net-send-secret", "remote", call.part)
    else:
        call.shell.note("net-send-files" if FILE in taints else "net-send", "remote", call.part)
    return NOTHING


def tunnel(call: Call) -> Value:
    """`ngrok`, `cloudflared tunnel`, `chisel`: opens this machine to others."""
    call.shell.note("net-send", "remote", call.part)
    return ANYTHING


def socket_of_zsh(call: Call) -> Value:
    """`ztcp host port`: a descriptor for a shell to talk through."""
    hosts = call.operands({"-d"})
    if hosts and not call.has("-l", "-c", "-L") and not is_local(hosts[0].plain):
        call.shell.note("remote-shell", "remote", call.part)
    return ANYTHING


PROGRAMS: dict[str, Program] = {
    "ztcp": socket_of_zsh,
    **named("nc ncat netcat nc.traditional nc.openbsd telnet", netcat),
    "socat": socat,
    **named("ssh autossh mosh plink dropbear dbclient", secure_shell),
    "ssh-copy-id": tunnel,
    **named("scp rsync sftp rclone pscp croc magic-wormhole wormhole", remote_copy),
    **named("dig nslookup host ping ping6 traceroute tracepath mtr whois drill", look_up),
    **named("resolvectl arping fping delv", look_up),
    **named("mail mailx sendmail mutt msmtp swaks s-nail", mail),
    **named("ngrok cloudflared localtunnel lt bore frpc tailscale", tunnel),
}
