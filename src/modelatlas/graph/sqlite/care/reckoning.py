"""The beliefs reckoned anew from the log of claims, line by line, and what of the file is otherwise."""

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.care.reckoning import Layout, line_findings
from modelatlas.graph.facts import Claim, Fact
from modelatlas.graph.graphiti_rows import EDGE_COLUMNS, edge_row, ends, line_key
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.remedies import REMEDIES

# The index has the lines in order; sorting a long log would need as much room again.
_CLAIMS = (
    "SELECT id, uuid, tenant, line, subject, body, recorded_at, ingested_at"
    " FROM claim INDEXED BY claim_line ORDER BY line, recorded_at"
)
_BELIEFS = (
    f"SELECT e.id, {', '.join(f'e.{name}' for name in EDGE_COLUMNS.split(', '))}, w.words,"
    " s.group_id AS source_group, s.name AS source_name, t.group_id AS target_group, t.name AS target_name"
    " FROM edge e INDEXED BY edge_line LEFT JOIN entity s ON s.uuid = e.source_node_uuid"
    " LEFT JOIN entity t ON t.uuid = e.target_node_uuid LEFT JOIN edge_words w ON w.rowid = e.id"
    " WHERE e.line IS NOT NULL ORDER BY e.line"
)
_COLUMNS = EDGE_COLUMNS.split(", ")
_OFTEN = 256  # lines between two reports

Row = sqlite3.Row


def reckon(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """Claims that are not what they were, and beliefs that are not what follows from the claims."""

    @lru_cache(maxsize=65536)
    def has_episode(tenant: str, uuid: str) -> bool:
        query = "SELECT 1 FROM episode WHERE uuid = ? AND group_id = ?"
        return connection.execute(query, (uuid, tenant)).fetchone() is not None

    total = connection.execute("SELECT count(*) FROM claim").fetchone()[0]
    done = 0
    for number, (told, held) in enumerate(_lines(connection)):
        if number % _OFTEN == 0:
            errand.reached("claims", done, total)
        done += len(told)
        yield from line_findings(_LAYOUT, told, held, has_episode)
    errand.reached("claims", total, total)


def erased_claims(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Claims that are on record although they were erased."""
    for uuid, tenant in connection.execute("SELECT uuid, tenant FROM claim JOIN forgotten USING (tenant, uuid)"):
        what = f"The claim {uuid} of {tenant!r} is on record although it was erased"
        yield Finding(kind="claim", where=uuid, what=what, remedy="forget it again")


def _lines(connection: sqlite3.Connection) -> Iterator[tuple[list[Row], list[Row]]]:
    """The claims and the beliefs of each line, one line at a time."""
    claims = _groups(connection.execute(_CLAIMS))
    edges = _groups(connection.execute(_BELIEFS))
    told, held = next(claims, None), next(edges, None)
    while told is not None or held is not None:
        if held is None or (told is not None and told[0] < held[0]):
            assert told is not None
            yield told[1], []
            told = next(claims, None)
        elif told is None or held[0] < told[0]:
            yield [], held[1]
            held = next(edges, None)
        else:
            yield told[1], held[1]
            told, held = next(claims, None), next(edges, None)


def _groups(rows: Iterator[Row]) -> Iterator[tuple[bytes, list[Row]]]:
    return ((line, list(group)) for line, group in groupby(rows, key=lambda row: row["line"]))


def _claim(tenant: str, claim: Claim, recorded: int) -> dict[str, object]:
    uuid, line = claim.id.hex, line_key(tenant, claim)
    return {"uuid": uuid, "line": line, "subject": claim.subject, "recorded_at": recorded}


def _belief(tenant: str, fact: Fact) -> dict[str, object]:
    return dict(zip(_COLUMNS, edge_row(tenant, fact, *ends(tenant, fact)), strict=True))


_LAYOUT = Layout(_claim, _belief, lambda row: f"{row['uuid']} (row {row['id']})", REMEDIES)
