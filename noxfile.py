"""Sessions that check the project: `pip install nox && nox -s tests` works from a fresh clone.

`nox -l` lists them. Environments are kept and brought up to date, so the second run is quick;
`nox -r -s tests -- tests/unit/core -x` passes what stands after `--` on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")
EXTRAS = tuple(name for name in PYPROJECT["project"]["optional-dependencies"] if name != "all")
OLDEST = "3.11"
MILVUS = "milvus==2.3.5"  # the newest server that is a package
HERE = Path(__file__).parent


def _pip_has_sources_of_its_own() -> bool:
    """Return whether this machine tells pip where packages are, which uv would not know."""
    command = (sys.executable, "-m", "pip", "config", "list")
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return any(word in shown for word in ("index", "find-links"))


nox.needs_version = ">=2025.5"
nox.options.sessions = ["tests", "lint", "types", "docs"]
nox.options.reuse_venv = "yes"
nox.options.default_venv_backend = (
    "virtualenv" if _pip_has_sources_of_its_own() else "uv|virtualenv"
)
nox.options.error_on_missing_interpreters = False


def _group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PYPROJECT, name))


def _install(session: nox.Session, *groups: str, package: str | None = None) -> None:
    """Install the package with all its extras, and what the groups name, in one go."""
    target = ("-e", ".") if package is None else (package,)
    wanted = [requirement for group in groups for requirement in _group(group)]
    session.install(*target[:-1], f"{target[-1]}[{','.join(EXTRAS)}]", *wanted)


def _workers() -> tuple[str, ...]:
    """Return pytest's options for several processes: up to four.

    One more than there are cores: many tests wait, for a process, a socket or the disk.
    """
    workers = min((os.cpu_count() or 1) + 1, 4)
    return ("-n", str(workers), "--dist", "worksteal")


# -- the suite ---------------------------------------------------------------------------------


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests that need no server, those of README and docs too, and hold the coverage."""
    _install(session, "tests")
    whole = not session.posargs
    chosen = (*_workers(), "-m", "not service") if whole else session.posargs
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *chosen)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", *(() if whole else ("--fail-under=0",)))


@nox.session
def integration(session: nox.Session) -> None:
    """Test against real servers; where one is not installed, its tests are skipped and say so.

    `tests/services/install` installs what Debian has of them. The Milvus server is a package, and
    gets an environment of its own: it listens on all interfaces, so `MILVUS_SERVER=none` leaves it
    out, and another path names another one.
    """
    _install(session, "tests")
    places = session.posargs or ("tests/integration/backends",)
    server = os.environ.get("MILVUS_SERVER") or _milvus_server(session)
    session.run("pytest", "-m", "service", "-ra", *places, env={"MILVUS_SERVER": server})


def _milvus_server(session: nox.Session) -> str:
    """Return the path of a Milvus server, installed beside the session's environment."""
    place = Path(session.virtualenv.location).with_name("milvus-server")
    program = place / "bin" / "milvus-server"
    if not program.exists():
        session.run("python", "-m", "venv", str(place))
        install = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", MILVUS)
        # Where there is no such package, as on other systems, the tests are skipped and say so.
        session.run(*install, external=True, success_codes=(0, 1))
    return str(program)


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """Run the unit tests with the oldest direct dependencies that pyproject.toml admits."""
    session.install("uv")
    pins = Path(session.virtualenv.location, "lowest.txt")
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    session.run(
        "uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct",
        "--python-version", OLDEST, *extras, "--output-file", str(pins), "pyproject.toml",
        env=_sources_for_uv(),
    )  # fmt: skip
    session.install("-r", str(pins), *_group("tests"))
    session.install("--no-deps", "-e", ".")
    session.run("pytest", *(session.posargs or (*_workers(), "tests/unit", "tests/contract")))


def _sources_for_uv() -> dict[str, str]:
    """Return pip's variables under the names that uv reads."""
    names = {
        "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
        "PIP_EXTRA_INDEX_URL": "UV_INDEX",
        "PIP_FIND_LINKS": "UV_FIND_LINKS",
        "PIP_CERT": "SSL_CERT_FILE",
    }
    return {new: os.environ[old] for old, new in names.items() if os.environ.get(old)}


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, and test it in a folder from which the checkout cannot be imported."""
    session.install("build")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        session.run("python", "-m", "build", "--outdir", str(place), silent=True)
        (built,) = place.glob("*.whl")
        _install(session, "tests", package=str(built))
        # Its version is that of the wheel before, so pip has to be told.
        session.install("--force-reinstall", "--no-deps", str(built))
        _copy_tests(place)
        session.chdir(place)
        session.run("python", "-c", _IS_INSTALLED)
        home = {"CODING_AGENT_HOME": str(place / "home")}
        session.run("coding-agent", "run", "Analyze the code", "-w", "tests", "-q", env=home)
        session.run("pytest", *_workers(), *(session.posargs or ("tests/unit", "tests/contract")))


_IS_INSTALLED = """
import pathlib
import coding_agent_sdk
file = pathlib.Path(coding_agent_sdk.__file__)
print(file)
assert "site-packages" in file.parts
assert file.with_name("py.typed").exists()
"""


def _copy_tests(place: Path) -> None:
    """Copy the tests, less those that read the checkout itself."""
    left_out = shutil.ignore_patterns("__pycache__", "docs", "architecture")
    shutil.copytree(HERE / "tests", place / "tests", ignore=left_out)
    for name in ("pyproject.toml", ".env.example"):
        shutil.copy(HERE / name, place)


@nox.session
def attacks(session: nox.Session) -> None:
    """Try all attacks on the executors, as root and as a user, and print the table of them."""
    _install(session)
    session.run("python", "-m", "coding_agent_sdk.testing.attacks_table", *session.posargs)


@nox.session
def training(session: nox.Session) -> None:
    """Learn the weights by which texts are judged anew, from the labelled texts of `training/`."""
    _install(session, "tests", "training")
    session.run("python", "-m", "training", *session.posargs)


# -- what is read, not run -----------------------------------------------------------------------


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, layers and declared dependencies."""
    session.install(*_group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")  # it would remember what a name once was
    session.run("deptry", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, and those that its users see."""
    _install(session, "typing")
    session.run("mypy")
    session.run("mypy", "tests/typing/api.py")
    python = ("--pythonpath", str(Path(session.bin, "python")))
    session.run("pyright", *python)
    session.run("pyright", *python, "tests/typing/api.py")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken link or a name that is gone fails."""
    session.install(*_group("docs"))
    session.run("mkdocs", "build", "--strict", "--quiet", env={"NO_MKDOCS_2_WARNING": "1"})


# -- measuring -----------------------------------------------------------------------------------


@nox.session
def bench(session: nox.Session) -> None:
    """Measure what the SDK adds to a bare LangGraph agent: `nox -s bench -- --quick`."""
    _install(session)
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def races(session: nox.Session) -> None:
    """Exchange folders for ten seconds while files are used, kill writers 200 times, and end trees.

    It prints how often that was, and how long the processes of a command took to be gone.
    """
    _install(session, "tests")
    env = {
        "CODING_AGENT_RACE_SECONDS": "10", "CODING_AGENT_KILLS": "200",
        "CODING_AGENT_MEASURED": "1",
    }  # fmt: skip
    names = ("test_rename_race.py", "test_crash_loop.py", "test_none_survives.py")
    places = [f"tests/unit/sandbox/{name}" for name in names]
    session.run("pytest", "-p", "no:randomly", *places, *session.posargs, env=env)
