"""The settings of an agent: every key, its type, its default and what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
)

from coding_agent_sdk.config.masking import masked
from coding_agent_sdk.types.status import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Settings"]


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")  # noqa: TRY004 -- pydantic collects ValueError only
    return value


def _optional(value: Any) -> Any:
    """Read the word `none`, for TOML and the environment have no null."""
    return None if isinstance(value, str) and value.strip().lower() == "none" else _number(value)


def _names(value: Any) -> Any:
    """Read `a,b` and `["a", "b"]`, the two ways to write a list in a variable."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"a list in JSON is broken: {error}") from error
    return [part for part in (part.strip() for part in value.split(",")) if part]


def _plugins_or_none(value: Any) -> Any:
    none = isinstance(value, str) and value.strip().lower() == "none"
    return [] if none else _names(value)


def _address(value: str) -> str:
    """Refuse what is no address of a server: a client would only say that it cannot connect."""
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is no number, say
        fits = False
    if not fits:
        raise ValueError(
            "the address of a server is wanted, http://… or https://…, "
            "such as http://localhost:11434/v1"
        )
    return value


def _tool_pattern(value: str) -> str:
    """Refuse a pattern that only calls without an argument fit: all others would be made."""
    name, opened, inside = value.partition("(")
    if opened and not inside.removesuffix(")").strip():
        raise ValueError(
            f"nothing stands between the parentheses; {name.strip()} alone denies each call of "
            "it, and run_cmd(git push*) those whose first argument is so"
        )
    return value


_Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Address: TypeAlias = Annotated[_Text, AfterValidator(_address)]
_Names: TypeAlias = Annotated[list[_Text], BeforeValidator(_names)]
_Tools: TypeAlias = Annotated[
    list[Annotated[_Text, AfterValidator(_tool_pattern)]], BeforeValidator(_names)
]
_Count: TypeAlias = Annotated[int, Field(ge=1), BeforeValidator(_number)]
_Degrees: TypeAlias = Annotated[float, Field(ge=0, le=2), BeforeValidator(_number)]
_Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_number)]


class Settings(BaseModel):
    """The settings of an agent, from all layers; see `load_settings`.

    Attributes:
        model: `provider:name`, such as `anthropic:claude-sonnet-5-5`; None chooses by the
            provider whose key is set (`default_model`).
        fallback: Models that take over, one after the other, where `model` cannot answer.
        base_url: Address of the provider, for a gateway or a compatible server.
        api_key: The provider's key, where it is not in the provider's own variable.
        temperature: Sampling temperature, 0 to 2; None leaves it to the provider.
        max_tokens: Most tokens of one answer; None leaves it to the provider.
        workspace: The folder that the agent works in.
        mode: What happens to calls with an effect: `read-only`, `ask`, `auto` or `yolo`.
        memory: URL of the store of sessions; None is SQLite in the data folder, `none` is off.
        sandbox: What holds commands to the workspace: `auto`, which is
            `bubblewrap` (`seatbelt` on macOS), or `landlock`, `docker`, `none`, or the name of an
            executor that a plugin offers.
        system_prompt: Text that is added to the built-in system prompt.
        max_steps: Most model calls of one run.
        cache_breakpoints: Whether Anthropic is told which parts of a prompt to cache.
        output_retries: How often an answer that does not fit `output=` is asked for again.
        timeout: Most seconds of one run; None has no limit.
        tool_timeout: Most seconds of one tool call.
        model_timeout: Most seconds that a model may be silent.
        check_timeout: Most seconds of one plugin's check; over it, the check denies.
        approval_timeout: Seconds to wait for an approver's answer; None waits on.
        load_plugins: Third-party plugins to load by name; None loads all, `[]` none.
        without: Built-in plugins that are switched off.
        fail_open: Plugins whose checks abstain where they fail, instead of denying.
        deny_tools: Tool calls that are never made; the lists of all layers are united.
        plugins: The plugins' sections as they were given; each plugin's own model checks
            them (`validate_section`).
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        validate_default=True,
    )

    model: _Text | None = None
    fallback: _Names = []
    base_url: _Address | None = None
    api_key: SecretStr | None = None
    temperature: Annotated[_Degrees | None, BeforeValidator(_optional)] = None
    max_tokens: Annotated[_Count | None, BeforeValidator(_optional)] = None
    workspace: Path = Path()
    mode: Mode = "ask"
    memory: _Text | None = None
    sandbox: _Text = "auto"
    system_prompt: str | None = None
    max_steps: _Count = 50
    cache_breakpoints: bool = True
    output_retries: Annotated[int, Field(ge=0), BeforeValidator(_number)] = 2
    timeout: Annotated[_Seconds | None, BeforeValidator(_optional)] = None
    tool_timeout: _Seconds = 120.0
    model_timeout: _Seconds = 120.0
    check_timeout: _Seconds = 10.0
    approval_timeout: Annotated[_Seconds | None, BeforeValidator(_optional)] = None
    load_plugins: Annotated[list[_Text] | None, BeforeValidator(_plugins_or_none)] = None
    without: _Names = []
    fail_open: _Names = []
    deny_tools: _Tools = []
    plugins: dict[str, dict[str, Any]] = {}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for key, value in super().__repr_args__():
            yield key, masked(key or "", value)
