"""The built-in plugins: each folder a plugin like any other, and none imports another."""
