"""`apply_patch`: several files by one patch, all of it or nothing."""

from __future__ import annotations

import difflib
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.apply_patch import APPLY_PATCH, paths_of
from coding_agent_sdk.tools.patch_places import patched
from coding_agent_sdk.tools.patch_text import read_patch

MANY = """\
*** Begin Patch
*** Update File: a.py
@@ def f():
-    return 1
+    return 2
*** Add File: sub/new.py
+x = 1
+
*** Delete File: gone.py
*** Update File: old.py
*** Move to: moved.py
 one
-two
+2
*** End Patch
"""


def fill(root, **files):
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)


def contents(root):
    return {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*") if p.is_file()}


async def test_files_are_changed_added_deleted_and_moved_by_one_patch(call, root):
    fill(root, a="def f():\n    return 1\n", gone="x\n", old="one\ntwo\n")
    (root / "old.py").chmod(0o755)
    result = await call(APPLY_PATCH, patch=MANY)
    assert result.status == "ok"
    assert result.text.splitlines() == [
        "changed a.py (exact match)", "added sub/new.py", "deleted gone.py",
        "moved old.py to moved.py (exact match)",
    ]  # fmt: skip
    assert result.changed_files == ("a.py", "sub/new.py", "gone.py", "moved.py", "old.py")
    assert contents(root) == {
        "a.py": "def f():\n    return 2\n", "sub/new.py": "x = 1\n\n", "moved.py": "one\n2\n"
    }  # fmt: skip
    assert stat.S_IMODE((root / "moved.py").stat().st_mode) == 0o755


async def test_where_one_hunk_does_not_fit_nothing_is_changed_and_it_is_named(call, root):
    fill(root, a="def f():\n    return 1\n", gone="x\n", old="one\nthree\n")
    before = contents(root)
    result = await call(APPLY_PATCH, patch=MANY)
    assert result.status == "error"
    assert "nothing was changed: 'old.py', hunk 1: these lines do not stand there" in result.text
    assert "from line 1 on there is:\n  one\n  three" in result.text
    assert contents(root) == before


async def test_a_write_that_fails_puts_those_before_it_back(call, root, host):
    class Failing(LocalWorkspace):
        async def remove_file(self, path, *, expected=None):
            if path == "gone.py":
                raise WorkspaceError("'gone.py' cannot be removed: permission denied")
            await super().remove_file(path, expected=expected)

    fill(root, a="def f():\n    return 1\n", gone="x\n", old="one\ntwo\n")
    before = contents(root)
    host.workspace = Failing(root)
    result = await call(APPLY_PATCH, patch=MANY)
    assert (result.status, "permission denied" in result.text) == ("error", True)
    assert contents(root) == before


async def test_a_unified_diff_of_git_is_taken(call, root):
    (root / "a").write_text("".join(f"{n}\n" for n in range(30)))
    (root / "b").write_text("b")
    patch = (
        "diff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n@@ -2,3 +2,3 @@\n 1\n-2\n+two\n 3\n"
        "@@ -28,3 +28,2 @@ 26\n 27\n-28\n 29\n"
        "diff --git a/c b/c\nnew file mode 100644\n--- /dev/null\n+++ b/c\n@@ -0,0 +1 @@\n+new\n"
        "\\ No newline at end of file\n"
        "diff --git a/b b/b\ndeleted file mode 100644\n--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n"
        "\\ No newline at end of file\n"
    )
    result = await call(APPLY_PATCH, patch=patch)
    assert result.status == "ok", result.text
    lines = [str(n) for n in range(30) if n != 28]
    lines[2] = "two"
    assert (root / "a").read_text().split() == lines
    assert (root / "c").read_text() == "new"
    assert not (root / "b").exists()


async def test_lines_that_have_moved_are_found_where_they_stand_once(call, root):
    (root / "a").write_text("head\n" * 5 + "x\ny\nz\n")
    result = await call(APPLY_PATCH, patch="--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n x\n-y\n+Y\n z\n")
    assert result.status == "ok"
    assert (root / "a").read_text().endswith("x\nY\nz\n")


async def test_of_two_places_the_stated_one_is_taken_and_else_none(call, root):
    (root / "a").write_text("x\n1\nx\n2\n")
    there = await call(APPLY_PATCH, patch="--- a/a\n+++ b/a\n@@ -3 +3 @@\n-x\n+y\n")
    assert (there.status, (root / "a").read_text()) == ("ok", "x\n1\ny\n2\n")
    (root / "a").write_text("x\n1\nx\n2\n")
    result = await call(APPLY_PATCH, patch="--- a/a\n+++ b/a\n@@ -2 +2 @@\n-x\n+y\n")
    assert "hunk 1: its lines stand 2 times (at lines 1, 3)" in result.text


async def test_other_white_space_is_taken_where_one_place_fits_and_said(call, root):
    (root / "a").write_text("class A:\n\tdef f(self):\n\t\treturn  1\n")
    patch = (
        "*** Begin Patch\n*** Update File: a\n@@\n     def f(self):\n-        return 1\n"
        "+        return 2\n*** End Patch"
    )
    result = await call(APPLY_PATCH, patch=patch)
    assert "hunks 1: white space differs" in result.text
    assert (root / "a").read_text() == "class A:\n\tdef f(self):\n\t\treturn 2\n"


async def test_crlf_and_a_missing_last_newline_survive(call, root):
    (root / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    patch = "*** Begin Patch\n*** Update File: a\n one\n-two\n+2\n*** End Patch"
    assert (await call(APPLY_PATCH, patch=patch)).status == "ok"
    assert (root / "a").read_bytes() == b"\xef\xbb\xbfone\r\n2"


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ("what", "expected --- FILE and +++ FILE"),
        ("\n", "the patch names no file"),
        ("*** Begin Patch\n*** Update File: a\n x\n", "no '*** End Patch'"),
        ("*** Begin Patch\n*** Change File: a\n*** End Patch", "line 2 of the patch"),
        ("*** Begin Patch\n*** Add File: b\nx\n*** End Patch", "begins with +"),
        ("*** Begin Patch\n*** Add File: a\n+x\n*** End Patch", "is there already"),
        ("*** Begin Patch\n*** Delete File: b\n*** End Patch", "no such file"),
        ("*** Begin Patch\n*** Update File: a\n*** Move to: d\n*** End Patch", "is there already"),
        ("*** Begin Patch\n*** Update File: a\n*** End Patch", "nothing is said about 'a'"),
        ("*** Begin Patch\n*** Update File: a\n x\n*** End Patch", "changes nothing in 'a'"),
        ("*** Begin Patch\n*** Update File: a\n@@ q\n-x\n*** End Patch", "'@@ q' does not stand"),
        ("*** Begin Patch\n*** Delete File: a\n*** Delete File: a\n*** End Patch", "stands twice"),
        ("*** Begin Patch\n*** Add File: ../b\n+x\n*** End Patch", "outside the workspace"),
        ("*** Begin Patch\n*** Add File: .git/hooks/p\n+x\n*** End Patch", "git's own files"),
        ("*** Begin Patch\n*** Update File: a\n*** Move to: .git/x\n*** End Patch", "git's own"),
        ("*** Begin Patch\n*** End Patch\nmore", "text after"),
        ("--- a/a\n+++ b/a\nx", "expected a hunk of 'a'"),
        ("*** Begin Patch\n*** Add File: b\n+k=***REDACTED***\n*** End Patch", "holds the mask"),
        ("*** Begin Patch\n*** Add File: b\n+<secret:K:0123abcd>\n*** End Patch", "placeholder"),
    ],
)
async def test_what_cannot_be_made_is_an_error_and_changes_nothing(call, root, patch, told):
    (root / "a").write_text("x\n")
    (root / "d").mkdir()
    result = await call(APPLY_PATCH, patch=patch)
    assert result.status == "error"
    assert told in result.text
    assert contents(root) == {"a": "x\n"}
    assert [path.name for path in root.iterdir() if path.name not in {"a", "d"}] == []


async def test_the_preview_shows_the_diffs_or_why_there_are_none(preview, root):
    fill(root, a="def f():\n    return 1\n", gone="x\n", old="one\ntwo\n")
    shown = await preview(APPLY_PATCH, patch=MANY)
    assert "-    return 1\n+    return 2" in shown
    assert "--- /dev/null\n+++ b/sub/new.py" in shown
    assert "nothing would be changed" in await preview(APPLY_PATCH, patch="what")
    assert (root / "gone.py").exists()


def test_the_paths_of_a_patch_are_all_that_it_names():
    assert paths_of({"patch": MANY}) == ("a.py", "sub/new.py", "gone.py", "old.py", "moved.py")
    assert paths_of({"patch": "what"}) == ()
    assert paths_of({}) == ()


texts = st.lists(st.sampled_from(["a", "b", "c", "", "--- x", "+++ y", "@@ z", " q"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(before=texts, after=texts)
def test_a_diff_that_is_made_of_two_texts_leads_from_one_to_the_other(before, after):
    old, new = ("".join(f"{line}\n" for line in lines) for lines in (before, after))
    if old == new:
        return
    made = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), "a/f", "b/f"
    )
    (patch,) = read_patch("".join(made))
    assert patched(old, patch)[0] == new
