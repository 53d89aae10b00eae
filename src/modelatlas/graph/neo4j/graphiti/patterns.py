"""A kind of node or edge in Cypher; the node or relationship is `n` everywhere."""

from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, HAS_MEMBER, Kind

_ALWAYS_THERE = {"entity": "name", "saga": "name", "episode": "valid_at", "edge": "name"}


def pattern(kind: Kind) -> str:
    """What matches every one of a kind."""
    return f"(n:{kind.label})" if kind.ends is None else f"()-[n:{kind.label}]->()"


def row(kind: Kind) -> str:
    """The map that a node or edge is read from, without its vector."""
    parts = [".*"]
    if kind.vector is not None:
        parts.append(f"{kind.vector.field}: null")
    if kind is ENTITY:
        parts.append("labels: labels(n)")
    if kind.ends is not None:
        parts += ["source_node_uuid: startNode(n).uuid", "target_node_uuid: endNode(n).uuid"]
    return f"n {{{', '.join(parts)}}}"


def in_groups(kind: Kind) -> str:
    """That it is of one of `$groups`; with what is always there, so that the group's index is used."""
    there = _ALWAYS_THERE.get(kind.name)
    return "n.group_id IN $groups" + (f" AND n.{there} IS NOT NULL" if there else "")


def gone(kind: Kind) -> str:
    """Takes a node out with every edge at it, or an edge."""
    # Neo4j 2026 takes the uuid of an edge that was only deleted as taken until the transaction ends.
    return "DETACH DELETE n" if kind.ends is None else "REMOVE n.uuid DELETE n"


def ends(kind: Kind) -> str:
    """Matches the ends of an edge that are in its group, as `s` and `t`, and `u` where it may end at a community."""
    assert kind.ends is not None
    start = {"episode": "Episodic", "entity": "Entity", "community": "Community", "saga": "Saga"}
    found = f"OPTIONAL MATCH (s:{start[kind.ends[0][0]]} {{uuid: row.source, group_id: row.group_id}})"
    for name, end in zip("tu", kind.ends[1], strict=False):
        found += f" OPTIONAL MATCH ({name}:{start[end]} {{uuid: row.target, group_id: row.group_id}})"
    return found


def target(kind: Kind) -> str:
    """The end of an edge that `ends` found."""
    return "elementId(coalesce(t, u))" if kind is HAS_MEMBER else "elementId(t)"


def follows_from_claims(kind: Kind) -> str | None:
    """That a node or edge is a belief or a document; None for a kind that has neither."""
    if kind is EPISODE:
        return "n.source_id IS NOT NULL"
    return "n.line IS NOT NULL" if kind.name == "edge" else None
