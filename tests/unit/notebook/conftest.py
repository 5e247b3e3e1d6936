"""Results whose every text is somebody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from coding_agent_sdk import ApprovalRequest, Citation, Result, ToolCall, Usage
from coding_agent_sdk.types.requests import FinishedCall


def _result_with(text, /, **changes):
    """Return a result that has *text* wherever a text can stand."""
    call = ToolCall(
        id=text, name=text, arguments={"path": text, text: [text], "old": text, "new": text}
    )
    values = {
        "text": text,
        "status": "awaiting_approval",
        "run_id": "r",
        "session": text,
        "steps": 2,
        "usage": Usage(input_tokens=1000, output_tokens=234, cost=Decimal("0.25")),
        "tool_calls": (
            FinishedCall(call=call, status="ok", text=text, seconds=0.5),
            FinishedCall(call=call, status="denied", text=text),
        ),
        "changed_files": (text,),
        "citations": (Citation(source=text, start=1, end=2, text=text),),
        "pending": (
            ApprovalRequest(call=call, reason=text, preview=text),
            ApprovalRequest(call=call, reason=text, outcome_unknown=True),
        ),
        "reason": f"because {text}",
    }
    return Result(**{**values, **changes})


@pytest.fixture
def result_with():
    return _result_with
