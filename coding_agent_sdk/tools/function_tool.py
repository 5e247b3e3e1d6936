"""`tool` makes a tool of a typed function."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, overload

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import from_json, to_json

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.tools.docstrings import Docstring, parse_docstring
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.tools import Effect

__all__ = ["tool"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EFFECTS: Final = ("pure", "read", "write", "external")


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    effect: Effect = "external",
    timeout: float | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    effect: Effect = "external",
    timeout: float | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a typed function, as `@tool` or `@tool(effect="read")`.

    A `def` runs in a thread, which goes on when its time is over; an `async def` runs on the event
    loop, and is stopped then. The docstring describes the tool,
    its `Args:` the arguments. A parameter called `context`, or annotated `RunContext`, gets the
    run and is not shown to the model. What is returned becomes text: a `str` as it is, a
    `ToolResult` as it is, anything else as JSON.

    Args:
        function: The function, where the decorator stands without arguments.
        name: Name of the tool; the function's where None.
        description: What it does, for the model; the docstring's where None.
        effect: What a call may change: `pure`, `read`, `write` or `external`.
        timeout: Seconds that one call may take; None for the agent's setting.

    Raises:
        ConfigError: A parameter has no annotation, or the model could not fill it.

    Example:
        ```python
        @tool(effect="read")
        def count_words(text: str) -> int:
            \"\"\"Count the words of a text.\"\"\"
            return len(text.split())
        ```
    """

    def make(made: Callable[..., Any]) -> Tool:
        return _make(made, name=name, description=description, effect=effect, timeout=timeout)

    return make if function is None else make(function)


def _make(
    function: Callable[..., Any],
    *,
    name: str | None,
    description: str | None,
    effect: Effect,
    timeout: float | None,
) -> Tool:
    called = name or getattr(function, "__name__", "") or type(function).__name__
    if not _NAME.fullmatch(called):
        raise ConfigError(
            f"a tool cannot be called {called!r}; give it a name of letters, digits, _ and -, "
            "at most 64 characters: tool(name=…)",
        )
    if effect not in _EFFECTS:
        raise ConfigError(f"tool {called!r} has effect {effect!r}; take one of {_EFFECTS}")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigError(f"tool {called!r} is a generator; return the whole result instead")
    docstring = parse_docstring(inspect.getdoc(function))
    signature = _signature(function, called)
    parameters = _parameters(function, signature, called)
    shown = [parameter for parameter in parameters if not parameter.is_context]
    return Tool(
        name=called,
        description=description or docstring.description or f"{called}{signature}",
        effect=effect,
        arguments=_model(called, shown, docstring),
        run=_runner(function, parameters),
        timeout=timeout,
        stoppable=_is_async(function),
    )


@dataclass(frozen=True, kw_only=True)
class _Parameter:
    """A parameter of the function, and the name of its field in the model of the arguments."""

    name: str
    field: str
    annotation: Any
    default: Any
    positional: bool
    is_context: bool


def _signature(function: Callable[..., Any], called: str) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"tool {called!r}: the parameters of {function!r} cannot be read; "
            "wrap it in a typed function",
        ) from error


