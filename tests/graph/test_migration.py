"""A migration between files and servers: everything arrives as it was, and what does not is told."""

import re
import sqlite3
from contextlib import closing
from itertools import pairwise
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from children import drained, started
from graphiti_parts import LATER, PAGE, said
from meanings import Meanings
from migrating import TENANTS, Place, kept, migrate_until, migrated, reading
from stored_rows import rows, wrong_with
from utterances import as_of

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.care.soundness import check
from modelatlas.graph.opening import open_store
from modelatlas.graph.periods import EVER
from servers.neo4j_server import RunningNeo4j

pytest_plugins = ("forked", "furnished", "mixed_file")

DAYS = ("2025-02-15", "2025-06-11", "2025-08-20", "2026-03-01", "2030-01-01")


def address(server: RunningNeo4j) -> Address:
    return Address.read(server.uri, server.user, server.password)


async def seen(place: Place) -> list[Any]:
    """What every reader of a store sees: at many as-ofs, and of the log."""
    found: list[Any] = []
    for tenant in TENANTS:
        async with reading(place, tenant) as store:
            for valid in DAYS:
                found += [await store.recall(Pattern(), as_of(valid, believed)) for believed in DAYS]
            found.append(await store.history(Pattern()))
            found.append(await store.turns("trip", EVER, 10))
            found.append([claim async for claim in store.claims()])
            found.append(await store.counts())
            found.append(await store.names())
    return found


async def test_from_a_file_through_servers_and_back_everything_is_what_it_was(
    mixed: Path, neo4j_lts: RunningNeo4j, neo4j_newest: RunningNeo4j, tmp_path: Path
) -> None:
    await neo4j_lts.wiped()
    await neo4j_newest.wiped()
    before, back = rows(mixed), tmp_path / "back.sqlite"
    places: list[Place] = [mixed, address(neo4j_lts), address(neo4j_newest), back]
    expected = await seen(mixed)
    for origin, to in pairwise(places):
        done = await migrated(origin, to)
        assert (done.differences, done.left, done.there) == ((), (), 0)
        assert done.carried["claims"] == done.compared["claims"] > 40
        assert done.carried["vectors"] == done.compared["vectors"] > 10
        assert done.compared["beliefs"] > 90
        assert await seen(to) == expected
        assert (await check(to)).findings == () if isinstance(to, Address) else await wrong_with(to) == []
    assert kept(back) == kept(mixed)
    assert rows(mixed) == before
    neo4j_newest.asked("CREATE (:Entity {uuid: 'nobody', group_id: '', name: 'x', created_at: datetime()})")
    assert (await migrated(places[2], back)).left[0].startswith("1 node of Graphiti's clients with no group_id stayed")
    async with reading(places[1], "us") as store:
        assert (await store.record([said("gone", "note", PAGE, object="secret")], now=LATER)).forgotten == 1


