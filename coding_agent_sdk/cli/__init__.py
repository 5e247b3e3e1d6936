"""The command line `coding-agent`: runs, sessions, settings and what the agent is made of."""
