"""What of a home folder is shown: the tools, and the Python that runs us; never a place of keys."""

from __future__ import annotations

import os
import sys

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.toolchains import find_toolchains
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "home"
    made.mkdir()
    return made


def environment(folder):
    """Lay out an environment of Python."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    (folder / "bin" / "python").touch()
    return folder


@pytest.mark.skipif(not os.path.exists("/usr/bin/bwrap"), reason="bubblewrap is not installed")
async def test_the_python_that_runs_us_runs_inside_though_no_path_names_it(root, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    executor = BubblewrapExecutor()
    result = await executor.run(
        Command(text=f"{sys.executable} -c 'import ssl, sys; print(sys.prefix)'"),
        workspace=LocalWorkspace(root),
        timeout=30,
    )
    await executor.aclose()
    assert result.head.decode().strip() == sys.prefix


def test_an_environment_in_a_home_folder_is_shown_and_the_home_folder_is_not(
    home, root, monkeypatch
):
    made = environment(home / "work" / "venv")
    monkeypatch.setattr(sys, "prefix", str(made))
    shown = find_toolchains("/usr/bin", root=root, home=home).folders
    assert str(made) in shown
    assert not [name for name in shown if home.is_relative_to(name)]


@pytest.mark.parametrize("place", [".ssh/venv", ".aws/venv", ".local", "", "../home"])
def test_one_in_a_place_of_keys_or_that_is_the_home_folder_is_not(home, root, monkeypatch, place):
    made = environment(home / place)
    monkeypatch.setattr(sys, "prefix", str(made))
    shown = find_toolchains(f"/usr/bin:{made}/bin", root=root, home=home).folders
    assert str(made) not in shown
    assert str(home) not in shown
    if place.startswith(".ssh"):
        assert not [name for name in shown if ".ssh" in name]


def test_one_in_the_workspace_is_there_already(home, root, monkeypatch):
    made = environment(root / ".venv")
    monkeypatch.setattr(sys, "prefix", str(made))
    assert str(made) not in find_toolchains("/usr/bin", root=root, home=home).folders


def test_a_folder_of_path_that_may_not_be_looked_at_is_passed_over(
    home, root, tmp_path, as_ordinary_user
):
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    closed.chmod(0)
    with as_ordinary_user():
        shown = find_toolchains(f"{closed}/bin:/usr/bin", root=root, home=home).folders
    assert not [name for name in shown if name.startswith(str(closed))]
