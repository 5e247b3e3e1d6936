"""The manifest remembers files and roots, and says what it cannot use."""

import os
import sqlite3
import stat
import time

import pytest

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.rag.manifest import Indexed, Manifest, stamp_of


def test_files_and_roots_come_back_after_it_was_closed(tmp_path):
    path = tmp_path / "deep" / "m.manifest"
    manifest = Manifest(path)
    manifest.keep({"a.md": Indexed(stamp="1", hash="h"), "b.md": Indexed(stamp="", hash="")})
    manifest.keep({"a.md": Indexed(stamp="2", hash="i")})
    manifest.add_roots(["src", "docs", "src"])
    manifest.forget(["b.md", "never.md"])
    manifest.close()
    again = Manifest(path)
    assert again.files() == {"a.md": Indexed(stamp="2", hash="i")}
    assert again.roots() == ["docs", "src"]
    again.clear()
    assert (again.files(), again.roots()) == ({}, [])
    again.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_path_it_is_kept_in_memory():
    manifest = Manifest(None)
    manifest.keep({"a": Indexed(stamp="s", hash="h")})
    assert list(manifest.files()) == ["a"]
    manifest.close()


def test_a_file_of_something_else_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "m.manifest"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="remove the file, and everything is indexed again"):
        Manifest(path)


def test_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "m.manifest"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="is of version 99, and this program knows 1"):
        Manifest(path)


def test_a_failed_change_changes_nothing():
    manifest = Manifest(None)
    with pytest.raises(StoreError):
        manifest.keep({"a": Indexed(stamp="s", hash="h"), "b": Indexed(stamp=object(), hash="h")})
    assert manifest.files() == {}
    manifest.close()


def aged(path):
    """Make a file look as if nobody had touched it for a while."""
    path.touch()
    deadline = time.monotonic() + 30
    while not stamp_of(path) and time.monotonic() < deadline:
        time.sleep(0.02)
    return stamp_of(path)


def test_the_look_of_a_file_changes_with_it_even_where_its_time_is_set_back(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    before = aged(path)
    assert before
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_text("two")
    os.utime(path, ns=times)
    assert stamp_of(path) != before


def test_what_was_changed_just_now_or_is_no_file_has_no_look(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    assert stamp_of(path) == ""
    assert stamp_of(tmp_path / "missing") == ""
    assert stamp_of(tmp_path / "nul\0") == ""
