"""Which conditions hold a statement back, and which are true of every row."""

from __future__ import annotations

import re
from typing import Any, Final

MANY: Final = 1_000
"""A limit above this holds nothing back."""

_SAME: Final = frozenset({"EQ", "GTE", "LTE", "NullSafeEQ", "Is", "Like", "ILike"})
_VARIABLE: Final = frozenset(
    {"Column", "Placeholder", "Parameter", "SessionParameter", "Anonymous", "Dot", "Identifier"}
)
_KEY: Final = re.compile(r"(?i)_?id|rowid|_rowid_|oid|ctid|uuid|guid|pk|rownum")
_FALSE: Final = re.compile(r"(?i)f|false|n|no|off|0")
_EITHER: Final = frozenset({"Or", "DPipe", "Xor"})


def touches_all(node: Any) -> bool:
    """Whether no condition holds a `DELETE` or `UPDATE` back, or only one that is always true."""
    where = node.args.get("where")
    if where is not None:
        return is_always(where.this)
    limit = node.args.get("limit")
    if limit is None:
        return True
    count = getattr(limit, "expression", None) or getattr(limit, "this", None)
    said = str(getattr(count, "this", "") or "")
    return not said.isdigit() or int(said[:12]) > MANY


def is_always(condition: Any) -> bool:
    """Whether a condition is true of every row, as far as that can be seen without the data."""
    name = type(condition).__name__
    if name in {"Paren", "Cast", "TryCast"}:
        return is_always(condition.this)
    if name in _EITHER:
        return is_always(condition.this) or is_always(condition.expression) or _covers(condition)
    if name == "And":
        return is_always(condition.this) and is_always(condition.expression)
    if name == "Not" or condition.args.get("negate"):
        return _is_not(condition.this if name == "Not" else condition)
    if _is_key(condition) or (name in _SAME and condition.this == condition.expression):
        return True
    if name in {"Like", "ILike", "Glob"}:
        pattern = condition.expression
        return type(pattern).__name__ == "Literal" and not str(pattern.this).strip("%*")
    if name in {"GT", "GTE", "NEQ"} and _is_key(condition.this):
        return (
            _number(condition.expression) is not None and (_number(condition.expression) or 0) <= 0
        )
    everything = name == "Exists" and _is_unlimited(condition.this)
    return everything or (_is_constant(condition) and not _is_false(condition))


def _is_unlimited(query: Any) -> bool:
    """Whether a query finds something whenever there is anything."""
    return type(query).__name__ == "Select" and query.args.get("where") is None


def _is_not(inner: Any) -> bool:
    name = type(inner).__name__
    if name == "Paren":
        return _is_not(inner.this)
    if name == "Is" and type(inner.expression).__name__ == "Null":
        return _is_key(inner.this) or _is_constant(inner.this)
    return _is_constant(inner) and _is_false(inner)


def _covers(condition: Any) -> bool:
    """Whether two comparisons of one column leave nothing out, as `a > 0 OR a <= 0`."""
    opposite = {"GT": "LTE", "LTE": "GT", "LT": "GTE", "GTE": "LT", "EQ": "NEQ", "NEQ": "EQ"}
    left, right = condition.this, condition.expression
    return (
        opposite.get(type(left).__name__) == type(right).__name__
        and left.this == right.this
        and left.expression == right.expression
    )


def _is_key(node: Any) -> bool:
    return type(node).__name__ == "Column" and _KEY.fullmatch(str(node.name)) is not None


def _number(node: Any) -> float | None:
    name = type(node).__name__
    if name == "Neg":
        inner = _number(node.this)
        return None if inner is None else -inner
    if name != "Literal":
        return None
    try:
        return float(str(node.this))
    except ValueError:
        return None


def _is_constant(node: Any) -> bool:
    """Whether nothing in it depends on a row or on a parameter."""
    return not any(type(part).__name__ in _VARIABLE for part in node.walk())


def _is_false(node: Any) -> bool:
    name = type(node).__name__
    if name in {"Paren", "Cast"}:
        return _is_false(node.this)
    if name == "Null":
        return True
    if name == "Boolean":
        return not node.this
    if name == "Literal":
        return _FALSE.fullmatch(str(node.this)) is not None
    if name in {"EQ", "NEQ"}:
        left, right = node.this, node.expression
        literal = type(left).__name__ == type(right).__name__ == "Literal"
        return literal and (left == right) == (name == "NEQ")
    if name == "Not":
        return not _is_false(node.this)
    return False
