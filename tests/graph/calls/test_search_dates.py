"""Date filters: the four times of an edge, with every comparison, and with OR groups of ANDs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters
from graphiti_core.utils.bulk_utils import add_nodes_and_edges_bulk
from scripted import WordEmbedder
from town import DAY, NOW, entity, fact, uuids

pytest_plugins = ("graph_drivers",)

FIELDS = ["valid_at", "invalid_at", "created_at", "expired_at"]
ONE, TWO, THREE, FOUR = (NOW + number * DAY for number in range(4))
INSTANT = timedelta(microseconds=1)


def holds(sign: str, date: datetime | None = None) -> DateFilter:
    """One condition, by its sign."""
    return DateFilter(date=date, comparison_operator=ComparisonOperator(sign))


async def ann_and_bob(driver: GraphDriver, group: str, **times: dict[str, Any]) -> dict[str, str]:
    """Two nodes, and an edge for each of the given times; the names of the edges by their ids."""
    ann, bob = entity("Ann", group), entity("Bob", group)
    edges = {name: fact(ann, "KNOWS", bob, f"register {name}", **time) for name, time in times.items()}
    await add_nodes_and_edges_bulk(driver, [], [], [ann, bob], list(edges.values()), WordEmbedder())
    return {edge.uuid: name for name, edge in edges.items()}


async def found(graphiti: Graphiti, group: str, names: dict[str, str], **filters: Any) -> set[str]:
    edges = await graphiti.search("register", group_ids=[group], search_filter=SearchFilters(**filters))
    return {names[uuid] for uuid in uuids(edges)}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("=", {"two"}),
        ("<>", {"one", "three"}),
        (">", {"three"}),
        ("<", {"one"}),
        (">=", {"two", "three"}),
        ("<=", {"one", "two"}),
    ],
)
async def test_a_time_is_compared_and_a_missing_one_never_holds(
    graphiti: Graphiti, driver: GraphDriver, group: str, field: str, sign: str, expected: set[str]
) -> None:
    times: dict[str, dict[str, Any]] = {"one": {field: ONE}, "two": {field: TWO}, "three": {field: THREE}}
    names = await ann_and_bob(driver, group, **times, **({} if field == "created_at" else {"open": {}}))
    assert await found(graphiti, group, names, **{field: [[holds(sign, TWO)]]}) == expected


@pytest.mark.parametrize("field", ["valid_at", "invalid_at", "expired_at"])
async def test_a_time_is_missing_or_not(graphiti: Graphiti, driver: GraphDriver, group: str, field: str) -> None:
    names = await ann_and_bob(driver, group, one={field: ONE}, open={})
    assert await found(graphiti, group, names, **{field: [[holds("IS NULL")]]}) == {"open"}
    assert await found(graphiti, group, names, **{field: [[holds("IS NOT NULL")]]}) == {"one"}


async def test_a_microsecond_decides(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    names = await ann_and_bob(
        driver, group, before={"valid_at": TWO - INSTANT}, at={"valid_at": TWO}, after={"valid_at": TWO + INSTANT}
    )
    assert await found(graphiti, group, names, valid_at=[[holds("=", TWO)]]) == {"at"}
    assert await found(graphiti, group, names, valid_at=[[holds("<", TWO)]]) == {"before"}
    assert await found(graphiti, group, names, valid_at=[[holds(">", TWO)]]) == {"after"}


@pytest.mark.parametrize("field", FIELDS)
async def test_the_conditions_of_a_group_all_hold(
    graphiti: Graphiti, driver: GraphDriver, group: str, field: str
) -> None:
    names = await ann_and_bob(driver, group, one={field: ONE}, two={field: TWO}, three={field: THREE})
    between = [[holds(">", ONE), holds("<=", TWO)]]
    assert await found(graphiti, group, names, **{field: between}) == {"two"}


@pytest.mark.parametrize("field", FIELDS)
async def test_each_of_several_groups_keeps_its_own_dates(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None], field: str
) -> None:
    needs(Ability.OR_GROUPS_OF_DATES)
    times = {"one": ONE, "two": TWO, "three": THREE, "four": FOUR}
    names = await ann_and_bob(driver, group, **{name: {field: time} for name, time in times.items()})
    ends = [[holds("<=", ONE)], [holds(">=", FOUR)]]
    assert await found(graphiti, group, names, **{field: ends}) == {"one", "four"}
    two_spans = [
        [holds(">=", ONE), holds("<", TWO)],
        [holds(">=", THREE), holds("<", FOUR)],
    ]
    assert await found(graphiti, group, names, **{field: two_spans}) == {"one", "three"}


@pytest.mark.parametrize("field", ["valid_at", "invalid_at", "expired_at"])
async def test_a_group_may_be_that_the_time_is_missing(
    graphiti: Graphiti, driver: GraphDriver, group: str, field: str
) -> None:
    names = await ann_and_bob(driver, group, one={field: ONE}, two={field: TWO}, open={})
    before_or_never = [[holds("<=", ONE)], [holds("IS NULL")]]
    assert await found(graphiti, group, names, **{field: before_or_never}) == {"one", "open"}
    spans_or_never = [[holds("IS NULL")], [holds(">", ONE), holds("<=", TWO)]]
    assert await found(graphiti, group, names, **{field: spans_or_never}) == {"two", "open"}


async def test_all_four_times_together_are_an_as_of(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    names = await ann_and_bob(
        driver,
        group,
        always={"created_at": ONE},
        now={"valid_at": ONE, "invalid_at": FOUR, "created_at": ONE},
        over={"valid_at": ONE, "invalid_at": TWO, "created_at": ONE},
        later={"valid_at": FOUR, "created_at": ONE},
        learnt_later={"valid_at": ONE, "created_at": FOUR},
        no_longer_believed={"valid_at": ONE, "created_at": ONE, "expired_at": TWO},
        believed_until_later={"valid_at": ONE, "created_at": ONE, "expired_at": FOUR},
    )
    as_of = {
        "valid_at": [[holds("<=", THREE)], [holds("IS NULL")]],
        "invalid_at": [[holds(">", THREE)], [holds("IS NULL")]],
        "created_at": [[holds("<=", THREE)]],
        "expired_at": [[holds(">", THREE)], [holds("IS NULL")]],
    }
    assert await found(graphiti, group, names, **as_of) == {"always", "now", "believed_until_later"}
