"""Interpreters and editors: the code that they are given is followed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, is_letter
from coding_agent_sdk.middleware.guardrails.commands.programs.python_modules import follow_module
from coding_agent_sdk.middleware.guardrails.commands.programs.vi_commands import follow_vi
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NET,
    NOTHING,
    UNKNOWN,
    Value,
    join,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Program

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
    "view": ("-c", "--cmd"),
    "rview": ("-c", "--cmd"),
    "rvim": ("-c", "--cmd"),
    "gvim": ("-c", "--cmd"),
    "vimdiff": ("-c", "--cmd"),
    "octave": ("--eval",),
    "matlab": ("-r", "-batch"),
    "sbcl": ("--eval",),
    "clisp": ("-x",),
    "clojure": ("-e",),
    "bb": ("-e",),
    "raku": ("-e",),
    "crystal": ("eval",),
    "nimscript": ("-e",),
    "kotlin": ("-e",),
    "gdb": ("-ex", "--eval-command", "-iex"),
    "lldb": ("-o", "--one-line"),
    "jshell": (),
    "sqlite": (),
}


_VI: Final = names("vim nvim vi ex view rview rvim gvim vimdiff")
_EDITORS: Final = _VI | names("emacs gdb lldb ed nano code subl")


_IN_PLACE: Final = re.compile(r"-[pnlaw0]*i")
_FOR_LINES: Final = re.compile(r"-[lawF0]*[pn][lawe]*$")
_OPTIONS_WITH_VALUE: Final = frozenset(
    names("-W -X -I -r --require --import --loader -S -x -d -m -C -M")
)


def interpreter(call: Call) -> Value:
    """`python -c code`, `node file`, `perl -e code`, `… | ruby`."""
    shell = call.shell
    language = re.sub(r"[\d.-]+$", "", call.name)
    options = _CODE_OPTIONS.get(language, ("-c", "-e"))
    code = None if _names_module(call, language) else _code_of(call, options)
    if language in _VI:
        commands = [
            Value(a.text[1:]) for a in call.arguments if a.text[:1] == "+" and len(a.text) > 1
        ]
        code = join([*commands, *([code] if code else [])], "\n") if commands else code
    if code is not None:
        _write_in_place(call, language, code)
        if language in _VI:
            follow_vi(call, code)
            _open(call)
        if language == "python" and _imports_from_elsewhere(call, code):
            shell.note("exec-unknown", "none", call.part)
        return shell.run_code(language, code, call.part, call.stdin)
    if language in {"python", "pypy"} and "-m" in call.words:
        return _module(call)
    if language in _EDITORS:
        _open(call)
        shell.note("exec", "inside", call.part)
        return NOTHING
    if call.has("--version", "-V", "--help", "-h", "-v") and len(call.arguments) == 1:
        shell.note("read", "none", call.part)
        return ANYTHING
    return _program_file(call, language)


def _open(call: Call) -> None:
    """Note the files that an editor opens; those of secrets are read and shown."""
    for operand in call.operands({"-p", "-u", "-batch", "-c", "--cmd", "-S", "-ex", "-x", "-o"}):
        place = call.shell.locate(operand.text)
        if place.where == "credential":
            call.shell.read(operand, call.part)
        call.shell.write(operand, call.part)


_OF_THEIR_OWN: Final = (["zipfile"], ["tarfile"], ["pytest"], ["IPython"], ["ipython"])


def _names_module(call: Call, language: str) -> bool:
    """Whether `-m module` comes first: a `-c` after it is the module's own, and no code."""
    words = call.words
    if language not in {"python", "pypy"} or "-m" not in words:
        return False
    before, after = words[: words.index("-m")], words[words.index("-m") + 1 :]
    return "-c" not in before and after[:1] in _OF_THEIR_OWN


def _write_in_place(call: Call, language: str, code: Value) -> None:
    """Note the files that `perl -pi -e code files` and `ruby -i -pe code files` write."""
    if language in {"perl", "ruby"} and any(_IN_PLACE.match(word) for word in call.words):
        for operand in call.operands({"-e", "-E", "-pe", "-ne", "-pie", "-I", "-M"}):
            if operand.text != code.text:
                call.shell.write(operand, call.part)
    elif language in {"perl", "ruby"} and any(_FOR_LINES.match(word) for word in call.words):
        for operand in call.operands({"-e", "-E", "-pe", "-ne", "-lne", "-ane", "-I", "-M"}):
            if operand.text != code.text and "|" in {operand.text[:1], operand.text[-1:]}:
                call.shell.run_text(Value(operand.text.strip("| ")), part=call.part)  # of `<>`
            elif operand.text != code.text:
                call.shell.read(operand, call.part)


