"""Knowledge: documents cut into passages, kept in a store, found and cited by their lines."""
