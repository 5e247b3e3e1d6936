"""What was fetched and is then run by a program that finds it by its name, or reads it."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import NET

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_SCATTERED: Final = "(fetched)"
"""Stands among the downloads for files whose names are not known: unpacked, or patched."""

_PYTHON: Final = "*.py setup.cfg tox.ini pytest.ini pyproject.toml requirements*.txt"
_NODE: Final = (
    "package.json package-lock.json .npmrc .yarnrc .yarnrc.yml yarn.lock pnpm-lock.yaml "
    "*.config.js *.config.ts *.config.mjs *.config.cjs .*rc.js .*rc.cjs Gruntfile.js gulpfile.js"
)
_RUBY: Final = "Gemfile Rakefile *.rb *.gemspec"
_JAVA: Final = "build.gradle* settings.gradle* pom.xml build.xml build.sbt *.java *.kt *.groovy"

READS: Final[dict[str, tuple[str, ...]]] = {
    **named("python pypy pytest py.test tox nox pip pip3 uv poetry pdm hatch", (*_PYTHON.split(),)),
    **named("npm yarn pnpm npx node bun jest vite webpack next eslint", (*_NODE.split(),)),
    **named("ruby bundle rake rails rspec", (*_RUBY.split(),)),
    **named("gradle gradlew mvn mvnw sbt ant", (*_JAVA.split(),)),
    "cargo": ("Cargo.toml", "*.rs", "config.toml"),
    "go": ("go.mod", "*.go"),
    "cmake": ("CMakeLists.txt", "*.cmake", "CMakePresets.json"),
    **named("make gmake ninja", ("*akefile", "*.mk", "build.ninja")),
    **named(
        "docker docker-compose podman podman-compose",
        ("*ockerfile*", "docker-compose*.y*ml", "compose*.y*ml"),
    ),
    **named("just task", ("*ustfile", "Taskfile.y*ml")),
    **named("terraform tofu terragrunt", ("*.tf", "*.hcl")),
    "pre-commit": (".pre-commit-config.yaml",),
    "ansible-playbook": ("*.yml", "*.yaml"),
    "composer": ("composer.json",),
    "mix": ("mix.exs", "*.ex", "*.exs"),
    "dotnet": ("*.csproj", "*.targets", "*.props"),
    "vagrant": ("Vagrantfile",),
}
"""Files that programs run, or take commands from, without being told so, by program."""

_UNPACKS: Final[dict[str, re.Pattern[str]]] = {
    **named("tar bsdtar gtar", re.compile(r"^-?[a-zA-Z]*x|\s-[a-zA-Z]*x|--extract|--get")),
    **named("patch cpio unzip 7z", re.compile("")),
    "git": re.compile(r"^(?:-\S+\s+)*(?:apply|am)\b"),
}
_GIVEN: Final = names("-c -e -f --command --execute --file")
_CODE_OR_VERSION: Final = names("-c -V --version --help -h")
_SHELLS: Final = re.compile(
    r"(?:^|\s)(?:\S*/)?(?:(?:ba|z|da|k|a)?sh|python[\d.]*|node|perl|ruby|psql|mysql)(?:\s+-\S*)*\s*$"
)


def follow_fetched(call: Call) -> None:
    """Note that a program runs what was fetched: from its standard input, or by its name."""
    if NET in call.stdin.taints:
        _follow_stdin(call)
    if not call.shell.downloads and NET not in call.stdin.taints:
        return
    unpacks = _UNPACKS.get(call.name)
    if unpacks is not None:
        paths = {call.shell.locate(argument.text).path for argument in call.arguments}
        fetched = NET in call.stdin.taints or bool(paths & call.shell.downloads)
        if fetched and unpacks.search(call.text):
            call.shell.downloads.add(_SCATTERED)
    elif _reads_by_name(call):
        call.shell.note("exec-unknown", "none", call.part)


def _reads_by_name(call: Call) -> bool:
    patterns = READS.get(call.name)
    if patterns is None or _CODE_OR_VERSION.intersection(call.words[:1]):
        return False
    fetched = [path.rsplit("/", 1)[-1] for path in call.shell.downloads]
    return _SCATTERED in fetched or any(
        fnmatch.fnmatchcase(name, pattern) for name in fetched for pattern in patterns
    )


def _follow_stdin(call: Call) -> None:
    """Note programs that take commands from what comes in, where no others are given."""
    given = _GIVEN.intersection(call.words)
    if call.name in {"gdb", "lldb", "ed"}:
        call.shell.note("net-exec", "remote", call.part)
    elif (
        (call.name in {"sqlite3", "duckdb"} and not call.operands()[1:])
        or (call.name in {"psql", "mysql", "mariadb", "mongosh", "redis-cli"} and not given)
        or (
            call.name in {"kubectl", "oc"}
            and re.search(r"(?:-f|--filename)[\s=]?-(?:\s|$)", call.text)
        )
        or (call.name in {"docker", "podman", "kubectl", "ssh"} and _SHELLS.search(call.text))
    ):
        call.shell.note("exec-unknown", "remote", call.part)
