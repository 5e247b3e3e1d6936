"""Reading a patch: unified diffs and the form `*** Begin Patch`, to the same plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = ["FilePatch", "Hunk", "PatchError", "is_head", "read_patch"]

Kind: TypeAlias = Literal["add", "update", "delete"]

_RANGE: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEAD: Final = re.compile(r"\*\*\* (Add File|Update File|Delete File|Move to): (.+)")
_ANY_HEAD: Final = re.compile(
    r"\*\*\* |--- |\+\+\+ |@@|diff --git |rename (?:from|to) |copy (?:from|to) |index "
)
_NO_FILE: Final = re.compile(r"(?:.* mode |index \S+ )(120|160)000\s*")
_NO_NEWLINE: Final = "\\ No newline"
_BETWEEN: Final = (
    "index ", "new file mode ", "deleted file mode ", "old mode ", "new mode ",
    "similarity index ", "dissimilarity index ",
)  # fmt: skip


class PatchError(Exception):
    """A patch cannot be read or does not fit; the message says what was asked and found."""


@dataclass(kw_only=True)
class Hunk:
    r"""One place of a file.

    Attributes:
        number: Its number in its file, from 1.
        anchor: A line that stands somewhere before it; `""` for none.
        line: Where it begins by the patch, from 1; None where that is not said.
        lines: Pairs of `" "`, `"-"` or `"+"` and the text of a line.
        at_end: Whether it stands at the end of the file.
        no_newline: Whether the new file ends without a newline.
    """

    number: int
    anchor: str = ""
    line: int | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    at_end: bool = False
    no_newline: bool = False

    @property
    def before(self) -> list[str]:
        """The lines as they are before."""
        return [text for sign, text in self.lines if sign != "+"]

    @property
    def after(self) -> list[str]:
        """The lines as they are to be."""
        return [text for sign, text in self.lines if sign != "-"]


@dataclass(kw_only=True)
class FilePatch:
    """What a patch says about one file."""

    kind: Kind
    path: str
    move_to: str = ""
    hunks: list[Hunk] = field(default_factory=list)


def is_head(line: str) -> bool:
    """Return whether a line of a patch may hold a path, and not text of a file."""
    return _ANY_HEAD.match(line) is not None


def read_patch(text: str) -> list[FilePatch]:
    """Return what a patch says, one value for each file.

    Raises:
        PatchError: It is in neither form; the message names the line.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    begin = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    marked = begin < len(lines) and lines[begin].rstrip() == "*** Begin Patch"
    reader = _Marked(lines, begin + 1) if marked else _Unified(lines, begin)
    files = reader.read()
    if not files:
        raise PatchError(
            "the patch names no file; write a unified diff (--- a/FILE, +++ b/FILE, @@ …), or "
            "*** Begin Patch, *** Update File: FILE, …, *** End Patch"
        )
    return files


class _Reader:
    def __init__(self, lines: list[str], at: int) -> None:
        self.lines, self.at = lines, at
        self.files: list[FilePatch] = []

    @property
    def line(self) -> str | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def wrong(self, why: str) -> PatchError:
        shown = "its end" if self.line is None else repr(self.line[:200])
        return PatchError(f"line {self.at + 1} of the patch ({shown}): {why}")


class _Marked(_Reader):
    """The form with `*** Update File:`."""

    def read(self) -> list[FilePatch]:
        while (line := self.line) is not None:
            if line.rstrip() == "*** End Patch":
                self._nothing_more()
                return self.files
            self._file(line)
        raise self.wrong("the patch has no '*** End Patch'; it may have been cut off")

    def _nothing_more(self) -> None:
        self.at += 1
        while (line := self.line) is not None:
            if line.strip():
                raise self.wrong("text after '*** End Patch'")
            self.at += 1

    def _file(self, line: str) -> None:
        found = _HEAD.fullmatch(line.rstrip())
        if found is None or found[1] == "Move to":
            raise self.wrong(
                "expected *** Add File:, *** Update File:, *** Delete File: or *** End"
            )
        kinds: dict[str, Kind] = {
            "Add File": "add", "Update File": "update", "Delete File": "delete",
        }  # fmt: skip
        patch = FilePatch(kind=kinds[found[1]], path=found[2].strip())
        self.files.append(patch)
        self.at += 1
        if patch.kind == "add":
            self._added(patch)
        elif patch.kind == "update":
            self._updated(patch)

    def _added(self, patch: FilePatch) -> None:
        hunk = Hunk(number=1)
        while (line := self.line) is not None and not line.startswith("*** "):
            if not line.startswith("+"):
                raise self.wrong("each line of a new file begins with +")
            hunk.lines.append(("+", line[1:]))
            self.at += 1
        patch.hunks.append(hunk)

    def _updated(self, patch: FilePatch) -> None:
        moved = _HEAD.fullmatch((self.line or "").rstrip())
        if moved is not None and moved[1] == "Move to":
            patch.move_to = moved[2].strip()
            self.at += 1
        hunk: Hunk | None = None
        while (line := self.line) is not None:
            if line.rstrip() == "*** End of File" and hunk is not None:
                hunk.at_end = True
            elif line.startswith("*** "):
                break
            elif line.startswith("@@"):
                hunk = Hunk(number=len(patch.hunks) + 1, anchor=line[2:].strip())
                patch.hunks.append(hunk)
            else:
                if hunk is None:
                    hunk = Hunk(number=1)
                    patch.hunks.append(hunk)
                hunk.lines.append(self._signed(line))
            self.at += 1
        if not patch.hunks and not patch.move_to:
            raise self.wrong(f"nothing is said about {patch.path!r}")

    def _signed(self, line: str) -> tuple[str, str]:
        if line == "":
            return " ", ""  # an empty line of context, whose blank was lost
        if line[0] not in " -+":
            raise self.wrong("a line of a hunk begins with a blank, - or +")
        return line[0], line[1:]


