"""Writing and editing: exact, told, previewed, and never a mask over a secret."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.text.masks import MASK
from coding_agent_sdk.tools import answers
from coding_agent_sdk.tools.edit_file import EDIT_FILE, _edited
from coding_agent_sdk.tools.write_file import WRITE_FILE

# -- write_file ---------------------------------------------------------------------------------


async def test_a_new_file_is_created_with_its_folders(call, root):
    result = await call(WRITE_FILE, path="./src/a.py", content="x\ny\n")
    assert (result.text, result.status) == ("created src/a.py (2 lines)", "ok")
    assert result.changed_files == ("src/a.py",)
    assert (root / "src" / "a.py").read_text() == "x\ny\n"


async def test_an_old_file_is_replaced_and_keeps_its_form(call, root):
    (root / "a.bat").write_bytes(b"\xef\xbb\xbfold\r\n")
    result = await call(WRITE_FILE, path="a.bat", content="new\n")
    assert result.text == "replaced a.bat (1 line)"
    assert (root / "a.bat").read_bytes() == b"\xef\xbb\xbfnew\r\n"


async def test_the_same_content_changes_nothing(call, root):
    (root / "a").write_text("x\n")
    before = (root / "a").stat().st_ino
    result = await call(WRITE_FILE, path="a", content="x\n")
    assert "nothing was changed" in result.text
    assert result.changed_files == ()
    assert (root / "a").stat().st_ino == before


async def test_a_latin_1_file_becomes_utf_8_where_it_has_to(call, root):
    (root / "a").write_bytes(b"caf\xe9\r\n")
    await call(WRITE_FILE, path="a", content="thé\n")
    assert (root / "a").read_bytes() == b"th\xe9\r\n"
    await call(WRITE_FILE, path="a", content="10 €\n")
    assert (root / "a").read_bytes() == "10 €\r\n".encode()


async def test_a_binary_file_can_be_replaced_and_the_preview_says_so(call, preview, root):
    (root / "a").write_bytes(b"\0\1")
    assert "is no text, and would be replaced" in await preview(WRITE_FILE, path="a", content="x")
    result = await call(WRITE_FILE, path="a", content="x")
    assert result.text == "replaced a (1 line)"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("../x", "leads outside"),
        ("d", "is a folder"),
        ("new/", "names a folder; name a file"),
        (".git/config", "git's own"),
        ("a\0", "NUL"),
    ],
)
async def test_what_cannot_be_written_is_an_error_result(call, root, path, told):
    (root / "d").mkdir()
    result = await call(WRITE_FILE, path=path, content="x")
    assert result.status == "error"
    assert told in result.text
    assert result.changed_files == ()


async def test_a_lone_surrogate_is_an_error_result(call, root):
    result = await call(WRITE_FILE, path="a", content="x\ud800")
    assert result.status == "error"
    assert os.listdir(root) == []


async def test_the_preview_of_a_new_file_and_of_a_change_is_a_unified_diff(preview, root):
    assert await preview(WRITE_FILE, path="a", content="x\n") == (
        "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"
    )
    (root / "a").write_text("one\ntwo")
    assert await preview(WRITE_FILE, path="a", content="one\n2") == (
        "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n"
        "-two\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"
    )
    assert (root / "a").read_text() == "one\ntwo"


async def test_the_preview_of_a_path_outside_raises(preview):
    with pytest.raises(WorkspaceError, match="outside"):
        await preview(WRITE_FILE, path="../a", content="x")


async def test_a_huge_preview_is_bounded(preview, root, monkeypatch):
    shown = await preview(WRITE_FILE, path="a", content="x\n" * 50_000)
    assert shown.endswith("(0 lines become 50000)\n")
    shown = await preview(WRITE_FILE, path="a", content="x" * 50 + "\n" * 30_000)
    assert len(shown) < 300_000
    monkeypatch.setattr(answers, "_DIFF_CHARACTERS", 1000)
    shown = await preview(WRITE_FILE, path="a", content="word\n" * 30_000)
    assert shown.endswith("(the rest of the changes is not shown)\n")
    assert len(shown) < 1200


# -- edit_file ------------------------------------------------------------------------------------


async def test_the_one_place_is_replaced(call, root):
    (root / "a").write_text("one\ntwo\nthree\n")
    result = await call(EDIT_FILE, path="a", old="two", new="2\n2b")
    assert (result.text, result.changed_files) == ("edited a at line 2 (exact match)", ("a",))
    assert (root / "a").read_text() == "one\n2\n2b\nthree\n"


async def test_text_can_be_taken_out(call, root):
    (root / "a").write_text("one\ntwo\n")
    await call(EDIT_FILE, path="a", old="two\n", new="")
    assert (root / "a").read_text() == "one\n"


async def test_several_places_are_told_with_their_lines(call, root):
    (root / "a").write_text("x\ny\nx\nx\n" + "x\n" * 20)
    result = await call(EDIT_FILE, path="a", old="x\n", new="z\n")
    assert result.status == "error"
    assert "stands 23 times in 'a', at lines 1, 3, 4, 5, 6, 7, 8, 9, 10, 11 …" in result.text
    assert (root / "a").read_text().count("z") == 0


async def test_overlapping_places_are_ambiguous(call, root):
    (root / "a").write_text("aaa\n")
    result = await call(EDIT_FILE, path="a", old="aa", new="b")
    assert "stands 2 times" in result.text


async def test_lines_that_differ_in_white_space_are_found_where_they_are_the_only_ones(call, root):
    (root / "a").write_text("class A:\n    def f(self):\n        x = 'a  b'\n        return  1\n")
    result = await call(
        EDIT_FILE, path="a",
        old="def f(self):\n    x = 'a  b'\n    return 1",
        new="def f(self):\n    x = 'a  b'\n    if x:\n        return 2",
    )  # fmt: skip
    assert result.text == "edited a at line 4 (white space differs; matched by all else)"
    assert (root / "a").read_text() == (
        "class A:\n    def f(self):\n        x = 'a  b'\n        if x:\n            return 2\n"
    )
    exact = await call(EDIT_FILE, path="a", old="return 2", new="return 3")
    assert exact.text == "edited a at line 5 (exact match)"


async def test_lines_that_stay_in_a_loose_match_keep_their_white_space(call, root):
    (root / "a").write_text("one   = 1\ntwo = 2\n")
    await call(EDIT_FILE, path="a", old="one = 1\ntwo  = 2\n", new="one = 1\nthree = 3\n")
    assert (root / "a").read_text() == "one   = 1\nthree = 3\n"


async def test_lines_are_taken_out_by_a_loose_match(call, root):
    (root / "a").write_text("a\n\tb\nc\n")
    await call(EDIT_FILE, path="a", old="    b\n", new="")
    assert (root / "a").read_text() == "a\nc\n"


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("  x\n    x\n", " x", "y"),  # two places
        ("if a:\n  b\n    c\n", "if a:\n b\n c", "if a:\n d"),  # one indentation became two
        ("\tf()\n", "    f()", "    f()\n      g()"),  # tabs and blanks would be mixed
        ("  x\ny\n", "   x\n", "z"),  # the end of the line would go
    ],
)
async def test_a_loose_match_that_is_not_certain_changes_nothing(call, root, text, old, new):
    (root / "a").write_text(text)
    result = await call(EDIT_FILE, path="a", old=old, new=new)
    assert result.status == "error"
    assert (root / "a").read_text() == text


async def test_a_difference_in_white_space_is_told_with_its_lines(call, root):
    (root / "a").write_text("  return  1\nx\n\treturn 1\n")
    result = await call(EDIT_FILE, path="a", old=" return 1", new="z")
    assert "stands" in result.text or "differ from it in white space only" in result.text
    result = await call(EDIT_FILE, path="a", old="    return 1", new="z")
    assert "but line 1 (and 1 other place) differ from it in white space only" in result.text
    assert "read_file(start_line=1, end_line=1)" in result.text


async def test_a_text_that_is_not_there_names_where_its_first_line_is(call, root):
    (root / "a").write_text("begin\nx\nbegin\ny\n")
    result = await call(EDIT_FILE, path="a", old="begin\nz", new="q")
    assert result.status == "error"
    assert "its first line stands at line 1, 3" in result.text
    result = await call(EDIT_FILE, path="a", old="nowhere", new="q")
    assert "not even its first line does" in result.text
    result = await call(EDIT_FILE, path="a", old="\n\n\n\n", new="q")
    assert result.status == "error"


async def test_the_same_text_twice_is_refused(call, root):
    (root / "a").write_text("x\n")
    result = await call(EDIT_FILE, path="a", old="x", new="x")
    assert "same text" in result.text


async def test_crlf_bom_and_latin_1_survive_an_edit(call, root):
    (root / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\nthree")
    await call(EDIT_FILE, path="a", old="one\ntwo", new="1\n2")
    assert (root / "a").read_bytes() == b"\xef\xbb\xbf1\r\n2\r\nthree"
    await call(EDIT_FILE, path="a", old="1\r\n2", new="eins\r\nzwei")
    assert (root / "a").read_bytes() == b"\xef\xbb\xbfeins\r\nzwei\r\nthree"
    (root / "b").write_bytes(b"caf\xe9 old\n")
    await call(EDIT_FILE, path="b", old="old", new="nouveau thé")
    assert (root / "b").read_bytes() == b"caf\xe9 nouveau th\xe9\n"
    result = await call(EDIT_FILE, path="b", old="nouveau", new="€")
    assert "kept in latin-1" in result.text


async def test_mixed_newlines_stay_mixed(call, root):
    (root / "a").write_bytes(b"one\r\ntwo\r\nthree\nfour\n")
    await call(EDIT_FILE, path="a", old="one\ntwo\n", new="1\n2\n")
    assert (root / "a").read_bytes() == b"1\r\n2\r\nthree\nfour\n"
    await call(EDIT_FILE, path="a", old="three\nfour", new="3\n4")
    assert (root / "a").read_bytes() == b"1\r\n2\r\n3\n4\n"


async def test_foreign_bytes_beside_an_edit_survive(call, root):
    (root / "a").write_bytes("grün grün ".encode() + b"\xff\xfe old\n")
    await call(EDIT_FILE, path="a", old="old", new="neu")
    assert (root / "a").read_bytes() == "grün grün ".encode() + b"\xff\xfe neu\n"


async def test_a_missing_or_unwritable_file_is_an_error_result(call, root):
    (root / "a").write_text("x")
    (root / "a").chmod(0o444)
    assert "write-protected" in (await call(EDIT_FILE, path="a", old="x", new="y")).text
    assert "there is no file 'b'" in (await call(EDIT_FILE, path="b", old="x", new="y")).text


async def test_the_preview_of_an_edit_shows_it_or_why_it_cannot_be(preview, root):
    (root / "a").write_text("one\ntwo\n")
    assert "-two\n+2\n" in await preview(EDIT_FILE, path="a", old="two", new="2")
    assert "does not stand in 'a'" in await preview(EDIT_FILE, path="a", old="zwei", new="2")
    assert (root / "a").read_text() == "one\ntwo\n"
    with pytest.raises(WorkspaceError):
        await preview(EDIT_FILE, path="nothing", old="two", new="2")


lines = st.text(st.sampled_from("ab \t\nü"), max_size=30)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(before=lines, old=lines.filter(bool), after=lines, new=lines)
def test_an_edit_is_the_replacement_of_the_only_place_or_an_error(before, old, after, new):
    from coding_agent_sdk.sandbox.file_text import decode

    text = before + old + after
    file = decode("a", text.encode())
    changed = _edited(file, EDIT_FILE.arguments(path="a", old=old, new=new))
    starts = [n for n in range(len(text)) if text.startswith(old, n)]
    if isinstance(changed, tuple):
        assert len(starts) == 1
        assert changed == (text.replace(old, new), "exact match")
    else:
        assert len(starts) > 1 or old == new


# -- masks ----------------------------------------------------------------------------------------


async def test_a_mask_is_never_written_over_a_value(call, root):
    (root / "config.py").write_text('key = "sk-real"\nx = 1\n')
    result = await call(WRITE_FILE, path="config.py", content=f'key = "{MASK}"\nx = 2\n')
    assert result.status == "error"
    assert "(line 1)" in result.text
    assert "edit_file" in result.text
    result = await call(EDIT_FILE, path="config.py", old="x = 1", new=f'x = "{MASK}"')
    assert result.status == "error"
    assert (root / "config.py").read_text() == 'key = "sk-real"\nx = 1\n'


async def test_a_mask_in_a_new_file_is_refused(call, root):
    result = await call(WRITE_FILE, path="new.py", content=f"{MASK}\n" * 9)
    assert "(line 1, 2, 3, 4, 5 …)" in result.text
    assert os.listdir(root) == []


async def test_a_text_that_speaks_of_masks_can_be_edited(call, root):
    (root / "doc.md").write_text(f"Secrets are shown as {MASK}.\nold\n")
    assert (await call(EDIT_FILE, path="doc.md", old="old", new="new")).status == "ok"
    content = f"# Title\nSecrets are shown as {MASK}.\nnewer\n"
    assert (await call(WRITE_FILE, path="doc.md", content=content)).status == "ok"
    assert (root / "doc.md").read_text() == content


async def test_an_edit_that_moves_a_mask_onto_another_line_is_refused(call, root):
    (root / "doc.md").write_text(f"a {MASK}\nb\n")
    result = await call(EDIT_FILE, path="doc.md", old=f"a {MASK}", new=f"c {MASK}")
    assert result.status == "error"
