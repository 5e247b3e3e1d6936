"""The knowledge stores that come with the SDK keep the promises of the protocol."""

import pytest

pytest.importorskip("pymilvus", reason="needs the extra milvus")
pytest.importorskip("milvus_lite", reason="needs the extra milvus")

from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.testing.knowledge_contract import KnowledgeStoreContract


class TestMemoryOnlyKnowledge(KnowledgeStoreContract):
    @pytest.fixture
    async def store(self):
        return MemoryOnlyKnowledge()


class TestMilvusLite(KnowledgeStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        async with MilvusKnowledge(f"milvus-lite://{tmp_path}/kb.db") as store:
            yield store
