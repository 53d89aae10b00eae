"""Ingestion: bad lines are left out by name, the rest lands whole, and doing it again changes nothing."""

import gzip
import json
import lzma
from datetime import datetime
from itertools import permutations
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from line_files import claim, told, turn, write

from modelatlas.graph.errors import BadInput, UnreadableSource
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore
from modelatlas.ingest import pipeline
from modelatlas.ingest.pipeline import Summary, ingest, ingest_strictly, rehearse

GOOD = [claim(subject=f"M{number}", recorded_at="2026-01-01") for number in range(6)]
LONG = claim(object="x" * 1_000_000)


async def ingested(store: GraphStore, now: datetime, *paths: Path) -> Summary:
    return await ingest(store, paths, now=now, progress=lambda _: None)


async def subjects(store: GraphStore) -> list[str]:
    return sorted({fact.subject for fact in await store.recall(Pattern(), EVER)})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"subject": "A", "pred', "Invalid JSON"),
        ("[1, 2]", "object"),
        ("[" * 50_000, "Invalid JSON"),
        (claim(valid_from="soon"), "'soon' is not a date"),
        (claim(valid_from="2026-13"), "'2026-13' is not a date"),
        (claim(recorded_at="2025-02-29"), "'2025-02-29' is not a date"),
        (claim(valid_from="2026-02", valid_to="2026-01-31"), "valid_to 2026-01-31 is before valid_from 2026-02"),
        (claim(valid_from="2026-01-01", valid_to="2026-01-01"), "the end is exclusive"),
        (LONG, "longer than 1,000,000 bytes"),
        (claim(object="a\x00b"), "NUL"),
        (b'{"subject": "A\x00"}', "Invalid JSON"),
        (b'{"subject": "\xff\xfe"}', "not UTF-8"),
        ('{"subject": "\\ud800", "predicate": "p", "object": "o", "source": {"id": "s"}}', "Invalid JSON"),
        (claim(value={"nested": 1}), "value: should be a text, a finite number, true or false"),
        (json.dumps(claim(value=float("nan"))), "value: should be a text, a finite number"),
        (claim(object=None), "needs an object or a value"),
        (claim(source={}), "a source needs an id"),
        (claim(kind="maybe"), "kind: Input should be 'assert' or 'retract'"),
        (claim(colour="red"), "colour: Extra inputs are not permitted"),
        (claim(subject=""), "subject"),
    ],
)
async def test_a_bad_line_is_named_and_the_rest_lands_whole(
    store: GraphStore, now: datetime, tmp_path: Path, bad: Any, reason: str
) -> None:
    path = write(tmp_path / "claims.jsonl", [*GOOD[:3], bad, *GOOD[3:]])
    done = await ingested(store, now, path)
    assert (done.new, done.rejections) == (6, 1)
    (rejected,) = done.rejected
    assert (rejected.path, rejected.line) == (path, 4)
    assert reason in rejected.reason
    assert "\n" not in str(rejected)
    assert str(rejected).startswith(f"{path}:4: ")
    assert await subjects(store) == [f"M{number}" for number in range(6)]


