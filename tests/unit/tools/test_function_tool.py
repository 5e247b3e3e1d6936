"""A typed function becomes a tool."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import enum
import functools
import threading
import typing
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.tools.docstrings import parse_docstring
from coding_agent_sdk.tools.function_tool import tool
from coding_agent_sdk.tools.langchain_tool import as_tool
from coding_agent_sdk.types.tools import Tool, ToolResult

if typing.TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext


class Colour(enum.Enum):
    RED = "red"


class Point(BaseModel):
    x: int
    y: int = 0


@dataclasses.dataclass
class Size:
    width: int


async def run(made, context=None, **arguments):
    return await made.run(context, made.arguments.model_validate(arguments))


def parameters(made):
    return made.schema["function"]["parameters"]


async def test_a_plain_function_becomes_a_tool():
    @tool
    def add(a: int, b: int = 2) -> int:
        """Add two numbers.

        More about it.

        Args:
            a: The first number,
                which may be negative.
            b (int): The second.

        Returns:
            The sum.
        """
        return a + b

    assert isinstance(add, Tool)
    assert (add.name, add.effect, add.timeout) == ("add", "external", None)
    assert add.description == "Add two numbers.\n\nMore about it."
    properties = parameters(add)["properties"]
    assert properties["a"]["description"] == "The first number, which may be negative."
    assert properties["b"]["description"] == "The second."
    assert properties["b"]["default"] == 2
    assert parameters(add)["required"] == ["a"]
    assert parameters(add)["additionalProperties"] is False
    result = await run(add, a=1)
    assert (result.text, result.data, result.status) == ("3", 3, "ok")


async def test_options_of_the_decorator_are_taken():
    @tool(effect="read", name="look-up", description="Look.", timeout=3.0)
    async def function(what: str) -> str:
        await asyncio.sleep(0)
        return what.upper()

    assert (function.name, function.description) == ("look-up", "Look.")
    assert (function.effect, function.timeout) == ("read", 3.0)
    assert (await run(function, what="x")).text == "X"


async def test_a_def_runs_in_a_thread_with_the_caller_s_context_variables():
    variable = contextvars.ContextVar("variable")
    variable.set("mine")

    @tool
    def where() -> list[str]:
        return [threading.current_thread().name, variable.get()]

    name, value = (await run(where)).data
    assert name != threading.main_thread().name
    assert value == "mine"


async def test_the_context_is_given_and_not_shown():
    @tool
    def by_name(context, a: int) -> str:
        return f"{context} {a}"

    @tool
    async def by_annotation(a: int, run: RunContext) -> str:
        return f"{run} {a}"

    for made in (by_name, by_annotation):
        assert list(parameters(made)["properties"]) == ["a"]
        assert (await run(made, "CONTEXT", a=1)).text == "CONTEXT 1"


async def test_types_of_all_kinds_reach_the_function():
    @tool
    def show(
        colour: Colour,
        point: Point,
        size: Size,
        kind: Literal["a", "b"],
        names: list[str] | None = None,
        limit: Annotated[int, Field(ge=1, description="At most.")] = 5,
        /,
        *,
        extra: dict[str, float] | None = None,
    ) -> str:
        """Show.

        Args:
            limit: Not this.
        """
        return f"{colour!r} {point!r} {size!r} {kind} {names} {limit} {extra}"

    assert parameters(show)["properties"]["limit"]["description"] == "At most."
    arguments = {"colour": "red", "point": {"x": 1}, "size": {"width": 2}, "kind": "a"}
    shown = (await run(show, **arguments, names=["n"], extra={"e": 1})).text
    assert shown == "<Colour.RED: 'red'> Point(x=1, y=0) Size(width=2) a ['n'] 5 {'e': 1.0}"
    for wrong in ({"kind": "c"}, {"limit": 0}, {"unknown": 1}, {"size": {}}):
        with pytest.raises(ValidationError):
            await run(show, **(arguments | wrong))


@pytest.mark.filterwarnings("error")
async def test_names_that_pydantic_keeps_for_itself_can_be_parameters():
    @tool
    def odd(
        schema: str, json: int, _hidden: int = 3, model_config: str = "m", copy: bool = False
    ) -> str:
        return f"{schema} {json} {_hidden} {model_config} {copy}"

    assert list(parameters(odd)["properties"]) == [
        "schema",
        "json",
        "_hidden",
        "model_config",
        "copy",
    ]
    assert (await run(odd, schema="s", json=1, _hidden=4)).text == "s 1 4 m False"


@pytest.mark.parametrize(
    ("value", "text", "data"),
    [
        ("text", "text", None),
        (None, "done", None),
        ({"a": [1, None]}, '{"a":[1,null]}', {"a": [1, None]}),
        (Point(x=1), '{"x":1,"y":0}', {"x": 1, "y": 0}),
        (Size(width=2), '{"width":2}', {"width": 2}),
        ({1}, "[1]", [1]),
        (b"\xff", '"_w=="', "_w=="),
        (True, "true", True),
    ],
)
async def test_results_become_text_and_data(value, text, data):
    @tool
    def give() -> object:
        return value

    result = await run(give)
    assert (result.text, result.data) == (text, data)


async def test_a_tool_result_is_kept_and_what_is_no_json_is_shown():
    whole = ToolResult(text="x", status="error")
    assert await run(tool(name="a")(lambda: whole)) is whole
    shown = await run(tool(name="b")(lambda: [Ellipsis, float("nan")]))
    assert shown.data == ["Ellipsis", "NaN"]


async def test_methods_partials_and_objects_become_tools():
    class Counter:
        """Counts."""

        def __init__(self):
            self.count = 0

        def up(self, by: int) -> int:
            """Count up."""
            self.count += by
            return self.count

        async def __call__(self, word: str) -> str:
            return word

    counter = Counter()
    up = as_tool(counter.up)
    assert (up.name, up.description) == ("up", "Count up.")
    assert (await run(up, by=2)).data == 2
    assert (await run(as_tool(counter), word="w")).text == "w"
    assert as_tool(counter).name == "Counter"
    partial = tool(name="up_by_three")(functools.partial(counter.up, by=3))
    assert (await run(partial)).data == 5

    @functools.wraps(counter.up)
    def wrapped(*args, **kwargs):
        return counter.up(*args, **kwargs)

    assert (await run(as_tool(wrapped), by=1)).data == 6


async def test_a_def_that_gives_an_awaitable_is_awaited():
    async def later():
        return "late"

    def give():
        return later()

    assert (await run(tool(give))).text == "late"


async def test_what_a_function_raises_is_raised():
    @tool
    def fail() -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run(fail)


def test_without_a_docstring_the_signature_describes_it():
    @tool
    def plain(a: int) -> int:
        return a

    assert plain.description == "plain(a: 'int') -> 'int'"


def generator():
    yield 1


async def async_generator():
    yield 1


def untyped(a, b: int, c):
    return a


def starred(*names: str, **more: str):
    return names


def unknown_type(a: Nowhere) -> str:  # noqa: F821
    return a


def unsendable(a: threading.Lock) -> str:
    return str(a)


def no_type(a: 3) -> str:
    return str(a)


def half_a_type(a: "int |") -> str:  # noqa: F722
    return str(a)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (untyped, "no annotation for 'a', 'c'; write its type, as in `a: str`"),
        (starred, r"any number of arguments \(names, more\)"),
        (generator, "is a generator; return the whole result"),
        (async_generator, "is a generator"),
        (lambda a: a, "cannot be called '<lambda>'; give it a name"),
        (unknown_type, "annotation 'Nowhere' is not known in its module; import it there"),
        (unsendable, "takes a type that a model cannot send"),
        (no_type, "takes a type that a model cannot send"),
        (half_a_type, "an annotation is no type"),
        (dict.fromkeys, "cannot be read|no annotation"),
    ],
)
def test_what_cannot_be_a_tool_says_why(function, told):
    with pytest.raises(ConfigError, match=told):
        tool(function)


@pytest.mark.parametrize("name", ["", "two words", "ü", "x" * 65])
def test_a_wrong_name_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be called"):
        tool(name=name or " ")(lambda: None)


def test_a_wrong_effect_is_refused():
    with pytest.raises(ConfigError, match="has effect 'reads'; take one of"):
        tool(effect="reads")(generator)


def test_docstrings_are_read_in_parts():
    parsed = parse_docstring(
        """Do it.

        Note: this is text, for it stands alone.

        Arguments:
            a: One: with a colon.

            b:
                Two.
            *args (tuple of str): Rest.

        Example:
            x: no argument
        """
    )
    assert parsed.description == "Do it.\n\nNote: this is text, for it stands alone."
    assert parsed.arguments == {"a": "One: with a colon.", "b": "Two.", "args": "Rest."}
    assert parse_docstring(None).description == ""
    assert parse_docstring("Args:\n    a: x").arguments == {"a": "x"}
    assert parse_docstring("Args:").arguments == {}
