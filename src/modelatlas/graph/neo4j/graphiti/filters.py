"""What a search may find, as a condition in Cypher of a node or relationship `n`.

Attributes are one JSON text, which Cypher does not read: their tests are made here, on the rows that pass the rest.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelatlas.graph.graphiti.filters import Of, Sight, Test
from modelatlas.graph.graphiti.json_texts import utc
from modelatlas.graph.graphiti.kinds import Kind
from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.neo4j.graphiti.properties import attributes

_NODES = {Of.LABELS: "n", Of.LABELS_OF_SOURCE: "startNode(n)", Of.LABELS_OF_TARGET: "endNode(n)"}
_ENDS = {"source_node_uuid": "startNode(n).uuid", "target_node_uuid": "endNode(n).uuid"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Sieve:
    """A condition in Cypher with its values, and the tests of attributes that are left."""

    where: str
    values: dict[str, Any]
    left: tuple[Test, ...]

    def lets_through(self, kind: Kind, row: Mapping[str, Any]) -> bool:
        """Whether the row's attributes pass the tests that are left."""
        return not self.left or _hold(attributes(kind, row), self.left)


def sieve(sight: Sight, known: str = "true") -> Sieve:
    """The sieve that lets through what is in sight, and is known to be so."""
    values: dict[str, Any] = {}
    left: list[Test] = []
    where = [known]
    for alternatives in sight:
        tests = [test for together in alternatives for test in together]
        if any(test.of is Of.ATTRIBUTE for test in tests):
            left += tests  # an attribute's test is the only one of its condition
        else:
            either = (" AND ".join(_said(test, values) for test in together) or "true" for together in alternatives)
            where.append(f"({' OR '.join(either)})")
    return Sieve(" AND ".join(where), values, tuple(left))


def _said(test: Test, values: dict[str, Any]) -> str:
    if test.operator in ("IS NULL", "IS NOT NULL"):
        return f"n.{test.name} {test.operator}"
    name = f"sees{len(values)}"
    values[name] = test.value
    if test.of in _NODES:
        return f"any(label IN labels({_NODES[test.of]}) WHERE label IN ${name})"
    if test.of is Of.TIME:
        assert isinstance(test.value, datetime)
        values[name] = ticks(utc(test.value))
        return f"n.{test.name}.epochSeconds * 1000000 + n.{test.name}.microsecond {test.operator} ${name}"
    return f"{_ENDS.get(test.name, f'n.{test.name}')} {test.operator} ${name}"


def _hold(found: Mapping[str, Any], tests: tuple[Test, ...]) -> bool:
    return all(_holds(found.get(test.name), test) for test in tests)


def _holds(value: Any, test: Test) -> bool:
    if test.operator in ("IS NULL", "IS NOT NULL"):
        return (value is None) == (test.operator == "IS NULL")
    if isinstance(test.value, str) != isinstance(value, str) or not isinstance(value, str | int | float):
        return False
    return _COMPARE[test.operator](value, test.value)
