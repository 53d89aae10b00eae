"""What becomes of the edges that stand when claims are laid over them: which go, which end, which are born.

Pure: a store reads the rows that stand, asks here, and writes what is said. A row is a mapping with `uuid`,
`fact`, `expired_at` (microseconds, None while it goes on), `attributes` (JSON text) and `line`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from modelatlas.graph.beliefs import Belief, Entry, beliefs_on
from modelatlas.graph.facts import Fact, Json
from modelatlas.graph.graphiti_rows import edge_row, ends, period_of_texts, subject_row, target_row
from modelatlas.graph.reading import fact_of

RowT = TypeVar("RowT", bound=Any)
Key = TypeVar("Key")
Edge = tuple[Any, ...]
Node = tuple[Callable[[str, Fact, int], tuple[Any, ...]], Fact]

_EXPIRED_AT, _ATTRIBUTES = 10, 11  # places in EDGE_COLUMNS


@dataclass(slots=True)
class Revision(Generic[RowT]):
    """The standing rows that go, those that end (with their new end and attributes), the edges that are born.

    `nodes` are those the new edges go between, by uuid: what makes the row of each.
    """

    gone: list[RowT]
    ended: list[tuple[RowT, int | None, str]] = field(default_factory=list)
    born: list[tuple[Fact, Edge]] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)


def revision(tenant: str, wanted: Iterable[Belief], standing: Mapping[str, RowT]) -> Revision[RowT]:
    """What makes the standing edges (by uuid) those of the wanted beliefs."""
    left = dict(standing)
    found: Revision[RowT] = Revision(gone=[])
    for belief in wanted:
        fact = fact_of(belief, tenant)
        source, target = ends(tenant, fact)
        edge = edge_row(tenant, fact, source, target)
        held = left.pop(edge[0], None)
        if held is None:
            found.nodes.setdefault(source, (subject_row, fact))
            found.nodes.setdefault(target, (target_row, fact))
            found.born.append((fact, edge))
        elif (held["expired_at"], held["attributes"]) != (edge[_EXPIRED_AT], edge[_ATTRIBUTES]):
            found.ended.append((held, edge[_EXPIRED_AT], edge[_ATTRIBUTES]))
    found.gone.extend(left.values())
    return found


def tellers(reached: Mapping[Any, Sequence[Any]]) -> set[str]:
    """The ids of the claims by which the reached edges are told, which `laid_over` needs."""
    return {json.loads(row["attributes"])["claims"][0] for rows in reached.values() for row in rows}


def laid_over(
    entries: Mapping[Key, Sequence[Entry]], reached: Mapping[Key, Sequence[RowT]], told: Mapping[str, Entry]
) -> tuple[list[Belief], dict[str, RowT]]:
    """Lay the claims of each line over the edges they may reach: the beliefs that are new, the rows they touch."""
    wanted: list[Belief] = []
    touched: dict[str, RowT] = {}
    for key, laid in entries.items():
        rows = reached.get(key, ())
        before = [_belief(json.loads(row["attributes"]), told) for row in rows]
        after = beliefs_on(before, laid)
        # A belief that nothing was laid over is the same object as before, and so is its edge.
        same = {id(belief) for belief in before} & {id(belief) for belief in after}
        wanted += [belief for belief in after if id(belief) not in same]
        touched |= {row["uuid"]: row for row, belief in zip(rows, before, strict=True) if id(belief) not in same}
    return wanted, touched


def _belief(kept: Json, told: Mapping[str, Entry]) -> Belief:
    return Belief(
        entry=told[kept["claims"][0]],
        valid=period_of_texts(kept["valid"]),
        believed=period_of_texts(kept["believed"]),
        claims=tuple(UUID(hex=it) for it in kept["claims"]),
        ended_by=UUID(hex=kept["ended_by"]) if kept["ended_by"] else None,
    )
