"""What is read of a file, and how it comes back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import FileText
from coding_agent_sdk.sandbox.file_text import decode, encode


async def test_a_file_is_read_with_what_is_known_of_it(workspace, root):
    (root / "a.txt").write_bytes("grün\n".encode())
    file = await workspace.read_text("./a.txt")
    assert file == FileText(
        path="a.txt",
        text="grün\n",
        encoding="utf-8",
        newline="\n",
        data="grün\n".encode(),
        size=6,
    )


async def test_more_than_the_limit_is_an_error_that_tells_the_size(workspace, root):
    (root / "big").write_bytes(b"x" * 101)
    assert len(await workspace.read_bytes("big", limit=101)) == 101
    with pytest.raises(WorkspaceError, match="has 101 bytes, more than the 100"):
        await workspace.read_bytes("big", limit=100)
    with pytest.raises(WorkspaceError):
        await workspace.read_text("big", limit=0)


async def test_an_empty_file_fits_any_limit(workspace, root):
    (root / "empty").touch()
    assert await workspace.read_bytes("empty", limit=0) == b""
    assert (await workspace.read_text("empty")).text == ""


async def test_a_binary_file_gives_its_metadata_only(workspace, root):
    (root / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(WorkspaceError, match=r"binary file \(16 bytes, begins with 89 50 4e 47"):
        await workspace.read_text("image.png")


async def test_utf_16_is_named(workspace, root):
    (root / "a.txt").write_bytes("hello".encode("utf-16"))
    with pytest.raises(WorkspaceError, match="UTF-16 text"):
        await workspace.read_text("a.txt")


async def test_a_nul_far_behind_is_no_sign_of_a_binary_file(workspace, root):
    (root / "a.txt").write_bytes(b"x" * 8192 + b"\0")
    assert (await workspace.read_text("a.txt")).size == 8193


async def test_an_unreadable_file_says_so(tmp_path, as_ordinary_user):
    import os
    import tempfile
    from pathlib import Path

    from coding_agent_sdk.sandbox.workspace import LocalWorkspace

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder, "closed")
        file.write_text("x")
        file.chmod(0o000)
        workspace = LocalWorkspace(folder)
        assert os.geteuid() == 0 or not os.access(file, os.R_OK)
        with as_ordinary_user(), pytest.raises(WorkspaceError, match="permission denied"):
            await workspace.read_bytes("closed")


@pytest.mark.parametrize(
    ("data", "text", "encoding", "newline"),
    [
        (b"a\nb\n", "a\nb\n", "utf-8", "\n"),
        (b"a\r\nb\r\n", "a\nb\n", "utf-8", "\r\n"),
        (b"a\rb\r", "a\nb\n", "utf-8", "\r"),
        (b"a\r\nb\n", "a\r\nb\n", "utf-8", "\n"),
        (b"a\rb\n", "a\rb\n", "utf-8", "\n"),
        (b"no end", "no end", "utf-8", "\n"),
        (b"", "", "utf-8", "\n"),
        (b"\xef\xbb\xbfa\r\n", "a\n", "utf-8-sig", "\r\n"),
        (b"caf\xe9\n", "café\n", "latin-1", "\n"),
        ("grün grün ".encode() + b"\xff", "grün grün \udcff", "utf-8", "\n"),
        (b"\xef\xbb\xbf\xff", "\udcff", "utf-8-sig", "\n"),
    ],
)
def test_bytes_become_text_and_the_same_bytes_again(data, text, encoding, newline):
    file = decode("a", data)
    assert (file.text, file.encoding, file.newline) == (text, encoding, newline)
    assert encode(file.text, like=file) == data


pieces = st.lists(
    st.sampled_from(
        [b"a", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xff", "ü€😀".encode(), b"\xe9"]
    )
    | st.binary(max_size=4),
    max_size=30,
).map(b"".join)


@given(pieces.filter(lambda data: b"\0" not in data))
def test_any_bytes_that_are_text_come_back(data):
    file = decode("a", data)
    assert encode(file.text, like=file) == data
    if file.newline != "\n":
        assert "\r" not in file.text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_new_text_is_written_as_utf_8_and_as_it_is(text):
    assert encode(text, like=None) == text.encode()


def test_newlines_of_an_edit_follow_the_file():
    file = decode("a", b"a\r\n")
    assert encode("a\nb\r\nc\n", like=file) == b"a\r\nb\r\nc\r\n"


def test_a_character_that_the_encoding_has_not_is_an_error():
    file = decode("old.txt", b"caf\xe9")
    with pytest.raises(
        WorkspaceError, match=r"'old\.txt' is kept in latin-1, which has no character '€'"
    ):
        encode("10 €", like=file)


def test_a_lone_surrogate_in_new_text_is_an_error():
    with pytest.raises(WorkspaceError, match="the file is kept in utf-8"):
        encode("\udcff", like=None)
