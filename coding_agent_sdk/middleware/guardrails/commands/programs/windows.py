"""Windows' own commands, and PowerShell: a small table of what destroys."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call
from coding_agent_sdk.middleware.guardrails.commands.tables import (
    first_match,
    follow_rows,
    named,
    names,
    read_table,
)
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    LONGEST,
    NOTHING,
    Value,
    join,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower, Program
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind

_WHOLE: Final = re.compile(
    r"(?i)(?:^|[\s\"'])(?:[a-z]:(?:[\\/]?(?:\*(?:\.\*)?)?)(?=[\s\"']|$)"
    r"|[a-z]:[\\/]?(?:windows|users|program files)|%(?:systemroot|windir|systemdrive"
    r"|userprofile|programfiles)%|\$env:(?:systemroot|windir|systemdrive|userprofile"
    r"|home)|\$home|[$\ue000-\ue00f]\w{0,3}:(?:systemroot|windir|systemdrive|userprofile|home)\b"
    r"|~(?:[\\/]?(?:\*|$)))"
)


SHELLS: Final = re.compile(r"(?i)\s*(?:cmd|powershell|pwsh)(?:\.exe)?\s")
"""How a line for a shell of Windows begins."""

_WORD: Final = re.compile(r'[^\s"]*"[^"]*"?|[^\s"]+')
_LONGEST_LINE: Final = LONGEST
_TABLE: Final = read_table(r"""
format format.com:
    delete disk (?i)^[a-z]:
    exec inside
diskpart:
    delete disk
vssadmin:
    tamper system (?i)delete|resize
wbadmin:
    tamper system (?i)delete
bcdedit:
    tamper system
wevtutil:
    tamper system (?i)\bcl\b|clear
fsutil:
    tamper system (?i)usn\s+deletejournal
cipher:
    delete disk (?i)/w
reg:
    delete system (?i)^delete\s+(?:hklm|hkey_local)
    configure system (?i)^(?:delete|add|import)
takeown:
    permissions system
icacls:
    permissions system (?i)/grant|/reset|/setowner
net:
    escalate system (?i)\buser\b.*/add|localgroup.*/add
    tamper system (?i)\bstop\b.*(?:windefend|wscsvc|mpssvc|eventlog|sense|wuauserv|securityhealth)
    configure system (?i)\bstop\b
sc:
    tamper system (?i)(?:stop|delete|config)\s+"?(?:windefend|wscsvc|mpssvc|eventlog|sense|wuauserv)
    configure system (?i)\b(?:delete|stop|config)\b
forfiles:
    delete root (?i)/p\s+"?[a-z]:[\\/]?"?\s.*\b(?:del|rd|rmdir|erase)\b
    exec-unknown none (?i)/c
schtasks:
    persist system (?i)/(?:create|change)
netsh:
    tamper system (?i)firewall.*(?:off|disable)
    configure system
taskkill:
    stop-machine system (?i)(?:csrss|winlogon|lsass|svchost)
wmic:
    tamper system (?i)shadowcopy.*delete|process\s+call\s+create
certutil:
    net-receive remote (?i)-urlcache|-decode
setx:
    configure home
mshta:
    exec-hidden none (?i)vbscript:|javascript:
    net-exec remote (?i)https?://
    exec-unknown none
regsvr32 rundll32 bitsadmin cscript wscript msiexec:
    net-exec remote (?i)https?://|scrobj|javascript:|\\\\
    exec-unknown none
