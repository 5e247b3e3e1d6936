"""Put a coding agent into your own product: safe, crash-proof and fast, on a LangGraph core.

Start with `Agent.builder()`. Names are imported when they are first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.version import __version__ as __version__

if TYPE_CHECKING:
    from coding_agent_sdk.agent import Agent as Agent
    from coding_agent_sdk.builder import AgentBuilder as AgentBuilder
    from coding_agent_sdk.core.stream import RunStream as RunStream
    from coding_agent_sdk.errors import AgentError as AgentError
    from coding_agent_sdk.errors import ConfigError as ConfigError
    from coding_agent_sdk.errors import ModelError as ModelError
    from coding_agent_sdk.errors import PluginError as PluginError
    from coding_agent_sdk.errors import RequestError as RequestError
    from coding_agent_sdk.errors import SessionBusyError as SessionBusyError
    from coding_agent_sdk.errors import StoreError as StoreError
    from coding_agent_sdk.errors import WorkspaceError as WorkspaceError
    from coding_agent_sdk.events import Event as Event
    from coding_agent_sdk.hooks.context import AgentContext as AgentContext
    from coding_agent_sdk.hooks.context import RunContext as RunContext
    from coding_agent_sdk.hooks.markers import hookimpl as hookimpl
    from coding_agent_sdk.tools.function_tool import tool as tool
    from coding_agent_sdk.types.context import Citation as Citation
    from coding_agent_sdk.types.context import ContextItem as ContextItem
    from coding_agent_sdk.types.context import History as History
    from coding_agent_sdk.types.decisions import Allow as Allow
    from coding_agent_sdk.types.decisions import ApprovalRequest as ApprovalRequest
    from coding_agent_sdk.types.decisions import Approve as Approve
    from coding_agent_sdk.types.decisions import Ask as Ask
    from coding_agent_sdk.types.decisions import Deny as Deny
    from coding_agent_sdk.types.decisions import Edit as Edit
    from coding_agent_sdk.types.decisions import Reject as Reject
    from coding_agent_sdk.types.decisions import Replace as Replace
    from coding_agent_sdk.types.model import ModelRequest as ModelRequest
    from coding_agent_sdk.types.model import ModelResponse as ModelResponse
    from coding_agent_sdk.types.requests import Request as Request
    from coding_agent_sdk.types.requests import Result as Result
    from coding_agent_sdk.types.requests import Usage as Usage
    from coding_agent_sdk.types.tools import Tool as Tool
    from coding_agent_sdk.types.tools import ToolCall as ToolCall
    from coding_agent_sdk.types.tools import ToolResult as ToolResult

_PLACES = {
    "agent": ("Agent",),
    "builder": ("AgentBuilder",),
    "core.stream": ("RunStream",),
    "errors": (
        "AgentError", "ConfigError", "ModelError", "PluginError", "RequestError",
        "SessionBusyError", "StoreError", "WorkspaceError",
    ),
    "events": ("Event",),
    "hooks.context": ("AgentContext", "RunContext"),
    "hooks.markers": ("hookimpl",),
    "tools.function_tool": ("tool",),
    "types.context": ("Citation", "ContextItem", "History"),
    "types.decisions": (
        "Allow", "ApprovalRequest", "Approve", "Ask", "Deny", "Edit", "Reject", "Replace",
    ),
    "types.model": ("ModelRequest", "ModelResponse"),
    "types.requests": ("Request", "Result", "Usage"),
    "types.tools": ("Tool", "ToolCall", "ToolResult"),
}  # fmt: skip
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "Agent",
    "AgentBuilder",
    "AgentContext",
    "AgentError",
    "Allow",
    "ApprovalRequest",
    "Approve",
    "Ask",
    "Citation",
    "ConfigError",
    "ContextItem",
    "Deny",
    "Edit",
    "Event",
    "History",
    "ModelError",
    "ModelRequest",
    "ModelResponse",
    "PluginError",
    "Reject",
    "Replace",
    "Request",
    "RequestError",
    "Result",
    "RunContext",
    "RunStream",
    "SessionBusyError",
    "StoreError",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Usage",
    "WorkspaceError",
    "__version__",
    "hookimpl",
    "tool",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
