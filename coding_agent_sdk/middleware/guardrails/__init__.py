"""middleware/guardrails."""
