"""Shells, built-ins and interpreters: what they are given to run is followed."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    NET,
    NOTHING,
    UNKNOWN,
    Value,
    join,
)

_CODE_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "python": ("-c",),
    "pypy": ("-c",),
    "ipython": ("-c",),
    "node": ("-e", "--eval", "-p", "--print", "-pe"),
    "nodejs": ("-e", "--eval", "-p", "--print", "-pe"),
    "bun": ("-e", "--eval", "-p"),
    "deno": ("eval",),
    "tsx": ("-e", "--eval"),
    "ts-node": ("-e", "--eval"),
    "perl": ("-e", "-E"),
    "ruby": ("-e",),
    "php": ("-r", "-B", "-R"),
    "lua": ("-e",),
    "luajit": ("-e",),
    "Rscript": ("-e",),
    "R": ("-e",),
    "julia": ("-e", "--eval"),
    "groovy": ("-e",),
    "scala": ("-e",),
    "osascript": ("-e",),
    "elixir": ("-e", "--eval"),
    "guile": ("-c",),
    "racket": ("-e",),
    "tclsh": (),
    "expect": ("-c",),
    "swift": ("-e",),
    "ghc": ("-e",),
    "erl": ("-eval",),
    "emacs": ("--eval", "-eval"),
    "vim": ("-c", "--cmd"),
    "nvim": ("-c", "--cmd"),
    "vi": ("-c",),
    "ex": ("-c",),
    "gdb": ("-ex", "--eval-command", "-iex"),
    "lldb": ("-o", "--one-line"),
    "jshell": (),
    "sqlite": (),
}
_EDITORS: Final = frozenset({"vim", "nvim", "vi", "ex", "emacs", "gdb", "lldb", "expect", "ed", "nano", "code", "subl"})
_OPTIONS_WITH_VALUE: Final = frozenset({"-W", "-X", "-I", "-r", "--require", "--import", "--loader", "-S", "-x", "-d", "-m", "-C", "-M"})
_MODULES: Final[dict[str, str]] = {"pip": "pip", "venv": "", "http.server": "", "pdb": "", "timeit": "", "json.tool": ""}


def shell_program(call: Call) -> Value:
    """`sh -c text`, `bash script`, `… | sh`, `bash <<<text`."""
    shell = call.shell
    arguments = call.arguments
    for index, argument in enumerate(arguments):
        word = argument.text
        if re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", word) or word == "--command":
            if index + 1 >= len(arguments):
                return NOTHING
            rest = arguments[index + 1 :]
            return _with_positions(call, rest[0], rest[1:])
        if word in {"-i"} and "socket" in call.stdin.taints:
            shell.note("remote-shell", "remote", call.part)
    operands = call.operands({"-o", "-O", "+o", "--rcfile", "--init-file"})
    if call.has("-s") or not operands:
        return _standard_input(call)
    return _script(call, operands[0])


def _with_positions(call: Call, text: Value, positions: list[Value]) -> Value:
    """Run `sh -c text name one two`: the arguments are `$0`, `$1`, `$2` in the text."""
    variables = call.shell.variables
    kept = {str(i): variables.get(str(i)) for i in range(len(positions))}
    for index, value in enumerate(positions):
        variables[str(index)] = value
    try:
        return call.shell.run_text(text, call.stdin, part=call.part)
    finally:
        for name, value in kept.items():
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = value


def _standard_input(call: Call) -> Value:
    """A shell that reads its commands from standard input."""
    stdin = call.stdin
    if "socket" in stdin.taints:
        call.shell.note("remote-shell", "remote", call.part)
        return ANYTHING
    if not stdin.text and not stdin.taints:
        call.shell.note("exec-unknown", "none", call.part)
        return ANYTHING
    return call.shell.run_text(stdin, part=call.part)


def _script(call: Call, path: Value) -> Value:
    shell = call.shell
    kept = shell.files.get(path.text)
    if kept is not None and path.text.startswith("/dev/fd/"):
        return shell.run_text(kept, call.stdin, part=call.part)
    if path.text.startswith("/dev/fd/") or path.text in {"/dev/stdin", "-", "/proc/self/fd/0"}:
        value = ANYTHING.tainted(*path.taints) if path.text.startswith("/dev/fd/") else call.stdin
        if NET in value.taints:
            shell.note("net-exec", "remote", call.part)
        else:
            shell.note("exec-hidden" if HIDDEN in value.taints else "exec-unknown", "none", call.part)
        return ANYTHING
    place = shell.locate(path.text)
    content = shell.files.get(place.path)
    if place.path in shell.downloads or any(place.path.startswith(d + "/") for d in shell.downloads):
        shell.note("net-exec", "remote", call.part)
    elif content is not None and content.text:
        return shell.run_text(content, call.stdin, part=call.part)
    elif place.where in {"inside", "none"}:
        shell.note("exec", place.where, call.part)
    else:
        shell.note("exec-unknown", place.where, call.part)
    return ANYTHING


def evaluate(call: Call) -> Value:
    """`eval words`: the words are shell text for this very shell."""
    return call.shell.run_text(join(call.arguments, " "), call.stdin, part=call.part, apart=False) if call.arguments else NOTHING


def source(call: Call) -> Value:
    """`source file`, `. file`."""
    if not call.arguments:
        return NOTHING
    path = call.arguments[0]
    shell = call.shell
    place = shell.locate(path.text)
    if re.search(r"(?:^|/)(?:activate(?:\.\w+)?|\.?nvm\.sh|\.bashrc|\.profile|\.zshrc|\.bash_profile|env|\.env[\w.]*|conda\.sh|asdf\.sh|cargo/env)$", path.plain) and place.path not in shell.downloads and place.path not in shell.files:
        shell.note("exec", "inside", call.part)
        return NOTHING
    return _script(call, path)


def change_folder(call: Call) -> Value:
    """`cd`, `pushd`: later relative paths start elsewhere."""
    shell = call.shell
    shell.note("read", "none", call.part)
    operands = call.operands()
    if call.name == "popd" or any(a.text == "-" for a in call.arguments):
        shell.folder = None
        return NOTHING
    target = operands[0] if operands else Value(shell.home)
    if not target.known:
        place = shell.locate(target.text)
        shell.folder = None if place.where == "unknown" else place.path
        return NOTHING
    shell.folder = shell.locate(target.text or ".").path
    return NOTHING


def set_options(call: Call) -> Value:
    """`set -e`, `set -- a b`; alone it lists all variables."""
    call.shell.note("read", "none", call.part)
    if re.search(r"\+o history", " ".join(call.words)):
        call.shell.note("tamper", "none", call.part)
    if call.words[:1] == ["--"]:
        for index, value in enumerate(call.arguments[1:10], start=1):
            call.shell.variables[str(index)] = value
        arrays = getattr(call.shell, "arrays", None)
        if isinstance(arrays, dict):
            arrays["@"] = call.arguments[1:]
    return NOTHING if call.arguments else ANYTHING.tainted("secret")


def define_alias(call: Call) -> Value:
    """`alias name=text`, `trap text SIGNAL`, `complete -C text`: the text runs later."""
    shell = call.shell
    shell.note("read", "none", call.part)
    for argument in call.operands():
        _, found, text = argument.text.partition("=")
        if call.name == "alias" and found:
            shell.run_text(Value(text, argument.taints), part=call.part)
    if call.name == "trap" and len(call.arguments) > 1 and call.words[0] not in {"-", "", "-p", "-l"}:
        shell.run_text(call.arguments[0], part=call.part)
    command = call.value_of("-C") if call.name in {"complete", "bind"} else call.value_of("-x") if call.name == "bind" else None
    if command is not None:
        shell.run_text(command, part=call.part)
    return NOTHING


def history(call: Call) -> Value:
    """`history`: reading it is harmless, clearing it hides traces."""
    if call.has("-c", "-d", "-w") or call.name == "fc" and call.has("-s", "-e"):
        call.shell.note("tamper", "none", call.part)
    else:
        call.shell.note("read", "none", call.part)
    return ANYTHING


def interpreter(call: Call) -> Value:
    """`python -c code`, `node file`, `perl -e code`, `… | ruby`."""
    shell = call.shell
    language = re.sub(r"[\d.-]+$", "", call.name)
    options = _CODE_OPTIONS.get(language, ("-c", "-e"))
    code = _code_of(call, options)
    if language in {"vim", "nvim", "vi", "ex"}:
        commands = [Value(a.text[1:]) for a in call.arguments if a.text[:1] == "+" and len(a.text) > 1]
        code = join([*commands, *([code] if code else [])], "\n") if commands else code
    if code is not None:
        return shell.run_code(language, code, call.part, call.stdin)
    if language in {"python", "pypy"} and "-m" in call.words:
        return _module(call)
    if language in _EDITORS:
        for operand in call.operands({"-p", "-u", "-batch"}):
            shell.write(operand, call.part)
        shell.note("exec", "inside", call.part)
        return NOTHING
    if call.has("--version", "-V", "--help", "-h", "-v") and len(call.arguments) == 1:
        shell.note("read", "none", call.part)
        return ANYTHING
    return _program_file(call, language)


def _code_of(call: Call, options: tuple[str, ...]) -> Value | None:
    """Return the code that stands in the arguments, all pieces of it."""
    pieces: list[Value] = []
    arguments = call.arguments
    for index, argument in enumerate(arguments):
        word = argument.text
        for option in options:
            letter = len(option) == 2 and option[0] == "-"  # noqa: PLR2004  a dash and a letter
            if word == option or (letter and re.fullmatch(rf"-[a-zA-Z0-9]*{option[1]}", word)):
                if index + 1 < len(arguments):
                    pieces.append(arguments[index + 1])
                break
            if option.startswith("--") and word.startswith(option + "="):
                pieces.append(Value(word[len(option) + 1 :], argument.taints))
                break
            if letter and word.startswith(option) and len(word) > 2 and call.name.startswith(("python", "perl", "ruby", "php")):  # noqa: PLR2004
                pieces.append(Value(word[2:], argument.taints))
                break
        if call.name.startswith("python") and pieces:
            break
    return join(pieces, "\n") if pieces else None


def _module(call: Call) -> Value:
    """`python -m module`: some modules are programs of their own."""
    shell = call.shell
    index = call.words.index("-m")
    module = call.words[index + 1] if index + 1 < len(call.words) else ""
    rest = call.arguments[index + 2 :]
    if module in {"pip", "pytest", "black", "ruff", "mypy", "isort", "twine", "coverage", "poetry", "pipx", "uv", "awscli", "ansible", "pre_commit", "build", "flake8", "pylint", "tox", "nox"}:
        return shell.run_words([Value(module.replace("_", "-")), *rest])
    shell.note("exec", "inside", call.part)
    for operand in rest:
        if operand.text.startswith(("/", "~")) and module in {"tarfile", "zipfile", "shutil", "compileall"}:
            shell.write(operand, call.part)
    return ANYTHING


def _program_file(call: Call, language: str) -> Value:
    """Run a program from a file or from standard input."""
    shell = call.shell
    operands = call.operands(_OPTIONS_WITH_VALUE)
    for option in ("-r", "--require", "--import", "--loader"):
        loaded = call.value_of(option) if language.startswith(("node", "ruby", "tsx", "bun")) else None
        if loaded is not None and shell.locate(loaded.text).path in shell.downloads:
            shell.note("net-exec", "remote", call.part)
    if not operands or operands[0].text in {"-", "/dev/stdin"}:
        stdin = call.stdin
        if "socket" in stdin.taints:
            shell.note("remote-shell", "remote", call.part)
        elif stdin.text or stdin.taints:
            return shell.run_code(language, stdin, call.part) if stdin.text != UNKNOWN or stdin.taints else _unknown_input(call)
        else:
            shell.note("exec", "inside", call.part)
        return ANYTHING
    if language in {"deno", "bun"} and operands[0].plain in {"run", "test", "install", "fmt", "lint", "task", "add", "x", "build", "check", "init", "compile", "cache"}:
        operands = operands[1:]
        if operands and re.match(r"https?://", operands[0].text):
            shell.note("net-exec", "remote", call.part)
        shell.note("exec", "inside", call.part)
        return ANYTHING
    return _run_file(call, language, operands[0])


def _unknown_input(call: Call) -> Value:
    call.shell.note("exec-unknown", "none", call.part)
    return ANYTHING


def _run_file(call: Call, language: str, path: Value) -> Value:
    shell = call.shell
    place = shell.locate(path.text)
    content = shell.files.get(place.path)
    if path.text.startswith("/dev/fd/"):
        shell.note("net-exec" if NET in path.taints else "exec-unknown", "none", call.part)
    elif re.match(r"https?://", path.text) or place.path in shell.downloads:
        shell.note("net-exec", "remote", call.part)
    elif content is not None and content.text:
        return shell.run_code(language, content, call.part)
    elif place.where in {"inside", "none", "unknown"}:
        shell.note("exec", place.where, call.part)
    else:
        shell.note("exec-unknown", place.where, call.part)
    return ANYTHING


def awk(call: Call) -> Value:
    """`awk program files`: the program may run, write and open sockets."""
    shell = call.shell
    operands = call.operands({"-F", "-v", "-f", "-i", "--assign", "--field-separator", "-e"})
    program_file = call.value_of("-f")
    if program_file is not None:
        shell.note("exec", "inside", call.part)
        files = operands
        program = NOTHING
    else:
        program, files = (operands[0], operands[1:]) if operands else (NOTHING, [])
    taints = set(call.stdin.taints)
    for file in files:
        if "=" not in file.text or "/" in file.text.partition("=")[0]:
            taints |= shell.read(file, call.part).taints
    shell.note("read", "none", call.part)
    text = program.plain
    if re.search(r"\bsystem\s*\(|\|\s*&?\s*getline|\|\s*&?\s*[\"(]|print[^;}]*\|", text) or "/inet/" in text:
        shell.run_code("awk", program, call.part, call.stdin)
    for target in re.findall(r"print[^;}|]*>>?\s*\"([^\"]+)\"", text):
        shell.write(Value(target), call.part)
    printed = _printed(text)
    return Value(printed, frozenset(taints) | {HIDDEN}) if printed is not None else ANYTHING.tainted(*taints, *({HIDDEN} if "%c" in text else ()))


def _printed(text: str) -> str | None:
    """Fold `BEGIN{printf "%c%c …",114,109}` and `BEGIN{print "…"}`."""
    found = re.fullmatch(r"\s*BEGIN\s*\{\s*printf?\s*\(?\s*\"((?:[^\"\\]|\\.)*)\"((?:\s*,\s*(?:\d{1,7}|\"[^\"]*\"))*)\s*\)?;?\s*\}\s*", text)
    if found is None:
        return None
    values = [v.strip().strip('"') for v in found[2].split(",")[1:]]

    def fill(sign: re.Match[str]) -> str:
        value = values.pop(0) if values else ""
        return chr(int(value)) if sign[0] == "%c" and value.isdigit() and int(value) < 0x110000 else value  # noqa: PLR2004  Unicode ends here

    return re.sub(r"%[a-z]", fill, found[1])


def editor(call: Call) -> Value:
    """Editors without code of their own: they write what they open."""
    for operand in call.operands():
        call.shell.write(operand, call.part)
    call.shell.note("exec", "inside", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "mksh", "rbash", "csh", "tcsh", "elvish", "yash", "xonsh"), shell_program),
    "eval": evaluate,
    "source": source,
    ".": source,
    **dict.fromkeys(("cd", "pushd", "popd", "chdir"), change_folder),
    "set": set_options,
    **dict.fromkeys(("alias", "unalias", "trap", "complete", "compgen", "compopt", "bind", "enable"), define_alias),
    **dict.fromkeys(("history", "fc"), history),
    **dict.fromkeys(_CODE_OPTIONS, interpreter),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), awk),
    **dict.fromkeys(("nano", "ed", "emacsclient", "micro", "pico", "code", "subl", "kate", "gedit"), editor),
}
