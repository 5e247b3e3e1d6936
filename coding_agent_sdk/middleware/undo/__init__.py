"""The plugin `undo`: what runs changed in files can be shown and taken back."""
