"""Windows' own commands, and PowerShell: a small table of what destroys."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, Value, join
from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

_WHOLE: Final = re.compile(r"(?i)(?:^|[\s\"'])(?:[a-z]:(?:[\\/]?(?:\*(?:\.\*)?)?)(?=[\s\"']|$)|[a-z]:[\\/]?(?:windows|users|program files)|%(?:systemroot|windir|systemdrive|userprofile|programfiles)%|\$env:(?:systemroot|windir|systemdrive|userprofile|home)|\$home|~(?:[\\/]?(?:\*|$)))")
_Row = tuple[str, EffectKind, Where]
_TABLE: Final[dict[str, tuple[_Row, ...]]] = {
    **dict.fromkeys(("format", "format.com"), ((r"(?i)^[a-z]:", "delete", "disk"), ("", "exec", "inside"))),
    "diskpart": (("", "delete", "disk"),),
    "vssadmin": ((r"(?i)delete|resize", "tamper", "system"),),
    "wbadmin": ((r"(?i)delete", "tamper", "system"),),
    "bcdedit": (("", "tamper", "system"),),
    "wevtutil": ((r"(?i)\bcl\b|clear", "tamper", "system"),),
    "fsutil": ((r"(?i)usn\s+deletejournal", "tamper", "system"),),
    "cipher": ((r"(?i)/w", "delete", "disk"),),
    "reg": ((r"(?i)^delete\s+(?:hklm|hkey_local)", "delete", "system"), (r"(?i)^(?:delete|add|import)", "configure", "system")),
    "takeown": (("", "permissions", "system"),),
    "icacls": ((r"(?i)/grant|/reset|/setowner", "permissions", "system"),),
    "net": ((r"(?i)\buser\b.*/add|localgroup.*/add", "escalate", "system"), (r"(?i)\bstop\b", "configure", "system")),
    "sc": ((r"(?i)\b(?:delete|stop|config)\b", "configure", "system"),),
    "schtasks": ((r"(?i)/(?:create|change)", "persist", "system"),),
    "netsh": ((r"(?i)firewall.*(?:off|disable)", "tamper", "system"), ("", "configure", "system")),
    "taskkill": ((r"(?i)(?:csrss|winlogon|lsass|svchost)", "stop-machine", "system"),),
    "wmic": ((r"(?i)shadowcopy.*delete|process\s+call\s+create", "tamper", "system"),),
    "certutil": ((r"(?i)-urlcache|-decode", "net-receive", "remote"),),
    **dict.fromkeys(("mshta", "regsvr32", "rundll32", "bitsadmin", "cscript", "wscript", "msiexec"), ((r"(?i)https?://|scrobj|javascript:|\\\\", "net-exec", "remote"), ("", "exec-unknown", "none"))),
}  # fmt: skip


def delete(call: Call) -> Value:
    """`del`, `erase`, `rd`: with `/s` whole trees."""
    text = " ".join(call.words)
    if _WHOLE.search(text):
        call.shell.note("delete", "root", call.part)
    else:
        for operand in call.operands():
            if not re.fullmatch(r"/[a-zA-Z](?::\w+)?", operand.plain):
                call.shell.delete(Value(operand.text.replace("\\", "/"), operand.taints), call.part)
    return NOTHING


def by_table(call: Call) -> Value:
    """Follow a Windows program by the table."""
    text = " ".join(call.words)
    if call.name.lower() in {"certutil", "bitsadmin"} and "http" in text:
        call.shell.write(call.arguments[-1], call.part, ANYTHING.tainted("net"))
    for pattern, kind, where in _TABLE[call.name.lower()]:
        if re.search(pattern, text):
            call.shell.note(kind, where, call.part)
            return ANYTHING
    call.shell.note("exec", "none", call.part)
    return ANYTHING


def command_prompt(call: Call) -> Value:
    """`cmd /c command`."""
    words = call.words
    index = next((i for i, w in enumerate(words) if w.lower() in {"/c", "/k", "/r"}), None)
    if index is None:
        call.shell.note("exec-unknown", "none", call.part)
        return ANYTHING
    return call.shell.run_text(Value(join(call.arguments[index + 1 :], " ").plain.replace("\\", "/")), part=call.part)


_DOWNLOADS: Final = r"(?:iwr|irm|invoke-webrequest|invoke-restmethod|downloadstring|downloadfile|downloaddata|curl|wget|start-bitstransfer|net\.webclient)"
_POWERSHELL: Final[tuple[_Row, ...]] = (
    (rf"{_DOWNLOADS}.*(?:\biex\b|invoke-expression|start-process|&\s*\(|\|\s*(?:iex|powershell))|(?:\biex\b|invoke-expression).*{_DOWNLOADS}", "net-exec", "remote"),
    (r"(?:\biex\b|invoke-expression).*frombase64string|frombase64string.*(?:\biex\b|invoke-expression)", "exec-hidden", "none"),
    (r"net\.sockets\.tcpclient", "remote-shell", "remote"),
    (r"(?:format-volume|clear-disk|initialize-disk|remove-partition|reset-physicaldisk)", "delete", "disk"),
    (r"(?:clear-eventlog|wevtutil\s+cl|set-mppreference|add-mppreference|clear-history|remove-item.*consolehost_history|stop-service.*(?:windefend|eventlog|mpssvc)|disable-\w*firewall|set-netfirewallprofile.*false|vssadmin\s+delete|set-executionpolicy\s+(?:unrestricted|bypass).*localmachine)", "tamper", "system"),
    (r"(?:stop-computer|restart-computer|shutdown)", "stop-machine", "system"),
    (r"(?:invoke-mimikatz|get-credential.*(?:invoke|post)|convertfrom-securestring.*(?:post|upload))", "attack", "system"),
    (r"(?:invoke-webrequest|invoke-restmethod|iwr|irm|uploadfile|uploadstring).*(?:\.ssh|\.aws|env:|credential|password|id_rsa)", "net-send-secret", "remote"),
    (r"(?:new-localuser|add-localgroupmember)", "escalate", "system"),
    (r"(?:set-itemproperty|new-itemproperty|remove-item).*hklm:", "configure", "system"),
    (r"(?:register-scheduledtask|schtasks)", "persist", "system"),
    (r"(?:iex|invoke-expression)", "exec-unknown", "none"),
)  # fmt: skip


def powershell(call: Call) -> Value:
    """`powershell -Command text`, `-EncodedCommand base64`."""
    shell = call.shell
    words = call.words
    encoded = next((i for i, w in enumerate(words) if re.fullmatch(r"(?i)-e(?:n(?:c(?:odedcommand)?)?|c)?|-encodedcommand", w)), None)
    if encoded is not None and encoded + 1 < len(words):
        text = _decode(words[encoded + 1])
        if text is None:
            shell.note("exec-hidden", "none", call.part)
            return ANYTHING
        shell.note("exec-hidden", "none", call.part)
        return _script(call, text)
    index = next((i for i, w in enumerate(words) if re.fullmatch(r"(?i)-c(?:o(?:mmand)?)?|/c|-command", w)), None)
    file = next((i for i, w in enumerate(words) if re.fullmatch(r"(?i)-f(?:ile)?", w)), None)
    if file is not None and file + 1 < len(words):
        place = shell.locate(words[file + 1])
        shell.note("net-exec" if place.path in shell.downloads else "exec" if place.where == "inside" else "exec-unknown", place.where, call.part)
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
    lower = text.lower().replace("`", "")
    for pattern, kind, where in _POWERSHELL:
        if re.search(pattern, lower, re.DOTALL):
            shell.note(kind, where, call.part)
            return ANYTHING
    removes = re.search(r"(?:remove-item|\bri\b|\brm\b|\bdel\b|\brd\b|\brmdir\b|\berase\b)([^;|]*)", lower)
    if removes:
        if _WHOLE.search(lower if "|" in lower else removes[1]) or re.search(r"\s[/\\](?:\s|$|\*)", removes[1]):
            shell.note("delete", "root", call.part)
        else:
            for word in removes[1].split():
                if word[:1] != "-" and word not in {"silentlycontinue", "stop"}:
                    shell.delete(Value(word.strip("'\",").replace("\\", "/")), call.part)
        return ANYTHING
    harmless = re.match(r"\s*(?:get-|test-|select-|where-|measure-|write-(?:host|output)|format-(?:table|list)|convertto-|convertfrom-json|out-(?:string|null)|\$psversiontable|echo|dir|ls|pwd|cat|type|dotnet|npm|git)", lower)
    shell.note("exec" if harmless else "exec-unknown", "none", call.part)
    return ANYTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("del", "erase", "rd", "deltree"), delete),
    **dict.fromkeys(_TABLE, by_table),
    "cmd": command_prompt,
    **dict.fromkeys(("powershell", "pwsh"), powershell),
    "Remove-Item": delete,
}
