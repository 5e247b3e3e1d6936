"""The reference names each attribute of a span."""

from __future__ import annotations

import re

from .pages import ROOT


def test_every_attribute_of_a_span_is_described():
    code = (ROOT / "coding_agent_sdk/middleware/tracing/conventions.py").read_text()
    page = (ROOT / "docs/reference/spans.md").read_text()
    used = set(re.findall(r'attributes\["([a-z_.]+)"\]', code))
    assert len(used) > 30
    assert [name for name in sorted(used) if f"`{name}`" not in page] == []