def _parameters(
    function: Callable[..., Any], signature: inspect.Signature, called: str
) -> list[_Parameter]:
    raw = list(signature.parameters.values())
    starred = [p.name for p in raw if p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
    if starred:
        raise ConfigError(
            f"tool {called!r} takes any number of arguments ({', '.join(starred)}), which a model "
            "cannot be told; name each parameter",
        )
    visible = [p for p in raw if not _is_context(p)]
    bare = [p.name for p in visible if p.annotation is inspect.Parameter.empty]
    if bare:
        raise ConfigError(
            f"tool {called!r} has no annotation for {', '.join(map(repr, bare))}; write its type, "
            f"as in `{bare[0]}: str`, so that the model knows what to send",
        )
    hints = _hints(function, visible, called)
    return [
        _Parameter(
            name=p.name,
            field=_field_name(p.name),
            annotation=hints.get(p.name),
            default=p.default,
            positional=p.kind is p.POSITIONAL_ONLY,
            is_context=_is_context(p),
        )
        for p in raw
    ]


def _is_context(parameter: inspect.Parameter) -> bool:
    if parameter.name == "context":
        return True
    annotation = parameter.annotation
    named = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return named.rpartition(".")[2] == "RunContext"


def _hints(
    function: Callable[..., Any], visible: list[inspect.Parameter], called: str
) -> dict[str, Any]:
    """Return the annotations as types; those of the context and the result are not looked at."""
    namespace = getattr(_innermost(function), "__globals__", {})
    holder = type("_Holder", (), {"__annotations__": {p.name: p.annotation for p in visible}})
    try:
        return typing.get_type_hints(holder, globalns=namespace, include_extras=True)
    except NameError as error:
        raise ConfigError(
            f"tool {called!r}: the annotation {error.name!r} is not known in its module; import it "
            "there, not under TYPE_CHECKING nor inside a function",
        ) from error
    except (TypeError, SyntaxError) as error:
        raise ConfigError(f"tool {called!r}: an annotation is no type: {error}") from error


def _innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that runs in the end: behind decorators, partial and `__call__`."""
    inner = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inner.func
    return inner if inspect.isroutine(inner) else type(inner).__call__


def _field_name(name: str) -> str:
    """Return the name of the field for a parameter: pydantic keeps some names for itself."""
    taken = name.startswith("_") or hasattr(BaseModel, name)
    return f"argument_{name}" if taken else name


def _model(called: str, shown: list[_Parameter], docstring: Docstring) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for parameter in shown:
        options: dict[str, Any] = {}
        if parameter.default is not inspect.Parameter.empty:
            options["default"] = parameter.default
        if parameter.field != parameter.name:
            options["alias"] = parameter.name
        told = docstring.arguments.get(parameter.name)
        if told and not _is_described(parameter.annotation):
            options["description"] = told
        fields[parameter.field] = (parameter.annotation, Field(**options))
    title = "".join(part.capitalize() for part in re.split(r"[_-]", called)) + "Arguments"
    try:
        made: type[BaseModel] = create_model(
            title, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **fields
        )
        made.model_json_schema()
    except (PydanticUserError, TypeError) as error:
        raise ConfigError(
            f"tool {called!r} takes a type that a model cannot send "
            f"({str(error).partition('. ')[0]}); take plain types, dataclasses or pydantic models",
        ) from error
    return made


def _is_described(annotation: Any) -> bool:
    metadata = getattr(annotation, "__metadata__", ())
    return any(getattr(item, "description", None) for item in metadata)


def _runner(function: Callable[..., Any], parameters: list[_Parameter]) -> Callable[..., Any]:
    is_async = _is_async(function)

    async def run(context: RunContext, arguments: BaseModel) -> ToolResult:
        positional, named = _bound(parameters, context, arguments)
        if is_async:
            value = await function(*positional, **named)
        else:
            value = await in_thread(functools.partial(function, *positional, **named))
            if inspect.isawaitable(value):
                value = await value
        return as_result(value)

    return run


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(_innermost(function))


def _bound(
    parameters: list[_Parameter], context: RunContext, arguments: BaseModel
) -> tuple[list[Any], Mapping[str, Any]]:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in parameters:
        value = context if parameter.is_context else getattr(arguments, parameter.field)
        if parameter.positional:
            positional.append(value)
        else:
            named[parameter.name] = value
    return positional, named


def as_result(value: Any) -> ToolResult:
    """Return what a function gave as a tool's result."""
    if isinstance(value, ToolResult):
        return value
    if isinstance(value, str):
        return ToolResult(text=value)
    if value is None:
        return ToolResult(text="done")
    text = to_json(value, fallback=repr, bytes_mode="base64", inf_nan_mode="strings")
    return ToolResult(text=text.decode(), data=from_json(text))
