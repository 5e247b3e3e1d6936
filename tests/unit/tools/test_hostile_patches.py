"""Patches that are wrong or hostile: nothing is lost, nothing is changed, and the error says why."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding_agent_sdk.tools.apply_patch import APPLY_PATCH


@pytest.fixture
def full(root, tmp_path):
    """A workspace with files and links, beside a file that must not be touched."""
    (tmp_path / "outside").write_text("outside\n")
    (root / "a").write_text("one\ntwo\nthree\n")
    (root / "crlf").write_bytes(b"one\r\ntwo\r\n")
    (root / "bare").write_bytes(b"one\ntwo")
    (root / "binary").write_bytes(b"\0\1\2")
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "near").symlink_to("a")
    (root / "d").mkdir()
    (root / ".git").mkdir()
    return root


def everything(root):
    return {
        path.relative_to(root.parent).as_posix(): path.read_bytes()
        for path in sorted(root.parent.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def unified(path, hunk="@@ -1 +1 @@\n-one\n+1\n", old=None):
    return f"--- a/{old or path}\n+++ b/{path}\n{hunk}"


def v4a(body):
    return f"*** Begin Patch\n{body}\n*** End Patch"


HOSTILE = {
    "above": unified("../outside", "@@ -1 +1 @@\n-outside\n+x\n"),
    "above, later": unified("d/../../outside", "@@ -1 +1 @@\n-outside\n+x\n"),
    "absolute": v4a("*** Update File: /etc/hostname\n@@\n-a\n+b"),
    "add above": v4a("*** Add File: ../new\n+x"),
    "delete above": v4a("*** Delete File: ../outside"),
    "move above": v4a("*** Update File: a\n*** Move to: ../moved\n@@\n-one\n+1"),
    "link outside": v4a("*** Update File: away\n@@\n-outside\n+x"),
    "delete by a link": v4a("*** Delete File: near"),
    "move a link": "diff --git a/near b/new\nrename from near\nrename to new\n",
    "delete by a link outside": v4a("*** Delete File: away"),
    "through a file": v4a("*** Add File: a/b\n+x"),
    "a folder": v4a("*** Update File: d\n@@\n-one\n+1"),
    "git's own": v4a("*** Add File: .git/hooks/pre-commit\n+x"),
    "git's own, otherwise": v4a("*** Add File: .GIT/config\n+x"),
    "nul": v4a("*** Add File: a\0b\n+x"),
    "no name": v4a("*** Add File: \n+x"),
    "huge line": unified("a", "@@ -99999999999999999999 +1 @@\n-nowhere\n+1\n"),
    "huge count": unified("a", "@@ -1,99999999999999999999 +1 @@\n-nowhere\n+1\n"),
    "negative": unified("a", "@@ --1 +1 @@\n-one\n+1\n"),
    "no hunk": unified("a", ""),
    "binary": "diff --git a/binary b/binary\nindex 1..2 100644\nGIT binary patch\nliteral 3\nabc\n",
    "binary, told": "diff --git a/binary b/binary\nBinary files a/binary and b/binary differ\n",
    "text for a binary": unified("binary"),
    "twice": v4a("*** Update File: a\n@@\n-one\n+1\n*** Update File: a\n@@\n-two\n+2"),
    "add and delete": v4a("*** Add File: n\n+x\n*** Delete File: n"),
    "move onto another": v4a("*** Update File: a\n*** Move to: bare\n@@\n-one\n+1"),
    "empty": v4a(""),
    "begins only": "*** Begin Patch\n*** Update File: a\n@@\n-one\n+1",
    "a link is made": "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n"
    "+/etc/passwd\n\\ No newline at end of file\n",
    "a submodule": "diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n"
    "+Subproject commit 0\n",
    "nothing": "hello",
    "the second is wrong": v4a("*** Update File: a\n@@\n-one\n+1\n*** Update File: bare\n@@\n-x\n+y"),
}  # fmt: skip


@pytest.mark.parametrize("patch", HOSTILE.values(), ids=HOSTILE)
async def test_nothing_is_changed_and_the_error_says_why(call, full, patch):
    before = everything(full)
    result = await call(APPLY_PATCH, patch=patch)
    assert result.status == "error", result.text
    assert result.text.startswith("nothing was changed: ")
    assert len(result.text) > 40
    assert result.changed_files == ()
    assert everything(full) == before
    assert not [p for p in full.rglob("*") if p.is_symlink() and p.name not in {"away", "near"}]


@pytest.mark.parametrize("path", ["a", "crlf", "bare"])
@pytest.mark.parametrize("crlf", [False, True])
async def test_newlines_stay_those_of_the_file_whatever_the_patch_has(call, full, path, crlf):
    before = (full / path).read_bytes()
    patch = unified(path)
    result = await call(APPLY_PATCH, patch=patch.replace("\n", "\r\n") if crlf else patch)
    assert result.status == "ok", result.text
    assert (full / path).read_bytes() == before.replace(b"one", b"1")


async def test_a_link_that_stays_inside_is_kept_and_its_file_is_changed(call, full):
    result = await call(APPLY_PATCH, patch=v4a("*** Update File: near\n@@\n-one\n+1"))
    assert result.status == "ok", result.text
    assert (full / "near").is_symlink()
    assert (full / "a").read_text() == "1\ntwo\nthree\n"


pieces = st.sampled_from(
    [
        "*** Begin Patch", "*** End Patch", "*** Update File: a", "*** Update File: crlf",
        "*** Add File: new", "*** Delete File: bare", "*** Move to: moved", "*** End of File",
        "@@", "@@ one", "@@ -1,2 +1,2 @@", "@@ -0,0 +1 @@", "--- a/a", "+++ b/a", "--- /dev/null",
        "+++ /dev/null", "+++ b/new", "diff --git a/a b/moved", "rename from a", "rename to moved",
        "old mode 100644", "new mode 100755", "\\ No newline at end of file", "-one", "+1", " two",
        "-two", "+two", "", " ", "-", "+", "three", "*** Update File: ../outside", "GIT binary patch",
    ]
)  # fmt: skip


@given(lines=st.lists(pieces, max_size=14), begun=st.booleans())
@settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_any_lines_are_a_patch_that_is_made_whole_or_an_error(call, full, lines, begun):
    reset(full)
    before = everything(full)
    text = "\n".join(lines) or "x"
    result = await call(APPLY_PATCH, patch=v4a(text) if begun else text)
    after = everything(full)
    if result.status == "error":
        assert after == before
        assert result.text.startswith("nothing was changed: ")
    else:
        changed = {name for name in before.keys() | after.keys()
                   if before.get(name) != after.get(name)}  # fmt: skip
        assert changed <= {f"ws/{path}" for path in result.changed_files}
    assert after["outside"] == b"outside\n"


def reset(root):
    for name in ("new", "moved"):
        (root / name).unlink(missing_ok=True)
    (root / "a").write_text("one\ntwo\nthree\n")
    (root / "crlf").write_bytes(b"one\r\ntwo\r\n")
    (root / "bare").write_bytes(b"one\ntwo")
