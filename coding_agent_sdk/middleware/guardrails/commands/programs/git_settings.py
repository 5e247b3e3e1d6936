"""Git's settings, of which many run code."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    Value,
)

_CODE_KEYS: Final = re.compile(
    r"(?i)^(?:alias\..+|core\.(?:sshcommand|pager|editor|fsmonitor|askpass|gitproxy"
    r"|hookspath|worktree|alternaterefscommand)|pager\..+|sequence\.editor"
    r"|diff\.external|diff\..+\.(?:command|textconv)|"
    r"filter\..+\.(?:clean|smudge|process)|merge\..+\.driver|mergetool\..+\.cmd"
    r"|difftool\..+\.cmd|credential(?:\..+)?\.helper|gpg(?:\..+)?\.program"
    r"|init\.templatedir|"
    r"uploadpack\.packobjectshook|receive\..*hook|remote\..+\.(?:uploadpack"
    r"|receivepack|vcs)|protocol\.ext\.allow|browser\..+\.cmd|man\..+\.cmd"
    r"|web\.browser|interactive\.difffilter|sendemail\..*cmd|trailer\..+\.(?:command"
    r"|cmd)|tar\..+\.command|submodule\..+\.update|include\.path|includeif\..+"
    r"|bisect\..+|gc\..*command)$"
)


_DESTINATION: Final = re.compile(
    r"(?i)^(?:url\.(?P<base>.+)\.(?:push)?insteadof|remote\.(?P<remote>.+)\.(?:push)?url"
    r"|remote\.(?P<push>pushdefault)|branch\..+\.(?P<branch>pushremote))$"
)
"""Settings that say where a push goes."""
_HOST: Final = re.compile(r"(?:\w+://)?(?:[^/@]*@)?([\w.-]+)")


_USUAL: Final = frozenset(
    {"true", "false", "cat", "less", "vim", "nano", "vi", "code --wait", "", "delta", "0", "1"}
)
_USUAL_EDITOR: Final = re.compile(
    r"(?:code|vim|nvim|vi|nano|emacs|emacsclient|subl|micro|hx|less|delta|bat|diff-so-fancy)"
    r"(?:\s+-[\w-]+)*$"
)
_SETTINGS_AS_PATHS: Final = re.compile(
    r"(?i)^(?:core\.(?:hookspath|worktree)|init\.templatedir|include\.path|includeif\..+)$"
)


def runs_code(key: str, value: str) -> bool:
    """Whether git runs, from now on, what a setting names; the usual programs do not count."""
    lower = key.lower()
    if not _CODE_KEYS.match(key) or value.lower() in _USUAL:
        return False
    if lower.startswith(("alias.", "credential", "submodule.")):
        return value.startswith("!") or (lower.startswith("credential") and value[:1] in "/~.")
    return _USUAL_EDITOR.match(value) is None or not lower.endswith(("editor", "pager"))


def note_destination(call: Call, key: str, value: Value) -> None:
    """Remember the remotes whose address a setting changes: a push to them goes elsewhere."""
    found = _DESTINATION.match(key)
    if found is None:
        return
    if found["base"]:
        before, after = _HOST.match(value.plain), _HOST.match(found["base"])
        if before and after and before[1] == after[1]:
            return  # another way to the same host
    call.shell.remotes.add(found["remote"] or "*")


def follow_setting(call: Call, key: str, value: Value) -> None:
    """Note what a setting runs later, or at once with `-c`."""
    shell = call.shell
    note_destination(call, key, value)
    if not _CODE_KEYS.match(key):
        return
    text = value.text
    if key.lower().startswith("alias.") and not text.startswith("!"):
        return
    if _SETTINGS_AS_PATHS.match(key):
        if shell.locate(text).where not in {"inside", "none"}:
            shell.note("exec-unknown", shell.locate(text).where, call.part)
        return
    if key.lower().startswith(("credential", "protocol")) and text[:1] not in {"!", "/", "~"}:
        if key.lower().startswith("protocol"):
            shell.note("exec-unknown", "none", call.part)
        return
    if text.lower() in _USUAL:
        return
    shell.run_text(Value(text.removeprefix("!").strip(), value.taints), part=call.part)


def config(call: Call, part: str) -> Value:
    """`git config`: reads, writes the repository's settings, or the user's."""
    shell = call.shell
    operands = [
        o
        for o in call.operands({"-f", "--file", "--blob", "--type", "--default"})
        if o.plain not in {"set", "get", "list", "unset", "edit"}
    ]
    reads = (
        call.has("--get", "--get-all", "--get-regexp", "--list", "-l", "--get-urlmatch")
        or call.words[:1] in (["get"], ["list"])
        or (
            not operands[1:]
            and not call.has(
                "--unset", "--unset-all", "-e", "--edit", "--remove-section", "--rename-section"
            )
        )
    )
    if reads:
        shell.note("read", "inside", part)
        return ANYTHING
    if call.has("--global", "--system"):
        shell.note("configure", "home" if call.has("--global") else "system", part)
    target = call.value_of("-f", "--file")
    if target is not None:
        shell.write(target, part)
    if len(operands) > 1 and runs_code(operands[0].plain, operands[1].text):
        shell.note("persist", "inside", part)
    if len(operands) > 1:
        follow_setting(
            Call(name="git", arguments=call.arguments, stdin=call.stdin, shell=shell),
            operands[0].plain,
            operands[1],
        )
    shell.note("write", "inside", part)
    return NOTHING
