"""The reference is complete: every hook with its signature, every option, setting and link."""

from __future__ import annotations

import ast
import re

import pytest

from coding_agent_sdk.config import Settings
from coding_agent_sdk.errors import __all__ as ERRORS
from coding_agent_sdk.hooks.specs import HOOKS, WRAP_PHASES
from coding_agent_sdk.testing import __all__ as TESTING

from .pages import PAGES, ROOT, name_of
from .test_snippets import help_of, names_in

REFERENCE = ROOT / "docs" / "reference"
PACKAGE = ROOT / "coding_agent_sdk"


def signatures():
    tree = ast.parse((PACKAGE / "hooks" / "specs.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, f"{node.name}({', '.join(arg.arg for arg in node.args.args)})"


def test_every_hook_is_listed_in_its_order_with_its_exact_signature():
    page = (REFERENCE / "hooks.md").read_text()
    listed = re.findall(r"^\| `([a-z_]+\([a-z_, ]*\))` \|", page, re.MULTILINE)
    assert listed == [signature for _, signature in signatures()]
    assert [name for name, _ in signatures()] == list(HOOKS)


def test_every_hook_is_described_from_its_spec():
    page = (REFERENCE / "hooks.md").read_text()
    described = re.findall(r"^::: coding_agent_sdk\.hooks\.specs\.(\w+)$", page, re.MULTILINE)
    assert described == list(HOOKS)


def test_the_phases_of_the_wraps_are_those_of_the_code():
    page = (REFERENCE / "hooks.md").read_text()
    for hook, phases in WRAP_PHASES.items():
        assert f"| `{hook}` | {', '.join(phases)} |" in page


def shown(default):
    """Return a default as the tables show it."""
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_table_of_settings_has_each_key_in_its_order_with_its_default():
    page = (REFERENCE / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| \S", page, re.MULTILINE)
    expected = [(name, shown(field.default)) for name, field in Settings.model_fields.items()]
    assert [(key, default.strip("`")) for key, default in rows] == expected


def test_settings_of_the_readme_exist_under_their_variables_with_their_defaults():
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `CODING_AGENT_(\w+)` \| (.*?) \|", text, re.MULTILINE)
    assert len(rows) > 5
    for key, variable, default in rows:
        actual = Settings.model_fields[key].default
        assert variable == key.upper()
        assert actual in (None, []) or key == "workspace" or default.strip("`") == shown(actual)


def test_every_error_stands_in_the_drawn_tree():
    import coding_agent_sdk.errors as errors

    drawn = re.findall(r"(\w+Error)\b", errors.__doc__.split("```")[1])
    assert sorted(name for name in drawn if name != "ImportError") == sorted(ERRORS)


def commands():
    for name in names_in(help_of()):
        inner = names_in(help_of(name))
        yield from ([name, sub] for sub in inner) if inner else [[name]]


def test_every_command_and_option_stands_in_the_reference():
    page = (REFERENCE / "cli.md").read_text()
    for words in commands():
        assert f"`coding-agent {' '.join(words)}" in page
        _, _, options = help_of(*words).partition("\nOptions:\n")
        options, _, _ = options.partition("\nExamples:\n")
        for line in options.splitlines():
            for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", line[:32]):
                (row,) = [
                    row
                    for row in page.splitlines()
                    if f"`{option}`" in row and row.startswith("| `--") and covers(row, words)
                ]
                assert row


def covers(row, words):
    """Say whether a row of the table of options is for a command."""
    of = row.replace("\\|", "/").split("|")[2].strip()
    groups = [name.strip() for name in of.split(",")]
    return of == "all" or " ".join(words) in groups or words[0] in groups


def test_every_name_of_testing_is_described():
    page = (REFERENCE / "testing.md").read_text()
    assert "::: coding_agent_sdk.testing.fake_provider.script\n" in page
    script = (PACKAGE / "testing" / "fake_provider" / "script.py").read_text()
    for name in TESTING:
        described = re.search(rf"^::: coding_agent_sdk\.testing\..*\.{name}$", page, re.MULTILINE)
        listed = re.search(rf"members: \[.*\b{name}\b", page)
        in_script = re.search(rf"^(class {name}:|{name}: TypeAlias)", script, re.MULTILINE)
        assert described or listed or in_script, name


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name_of)
def test_links_lead_to_files_that_are_there(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"
