"""What a check finds: nothing in what the program wrote, and whatever else has happened to the file."""

import asyncio
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import drained, started
from stored_rows import rows, wrong_with
from utterances import LATER, on, said
from writers import check_as_nobody

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.care import soundness
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.compaction import compact
from modelatlas.graph.sqlite.care.soundness import check
from modelatlas.graph.sqlite.database import Database

pytest_plugins = ("forked", "furnished")

BELIEF = "line IS NOT NULL AND name = 'parameters'"


async def test_nothing_is_wrong_with_what_the_program_wrote(furnished: Path) -> None:
    before = rows(furnished)
    sound = await check(furnished)
    assert (sound.found, sound.findings, sound.unchecked) == (0, (), ())
    assert sound.checked["claims"] > 25
    assert sound.checked["beliefs"] > 25
    assert sound.checked["other edges"] == sound.checked["communities"] == sound.checked["sagas"] == 1
    assert rows(furnished) == before
    assert [file.name for file in furnished.parent.iterdir()] == ["atlas.sqlite"]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            f"UPDATE edge SET valid_at = valid_at + 1 WHERE {BELIEF}",
            "The belief .*14 B.* is stored otherwise \\(valid_at",
        ),
        (f"UPDATE edge SET expired_at = 1 WHERE {BELIEF}", "is stored otherwise \\(expired_at\\)"),
        (f"UPDATE edge SET fact = 'a lie' WHERE {BELIEF}", "is stored otherwise \\(fact\\)"),
        (f"UPDATE edge SET episodes = '[\"x\"]' WHERE {BELIEF}", "is stored otherwise \\(episodes\\)"),
        (
            f"UPDATE edge SET attributes = json_set(attributes, '$.value', 15) WHERE {BELIEF}",
            "otherwise \\(attributes\\)",
        ),
        (f"UPDATE edge SET attributes = '{{' WHERE {BELIEF}", "otherwise \\(attributes\\)"),
        (f"UPDATE edge SET line = x'00' WHERE {BELIEF}", "follows from the claims and is not stored"),
        (f"UPDATE edge SET uuid = 'another' WHERE {BELIEF}", "stored belief another does not follow"),
        (f"DELETE FROM edge WHERE {BELIEF}", "follows from the claims and is not stored"),
        ("UPDATE claim SET body = replace(body, '14', '15')", "is not as it was recorded \\(uuid\\)"),
        ("UPDATE claim SET body = '{' WHERE id = 1", "\\(row 1\\) cannot be read as a claim"),
        ("UPDATE claim SET subject = 'x' WHERE id = 1", "is not as it was recorded \\(subject\\)"),
        ("UPDATE claim SET recorded_at = 7 WHERE id = 1", "is not as it was recorded \\(recorded_at\\)"),
        ("UPDATE claim SET line = x'ff' WHERE id = 1", "is not as it was recorded \\(line\\)"),
        ("DELETE FROM claim WHERE id = 1", "does not follow from the claims"),
        ("INSERT INTO forgotten SELECT tenant, uuid FROM claim WHERE id = 1", "although it was erased"),
        (
            "DELETE FROM episode WHERE attributes ->> '$.source.id' = 'card'",
            "which the claim .* rests on, is not there",
        ),
        ("UPDATE episode SET uuid = 'x' WHERE content LIKE '%图像编辑%'", "The episode x has not the id"),
        (
            "UPDATE episode SET attributes = '{\"source\": 1}' WHERE content LIKE '%图像编辑%'",
            "The episode .* cannot be read",
        ),
        ("UPDATE episode SET content = 'other' WHERE attributes ->> '$.source' IS NULL", "not find the episode"),
        ("UPDATE entity SET name = 'Wan 3' WHERE name = 'Wan 2.1'", "source of the belief .*'Wan 2.1', is not there"),
        ("UPDATE entity SET group_id = 'x' WHERE name = 'Ann'", "is no entity of its group"),
        ("UPDATE entity SET name_key = 'x' WHERE name = 'Ann'", "'Ann'\\) is not found by its name"),
        ("DELETE FROM entity WHERE name = 'Ann'", "refers to a row of entity that is not there"),
        ("DELETE FROM entity WHERE name = 'Wan 2.1'", "'Wan 2.1', is not there under that name"),
        ("UPDATE entity SET summary = 'plays' WHERE name LIKE 'Bob%'", "not find the node"),
        ("UPDATE community SET summary = 'plays'", "not find the node"),
        ("UPDATE edge SET fact = 'other' WHERE line IS NULL", "does not find the edge"),
        ("UPDATE edge_words SET words = 'other' WHERE rowid = 1", "A search does not find the belief"),
        ("DELETE FROM edge_words WHERE rowid = 1", "A search does not find the belief"),
        ("INSERT INTO episode_words (rowid, words) VALUES (99, 'x')", "search words 99 are of no episode"),
        (
            "UPDATE edge_words_data SET block = x'00' WHERE id > 10",
            "full-text index edge_words is not what its texts come to",
        ),
        ("UPDATE edge_words_content SET c0 = 'other' WHERE id = 1", "full-text index edge_words is not"),
        ("UPDATE edge_vector SET vector = x'0102'", "The vector .* of edge is cut short"),
        ("UPDATE vector_index SET group_id = 'x' WHERE kind = 'edge'", "of edge is in the heap of another group"),
        ("DELETE FROM entity_code", "The vector .* of entity is in no index"),
        ("UPDATE member SET target_node_uuid = 'x'", "member x of a community is not there"),
        ("UPDATE mention SET target_node_uuid = 'x'", "refers to a row of entity that is not there"),
        ("DROP INDEX edge_sight", "The index edge_sight is missing"),
        ("DROP TABLE saga", "The table saga is missing"),
        ("DROP TRIGGER edge_gone", "The trigger edge_gone is missing"),
        ("DROP INDEX claim_line", "claims and beliefs cannot be read to their end"),
        ("ALTER TABLE saga DROP COLUMN summary", "The column summary of saga is missing"),
    ],
)
async def test_whatever_is_not_as_it_should_be_is_found(furnished: Path, harm: str, told: str) -> None:
    with closing(sqlite3.connect(furnished, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)
        before = connection.total_changes
        connection.execute(harm)
        assert connection.total_changes > before or not harm.startswith(("UPDATE", "DELETE", "INSERT"))
    found = await wrong_with(furnished)
    assert any(re.search(told, text) for text in found), found
    assert all(text.endswith(".") and "\n" not in text for text in found)


async def test_every_page_that_is_damaged_is_found(furnished: Path) -> None:
    whole = furnished.read_bytes()
    for page in range(len(whole) // 4096):
        for garbage in (b"\x00" * 4096, b"\x77" * 4096):
            furnished.write_bytes(whole[: page * 4096] + garbage + whole[(page + 1) * 4096 :])
            furnished.with_name("atlas.sqlite-wal").unlink(missing_ok=True)
            assert await wrong_with(furnished), f"page {page + 1} was damaged and nothing was found"


async def test_a_check_sees_one_moment_while_others_write(furnished: Path) -> None:
    loop, wrote = asyncio.get_running_loop(), list[object]()
    store = GraphitiStore(furnished, "us")

    def progress(part: str, done: int, total: int) -> None:
        claim = said(f"task {len(wrote)}", predicate="task")
        if part in ("pages", "claims", "rows of entity"):
            wrote.append(asyncio.run_coroutine_threadsafe(store.record([claim], now=on(LATER)), loop).result(60))

    sound = await check(furnished, progress=progress)
    assert sound.findings == ()
    assert len(wrote) > 2
    assert (await store.counts())["claims"] >= len(wrote)
    await store.close()
    assert await wrong_with(furnished) == []


async def test_of_very_many_findings_the_first_are_listed_and_all_are_counted(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundness, "LISTED", 3)
    with closing(sqlite3.connect(furnished, isolation_level=None)) as connection:
        connection.execute("UPDATE edge SET fact = 'a lie' WHERE line IS NOT NULL")
    sound = await check(furnished)
    assert len(sound.findings) == 3
    assert sound.found >= sound.checked["beliefs"]


async def test_a_check_of_nothing_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no atlas at"):
        await check(tmp_path / "atlas.sqlite")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(BadInput, match="nothing in it"):
        await check(tmp_path / "empty.sqlite")
    assert (tmp_path / "empty.sqlite").read_bytes() == b""


def test_a_backup_that_may_only_be_read_is_checked_but_for_what_needs_writing(
    processes: ForkServerContext, furnished: Path
) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    path = folder / "backup.sqlite"
    asyncio.run(back_up(furnished, path))
    path.chmod(0o444)
    folder.chmod(0o555)
    process, told = started(processes, check_as_nobody, path)
    (sound,) = drained(told)
    process.join()
    folder.chmod(0o755)
    shutil.rmtree(folder)
    assert sound.findings == ()
    assert sound.checked["claims"] > 25
    assert ["full-text" in text for text in sound.unchecked] == [True]


async def test_compacting_makes_a_file_smaller_and_loses_nothing(furnished: Path) -> None:
    store = GraphitiStore(furnished, "us")
    many = [said("MIT", subject=f"model {number}", source="big") for number in range(2000)]
    await store.record(many, now=on(LATER))
    await store.close()
    with closing(sqlite3.connect(furnished, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE ballast (x)")
        connection.execute("INSERT INTO ballast SELECT randomblob(3000) FROM claim")
        connection.execute("DROP TABLE ballast")
    before = rows(furnished)
    database = Database(furnished)
    done = await compact(database)
    await database.close()
    assert done.after < done.before - 3000 * 2000
    assert done.after == furnished.stat().st_size
    assert rows(furnished) == before
    assert await wrong_with(furnished) == []


async def test_a_file_that_another_reads_is_not_compacted(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelatlas.graph.sqlite.database.SHRINK_SECONDS", 0.1)
    database = Database(furnished)
    with closing(sqlite3.connect(furnished, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM claim").fetchone()
        with pytest.raises(StoreError, match=r"not made smaller.*another process.*nothing is lost"):
            await compact(database)
    before = rows(furnished)
    assert (await compact(database)).after > 0
    await database.close()
    assert rows(furnished) == before


async def test_after_forgetting_nothing_is_wrong(furnished: Path) -> None:
    store = GraphitiStore(furnished, "us")
    await store.forget(Pattern(subject="Wan 2.1"), now=on(LATER))
    await store.close()
    assert await wrong_with(furnished) == []
