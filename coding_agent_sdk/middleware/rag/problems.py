"""Why there is no knowledge, or not all of it, and what to do about it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import AgentError, MissingExtraError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.rag.indexing import IndexReport

__all__ = ["Problem", "left_out", "not_yet", "problem_of"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why there is no knowledge, and what to do about it.

    Attributes:
        reason: What was found.
        fix: What to do.
        not_installed: Whether it is no more than a package that is missing.
        partial: Whether there is knowledge, and only a part of it is missing.
    """

    reason: str
    fix: str
    not_installed: bool = False
    partial: bool = False


def problem_of(error: Exception) -> Problem:
    """Return what an exception is to the user, in the words of the SDK's own errors."""
    if isinstance(error, MissingExtraError):
        reason, _, fix = str(error).partition("; ")
        return Problem(reason=reason, fix=fix, not_installed=True)
    if isinstance(error, AgentError):
        reason, _, fix = str(error).rpartition("; ")
        return Problem(reason=reason or fix, fix=fix if reason else "")
    logger.error("the knowledge could not be opened: %s", describe(error))
    return Problem(
        reason=f"it could not be opened: {type(error).__name__}",
        fix="the log says where; `coding-agent doctor` tries it again",
    )


def left_out(paths: Sequence[str]) -> Problem:
    """Return that paths of the settings are not there."""
    listed = ", ".join(map(repr, paths))
    return Problem(
        reason=f"`plugins.rag.paths` names what is not there: {listed}",
        fix="correct the path, or take it out; the rest is indexed",
        partial=True,
    )


def not_yet(report: IndexReport) -> Problem:
    """Return that indexing is under way."""
    done = (
        f"{report.done} of {counted(report.files, 'file')}" if report.files else "opening the store"
    )
    return Problem(
        reason=f"it is still being prepared ({done})",
        fix="ask again in a moment, or prepare it with `coding-agent index`",
    )