def _imports_from_elsewhere(call: Call, code: Value) -> bool:
    """Whether code imports modules from a folder given just for that, which is no source folder."""
    given = call.variables.get("PYTHONPATH")
    if given is None:
        return False
    folders = [call.shell.locate(folder or ".") for folder in given.text.split(":")]
    own = call.shell.locate(".").path
    modules = re.findall(r"(?:^|[;\n])[ \t]*(?:import|from)\s+(\w+)", code.plain)
    return any(f.where != "inside" or f.path == own for f in folders) and any(
        module not in sys.stdlib_module_names for module in modules
    )


def _code_of(call: Call, options: tuple[str, ...]) -> Value | None:
    """Return the code that stands in the arguments, all pieces of it."""
    pieces: list[Value] = []
    arguments = call.arguments
    for index, argument in enumerate(arguments):
        word = argument.text
        for option in options:
            letter = is_letter(option)
            if word == option or (letter and re.fullmatch(rf"-[a-zA-Z0-9]*{option[1]}", word)):
                if index + 1 < len(arguments):
                    pieces.append(arguments[index + 1])
                break
            if option.startswith("--") and word.startswith(option + "="):
                pieces.append(Value(word[len(option) + 1 :], argument.taints))
                break
            if (
                letter
                and word.startswith(option)
                and word[2:]
                and call.name.startswith(("python", "perl", "ruby", "php"))
            ):
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
    if module in names(
        "pip pytest black ruff mypy isort twine coverage poetry pipx uv awscli "
        "ansible pre_commit build flake8 pylint tox nox IPython ipython"
    ):
        return shell.run_words([Value(module.replace("_", "-").lower()), *rest])
    if module == "timeit":
        inner = Call(name="timeit", arguments=rest, stdin=call.stdin, shell=shell)
        setup = inner.value_of("-s", "--setup")
        pieces = inner.operands({"-n", "-r", "-s", "-u", "--setup", "--number", "--repeat"})
        return shell.run_code(
            "python", join([*([setup] if setup else []), *pieces], "\n"), call.part, call.stdin
        )
    if module in {"code", "asyncio"}:
        return shell.run_code("python", call.stdin, call.part) if call.stdin.text else NOTHING
    shell.note("exec", "inside", call.part)
    if module in {"base64", "tokenize", "uu", "quopri"}:
        contents = [shell.read(operand, call.part) for operand in rest if operand.text[:1] != "-"]
        return ANYTHING.tainted(*join(contents).taints) if contents else ANYTHING
    follow_module(call, module, rest)
    if module == "json.tool":
        source = [operand for operand in rest if operand.text[:1] != "-"][:1]
        contents = [shell.read(operand, call.part) for operand in source]
        return ANYTHING.tainted(*join(contents).taints) if contents else ANYTHING
    return ANYTHING


def _program_file(call: Call, language: str) -> Value:
    """Run a program from a file or from standard input."""
    shell = call.shell
    operands = call.operands(_OPTIONS_WITH_VALUE)
    for option in ("-r", "--require", "--import", "--loader"):
        loaded = (
            call.value_of(option) if language.startswith(("node", "ruby", "tsx", "bun")) else None
        )
        if loaded is not None and shell.locate(loaded.text).path in shell.downloads:
            shell.note("net-exec", "remote", call.part)
    if not operands or operands[0].text in {"-", "/dev/stdin"}:
        stdin = call.stdin
        if "socket" in stdin.taints:
            shell.note("remote-shell", "remote", call.part)
        elif stdin.text or stdin.taints:
            return (
                shell.run_code(language, stdin, call.part)
                if stdin.text != UNKNOWN or stdin.taints
                else _unknown_input(call)
            )
        else:
            shell.note("exec", "inside", call.part)
        return ANYTHING
    if language in {"deno", "bun"} and operands[0].plain in names(
        "run test install fmt lint task add x build check init compile cache"
    ):
        operands = operands[1:]
        if operands and operands[0].text in {"-", "/dev/stdin"}:
            return shell.run_code(language, call.stdin, call.part)
        if operands and re.match(r"https?://", operands[0].text):
            shell.note("net-exec", "remote", call.part)
        elif operands and operands[0].text[:1] in {"/", "~", "."}:
            return _run_file(call, language, operands[0])
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
    if content is not None and content.known and content.text:
        return shell.run_code(language, content, call.part)
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


def editor(call: Call) -> Value:
    """Editors without code of their own: they write what they open."""
    for operand in call.operands():
        call.shell.write(operand, call.part)
    call.shell.note("exec", "inside", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(_CODE_OPTIONS, interpreter),
    **named("nano ed emacsclient micro pico code subl kate gedit", editor),
}
