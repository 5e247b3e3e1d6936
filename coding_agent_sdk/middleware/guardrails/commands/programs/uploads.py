"""Programs that take files away: which of their arguments name what is sent or handed out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    FILE,
    HIDDEN,
    HOME,
    NOTHING,
    SECRET,
    SECRET_VARIABLE,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call


class Upload(NamedTuple):
    """How a program names what it takes.

    Attributes:
        pattern: finds the files in the arguments, joined by blanks; its groups are files.
        kind: `send` what is found; send `secrets` alone, as others are daily work; `read` it.
        stdin: whether the standard input is sent where no file is named.
    """

    pattern: re.Pattern[str]
    kind: str = "send"
    stdin: bool = False


_LOCAL: Final = re.compile(r"(?:^|[\s@/=])(?:localhost|127(?:\.\d+){3}|\[::1\])(?![\w.])")
_FILE: Final = r"([^\s;'\"]+)"
_OPTIONS: Final = r"(?:-\S+\s+)*"

UPLOADS: Final[dict[str, tuple[Upload, ...]]] = {
    **named(
        "lftp smbclient tftp ncftp",
        (Upload(re.compile(rf"\b(?:m?put|mirror\s+-\S*R\S*|reput)\s+{_OPTIONS}{_FILE}")),),
    ),
    "ftp": (Upload(re.compile(r"(?:^|\s)-u\s+\S+\s+(\S+)")),),
    **named(
        "croc wormhole magic-wormhole wormhole-william",
        (Upload(re.compile(rf"(?:^|\s)(?:send|tx)\s+{_OPTIONS}{_FILE}")),),
    ),
    **named(
        "pastebinit wgetpaste", (Upload(re.compile(r"(?:^|\s)(?:-i\s+)?([^-\s]\S*)"), stdin=True),)
    ),
    **named(
        "hf huggingface-cli",
        (Upload(re.compile(rf"^upload(?:-large-folder)?\s+{_OPTIONS}\S+\s+{_FILE}")),),
    ),
    "logger": (
        Upload(re.compile(r"^(?=.*(?:^|\s)(?:-n|--server)).*?(?:-f|--file)[\s=]?(\S+)")),
        Upload(re.compile(r"^(?=.*(?:^|\s)(?:-n|--server))(?!.*(?:-f|--file))()"), stdin=True),
    ),
    **named("dig", (Upload(re.compile(r"(?:^|\s)-f\s*(\S+)"), "secrets"),)),
    "ffmpeg": (
        Upload(
            re.compile(
                r"(?:^|\s)-i\s+(\S+).*\s(?:tcp|udp|tls|rtmps?|rtp|srt|https?|s?ftp)://\S+\s*$"
            )
        ),
    ),
    "mosquitto_pub": (Upload(re.compile(r"(?:^|\s)(?:-f\s*|--file[\s=])(\S+)"), stdin=True),),
    **named(
        "kcat kafkacat",
        (Upload(re.compile(r"^(?=.*(?:^|\s)-\w*P).*\s([^-\s]\S*)\s*$"), "secrets", stdin=True),),
    ),
    **named(
        "kubectl oc k",
        (
            Upload(re.compile(rf"(?:^|\s)cp\s+{_OPTIONS}([^\s:]+)\s+[^\s:]+:"), "secrets"),
            Upload(
                re.compile(r"\bcreate\s+(?:cm|configmap)\b.*?--from-(?:env-)?file[\s=](?:[^\s=]+=)?(\S+)"),
                "secrets",
            ),
            Upload(
                re.compile(r"\bcreate\s+secret\b.*?--from-(?:env-)?file[\s=](?:[^\s=]+=)?(\S+)"),
                "read",
            ),
        ),
    ),
    **named(
        "docker podman nerdctl buildah",
        (Upload(re.compile(r"(?:^|\s)--secret[\s=]\S*?\bs(?:ou)?rc(?:e)?=([^\s,]+)"), "read"),),
    ),
    "git": (Upload(re.compile(r"^(?:-\S+\s+)*hash-object\s(?:.*\s)?([^-\s]\S*)"), "read"),),
}  # fmt: skip
"""What is taken, by program."""


def follow_uploads(call: Call) -> None:
    """Note the files that a program sends, by the table."""
    for upload in UPLOADS.get(call.name, ()):
        found = upload.pattern.search(call.text)
        files = [group for group in found.groups() if group] if found else []
        if upload.kind == "read":
            for file in files:
                call.shell.read(Value(file), call.part)
        elif found is not None or upload.stdin:
            _send(call, files, upload)


def _send(call: Call, files: list[str], upload: Upload) -> None:
    taints = set(call.taints)
    outside = False
    for file in files:
        taints |= call.shell.read(Value(file), call.part).taints
        outside |= call.shell.locate(file).where not in {"inside", "scratch", "credential", "none"}
    if upload.stdin and call.stdin is not NOTHING:
        taints |= call.stdin.taints
    if taints & {SECRET, SECRET_VARIABLE, HOME}:
        call.shell.note("net-send-secret", "remote", call.part)
    elif (
        upload.kind == "send"
        and (files or taints & {FILE, HIDDEN})
        and not _LOCAL.search(call.text)
    ):
        call.shell.note("net-send-files", "home" if outside else "remote", call.part)