class _Unified(_Reader):
    """Unified diffs, those of git, too."""

    def read(self) -> list[FilePatch]:
        moved: dict[str, str] = {}
        while (line := self.line) is not None:
            if line.startswith("diff --git "):
                self._rename(moved)
                moved = {}
            elif line.startswith(("rename from ", "rename to ")):
                _, which, path = line.split(" ", 2)
                moved[which] = path
            elif line.startswith("--- ") and self._next().startswith("+++ "):
                self._file(moved)
                moved = {}
                continue
            elif line.strip() and not line.startswith(_BETWEEN):
                raise self.wrong(
                    "expected --- FILE and +++ FILE of a unified diff, or *** Begin Patch"
                )
            elif (other := _NO_FILE.fullmatch(line)) is not None:
                kind = "a symbolic link" if other[1] == "120" else "a submodule"
                raise self.wrong(f"it is {kind}, and a patch changes files only; use a command")
            self.at += 1
        self._rename(moved)
        return self.files

    def _next(self) -> str:
        return self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""

    def _rename(self, moved: dict[str, str]) -> None:
        if "from" in moved and "to" in moved:
            self.files.append(FilePatch(kind="update", path=moved["from"], move_to=moved["to"]))

    def _file(self, moved: dict[str, str]) -> None:
        old, new = _path(self.line or "", "a/"), _path(self._next(), "b/")
        if old == "/dev/null":
            patch = FilePatch(kind="add", path=new)
        elif new == "/dev/null":
            patch = FilePatch(kind="delete", path=old)
        else:
            patch = FilePatch(kind="update", path=old, move_to="" if new == old else new)
        if moved.get("from") == old and moved.get("to"):
            patch.move_to = moved["to"]
        self.at += 2
        while (found := _RANGE.match(self.line or "")) is not None:
            self._hunk(patch, found)
        if not patch.hunks:
            raise self.wrong(f"expected a hunk of {patch.path!r}: @@ -LINE,COUNT +LINE,COUNT @@")
        self.files.append(patch)

    def _hunk(self, patch: FilePatch, found: re.Match[str]) -> None:
        old, new = (int(each) if each else 1 for each in found.group(2, 4))
        hunk = Hunk(number=len(patch.hunks) + 1, line=int(found[1]) + (old == 0))
        patch.hunks.append(hunk)
        self.at += 1
        while (line := self.line) is not None:
            counted = old > 0 or new > 0
            if not counted and (
                line.startswith(("@@", "diff --git ")) or line == ""
                or (line.startswith("--- ") and self._next().startswith("+++ "))
            ):  # fmt: skip
                break  # a count that is too small is passed over, models count badly
            if line.startswith(_NO_NEWLINE):
                hunk.no_newline = hunk.lines[-1:] != [] and hunk.lines[-1][0] != "-"
            elif line.startswith("@@ "):
                break
            else:
                sign, text = (" ", "") if line == "" else (line[0], line[1:])
                if sign not in " -+":
                    break
                hunk.lines.append((sign, text))
                old -= sign != "+"
                new -= sign != "-"
            self.at += 1


def _path(line: str, prefix: str) -> str:
    path = line[4:].split("\t", 1)[0].rstrip("\r")
    return path.removeprefix(prefix)
