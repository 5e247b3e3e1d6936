"""What the package shows is there, and importing it costs next to nothing."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import coding_agent_sdk
from coding_agent_sdk import config, testing

PACKAGE = Path(coding_agent_sdk.__file__).parent
HEAVY = ("langgraph", "langchain_core", "pydantic", "typer", "rich", "sqlite3", "asyncio")


@pytest.mark.parametrize("package", [coding_agent_sdk, config, testing])
def test_every_name_of_all_can_be_imported(package):
    for name in package.__all__:
        assert getattr(package, name) is not None


@pytest.mark.parametrize("package", [coding_agent_sdk, config, testing])
def test_all_names_each_once_and_dir_shows_them(package):
    assert len(set(package.__all__)) == len(package.__all__)
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("package", [coding_agent_sdk, config, testing])
def test_a_name_that_is_not_there_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no attribute 'Agnet'"):
        package.Agnet  # noqa: B018


def test_what_type_checkers_see_is_what_can_be_imported():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    shown = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coding_agent_sdk")
        for alias in node.names
    }
    assert shown == set(coding_agent_sdk.__all__)


def loaded_by(statement):
    """Return the modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_loads_few_modules_and_none_that_is_heavy():
    modules = loaded_by("import coding_agent_sdk")
    assert len(modules) <= 100
    assert [name for name in HEAVY if name in modules] == []


def test_help_and_version_of_the_command_line_load_no_core():
    modules = loaded_by("import coding_agent_sdk.cli.commands")
    heavy = ("langgraph", "langchain_core", "pydantic", "coding_agent_sdk.agent")
    assert [name for name in heavy if name in modules] == []


CORE = (
    "langgraph", "langchain_core", "langsmith", "openai", "anthropic", "google.genai", "pymilvus",
    "milvus_lite", "numpy", "tree_sitter", "prometheus_client", "opentelemetry", "prompt_toolkit",
    "httpx", "requests", "coding_agent_sdk.agent",
)  # fmt: skip


@pytest.mark.parametrize(
    "words", [("--version",), ("--help",), ("config",), ("config", "--json"), ("trace", "--help")]
)
def test_a_light_command_loads_no_core(words, tmp_path, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    statement = (
        "import contextlib, io\n"
        "from coding_agent_sdk.cli.app import main\n"
        f"with contextlib.redirect_stdout(io.StringIO()): assert main({words!r}) == 0"
    )
    modules = loaded_by(statement)
    assert [name for name in CORE if name in modules] == []
    assert len(modules) < 700


def test_nothing_happens_at_import():
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py"]
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in modules
    ]
    code = (
        "import importlib, os, signal, sys, threading, logging\n"
        "before = (dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGINT),\n"
        "          list(logging.getLogger().handlers))\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "after = (dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGINT),\n"
        "         list(logging.getLogger().handlers))\n"
        "assert before == after\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_the_version_stands_once():
    from importlib.metadata import version

    assert version("coding-agent-sdk") == coding_agent_sdk.__version__
    assert (PACKAGE / "py.typed").exists()


def test_every_extra_that_the_code_names_is_declared():
    from importlib.metadata import metadata

    declared = set(metadata("coding-agent-sdk").get_all("Provides-Extra"))
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "extra":
                value = getattr(node.value, "value", None)
                if isinstance(value, str) and value not in {"allow", "forbid", "ignore"}:
                    assert value in declared, f"{path} needs the extra {value!r}"


def test_targets_of_built_in_backends_and_plugins_can_be_imported():
    from coding_agent_sdk.core.assembly import BUILT_IN
    from coding_agent_sdk.hooks.registry import BackendRegistry

    registry = BackendRegistry()
    for _, target in BUILT_IN:
        module, _, attribute = target.partition(":")
        plugin = getattr(importlib.import_module(module), attribute)()
        if hasattr(plugin, "register_backends"):
            plugin.register_backends(registry)
    assert registry.offers()
    for offer in registry.offers():
        assert callable(registry.load(offer))
