"""Tools as the model sees them, its calls of them, and what comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pydantic import BaseModel

    from coding_agent_sdk.types.context import Citation

__all__ = ["Effect", "Tool", "ToolCall", "ToolResult", "ToolStatus"]

Effect: TypeAlias = Literal["pure", "read", "write", "external"]
"""What a call may change: nothing and reads nothing (`pure`), nothing (`read`), files of the
workspace (`write`), anything (`external`)."""

_CHARACTERS_PER_TOKEN: Final = 4

ToolStatus: TypeAlias = Literal["ok", "error", "denied", "timeout", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """One call that the model asks for.

    Attributes:
        id: The model's id of the call.
        name: Name of the tool.
        arguments: The arguments, strictly parsed from what the model sent.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What came of a call.

    Attributes:
        call_id: The model's id of the call.
        name: Name of the tool.
        text: What the model is told.
        status: `ok`, or why not: `error`, `denied`, `timeout`, `cancelled`.
        data: A value for programs (the CLI, an embedding app); never sent to the model, JSON only.
        changed_files: Paths changed by the call, relative to the workspace.
        truncated: Whether *text* is less than the whole output.
        sandbox: Name of the executor that ran a command; empty for other tools.
        citations: Passages that *text* quotes; they come to the citations of the run's result.
    """

    call_id: str = ""
    name: str = ""
    text: str
    status: ToolStatus = "ok"
    data: Any = None
    changed_files: tuple[str, ...] = ()
    truncated: bool = False
    sandbox: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that the model may call.

    Attributes:
        name: Its name, unique in an agent: letters, digits, `_` and `-`, at most 64 characters.
        description: What it does, for the model.
        effect: What a call may change; see `Effect`.
        arguments: A pydantic model of the arguments. Unknown keys are refused.
        run: `run(context, arguments)` with the validated model; gives a `ToolResult`,
            or text. What it raises becomes an error result for the model.
        timeout: Seconds that one call may take; None for the agent's setting.
        effect_of: `effect_of(context, arguments)` gives the effect of one call, where it can be
            less than *effect*: a command that only reads.
        preview: `preview(context, arguments)` gives what a call would do, as a unified diff,
            to show before it is approved; None where there is nothing to show.
        paths: `paths(arguments)` gives the files that a call may change, from the arguments as the
            model sent them, relative to the workspace; None where that is not known beforehand.
        stoppable: Whether a call ends when it is cancelled. A plain function in a thread goes on,
            and the model is told so where its time is over.
    """

    name: str
    description: str
    effect: Effect
    arguments: type[BaseModel]
    run: Callable[[Any, Any], Awaitable[ToolResult | str]]
    timeout: float | None = None
    effect_of: Callable[[Any, Any], Effect] | None = None
    preview: Callable[[Any, Any], Awaitable[str]] | None = None
    paths: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    stoppable: bool = True

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The tool in the form of OpenAI's function schema, which all LangChain models take."""
        parameters = self.arguments.model_json_schema()
        parameters.pop("title", None)
        parameters.pop("description", None)
        parameters.setdefault("properties", {})
        parameters["additionalProperties"] = False
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": parameters,
        }
        return {"type": "function", "function": function}

    @cached_property
    def schema_tokens(self) -> int:
        """About how many tokens the schema takes in each request."""
        return len(json.dumps(self.schema, default=str)) // _CHARACTERS_PER_TOKEN
