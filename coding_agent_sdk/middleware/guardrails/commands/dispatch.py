"""Finds the program that a command names, however it is spelt, and follows it."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Follower, Program
from coding_agent_sdk.middleware.guardrails.commands.programs import PROGRAMS, windows
from coding_agent_sdk.middleware.guardrails.commands.programs.attacks import attack, scan
from coding_agent_sdk.middleware.guardrails.commands.programs.fetched import follow_fetched
from coding_agent_sdk.middleware.guardrails.commands.programs.indirect import LOADER
from coding_agent_sdk.middleware.guardrails.commands.programs.options import follow_table
from coding_agent_sdk.middleware.guardrails.commands.programs.shells import run_script
from coding_agent_sdk.middleware.guardrails.commands.programs.signs import follow_signs
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.programs.uploads import follow_uploads
from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import PEELED
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    BRACKET,
    BUILT,
    HIDDEN,
    MARK,
    NET,
    STAR,
    TOOL,
    UNKNOWN,
    Value,
    bounded,
)

_VERSIONED: Final = re.compile(
    r"(?:python|pip|perl|ruby|node|php|lua|gcc|g\+\+|clang|clang\+\+|java|go|llvm-\w+"
    r"|mkfs\.\w+|postgres|psql|ksh|bash|awk)(?:-?\d+(?:\.\d+)*[a-z]?)?$"
)
_SYSTEM_FOLDERS: Final = re.compile(
    r"(?:/usr)?(?:/local)?/s?bin/|/opt/homebrew/bin/|/usr/(?:libexec|lib)/"
)
_ENVIRONMENT_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:\.?v?env[\w.-]*|\.venv[\w.-]*|node_modules/\.bin|\.tox|\.nox|vendor"
    r"|\.pyenv|\.nvm|\.cargo|\.local|go|\.asdf|\.rbenv|miniconda\d?"
    r"|anaconda\d?)(?:/.*)?/[^/]*$|^(?:node_modules|vendor)/"
)
_LOADERS: Final = re.compile(r"ld(?:-[\w.-]+|64|elf)?\.so(?:\.\d+)*|ld-\d[\d.]*\.so")
_MAX_CANDIDATES: Final = 24
MAX_WORDS: Final = 600
_STEPS: Final = 5
"""What following a program takes, beside its words, as steps of patience."""

_ENCODERS: Final = names("dc bc")  # calculators that print characters, too
_EVALUATED: Final = names(
    "ssh-agent minikube direnv pyenv rbenv nodenv jenv goenv brew conda mamba "
    "opam fnm starship zoxide docker-machine register-python-argcomplete kubectl "
    "gh pip dircolors lesspipe luarocks keychain thefuck asdf mise poetry uv "
    "hatch gpg-agent resize stack cabal npm volta helm rustup fzf atuin oc"
)
_PROJECT_SCRIPTS: Final = names("gradlew mvnw")
_NO_NAME: Final = re.compile(r"[^\w\ue000-\ue00f]+")
_HARMFUL_ARGUMENT: Final = re.compile(
    r"-[a-zA-Z]*[rRf][a-zA-Z]*$|--(?:recursive|force|no-preserve-root)$"
)


def run_program(
    shell: Follower, words: list[Value], stdin: Value, variables: dict[str, Value]
) -> Value:
    """Follow one simple command.

    Args:
        shell: the shell that runs it.
        words: the name and the arguments.
        stdin: what it may read.
        variables: assignments before the name.

    Returns:
        What it prints, as far as it is known.
    """
    shell.patience.check(_STEPS)
    shell.begin(words, variables)
    try:
        return _run(shell, words, stdin, variables)
    finally:
        shell.end()


def _run(shell: Follower, words: list[Value], stdin: Value, variables: dict[str, Value]) -> Value:
    name, arguments = words[0], words[1:]
    if len(arguments) > MAX_WORDS:
        # Of so many words the middle is left out: it is asked about.
        shell.note("exec-unknown", "none", name.plain[:120])
        half = MAX_WORDS // 2
        arguments = arguments[:half] + arguments[-half:]
    call = Call(
        name=_base(name.plain), arguments=arguments, stdin=stdin, shell=shell, variables=variables
    )
    if not name.known or (_NO_NAME.fullmatch(name.text) and name.text not in PROGRAMS):
        return _unresolved(call, name)
    if any(sign in name.text for sign in (STAR, MARK, BRACKET)):
        return _by_pattern(call, name)
    call.name, program = find_program(call.name)
    if program is not None and call.name == LOADER:
        return bounded(program(call))
    if call.name not in PEELED:
        follow_table(call)
        follow_fetched(call)
        follow_signs(call)
        follow_uploads(call)
    if "/" in name.text and not _SYSTEM_FOLDERS.match(name.text):
        return _by_path(call, name, program)
    if shell.downloads and _was_downloaded(shell, name.text):
        shell.note("net-exec", "remote", call.part)
        return ANYTHING
    return _by_name(call, program)


def _by_name(call: Call, program: Program | None) -> Value:
    """Follow a program that `PATH` leads to."""
    stdin = call.stdin
    output = bounded(program(call) if program is not None else follow_unknown(call))
    if not output.known:
        if NET in stdin.taints:
            output = output.tainted(NET)
        if call.name in _ENCODERS:
            output = output.tainted(HIDDEN)
    return output.tainted(TOOL) if call.name in _EVALUATED and not output.known else output


def _was_downloaded(shell: Follower, name: str) -> bool:
    """Whether a name stands for something fetched: in the folder, or among the programs."""
    if shell.locate(name).path in shell.downloads:
        return True
    return any(path.endswith(f"bin/{name}") for path in shell.downloads)


def find_program(name: str) -> tuple[str, Program | None]:
    """Return a program's plain name and the function that knows it.

    Versions (`python3.12`, `mkfs.ext4`) and the endings and capitals of Windows are passed over.
    """
    if name in PROGRAMS:
        return name, PROGRAMS[name]
    if _LOADERS.fullmatch(name):
        return LOADER, PROGRAMS[LOADER]
    plain = name.removesuffix(".exe").removesuffix(".cmd")
    candidates = [plain, plain.lower()] if plain.lower() in windows.PROGRAMS else [plain]
    if _VERSIONED.match(name):
        candidates += [re.sub(r"-?\d.*$", "", name), name.split(".", maxsplit=1)[0]]
    for candidate in candidates:
        if candidate in PROGRAMS:
            return candidate, PROGRAMS[candidate]
    return name, None


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1] if "/" in name or "\\" in name else name


def _unresolved(call: Call, name: Value) -> Value:
    """Judge a command whose name only running would tell."""
    shell = call.shell
    shown = f"{call.name.replace(UNKNOWN, '…')} {call.part.partition(' ')[2]}"[:120]
    if NET in name.taints:
        shell.note("net-exec", "remote", shown)
    elif HIDDEN in name.taints or (
        any(_HARMFUL_ARGUMENT.match(w) for w in call.words)
        and any(shell.locate(a.text).where in {"root", "system", "disk"} for a in call.operands())
    ):
        shell.note("exec-hidden", "none", shown)
    else:
        shell.note("exec-unknown", "none", shown)
    return ANYTHING.tainted(*name.taints)


@lru_cache(maxsize=256)
def _candidates(pattern: str) -> tuple[str, ...]:
    return tuple(fnmatch.filter(PROGRAMS, pattern))[:_MAX_CANDIDATES]


def _by_pattern(call: Call, name: Value) -> Value:
    """Follow every program that a pattern in the name may stand for."""
    for candidate in _candidates(_base(name.plain)):
        PROGRAMS[candidate](
            Call(name=candidate, arguments=call.arguments, stdin=call.stdin, shell=call.shell)
        )
    # In a folder of programs a pattern has no use but to hide a name.
    hides = name.text.startswith(("/", STAR, MARK, BRACKET)) or "/" not in name.text
    call.shell.note("exec-hidden" if hides else "exec-unknown", "none", call.part)
    return ANYTHING.tainted(HIDDEN)


def _by_path(call: Call, name: Value, program: Program | None) -> Value:
    """Follow a program named by its path: a script of the workspace, a known one, a stranger."""
    shell = call.shell
    place = shell.locate(name.text)
    content = shell.files.get(place.path)
    copied = PROGRAMS.get(shell.copies.get(place.path, ""))
    if copied is not None:
        call.name = shell.copies[place.path]
        return copied(call)
    if place.path in shell.downloads:
        shell.note("net-exec", "remote", call.part)
        return ANYTHING
    if content is not None and content.text:
        return run_script(call, content, name)
    if program is not None and (program in (attack, scan) or call.name in _PROJECT_SCRIPTS):
        return program(call)
    if program is not None and (
        place.where in {"system", "outside"} or _ENVIRONMENT_FOLDERS.search(name.plain)
    ):
        return program(call)
    if _ENVIRONMENT_FOLDERS.search(name.plain):
        return follow_unknown(call)
    if content is not None and BUILT in content.taints:
        shell.note("exec", "inside", call.part)
    elif place.where == "scratch" or shell.unpacked:
        shell.note("exec-unknown", "scratch", call.part)
    else:
        shell.note("exec", place.where, call.part)
    return follow_unknown(call) if place.where == "inside" else ANYTHING
