"""Made-up repositories, and what analyze_code says of them."""

from types import SimpleNamespace

import pytest

from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE, AnalyzeCode


@pytest.fixture
def repo(tmp_path, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "repo"
    folder.mkdir()
    return folder


def put(repo, **files):
    for name, text in files.items():
        write(repo, name.replace("__", "/") + ".py", text)


def write(repo, name, content):
    path = repo / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


async def analyze(repo, path="."):
    context = SimpleNamespace(workspace=LocalWorkspace(repo))
    return await ANALYZE_CODE.run(context, AnalyzeCode(path=path))


def issue_lines(result):
    known = {"by", "checked", "skipped", "left", "silenced", "…"}
    return [line for line in result.text.splitlines()[1:] if line.split()[0] not in known]


def codes(result):
    return [line.split()[1] for line in issue_lines(result)]
