"""Tools from what others have: LangChain's tools, plain functions, our own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, model_validator

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.tools.function_tool import tool
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.tools import Effect

__all__ = ["as_tool", "from_langchain"]

_ACCEPTED: Final = (
    "a Tool, a typed function (def or async def), or a LangChain BaseTool; "
    "of a class give an instance or a method"
)


def as_tool(value: Any) -> Tool:
    """Return *value* as a tool: a `Tool`, a LangChain `BaseTool`, or a typed function.

    Raises:
        ConfigError: It is none of these.
    """
    if isinstance(value, Tool):
        return value
    if _is_langchain(value):
        return from_langchain(value)
    if callable(value) and not isinstance(value, type):
        return tool(value)
    raise ConfigError(f"{value!r} is no tool; give {_ACCEPTED}")


def _is_langchain(value: Any) -> bool:
    # Where langchain_core.tools is not loaded, nobody can have made an instance of it.
    module = sys.modules.get("langchain_core.tools")
    return module is not None and isinstance(value, module.BaseTool)


def from_langchain(source: BaseTool, *, effect: Effect = "external") -> Tool:
    """Make a tool of a LangChain tool.

    Args:
        source: The tool; its own callbacks and error handling stay as they are.
        effect: What a call may change; LangChain does not say it.
    """

    async def run(context: RunContext, arguments: BaseModel) -> ToolResult:
        given = arguments.model_dump(exclude_unset=True, by_alias=True)
        call = {
            "name": source.name,
            "args": given,
            "id": context.call_id or "call",
            "type": "tool_call",
        }
        message = await source.ainvoke(call)
        failed = getattr(message, "status", "success") == "error"
        return ToolResult(text=_text_of(message), status="error" if failed else "ok")

    return Tool(
        name=source.name,
        description=source.description or source.name,
        effect=effect,
        arguments=_arguments_of(source),
        run=run,
        stoppable=_is_async(source),
    )


def _is_async(source: BaseTool) -> bool:
    """Return whether LangChain runs it on the event loop; else it does so in a thread."""
    from langchain_core.tools import BaseTool, StructuredTool
    from langchain_core.tools import Tool as SimpleTool

    own, base, structured, simple = (
        kind._arun  # noqa: SLF001  what a subclass overrides to run on the event loop
        for kind in (type(source), BaseTool, StructuredTool, SimpleTool)
    )
    if own in {structured, simple}:
        return getattr(source, "coroutine", None) is not None
    return own is not base


def _text_of(message: Any) -> str:
    """Return the text of a tool message; of blocks that are no text, that they are left out."""
    content = getattr(message, "content", message)
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return str(content)
    pieces = [_text_of_block(block) for block in content]
    return "\n".join(piece for piece in pieces if piece)


def _text_of_block(block: Any) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, dict) and block.get("type") == "text":
        return str(block.get("text", ""))
    kind = block.get("type", "unknown") if isinstance(block, dict) else type(block).__name__
    return f"[{kind} left out: only text is passed on]"


def _arguments_of(source: BaseTool) -> type[BaseModel]:
    schema: Any = source.tool_call_schema
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return type(schema.__name__, (schema,), {"model_config": ConfigDict(extra="forbid")})
    if isinstance(schema, dict):
        return _from_json_schema(source.name, schema)
    json_schema = source.get_input_jsonschema()  # arguments of pydantic 1
    return _from_json_schema(source.name, json_schema)


class _JsonArguments(BaseModel):
    """Arguments that are known by a JSON schema only; the tool itself checks the values."""

    model_config = ConfigDict(extra="allow")
    json_schema: ClassVar[Mapping[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, value: Any) -> Any:
        known = set(cls.json_schema.get("properties", {}))
        given = set(value)
        missing = sorted(set(cls.json_schema.get("required", ())) - given)
        unknown = sorted(given - known)
        if missing or unknown:
            problems = [f"missing: {', '.join(missing)}"] if missing else []
            problems += [f"unknown: {', '.join(unknown)}"] if unknown else []
            raise ValueError(f"{'; '.join(problems)} (known: {', '.join(sorted(known))})")
        return value

    @classmethod
    def model_json_schema(cls, *_args: Any, **_options: Any) -> dict[str, Any]:
        """Return the schema as it was given."""
        return dict(cls.json_schema)


def _from_json_schema(name: str, schema: Mapping[str, Any]) -> type[BaseModel]:
    return type(f"{name}_arguments", (_JsonArguments,), {"json_schema": schema})
