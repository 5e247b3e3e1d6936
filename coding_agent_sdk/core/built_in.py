"""The built-in plugins; a module of its own, for the command line asks them for commands, too."""

from __future__ import annotations

from typing import Final

BUILT_IN: Final = (
    ("models", "coding_agent_sdk.models.plugin:ModelsPlugin"),
    ("tools", "coding_agent_sdk.tools.plugin:ToolsPlugin"),
    ("memory", "coding_agent_sdk.middleware.memory.plugin:MemoryPlugin"),
    ("context", "coding_agent_sdk.middleware.context.plugin:ContextPlugin"),
    ("undo", "coding_agent_sdk.middleware.undo.plugin:UndoPlugin"),
    ("shared_stores", "coding_agent_sdk.middleware.resilience.stores:StoresPlugin"),
    ("budget", "coding_agent_sdk.middleware.resilience.budget:BudgetPlugin"),
    ("cache", "coding_agent_sdk.middleware.resilience.cache:CachePlugin"),
    ("fallback", "coding_agent_sdk.middleware.resilience.fallback:FallbackPlugin"),
    ("retry", "coding_agent_sdk.middleware.resilience.retry:RetryPlugin"),
    ("breaker", "coding_agent_sdk.middleware.resilience.breaker:BreakerPlugin"),
    ("rate_limit", "coding_agent_sdk.middleware.resilience.rate_limit:RateLimitPlugin"),
    ("rag", "coding_agent_sdk.middleware.rag.plugin:RagPlugin"),
    ("guardrails", "coding_agent_sdk.middleware.guardrails.plugin:GuardrailsPlugin"),
    ("sandbox", "coding_agent_sdk.sandbox.plugin:SandboxPlugin"),
    ("moderation", "coding_agent_sdk.middleware.moderation.plugin:ModerationPlugin"),
    ("monitoring", "coding_agent_sdk.middleware.monitoring.plugin:MonitoringPlugin"),
    ("tracing", "coding_agent_sdk.middleware.tracing.plugin:TracingPlugin"),
)
"""Name and `"module:attribute"` of each, in their order; they are registered as any plugin is."""

WITH_COMMANDS: Final = frozenset({"guardrails", "rag", "tracing"})
"""Those of them that bring commands: help loads no others, so that it stays quick."""
