"""The settings section of the knowledge plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RagSettings"]


class RagSettings(BaseModel):
    """Where knowledge comes from, and how much of it goes to the model, `[plugins.rag]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: str = ""
    """A path that ends with `.db` (Milvus Lite), the URL of a Milvus server, or `memory://`;
    empty for a folder of the workspace's own in the data folder."""

    paths: list[str] = []
    """Files and folders that are indexed, code too; outside of the workspace as well."""

    workspace_docs: bool = True
    """Whether the workspace's documents are indexed: Markdown, reStructuredText, plain text."""

    documents: bool = True
    """Whether the documents that come with the SDK are indexed."""

    index: Literal["background", "off"] = "background"
    """Whether changed documents are indexed while the agent opens; `off` takes what is there."""

    k: int = Field(default=5, ge=0, le=50)
    """Passages that are looked for with each request; 0 leaves it to `search_knowledge`."""

    budget: int = Field(default=1_500, ge=0)
    """Estimated tokens of the passages that go with a request."""

    wait: float = Field(default=8.0, ge=0, le=60)
    """Seconds that a request waits for a store that is still being opened or filled."""

    max_file_bytes: int = Field(default=1_000_000, ge=1)
    """Bytes of the largest file that is indexed."""
