"""Agents in processes of their own, whose runs share a budget."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

RUNS = """
import asyncio, dataclasses, json, sys
from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

store, number, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
usage = {"input_tokens": 450, "output_tokens": 100, "total_tokens": 550}
answer = ScriptedTurn(text="hello", usage=usage, delay=0.01)
budget = {"user_tokens_per_day": 20_000, "answer_tokens": 100, "store": store}

class Toolless:
    name = "toolless"

    @hookimpl
    def prepare_model_request(self, request):
        return dataclasses.replace(request, tools=())

async def main():
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    builder = builder.model(ScriptedModel(lambda messages: answer)).workspace(folder).memory(None)
    builder = builder.without("guardrails", "monitoring", "tracing", "rag").use(Toolless())
    async with builder.plugin("budget", **budget).build() as agent:
        print("ready", flush=True)
        sys.stdin.readline()
        runs = [agent.run("go " * 500, user="ada") for _ in range(number)]
        results = await asyncio.gather(*runs)
    print(json.dumps([result.status for result in results]))

asyncio.run(main())
"""


def run_processes(store, folder, *, processes=2, runs=50):
    """Run agents in processes of their own, all at once, and return the statuses of their runs."""
    command = [sys.executable, "-c", RUNS, store, str(runs), str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(processes)
        ]
        stack.callback(lambda: [process.kill() for process in started])
        assert [process.stdout.readline() for process in started] == ["ready\n"] * processes
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [process.communicate(timeout=100)[0] for process in started]
    return [status for out in ended for status in json.loads(out)]
