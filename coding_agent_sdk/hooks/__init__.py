"""The public hook API: what a plugin may implement, and what runs it."""
