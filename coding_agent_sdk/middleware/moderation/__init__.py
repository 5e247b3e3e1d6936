"""Content safety: a moderator judges what is asked and what is answered. Off by default."""
