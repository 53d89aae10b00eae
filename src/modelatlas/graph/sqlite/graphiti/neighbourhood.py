"""What is near in a modelatlas file: walks along relations and mentions in sight, and who is next to whom."""

import sqlite3
from collections.abc import Sequence

from modelatlas.graph.graphiti.neighbourhood import Walk, joined
from modelatlas.graph.sqlite.graphiti.rows import GIVEN, given
from modelatlas.graph.sqlite.sieve import Sieve


def walk(
    connection: sqlite3.Connection, origins: Sequence[str], depth: int, sight: Sieve
) -> tuple[list[int], list[str]]:
    """The relations in sight that paths of at most so many steps from the origins take, and the entities they reach.

    Steps go forward, from an episode to what it mentions or from an entity to another; nearer ones come first.
    """
    found: Walk[int] = Walk(origins, depth)
    while found.goes_on:
        here = given(found.stand)
        steps = connection.execute(
            "SELECT r.id, r.target_node_uuid FROM edge r"
            f" WHERE r.source_node_uuid IN {GIVEN} AND ({sight.where}) ORDER BY r.id",
            (here, *sight.values),
        )
        mentioned = connection.execute(
            f"SELECT target_node_uuid FROM mention WHERE source_node_uuid IN {GIVEN} ORDER BY id", (here,)
        )
        found.step([(rowid, target) for rowid, target in steps], [target for (target,) in mentioned])
    return found.relations, found.reached


def next_to(connection: sqlite3.Connection, center: str, entities: Sequence[str]) -> set[str]:
    """Those of the entities that one relation, of either direction, joins with the center."""
    chosen = given(entities)
    rows = connection.execute(
        f"SELECT target_node_uuid AS uuid FROM edge WHERE source_node_uuid = ? AND target_node_uuid IN {GIVEN}"
        f" UNION SELECT source_node_uuid FROM edge WHERE target_node_uuid = ? AND source_node_uuid IN {GIVEN}",
        (center, chosen, center, chosen),
    )
    return {row["uuid"] for row in rows}


def neighbours(connection: sqlite3.Connection, group_id: str) -> dict[str, dict[str, int]]:
    """Each entity of a group → the entities that relations join it with, and how many relations do."""
    entities = connection.execute("SELECT uuid FROM entity WHERE group_id = ? ORDER BY id", (group_id,))
    relations = connection.execute(
        "SELECT source_node_uuid, target_node_uuid, count(*) FROM edge WHERE group_id = ?"
        " GROUP BY source_node_uuid, target_node_uuid",
        (group_id,),
    )
    return joined([row["uuid"] for row in entities], relations)
