"""Tracing: spans made of a run's redacted events, sent or kept by exporters off the hot path."""
