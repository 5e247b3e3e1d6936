"""The command `doctor`: what works here, found by trying it, and what to do about the rest."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.anywhere import refusal
from coding_agent_sdk.cli.configuring import load
from coding_agent_sdk.cli.exits import ExitCode
from coding_agent_sdk.cli.extras import check_packages
from coding_agent_sdk.cli.ndjson import write_json
from coding_agent_sdk.cli.trying import Finding, try_configured
from coding_agent_sdk.config import data_home
from coding_agent_sdk.errors import AgentError, MissingExtraError
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from coding_agent_sdk.cli.options import AgentOptions
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.config import LoadedSettings
    from coding_agent_sdk.core.assembly import Assembly

__all__ = ["Finding", "examine", "show_findings"]

_STYLES: Final = {"ok": "green", "failed": "bold red", "missing": "yellow"}
_PROGRAM_SECONDS: Final = 10.0


async def show_findings(options: AgentOptions, terminal: Terminal, *, as_json: bool) -> int:
    """Show each finding as it is made, and return the exit code."""
    code = ExitCode.COMPLETED
    async for finding in examine(options):
        if finding.status == "failed":
            code = ExitCode.FAILED
        if as_json:
            write_json(asdict(finding), terminal.out)
            continue
        terminal.line(
            f"{finding.status:<8}{finding.name:<22}{finding.detail}", style=_STYLES[finding.status]
        )
        if finding.fix:
            terminal.line(f"{'':<30}-> {finding.fix}")
    return code


async def examine(options: AgentOptions) -> AsyncIterator[Finding]:
    """Yield what works here and what does not; nothing is sent to a provider."""
    version = f"coding-agent-sdk {__version__}, Python {platform.python_version()}"
    yield Finding(name="version", status="ok", detail=f"{version}, {platform.platform()}")
    try:
        loaded = load(options)
    except AgentError as error:
        yield Finding(name="settings", status="failed", detail=str(error))
        return
    notes = "; ".join(note for note in loaded.notes if note not in loaded.unknown)
    yield Finding(name="settings", status="ok", detail=notes or "no remarks")
    for note in loaded.unknown:
        fix = "write its name as it is known, or take it out of the environment"
        yield Finding(name="variable", status="missing", detail=note, fix=fix)
    yield (finding := _workspace(loaded))
    yield _data_folder(loaded)
    with _empty_folder() if finding.status == "failed" else contextlib.nullcontext() as folder:
        # One that cannot be used is one finding, and says nothing of the rest. The files of the
        # current folder are not read then: beside another workspace they would be trusted.
        usable = options
        if folder is not None:
            usable = replace(options, workspace=Path(folder), no_project=True)
        async for each in _examine_rest(usable, loaded):
            yield each


def _empty_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="coding-agent-")


async def _examine_rest(options: AgentOptions, loaded: LoadedSettings) -> AsyncIterator[Finding]:
    try:
        assembly = _assemble(options)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        yield Finding(name="plugins", status="failed", detail=_said_by(error))
        try:  # the rest may be well without the plugins that are installed
            assembly = _without_what_fails(options)
        except Exception:  # noqa: BLE001  it is no plugin's failure, and stands in the finding
            return
    names = ", ".join(plugin.name for plugin in assembly.plugins.loaded)
    yield Finding(name="plugins", status="ok", detail=names or "none")
    yield _model(loaded, assembly)
    for name, check in (("memory", _memory), ("executor", _executor)):
        yield await _tried(name, check, assembly)
    async for finding in try_configured(assembly):
        yield finding
    await assembly.backends.aclose()
    for finding in _offers(assembly):
        yield finding
    for program, use, fix in _PROGRAMS:
        yield await _program(program, use, fix)


# -- folders ---------------------------------------------------------------------------------


def _workspace(loaded: LoadedSettings) -> Finding:
    folder = loaded.settings.workspace
    origin = loaded.origin("workspace")
    if not folder.is_dir():
        detail = f"{folder} ({origin}) is no folder"
        return Finding(name="workspace", status="failed", detail=detail, fix="give --workspace DIR")
    if not os.access(folder, os.R_OK | os.X_OK):
        detail = f"{folder} ({origin}) cannot be read"
        fix = "change its permissions, or give --workspace DIR"
        return Finding(name="workspace", status="failed", detail=detail, fix=fix)
    if why := refusal(folder):
        return Finding(name="workspace", status="failed", detail=why, fix="give --workspace DIR")
    writable = "" if os.access(folder, os.W_OK) else ", read-only"
    return Finding(name="workspace", status="ok", detail=f"{folder} ({origin}){writable}")


def _data_folder(loaded: LoadedSettings) -> Finding:
    folder = data_home(loaded.environment)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        fix = "change its permissions, or set CODING_AGENT_HOME to another folder"
        detail = f"{folder} cannot be written: {error}"
        return Finding(name="data folder", status="failed", detail=detail, fix=fix)
    return Finding(name="data folder", status="ok", detail=f"{folder} can be written")


# -- what is configured ----------------------------------------------------------------------


def _assemble(options: AgentOptions) -> Assembly:
    """Put the agent together with a model that needs nothing: the real one is tried by itself."""
    from coding_agent_sdk.cli.options import SAID_BY
    from coding_agent_sdk.core.assembly import assemble

    return assemble(
        settings={**options.settings(), "model": "offline:rules"},
        said_by=SAID_BY,
        config_file=options.config,
        project=not options.no_project,
        without=options.without,
        entry_points=not options.no_plugins,
    )


def _without_what_fails(options: AgentOptions) -> Assembly:
    """Put the agent together without installed plugins, or without what has settings of its own."""
    bare = replace(options, no_plugins=True)
    try:
        return _assemble(bare)
    except AgentError:
        return _assemble(replace(bare, without=(*options.without, "tracing", "rag")))


def _model(loaded: LoadedSettings, assembly: Assembly) -> Finding:
    from coding_agent_sdk.core.assembly import model_options
    from coding_agent_sdk.core.model_table import ModelTable

    table = ModelTable(assembly.registry, options=lambda name: model_options(loaded, name))
    model, why = loaded.model()
    try:
        table.model(model)
    except AgentError as error:
        return Finding(name="model", status="failed", detail=f"{model} ({why}): {error}")
    return Finding(name="model", status="ok", detail=f"{model} ({why}); {_key(loaded, model)}")


def _key(loaded: LoadedSettings, model: str) -> str:
    """Say where the key of a model comes from, and never the key."""
    from coding_agent_sdk.core.assembly import PROVIDER_VARIABLES

    if model.startswith("offline:"):
        return "it needs no key"
    if loaded.settings.api_key is not None:
        return f"the key is set by {loaded.origin('api_key')}"
    variables = PROVIDER_VARIABLES.get(model.partition(":")[0], {}).get("api_key", ())
    named = next((name for name in variables if loaded.environment.get(name)), None)
    return f"the key is set by {named}" if named else "no key is set"


async def _tried(
    name: str, check: Callable[[Assembly], Awaitable[Finding]], assembly: Assembly
) -> Finding:
    try:
        return await check(assembly)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        fix = getattr(error, "fix", "")
        return Finding(name=name, status="failed", detail=_said_by(error), fix=fix)


def _said_by(error: Exception) -> str:
    return str(error) if isinstance(error, AgentError) else f"{type(error).__name__}: {error}"


async def _memory(assembly: Assembly) -> Finding:
    values = assembly.loaded.settings
    if not assembly.backends.has("memory"):
        detail = f"sessions are not kept (memory {values.memory or 'left out'})"
        return Finding(name="memory", status="missing", detail=detail)
    store = await assembly.backends.open_backend("memory")
    newest = await store.sessions(limit=1)
    where = assembly.loaded.rows()
    shown = next(value for key, value, _ in where if key == "memory")
    default = "SQLite in the data folder" if values.memory is None else shown
    last = ", no sessions yet"
    if newest:
        last = f", newest session {assembly.backends.redact('name', newest[0].session)}"
    return Finding(name="memory", status="ok", detail=f"{default} opens{last}")


async def _executor(assembly: Assembly) -> Finding:
    executor = await assembly.backends.open_backend("executor")
    found = await executor.probe()
    if not found.available:
        return Finding(
            name="executor", status="failed", detail=f"{found.name}: {found.reason}", fix=found.fix
        )
    holds = f"holds commands to: {', '.join(found.enforces) or 'nothing'}"
    detail = f"{found.name} runs commands by {found.shell}; {holds}"
    detail += f"; {found.reason}" if found.reason else ""
    return Finding(name="executor", status="ok", detail=detail, fix=found.fix)


def _offers(assembly: Assembly) -> Iterator[Finding]:
    """Yield for each backend whether what it imports is there."""
    for offer in assembly.registry.offers():
        name = f"{offer.kind} {offer.name}"
        try:
            check_packages(offer)
            assembly.registry.load(offer)
        except MissingExtraError as error:
            yield Finding(name=name, status="missing", detail=str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
            detail = f"cannot be imported: {_said_by(error)}"
            yield Finding(name=name, status="missing", detail=detail)
        else:
            yield Finding(name=name, status="ok", detail=f"offered by {offer.plugin}")


# -- programs --------------------------------------------------------------------------------

_PROGRAMS: Final = (
    ("git", "tells which files are ignored", "install git"),
    ("rg", "is what models like to search with in commands", "install ripgrep"),
    ("ruff", "analyzes Python code", 'pip install "coding-agent-sdk[demo]"'),
)


async def _program(name: str, use: str, fix: str) -> Finding:
    from coding_agent_sdk.tools.ruff_check import find_ruff

    path = find_ruff() if name == "ruff" else shutil.which(name)
    if path is None:
        return Finding(name=name, status="missing", detail=f"not found; it {use}", fix=fix)
    said = await _said([path, "--version"])
    if said is None:
        detail = f"{path} does not run; it {use}"
        return Finding(name=name, status="missing", detail=detail, fix=fix)
    return Finding(name=name, status="ok", detail=f"{said} ({Path(path)})")


async def _said(command: Sequence[str]) -> str | None:
    """Return the first line that a program prints; None where it fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PROGRAM_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)  # its children hold the pipe open, too
        await process.wait()
        return None
    return out.decode("utf-8", "replace").split("\n")[0] if process.returncode == 0 else None
