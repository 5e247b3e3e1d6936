"""Words for how an agent may act, and for how a run ended."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["Mode", "Status"]

Mode: TypeAlias = Literal["read-only", "ask", "auto", "yolo"]
"""What happens to calls with an effect: refused, asked for, asked for outside the workspace,
or run. A `Deny` of a check holds in every mode."""

Status: TypeAlias = Literal[
    "completed", "blocked", "awaiting_approval", "budget_exceeded", "timed_out",
    "failed", "cancelled",
]  # fmt: skip
"""How a run ended; a failed or cancelled one raises, and says so in its last event."""
