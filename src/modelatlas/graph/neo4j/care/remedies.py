"""What to do about a database that is damaged."""

from modelatlas.graph.care.findings import Remedies

RESTORE = "bring a dump back with `neo4j-admin database load`"
AGAIN = f"{RESTORE}, or `modelatlas export` the claims and ingest them into a new database"
REMEDIES = Remedies(restore=RESTORE, again=AGAIN)
