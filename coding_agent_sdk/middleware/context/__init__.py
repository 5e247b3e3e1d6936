"""The plugin `context`: requests fit into the model's window, long results of tools into files."""
