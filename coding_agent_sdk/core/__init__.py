"""The core: the graph, its nodes, and the way of one request; the only folder with LangGraph."""
