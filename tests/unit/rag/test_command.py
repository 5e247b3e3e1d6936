"""`coding-agent index`, and a run that uses what it has indexed, as a user sees them."""

import json
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("milvus_lite", reason="needs the extra milvus")

from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge


@pytest.fixture
def cli(tmp_path, repo):
    """Run the command line in *repo*, with a home of its own."""

    def run(*words, **variables):
        environment = {name: v for name, v in os.environ.items() if not name.endswith("_API_KEY")}
        environment |= {"CODING_AGENT_HOME": str(tmp_path / "home"), "NO_COLOR": "1", **variables}
        return subprocess.run(
            [sys.executable, "-m", "coding_agent_sdk", *words],
            cwd=repo, env=environment, capture_output=True, text=True, timeout=110,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


def test_documents_are_indexed_once_and_runs_cite_them(cli, repo, tmp_path):
    (repo / "src").mkdir()
    (repo / "src" / "refunds.py").write_text("def refund_customer():\n    return 250\n")
    (repo / "bin.md").write_bytes(b"\0\0")
    first = cli("index", "src")
    assert first.returncode == 0, first.stderr
    assert re.match(
        r"indexed 5 files \(\d+ passages\), 0 unchanged, 0 removed; the store is \S+\.db\n",
        first.stdout,
    )
    assert "left out bin.md: 'bin.md' is a binary file" in first.stderr
    second = cli("index")
    assert second.stdout.startswith("indexed 0 files (0 passages), 6 unchanged, 0 removed")

    answer = cli("run", "How often are calls of the billing service retried?")
    assert answer.returncode == 0, answer.stderr
    assert "[1] guide.md:1-9 (Guide > Retries, Colours)" in answer.stdout
    assert "> Calls of the billing service are retried 7 times." in answer.stdout
    assert re.search(r"found \d passages?: guide\.md:1-9", answer.stderr)

    events = [
        json.loads(line) for line in cli("run", "refund_customer", "--json").stdout.splitlines()
    ]
    assert events[-1]["citations"] == ["src/refunds.py:1-2"]
    names = sorted(path.name for path in (tmp_path / "home" / "knowledge").iterdir())
    assert [re.sub(r"[0-9a-f]{16}", "H", name) for name in names] == [
        "H-H.manifest", "H-H.snapshot", "H.db",
    ]  # fmt: skip


def test_the_main_job_names_the_passages_that_it_used(cli, repo):
    (repo / "app.py").write_text("import os\n\n\ndef add(a, b=[]):\n    return b\n")
    done = cli("run", "Analyze the code", "--workspace", ".")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Analysis complete: 2 issues found")
    used = "coding_agent_sdk/data/documents/python_best_practices.md:1-24"
    assert used in done.stderr
    assert f"See also: {used} (B006, F401)" in done.stdout


def test_a_rebuild_forgets_what_was_named(cli, repo):
    (repo / "app.py").write_text("x = 1\n")
    assert "indexed 5 files" in cli("index", "app.py").stdout
    assert "indexed 4 files" in cli("index", "--rebuild").stdout
    missing = cli("index", "no-such-folder", "--rebuild")
    assert missing.returncode == 2
    assert "no-such-folder" in missing.stderr
    assert cli("index").stdout.startswith("indexed 0 files")


def test_a_rebuild_replaces_a_damaged_store_and_nothing_else_does(cli, repo, tmp_path):
    assert cli("index").returncode == 0
    (store,) = (tmp_path / "home" / "knowledge").glob("*.db")
    for path in store.rglob("*.json*"):
        path.write_bytes(b"no JSON")
    refused = cli("index")
    assert refused.returncode == 1
    assert "it is damaged" in refused.stderr
    assert "coding-agent index --rebuild" in refused.stderr
    again = cli("index", "--rebuild")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("indexed 4 files")
    assert cli("index").stdout.startswith("indexed 0 files")


def test_a_path_of_the_settings_that_is_missing_is_said_and_the_rest_is_indexed(cli, repo):
    (repo / "app.py").write_text("x = 1\n")
    paths = json.dumps(["no-such-folder", "app.py"])
    done = cli("index", CODING_AGENT_PLUGINS__RAG__PATHS=paths)
    assert done.returncode == 1
    assert done.stdout.startswith("indexed 5 files")
    assert "names 'no-such-folder', which is not there" in done.stderr


def test_a_store_of_ones_own_is_named_without_its_password(cli, repo):
    assert "the store is " + str(repo / "kb.db") in cli("index", "--store", "./kb.db").stdout
    assert (repo / "kb.db").is_dir()
    refused = cli("index", "--store", "http://root:open-sesame@127.0.0.1:1?timeout=1")
    assert refused.returncode == 1
    assert "could not open the knowledge store http://127.0.0.1:1" in refused.stderr
    assert "open-sesame" not in refused.stderr + refused.stdout


async def test_while_another_process_holds_the_store_a_run_goes_on_and_says_so(cli, repo):
    store = str(repo / "kb.db")
    async with MilvusKnowledge(f"milvus-lite://{store}"):
        done = cli("run", "How is alpha found?", CODING_AGENT_PLUGINS__RAG__STORE=store)
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if "in use by another process" in line]
    assert len(said) == 1
    assert "run a Milvus server" in said[0]


def test_without_the_driver_one_line_names_the_extra(cli, repo, tmp_path):
    blocked = tmp_path / "blocked"
    (blocked / "pymilvus").mkdir(parents=True)
    (blocked / "pymilvus" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'pymilvus'\", name='pymilvus')\n"
    )
    done = cli("run", "How is alpha found?", PYTHONPATH=str(blocked))
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if "pip install" in line]
    extra = 'run pip install "coding-agent-sdk[milvus]"'
    what = "rag: knowledge needs the package 'pymilvus', which is not installed"
    assert said == [f"  {what}; {extra}"]


def test_the_help_of_the_program_loads_no_driver():
    code = (
        "import sys\n"
        "from coding_agent_sdk.cli.plugin_commands import plugin_commands\n"
        "assert 'index' in plugin_commands()\n"
        "from coding_agent_sdk import Agent\n"
        "Agent.builder().build()\n"
        "print([m for m in ('pymilvus', 'milvus_lite', 'numpy', 'Stemmer') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_an_agent_that_is_built_loads_no_command_line():
    code = (
        "import sys\nfrom coding_agent_sdk import Agent\n"
        "Agent.builder().without('tracing').build()\n"
        "print([m for m in ('typer',) if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_a_file_that_is_named_and_left_out_is_a_failure(cli, repo):
    (repo / "huge.md").write_text("word " * 300_000)
    ended = cli("index", "huge.md", "--store", "memory://")
    assert "`plugins.rag.max_file_bytes` sets how much" in ended.stderr
    assert ended.returncode == 1
    assert cli("index", "huge.md", "guide.md", "--store", "memory://").returncode == 0
