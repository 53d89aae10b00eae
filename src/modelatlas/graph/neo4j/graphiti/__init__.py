"""A Neo4j database as a Graphiti graph, with the same answers and refusals as a modelatlas file."""
