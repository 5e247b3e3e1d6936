"""The file of `--output-schema`: a JSON schema that the answer has to fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.text.failures import words_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_schema"]


def read_schema(path: Path) -> dict[str, Any]:
    """Return the JSON schema in a file.

    Raises:
        RequestError: The file cannot be read, or holds no JSON schema; the message says why.
        MissingExtraError: The extra that validates schemas is not installed.
    """
    from coding_agent_sdk.core.structured import checked_output

    try:
        schema: Any = json.loads(path.read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
        raise RequestError(f"--output-schema {str(path)!r} cannot be read: {why}") from error
    except (ValueError, RecursionError) as error:  # no JSON, or no text at all
        raise RequestError(f"--output-schema {str(path)!r} is not JSON: {error}") from error
    if not isinstance(schema, dict):
        raise RequestError(
            f"--output-schema {str(path)!r} holds {type(schema).__name__} where a JSON schema is "
            'an object, such as {"type": "object", "properties": {…}}'
        )
    try:
        checked_output(schema)
    except RequestError as error:
        raise RequestError(f"--output-schema {str(path)!r}: {words_of(error)}") from error
    return schema