""")


def delete(call: Call) -> Value:
    """`del`, `erase`, `rd`: with `/s` whole trees."""
    text = call.text
    if _WHOLE.search(text):
        call.shell.note("delete", "root", call.part)
    else:
        for operand in call.operands():
            if not re.fullmatch(r"/[a-zA-Z](?::\w+)?", operand.plain):
                call.shell.delete(Value(operand.text.replace("\\", "/"), operand.taints), call.part)
    return NOTHING


def by_table(call: Call) -> Value:
    """Follow a Windows program by the table."""
    text = call.text
    if call.name.lower() in {"certutil", "bitsadmin"} and re.search(r"http|-decode", text):
        call.shell.write(call.arguments[-1], call.part, ANYTHING.tainted("net"))
    lower = [w.lower() for w in call.words]
    if "/tr" in lower[:-1]:
        call.shell.run_text(call.arguments[lower.index("/tr") + 1], part=call.part)
    found = follow_rows(call, _TABLE[call.name.lower()])
    if found is None:
        call.shell.note("exec", "none", call.part)
    return found or ANYTHING


_SWITCHES: Final = re.compile(
    r"(?i)\b(dir|type|copy|xcopy|robocopy|move|rmdir|rd|md|mkdir|ren|findstr|where|tree|more|sort)"
    r"((?:\s+/[a-z](?::\S+)?)+)(?=\s|$)"
)
"""What bash would take for folders of the root."""


def command_prompt(call: Call) -> Value:
    """`cmd /c command`."""
    words = call.words
    index = next((i for i, w in enumerate(words) if w.lower() in {"/c", "/k", "/r"}), None)
    if index is None:
        kind: EffectKind = "net-exec" if "net" in call.stdin.taints else "exec-unknown"
        call.shell.note(kind, "none", call.part)
        return ANYTHING
    text = join(call.arguments[index + 1 :], " ").plain
    return call.shell.run_text(Value(_SWITCHES.sub(r"\1", text).replace("\\", "/")), part=call.part)


_POWERSHELL: Final = read_table(r"""
powershell:
    net-exec remote (?:iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring|downloadfile
        |downloaddata|curl|wget|start-bitstransfer|net\.webclient).*(?:\biex\b|invoke-expression
        |start-process|&\s*\(|\|\s*(?:iex|powershell))|(?:\biex\b|invoke-expression).*(?:iwr|irm
        |invoke-webrequest|invoke-restmethod|downloadstring|downloadfile|downloaddata|curl|wget
        |start-bitstransfer|net\.webclient)
    net-exec remote (?:iwr|irm|invoke-webrequest|downloadfile|start-bitstransfer|curl|wget)\b.*
        (?:;|&&)\s*(?:&\s*|start-process\s+)?[\w.:\\/-]+\.(?:exe|bat|cmd|ps1|msi)\b
    exec-hidden none (?:\biex\b|invoke-expression).*frombase64string|frombase64string.*(?:\biex\b
        |invoke-expression)
    remote-shell remote net\.sockets\.tcpclient
    delete disk (?:format-volume|clear-disk|initialize-disk|remove-partition|reset-physicaldisk)
    tamper system (?:clear-eventlog|wevtutil\s+cl|set-mppreference|add-mppreference|clear-history
        |remove-item.*consolehost_history|stop-service.*(?:windefend|eventlog|mpssvc)
        |disable-\w*firewall|set-netfirewallprofile.*false|vssadmin\s+delete
        |set-executionpolicy\s+(?:unrestricted|bypass).*localmachine)
    stop-machine system (?:stop-computer|restart-computer|shutdown)
    attack system (?:invoke-mimikatz|get-credential.*(?:invoke|post)
        |convertfrom-securestring.*(?:post|upload))
    net-send-secret remote (?:\.ssh|\.aws|credential|id_rsa).*\|\s*(?:invoke-webrequest
        |invoke-restmethod|iwr|irm|curl)
    net-send-secret remote (?:invoke-webrequest|invoke-restmethod|iwr|irm|uploadfile
        |uploadstring).*(?:\.ssh|\.aws|env:|credential|password|id_rsa)
    escalate system (?:new-localuser|add-localgroupmember)
    configure system (?:set-itemproperty|new-itemproperty|remove-item).*hklm:
    persist system (?:register-scheduledtask|schtasks)
    exec-unknown none (?:iex|invoke-expression)
""")["powershell"]


_MAX_PIECES: Final = 200
_BETWEEN: Final = re.compile(r"[;|\n{}()]|&&")
_READS: Final = re.compile(
    r"(?i)(?:get-(?!credential)|test-|select-|where|measure-|sort|group-|foreach|compare-|write-(?:host"
    r"|output)|format-(?:table|list|wide)|convertto-(?!securestring)|convertfrom-(?:json|csv)"
    r"|out-(?:string|null|host)|import-(?:csv|module)|join-path|split-path|resolve-path"
    r"|invoke-pester|start-sleep|set-location|push-location|pop-location|cd|echo|dir|ls|pwd|cat"
    r"|type|tee-object|[?%])(?=\W|$|\w*-?\w)|[\"'$@]?[\w.]*$|\$psversiontable"
    r"|\$_[\w.]*\s+-\w+\s+[^\s;]+$"
)
_TOOLS: Final = names(
    "dotnet npm npx yarn pnpm node git python python3 py pip cargo go mvn gradle pytest make cmake "
    "msbuild tsc docker kubectl gh az aws terraform java javac rustc uv poetry ruff"
)
_FETCHERS: Final = names("invoke-webrequest invoke-restmethod iwr irm curl wget start-bitstransfer")
_WRITERS: Final = names(
    "new-item set-content add-content out-file copy-item move-item rename-item mkdir md copy move "
    "ren cp mv ni sc ac expand-archive compress-archive"
)


def powershell(call: Call) -> Value:
    """`powershell -Command text`, `-EncodedCommand base64`."""
    shell = call.shell
    words = call.words
    encoded = next(
        (
            i
            for i, w in enumerate(words)
            if re.fullmatch(r"(?i)-e(?:n(?:c(?:odedcommand)?)?|c)?|-encodedcommand", w)
        ),
        None,
    )
    if encoded is not None and encoded + 1 < len(words):
        text = _decode(words[encoded + 1])
        if text is None:
            shell.note("exec-hidden", "none", call.part)
            return ANYTHING
        shell.note("exec-hidden", "none", call.part)
        return _script(call, text)
    index = next(
        (i for i, w in enumerate(words) if re.fullmatch(r"(?i)-c(?:o(?:mmand)?)?|/c|-command", w)),
        None,
    )
    file = next((i for i, w in enumerate(words) if re.fullmatch(r"(?i)-f(?:ile)?", w)), None)
    if file is not None and file + 1 < len(words):
        place = shell.locate(words[file + 1])
        shell.note(
            "net-exec"
            if place.path in shell.downloads
            else "exec"
            if place.where == "inside"
            else "exec-unknown",
            place.where,
            call.part,
        )
        return ANYTHING
    text = " ".join(words[index + 1 :] if index is not None else [w for w in words if w[:1] != "-"])
    return _script(call, text or call.stdin.plain)


def _decode(text: str) -> str | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    for encoding in ("utf-16-le", "utf-8"):
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if decoded.isascii():
            return decoded
    return None


def _script(call: Call, text: str) -> Value:
    shell = call.shell
    if len(text) > LONGEST:
        shell.note("exec-unknown", "none", call.part)
        text = text[:LONGEST]
    lower = text.lower().replace("`", "")
    row = first_match(_POWERSHELL, lower.replace("\n", " "))
    if row is not None:
        shell.note(row.kind, row.where, call.part)
        return ANYTHING
    for piece in re.split(r"[;\n]", text):
        if piece.split()[:1] and piece.split()[0].lower().removesuffix(".exe") in _TABLE:
            shell.run_text(Value(piece.replace("\\", "/")), part=call.part)
    removes = re.search(
        r"(?:remove-item|\bri\b|\brm\b|\bdel\b|\brd\b|\brmdir\b|\berase\b)([^;|]*)", lower
    )
    if removes:
        if _WHOLE.search(lower if "|" in lower else removes[1]) or re.search(
            r"\s[/\\](?:\s|$|\*)", removes[1]
        ):
            shell.note("delete", "root", call.part)
        else:
            for word in removes[1].split():
                if word[:1] != "-" and word not in {"silentlycontinue", "stop"}:
                    shell.delete(Value(word.strip("'\",").replace("\\", "/")), call.part)
        return ANYTHING
    _statements(call, _BETWEEN.split(text))
    return ANYTHING


def _statements(call: Call, texts: list[str]) -> None:
    if len(texts) > _MAX_PIECES:
        call.shell.note("exec-unknown", "none", call.part)
    for text in texts[:_MAX_PIECES]:
        _statement(call, text.strip())


def _statement(call: Call, text: str) -> None:
    """Follow one statement of PowerShell, of which no row and no deletion is known."""
    shell = call.shell
    name, _, rest = text.partition(" ")
    name = name.lower().removesuffix(".exe")
    if not name or _READS.match(text):
        shell.note("exec", "none", call.part)
    elif name in _TOOLS:
        shell.run_text(Value(text.replace("\\", "/")), part=call.part)
    elif name in _FETCHERS:
        local = re.search(r"(?i)://(?:localhost|127\.)", rest) is not None
        sends = re.search(r"(?i)-(?:method\s+(?!get)|body|infile|form)", rest) and not local
        shell.note("net-send" if sends else "net-receive", "remote", call.part)
    elif name in _WRITERS:
        for word in rest.split():
            if word[:1] not in {"-", "$", "@"}:
                path = word.strip("'\",").replace("\\", "/")
                shell.write(Value(path), call.part)
        if re.search(r"(?i)\$env:|\$home|hk(?:lm|cu):", rest):
            shell.note("configure", "home", call.part)
    else:
        shell.note("exec-unknown", "none", call.part)


def follow_line(shell: Follower, line: str) -> None:
    """Follow a line for Windows' own shells as Windows reads it, whose quotes are not bash's."""
    words = [w.strip('"') for w in _WORD.findall(line[:_LONGEST_LINE])]
    name = words[0].lower().removesuffix(".exe")
    arguments = [Value(word) for word in words[1:]]
    call = Call(name=name, arguments=arguments, stdin=NOTHING, shell=shell)
    (command_prompt if name == "cmd" else powershell)(call)


PROGRAMS: dict[str, Program] = {
    **named("del erase rd deltree Remove-Item", delete),
    **dict.fromkeys(_TABLE, by_table),
    "cmd": command_prompt,
    **named("powershell pwsh", powershell),
}
