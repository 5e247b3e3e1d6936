"""Long results of tools: a file, both ends, and reading on from it."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path

import pytest

from coding_agent_sdk import Agent, hookimpl, tool
from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.context.ends import both_ends
from coding_agent_sdk.middleware.context.outputs import OutputFiles
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
from coding_agent_sdk.text.long_lines import MOST, lines_of
from coding_agent_sdk.types.compaction import OUTPUT

from .conftest import OTHERS

LINES = "\n".join(f"line {number} of the report" for number in range(1, 3_001))


@tool(effect="read")
async def report(kind: str) -> str:
    """Give a long text."""
    return LINES if kind == "lines" else "z" * 60_000 + "END"


def call(name, call_id="1", **arguments):
    return ScriptedTurn(tool_calls=[{"id": call_id, "name": name, "args": arguments}])


@pytest.fixture
def build(workspace):
    def build_agent(steps, *plugins, **section):
        return (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(ScriptedModel(steps))
            .workspace(workspace)
            .memory("memory://")
            .tools(report)
            .plugin("context", **section)
            .without(*OTHERS)
            .use(*plugins)
            .build()
        )

    return build_agent


def folder():
    return Path(os.environ["CODING_AGENT_HOME"]) / "outputs"


def files():
    return sorted(folder().rglob("*.txt"))


def id_in(text):
    return OUTPUT.search(text)[0]


async def test_a_long_result_goes_to_a_file_and_its_ends_are_shown(build):
    async with build([call("report", kind="lines"), "done"]) as agent:
        result = await agent.run("go", session="s", user="ada")
    text = result.tool_calls[0].text
    assert len(text) < 51_000
    assert text.startswith("line 1 of")
    assert text.endswith("line 3000 of the report")
    assert f'read_file(path="{id_in(text)}", start_line=' in text
    (path,) = files()
    assert path.read_text() == LINES
    assert f"output:{path.stem}" == id_in(text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for each in (path.parent, path.parent.parent, folder()):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["lines", "one line"])
async def test_reading_on_gives_every_character_of_it(build, kind):
    pages = []

    def steps(messages):
        text = messages[-1].text
        if messages[-1].type != "tool":
            return call("report", kind=kind)
        output = next(id_in(m.text) for m in messages if m.type == "tool")
        header, _, page = text.partition("]\n")
        if not header.startswith("[lines"):
            return call("read_file", "r0", path=output)
        pages.append(page)
        if "start_line=" not in header:
            return "done"
        begin = int(header.rpartition("=")[2])
        return call("read_file", f"r{len(pages)}", path=output, start_line=begin)

    async with build(steps) as agent:
        result = await agent.run("go", session="s", user="ada")
    assert result.status == "completed"
    assert "".join(pages) == (LINES if kind == "lines" else "z" * 60_000 + "END")
    assert len(pages) > 2
    assert len(files()) == 1  # a page is not kept again


async def test_an_output_belongs_to_its_session_and_its_user(build):
    def steps(messages):
        text = messages[-1].text
        if text == "make":
            return call("report", kind="lines")
        return call("read_file", path=text) if messages[-1].type == "human" else "done"

    async with build(steps) as agent:
        made = await agent.run("make", session="s", user="ada")
        output = id_in(made.tool_calls[0].text)
        for session, user in [("t", "ada"), ("u", "bob")]:
            result = await agent.run(output, session=session, user=user)
            assert result.tool_calls[0].status == "error"
            assert "there is no output" in result.tool_calls[0].text
            assert "run the tool again" in result.tool_calls[0].text
        result = await agent.run(output, session="s", user="ada")
        assert result.tool_calls[0].status == "ok"


@pytest.mark.parametrize("name", ["", "../../../etc/passwd", "0123456789ab/..", "0123456789AB"])
async def test_an_id_that_is_none_reads_nothing(build, name):
    async with build([call("read_file", path=f"output:{name}"), "done"]) as agent:
        result = await agent.run("go", session="s")
    assert "there is no output" in result.tool_calls[0].text


async def test_without_the_plugin_results_are_shown_and_nothing_is_kept(workspace):
    steps = [call("report", kind="lines"), call("read_file", "2", path="output:0123456789ab"), "x"]
    builder = Agent.builder().config(None, project=False).model(ScriptedModel(steps))
    builder = builder.workspace(workspace).memory("memory://").tools(report)
    async with builder.without("context", *OTHERS).build() as agent:
        result = await agent.run("go", session="s")
    assert result.tool_calls[0].text == LINES
    assert "long results of tools are not kept here" in result.tool_calls[1].text
    assert files() == []


class Masking:
    """Masks a word on its way to the model."""

    name = "masking"

    @hookimpl
    def open_redactor(self, sink):
        return self

    def feed(self, text):
        return text.replace("report", "***")

    def close(self):
        return ""

    def redact(self, text):
        return self.feed(text)


async def test_what_is_kept_is_what_the_model_may_see(build):
    async with build([call("report", kind="lines"), "done"], Masking()) as agent:
        await agent.run("go", session="s")
    (path,) = files()
    assert path.read_text() == LINES.replace("report", "***")


async def test_a_folder_that_cannot_be_written_to_costs_the_middle_not_the_run(build, caplog):
    folder().parent.mkdir(exist_ok=True)
    folder().write_text("in the way")
    async with build([call("report", kind="lines"), "done"]) as agent:
        result = await agent.run("go", session="s")
    assert result.status == "completed"
    assert "they could not be kept" in result.tool_calls[0].text
    assert "cannot be kept in" in caplog.text


async def test_data_of_a_user_is_exported_and_forgotten(build):
    async with build([call("report", kind="lines"), "done"] * 2) as agent:
        await agent.run("go", session="s", user="ada")
        await agent.run("go", session="t", user="bob")
        exported = await agent.manage_user_data("ada", "export")
        assert list(exported["context"]["outputs"].values()) == [LINES]
        assert (await agent.manage_user_data("ada", "forget"))["context"] == {"outputs": 1}
        assert len(files()) == 1
        assert (await agent.manage_user_data("ada", "export"))["context"] == {"outputs": {}}
        old = time.time() - 8 * 86_400
        os.utime(files()[0], (old, old))
        assert (await agent.manage_user_data("bob", "prune"))["context"] == {"outputs": 1}
    assert files() == []


async def test_the_oldest_go_where_there_are_too_many(tmp_path):
    store = OutputFiles(tmp_path / "outputs")
    ids = [await store.write("x" * 400_000, user="ada", session="s") for _ in range(4)]
    for age, output_id in enumerate(reversed(ids)):
        (path,) = tmp_path.rglob(f"{output_id}.txt")
        os.utime(path, (time.time() - age * 100, time.time() - age * 100))
    assert await store.remove_surplus(megabytes=1, days=7) == 2
    assert await store.read(ids[3], user="ada", session="s") == "x" * 400_000
    with pytest.raises(StoreError, match="was removed with age"):
        await store.read(ids[0], user="ada", session="s")


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\n\nb", "x" * (3 * MOST), "x" * MOST + "\n"])
def test_lines_are_the_text_again_and_none_is_too_long(text):
    lines = lines_of(text)
    assert "".join(lines) == text
    assert all(0 < len(line) <= MOST for line in lines)


@pytest.mark.parametrize("text", [LINES, "z" * 60_000, "\n" * 60_000, "é" * 9_000 + "\n" * 9_000])
def test_both_ends_and_what_is_left_out_between_them_are_the_text(text):
    shown = both_ends(text, 8_000, how="read from {first}")
    assert len(shown) < 8_200
    head, _, rest = shown.partition("\n[lines ")
    notice, _, tail = rest.partition("]\n")
    lines = lines_of(text)
    begin, end = (int(part) for part in notice.split(" of ")[0].replace("to", " ").split())
    assert text.startswith(head)
    assert text.endswith(tail)
    assert "".join(lines[: begin - 1]).removesuffix("\n") == head
    assert "".join(lines[end:]) == tail
    assert notice.endswith(f"read from {begin}")


def replaced_by_a_link(path):
    path.unlink()
    path.symlink_to("/etc/hostname")


def replaced_by_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("replace", [replaced_by_a_link, replaced_by_a_pipe])
async def test_what_somebody_has_put_in_the_place_of_a_file_is_not_read(tmp_path, replace):
    kept = OutputFiles(tmp_path)
    output_id = await kept.write("text", user="ada", session="s")
    replace(next(tmp_path.rglob("*.txt")))
    async with asyncio.timeout(60):
        with pytest.raises(StoreError, match=r"cannot be read: .*; run the tool again"):
            await kept.read(output_id, user="ada", session="s")


async def test_a_file_that_is_no_text_any_more_is_read_as_far_as_it_is(tmp_path):
    kept = OutputFiles(tmp_path)
    output_id = await kept.write("text", user="ada", session="s")
    next(tmp_path.rglob("*.txt")).write_bytes(b"te\xff\xfet")
    assert await kept.read(output_id, user="ada", session="s") == "te\ufffd\ufffdt"
