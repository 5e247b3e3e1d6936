"""The built-in plugins: each folder an ordinary plugin on the public hooks, none imports another."""
