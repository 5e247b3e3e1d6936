"""What every knowledge store must do: subclass `KnowledgeStoreContract`, give the fixture `store`.

Example:
    ```python
    class TestMyStore(KnowledgeStoreContract):
        @pytest.fixture
        async def store(self, tmp_path):
            async with MyStore(tmp_path) as store:
                yield store
    ```

The tests are coroutines: run them with pytest-asyncio in auto mode. Each begins with an empty
store.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.protocols import KnowledgeChunk, KnowledgeStore

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KnowledgeStoreContract"]

_HARD: Final = (
    "nul-free, \"quoted\" 'single' \\back\\slash\\ 日本 🐍 \x0c \u2028 {json: [1]}\n\ttab"
)
_NAMES: Final = (
    "plain.md",
    "with space.md",
    'quote\'s "double".md',
    "back\\slash.md",
    "日本/ü%_.md",
    "/absolute/path.py",
)


def _chunk(file: str, number: int = 1, *, text: str = "text", user: str = "") -> KnowledgeChunk:
    return KnowledgeChunk(
        id=f"{file}:{number}"[-60:], file=file, start=number, end=number + 1,
        context=f"{file} > part {number}", text=text, lex="text", hash=f"h-{file}"[:60], user=user,
    )  # fmt: skip


def _sorted(chunks: Sequence[KnowledgeChunk]) -> list[KnowledgeChunk]:
    return sorted(chunks, key=lambda chunk: chunk.id)


class KnowledgeStoreContract:
    """The promises of `protocols.KnowledgeStore`, each a test of the fixture `store`."""

    async def test_it_has_the_methods_of_the_protocol(self, store: KnowledgeStore) -> None:
        """Each of them is there."""
        assert isinstance(store, KnowledgeStore)

    async def test_a_store_that_was_never_written_to_is_empty(self, store: KnowledgeStore) -> None:
        """Nothing is no error."""
        assert await store.load() == []
        await store.flush()
        await store.replace(["a.md"], [])
        await store.clear()
        assert await store.load() == []

    async def test_what_was_written_comes_back_equal(self, store: KnowledgeStore) -> None:
        """All fields, texts that are hard to keep included."""
        chunks = [_chunk("a.md", 1, text=_HARD, user="ada"), _chunk("b.md", 2, text="")]
        await store.replace(["a.md", "b.md"], chunks)
        assert _sorted(await store.load()) == _sorted(chunks)
        await store.flush()
        assert _sorted(await store.load()) == _sorted(chunks)

    async def test_a_document_is_replaced_whole_and_no_other(self, store: KnowledgeStore) -> None:
        """Old passages go, whether their ids come again or not."""
        other = _chunk("b.md")
        await store.replace(["a.md", "b.md"], [_chunk("a.md", 1), _chunk("a.md", 2), other])
        new = _chunk("a.md", 1, text="new")
        await store.replace(["a.md"], [new])
        assert _sorted(await store.load()) == _sorted([new, other])

    async def test_replacing_by_nothing_removes(self, store: KnowledgeStore) -> None:
        """A document that is gone leaves nothing behind; an unknown one is no error."""
        kept = _chunk("b.md")
        await store.replace(["a.md", "b.md"], [_chunk("a.md"), kept])
        await store.replace(["a.md", "never.md"], [])
        assert await store.load() == [kept]

    async def test_names_of_documents_are_taken_to_the_letter(self, store: KnowledgeStore) -> None:
        """Quotes, backslashes and wildcards in a name reach no other document."""
        chunks = [_chunk(name) for name in _NAMES]
        await store.replace(list(_NAMES), chunks)
        for number, name in enumerate(_NAMES, start=1):
            await store.replace([name], [])
            assert _sorted(await store.load()) == _sorted(chunks[number:])

    async def test_many_passages_and_documents_go_in_one_call(self, store: KnowledgeStore) -> None:
        """More than a driver takes at once."""
        files = [f"f{number}.md" for number in range(450)]
        chunks = [_chunk(file, number) for file in files for number in range(6)]
        await store.replace(files, chunks)
        assert _sorted(await store.load()) == _sorted(chunks)
        await store.replace(files[1:], [])
        assert _sorted(await store.load()) == _sorted(chunks[:6])

    async def test_long_texts_are_kept_whole(self, store: KnowledgeStore) -> None:
        """Eight thousand characters of four bytes each, as of a single long line."""
        chunk = _chunk("a.md", text="🐍" * 8_000)
        await store.replace(["a.md"], [chunk])
        assert await store.load() == [chunk]

    async def test_clearing_removes_everything_and_it_can_be_filled_again(
        self, store: KnowledgeStore
    ) -> None:
        """As for a rebuild."""
        await store.replace(["a.md"], [_chunk("a.md")])
        await store.clear()
        assert await store.load() == []
        await store.replace(["a.md"], [_chunk("a.md", 7)])
        assert await store.load() == [_chunk("a.md", 7)]

    async def test_writes_at_the_same_time_all_arrive(self, store: KnowledgeStore) -> None:
        """Tasks side by side; each writes a document of its own."""
        chunks = [_chunk(f"f{number}.md") for number in range(8)]
        await asyncio.gather(*(store.replace([chunk.file], [chunk]) for chunk in chunks))
        assert _sorted(await store.load()) == _sorted(chunks)
