"""Where notebooks are not: in scripts, in terminals; and what importing the module costs."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from coding_agent_sdk import Agent, ConfigError, notebook
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.types.requests import Result


@pytest.fixture
def agent(workspace):
    return Agent.builder().workspace(workspace).model(ScriptedModel(["Fine."])).build()


async def test_a_script_is_told_what_to_use_instead(agent):
    async with agent:
        with pytest.raises(ConfigError, match=r"no IPython is running.*use agent\.run"):
            await notebook.show(agent, "Look at it")
        with pytest.raises(ConfigError, match="no IPython is running"):
            await notebook.watch(agent.stream("Look at it"))


def test_a_script_is_told_so_without_a_loop_too(agent):
    with pytest.raises(ConfigError, match="no IPython is running"):
        notebook.show_sync(agent, "Look at it")
    agent.close()


def test_an_approver_of_notebooks_is_refused_where_an_agent_is_built():
    with pytest.raises(ConfigError, match="no IPython is running"):
        notebook.NotebookApprover()


def test_any_coroutine_of_an_agent_can_be_waited_for(agent):
    result = agent.wait_for(agent.run("Look at it", session="s"))
    assert isinstance(result, Result)
    assert agent.wait_for(agent.pending("s")) == ()
    agent.close()


def run(code):
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_module_imports_no_ipython_and_the_package_no_notebook():
    run("""
        import sys
        import coding_agent_sdk.agent, coding_agent_sdk.cli.app
        assert "coding_agent_sdk.notebook" not in sys.modules
        assert "markdown_it" not in sys.modules
        import coding_agent_sdk.notebook
        assert not [name for name in sys.modules if name.startswith(("IPython", "ipykernel"))]
    """)


def test_a_terminal_that_runs_ipython_is_shown_the_end_only(workspace):
    out = run(f"""
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell('''
        from coding_agent_sdk import Agent, notebook
        from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
        turn = ScriptedTurn(text="It is fine, as far as I see.", chunk_size=1, chunk_delay=0.01)
        agent = Agent.builder().workspace({str(workspace)!r}).model(ScriptedModel([turn])).build()
        result = notebook.show_sync(agent, "Look at it")
        agent.close()
        ''').raise_error()
    """)
    assert out.count("It is fine, as far as I see.") == 1
    assert out.startswith("completed · 1 step")


def test_an_agent_shows_what_it_is_made_of(agent):
    explanation = agent.explain()
    bundle = explanation._repr_mimebundle_()
    assert bundle["text/plain"] == str(explanation)
    assert "check_tool_call" in bundle["text/html"]
    assert list(explanation._repr_mimebundle_(include=["text/html"])) == ["text/html"]
    agent.close()
