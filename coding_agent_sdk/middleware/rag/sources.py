"""Which files are knowledge: the SDK's documents, the workspace's, and what the user names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.text.credential_names import is_credential_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.protocols import Workspace

__all__ = [
    "DOCUMENTS",
    "Source",
    "add_named",
    "find_sources",
    "is_guide",
    "named_path",
    "source_of",
]

DOCUMENTS: Final = Path(__file__).parents[2] / "data" / "documents"
"""The documents that come with the SDK."""

_DOCUMENTS_NAME: Final = "coding_agent_sdk/data/documents"
_PROSE: Final = (".md", ".markdown", ".mdx", ".rst", ".txt")
_NO_PROSE: Final = re.compile(
    r"(?:.*[-_.])?(?:requirements|constraints|pins|lock)(?:[-_.].*)?\.txt|CMakeLists\.txt"
    r"|robots\.txt|humans\.txt|SOURCES\.txt|entry_points\.txt|top_level\.txt",
    re.IGNORECASE,
)
_TEST_DATA: Final = re.compile(
    r"(?:[\w.-]+[-_.])?(?:fixtures?|snapshots?|cassettes?|goldens?)|__(?:fixtures|snapshots|mocks)__"
    r"|(?:test|golden|sample)[-_.]?(?:data|files?|cases?|inputs?|outputs?|documents?|docs)|mocks?"
)
_README: Final = re.compile(r"readme(?:\.\w+)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to index.

    Attributes:
        file: What citations call it: relative to the agent's workspace, or absolute.
        workspace: What it is read through.
        path: Its path in there.
    """

    file: str
    workspace: Workspace
    path: str

    @property
    def place(self) -> Path:
        """Where it lies."""
        return self.workspace.root / self.path


async def find_sources(
    agent: AgentContext,
    paths: Iterable[str],
    *,
    documents: bool,
    workspace_docs: bool,
) -> dict[str, Source]:
    """Return the files to index by what citations call them.

    Files that git ignores are left out, and so are data of tests: a document in `tests/fixtures`
    says what a test wants it to say. A path that is named brings them in. Files that are called as
    those with credentials are left out in any case.

    Args:
        agent: The agent.
        paths: What the user names: files and folders, of any kind.
        documents: Whether the SDK's documents are wanted.
        workspace_docs: Whether the workspace's documents are wanted.

    Raises:
        WorkspaceError: A path that is named is not there.
    """
    found: dict[str, Source] = {}
    workspace = agent.workspace
    if workspace_docs:
        listed = [path for path in await workspace.list_files() if _is_document(path)]
        _add(found, workspace, listed, "")
    for path in paths:
        await add_named(found, agent, path)
    if documents:
        await _add_documents(found, agent)
    return found


def named_path(agent: AgentContext, path: str) -> str:
    """Return a path as it is kept: relative to the workspace, or absolute."""
    try:
        return agent.workspace.relative(path)
    except WorkspaceError:
        return str(Path(path).expanduser().absolute())


async def add_named(found: dict[str, Source], agent: AgentContext, path: str) -> None:
    """Add the files below a path that the user names.

    Raises:
        WorkspaceError: It is not there.
    """
    named = Path(named_path(agent, path))
    if not named.is_absolute():
        _add(found, agent.workspace, await agent.workspace.list_files(str(named)), "")
        return
    is_folder = await in_thread(named.is_dir)
    folder, below = (named, ".") if is_folder else (named.parent, named.name)
    other = agent.workspace_at(folder)
    _add(found, other, await other.list_files(below), f"{other.root}/")


def source_of(agent: AgentContext, file: str) -> Source:
    """Return where a file lies that citations call so."""
    place = Path(file)
    if place.is_absolute():
        return Source(file=file, workspace=agent.workspace_at(place.parent), path=place.name)
    if is_guide(agent, file):
        name = file.rpartition("/")[2]
        return Source(file=file, workspace=agent.workspace_at(DOCUMENTS), path=name)
    return Source(file=file, workspace=agent.workspace, path=file)


def is_guide(agent: AgentContext, file: str) -> bool:
    """Return whether a file that citations call so comes with the SDK, and is not the user's."""
    documents = file.rpartition("/")[0]
    return documents == _DOCUMENTS_NAME and not DOCUMENTS.is_relative_to(agent.workspace.root)


async def _add_documents(found: dict[str, Source], agent: AgentContext) -> None:
    """Add the SDK's documents, unless the workspace is where they are kept."""
    if DOCUMENTS.is_relative_to(agent.workspace.root):
        place = DOCUMENTS.relative_to(agent.workspace.root).as_posix()
        _add(found, agent.workspace, await agent.workspace.list_files(place), "")
        return
    folder = agent.workspace_at(DOCUMENTS)
    _add(found, folder, await folder.list_files(ignored=True), f"{_DOCUMENTS_NAME}/")


def _add(found: dict[str, Source], workspace: Workspace, paths: Sequence[str], prefix: str) -> None:
    for path in paths:
        if not _is_secret(path):
            file = f"{prefix}{path}"
            found.setdefault(file, Source(file=file, workspace=workspace, path=path))


def _is_document(path: str) -> bool:
    folders = path.lower().split("/")[:-1]
    return _is_prose(path) and not any(map(_TEST_DATA.fullmatch, folders))


def _is_prose(path: str) -> bool:
    name = path.rpartition("/")[2]
    if name.lower().endswith(_PROSE):
        return not _NO_PROSE.fullmatch(name)
    return _README.fullmatch(name) is not None


def _is_secret(path: str) -> bool:
    """Return whether a file, or a hidden folder above it, is called as those with credentials.

    A folder of code may well be called `secrets`.
    """
    *folders, name = path.split("/")
    hidden = [folder for folder in folders if folder.startswith(".")]
    return any(map(is_credential_name, [name, *hidden]))