async def test_a_migration_that_is_done_again_does_nothing(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    await migrated(mixed, to)
    assert kept(to) == kept(mixed)
    before = rows(to)
    again = await migrated(mixed, to)
    assert (set(again.carried.values()), again.there, again.found) == ({0}, again.compared["claims"], 0)
    assert rows(to) == before


async def test_what_was_recorded_since_comes_with_the_next_migration(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    await migrated(mixed, to)
    async with reading(mixed, "us") as store:
        await store.record([said("Wan 2.1", "parameters", Source(id="new"), value=15, unit="B")], now=LATER)
    after = await migrated(mixed, to)
    assert (after.carried["claims"], after.found) == (1, 0)
    assert kept(to) == kept(mixed)


async def test_one_tenant_can_go_alone(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    assert (await migrated(mixed, to, "them")).tenants == ("them",)
    async with reading(to, "us") as ours, reading(to, "them") as theirs:
        assert set((await ours.counts()).values()) == {0}
        assert (await theirs.counts())["claims"] == 4
    with pytest.raises(BadInput, match=r"nothing of the tenant 'nobody'; there is them, us"):
        await migrated(mixed, to, "nobody")


async def test_a_store_with_other_claims_is_refused_and_stays_as_it_was(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    other = GraphitiStore(to, "us")
    await other.record([said("Other", "note", Source(id="x"), object="y")], now=LATER)
    await other.close()
    before = rows(to)
    with pytest.raises(BadInput, match=r"has claims of 'us' that .* has not, or not as it has them \(from claim 1"):
        await migrated(mixed, to)
    assert rows(to) == before


async def test_the_same_claims_taken_at_another_time_are_other_claims(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    async with reading(mixed, "us") as store, reading(to, "us") as later:
        await later.record([claim async for claim in store.claims()], now=LATER)
    with pytest.raises(BadInput, match="so it cannot become the same"):
        await migrated(mixed, to)


async def test_vectors_of_another_embedder_are_left_alone_and_told(mixed: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    await migrated(mixed, to, with_vectors=False)
    other = open_store(to, "us", Meanings("other", 32))
    await other.embed_missing()
    await other.close()
    before = [row for row in kept(to)["edge_vector"] if len(row["vector"]) == 32 * 4]
    again = await migrated(mixed, to)
    (left,) = again.left
    assert left.startswith("The vectors of 'us' were left behind")
    own = [row for row in kept(to)["edge_vector"] if len(row["vector"]) == 32 * 4]
    assert (again.found, own) == (0, before)


async def test_nothing_is_made_where_there_is_nothing_to_carry(
    mixed: Path, neo4j_lts: RunningNeo4j, tmp_path: Path
) -> None:
    await neo4j_lts.wiped()
    to = tmp_path / "to.sqlite"
    with pytest.raises(BadInput, match="no atlas at"):
        await migrated(address(neo4j_lts), to)
    with pytest.raises(BadInput, match="no atlas at"):
        await migrated(tmp_path / "missing.sqlite", to)
    with pytest.raises(BadInput, match="both what is carried and where to"):
        await migrated(mixed, mixed)
    assert not to.exists()
    assert neo4j_lts.asked("MATCH (n) RETURN count(n) AS count") == [{"count": 0}]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            "UPDATE edge SET invalid_at = 1 WHERE name = 'parameters'",
            r"'Wan 2.1: .*14 B'\) is otherwise \(invalid_at\)",
        ),
        ("UPDATE edge SET created_at = 1 WHERE name = 'parameters'", r"is otherwise \(created_at\)"),
        ("UPDATE edge SET attributes = json_set(attributes, '$.value', 15) WHERE name = 'parameters'", r"\(value\)"),
        (
            "UPDATE edge SET attributes = json_set(attributes, '$.believed', json('[1]')) WHERE name = 'parameters'",
            r"\(believed\)",
        ),
        ("UPDATE edge SET fact = 'a lie' WHERE name = 'parameters'", r"is otherwise \(fact\)"),
        ("DELETE FROM edge WHERE name = 'parameters'", "is in .*mixed.sqlite and not in .*to.sqlite"),
        ("UPDATE edge SET uuid = 'zz' WHERE name = 'parameters'", "belief zz of 'us' .* is in .*to.sqlite and not in"),
        ("UPDATE entity SET name = 'Wan 3' WHERE name = 'Wan 2.1'", r"is otherwise \(subject\)"),
        ("UPDATE episode SET content = 'x' WHERE content LIKE '%图像编辑%'", r"episode 'Model card' of 'us' .*\(text"),
        (
            "INSERT INTO forgotten VALUES ('us', 'x')",
            "x was erased by 'us' in .*to.sqlite and is not kept as erased in",
        ),
        ("INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES ('us', 1, 1, 1, 1)", "tombstones"),
        ("DELETE FROM edge_vector WHERE id = (SELECT max(id) FROM edge_vector)", None),
        ("UPDATE edge_vector SET vector = zeroblob(256)", "The vector of the belief .* is otherwise"),
        ("UPDATE edge SET fact = 'other' WHERE line IS NULL", None),
    ],
)
async def test_whatever_does_not_arrive_as_it_was_is_told_or_mended(
    mixed: Path, tmp_path: Path, harm: str, told: str | None
) -> None:
    to = tmp_path / "to.sqlite"
    await migrated(mixed, to)
    with closing(sqlite3.connect(to, isolation_level=None)) as connection:
        before = connection.total_changes
        connection.execute(harm)
        assert connection.total_changes > before
    again = await migrated(mixed, to)
    if told is None:
        assert again.found == 0
        assert kept(to) == kept(mixed)
    else:
        assert [text for text in again.differences if re.search(told, text)], again.differences


POINTS = {
    "file": [
        *(("claims of them", True), ("episodes of us", True), ("claims of us", True), ("vectors", True)),
        *(("vectors", False), ("rows of entity", False)),
    ],
    "neo4j_lts": [("claims of us", True), ("claims of us", False), ("rows of entity", False)],
}


@pytest.mark.parametrize("kind", POINTS)
async def test_killed_anywhere_it_goes_on_and_everything_arrives(
    processes: ForkServerContext, mixed: Path, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    to: Place = tmp_path / "to.sqlite"
    if kind != "file":
        running: RunningNeo4j = request.getfixturevalue(kind)
        await running.wiped()
        to = address(running)
    for part, pausing in POINTS[kind]:
        process, reached = started(processes, migrate_until, mixed, to, part, pausing)
        # Where one was not held up before it was killed, there may be nothing left to do for those after it.
        assert next(drained(reached), None) == part or not pausing
        process.kill()
        process.join()
        reached.close()
    finished = await migrated(mixed, to)
    assert finished.found == 0
    assert finished.there == finished.compared["claims"]
    back = tmp_path / "back.sqlite"
    if isinstance(to, Address):
        await migrated(to, back)
    assert kept(to if isinstance(to, Path) else back) == kept(mixed)
