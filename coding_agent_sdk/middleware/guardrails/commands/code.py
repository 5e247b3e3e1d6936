"""Follows short programs in other languages: their calls of the system, files and network."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Follower
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    NOTHING,
    SECRET,
    UNKNOWN,
    Value,
)

_STRING: Final = re.compile(r"\"((?:[^\"\\]|\\.){0,4000})\"|'((?:[^'\\]|\\.){0,4000})'|`((?:[^`\\]|\\.){0,4000})`|qx?[{(/]([^})/]{0,4000})[})/]|q[qw]?[{(/]([^})/]{0,4000})[})/]")
_RUNS: Final = re.compile(
    r"\b(?:system|exec|execSync|execFile|execFileSync|spawn|spawnSync|popen|popen2|popen3|passthru|shell_exec|proc_open|pcntl_exec|os\.execute|io\.popen|Open3|Kernel\.|IO\.popen|qx|subprocess|child_process|do\s+shell\s+script|Process|ProcessBuilder|getRuntime|execve|execvp|execlp|execl|run_command|call-process|shell-command|sh\b|-\|)|`|%x|\|&?\s*getline|print[^;}]*\||^\s*!|:!|\bshell\s"
)
_DELETES: Final = re.compile(
    r"\b(?:unlink|unlinkSync|rmtree|rmSync|rmdirSync|rm_rf|rm_r|rmdir|remove_tree|remove_entry|remove_dir|removeSync|emptyDirSync|rimraf|deltree|delete_file|remove|del)\b|\bfs\.rm\b|FileUtils\.(?:rm|remove)|File\.delete|Dir\.(?:delete|rmdir)|os\.remove|shutil\.rmtree|Files\.delete|\.unlink\b|delete-(?:file|directory)"
)
_WRITES: Final = re.compile(
    r"writeFile|appendFile|createWriteStream|truncate|file_put_contents|fopen\([^)]*['\"][wa+]|open\s*\(?[^)]*['\"]?\s*>{1,2}|open\([^)]*,\s*['\"][wax+]|File\.(?:write|open\([^)]*['\"][wa])|IO\.write|copyFile|renameSync|rename\(|write_text|write_bytes|io\.open\([^)]*['\"][wa]"
)
_SENDS: Final = re.compile(
    r"(?i)\bhttps?(?:['\"]\))?\.(?:request|get|post)|fetch\s*\(|axios|urlopen|urllib|requests\.|httpx|Net::HTTP|LWP|HTTP::Tiny|curl_|file_get_contents\(\s*['\"]https?|fsockopen|socket|net\.(?:connect|createConnection|Socket)|TCPSocket|IO::Socket|sendto|smtplib|ftplib|dgram|WebSocket|open-uri|URI\.open|http\.client|paramiko|telnetlib|socket\.http|boto3|XMLHttpRequest|dns\.(?:lookup|resolve)|gethostbyname"
)
_FETCHES: Final = re.compile(r"(?i)https?://|ftp://|urlopen|urlretrieve")
_EVALUATES: Final = re.compile(r"\b(?:eval|exec|instance_eval|class_eval|Function|compile|loadstring|load|vm\.run\w*|assert|create_function|runInNewContext|__import__)\s*[(\s$]")
_SHELL_OUT: Final = re.compile(r"(?i)/bin/(?:ba|z|da|k)?sh|cmd\.exe|powershell|pty\.spawn|dup2|>&S\b|\bsh\s+-i|/bin/sh")
_SOCKET: Final = re.compile(r"(?i)socket|/inet/(?:tcp|udp)|TCPSocket|fsockopen|net\.(?:connect|Socket|createConnection)|net\.Dial|/dev/tcp")
_SECRETS: Final = re.compile(
    r"(?i)\.ssh\b|id_(?:rsa|ed25519|ecdsa|dsa)|\.aws\b|\.netrc|\.npmrc|\.pypirc|\.docker/config|\.kube/config|\.git-credentials|\.gnupg|/etc/shadow|\.config/(?:gcloud|gh)|\.pgpass|\.env\b|credentials|"
    r"(?:os\.environ|process\.env|ENV|getenv|\$_ENV|%ENV|\$ENV)\W{0,4}\w*(?:SECRET|TOKEN|KEY|PASS|CRED)\w*|(?:dict|str|json\.dumps|JSON\.stringify|repr|print_r|urlencode|list)\(\s*(?:dict\()?(?:os\.environ|process\.env|ENV|\$_ENV|getenv\(\))|(?:os\.environ|process\.env)\s*[,)+]|ENV\.(?:to_h|inspect|to_a|map|to_json)"
)
_MULTIPLIES: Final = re.compile(
    r"\bfork\s*(?:\(\s*\))?\s*(?:while|until)|(?:while|loop|for\s*\(;;\)|until)[^;]{0,40}\bfork\b|while[ (]*(?:1|True|true)[):\s{]*[^;]{0,20}(?:os\.)?(?:fork|spawn)|forkbomb"
)
_BACKWARDS: Final = re.compile(r"base64|b64|atob|fromCharCode|unhexlify|fromhex|pack\s*\(?['\"]H|decode|rot13|\bchr\b|reverse|\[::-1\]|Buffer\.from|unpack", re.IGNORECASE)
_HOME: Final = re.compile(r"Dir\.home|homedir\(\)|Path\.home\(\)|(?:ENV|env|environ|_ENV|getenv)\W{1,3}[\"']?HOME\b(?![\"'\])}]*\s*[+./,]\s*[\"'./])")
_ABSOLUTE: Final = re.compile(r"^(?:/|~|\.\.|\$HOME|[A-Za-z]:[\\/])")
_MAX_CODE: Final = 40_000


def follow(shell: Follower, language: str, code: str, part: str, stdin: Value) -> Value:
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
    code = code[:_MAX_CODE]
    if _MULTIPLIES.search(code):
        shell.note("exhaust", "none", part)
    if _SOCKET.search(code) and _SHELL_OUT.search(code):
        shell.note("remote-shell", "remote", part)
    elif _SOCKET.search(code) and re.search(r"popen|proc_open|\bexec\b|\bsystem\s*\(|subprocess|spawn|shell_exec|`", code) and not re.search(r"(?i)setsockopt|getaddrinfo.*print", code):
        shell.note("remote-shell", "remote", part)
    elif "/inet/" in code and "getline" in code:
        shell.note("remote-shell", "remote", part)
    _network(shell, code, part, stdin)
    if language in {"python", "pypy", "ipython"}:
        tree = _parsed(code)
        if tree is not None:
            Reader(shell, part).read(tree)
            return _printed(code, stdin)
    _by_signs(shell, language, code, part)
    return _printed(code, stdin)


def _printed(code: str, stdin: Value) -> Value:
    taints = {HIDDEN} if _BACKWARDS.search(code) else set()
    taints |= set(stdin.taints) if re.search(r"stdin|STDIN|<>|\$_|gets|readline|input\(", code) else set()
    if _SECRETS.search(code):
        taints.add(SECRET)
    return ANYTHING.tainted(*taints)


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _network(shell: Follower, code: str, part: str, stdin: Value) -> None:
    """Note what leaves and what is fetched to be run."""
    if _EVALUATES.search(code) and _FETCHES.search(code) and not re.search(r"json\.loads?|JSON\.parse|literal_eval", code):
        shell.note("net-exec", "remote", part)
    if not _SENDS.search(code):
        return
    reads_input = re.search(r"stdin|STDIN|<>|gets", code) is not None
    local = re.search(r"https?://(?:localhost|127\.0\.0\.1)", code) and not re.search(r"https?://(?!localhost|127\.0\.0\.1)", code)
    if not local and (_SECRETS.search(code) or (reads_input and stdin.taints & {SECRET, "home"})):
        shell.note("net-send-secret", "remote", part)
    elif re.search(r"/bin/sh|\bsystem\s*\(|os\.system|execSync|subprocess", code) and re.search(r"(?i)\.read\(\)|\.text\b|\.body\b|urlretrieve", code) and _FETCHES.search(code):
        shell.note("net-exec", "remote", part)


def _by_signs(shell: Follower, language: str, code: str, part: str) -> None:
    """Judge by the calls and strings in the text, whatever the language."""
    strings = _strings(code)
    runs = _RUNS.search(code) is not None
    if runs:
        for text in strings:
            shell.run_text(Value(text), part=part)
        if len(strings) > 1:
            shell.run_text(Value(" ".join(strings[:24])), part=part)
        _commands_of_editors(shell, language, code, part)
    paths = [_expanded(shell, s) for s in strings if _ABSOLUTE.match(s)]
    paths += [m for m in re.findall(r"<(/[^<>\n]{1,200})>", code) if language == "perl"]
    if _HOME.search(code):
        paths.append(shell.home)
    if _DELETES.search(code):
        for path in paths:
            shell.delete(Value(path.replace("*", "\ue001")), part)
    elif _WRITES.search(code):
        for path in paths:
            shell.write(Value(path.lstrip("> ")), part)
        for path in re.findall(r"['\"]\s*>{1,2}\s*(/[^'\"]+)['\"]", code):
            shell.write(Value(path), part)
    elif not runs:
        for path in paths:
            if shell.locate(path).where == "credential":
                shell.read(Value(path), part)
    if _BACKWARDS.search(code) and (_EVALUATES.search(code) or runs) and re.search(r"base64|b64|atob|fromCharCode|unhexlify|fromhex|pack\s*\(?['\"]H|Buffer\.from|rot13", code):
        shell.note("exec-hidden", "none", part)


def _expanded(shell: Follower, path: str) -> str:
    return shell.home + path[1:] if path == "~" or path.startswith("~/") else path


def _commands_of_editors(shell: Follower, language: str, code: str, part: str) -> None:
    """`vim -c ':!command'`, `gdb -ex 'shell command'`."""
    if language not in {"vim", "nvim", "vi", "ex", "gdb", "lldb", "expect"}:
        return
    for line in code.splitlines():
        found = re.match(r"\s*:?(?:%?!|r\s*!|shell\s|platform\s+shell\s|!|spawn\s)\s*(.+)", line)
        if found:
            shell.run_text(Value(found[1]), part=part)


def _strings(code: str) -> list[str]:
    """Return the string literals, those joined by `+` or `.` as one."""
    folded = re.sub(r"(['\"])\s*(?:\+|\.|\.\.|<>|)\s*\1", "", code) if re.search(r"['\"]\s*(?:\+|\.{1,2}|<>)\s*['\"]", code) else code
    found = [next((g for g in m.groups() if g is not None), "") for m in _STRING.finditer(folded)]
    return [re.sub(r"\\(.)", r"\1", s) for s in found if s.strip()][:40]


_PYTHON_RUNS: Final = frozenset(
    "system popen popen2 popen3 getoutput getstatusoutput spawnlp spawnl spawnv spawnvp execl execlp execv execvp execve execvpe posix_spawn startfile create_subprocess_shell create_subprocess_exec check_output check_call Popen run call spawn".split()
)
_PYTHON_DELETES: Final = frozenset("rmtree remove unlink rmdir removedirs".split())
_PYTHON_MOVES: Final = frozenset("move rename renames replace copy copy2 copyfile copytree symlink link".split())


class Reader:
    """Reads Python code as far as its values are constant."""

    def __init__(self, shell: Follower, part: str) -> None:
        self._shell = shell
        self._part = part
        self._names: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {}

    def read(self, tree: ast.AST) -> None:
        """Visit the code in its order and note the effects of its calls."""
        for node in _in_order(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._names[node.targets[0].id] = self.text(node.value)
            elif isinstance(node, ast.For):
                self._bind(node.target, node.iter)
            elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                for generator in node.generators:
                    self._bind(generator.target, generator.iter)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
                self._endless(node)
            elif isinstance(node, ast.Call):
                self._call(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.asname:
                self._names[alias.asname] = alias.name

    def _endless(self, node: ast.While) -> None:
        if any(isinstance(n, ast.Call) and _name(n.func).endswith("fork") for n in ast.walk(node)):
            self._shell.note("exhaust", "none", self._part)

    def _bind(self, target: ast.expr, iterable: ast.expr) -> None:
        """Give the names of a loop what stands for each of its values."""
        text = self.text(iterable)
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                self._names[name.id] = text

    def _call(self, node: ast.Call) -> None:
        name = self._called(node.func)
        last = name.rpartition(".")[2]
        arguments = [self.text(a) for a in node.args]
        if last in _PYTHON_RUNS and (name != "call" and not name.startswith(("app.", "uvicorn.", "asyncio.run", "pytest."))) and arguments:
            self._run(node, name, arguments)
        elif last in _PYTHON_DELETES:
            self._delete(node, name, arguments)
        elif last in _PYTHON_MOVES and len(arguments) > 1:
            self._shell.write(Value(arguments[1]), self._part, self._shell.read(Value(arguments[0]), self._part) if arguments[0].startswith(("/", "~")) else NOTHING)
            if last in {"move", "rename", "replace"} and arguments[0].startswith(("/", "~", "..")):
                self._shell.delete(Value(arguments[0]), self._part)
        elif last in {"open", "write_text", "write_bytes", "read_text", "read_bytes", "truncate"}:
            self._open(node, last, arguments)
        elif last in {"exec", "eval", "compile"} and name in {"exec", "eval", "compile", "builtins.exec", "builtins.eval"}:
            self._evaluate(node)
        elif last == "chmod" and arguments:
            self._shell.note("permissions", self._shell.locate(arguments[0]).where, self._part)
        elif last == "kill" and arguments[:1] in (["-1"], ["1"]):
            self._shell.note("stop-machine", "system", self._part)
        elif last in {"setuid", "setgid"} and arguments[:1] == ["0"]:
            self._shell.note("escalate", "system", self._part)

    def _called(self, function: ast.expr) -> str:
        """Return the dotted name that is called, also behind `getattr` and `__import__`."""
        if isinstance(function, ast.Call):
            inner = self._called(function.func)
            if inner.endswith("getattr") and len(function.args) > 1:
                return f"{self._called(function.args[0])}.{self.text(function.args[1])}"
            if inner.endswith(("__import__", "import_module")) and function.args:
                return self.text(function.args[0])
            return inner
        if isinstance(function, ast.Attribute):
            return f"{self._called(function.value)}.{function.attr}"
        if isinstance(function, ast.Subscript):
            return f"{self._called(function.value)}.{self.text(function.slice)}"
        if isinstance(function, ast.Name):
            return self._names.get(function.id, function.id)
        return UNKNOWN

    def _run(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        first = node.args[0]
        hidden = any(isinstance(n, ast.Call) and _BACKWARDS.search(_name(n.func)) for a in node.args for n in ast.walk(a))
        taints = frozenset({HIDDEN}) if hidden else frozenset()
        if isinstance(first, ast.List | ast.Tuple):
            words = [Value(self.text(e)) for e in first.elts]
            self._shell.run_words(words)
        elif name.rpartition(".")[2].startswith(("exec", "spawn")) and len(arguments) > 1:
            words = arguments[2:] if name.rpartition(".")[2].startswith("spawn") or len(arguments) > 2 else []  # noqa: PLR2004
            self._shell.run_words([Value(arguments[0]), *(Value(w) for w in words)])
            for element in node.args[1:]:
                if isinstance(element, ast.List | ast.Tuple):
                    self._shell.run_words([Value(self.text(e)) for e in element.elts])
        else:
            self._shell.run_text(Value(arguments[0], taints), part=self._part)

    def _delete(self, node: ast.Call, name: str, arguments: list[str]) -> None:
        target = arguments[0] if arguments else self._path_of(node.func)
        if not arguments and name.rpartition(".")[2] == "remove":
            return
        if arguments and name.rpartition(".")[2] == "remove" and not name.startswith("os"):
            return
        self._shell.delete(Value(target.replace("*", "\ue001")), self._part)

    def _path_of(self, function: ast.expr) -> str:
        return self.text(function.value) if isinstance(function, ast.Attribute) else UNKNOWN

    def _open(self, node: ast.Call, last: str, arguments: list[str]) -> None:
        path = arguments[0] if last == "open" and arguments and not isinstance(node.func, ast.Attribute) else self._path_of(node.func)
        if last == "open" and isinstance(node.func, ast.Attribute):
            path = arguments[0] if _name(node.func).startswith(("io", "os", "codecs")) and arguments else path
        mode = arguments[1] if len(arguments) > 1 else next((self.text(k.value) for k in node.keywords if k.arg == "mode"), "r")
        if last.startswith("write") or last == "truncate" or last == "open" and set(mode) & set("wax+"):
            self._shell.write(Value(path), self._part)
        elif path.startswith(("/", "~", "..")) or self._shell.locate(path).where == "credential":
            self._shell.read(Value(path), self._part)

    def _evaluate(self, node: ast.Call) -> None:
        text = self.text(node.args[0]) if node.args else ""
        if UNKNOWN not in text:
            tree = _parsed(text)
            if tree is not None:
                self._shell.note("exec", "none", self._part)
                Reader(self._shell, self._part).read(tree)
            return
        hidden = any(isinstance(n, ast.Call) and _BACKWARDS.search(_name(n.func)) for n in ast.walk(node))
        self._shell.note("exec-hidden" if hidden else "exec-unknown", "none", self._part)

    def text(self, node: ast.expr) -> str:  # noqa: C901, PLR0911, PLR0912  one case for each kind of expression
        """Return the text that an expression is, with gaps where it is not constant."""
        if isinstance(node, ast.Constant):
            return node.value.decode("utf-8", "replace") if isinstance(node.value, bytes) else str(node.value)
        if isinstance(node, ast.Name):
            return self._names.get(node.id, UNKNOWN)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"-{self.text(node.operand)}"
        if isinstance(node, ast.BinOp):
            left, right = self.text(node.left), self.text(node.right)
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Div):
                return f"{left}/{right}"
            if isinstance(node.op, ast.Mod) and left.count("%s") == 1:
                return left.replace("%s", right)
            return UNKNOWN
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(v.value) if isinstance(v, ast.FormattedValue) else self.text(v) for v in node.values)
        if isinstance(node, ast.List | ast.Tuple):
            return " ".join(self.text(e) for e in node.elts)
        if isinstance(node, ast.Subscript):
            return self._sliced(node)
        if isinstance(node, ast.Attribute) and node.attr in {"parent", "name"}:
            return f"{self.text(node.value)}/.." if node.attr == "parent" else UNKNOWN
        if isinstance(node, ast.Call):
            return self._result(node)
        return UNKNOWN

    def _sliced(self, node: ast.Subscript) -> str:
        value = self.text(node.value)
        step = node.slice.step if isinstance(node.slice, ast.Slice) else None
        if step is not None and self.text(step) == "-1" and UNKNOWN not in value:
            return value[::-1]
        if _name(node.value).endswith("environ"):
            return self._shell.home if self.text(node.slice) == "HOME" else UNKNOWN
        return UNKNOWN

    def _result(self, node: ast.Call) -> str:
        name = self._called(node.func)
        last = name.rpartition(".")[2]
        arguments = [self.text(a) for a in node.args]
        if last in {"Path", "str", "PurePath", "PosixPath", "bytes", "abspath", "realpath", "fspath"}:
            return "/".join(arguments) or "."
        if last in {"expanduser", "resolve", "absolute", "strip"}:
            return _expanded(self._shell, arguments[0] if arguments else self._path_of(node.func))
        if name.endswith("Path.home") or (last == "getenv" and arguments[:1] == ["HOME"]) or (last == "get" and arguments[:1] == ["HOME"]):
            return self._shell.home
        if name.endswith("os.path.join") or last == "join" and _name(node.func).endswith("path.join"):
            return "/".join(arguments)
        if last in {"glob", "iglob", "rglob", "listdir", "scandir", "walk", "iterdir"}:
            root = arguments[0] if arguments and not (isinstance(node.func, ast.Attribute) and last in {"glob", "rglob"} and self._path_of(node.func) != UNKNOWN) else self._path_of(node.func)
            if last in {"glob", "iglob"} and arguments and root == arguments[0]:
                return root.replace("*", "\ue001")
            return f"{root}/{UNKNOWN}"
        return self._decoded(node, last, arguments)

    def _decoded(self, node: ast.Call, last: str, arguments: list[str]) -> str:
        """Fold the calls with which code is hidden: `b64decode`, `fromhex`, `chr`, `join`, `reversed`."""
        try:
            if last == "b64decode":
                return base64.b64decode(arguments[0]).decode("utf-8", "replace")
            if last in {"fromhex", "unhexlify"}:
                return bytes.fromhex(arguments[0]).decode("utf-8", "replace")
            if last == "chr":
                return chr(int(arguments[0]))
            if last == "decode" and len(arguments) > 1 and "rot" in arguments[1]:
                return codecs.decode(arguments[0], "rot13")
            if last in {"decode", "encode"} and isinstance(node.func, ast.Attribute):
                return self.text(node.func.value)
            if last == "reversed":
                return arguments[0][::-1]
            if last == "join" and isinstance(node.func, ast.Attribute):
                return self._joined(self.text(node.func.value), node.args[0])
        except (binascii.Error, ValueError, IndexError, TypeError, OverflowError):
            return UNKNOWN
        return UNKNOWN

    def _joined(self, separator: str, items: ast.expr) -> str:
        if isinstance(items, ast.List | ast.Tuple):
            return separator.join(self.text(e) for e in items.elts)
        if isinstance(items, ast.GeneratorExp | ast.ListComp) and isinstance(items.elt, ast.Call) and _name(items.elt.func) == "chr":
            numbers = items.generators[0].iter
            if isinstance(numbers, ast.List | ast.Tuple):
                return separator.join(chr(int(self.text(e))) for e in numbers.elts)
        if isinstance(items, ast.Call) and _name(items.func) == "map" and len(items.args) > 1 and _name(items.args[0]) == "chr" and isinstance(items.args[1], ast.List | ast.Tuple):
            return separator.join(chr(int(self.text(e))) for e in items.args[1].elts)
        text = self.text(items)
        return text if separator == "" and UNKNOWN not in text else UNKNOWN


def _in_order(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes in the order of the text, inner calls after the statements around them."""
    found: list[ast.AST] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(list(ast.iter_child_nodes(node)))
    return found


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
