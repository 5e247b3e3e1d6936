"""The values that go through the SDK: requests, results, tool calls, decisions, entries."""
