"""A coding agent in Jupyter: runs shown while they last, and questions asked in the cell."""
