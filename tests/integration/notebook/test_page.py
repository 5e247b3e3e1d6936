"""What the page on notebooks shows does run, cell by cell, in a kernel."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "notebook.md"
WAITING = """
agent = agent_of(call('write_file', path='{0}', content='x'), 'Done.')
result = await agent.run('Write it', session='{0}')
answers = {{asked.call.id: Approve() for asked in result.pending}}
"""
# What a reader of the page has at hand at that place, where it is not in the cells before.
BEFORE = {
    "notebook.watch(": WAITING.format("tour") + "assert result.pending",
    "agent.resume(": WAITING.format("other"),
    "sys.last_value": "await agent_of(ScriptedTurn(error=RuntimeError('no'))).run('Try it')",
}


def test_the_cells_of_the_page_run(kernel):
    cells = re.findall(r"^```py(?:thon)?\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(cells) >= 8
    used = set()
    for code in cells:
        for mark, before in BEFORE.items():
            if mark in code:
                used.add(mark)
                kernel.run(before)
        cell = kernel.run(code)
        assert cell.error is None, (code, cell.error)
        if "notebook.show(" in code or "notebook.watch(" in code or code.endswith("result\n"):
            assert "completed" in cell.html or "failed" in cell.html, code
    assert used == set(BEFORE)
