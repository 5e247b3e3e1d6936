"""The tools that the agent brings, and what makes tools of functions."""
