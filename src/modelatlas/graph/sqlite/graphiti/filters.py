"""Graphiti's search filters as sieves.

The groups of a date filter are alternatives, the conditions within one hold together. A property is one of the
`attributes`, or the row's own column of that name; it holds for edges and for nodes, as labels do.
"""

from collections.abc import Iterator, Sequence

from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, PropertyFilter, SearchFilters

from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite.graphiti.columns import count
from modelatlas.graph.sqlite.graphiti.lookups import HAS_LABEL
from modelatlas.graph.sqlite.graphiti.rows import GIVEN, given
from modelatlas.graph.sqlite.sieve import Sieve

Condition = tuple[str, tuple[object, ...]]

_DATES = ("valid_at", "invalid_at", "created_at", "expired_at")
_NULLS = {ComparisonOperator.is_null: "IS NULL", ComparisonOperator.is_not_null: "IS NOT NULL"}
_OWN = {"edge": ("uuid", "name", "fact"), "entity": ("uuid", "name", "summary")}


def edges_in_sight(filters: SearchFilters, group_ids: Sequence[str] | None) -> Sieve:
    """The relations of these groups that the filter's dates let through, whatever else it asks."""
    return _sieve([*_groups(group_ids), *_dates(filters)])


def edge_sieve(
    filters: SearchFilters,
    group_ids: Sequence[str] | None,
    source: str | None = None,
    target: str | None = None,
) -> Sieve:
    """The relations that the filter lets through, of these groups and between these ends."""
    conditions = [*_groups(group_ids), *_dates(filters)]
    for name, chosen in (
        ("name", filters.edge_types),
        ("uuid", filters.edge_uuids),
        ("source_node_uuid", filters.edge_source_node_uuids),
        ("target_node_uuid", filters.edge_target_node_uuids),
        ("source_node_uuid", None if source is None else [source]),
        ("target_node_uuid", None if target is None else [target]),
    ):
        if chosen is not None:
            conditions.append((f"r.{name} IN {GIVEN}", (given(chosen),)))
    if filters.node_labels is not None:
        for end in ("source_node_uuid", "target_node_uuid"):
            has_label = HAS_LABEL.replace("r.labels", "n.labels")
            test = f"EXISTS (SELECT 1 FROM entity n WHERE n.uuid = r.{end} AND {has_label})"
            conditions.append((test, (given(filters.node_labels),)))
    return _sieve([*conditions, *_properties(filters, "edge")])


def node_sieve(filters: SearchFilters, group_ids: Sequence[str] | None) -> Sieve:
    """The entities that the filter lets through, of these groups."""
    conditions = list(_groups(group_ids))
    if filters.node_labels is not None:
        conditions.append((HAS_LABEL, (given(filters.node_labels),)))
    return _sieve([*conditions, *_properties(filters, "entity")])


def group_sieve(group_ids: Sequence[str] | None) -> Sieve:
    """All rows of these groups; of all groups for None."""
    return _sieve(list(_groups(group_ids)))


def _sieve(conditions: Sequence[Condition]) -> Sieve:
    where = " AND ".join(test for test, _ in conditions) or "1"
    return Sieve(where, tuple(value for _, values in conditions for value in values))


def _groups(group_ids: Sequence[str] | None) -> Iterator[Condition]:
    if group_ids is not None:
        yield f"r.group_id IN {GIVEN}", (given(group_ids),)


def _dates(filters: SearchFilters) -> Iterator[Condition]:
    for column in _DATES:
        alternatives: list[list[DateFilter]] | None = getattr(filters, column)
        if alternatives:
            found = [[_date(column, it) for it in together] for together in alternatives]
            where = " OR ".join("(" + (" AND ".join(test for test, _ in group) or "1") + ")" for group in found)
            yield f"({where})", tuple(value for group in found for _, values in group for value in values)


def _date(column: str, asked: DateFilter) -> Condition:
    if asked.comparison_operator in _NULLS:
        return f"r.{column} {_NULLS[asked.comparison_operator]}", ()
    if asked.date is None:
        raise BadInput(f"A filter on {column} with {asked.comparison_operator.value} needs a date.")
    return f"r.{column} {asked.comparison_operator.value} ?", (count(asked.date),)


def _properties(filters: SearchFilters, table: str) -> Iterator[Condition]:
    for asked in filters.property_filters or ():
        yield _own(asked) if asked.property_name in _OWN[table] else _attribute(asked)


def _own(asked: PropertyFilter) -> Condition:
    if asked.comparison_operator in _NULLS:
        return f"r.{asked.property_name} {_NULLS[asked.comparison_operator]}", ()
    return f"r.{asked.property_name} {asked.comparison_operator.value} ?", (asked.property_value,)


def _attribute(asked: PropertyFilter) -> Condition:
    has = "EXISTS (SELECT 1 FROM json_each(r.attributes) a WHERE a.key = ? AND a.type <> 'null'{})"
    operator, value = asked.comparison_operator, asked.property_value
    if operator is ComparisonOperator.is_null:
        return "NOT " + has.format(""), (asked.property_name,)
    if operator is ComparisonOperator.is_not_null:
        return has.format(""), (asked.property_name,)
    alike = "a.type = 'text'" if isinstance(value, str) else "a.type <> 'text'"
    return has.format(f" AND {alike} AND a.value {operator.value} ?"), (asked.property_name, value)
