"""The exporter `file`: one file for each run, for its owner alone, and the newest are kept."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from coding_agent_sdk import ConfigError, tool
from coding_agent_sdk.middleware.tracing.file import FileExporter, file_url
from coding_agent_sdk.middleware.tracing.kept import find_trace, forget_user, list_traces
from coding_agent_sdk.types.spans import Span

from .conftest import call, turn


def span(run_id, *, root=None, text="", user=""):
    return Span(
        trace_id="1" * 32, span_id="2" * 16, parent_id=None, name="invoke_agent coding-agent",
        kind="agent", start_ns=1, end_ns=2, run_id=run_id, root_run_id=root or run_id,
        attributes={"text": text, "user.id": user},
    )  # fmt: skip


def exporter(folder, *, keep=100, keep_mb=50.0):
    made = FileExporter(url=file_url(Path(folder), keep=keep, keep_mb=keep_mb))
    made.open({})
    return made


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


async def test_a_run_is_kept_in_the_data_folder_for_its_owner_alone(make_agent):
    @tool(effect="read")
    async def look(name: str) -> str:
        """Look at something."""
        return f"saw {name}"

    steps = turn(call("look", "c1", name="ä🙂")), "done"
    async with make_agent(*steps, tools=[look], exporters=["file"]).build() as agent:
        result = await agent.run("go")
    folder = Path(os.environ["CODING_AGENT_HOME"]) / "traces"
    assert mode_of(folder) == 0o700
    (file,) = folder.iterdir()
    assert file.name == f"{result.run_id}.jsonl"
    assert mode_of(file) == 0o600
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["kind"] for line in lines] == ["model", "tool", "model", "agent"]
    assert {line["schema_version"] for line in lines} == {2}
    assert lines[1]["attributes"]["gen_ai.tool.call.result"] == "saw ä🙂"


async def test_tracing_is_on_where_nothing_is_said_of_it(workspace):
    from coding_agent_sdk import Agent
    from coding_agent_sdk.testing import ScriptedModel

    builder = Agent.builder().config(None, project=False).workspace(workspace)
    async with builder.model(ScriptedModel(["done"])).memory("memory://").build() as agent:
        result = await agent.run("go")
    folder = Path(os.environ["CODING_AGENT_HOME"]) / "traces"
    assert [file.name for file in folder.iterdir()] == [f"{result.run_id}.jsonl"]


async def test_the_folder_can_be_chosen(make_agent, tmp_path):
    folder = tmp_path / "traces of mine?#%"
    async with make_agent("a", exporters=["file"], folder=folder).build() as agent:
        await agent.run("go")
    assert len(list(folder.iterdir())) == 1


def test_sub_runs_stand_in_the_file_of_the_callers_run(tmp_path):
    made = exporter(tmp_path)
    made.export([span("child", root="run"), span("run"), span("other")], seconds=1)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [line["root_run_id"] for line in lines] == ["run", "run", "other"]


def test_runs_share_files_and_a_file_says_how_many_it_holds(tmp_path):
    made = exporter(tmp_path, keep=30)
    for number in range(8):
        made.export([span(f"run{number}")], seconds=1)
    made.close()
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["run0+2.jsonl", "run3+2.jsonl", "run6+1.jsonl"]


def test_a_run_that_goes_on_in_another_file_is_put_together(tmp_path):
    made = exporter(tmp_path, keep=20)
    for number, run_id in enumerate("abca"):
        made.export([span(run_id)], seconds=1)
        os.utime(tmp_path / f"{'aacc'[number]}.jsonl", (number, number))
    made.close()
    assert len(list(tmp_path.iterdir())) == 2
    assert [line["run_id"] for line in find_trace(tmp_path, None).spans] == ["a", "b", "c", "a"]
    assert [trace["run_id"] for trace in list_traces(tmp_path, limit=9)] == ["a", "c", "b"]


def test_what_is_forgotten_is_gone_while_another_process_writes_on(tmp_path):
    made = exporter(tmp_path)
    made.export([span("a", user="ada"), span("b"), span("c", user="ada")], seconds=1)
    assert forget_user(tmp_path, "ada") == 2
    made.export([span("d")], seconds=1)
    assert sorted(trace["run_id"] for trace in list_traces(tmp_path, limit=9)) == ["b", "d"]
    assert forget_user(tmp_path, "") == 2
    assert list(tmp_path.iterdir()) == []
    made.export([span("e")], seconds=1)
    made.close()
    assert [trace["run_id"] for trace in list_traces(tmp_path, limit=9)] == ["e"]
    assert b"ada" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_the_newest_traces_are_kept(tmp_path):
    made = exporter(tmp_path, keep=3)
    for number in range(6):
        made.export([span(f"run{number}")], seconds=1)
        os.utime(tmp_path / f"run{number}.jsonl", (number, number))
    made.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "run3.jsonl",
        "run4.jsonl",
        "run5.jsonl",
    ]


def test_many_new_traces_are_pruned_before_the_end(tmp_path):
    made = exporter(tmp_path, keep=2)
    for number in range(50):
        made.export([span(f"run{number}")], seconds=1)
    assert len(list(tmp_path.iterdir())) < 2 + 21


def test_traces_take_no_more_room_than_they_may_and_the_newest_stays(tmp_path):
    made = exporter(tmp_path, keep_mb=0.001)
    for number in range(5):
        made.export([span(f"run{number}", text="x" * 600)], seconds=1)
        os.utime(tmp_path / f"run{number}.jsonl", (number, number))
    made.close()
    assert [file.name for file in tmp_path.iterdir()] == ["run4.jsonl"]
    made.export([span("large", text="x" * 5000)], seconds=1)
    made.close()
    assert [file.name for file in tmp_path.iterdir()] == ["large.jsonl"]


def test_files_of_others_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    made = exporter(tmp_path, keep=1)
    made.export([span("a"), span("b")], seconds=1)
    made.close()
    assert (tmp_path / "notes.txt").exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine\n")
    folder = tmp_path / "traces"
    made = exporter(folder)
    (folder / "run.jsonl").symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"run\.jsonl"):
        made.export([span("run")], seconds=1)
    assert elsewhere.read_text() == "mine\n"


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path):
    folder = tmp_path / "data" / "traces"
    made = exporter(folder)
    made.export([span("a")], seconds=1)
    shutil.rmtree(tmp_path / "data")
    made.export([span("a"), span("b")], seconds=1)
    assert mode_of(folder) == 0o700
    assert [trace["run_id"] for trace in list_traces(folder, limit=9)] == ["b", "a"]
    shutil.rmtree(folder)
    made.close()
    made.export([span("c")], seconds=1)
    assert [trace["run_id"] for trace in list_traces(folder, limit=9)] == ["c"]


def test_half_characters_are_written_so_that_they_can_be_read(tmp_path):
    made = exporter(tmp_path)
    made.export([span("run", text="half \ud800 of one")], seconds=1)
    line = json.loads((tmp_path / "run.jsonl").read_text(encoding="utf-8"))
    assert line["attributes"]["text"] == "half ? of one"


@pytest.mark.parametrize(
    "url", ["file:", "file://host/x", "file:///x?keep=many", "file:///x?kepe=1"]
)
def test_a_url_that_names_no_folder_is_refused(url):
    with pytest.raises(ConfigError, match="exporter 'file:"):
        FileExporter(url=url)


async def test_a_folder_that_cannot_be_written_is_said_and_the_run_is_as_without_it(
    make_agent, tmp_path, caplog
):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "traces"
    async with make_agent("a", exporters=["file"], folder=folder).build() as agent:
        assert (await agent.run("go")).text == "a"
    assert "exporter 'file' lost 2 spans: NotADirectoryError" in caplog.text


async def test_the_traces_of_a_user_are_exported_and_forgotten_and_no_others(make_agent):
    folder = Path(os.environ["CODING_AGENT_HOME"]) / "traces"
    builder = make_agent("a", exporters=["file"])
    async with builder.build() as agent:
        ada = await agent.run("go", user="ada")
        bob = await agent.run("go", user="bob")
        nobody = await agent.run("go")
    async with builder.build() as agent:
        exported = (await agent.manage_user_data("ada", "export"))["tracing"]["traces"]
        assert [len(spans) for spans in exported.values()] == [2]
        assert list(exported) == [ada.run_id]
        assert (await agent.manage_user_data("ada", "prune"))["tracing"] == {}
        assert (await agent.manage_user_data("ada", "forget"))["tracing"] == {"traces": 1}
        assert (await agent.manage_user_data("ada", "forget"))["tracing"] == {"traces": 0}
        left = {trace["run_id"] for trace in list_traces(folder, limit=9)}
        assert left == {bob.run_id, nobody.run_id}
        assert (await agent.manage_user_data("", "forget"))["tracing"] == {"traces": 1}
    assert [trace["run_id"] for trace in list_traces(folder, limit=9)] == [bob.run_id]


async def test_a_run_that_has_just_ended_is_exported_and_forgotten_too(make_agent):
    folder = Path(os.environ["CODING_AGENT_HOME"]) / "traces"
    async with make_agent("a", exporters=["file"], interval=30).build() as agent:
        run_id = (await agent.run("go", user="ada")).run_id
        exported = (await agent.manage_user_data("ada", "export"))["tracing"]["traces"]
        assert list(exported) == [run_id]
        second = (await agent.run("go", user="ada")).run_id
        assert second != run_id
        assert (await agent.manage_user_data("ada", "forget"))["tracing"] == {"traces": 2}
    assert list_traces(folder, limit=9) == []


async def test_an_exporter_that_cannot_keep_spans_in_time_is_told_where_they_are_forgotten(
    make_agent, monkeypatch
):
    go_on = threading.Event()
    export = FileExporter.export

    def slow(self, spans, *, seconds):
        go_on.wait()
        export(self, spans, seconds=seconds)

    monkeypatch.setattr(FileExporter, "export", slow)
    async with make_agent("a", exporters=["file"], exit_seconds=0.2).build() as agent:
        await agent.run("go", user="ada")
        answer = (await agent.manage_user_data("ada", "forget"))["tracing"]
        assert "has not kept all spans yet; try again" in answer["error"]
        go_on.set()
        answer = (await agent.manage_user_data("ada", "forget"))["tracing"]
        assert answer == {"traces": 1}
