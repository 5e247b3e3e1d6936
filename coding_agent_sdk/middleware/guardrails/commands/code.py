"""Follows short programs in other languages: their calls of the system, files and network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.python_code import Reader
from coding_agent_sdk.middleware.guardrails.commands.python_values import (
    BACKWARDS,
    expand_home,
    parse_python,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    SECRET,
    STAR,
    Value,
    bounded,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower

_STRING: Final = re.compile(
    r"\"((?:[^\"\\]|\\.){0,4000})\"|'((?:[^'\\]|\\.){0,4000})'|`((?:[^`\\]"
    r"|\\.){0,4000})`|(?<!\w)(?:q[qxw]?|%[xqQ])(?:\{([^}]{0,800})\}|\(([^)]{0,800})\)"
    r"|/([^/]{0,800})/|\[([^\]]{0,800})\])"
)
_PRINTS: Final = re.compile(
    r"\s*(?:print|puts|echo|say|console\.log|process\.stdout\.write|io\.write|\$stdout\.puts"
    r"|print_r|printf|p)\s*\(?\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')\s*\)?\s*;?\s*"
)
_RUNS: Final = re.compile(
    r"\b(?:system|exec|execSync|execFile|execFileSync|spawn|spawnSync|popen|popen2"
    r"|popen3|passthru|shell_exec|proc_open|pcntl_exec|os\.execute|io\.popen|Open3"
    r"|Kernel\.|IO\.popen|qx|subprocess|child_process|do\s+shell\s+script|Process"
    r"|ProcessBuilder|getRuntime|execve|execvp|execlp|execl|run_command|call-process"
    r"|shell-command|sh\b|-\||Deno\.(?:run|Command)|Bun\.(?:spawn|\$))|`|%x|\|&?\s*getline"
    r"|System\.cmd|:os\.cmd|\bos:cmd|run-program|[\"']\s*\.!|open\s*\(?[^;()]{0,200}[\"']\s*\|"
    r"|open\s*\(?[^;()]{0,200}\|\s*[\"']|print[^;}]{0,200}\||^\s*!|:!|\bsil(?:ent)?!?\s+!|\bshell\s"
)
_DELETES: Final = re.compile(
    r"\b(?:unlink|unlinkSync|rmtree|rmSync|rmdirSync|rm_rf|rm_r|rmdir|remove_tree"
    r"|remove_entry|remove_dir|removeSync|emptyDirSync|rimraf|deltree|delete_file"
    r"|remove|del|RemoveAll|remove_dir_all|remove_file|deleteRecursively|rm!?)\b|\bfs\.rm\b|FileUtils\.(?:rm|remove)|File\.delete|Dir\.(?:delete"
    r"|rmdir)|os\.remove|shutil\.rmtree|Files\.delete|\bfile:del(?:ete|_dir)\w*|\.unlink\b|delete-(?:file"
    r"|directory)|Deno\.remove"
)
_WRITES: Final = re.compile(
    r"writeFile|appendFile|createWriteStream|truncate|file_put_contents"
    r"|fopen\([^)]{0,200}['\"][wa+]|open\s*\(?[^)]{0,200}['\"]?\s*>{1,2}"
    r"|open\([^)]{0,200},\s*['\"][wax+]|File\.(?:write|open\([^)]{0,200}['\"][wa])|IO\.write"
    r"|openSync\([^)]{0,200},\s*['\"][wa]|mkdir|mkfifo|chmod(?:Sync)?|binwrite|File\.new\([^)]{0,200}['\"][wa]"
    r"|FileUtils\.(?:touch|mkdir\w*|chmod\w*)|\btouch\b|utimes|\brename(?:Sync)?\b|write_text|write_bytes|io\.open\([^)]{0,200}['\"][wa]"
)
_COPIES: Final = re.compile(
    r"(?:\b(?:copyFile|cp|symlink|link|rename)(?:Sync)?|FileUtils\.\w+|File\.(?:symlink|link|rename)"
    r"|\b(?:copy|move|link|symlink))\s*\(?\s*(?:\"[^\"]{0,400}\"|'[^']{0,400}')\s*,\s*[\"']([^\"']{1,400})[\"']"
)
"""Calls that write their second path."""
_READS: Final = re.compile(
    r"readFile|createReadStream|File\.(?:read|open|foreach|readlines)|IO\.read|file_get_contents"
    r"|\bfopen\b|\bopen\b|\bslurp\b|\breadfile\b|\bfile\("
)
_SENDS: Final = re.compile(
    r"(?i)\bhttps?(?:['\"]\))?\.(?:request|get|post)|fetch\s*\(|axios|urlopen|urllib"
    r"|requests\.|httpx|Net::HTTP|LWP|HTTP::Tiny|curl_"
    r"|file_get_contents\(\s*['\"]https?|fsockopen|socket|net\.(?:connect"
    r"|createConnection|Socket)|TCPSocket|IO::Socket|sendto|smtplib|ftplib|dgram"
    r"|WebSocket|open-uri|URI\.open|http\.client|paramiko|telnetlib|socket\.http"
    r"|boto3|XMLHttpRequest|dns['\"]?\)?\.(?:lookup|resolve)|gethostbyname"
)
_FETCHES: Final = re.compile(r"(?i)https?://|ftp://|urlopen|urlretrieve")
_EVALUATES: Final = re.compile(
    r"\b(?:eval|exec|instance_eval|class_eval|Function|compile|loadstring|load"
    r"|vm\.run\w*|runIn\w*Context|assert|create_function|runInNewContext|__import__)\s*[(\s$]"
    r"|\.(?:then|map|forEach|each)\(\s*&?:?eval\b"
)
_SHELL_OUT: Final = re.compile(
    r"(?i)/bin/(?:ba|z|da|k)?sh|cmd\.exe|powershell|pty\.spawn|dup2|>&S\b|\bsh\s+-i|/bin/sh"
)
_SOCKET: Final = re.compile(
    r"(?i)require\(['\"]net['\"]\)|socket|/inet/(?:tcp|udp)|TCPSocket|fsockopen|net\.(?:connect|Socket"
    r"|createConnection)|net\.Dial|/dev/tcp"
)
_SECRETS: Final = re.compile(
    r"(?i)\.ssh\b|id_(?:rsa|ed25519|ecdsa|dsa)|\.aws\b|\.netrc|\.npmrc|\.pypirc"
    r"|\.docker/config|\.kube/config|\.git-credentials|\.gnupg|/etc/shadow"
    r"|169\.254\.169\.254|metadata\.google\.internal|\.config/(?:gcloud|gh)|\.pgpass|\.env\b|credentials|"
    r"(?:os\.environ|process\.env|ENV|getenv|\$_ENV|%ENV|\$ENV)\W{0,4}\w*(?:SECRET"
    r"|TOKEN|KEY|PASS|CRED)\w*|(?:dict|str|json\.dumps|JSON\.stringify|repr|print_r"
    r"|urlencode|list)\(\s*(?:dict\()?(?:os\.environ|process\.env|ENV|\$_ENV"
    r"|getenv\(\))|(?:os\.environ|process\.env)\s*[,)+]|ENV\.(?:to_h|inspect|to_a|map"
    r"|to_json)"
)
_MULTIPLIES: Final = re.compile(
    r"\bfork\s*(?:\(\s*\))?\s*(?:while|until)|(?:while|loop|for\s*\(;;\)"
    r"|until)[^;]{0,40}\bfork\b|while[ (]*(?:1|True"
    r"|true)[):\s{]*[^;]{0,80}\b(?:fork|spawn)\b|\bfork\(\)\s*for\b|forkbomb"
    r"|while\s*\(1\)\s*\{?\s*system\([^)]{0,200}&"
)
_HOME: Final = re.compile(
    r"Dir\.home|homedir\(\)|Path\.home\(\)|(?:ENV|env(?:\.get)?|environ|_ENV"
    r"|getenv)\W{1,3}[\"']?HOME\b(?![\"'\])}]*\s*[+./,]\s*[\"'./])"
)
_ENCODINGS: Final = re.compile(
    r"base64|b64|atob|fromCharCode|unhexlify|fromhex|pack\s*\(?['\"]H|Buffer\.from|rot13"
)
_EDITORS: Final = names(
    "vim nvim vi ex view rview rvim gvim vimdiff gdb lldb expect tclsh less more dc"
)
_KILLS_ALL: Final = re.compile(r"\bkill\b[^;\n]{0,30}(?<![\w.])-1\b")
_PROGRAM: Final = re.compile(r"(?:/[\w./-]{0,40}/)?[a-z][\w.-]{1,20}")
_ABSOLUTE: Final = re.compile(r"^(?:/|~|\.\.|\$HOME|[A-Za-z]:[\\/])")
_MAX_CODE: Final = 10_000
_SUBSTITUTES: Final = re.compile(
    r"(?:\s*+(?:s|tr|y)([/|#,!])(?:(?!\1)[^\\]|\\.)*+\1(?:(?!\1)[^\\]|\\.)*+\1[gimsxacdr]*+\s*+;?)++\s*",
    re.DOTALL,
)
"""Perl that only replaces text; without `e` what is put in its place is no code."""

_INTERPOLATES: Final = re.compile(r"@|\$(?!\d)|\$\d+\s*[\[{-]|\([?*]{1,2}\{")
"""Where it may run code all the same: in a subscript, in a block of a pattern."""


def follow_code(shell: Follower, language: str, code: str, part: str, stdin: Value) -> Value:
    """Note what a program in another language would do.

    Args:
        shell: the shell that runs it.
        language: its name, such as `"python"` or `"perl"`.
        code: the program.
        part: the call as it is shown in a reason.
        stdin: what it may read.

    Returns:
        What it prints: never known, but the labels of what it reads stay.
    """
    if len(code) > _MAX_CODE:
        shell.note("exec-unknown", "none", part)
        code = code[:_MAX_CODE]
    shell.patience.check(len(code) >> 7)
    if _MULTIPLIES.search(code):
        shell.note("exhaust", "none", part)
    if (
        (_SOCKET.search(code) and _SHELL_OUT.search(code))
        or (
            _SOCKET.search(code)
            and re.search(
                r"popen|proc_open|\bexec\b|\bsystem\b|subprocess|spawn|shell_exec|`", code
            )
            and not re.search(r"(?i)setsockopt|getaddrinfo.*print", code)
        )
        or ("/inet/" in code and "getline" in code)
    ):
        shell.note("remote-shell", "remote", part)
    _network(shell, code, part, stdin)
    if language in {"python", "pypy", "ipython"}:
        tree = parse_python(code)
        if tree is not None:
            reader = Reader(shell, part)
            reader.read(tree)
            printed = reader.printed()
            if printed is not None:
                return bounded(Value(printed, frozenset({HIDDEN})))
            return _printed(code, stdin)
    _by_signs(shell, language, code, part)
    if found := _PRINTS.fullmatch(code):
        text = found[1] or found[2] or ""
        return Value(re.sub(r"\\(.)", r"\1", text) + "\n", frozenset({HIDDEN}))
    return _printed(code, stdin)


def _printed(code: str, stdin: Value) -> Value:
    taints = {HIDDEN} if BACKWARDS.search(code) else set()
    taints |= (
        set(stdin.taints) if re.search(r"stdin|STDIN|<>|\$_|gets|readline|input\(", code) else set()
    )
    if _SECRETS.search(code):
        taints.add(SECRET)
    return ANYTHING.tainted(*taints)


def _network(shell: Follower, code: str, part: str, stdin: Value) -> None:
    """Note what leaves and what is fetched to be run."""
    if (
        _EVALUATES.search(code)
        and _FETCHES.search(code)
        and not re.search(r"json\.loads?|JSON\.parse|literal_eval", code)
    ):
        shell.note("net-exec", "remote", part)
    if not _SENDS.search(code):
        return
    reads_input = re.search(r"stdin|STDIN|<>|gets", code) is not None
    local = re.search(r"https?://(?:localhost|127\.0\.0\.1)", code) and not re.search(
        r"https?://(?!localhost|127\.0\.0\.1)", code
    )
    if not local and (_SECRETS.search(code) or (reads_input and stdin.taints & {SECRET, "home"})):
        shell.note("net-send-secret", "remote", part)
    elif (
        re.search(r"/bin/sh|\bsystem\s*\(|os\.system|execSync|subprocess", code)
        and re.search(r"(?i)\.read\(\)|\.text\b|\.body\b|urlretrieve", code)
        and _FETCHES.search(code)
    ):
        shell.note("net-exec", "remote", part)


def _by_signs(shell: Follower, language: str, code: str, part: str) -> None:
    """Judge by the calls and strings in the text, whatever the language."""
    shell.patience.check(len(code) >> 2)  # a search for each sign, and its strings are followed
    if language == "perl" and _SUBSTITUTES.fullmatch(code) and not _INTERPOLATES.search(code):
        return
    code = _folded(code)
    strings = _strings(code)
    editor = language in _EDITORS
    runs = _RUNS.search(code) is not None or (editor and "!" in code)
    if _EVALUATES.search(code):
        for text in strings:
            if text != code and _RUNS.search(text):
                _run_strings(shell, _strings(text), part)
    if runs:
        _run_strings(shell, strings, part)
        _commands_of_editors(shell, language, code, part)
    paths = [expand_home(shell, s) for s in strings if _ABSOLUTE.match(s)]
    paths += [m for m in re.findall(r"<(/[^<>\n]{1,200})>", code) if language == "perl"]
    if _HOME.search(code):
        paths.append(shell.home)
    _use_named(shell, code, strings, part)
    _use_paths(shell, code, paths, part, runs=runs)
    if _KILLS_ALL.search(code):
        shell.note("stop-machine", "system", part)
    if (runs or _EVALUATES.search(code)) and _ENCODINGS.search(code):
        shell.note("exec-hidden", "none", part)


def _run_strings(shell: Follower, strings: list[str], part: str) -> None:
    """Follow each string as a command, also with those after it: its words may be apart."""
    if strings[1:]:
        shell.run_text(Value(" ".join(strings[:24])), part=part)
    for index, text in enumerate(strings):
        shell.run_text(Value(text), part=part)
        if strings[index + 1 :] and _PROGRAM.fullmatch(text):
            shell.run_text(Value(" ".join(strings[index : index + 8])), part=part)


def _use_paths(shell: Follower, code: str, paths: list[str], part: str, *, runs: bool) -> None:
    """Note what happens to the paths that the code names."""
    if _DELETES.search(code):
        for path in paths:
            shell.delete(Value(path.replace("*", STAR)), part)
    elif _WRITES.search(code):
        redirected = re.findall(r"['\"]\s*>{1,2}\s*(/[^'\"]+)['\"]", code)
        for path in [*paths, *redirected]:
            shell.write(Value(path.lstrip("> ")), part)
    elif not runs:
        for path in paths:
            if shell.locate(path).where == "credential":
                shell.read(Value(path), part)


def _use_named(shell: Follower, code: str, strings: list[str], part: str) -> None:
    """Note what is copied to where, and which files of secrets of the workspace are read."""
    for copied in _COPIES.finditer(code):
        shell.write(Value(expand_home(shell, copied[1])), part)
    if not _READS.search(code) or _WRITES.search(code):
        return
    for text in strings:
        if shell.locate(text).where == "credential" and not _ABSOLUTE.match(text):
            shell.read(Value(text), part)


def _commands_of_editors(shell: Follower, language: str, code: str, part: str) -> None:
    """`vim -c ':!command'`, `gdb -ex 'shell command'`."""
    if language not in _EDITORS:
        return
    for nested in re.finditer(r"[\[;{]\s*(?:exec|spawn)\s+([^\];}\n]+)", code):
        shell.run_text(Value(nested[1]), part=part)
    for line in code.splitlines():
        found = re.match(
            r"\s*:?(?:sil(?:ent)?!?\s+)?(?:%?!|r\s*!|shell\s|platform\s+shell\s|!|spawn\s|exec\s)\s*(.+)",
            line,
        )
        if found:
            shell.run_text(Value(found[1]), part=part)


def _folded(code: str) -> str:
    """Return the code with the strings that `+` or `.` join as one."""
    if re.search(r"['\"]\s*(?:\+|\.{1,2}|<>)\s*['\"]", code) is None:
        return code
    return re.sub(r"(['\"])\s*(?:\+|\.|\.\.|<>|)\s*\1", "", code)


def _strings(code: str) -> list[str]:
    """Return the string literals."""
    found = [next((g for g in m.groups() if g is not None), "") for m in _STRING.finditer(code)]
    return [re.sub(r"\\(.)", r"\1", s) for s in found if s.strip()][:40]
