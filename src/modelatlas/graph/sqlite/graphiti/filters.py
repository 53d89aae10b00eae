"""What a search may find, as a sieve of a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from modelatlas.graph.graphiti.filters import Alternatives, Of, Sight, Test
from modelatlas.graph.sqlite.graphiti.columns import count
from modelatlas.graph.sqlite.graphiti.lookups import HAS_LABEL
from modelatlas.graph.sqlite.graphiti.rows import GIVEN, given
from modelatlas.graph.sqlite.sieve import Sieve

Condition = tuple[str, tuple[object, ...]]

_NULLS = ("IS NULL", "IS NOT NULL")
_ENDS = {Of.LABELS_OF_SOURCE: "source_node_uuid", Of.LABELS_OF_TARGET: "target_node_uuid"}


def sieve(sight: Sight) -> Sieve:
    """The sieve that lets through what is in sight."""
    found = [list(_alternatives(alternatives)) for alternatives in sight]
    where = " AND ".join("(" + " OR ".join(test for test, _ in either) + ")" for either in found) or "1"
    return Sieve(where, tuple(value for either in found for _, values in either for value in values))


def _alternatives(alternatives: Alternatives) -> Iterator[Condition]:
    for together in alternatives:
        tests = [_test(it) for it in together]
        yield " AND ".join(test for test, _ in tests) or "1", tuple(value for _, values in tests for value in values)


def _test(it: Test) -> Condition:
    if it.of is Of.LABELS:
        return HAS_LABEL, (_list(it.value),)
    if it.of in _ENDS:
        has_label = HAS_LABEL.replace("r.labels", "n.labels")
        return f"EXISTS (SELECT 1 FROM entity n WHERE n.uuid = r.{_ENDS[it.of]} AND {has_label})", (_list(it.value),)
    if it.of is Of.ATTRIBUTE:
        return _attribute(it)
    if it.operator == "IN":
        return f"r.{it.name} IN {GIVEN}", (_list(it.value),)
    if it.operator in _NULLS:
        return f"r.{it.name} {it.operator}", ()
    return f"r.{it.name} {it.operator} ?", (count(it.value) if isinstance(it.value, datetime) else it.value,)


def _attribute(it: Test) -> Condition:
    has = "EXISTS (SELECT 1 FROM json_each(r.attributes) a WHERE a.key = ? AND a.type <> 'null'{})"
    if it.operator == "IS NULL":
        return "NOT " + has.format(""), (it.name,)
    if it.operator == "IS NOT NULL":
        return has.format(""), (it.name,)
    alike = "a.type = 'text'" if isinstance(it.value, str) else "a.type <> 'text'"
    return has.format(f" AND {alike} AND a.value {it.operator} ?"), (it.name, it.value)


def _list(value: object) -> str:
    assert isinstance(value, Sequence)
    return given(value)
