"""What Graphiti asks about more than one kind at once, of a modelatlas file."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from modelatlas.graph.graphiti.json_texts import json_text
from modelatlas.graph.sqlite.graphiti.columns import count
from modelatlas.graph.sqlite.graphiti.rows import GIVEN, given
from modelatlas.graph.text import name_key

HAS_LABEL = f"EXISTS (SELECT 1 FROM json_each(r.labels) WHERE value IN {GIVEN})"


def entities_named(connection: sqlite3.Connection, names: Sequence[str], groups: Sequence[str]) -> list[sqlite3.Row]:
    """The entities of these groups with exactly these names."""
    return connection.execute(
        f"SELECT * FROM entity WHERE group_id IN {GIVEN} AND name_key IN {GIVEN} AND name IN {GIVEN} ORDER BY uuid",
        (given(groups), given(name_key(name) for name in names), given(names)),
    ).fetchall()


def entities_with(
    connection: sqlite3.Connection,
    group_id: str,
    attributes: Mapping[str, object],
    labels: Sequence[str] | None,
    limit: int,
) -> list[sqlite3.Row]:
    """The entities of a group that have all these attributes and, where labels are given, one of them."""
    tests, values = ["r.group_id = ?"], [group_id]
    for name, value in attributes.items():
        tests.append("EXISTS (SELECT 1 FROM json_each(r.attributes) a, json_each(?) g WHERE a.key = ?")
        tests[-1] += " AND a.type = g.type AND a.value IS g.value)"
        values += [json_text([value]), name]
    if labels is not None:
        tests.append(HAS_LABEL)
        values.append(given(labels))
    query = f"SELECT r.* FROM entity r WHERE {' AND '.join(tests)} ORDER BY r.uuid LIMIT ?"
    return connection.execute(query, (*values, max(limit, 0))).fetchall()


def entities_mentioned(connection: sqlite3.Connection, episodes: Sequence[str]) -> list[sqlite3.Row]:
    """The entities that episodes mention, or that edges which rest on the episodes are about."""
    chosen = given(episodes)
    return connection.execute(
        "SELECT n.* FROM entity n WHERE n.uuid IN ("
        f"SELECT target_node_uuid FROM mention WHERE source_node_uuid IN {GIVEN}"
        f" UNION SELECT e.source_node_uuid FROM edge e WHERE e.episodes ->> 0 IN {GIVEN} AND e.line IS NOT NULL"
        f" UNION SELECT e.target_node_uuid FROM edge e WHERE e.episodes ->> 0 IN {GIVEN} AND e.line IS NOT NULL"
        ") ORDER BY n.id",
        (chosen, chosen, chosen),
    ).fetchall()


def mention_counts(connection: sqlite3.Connection, entities: Sequence[str]) -> dict[str, int]:
    """How many episodes mention each entity."""
    rows = connection.execute(
        "SELECT target_node_uuid AS uuid, count(*) AS times FROM mention"
        f" WHERE target_node_uuid IN {GIVEN} GROUP BY target_node_uuid",
        (given(entities),),
    )
    return dict.fromkeys(entities, 0) | {row["uuid"]: row["times"] for row in rows}


def relations_between(connection: sqlite3.Connection, source: str, target: str) -> list[sqlite3.Row]:
    """The relations from one node to the other, in the order they were written."""
    query = "SELECT * FROM edge WHERE source_node_uuid = ? AND target_node_uuid = ? ORDER BY id"
    return connection.execute(query, (source, target)).fetchall()


def episodes_about(connection: sqlite3.Connection, entity: str) -> list[sqlite3.Row]:
    """The episodes that mention an entity, or that the edges at it rest on, in the order they were said."""
    return connection.execute(
        "SELECT * FROM episode WHERE uuid IN (SELECT source_node_uuid FROM mention WHERE target_node_uuid = ?)"
        " OR (group_id, uuid) IN (SELECT e.group_id, cited.value FROM edge e, json_each(e.episodes) cited"
        " WHERE e.line IS NOT NULL AND (e.target_node_uuid = ? OR e.source_node_uuid = ?))"
        " ORDER BY valid_at, created_at, uuid",
        (entity, entity, entity),
    ).fetchall()


def last_said(
    connection: sqlite3.Connection,
    reference_time: datetime,
    last_n: int,
    group_ids: Sequence[str] | None,
    source: str | None,
    saga: str | None,
) -> list[sqlite3.Row]:
    """The last episodes said by then, the last first; of all groups for None, of a saga by its name."""
    tests: list[str] = ["r.valid_at <= ?"]
    values: list[object] = [count(reference_time)]
    if group_ids is not None:
        tests.append(f"r.group_id IN {GIVEN}")
        values.append(given(group_ids))
    if source is not None:
        tests.append("r.source = ?")
        values.append(source)
    if saga is not None:
        tests.append(
            "r.uuid IN (SELECT h.target_node_uuid FROM saga s JOIN saga_episode h ON h.source_node_uuid = s.uuid"
            " WHERE s.name = ? AND s.group_id = r.group_id)"
        )
        values.append(saga)
    query = f"SELECT r.* FROM episode r WHERE {' AND '.join(tests)}"
    query += " ORDER BY r.valid_at DESC, r.created_at DESC, r.uuid DESC LIMIT ?"
    return connection.execute(query, (*values, max(last_n, 0))).fetchall()


def sagas_named(connection: sqlite3.Connection, name: str, group_id: str) -> list[sqlite3.Row]:
    """The sagas of a group with this name, the first written first."""
    return connection.execute(
        "SELECT * FROM saga WHERE name = ? AND group_id = ? ORDER BY id", (name, group_id)
    ).fetchall()


def last_of_saga(connection: sqlite3.Connection, saga: str, besides: str) -> str | None:
    """The last said episode of a saga besides one."""
    row = connection.execute(
        "SELECT e.uuid FROM saga_episode h JOIN episode e ON e.uuid = h.target_node_uuid"
        " WHERE h.source_node_uuid = ? AND e.uuid <> ? ORDER BY e.valid_at DESC, e.created_at DESC, e.uuid DESC"
        " LIMIT 1",
        (saga, besides),
    ).fetchone()
    return None if row is None else row["uuid"]


def told_in_saga(connection: sqlite3.Connection, saga: str, since: datetime | None, limit: int) -> list[sqlite3.Row]:
    """The episodes of a saga that were ingested after an instant, in the order of that."""
    return connection.execute(
        "SELECT e.* FROM saga_episode h JOIN episode e ON e.uuid = h.target_node_uuid WHERE h.source_node_uuid = ?"
        " AND (? IS NULL OR e.created_at > ?) ORDER BY e.created_at, e.valid_at, e.uuid LIMIT ?",
        (saga, *((None, None) if since is None else (count(since), count(since))), max(limit, 0)),
    ).fetchall()


def duplicates(connection: sqlite3.Connection, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those pairs of entities of which the first is on record as a duplicate of the second."""
    rows = connection.execute(
        "SELECT DISTINCT e.source_node_uuid, e.target_node_uuid FROM json_each(?) p JOIN edge e"
        " ON e.source_node_uuid = p.value ->> 0 AND e.target_node_uuid = p.value ->> 1"
        " WHERE e.name = 'IS_DUPLICATE_OF'",
        (given(list(pair) for pair in pairs),),
    )
    return [(source, target) for source, target in rows]


def communities_of(connection: sqlite3.Connection, entities: Sequence[str]) -> list[str]:
    """The communities that have one of the entities as a member, the first written first."""
    rows = connection.execute(
        "SELECT DISTINCT c.uuid, c.id FROM member m JOIN community c ON c.uuid = m.source_node_uuid"
        f" WHERE m.target_node_uuid IN {GIVEN} ORDER BY c.id",
        (given(entities),),
    )
    return [row["uuid"] for row in rows]


def communities_beside(connection: sqlite3.Connection, entity: str) -> list[str]:
    """The communities of what relations join with an entity, once for each relation."""
    rows = connection.execute(
        "SELECT m.source_node_uuid AS uuid FROM ("
        "SELECT target_node_uuid AS beside FROM edge WHERE source_node_uuid = ?"
        " UNION ALL SELECT source_node_uuid FROM edge WHERE target_node_uuid = ?)"
        " JOIN member m ON m.target_node_uuid = beside ORDER BY m.id",
        (entity, entity),
    )
    return [row["uuid"] for row in rows]
