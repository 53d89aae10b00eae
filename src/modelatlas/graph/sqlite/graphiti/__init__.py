"""A modelatlas file as a Graphiti graph: all that Graphiti asks of a driver, and no more of Cypher than it needs."""
