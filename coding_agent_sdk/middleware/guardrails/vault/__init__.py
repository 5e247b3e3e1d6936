"""The vault: secrets that a session has met, their placeholders, and how they are put back."""
