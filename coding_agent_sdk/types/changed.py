"""Copies of frozen values with some fields changed, for what happens at each model call."""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["changed"]

T = TypeVar("T")


def changed(value: T, **fields: Any) -> T:
    """Return a copy of a frozen dataclass with other values in some of its fields.

    It does what `dataclasses.replace` does, in a quarter of the time, for a class with neither
    `__post_init__` nor slots.

    Args:
        value: The value, which stays as it is.
        fields: The fields that differ; nobody checks their names.
    """
    copy: T = object.__new__(value.__class__)
    own = copy.__dict__
    own.update(value.__dict__)
    own.update(fields)
    return copy
