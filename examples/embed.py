"""An agent inside a program of your own: ask, watch, approve, go on.

Runs without a key: `python examples/embed.py [FOLDER]`. With the key of a provider in the
environment, the same program asks a language model.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from coding_agent_sdk import Agent, Approve, Reject, tool
from coding_agent_sdk.events import FileChanged, RunFinished, ToolCallStarted

if TYPE_CHECKING:
    from coding_agent_sdk import ApprovalRequest


COMMAND = 'python -c "print(6 * 7)"'


@tool(effect="read")
def house_rules(topic: str) -> str:
    """Look up what our team has agreed on.

    Args:
        topic: What it is about.
    """
    return {"tests": "A test's name is a sentence."}.get(topic, "Nothing is agreed on that yet.")


def ask(request: ApprovalRequest) -> Approve | Reject:
    """Decide on a call that may change something; your UI would ask a person here."""
    print(f"? {request.call.name} {dict(request.call.arguments)}: {request.reason}")
    harmless = request.call.arguments.get("command") == COMMAND
    return Approve() if harmless else Reject("not in this demonstration")


async def main(folder: str) -> None:
    """Ask twice in one session."""
    agent = (
        Agent.builder()
        .workspace(folder)
        .mode("ask")
        .approver(ask)
        .tools(house_rules)
        .budget(steps=20, seconds=300)
        .build()
    )
    async with agent:
        result = await agent.run("Analyze the code", user="ada")
        print(result.text)
        session, request = result.session, f"run `{COMMAND}`"
        async with agent.stream(request, session=session, user="ada") as events:
            async for event in events:
                match event:
                    case ToolCallStarted():
                        print(f"> {event.call.name}")
                    case FileChanged():
                        print(f"  changed {event.path}")
                    case RunFinished():
                        print(f"{event.status} in {event.steps} steps: {event.text}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "."))
