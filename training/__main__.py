"""`python -m training`: learn the weights anew and write them into the package.

    pip install -e . --group tests --group training
    python -m training                  # both
    python -m training tool --dry-run   # one of them, only to see what is learned

The texts (`texts/*.jsonl`) are written for this project: `source`, `label` (`block` or `allow`),
`family`, `text`. What is added there must not be taken from a set that the result is measured on.
The ordinary files are those of Python and of the packages that are installed, so weights that are
learned elsewhere differ a little.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import random
import runpy
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.prompts import wording
from training.learning import Feature, Row, learned
from training.variants import in_files, in_talk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SOURCES = ("user", "tool")
TEXTS = Path(__file__).parent / "texts"
TESTED = Path(__file__).parents[1] / "tests/unit/guardrails/prompts"
FILE_CHARS = 20_000
IN_FILES = {"user": 4, "tool": 1}
"""Each how manieth text is learned from in the midst of a file, too."""
LISTED = 60
SEARCHED = (
    "agent", "assistant", "model", "system", "prompt", "secret", "token", "instruction", "user",
    "ignore", "password", "delete", "tool", "message", "must", "please",
)  # fmt: skip
LISTS = {
    "sayings.py": {
        "USER_BLOCK": ("user", True),
        "USER_ALLOW": ("user", False),
        "TOOL_BLOCK": ("tool", True),
        "TOOL_ALLOW": ("tool", False),
    },
    "wordings_of_requests.py": {"ILL_MEANT": ("user", True), "WORK": ("user", False)},
    "wordings_of_tools.py": {"BIDDING": ("tool", True), "FOR_OTHERS": ("tool", False)},
    "test_composed.py": {
        "INSTRUCTING": ("tool", True),
        "FOR_PEOPLE": ("tool", False),
        "HARMING": ("user", True),
        "WORKING": ("user", False),
    },
}
"""What the rules are tested with is learned from, too: by list, its source and its label."""


def rows_of(source: str) -> list[Row]:
    """Return the labelled texts of a source, in the order of their files."""
    rows = list(tested(source))
    for path in sorted(TEXTS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["source"] == source:
                rows.append(Row(text=row["text"], blocked=row["label"] == "block"))
    return rows


def ordinary() -> Iterator[str]:
    """Yield files as an agent reads them: sources, documents, what packages say of themselves."""
    root = TEXTS.parents[1]
    sources = itertools.chain(
        sorted(root.glob("docs/**/*.md")),
        sorted(root.glob("coding_agent_sdk/**/*.py")),
        sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")),
        sorted(Path(sysconfig.get_path("stdlib")).glob("[a-h]*/*.py")),
        itertools.islice(sorted(Path(sysconfig.get_path("purelib")).glob("*/**/*.py")), 0, None, 7),
    )
    for path in sources:
        if path.parent.name != "prompts":  # these list what texts to block are made of
            yield path.read_text(encoding="utf-8", errors="replace")[:FILE_CHARS]
    for package in importlib.metadata.distributions():
        yield str(package.metadata.get_payload() or "")[:FILE_CHARS]


def listings(files: Sequence[str]) -> Iterator[str]:
    """Yield what `ls`, `find` and `grep` print of such files: many names, few sentences."""
    for folder in sorted(Path(sysconfig.get_path("purelib")).iterdir()):
        names = sorted({path.name for path in folder.rglob("*.py")})[:LISTED]
        if names:
            yield "\n".join(names)
            yield "\n".join(f"./{folder.name}/{name}:{len(name)}" for name in names)
    for word in SEARCHED:
        lines = [
            f"src/part_{number}.py:{at}:{line.strip()[:160]}"
            for number, text in enumerate(files)
            for at, line in enumerate(text.splitlines())
            if word in line.lower()
        ]
        for start in range(0, min(len(lines), 40 * LISTED), LISTED):
            yield "\n".join(lines[start : start + LISTED])


def tested(source: str) -> Iterator[Row]:
    """Yield the texts of a source that the rules are tested with."""
    for name, lists in LISTS.items():
        module = runpy.run_path(str(TESTED / name))
        for list_name, (whose, blocked) in lists.items():
            if whose == source:
                texts = module[list_name]
                if isinstance(texts, str):
                    texts = [line.replace("\\n", "\n") for line in texts.strip().splitlines()]
                for text in texts.values() if isinstance(texts, dict) else texts:
                    yield Row(text=text, blocked=blocked)


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.split("\n")[0])
    parser.add_argument("sources", nargs="*", metavar="user|tool", help="one of them; else both")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    given = parser.parse_args()
    unknown = set(given.sources) - {*SOURCES}
    if unknown:
        parser.error(f"there are no texts of {', '.join(sorted(unknown))}; give user or tool")
    for source in given.sources or SOURCES:
        rows, files = rows_of(source), list(ordinary())
        chance = random.Random(source)  # the same texts each time
        again = list(in_talk(rows, chance)) if source == "user" else []
        again += in_files(rows[:: IN_FILES[source]], files, chance)
        kinds, bias = learned([*rows, *again], [*files, *listings(files)])
        blocked = sum(row.blocked for row in rows)
        known = sum(map(len, kinds))
        print(f"{source}: {known:,} features from {len(rows):,} texts, {blocked:,} to block")
        if not given.dry_run:
            path = Path(wording.__file__).with_name(f"weights_{source}.tsv")
            path.write_text("\n\n".join([str(bias), *map(table, kinds)]) + "\n", encoding="utf-8")


def table(features: Sequence[Feature]) -> str:
    """Return a line for each feature that weighs something."""
    return "\n".join(f"{each.name}\t{each.weight}\t{each.rarity}" for each in features)


main()
