"""Settings in variables: `CODING_AGENT_MODE`, `CODING_AGENT_PLUGINS__RAG__STORE`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.config.files import DEEPEST
from coding_agent_sdk.config.problems import nearest
from coding_agent_sdk.config.settings import Settings
from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST", "NOT_SETTINGS", "PREFIX", "expanded", "settings_in"]

PREFIX: Final = "CODING_AGENT_"

NOT_SETTINGS: Final = ("CODING_AGENT_CONFIG", "CODING_AGENT_DEBUG", "CODING_AGENT_HOME")
"""Variables of ours that are read elsewhere, before there are settings."""

_OF_COMMANDS: Final = "CODING_AGENT_COMMAND"
"""What a command of an agent has in its environment; another agent may be such a command."""

_PASSED_OVER: Final = frozenset({*NOT_SETTINGS, _OF_COMMANDS})

LONGEST: Final = 1 << 14
"""Most characters of one value of a `.env`."""

_PIECE = re.compile(r"([^$]+|\$(?!\{[^}:]*+(?::-[^}]*+)?\}))|\$\{([^}:]*+)(?::-([^}]*+))?\}")


def settings_in(
    variables: Mapping[str, str], place: str, unknown: list[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings that *variables* give, nested, and the variable of each key.

    An empty variable counts as unset. `__` nests, and only below `CODING_AGENT_PLUGINS`.

    Args:
        variables: Names and values; those without our prefix are passed over.
        place: What they come from, `environment` or `.env`.
        unknown: Gets a line for each variable with our prefix that is no setting: it may be
            somebody else's, so it stops nothing, and it may be misspelt, so it is told.

    Raises:
        ConfigError: A variable goes below a setting that has nothing below it, or names no key.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in sorted(variables):
        value = variables[name]
        if not name.startswith(PREFIX) or name in _PASSED_OVER or not value.strip():
            continue
        path = _path(name, place)
        if not path:
            unknown.append(_unknown(name, place))
            continue
        _put(values, path, value, f"{place} {name}")
        origins[".".join(path)] = f"{place} {name}"
    return values, origins


def expanded(variables: Mapping[str, str], outer: Mapping[str, str]) -> dict[str, str]:
    """Return *variables* with `${NAME}` and `${NAME:-default}` replaced.

    Each sees the variables above it and those of *outer*; what nobody knows becomes empty.
    A value longer than `LONGEST` stays as it is.

    Raises:
        ConfigError: A value becomes longer than `LONGEST`.
    """
    known: dict[str, str] = {}
    for name, value in variables.items():
        parts: list[str] = []
        left = max(LONGEST, len(value))
        pieces = _PIECE.findall(value) if len(value) <= LONGEST else [(value, "", "")]
        for text, inner, default in pieces:
            part = text or known.get(inner) or outer.get(inner) or default
            left -= len(part)
            if left < 0:  # a few lines of ${A}${A} would fill any memory
                raise ConfigError(
                    f".env: {name} expands to more than {LONGEST} characters; write it shorter",
                )
            parts.append(part)
        known[name] = "".join(parts)
    return known


def _unknown(name: str, place: str) -> str:
    known = [field.upper() for field in Settings.model_fields if field != "plugins"]
    known += [each.removeprefix(PREFIX) for each in NOT_SETTINGS]
    # The prefix alone would make any two names alike.
    hint = nearest(name.removeprefix(PREFIX).upper(), known).replace("'", f"'{PREFIX}", 1)
    listed = ", ".join(sorted(PREFIX + each for each in [*known, "PLUGINS__<PLUGIN>__<KEY>"]))
    return f"{place}: unknown variable {name!r} was ignored{hint} (known: {listed})"


def _path(name: str, place: str) -> tuple[str, ...]:
    """Return the key of a variable, part by part; nothing where it is none of ours."""
    first, *rest = name.removeprefix(PREFIX).lower().split("__")
    if first not in Settings.model_fields or (first != "plugins" and name != name.upper()):
        return ()
    if first != "plugins" and rest:
        raise ConfigError(
            f"{place}: {name!r} goes below {first!r}, which has no keys of its own; "
            f"set {PREFIX}{first.upper()}",
        )
    if first == "plugins" and (len(rest) < 2 or not all(rest)):  # noqa: PLR2004 -- a plugin and a key
        raise ConfigError(
            f"{place}: {name!r} names no key of a plugin; write {PREFIX}PLUGINS__<PLUGIN>__<KEY>",
        )
    if len(rest) > DEEPEST:
        raise ConfigError(f"{place}: {name[:80]!r}… is nested too deeply; use fewer '__'")
    return (first, *rest)


def _put(values: dict[str, Any], path: tuple[str, ...], value: str, origin: str) -> None:
    *branch, leaf = path
    table = values
    for part in branch:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{origin}: {part!r} has a value already; set it or what is below it")
    table[leaf] = value
