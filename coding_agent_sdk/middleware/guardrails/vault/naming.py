"""Tells by what name a secret is called in the text that it stands in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["name_of"]

_BEFORE: Final = 160
_NAME_BEFORE: Final = re.compile(
    r"""(?x)
    (?P<name> [A-Za-z_][\w.-]{0,63} ) ["'`\])]{0,3}
    (?: [ \t]{0,16} (?: := | => | [=:] ) [ \t]{0,16} | [ \t]{1,8} | > )
    (?: (?:Bearer|Basic|token|String\(|SecretStr\() [ ]? )? [bBrRfFuU]? ["'`(\[{]{0,3} \Z
    """
)


def name_of(text: str, finding: Finding, *, after: int) -> str:
    """Return the name before a secret, as `API_KEY` of `API_KEY=…`, else what kind it is of.

    Args:
        text: What it was found in.
        finding: The secret.
        after: Where the finding before it ends: a name may not be taken from that.
    """
    line = text.rfind("\n", 0, finding.start) + 1
    before = text[max(line, after, finding.start - _BEFORE) : finding.start]
    found = _NAME_BEFORE.search(before)
    if found is not None and finding.rule not in {"pem", "putty", "url"}:
        return found["name"].rpartition(".")[2] or found["name"]
    return finding.type
