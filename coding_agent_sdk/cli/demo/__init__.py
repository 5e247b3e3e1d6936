"""The tour: what the agent can do, shown on a small repository of its own."""
