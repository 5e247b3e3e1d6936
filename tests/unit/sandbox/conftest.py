"""A workspace in a fresh folder, once with openat2 and once with the walk."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

import pytest

from coding_agent_sdk.sandbox import beneath
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "ws"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(root):
    return LocalWorkspace(root)


@pytest.fixture(params=["openat2", "walk"])
def opening(request, monkeypatch):
    if request.param == "walk":
        monkeypatch.setattr(beneath, "has_openat2", lambda: False)
    elif not beneath.has_openat2():
        pytest.skip("this kernel has no openat2")
    return request.param


@contextmanager
def ordinary_user():
    """Without root's rights, which know no permissions."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def as_ordinary_user():
    return ordinary_user


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
