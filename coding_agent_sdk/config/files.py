"""Reading the files that settings come from, with an error that names the file and the place."""

from __future__ import annotations

import io
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dotenv.parser import parse_stream

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.text.counting import counted

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DEEPEST",
    "MAX_BYTES",
    "MAX_ENV_BYTES",
    "EnvironmentFile",
    "Table",
    "is_there",
    "project_table",
    "read_env",
    "read_table",
]

MAX_BYTES: Final = 1 << 20
"""No settings file is longer, so a file that was named by mistake cannot fill the memory."""

MAX_ENV_BYTES: Final = 1 << 16
"""No `.env` is longer; reading one takes about 4 seconds for each megabyte."""

DEEPEST: Final = 32
"""Most tables and lists within each other."""

_MOST_DOTS = 500
_MOST_NOTES = 5

_MISNAMED = ("coding-agent", "coding_agent_sdk", "coding-agent-sdk")


@dataclass(frozen=True, kw_only=True)
class Table:
    """The settings of one TOML file.

    Attributes:
        path: The file.
        values: Its settings; for a `pyproject.toml` those of `[tool.coding_agent]`.
    """

    path: Path
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class EnvironmentFile:
    """The variables of a `.env`, and what was wrong with it.

    Attributes:
        variables: Names and values; `${NAME}` is not expanded yet.
        notes: Lines that could not be read, by their number alone.
    """

    variables: dict[str, str]
    notes: tuple[str, ...] = ()


def read_table(path: Path, *, asked: str = "", pipes: bool = False) -> Table:
    """Read the settings of a TOML file.

    Args:
        path: The file; of one called `pyproject.toml` the table `[tool.coding_agent]`.
        asked: What named the file, such as `--config`, for the error.
        pipes: Whether a pipe may be read, as in `--config <(…)`.

    Raises:
        ConfigError: The file is missing, no file, too long, not text or not TOML, or it is a
            `pyproject.toml` without the table.
    """
    values = _toml(_text(path, asked=asked, pipes=pipes), path)
    if path.name != "pyproject.toml":
        return Table(path=path, values=values)
    section = _section(values, path)
    if section is None:
        raise ConfigError(f"{path} has no table [tool.coding_agent]; add it, or name another file")
    return Table(path=path, values=section)


def project_table(folder: Path, notes: list[str]) -> Table | None:
    """Read the settings of a project: its `coding_agent.toml`, else its `pyproject.toml`.

    A `pyproject.toml` that cannot be read is left out with a note unless it speaks of
    `coding_agent`: it may be just what the agent is to repair.

    Raises:
        ConfigError: A file with settings cannot be used.
    """
    other = _pyproject(folder / "pyproject.toml", notes)
    path = folder / "coding_agent.toml"
    if not is_there(path):
        return other
    if other is not None:
        notes.append(
            f"{path.name} was used and [tool.coding_agent] of {other.path} was not; "
            "keep the settings in one of them",
        )
    return read_table(path)


def read_env(path: Path) -> EnvironmentFile:
    """Read the variables of a `.env`; a missing file, or a folder of that name, has none.

    Raises:
        ConfigError: The file, or a line of it, cannot be read and speaks of `CODING_AGENT_`.
    """
    if not is_there(path) or path.is_dir():  # .env is also a common name of a virtual environment
        return EnvironmentFile(variables={})
    if not path.is_file():
        return EnvironmentFile(variables={}, notes=(f"{path} is no regular file, so not read",))
    try:
        text = _text(path, most=MAX_ENV_BYTES)
    except ConfigError as error:
        if _holds(path, b"CODING_AGENT_"):
            raise
        return EnvironmentFile(variables={}, notes=(f"{error} (so the run goes on without it)",))
    return _bindings(text, path)


