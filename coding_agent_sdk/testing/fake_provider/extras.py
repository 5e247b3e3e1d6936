"""The smaller endpoints: lists of models, embeddings, moderations, counts of tokens."""

import base64
import hashlib
import math
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from coding_agent_sdk.testing.fake_provider.openai_chat import CREATED
from coding_agent_sdk.testing.fake_provider.wire import dumps

_CHARACTERS_PER_TOKEN = 4
_WORDS = re.compile(r"\w+")


def answer_extra(
    path: str,
    body: Mapping[str, Any],
    *,
    models: Sequence[str],
    dimensions: int,
    flagged_words: Sequence[str] = (),
) -> dict[str, Any] | None:
    """Return the answer to a request that is no model call, None for an unknown path.

    Args:
        path: The path, without its query.
        body: The JSON of the request.
        models: The names that the list of models gives.
        dimensions: Length of the embeddings, unless the request asks for another.
        flagged_words: A text that holds one of them is flagged by moderations, as `violence`.
    """
    if path.endswith("/moderations"):
        return _moderations(body, flagged_words)
    if path.endswith("/models"):
        return _models(models)
    if path.endswith("/embeddings"):
        return _openai_embeddings(body, dimensions)
    if path.endswith("/messages/count_tokens"):
        return {"input_tokens": _count(body.get("messages"))}
    if path.endswith(":countTokens"):
        return {"totalTokens": _count(body.get("contents"))}
    if path.endswith(":embedContent"):
        return {"embedding": {"values": _gemini_embedding(body, dimensions)}}
    if path.endswith(":batchEmbedContents"):
        asked = body.get("requests") or []
        return {"embeddings": [{"values": _gemini_embedding(one, dimensions)} for one in asked]}
    return None


def embed(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1; texts with words in common lie near each other.

    Args:
        text: Any text.
        dimensions: Length of the vector.
    """
    vector = [0.0] * dimensions
    for word in _WORDS.findall(text.lower()) or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        place, sign = int.from_bytes(digest[:7]) % dimensions, 1 if digest[7] % 2 else -1
        vector[place] += sign
    length = math.hypot(*vector)
    if not length:  # words that cancel each other out
        return [1.0, *vector[1:]]
    return [value / length for value in vector]


def _models(models: Sequence[str]) -> dict[str, Any]:
    listed = [
        {"id": name, "object": "model", "created": CREATED, "owned_by": "fake"} for name in models
    ]
    return {"object": "list", "data": listed}


def _openai_embeddings(body: Mapping[str, Any], dimensions: int) -> dict[str, Any]:
    """Answer `POST /v1/embeddings`; the client asks for base64 unless told otherwise."""
    asked = body.get("input", "")
    if isinstance(asked, str) or (asked and isinstance(asked[0], int)):
        asked = [asked]  # one text, or one text as token ids
    size = int(body.get("dimensions") or dimensions)
    packed = body.get("encoding_format") == "base64"
    data: list[dict[str, Any]] = []
    for index, one in enumerate(asked):
        vector = embed(one if isinstance(one, str) else " ".join(map(str, one)), size)
        coded = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode()
        data.append(
            {
                "object": "embedding",
                "index": index,
                "embedding": coded if packed else vector,
            }
        )
    tokens = _count(asked)
    return {
        "object": "list",
        "data": data,
        "model": body.get("model", ""),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _moderations(body: Mapping[str, Any], flagged_words: Sequence[str]) -> dict[str, Any]:
    """Answer `POST /v1/moderations`."""
    asked = body.get("input", "")
    results: list[dict[str, Any]] = []
    for text in [asked] if isinstance(asked, str) else asked:
        flagged = any(word in str(text) for word in flagged_words)
        results.append(
            {
                "flagged": flagged,
                "categories": {"harassment": False, "violence": flagged},
                "category_scores": {"harassment": 0.0, "violence": float(flagged)},
            }
        )
    return {"id": "modr-fake", "model": body.get("model", ""), "results": results}


def _gemini_embedding(body: Mapping[str, Any], dimensions: int) -> list[float]:
    parts = (body.get("content") or {}).get("parts") or []
    text = " ".join(str(part.get("text", "")) for part in parts)
    size = body.get("outputDimensionality") or dimensions
    return embed(text, int(size))


def _count(value: Any) -> int:
    return -(-len(dumps(value)) // _CHARACTERS_PER_TOKEN)
