"""Quick copies of frozen values are what `dataclasses.replace` gives."""

import dataclasses
from decimal import Decimal

import pytest
from langchain_core.messages import AIMessage

from coding_agent_sdk.types.changed import changed
from coding_agent_sdk.types.model import ModelResponse
from coding_agent_sdk.types.requests import Usage


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (Usage(input_tokens=3, cost=None), {"cost": Decimal("0.1"), "output_tokens": 2}),
        (ModelResponse(message=AIMessage("hi"), model="a:b"), {"usage": Usage(input_tokens=1)}),
    ],
)
def test_a_copy_differs_in_the_fields_given_alone(value, fields):
    before = dataclasses.replace(value)
    copy = changed(value, **fields)
    assert copy == dataclasses.replace(value, **fields)
    assert type(copy) is type(value)
    assert value == before != copy


@pytest.mark.parametrize("kind", [Usage, ModelResponse])
def test_what_is_copied_so_has_nothing_that_its_making_would_do(kind):
    assert not hasattr(kind, "__post_init__")
    assert not hasattr(kind, "__slots__")
