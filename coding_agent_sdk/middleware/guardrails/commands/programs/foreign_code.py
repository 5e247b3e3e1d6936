"""Code that is installed or run from files: what lies outside the workspace is not the project's.

A file that the same command wrote is known and followed, wherever it lies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.options import load
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_INSTALLS: Final = names("install i add require get link develop tool upgrade update")
_FOLDERS: Final = names(
    "-t --target --prefix --root -d --dest --cache-dir --cache --src -w --wheel-dir --report "
    "--log -r --requirement -c --constraint --python -C --dir --cwd --modules-folder --store-dir "
    "-p --project --directory --install-dir -n --bindir --target-dir --python-version --abi "
    "--platform -o --output"
)
"""Options whose value is written to, read as a list or worked in: it is no code."""

_LOCAL: Final = re.compile(
    r"(?:[\w@/.\[\],-]+\s*@\s*)?(?:file|link|portal):(?://)?(?=[/~.])|(?=[/~])|(?=\.\.?/)"
)
_WITH_VALUE: Final[dict[str, frozenset[str]]] = {
    "pytest": names(
        "-c -k -m -n -o -p -W --basetemp --junitxml --junit-xml --log-file --cov --cov-report "
        "--cov-config --rootdir --confcutdir --ignore --deselect --maxfail --tb"
    ),
    "java": names("-cp -classpath --class-path -p --module-path -m --module"),
}
_OPTION_OF_FOLDER: Final = ("--chdir", "--app-dir")
_VERBS: Final = names("run test exec script bench start dap debug compile serve check eval")


def follow_installed(call: Call) -> None:
    """Note packages that are installed from folders and files outside the workspace."""
    if not _INSTALLS.intersection(call.words[:3]):
        return
    for operand in call.operands(_FOLDERS):
        found = _LOCAL.match(operand.text)
        if found is not None:
            path = re.sub(r"(?<=.)[\[#?].*", "", operand.text[found.end() :])
            load(call, Value(path, operand.taints))


def configure_bundle(call: Call) -> Value:
    """`bundle config path folder`: the folder is filled by what is installed from then on."""
    words = call.words
    if call.name == "bundle" and words[:1] == ["config"]:
        if "--global" in words:
            call.shell.note("configure", "home", call.part)
        for name, value in zip(words, call.arguments[1:], strict=False):
            if name in {"path", "bin", "cache_path"}:
                call.shell.write(value, call.part)
    return ANYTHING


def run_file(call: Call) -> Value:
    """A program that runs the first file it is given: `java A.java`, `wasmtime a.wasm`."""
    operands = call.operands(_WITH_VALUE.get(call.name, frozenset()))
    if operands and operands[0].text in _VERBS:
        operands = operands[1:]
    for operand in operands if call.name in _ALL_OPERANDS else operands[:1]:
        load(call, Value(operand.text.partition("::")[0], operand.taints))
    for option in _OPTION_OF_FOLDER:
        if (folder := call.value_of(option)) is not None:
            load(call, folder)
    return follow_unknown(call)


def coverage(call: Call) -> Value:
    """`coverage run program`, which is Python's to run."""
    rest = call.arguments
    if call.words[:1] != ["run"]:
        return follow_unknown(call)
    rest = rest[1:]
    while rest and rest[0].text[:1] == "-" and rest[0].text != "-m":
        rest = rest[2 if rest[0].text in _COVERAGE_VALUES else 1 :]
    follow_unknown(call)
    return call.shell.run_words([Value("python3"), *rest], call.stdin) if rest else ANYTHING


_COVERAGE_VALUES: Final = names(
    "--source --include --omit --rcfile --data-file --context --concurrency"
)
_ALL_OPERANDS: Final = names("pytest py.test mocha ava bats busted phpunit rspec")

PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(
        names(
            "java wasmtime wasmer mono dotnet-script escript pytest py.test bats busted "
            "rspec phpunit mocha ava scala-cli jbang nu elvish xonsh gunicorn uvicorn hypercorn "
            "streamlit locust papermill ldd wine wine64 nw electron love"
        ),
        run_file,
    ),
    "coverage": coverage,
}
