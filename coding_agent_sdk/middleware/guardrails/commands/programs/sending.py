"""What `curl` sends: bodies, forms, headers and files, and the keys it uses for that."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import is_suspicious
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    FILE,
    HOME,
    SECRET,
    SECRET_VARIABLE,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_BODIES: Final = (
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--data-ascii",
    "--json",
    "-F",
    "--form",
    "-T",
    "--upload-file",
    "--form-string",
)
_FILES_IN: Final[dict[str, re.Pattern[str]]] = {
    **named("-H --header --proxy-header", re.compile("@(.+)")),
    **named("--url-query --variable", re.compile(r"[^@=]*@(.+)")),
}
"""Options that send a file where their value names one, and how it does."""

_READ_HERE: Final = names("--cert -E --key --netrc-file")
_SERVICE_OF_CONTAINERS: Final = re.compile(r"(?:docker|podman|containerd|crio)[\w.-]*\.sock$")
_PORT_OF_CONTAINERS: Final = re.compile(r"(?:https?://)?[\w.\[\]:-]+:237[56](?:/|$)")


def read_own(call: Call, urls: list[Value]) -> None:
    """Note the keys and passwords that a request uses, and requests that command containers."""
    shell = call.shell
    for option in _READ_HERE:
        if (file := call.value_of(option)) is not None:
            path, colon, _ = file.text.partition(":")
            shell.read(Value(path if colon else file.text, file.taints), call.part)
    cookies = call.value_of("-b", "--cookie")
    if cookies is not None and cookies.known and "=" not in cookies.text and cookies.text:
        shell.read(cookies, call.part)
    if call.has("-n", "--netrc", "--netrc-optional") and call.value_of("--netrc-file") is None:
        shell.read(Value(f"{shell.home}/.netrc"), call.part)
    socket = call.value_of("--unix-socket", "--abstract-unix-socket")
    if (socket is not None and _SERVICE_OF_CONTAINERS.search(socket.plain)) or any(
        _PORT_OF_CONTAINERS.match(url.plain) for url in urls
    ):
        shell.note("configure", "system", call.part)


@dataclass(kw_only=True, slots=True)
class _Sending:
    """What a request carries: the labels of its bodies, and where its files come from."""

    taints: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


_CARRIERS: Final = (("-b", "--cookie"), ("-A", "--user-agent"), ("-e", "--referer"))


def send_bodies(call: Call, urls: list[Value], *, local: bool) -> None:
    """Note what is sent: bodies, forms, uploads, and what the URL itself carries."""
    sending = _Sending()
    for option, body in _bodies(call):
        _add_body(call, sending, option, body)
    _add_named_files(call, sending)
    if local:
        return
    address = urls[0].plain if urls else ""
    doubtful = is_suspicious(address)
    for url in urls:
        sending.taints |= url.taints & ({SECRET, HOME} | ({SECRET_VARIABLE} if doubtful else set()))
        if FILE in url.taints:
            sending.files.add("outside")
    for spellings in _CARRIERS:
        # A cookie, a referrer or a program's name is no place for a key; a header may be.
        if (carried := call.value_of(*spellings)) is not None:
            sending.taints |= carried.taints & {SECRET, HOME}
    _note_sending(call, sending, doubtful=doubtful)


def _add_named_files(call: Call, sending: _Sending) -> None:
    """Add the files and variables that headers, queries and `--variable` name."""
    for option, pattern in _FILES_IN.items():
        for value in _values_of(call, option):
            if found := pattern.match(value.text):
                _add_body(call, sending, "-d", Value(f"@{found[1]}", value.taints))
            elif option == "--variable" and value.text[:1] == "%":
                name = re.sub(r"\W.*", "", value.text[1:])
                sending.taints |= call.shell.variable(name).taints


def _values_of(call: Call, option: str) -> Iterator[Value]:
    """Yield every value that is given with an option."""
    for index, argument in enumerate(call.arguments):
        clustered = option[:2] != "--" and re.fullmatch(rf"-[a-zA-Z]+{option[1]}", argument.text)
        if argument.text == option or clustered:
            yield call.after(index)
        elif argument.text.startswith(f"{option}=" if option[:2] == "--" else option):
            yield Value(argument.text[len(option) :].lstrip("="), argument.taints)


def _bodies(call: Call) -> Iterator[tuple[str, Value]]:
    """Yield the options that send, with what they send, in any spelling."""
    for index, argument in enumerate(call.arguments):
        option, _, attached = argument.text.partition("=")
        if re.fullmatch(r"-[a-zA-Z]+[dFT]", option) and index + 1 < len(call.arguments):
            yield f"-{option[-1]}", call.arguments[index + 1]
        if argument.text in _BODIES and index + 1 < len(call.arguments):
            yield argument.text, call.arguments[index + 1]
        elif option in _BODIES and attached:
            yield option, Value(attached, argument.taints)
        elif argument.text[:2] in {"-d", "-F", "-T"} and argument.text[2:]:
            yield argument.text[:2], Value(argument.text[2:], argument.taints)


def _add_body(call: Call, sending: _Sending, option: str, body: Value) -> None:
    shell = call.shell
    sending.taints |= body.taints - {FILE}
    if FILE in body.taints:
        sending.files.add("inside")
    sent = _body_file(option, body)
    if sent == "-":
        sending.taints |= call.stdin.taints
        if call.stdin.taints & {FILE, HOME}:
            sending.files.add("outside")
    elif sent is not None:
        content = shell.read(Value(sent, body.taints), call.part)
        sending.taints |= content.taints - {FILE}
        where = shell.locate(sent).where
        known = {"credential": "credential", "inside": "inside", "scratch": "inside"}
        sending.files.add(known.get(where, "outside"))


def _note_sending(call: Call, sending: _Sending, *, doubtful: bool) -> None:
    shell = call.shell
    secret = (
        bool(sending.taints & {SECRET, HOME})
        or (SECRET_VARIABLE in sending.taints and doubtful)
        or (bool(call.taints & {SECRET, SECRET_VARIABLE, HOME}) and doubtful)
        or "credential" in sending.files
        or (shell.carries_secrets and bool(sending.files))
    )
    if secret:
        shell.note("net-send-secret", "remote", call.part)
    elif "outside" in sending.files:
        shell.note("net-send-files", "home", call.part)
    elif sending.files:
        shell.note("net-send-files", "home" if doubtful else "remote", call.part)


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
