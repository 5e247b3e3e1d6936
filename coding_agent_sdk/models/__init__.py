"""Chat models of the providers, and the one that needs none; the only folder that knows them.

Each provider has a module with a `create`, whose package is imported when it is called.
"""
