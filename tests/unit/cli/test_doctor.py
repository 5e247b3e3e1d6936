"""What the doctor finds where things do not work."""

import asyncio
from types import SimpleNamespace

import pytest

from coding_agent_sdk.cli import doctor, extras
from coding_agent_sdk.config import load_settings
from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.protocols import Capabilities


def settings(folder, **given):
    return load_settings(
        explicit={"workspace": folder, **given},
        environ={"CODING_AGENT_HOME": str(folder)},
        cwd=folder,
    )


def test_a_workspace_that_cannot_be_read_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    found = doctor._workspace(settings(tmp_path))
    assert (found.status, "cannot be read" in found.detail) == ("failed", True)


def test_a_workspace_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: mode != doctor.os.W_OK)
    found = doctor._workspace(settings(tmp_path))
    assert (found.status, "read-only" in found.detail) == ("ok", True)


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        ({"api_key": "k"}, {}, "the key is set by builder"),
        ({}, {"OPENAI_API_KEY": "k"}, "the key is set by OPENAI_API_KEY"),
        ({}, {}, "no key is set"),
    ],
)
def test_the_key_is_named_by_its_place(tmp_path, given, environment, said):
    loaded = load_settings(
        explicit=given, environ={"CODING_AGENT_HOME": str(tmp_path), **environment}, cwd=tmp_path
    )
    assert doctor._key(loaded, "openai:gpt") == said


def executor(**fields):
    async def probe():
        return Capabilities(name="box", **fields)

    async def open_backend(kind):
        return SimpleNamespace(probe=probe)

    return SimpleNamespace(backends=SimpleNamespace(open_backend=open_backend))


async def test_an_executor_that_cannot_run_is_a_failure_with_its_fix():
    found = await doctor._executor(executor(available=False, reason="no box", fix="install it"))
    assert (found.status, found.detail, found.fix) == ("failed", "box: no box", "install it")


async def test_an_executor_says_what_it_holds_commands_to():
    found = await doctor._executor(executor(available=True, shell="bash", enforces=("files",)))
    assert found.detail == "box runs commands by bash; holds commands to: files"


async def test_a_check_that_raises_is_a_finding():
    async def broken(assembly):
        raise SandboxUnavailableError("no shell", fix="install one")

    found = await doctor._tried("executor", broken, None)
    assert (found.status, found.fix) == ("failed", "install one")

    async def odd(assembly):
        raise ValueError("x")

    assert (await doctor._tried("memory", odd, None)).detail == "ValueError: x"


def test_backends_whose_package_is_missing_are_listed_with_the_fix(tmp_path, monkeypatch):
    (tmp_path / "far_backend.py").write_text("import no_such_package_x\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry = BackendRegistry()
    registry.plugin = "mine"
    registry("model", "far", "far_backend:create", extra="far")
    registry("model", "broken", "json:no_such_attribute")
    found = {each.name: each for each in doctor._offers(SimpleNamespace(registry=registry))}
    assert found["model far"].status == "missing"
    assert 'pip install "coding-agent-sdk[far]"' in found["model far"].detail
    assert "cannot be imported: " in found["model broken"].detail


def test_a_backend_that_imports_its_package_when_it_is_used_is_missing_without_it(monkeypatch):
    installed = extras.metadata.distribution

    def without(name):
        if name in {"pymilvus", "opentelemetry-sdk"}:
            raise extras.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(extras.metadata, "distribution", without)
    extras.missing_packages.cache_clear()
    try:
        assert extras.missing_packages("milvus") == ("pymilvus",)
        assert set(extras.missing_packages("demo")) == {"pymilvus", "opentelemetry-sdk"}
        assert extras.missing_packages("redis") == extras.missing_packages("no-such-extra") == ()
        registry = BackendRegistry()
        registry.plugin = "mine"
        registry("knowledge", "far", "json:loads", extra="milvus")
        registry("knowledge", "near", "json:loads", extra="redis")
        found = {each.name: each for each in doctor._offers(SimpleNamespace(registry=registry))}
    finally:
        extras.missing_packages.cache_clear()
    assert found["knowledge near"].status == "ok"
    assert found["knowledge far"].status == "missing"
    assert "needs the package 'pymilvus', which is not installed" in found["knowledge far"].detail


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 3\n", "no program", "#!/bin/sh\nsleep 30\n"])
async def test_a_program_that_does_not_answer_is_missing(tmp_path, monkeypatch, text):
    program = tmp_path / "rg"
    program.write_text(text)
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(doctor, "_PROGRAM_SECONDS", 0.3)
    async with asyncio.timeout(10):
        found = await doctor._program("rg", "searches", "install it")
    assert (found.status, found.fix) == ("missing", "install it")
    assert "does not run" in found.detail
