"""The outputs of a cell, by way of the IPython that runs it; nothing is imported without one."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, Protocol, cast

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.text.html import html_of
from coding_agent_sdk.text.sheet import sheet_of

if TYPE_CHECKING:
    from coding_agent_sdk.text.page import Page

__all__ = ["Output", "current_cell", "new_output", "require_notebook"]


class _Handle(Protocol):
    """IPython's handle of one output."""

    def update(self, obj: object) -> None:
        """Put something else in its place."""
        ...


class _Shown:
    """A page in the two forms that change quickly enough."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": html_of(self._page), "text/plain": sheet_of(self._page)}


class Output:
    """One output of a cell, which can be replaced in its place.

    A terminal cannot replace what it has written, so there only the last page is written.
    """

    def __init__(self) -> None:
        self._live = hasattr(require_notebook(), "kernel")
        self._handle: _Handle | None = None
        self._display = importlib.import_module("IPython.display").display

    def show(self, page: Page, *, last: bool = False) -> None:
        """Show a page in place of the one before; *last* says that none will follow."""
        shown = _Shown(page)
        if self._handle is not None:
            self._handle.update(shown)
        elif self._live:
            self._handle = cast("_Handle", self._display(shown, display_id=True))
        elif last:
            self._display(shown)


def new_output() -> Output:
    """Return a new output of the cell that runs.

    Raises:
        ConfigError: No IPython runs this.
    """
    return Output()


def current_cell() -> int:
    """Return the number of the cell that runs."""
    return int(require_notebook().execution_count)


def require_notebook() -> Any:
    """Return the IPython that runs this.

    Raises:
        ConfigError: There is none.
    """
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        raise ConfigError(
            "coding_agent_sdk.notebook shows runs in a Jupyter notebook, and no IPython is running "
            "here; use agent.run() or agent.stream(), or open a notebook (pip install jupyterlab)"
        )
    return shell
