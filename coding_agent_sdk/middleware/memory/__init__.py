"""Memory: the stores that keep the log of a session, and the plugin that folds it into history."""
