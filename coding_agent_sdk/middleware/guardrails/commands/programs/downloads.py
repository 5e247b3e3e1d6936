"""Programs that fetch and send by URL: `curl`, `wget` and their kin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import (
    URL,
    is_local,
    is_metadata,
    is_suspicious,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    FILE,
    HOME,
    NET,
    NOTHING,
    SECRET,
    SECRET_VARIABLE,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_CURL_VALUES: Final = names(
    "-H --header -A --user-agent -b --cookie -c --cookie-jar -d --data --data-raw "
    "--data-binary --data-urlencode --data-ascii --json -e --referer -F --form "
    "--form-string -m --max-time --connect-timeout -o --output -u --user -U "
    "--proxy-user -w --write-out -x --proxy -X --request -T --upload-file -r "
    "--range --retry --retry-delay --retry-max-time -C --continue-at -K --config "
    "--cacert --cert --key -E --resolve --interface --limit-rate --max-filesize "
    "-y -Y -z --dump-header -D --url --oauth2-bearer --output-dir --max-redirs "
    "--unix-socket --socks5 --ciphers --aws-sigv4 --stderr --trace --trace-ascii "
    "--netrc-file --connect-to --rate --variable --etag-save --etag-compare "
    "--capath --pinnedpubkey --proxy-header --url-query --expand-url --expand-data "
    "--expand-header"
)


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


def curl(call: Call) -> Value:
    """`curl`: downloads to standard output or files; bodies and forms send."""
    shell = call.shell
    urls = list(call.operands(_CURL_VALUES)) + ([v] if (v := call.value_of("--url")) else [])
    config = call.value_of("-K", "--config")
    if config is not None:
        _follow_config(call, config)
    local = bool(urls) and all(is_local(u.plain) for u in urls)
    _send_bodies(call, urls, local=local)
    _read_own(call, urls)
    _note_metadata(call, urls)
    shown = call.value_of("-w", "--write-out")
    for file in re.findall(r"%output\{(?:>>)?([^}]*)\}", shown.plain) if shown else ():
        shell.write(Value(file), call.part)
    method = call.value_of("-X", "--request")
    if method is not None and method.plain.upper() == "DELETE" and not local:
        shell.note("destroy-remote", "remote", call.part)
    for url in urls:
        if url.text.startswith("file://"):
            return shell.read(Value(url.text.removeprefix("file://"), url.taints), call.part)
    if not local:
        shell.note("net-receive", "remote", call.part)
    else:
        shell.note("net-receive", "none", call.part)
    return _received(call, urls)


def _read_own(call: Call, urls: list[Value]) -> None:
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


def _follow_config(call: Call, path: Value) -> None:
    """Follow the options in a file of `curl -K`; one from elsewhere is asked about."""
    shell = call.shell
    content = call.stdin if path.text == "-" else shell.read(path, call.part)
    if content.known and content.text:
        words = [Value("curl")]
        for line in content.text.splitlines():
            found = re.match(r"\s*-{0,2}([\w-]+)\s*[=:\s]?\s*\"?([^\"]*)\"?", line)
            if found:
                words.append(Value(f"--{found[1]}"))
                words += [Value(found[2].strip())] if found[2].strip() else []
        shell.run_words(words)
    elif path.text == "-" or shell.locate(path.text).where not in {"inside", "credential"}:
        shell.note("exec-unknown", "none", call.part)


def _note_metadata(call: Call, urls: list[Value]) -> None:
    """Note that a cloud's address for its machines' credentials is asked."""
    if any(is_metadata(url.plain) for url in urls):
        call.shell.note("read-secret", "credential", call.part)


def _received(call: Call, urls: list[Value]) -> Value:
    """Note where a download goes; standard output carries it on."""
    shell = call.shell
    secret = {SECRET} if any(is_metadata(url.plain) for url in urls) else set()
    content = ANYTHING.tainted(NET, *secret)
    folder = call.value_of("--output-dir")
    for option in (
        "-D",
        "--dump-header",
        "-c",
        "--cookie-jar",
        "--trace",
        "--trace-ascii",
        "--stderr",
        "--etag-save",
    ):
        target = call.value_of(option)
        if (
            target is not None
            and target.text not in {"-", ""}
            and not (option == "-c" and call.name != "curl")
        ):
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
    """Return what follows a cluster that ends with a letter, such as `-sSLo file`."""
    for index, word in enumerate(call.words):
        if re.fullmatch(rf"-[a-zA-Z]+{letter}", word) and index + 1 < len(call.arguments):
            return call.arguments[index + 1]
    return None


@dataclass(kw_only=True, slots=True)
class _Sending:
    """What a request carries: the labels of its bodies, and where its files come from."""

    taints: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


_CARRIERS: Final = (("-b", "--cookie"), ("-A", "--user-agent"), ("-e", "--referer"))


def _send_bodies(call: Call, urls: list[Value], *, local: bool) -> None:
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
        if argument.text == option:
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


_HARMLESS_SETTING: Final = re.compile(
    r"\s*(?:robots|\w*timeout|tries|\w*proxy|user_?agent|header|check_?certificate|wait|limit_?rate"
    r"|max_?redirect|quiet|verbose|progress|continue|timestamping|referer)\s*="
)
"""What `wget -e` may set without writing or running anything."""


def _follow_settings(call: Call) -> None:
    """Follow the program that asks for a password, and settings given in the command."""
    askpass = call.value_of("--use-askpass")
    if askpass is not None:
        call.shell.run_text(askpass, part=call.part)
        call.shell.note("exec-unknown", "none", call.part)
    setting = call.value_of("-e", "--execute")
    if setting is not None and not _HARMLESS_SETTING.match(setting.plain):
        call.shell.note("exec-unknown", "none", call.part)


def wget(call: Call) -> Value:
    """`wget`: writes a file named after the URL, or where `-O` says."""
    shell = call.shell
    values = names(
        "-O --output-document -P --directory-prefix -o -a -i -U --header --post-data "
        "--post-file -t -T -e -l -A -R -D -I -X --method --body-data --body-file "
        "--user --password --limit-rate -w --use-askpass"
    )
    urls = call.operands(values)
    _note_metadata(call, urls)
    _follow_settings(call)
    posted = call.value_of("--post-file", "--body-file")
    data = call.value_of("--post-data", "--body-data")
    local = bool(urls) and all(is_local(u.plain) for u in urls)
    taints = {t for u in urls for t in u.taints} | (set(data.taints) if data else set())
    if posted is not None:
        taints |= shell.read(posted, call.part).taints
    doubtful = any(is_suspicious(url.plain) for url in urls)
    carried = call.taints & {SECRET, SECRET_VARIABLE, HOME}
    if not local and (
        taints & {SECRET, HOME} or SECRET_VARIABLE in taints or (carried and doubtful)
    ):
        shell.note("net-send-secret", "remote", call.part)
    elif not local and (posted is not None or FILE in taints):
        shell.note("net-send-files", "home", call.part)
    shell.note("net-receive", "none" if local else "remote", call.part)
    attached = next(
        (w[w.index("O") + 1 :] for w in call.words if re.match(r"-[a-zA-Z]*O.", w) and w[1] != "-"),
        None,
    )
    target = (
        Value(attached)
        if attached
        else call.value_of("-O", "--output-document") or _clustered(call, "O")
    )
    if target is not None and target.text.startswith("-"):
        return ANYTHING.tainted(NET)
    if target is not None and target.text == "/dev/stdout":
        return ANYTHING.tainted(NET)
    folder = call.value_of("-P", "--directory-prefix") or _clustered(call, "P")
    for url in urls:
        name = re.sub(r"[?#].*", "", url.plain).rstrip("/").rpartition("/")[2] or "index.html"
        path = target or Value(f"{folder.text if folder else '.'}/{name}")
        shell.write(path, call.part, ANYTHING.tainted(NET))
    return NOTHING


def downloader(call: Call) -> Value:
    """`aria2c`, `axel`, `fetch`, `http` and others."""
    shell = call.shell
    shell.note("net-receive", "remote", call.part)
    urls = list(call.operands({"-o", "-d", "-x", "-s", "-n", "-j"}))
    _note_metadata(call, urls)
    if call.taints & {SECRET, "home"} or (
        call.name in {"http", "https", "xh"} and call.stdin.taints & {SECRET, "home"}
    ):
        shell.note("net-send-secret", "remote", call.part)
    elif (
        call.name in {"http", "https", "xh"}
        and FILE in call.stdin.taints
        and not any(is_local(u.plain) for u in urls)
    ):
        shell.note("net-send-files", "home", call.part)
    for url in urls:
        attached = re.search(r"[:=]?@([\w./~-]+)$", url.text)
        if attached and call.name in {"http", "https", "xh"} and not URL.match(url.text):
            content = shell.read(Value(attached[1]), call.part)
            shell.note(
                "net-send-secret" if SECRET in content.taints else "net-send-files",
                "remote",
                call.part,
            )
    target = call.value_of("-o", "--out", "--output")
    if target is not None and target.text not in {"-", "/dev/stdout"}:
        folder = call.value_of("-d", "--dir")
        shell.write(
            Value(f"{folder.text}/{target.text}" if folder else target.text),
            call.part,
            ANYTHING.tainted(NET),
        )
        return NOTHING
    if (
        call.name in {"aria2c", "axel", "yt-dlp", "youtube-dl", "lftp", "lwp-download"}
        and target is None
    ):
        folder = call.value_of("-d", "--dir") if call.name == "aria2c" else None
        for url in urls:
            name = url.plain.rstrip("/").rpartition("/")[2] or "index"
            shell.write(
                Value(f"{folder.text}/{name}" if folder else name),
                call.part,
                ANYTHING.tainted(NET),
            )
        command = call.value_of("-e", "-c", "--exec")
        if command is not None and call.name != "aria2c":
            shell.run_text(command, part=call.part)
        return NOTHING
    return ANYTHING.tainted(NET)


PROGRAMS: dict[str, Program] = {
    **named("curl curlie", curl),
    **named("wget wget2", wget),
    **named("aria2c axel fetch http https xh lwp-request lwp-download GET POST", downloader),
    **named("lynx w3m links elinks yt-dlp youtube-dl lftp ftp tftp", downloader),
}
