"""What is near in the graph: walks along relations and mentions in sight, and who is next to whom."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence

from modelatlas.graph.sqlite.graphiti.rows import GIVEN, given
from modelatlas.graph.sqlite.sieve import Sieve


def walk(
    connection: sqlite3.Connection, origins: Sequence[str], depth: int, sight: Sieve
) -> tuple[list[int], list[str]]:
    """The relations in sight that paths of at most so many steps from the origins take, and the entities they reach.

    Steps go forward, from an episode to what it mentions or from an entity to another; nearer ones come first.
    """
    relations: dict[int, None] = {}
    reached: dict[str, None] = {}
    stand = list(dict.fromkeys(origins))
    seen = set(stand)
    for _ in range(max(depth, 0)):
        here = given(stand)
        steps = connection.execute(
            "SELECT r.id, r.target_node_uuid AS target FROM edge r"
            f" WHERE r.source_node_uuid IN {GIVEN} AND ({sight.where}) ORDER BY r.id",
            (here, *sight.values),
        ).fetchall()
        mentioned = connection.execute(
            f"SELECT target_node_uuid AS target FROM mention WHERE source_node_uuid IN {GIVEN} ORDER BY id", (here,)
        ).fetchall()
        relations |= dict.fromkeys(row["id"] for row in steps)
        targets = dict.fromkeys(row["target"] for row in (*steps, *mentioned))
        reached |= targets
        stand = [uuid for uuid in targets if uuid not in seen]
        seen |= targets.keys()
        if not stand:
            break
    return list(relations), list(reached)


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
    found: dict[str, dict[str, int]] = {
        row["uuid"]: defaultdict(int)
        for row in connection.execute("SELECT uuid FROM entity WHERE group_id = ? ORDER BY id", (group_id,))
    }
    for source, target, times in connection.execute(
        "SELECT source_node_uuid, target_node_uuid, count(*) FROM edge WHERE group_id = ?"
        " GROUP BY source_node_uuid, target_node_uuid",
        (group_id,),
    ):
        if source != target:
            found[source][target] += times
            found[target][source] += times
    return found


def clusters(neighbours: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """Communities by label propagation (Raghavan, Albert and Kumara 2007), one node after the other.

    A node takes the label that most relations to its neighbours carry, the greatest of equals; one relation is no
    majority, then the greater of its own and that. Graphiti moves all nodes at once and may so swap labels for
    ever; one at a time, every move adds agreement or a greater label, and it ends.
    """
    label = {uuid: number for number, uuid in enumerate(neighbours)}
    moved = True
    while moved:
        moved = False
        for uuid, beside in neighbours.items():
            weight: dict[int, int] = defaultdict(int)
            for other, times in beside.items():
                weight[label[other]] += times
            most, best = max(((times, it) for it, times in weight.items()), default=(0, -1))
            new = best if most > 1 else max(best, label[uuid])
            if new != label[uuid]:
                label[uuid], moved = new, True
    found: dict[int, list[str]] = defaultdict(list)
    for uuid, number in label.items():
        found[number].append(uuid)
    return list(found.values())
