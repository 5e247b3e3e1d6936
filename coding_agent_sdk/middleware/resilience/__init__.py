"""Resilience: budgets, a cache of answers, retries and rate limits, each a plugin of its own."""
