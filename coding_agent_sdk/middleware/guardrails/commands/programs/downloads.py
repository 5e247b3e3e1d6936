"""Programs that fetch and send by URL: `curl`, `wget` and their kin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import (
    URL,
    is_local,
    is_metadata,
    is_suspicious,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.sending import read_own, send_bodies
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


def curl(call: Call) -> Value:
    """`curl`: downloads to standard output or files; bodies and forms send."""
    shell = call.shell
    urls = list(call.operands(_CURL_VALUES)) + ([v] if (v := call.value_of("--url")) else [])
    config = call.value_of("-K", "--config")
    if config is not None:
        _follow_config(call, config)
    local = bool(urls) and all(is_local(u.plain) for u in urls)
    send_bodies(call, urls, local=local)
    read_own(call, urls)
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
