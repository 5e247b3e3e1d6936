"""The file tools against a model file system: whatever is done in whatever order, they agree."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from coding_agent_sdk.errors import FileChangedError, WorkspaceError
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.sandbox import file_text
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.apply_patch import APPLY_PATCH
from coding_agent_sdk.tools.edit_file import EDIT_FILE
from coding_agent_sdk.tools.list_files import LIST_FILES
from coding_agent_sdk.tools.read_file import READ_FILE
from coding_agent_sdk.tools.write_file import WRITE_FILE

NAMES = ("a", "d/b", "d/e/c", "caf\xe9", "with space")
names = st.sampled_from(NAMES)
words = st.sampled_from(["one", "two", "one two", "", "\xe4\xf6", "x" * 30, "\ttab", "end "])
texts = st.lists(words, max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""])])
)
forms = st.sampled_from(
    [
        ("utf-8", "\n", b""), ("utf-8", "\r\n", b""), ("utf-8", "\r\n", b"\xef\xbb\xbf"),
        ("utf-8", "\n", b"\xef\xbb\xbf"), ("latin-1", "\n", b""), ("latin-1", "\r\n", b""),
    ]
)  # fmt: skip


class Host:
    """As much of a run as file tools ask for."""

    run_id = "r"

    def __init__(self, workspace):
        self.workspace = workspace

    def redact(self, sink, text):
        return text


class FileTools(RuleBasedStateMachine):
    """*files* is what should be there, byte for byte."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name, "ws")
        self.root.mkdir()
        self.workspace = LocalWorkspace(self.root)
        self.context = RunContext(Host(self.workspace), "tool:any", call_id="c")
        self.files: dict[str, bytes] = {}
        self.loop = asyncio.new_event_loop()

    def teardown(self):
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def call(self, tool, **arguments):
        made = tool.arguments.model_validate(arguments)
        return self.loop.run_until_complete(tool.run(self.context, made))

    def text_of(self, name):
        """A file as the tools should see it."""
        return file_text.decode(name, self.files[name])

    # -- the user ------------------------------------------------------------------------------

    @rule(name=names, text=texts, form=forms)
    def the_user_writes(self, name, text, form):
        encoding, newline, mark = form
        data = mark + text.replace("\n", newline).encode(encoding)
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.files[name] = data

    @rule(name=names)
    def the_user_deletes(self, name):
        (self.root / name).unlink(missing_ok=True)
        self.files.pop(name, None)

    # -- the tools -----------------------------------------------------------------------------

    @rule(name=names, text=texts)
    def write(self, name, text):
        result = self.call(WRITE_FILE, path=name, content=text)
        assert result.status == "ok", result.text
        if name not in self.files:
            self.files[name] = text.encode()
            return
        old = self.text_of(name)
        if old.text != text:
            self.files[name] = file_text.encode(text, like=old)

    @rule(name=names, old=words.filter(bool), new=words)
    def edit(self, name, old, new):
        result = self.call(EDIT_FILE, path=name, old=old, new=new)
        if name not in self.files:
            assert result.status == "error"
            assert "there is no file" in result.text
            return
        file = self.text_of(name)
        places = [n for n in range(len(file.text)) if file.text.startswith(old, n)]
        if len(places) == 1 and old != new:
            try:
                text = file.text.replace(old, new, 1)
                self.files[name] = file_text.encode(text, like=file)
            except WorkspaceError:  # a character that the encoding does not have
                assert result.status == "error"
            else:
                assert result.status == "ok", result.text
        elif result.status == "ok":
            assert "white space" in result.text
            self.files[name] = (self.root / name).read_bytes()

    @rule(name=names, text=texts.filter(bool))
    def add_by_patch(self, name, text):
        lines = "\n".join(f"+{line}" for line in text.split("\n"))
        patch = f"*** Begin Patch\n*** Add File: {name}\n{lines}\n*** End Patch"
        result = self.call(APPLY_PATCH, patch=patch)
        if name in self.files:
            assert result.status == "error"
            assert "is there already" in result.text
        else:
            assert result.status == "ok", result.text
            self.files[name] = (text + "\n").encode()

    @rule(name=names, other=names)
    def delete_and_add_by_one_patch(self, name, other):
        if name == other:
            return
        patch = (
            f"*** Begin Patch\n*** Delete File: {name}\n*** Add File: {other}\n+n\n*** End Patch"
        )
        result = self.call(APPLY_PATCH, patch=patch)
        if name in self.files and other not in self.files:
            assert result.status == "ok", result.text
            del self.files[name]
            self.files[other] = b"n\n"
        else:
            assert result.status == "error"
            assert "nothing was changed" in result.text

    @rule(name=names)
    def read(self, name):
        result = self.call(READ_FILE, path=name)
        assert (result.status == "ok") == (name in self.files)
        if name in self.files:
            assert result.text.endswith(self.text_of(name).text) or not self.files[name]

    @rule(name=names, mine=words)
    def a_write_after_the_user_s_is_refused(self, name, mine):
        if name not in self.files:
            return
        seen = self.loop.run_until_complete(self.workspace.read_text(name))
        data = self.files[name] + b"mine"
        (self.root / name).write_bytes(data)
        self.files[name] = data
        with pytest.raises(FileChangedError, match="has changed since it was read"):
            self.loop.run_until_complete(self.workspace.write_text(name, mine, like=seen))

    # -- what always holds ---------------------------------------------------------------------

    @invariant()
    def what_is_there_is_what_should_be(self):
        found = {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }
        assert found == self.files
        listed = self.loop.run_until_complete(self.workspace.list_files())
        assert listed == sorted(self.files)

    @rule()
    def list(self):
        result = self.call(LIST_FILES)
        assert result.status == "ok"
        assert all(name in result.text for name in self.files)


TestFileTools = FileTools.TestCase
TestFileTools.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
