"""Reads the fenced blocks of the README and the docs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("README.md")),
)

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, its title, its code, and the line that it begins at."""

    page: Path
    line: int
    language: str
    title: str
    code: str


def name_of(page: Path) -> str:
    """Return a page's path as tests are called by it."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page in some languages, in their order."""
    text = page.read_text()
    found = []
    for match in _FENCE.finditer(text):
        if match["language"] in languages:
            title = _TITLE.search(match["info"])
            found.append(
                Block(
                    page=page,
                    line=text.count("\n", 0, match.start("code")),
                    language=match["language"],
                    title=title[1] if title else "",
                    code=match["code"],
                )
            )
    return found


def pages_with(*languages: str) -> list[Path]:
    """Return the pages that have blocks in some languages."""
    return [page for page in PAGES if blocks_of(page, *languages)]


def commands_of(block: Block) -> list[list[str]]:
    """Return the commands of a console block as words, without what they are joined by."""
    lexer = shlex.shlex(block.code, posix=True, punctuation_chars="|&;<>\n")
    lexer.whitespace = " \t"
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;\n"):
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]
