"""Knowledge: documents cut into passages, kept in a store, found again and cited by file and line."""
