"""The folder that the agent works in, and what runs commands in it."""
