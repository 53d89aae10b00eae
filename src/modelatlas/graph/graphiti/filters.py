"""Graphiti's search filters as conditions that a backend says in its own language.

The groups of a date filter are alternatives, the conditions within one hold together. A property is one of the
`attributes`, or the row's own field of that name; it holds for edges and for nodes, as labels do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, PropertyFilter, SearchFilters

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.kinds import ENTITY, RELATES_TO, Kind

_DATES = ("valid_at", "invalid_at", "created_at", "expired_at")
_NULLS = (ComparisonOperator.is_null, ComparisonOperator.is_not_null)
_OWN = {"edge": ("uuid", "name", "fact"), "entity": ("uuid", "name", "summary")}


class Of(Enum):
    """What a test is of."""

    FIELD = "a field of the row"
    TIME = "a field of the row that is an instant"
    LABELS = "the labels of the row: whether it has one of the values"
    LABELS_OF_SOURCE = "the labels of the node it starts at"
    LABELS_OF_TARGET = "the labels of the node it ends at"
    ATTRIBUTE = "one of the row's attributes, of the type that the value has"


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison; the operator is `IN`, `IS NULL`, `IS NOT NULL` or a sign."""

    __test__ = False

    of: Of
    name: str
    operator: str
    value: object = None


Alternatives = Sequence[Sequence[Test]]  # one of them holds; all tests of one hold together
Sight = Sequence[Alternatives]  # all of them hold


def sight(
    kind: Kind,
    filters: SearchFilters | None,
    group_ids: Sequence[str] | None,
    ends: tuple[str | None, str | None] = (None, None),
) -> Sight:
    """What a search of a kind may find, of these groups and, for relations, between these ends."""
    found = list(_groups(group_ids))
    if filters is not None and kind is RELATES_TO:
        found += [*_dates(filters), *_edges(filters, ends), *_properties(filters, kind)]
    if filters is not None and kind is ENTITY:
        if filters.node_labels is not None:
            found.append([[Test(Of.LABELS, "labels", "IN", filters.node_labels)]])
        found += _properties(filters, kind)
    return found


def way(filters: SearchFilters, group_ids: Sequence[str] | None) -> Sight:
    """The relations of these groups that a walk may take: all that the filter's dates let through."""
    return [*_groups(group_ids), *_dates(filters)]


def _groups(group_ids: Sequence[str] | None) -> Iterator[Alternatives]:
    if group_ids is not None:
        yield [[Test(Of.FIELD, "group_id", "IN", list(group_ids))]]


def _edges(filters: SearchFilters, ends: tuple[str | None, str | None]) -> Iterator[Alternatives]:
    for name, chosen in (
        ("name", filters.edge_types),
        ("uuid", filters.edge_uuids),
        ("source_node_uuid", filters.edge_source_node_uuids),
        ("target_node_uuid", filters.edge_target_node_uuids),
        ("source_node_uuid", None if ends[0] is None else [ends[0]]),
        ("target_node_uuid", None if ends[1] is None else [ends[1]]),
    ):
        if chosen is not None:
            yield [[Test(Of.FIELD, name, "IN", chosen)]]
    if filters.node_labels is not None:
        yield [[Test(Of.LABELS_OF_SOURCE, "labels", "IN", filters.node_labels)]]
        yield [[Test(Of.LABELS_OF_TARGET, "labels", "IN", filters.node_labels)]]


def _dates(filters: SearchFilters) -> Iterator[Alternatives]:
    for name in _DATES:
        alternatives: list[list[DateFilter]] | None = getattr(filters, name)
        if alternatives:
            yield [[_date(name, it) for it in together] for together in alternatives]


def _date(name: str, asked: DateFilter) -> Test:
    if asked.comparison_operator not in _NULLS and asked.date is None:
        raise BadInput(f"A filter on {name} with {asked.comparison_operator.value} needs a date.")
    return Test(Of.TIME, name, asked.comparison_operator.value, asked.date)


def _properties(filters: SearchFilters, kind: Kind) -> Iterator[Alternatives]:
    asked: PropertyFilter
    for asked in filters.property_filters or ():
        of = Of.FIELD if asked.property_name in _OWN[kind.name] else Of.ATTRIBUTE
        yield [[Test(of, asked.property_name, asked.comparison_operator.value, asked.property_value)]]
