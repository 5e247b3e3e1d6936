"""Tools of LangChain become ours; what is no tool is refused."""

from __future__ import annotations

import sys
from typing import Annotated

import pytest
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, ToolException
from langchain_core.tools import Tool as SimpleTool
from langchain_core.tools import tool as langchain_tool
from pydantic import BaseModel, Field, ValidationError

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.tools.langchain_tool import as_tool, from_langchain
from coding_agent_sdk.tools.read_file import READ_FILE


async def run(made, context, **arguments):
    return await made.run(context, made.arguments.model_validate(arguments))


async def test_a_langchain_tool_keeps_name_description_and_arguments(context):
    @langchain_tool
    def multiply(a: int, b: int = 2) -> int:
        """Multiply two numbers."""
        return a * b

    made = as_tool(multiply)
    assert (made.name, made.effect) == ("multiply", "external")
    assert made.description.startswith("Multiply two numbers.")
    schema = made.schema["function"]["parameters"]
    assert set(schema["properties"]) == {"a", "b"}
    assert schema["additionalProperties"] is False
    assert (await run(made, context, a=3)).text == "6"
    with pytest.raises(ValidationError):
        await run(made, context, a=3, c=1)


async def test_the_effect_can_be_told(context):
    @langchain_tool
    async def look(what: str) -> str:
        """Look."""
        return what

    made = from_langchain(look, effect="read")
    assert made.effect == "read"
    assert (await run(made, context, what="x")).text == "x"


async def test_nested_models_and_aliases_reach_it(context):
    class Point(BaseModel):
        x: int

    class Arguments(BaseModel):
        point: Point
        label: str = Field(default="l", description="A label.")

    def show(point: Point, label: str) -> str:
        return f"{point!r} {label}"

    made = as_tool(StructuredTool.from_function(show, args_schema=Arguments, description="Show."))
    assert made.schema["function"]["parameters"]["properties"]["label"]["description"] == "A label."
    assert (await run(made, context, point={"x": 1})).text == "Point(x=1) l"


async def test_the_id_of_the_call_is_injected_and_not_shown(context):
    @langchain_tool
    def who(a: int, call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Who."""
        return f"{a} {call_id}"

    made = as_tool(who)
    assert list(made.schema["function"]["parameters"]["properties"]) == ["a"]
    assert (await run(made, context, a=1)).text == "1 c1"


async def test_an_error_that_the_tool_handles_is_an_error_result(context):
    def fail(a: int) -> str:
        raise ToolException(f"not {a}")

    made = as_tool(StructuredTool.from_function(fail, description="Fail.", handle_tool_error=True))
    result = await run(made, context, a=1)
    assert (result.status, result.text) == ("error", "not 1")
    unhandled = as_tool(StructuredTool.from_function(fail, description="Fail."))
    with pytest.raises(ToolException):
        await run(unhandled, context, a=1)


async def test_of_blocks_the_text_is_passed_on_and_the_rest_named(context):
    @langchain_tool
    def look() -> list:
        """Look."""
        return [{"type": "text", "text": "seen"}, "more", {"type": "image", "base64": "…"}]

    result = await run(as_tool(look), context)
    assert result.text == "seen\nmore\n[image left out: only text is passed on]"


async def test_arguments_known_by_a_json_schema_are_checked_by_name(context):
    class Remote(BaseTool):
        name: str = "remote"
        description: str = "Far away."
        args_schema: dict = {
            "type": "object",
            "properties": {"a": {"type": "integer", "description": "A."}, "b": {"type": "string"}},
            "required": ["a"],
        }

        def _run(self, **arguments):
            return repr(arguments)

    made = as_tool(Remote())
    parameters = made.schema["function"]["parameters"]
    assert parameters["properties"]["a"] == {"type": "integer", "description": "A."}
    assert parameters["required"] == ["a"]
    assert (await run(made, context, a=1)).text == "{'a': 1}"
    with pytest.raises(ValidationError, match=r"unknown: c \(known: a, b\)"):
        made.arguments.model_validate({"a": 1, "c": 2})
    with pytest.raises(ValidationError, match="missing: a"):
        made.arguments.model_validate({"b": "x"})
    with pytest.raises(ValidationError):
        made.arguments.model_validate("no object")


def test_a_tool_of_ours_stays_as_it_is():
    assert as_tool(READ_FILE) is READ_FILE


@pytest.mark.parametrize("value", [3, "read_file", None, dict, BaseTool, object()])
def test_what_is_no_tool_lists_what_is_accepted(value):
    with pytest.raises(ConfigError, match="is no tool; give a Tool, a typed function"):
        as_tool(value)


def test_a_function_does_not_need_langchain_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "langchain_core.tools")

    def plain(a: int) -> int:
        return a

    assert as_tool(plain).name == "plain"


class Plain(BaseTool):
    name: str = "plain"
    description: str = "Run in a thread."

    def _run(self) -> str:
        return "x"


class OnTheLoop(Plain):
    async def _arun(self) -> str:
        return "x"


async def later() -> str:
    """Answer later."""
    return "x"


@pytest.mark.parametrize(
    ("source", "stoppable"),
    [
        (StructuredTool.from_function(func=lambda: "x", name="x", description="x"), False),
        (StructuredTool.from_function(coroutine=later), True),
        (SimpleTool(name="x", func=lambda text: text, description="x"), False),
        (SimpleTool(name="x", func=None, coroutine=later, description="x"), True),
        (Plain(), False),
        (OnTheLoop(), True),
    ],
)
def test_what_runs_in_a_thread_cannot_be_stopped(source, stoppable):
    assert from_langchain(source).stoppable is stoppable
