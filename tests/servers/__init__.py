"""Real servers that the tests start on loopback and stop again: two lines of Neo4j, and PostgreSQL."""
