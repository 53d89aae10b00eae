"""What an as-of sees, three times over: for a query in Cypher, for the full-text index and for the vector index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.neo4j.layout import day_of, group_word
from modelatlas.graph.periods import AsOf, Span


@dataclass(frozen=True, slots=True)
class Sieve:
    """Conditions that hold together: `where` in Cypher of a relationship `r` or a node `e`, with its values;
    `clauses` of the full-text index, exact to the day."""

    where: str
    values: dict[str, Any]
    clauses: tuple[str, ...]


def of_beliefs(tenant: str, as_of: AsOf) -> Sieve:
    """The beliefs of a tenant that may hold at the as-of."""
    tests = list(_sight(as_of))
    where = [
        "r.group_id = $tenant",
        *(f"r.{field} {operator} $sees{n}" for n, (field, operator, _) in enumerate(tests)),
    ]
    values = {f"sees{n}": count for n, (_, _, count) in enumerate(tests)}
    return Sieve(
        " AND ".join(where),
        {"tenant": tenant, **values},
        (f"group_word:{group_word(tenant)}", *(_days(field, operator, count) for field, operator, count in tests)),
    )


def of_episodes(tenant: str, as_of: AsOf) -> Sieve:
    """The documents of a tenant that were said by then."""
    tests = [("said", operator, count) for operator, count in _said(as_of)]
    where = ["e.group_id = $tenant", "e.source_id IS NOT NULL"]
    where += [f"e.said {operator} $sees{n}" for n, (_, operator, _) in enumerate(tests)]
    values = {f"sees{n}": count for n, (_, _, count) in enumerate(tests)}
    return Sieve(
        " AND ".join(where),
        {"tenant": tenant, **values},
        (f"group_word:{group_word(tenant)}", *(_days(field, operator, count) for field, operator, count in tests)),
    )


def _sight(as_of: AsOf) -> Iterator[tuple[str, str, int]]:
    for name, axis in (("valid", as_of.valid), ("believed", as_of.believed)):
        if isinstance(axis, datetime):
            yield f"{name}_from", "<=", ticks(axis)
            yield f"{name}_until", ">", ticks(axis)
            continue
        if axis.end is not None:
            yield f"{name}_from", "<", ticks(axis.end)
        if axis.start is not None:
            yield f"{name}_until", ">", ticks(axis.start)


def _said(as_of: AsOf) -> Iterator[tuple[str, int]]:
    for axis in (as_of.valid, as_of.believed):
        if isinstance(axis, datetime):
            yield "<=", ticks(axis)
        elif isinstance(axis, Span) and axis.end is not None:
            yield "<", ticks(axis.end)


def _days(field: str, operator: str, count: int) -> str:
    """The same condition on the day, which lets through some of the same day that the exact one then does not."""
    day = day_of(count)
    return f"{field}_day:[{day} TO *]" if operator == ">" else f"{field}_day:[* TO {day}]"
