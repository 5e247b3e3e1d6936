"""The command `chat`: a conversation with the agent in the terminal."""
