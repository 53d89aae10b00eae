"""What to do about a file that is damaged."""

from modelatlas.graph.care.findings import Remedies

RESTORE = "bring a backup back with `modelatlas restore FILE`"
AGAIN = f"{RESTORE}, or `modelatlas export` the claims and ingest them into a new file"
REMEDIES = Remedies(restore=RESTORE, again=AGAIN)