async def test_a_bad_first_line_does_not_hide_the_rest(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    bad: list[Any] = ['{"sub', "[1]", "null", "{}", {"predicate": "task"}, LONG, b"\xff"]
    done = await ingested(store, now, write(tmp_path / "claims.jsonl", [*bad, *GOOD]))
    assert (done.new, [it.line for it in done.rejected]) == (6, [1, 2, 3, 4, 5, 6, 7])


@pytest.mark.parametrize("place", [0, 3, 6])
async def test_strictly_nothing_is_written_when_a_line_is_bad(
    store: GraphStore, now: datetime, tmp_path: Path, place: int
) -> None:
    first = write(tmp_path / "a.jsonl", GOOD[:1])
    second = write(tmp_path / "b.jsonl", [*GOOD[:place], claim(valid_from="soon"), *GOOD[place:]])
    before = await store.counts()
    with pytest.raises(BadInput, match=rf"b\.jsonl:{place + 1}: 'soon' is not a date.*Nothing was written"):
        await ingest_strictly(store, [first, second], now=now, progress=lambda _: None)
    assert await store.counts() == before


async def test_strictly_everything_is_written_when_all_is_good(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    done = await ingest_strictly(store, [write(tmp_path / "a.jsonl", GOOD)], now=now, progress=lambda _: None)
    assert (done.new, done.rejections, await subjects(store)) == (6, 0, [f"M{number}" for number in range(6)])


async def test_a_rehearsal_writes_nothing_and_predicts(
    store: GraphStore, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 2)
    await ingested(store, now, write(tmp_path / "before.jsonl", GOOD[:2]))
    claims = write(tmp_path / "claims.jsonl", [*GOOD, "{", *GOOD, GOOD[5], *GOOD[2:4]])
    turns = write(tmp_path / "turns.jsonl", [turn(), turn(text="No."), turn(), turn(text=None)])
    before = await store.counts()
    predicted = await rehearse(store, [claims, turns], now=now, progress=lambda _: None)
    assert await store.counts() == before
    assert predicted == await ingested(store, now, claims, turns)
    assert (predicted.new, predicted.known, predicted.episodes, predicted.rejections) == (4, 11, 2, 2)
    assert (await rehearse(store, [claims], now=now, progress=lambda _: None)).new == 0


async def test_ingesting_again_changes_nothing(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    undated = [claim(object="MIT"), claim(object="GPL-3.0", valid_from="2026-01"), turn()]
    paths = [write(tmp_path / "a.jsonl", [*GOOD, *undated[:2]]), write(tmp_path / "b.jsonl", undated[2:])]
    await ingested(store, now, *paths)
    before, counts = await store.history(Pattern()), await store.counts()
    again = await ingested(store, datetime(2027, 1, 1, tzinfo=now.tzinfo), *paths)
    assert (again.new, again.known, again.episodes) == (0, 8, 0)
    assert (await store.history(Pattern()), await store.counts()) == (before, counts)


async def test_any_order_of_files_gives_the_same_history(now: datetime, tmp_path: Path) -> None:
    files = [
        [claim(object="MIT", valid_from="2025-01-01", recorded_at="2025-01-02")],
        [
            claim(object="GPL-3.0", valid_from="2025-06", recorded_at="2025-07"),
            claim(object="MIT", valid_to="2025-03-01", recorded_at="2025-08-01"),
        ],
        [claim(object="MIT", kind="retract", valid_from="2025-02-01", recorded_at="2025-05-01")],
    ]
    paths = [write(tmp_path / f"{number}.jsonl", lines) for number, lines in enumerate(files)]
    histories = []
    for number, order in enumerate(permutations(paths)):
        for store in (MemoryStore("us"), GraphitiStore(tmp_path / f"{number}.sqlite", "us")):
            await ingested(store, now, *order)
            histories.append(await store.history(Pattern()))
            await store.close()
    assert len(histories[0]) == 4
    assert all(history == histories[0] for history in histories)


async def test_what_was_erased_stays_erased(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", GOOD)
    await ingested(store, now, path)
    await store.forget(Pattern(subject="M3"), now=now)
    predicted = await rehearse(store, [path], now=now, progress=lambda _: None)
    again = await ingested(store, now, path)
    assert again == predicted
    assert (again.new, again.known, again.forgotten) == (0, 5, 1)
    assert "M3" not in await subjects(store)


async def test_a_folder_stands_for_the_files_in_it_that_can_be_read(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write(tmp_path / "a.jsonl", GOOD[:2])
    write(tmp_path / "deep" / "b.ndjson", GOOD[2:4])
    packed = write(tmp_path / "deep" / "er" / "c.txt", GOOD[4:]).read_bytes()
    (tmp_path / "deep" / "er" / "c.jsonl.xz").write_bytes(lzma.compress(packed))
    (tmp_path / "notes.md").write_text("# 9.Nothing\n", encoding="utf-8")
    done = await ingested(store, now, tmp_path)
    assert (done.new, done.rejections) == (6, 0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jsonl", None, "none.jsonl does not exist."),
        ("empty.jsonl", b"", "empty.jsonl is empty."),
        ("blank.jsonl", b"\xef\xbb\xbf\n \n\n", "blank.jsonl is empty."),
        ("folder", b"", "holds no .jsonl, .jsonl.xz, .jsonl.gz, .ndjson file."),
        ("claims.csv", b"a,b\n", "claims.csv is of no kind that can be ingested; give .jsonl"),
        ("other.jsonl", b'{"a": 1}\n{"b": 2}\n', "other.jsonl:1: neither claims (subject, predicate"),
        ("a.jsonl.xz", lzma.compress(b'{"a": 1}\n' * 99)[:-9], "a.jsonl.xz cannot be read: "),
    ],
)
async def test_a_file_that_is_none_of_ours_is_one_sentence_and_writes_nothing(
    store: GraphStore, now: datetime, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    before = await store.counts()
    for run in (ingest, ingest_strictly, rehearse):
        with pytest.raises(BadInput) as caught:
            await run(store, [path], now=now, progress=lambda _: None)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")
    with pytest.raises(UnreadableSource) as caught:
        await ingested(store, now, path)
    assert said in str(caught.value)
    assert await store.counts() == before


async def test_what_landed_before_a_truncated_end_stays_and_the_rest_can_follow(
    store: GraphStore, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 1)
    lines = [claim(subject=f"M{number}", source={"id": "s", "url": token_hex(20_000)}) for number in range(40)]
    whole = write(tmp_path / "whole.jsonl", lines).read_bytes()
    path = tmp_path / "claims.jsonl.gz"
    path.write_bytes(gzip.compress(whole)[:-200_000])
    with pytest.raises(UnreadableSource, match="end-of-stream"):
        await ingested(store, now, path)
    landed = (await store.counts())["claims"]
    path.write_bytes(gzip.compress(whole))
    done = await ingested(store, now, path)
    assert (done.known, done.new) == (landed, 40 - landed)
    assert landed > 0


async def test_progress_tells_of_all_that_landed(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    heard: list[int] = []
    path = write(tmp_path / "a.jsonl", [*GOOD, "{"])
    await ingest(store, [path, write(tmp_path / "b.jsonl", [turn()])], now=now, progress=heard.append)
    assert sum(heard) == 7


async def test_every_rejection_is_counted_but_only_so_many_are_kept(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", [*GOOD, *["{"] * (pipeline.KEPT_REJECTIONS + 5)])
    done = await ingested(store, now, path)
    assert (done.new, done.rejections, len(done.rejected)) == (6, 1005, 1000)
    assert done.json_value()["rejections"] == 1005


@pytest.mark.parametrize("text", ["👩‍👩‍👧 🦊", "שלום עולם", "مرحبا", "通义万相", "Ünïcödé\u200f\u202e", "a\u2028b"])
async def test_text_of_any_language_comes_back_as_it_was(
    store: GraphStore, now: datetime, tmp_path: Path, text: str
) -> None:
    path = write(tmp_path / "a.jsonl", [claim(subject=text, object=text, qualifiers={text: text})])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert (await ingested(store, now, path)).new == 1
    (fact,) = await store.recall(Pattern(subject=text, object=text), EVER)
    assert (fact.subject, fact.object, fact.qualifiers) == (text, text, {text: text})
    assert told([fact])[0]["source"]["id"] == "README"
