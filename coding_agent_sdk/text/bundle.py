"""A page in all forms that a notebook chooses from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.text.html import html_of
from coding_agent_sdk.text.markdown import markdown_of
from coding_agent_sdk.text.sheet import sheet_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from coding_agent_sdk.text.page import Page

__all__ = ["mime_bundle"]


def mime_bundle(
    page: Page,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, str]:
    """Return a page by MIME type, as `_repr_mimebundle_` gives it.

    Args:
        page: What to show.
        include: The types that are wanted; None for all.
        exclude: Those that are not.
    """
    forms = {"text/html": html_of, "text/markdown": markdown_of, "text/plain": sheet_of}
    return {
        kind: form(page)
        for kind, form in forms.items()
        if (not include or kind in include) and kind not in (exclude or ())
    }
