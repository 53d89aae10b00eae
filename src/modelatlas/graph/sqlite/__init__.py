"""A store of the graph in one SQLite file."""