def _bindings(content: str, path: Path) -> EnvironmentFile:
    variables: dict[str, str] = {}
    notes: list[str] = []
    for binding in parse_stream(io.StringIO(content)):
        if binding.error:
            text = binding.original.string
            above = len(text) - len(text.lstrip("\n"))  # blank lines belong to the next line
            _broken_line(path, binding.original.line + above, text, notes)
        elif binding.key is not None and binding.value is not None:
            variables[binding.key] = binding.value
    more = len(notes) - _MOST_NOTES
    if more > 0:
        notes[_MOST_NOTES:] = [
            f"{path}: {counted(more, 'more line is', 'more lines are')} like that"
        ]
    return EnvironmentFile(variables=variables, notes=tuple(notes))


def _broken_line(path: Path, line: int, text: str, notes: list[str]) -> None:
    # The line itself is not shown: it may hold half of a key.
    if "CODING_AGENT_" in text:
        raise ConfigError(f"{path}, line {line}: not of the form NAME=value; correct the line")
    notes.append(f"{path}, line {line} is not of the form NAME=value and was left out")


def _pyproject(path: Path, notes: list[str]) -> Table | None:
    if not is_there(path):
        return None
    try:
        values = _toml(_text(path), path)
        section = _section(values, path)
    except ConfigError as error:
        if _holds(path, b"coding_agent"):
            raise
        notes.append(f"{error} (it holds no settings of the agent, so the run goes on)")
        return None
    if section is not None:
        return Table(path=path, values=section)
    tools = values.get("tool")
    misnamed = [name for name in _MISNAMED if isinstance(tools, dict) and name in tools]
    notes.extend(
        f"{path}: [tool.{name}] was not read; the table is [tool.coding_agent]" for name in misnamed
    )
    return None


def _section(values: dict[str, Any], path: Path) -> dict[str, Any] | None:
    tools = values.get("tool", {})
    section = tools.get("coding_agent") if isinstance(tools, dict) else None
    if section is not None and not isinstance(section, dict):
        raise ConfigError(
            f"{path}: tool.coding_agent is a {type(section).__name__}, not a table; "
            "write [tool.coding_agent]",
        )
    return section


def _holds(path: Path, name: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return name in file.read(MAX_BYTES)
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Tell whether anything has that name, be it a folder or a broken link.

    Raises:
        ConfigError: The folder that it would lie in cannot be looked at.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(f"cannot look for {path}: {error.strerror}; check the folder") from error
    return True


def _text(path: Path, *, asked: str = "", pipes: bool = False, most: int = MAX_BYTES) -> str:
    data = _bytes(path, asked=asked, pipes=pipes, most=most)
    if len(data) > most:
        raise ConfigError(
            f"{path} is longer than {most} bytes; name a file that holds only settings",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not text in UTF-8 (byte {error.start}); save it as UTF-8, "
            "or name another file",
        ) from error


def _bytes(path: Path, *, asked: str, pipes: bool, most: int) -> bytes:
    named = f"{asked} {path}" if asked else str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{named} is a folder; name a file in it")
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            raise ConfigError(f"{named} is no regular file; name a TOML file")
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"{named} does not exist; create it, or name another file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{named} cannot be read: {reason}; check its rights") from error


def _toml(text: str, path: Path) -> dict[str, Any]:
    too_deep = ConfigError(f"{path}: nested too deeply; a settings file is flat")
    # tomllib takes time and memory by the square of the parts of a key: a.a.a of 200 kB is enough
    # to fill any machine, so a file of somebody else is looked at before it is parsed.
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise too_deep
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Python 3.14 gives the place as attributes, the versions before only in the message.
        lines = text.splitlines() or [""]
        end = f"line {len(lines)}, column {len(lines[-1]) + 1}"
        reason, _, place = str(error).rpartition(" (at ")
        place = place.rstrip(")").replace("end of document", end)
        raise ConfigError(f"{path}, {place}: not valid TOML: {reason}") from error
    except RecursionError as error:
        raise too_deep from error
    if not _is_flat(values):
        raise too_deep
    return values


def _is_flat(values: dict[str, Any]) -> bool:
    level: list[Any] = [values]
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
    return not level
