"""What the agent costs beside a LangGraph loop written by hand, model and tools taken out."""
