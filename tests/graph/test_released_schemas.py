"""Files that released versions wrote, opened by this one."""

import lzma
import random
import sqlite3
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import drained, killed, started
from stored_rows import rows, wrong_with
from utterances import answers, as_of, on
from writers import open_file

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite import schema
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.restoration import restore
from modelatlas.graph.sqlite.care.soundness import check
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.vectors import of_uuids

pytest_plugins = ("forked",)

RELEASED = sorted((Path(__file__).parent / "released").glob("schema-*.db.xz"))
KILLS = 40
NOW = "2026-11-01"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The file that version 1 of the schema wrote."""
    return unpacked(RELEASED[0], tmp_path / "atlas.sqlite")


def unpacked(released: Path, path: Path) -> Path:
    path.write_bytes(lzma.decompress(released.read_bytes()))
    return path


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def test_there_is_a_file_of_every_schema_before_this_one() -> None:
    known = [int(path.name.removeprefix("schema-").removesuffix(".db.xz")) for path in RELEASED]
    assert known == list(range(1, len(schema.MIGRATIONS)))


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name)
async def test_an_older_file_opens_as_this_version_and_nothing_is_wrong_with_it(released: Path, tmp_path: Path) -> None:
    path = unpacked(released, tmp_path / "atlas.sqlite")
    await GraphitiStore(path, "default").close()
    assert version(path) == len(schema.MIGRATIONS)
    assert await wrong_with(path) == []


async def test_a_check_brings_an_older_file_up_to_date(first: Path) -> None:
    assert (await check(first)).found == 0
    assert version(first) == len(schema.MIGRATIONS)


async def test_an_older_file_says_what_it_said(first: Path) -> None:
    store = GraphitiStore(first, "default")
    assert await store.counts() == {"claims": 5, "facts": 5, "entities": 6, "episodes": 6, "tombstones": 1}
    beliefs = [
        (fact.text, fact.valid.json_value(), fact.believed.json_value()) for fact in await store.history(Pattern())
    ]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(lzma.decompress(RELEASED[0].read_bytes()))
        texts = connection.execute("SELECT fact FROM edge WHERE line IS NOT NULL ORDER BY created_at, valid_at")
        assert [text for text, _, _ in beliefs] == [row[0] for row in texts]
    licences = Pattern(subject="Wan 2.1", predicate="licence")
    assert answers(await store.recall(licences, as_of("2025-06-01", NOW))) == ["Apache-2.0"]
    assert answers(await store.recall(licences, as_of("2026-06-01", NOW))) == ["Apache-2.0", "MIT"]
    assert answers(await store.recall(licences, as_of("2026-01-15", NOW))) == ["Apache-2.0", "MIT?"]
    access = Pattern(subject="Imagen 4", predicate="access")
    assert answers(await store.recall(access, as_of("2026-07-15", "2026-02-01"))) == []
    assert answers(await store.recall(access, as_of("2026-07-15", NOW))) == ["api"]
    assert (await store.names())["万相 2.1"] == "Wan 2.1"
    (turn,) = await store.turns("s1", EVER, 5)
    assert turn.text == "我选择 Wan 2.1 做预告片。"
    found = await store.search("预告片", as_of(NOW, NOW), 5)
    assert [hit.episode.text for hit in found if hit.episode] == [turn.text]
    assert [hit.fact.object for hit in await store.search("MIT", as_of(NOW, NOW), 1) if hit.fact] == ["MIT"]
    await store.close()


async def test_what_was_forgotten_before_stays_forgotten(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection:
        erased = connection.execute("SELECT * FROM forgotten ORDER BY uuid").fetchall()
    store = GraphitiStore(first, "default")
    claims = [claim async for claim in store.claims()]
    again = await store.record(claims, now=on(NOW))
    assert (again.new, again.known) == (0, 5)
    await store.close()
    assert rows(first)["forgotten"] == sorted(erased, key=repr)


async def test_what_graphiti_clients_kept_is_as_they_left_it(first: Path) -> None:
    database = Database(first)
    vectors = await database.read(lambda db: of_uuids(db, "entity", ["a", "b"]) | of_uuids(db, "edge", ["e"]))
    await database.close()
    assert vectors == {"a": [0.25, 0.5, -1.0], "e": [1.0, 0.0, 0.5]}
    kept = rows(first)
    assert [row[1:4] for row in kept["entity"] if row[2] == "clients"] == [
        ("a", "clients", "Ann 张三"),
        ("b", "clients", "Berlin"),
    ]
    with closing(sqlite3.connect(first)) as connection:
        edge = connection.execute(
            "SELECT source_node_uuid, target_node_uuid, name, fact, episodes, attributes, line"
            " FROM edge WHERE uuid = 'e'"
        )
        assert edge.fetchall() == [
            ("a", "b", "LIVES_IN", "Ann lives in Berlin 柏林", '["ep"]', '{"since":"2020"}', None)
        ]
        episode = connection.execute("SELECT content, entity_edges, attributes FROM episode WHERE uuid = 'ep'")
        assert episode.fetchall() == [("Ann lives in Berlin", '["e"]', "{}")]


async def test_a_backup_of_an_older_file_is_restored_in_this_version(first: Path, tmp_path: Path) -> None:
    backup, path = tmp_path / "backup.sqlite", tmp_path / "restored.sqlite"
    await back_up(first, backup)
    assert version(first) == version(backup) == 1
    store = GraphitiStore(path, "default")
    await restore(path, backup, None)
    assert (await store.counts())["claims"] == 5
    await store.close()
    assert version(backup) == 1
    assert version(path) == len(schema.MIGRATIONS)
    assert await wrong_with(path) == []


async def test_a_kill_while_a_file_is_brought_up_to_date_leaves_one_that_opens(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    chance, versions = random.Random(1), set()
    expected = unpacked(RELEASED[0], tmp_path / "expected.sqlite")
    await GraphitiStore(expected, "default").close()
    for number in range(KILLS):
        path = unpacked(RELEASED[0], tmp_path / f"{number}.sqlite")
        process, said = started(processes, open_file, path)
        assert said.recv() == "opens"
        promised = killed(process, said, chance.uniform(0, 0.04))
        with closing(sqlite3.connect(path)) as connection:
            versions.add(connection.execute("PRAGMA user_version").fetchone()[0])
        assert not promised or version(path) == len(schema.MIGRATIONS)
        await GraphitiStore(path, "default").close()
        assert rows(path) == rows(expected)
        assert await wrong_with(path) == []
    assert versions == {1, len(schema.MIGRATIONS)}, "every kill came too early or too late"


async def test_two_processes_bring_a_file_up_to_date_at_once(processes: ForkServerContext, first: Path) -> None:
    both = [started(processes, open_file, first) for _ in range(2)]
    for process, said in both:
        assert [said.recv(), said.recv()] == ["opens", "opened"]
        process.kill()
        assert list(drained(said)) == []
        process.join()
    assert await wrong_with(first) == []
