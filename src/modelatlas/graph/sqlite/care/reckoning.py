"""The beliefs reckoned anew from the log of claims, line by line, and what of the file is otherwise."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby

from modelatlas.graph.beliefs import beliefs, entry
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.facts import Claim, Fact
from modelatlas.graph.graphiti_rows import (
    EDGE_COLUMNS,
    edge_row,
    edge_words,
    instant_of,
    line_key,
    subject_row,
    target_row,
    ticks,
)
from modelatlas.graph.reading import fact_of
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.findings import AGAIN, RESTORE, Finding

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
_EPISODES = _COLUMNS.index("episodes")
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
        read, findings = _read(told, has_episode)
        yield from findings
        if len(read) == len(told):
            yield from _follow(told, read, held)
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


def _read(told: list[Row], has_episode: Callable[[str, str], bool]) -> tuple[list[Claim], list[Finding]]:
    """The claims of a line, those that can be read, and what is wrong with them."""
    read: list[Claim] = []
    found: list[Finding] = []
    for row in told:
        where = str(row["uuid"])
        try:
            claim = Claim.model_validate_json(row["body"])
            columns = _columns(claim, row)
        except (ValueError, AtlasError, OverflowError):
            what = f"The claim {where} (row {row['id']}) cannot be read as a claim"
            found.append(Finding(kind="claim", where=where, what=what, remedy=RESTORE))
            continue
        read.append(claim)
        wrong = [name for name, value in columns.items() if row[name] != value]
        if wrong:
            what = f"The claim {where} (row {row['id']}) is not as it was recorded ({', '.join(wrong)})"
            found.append(Finding(kind="claim", where=where, what=what, remedy=AGAIN))
        episode = str(claim.source.episode(row["tenant"]))
        if not has_episode(row["tenant"], episode):
            what = f"The episode {episode}, which the claim {where} rests on, is not there"
            found.append(Finding(kind="episode", where=episode, what=what, remedy=RESTORE))
    return read, found


def _columns(claim: Claim, row: Row) -> dict[str, object]:
    """What stands beside the claim, as it follows from the claim."""
    recorded = claim.recorded(instant_of(row["ingested_at"])).latest
    return {
        "uuid": claim.id.hex,
        "line": line_key(row["tenant"], claim),
        "subject": claim.subject,
        "recorded_at": ticks(recorded),
    }


def _follow(told: list[Row], read: list[Claim], held: list[Row]) -> Iterator[Finding]:
    """The stored beliefs of a line that are not those that follow from its claims."""
    stored = {row["uuid"]: row for row in held}
    entries = [entry(claim, instant_of(row["ingested_at"])) for row, claim in zip(told, read, strict=True)]
    for belief in beliefs(entries):
        tenant = told[0]["tenant"]
        fact = fact_of(belief, tenant)
        row = stored.pop(str(fact.id), None)
        if row is None:
            what = f"The belief {fact.id} ({fact.text[:80]!r}) follows from the claims and is not stored"
            yield Finding(kind="belief", where=str(fact.id), what=what, remedy=AGAIN)
        else:
            yield from _compare(row, fact, tenant)
    for uuid in stored:
        what = f"The stored belief {uuid} does not follow from the claims"
        yield Finding(kind="belief", where=uuid, what=what, remedy=AGAIN)


def _compare(row: Row, fact: Fact, tenant: str) -> Iterator[Finding]:
    source, target = subject_row(tenant, fact, 0), target_row(tenant, fact, 0)
    expected = list(edge_row(tenant, fact, source[0], target[0]))
    stored = [row[name] for name in _COLUMNS]
    # Graphiti's clients may add episodes after the first.
    expected[_EPISODES], stored[_EPISODES] = _first(expected[_EPISODES]), _first(stored[_EPISODES])
    wrong = [name for name, one, other in zip(_COLUMNS, stored, expected, strict=True) if not _same(name, one, other)]
    if wrong:
        what = f"The belief {fact.id} ({fact.text[:80]!r}) is stored otherwise ({', '.join(wrong)})"
        yield Finding(kind="belief", where=str(fact.id), what=what, remedy=AGAIN)
    for end, node in (("source", source), ("target", target)):
        if (row[f"{end}_group"], row[f"{end}_name"]) != (node[1], node[2]):
            what = f"The {end} of the belief {fact.id}, {node[2][:80]!r}, is not there under that name"
            yield Finding(kind="entity", where=node[0], what=what, remedy=AGAIN)
    if row["words"] != edge_words(fact):
        what = f"A search does not find the belief {fact.id} ({fact.text[:80]!r}) by all its words"
        yield Finding(kind="words", where=str(fact.id), what=what, remedy=AGAIN)


def _same(name: str, stored: object, expected: object) -> bool:
    if stored == expected or name != "attributes":
        return stored == expected
    try:
        # An older program may have spaced it otherwise.
        return bool(json.loads(str(stored)) == json.loads(str(expected)))
    except ValueError:
        return False


def _first(episodes: str) -> object:
    try:
        return json.loads(episodes)[0]
    except (ValueError, LookupError, TypeError):
        return None
