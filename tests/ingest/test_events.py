"""The reader of dated events: how one event bears on another, whatever the order of the lines, and bad lines."""

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from answers import bounds
from catalogue_file import EVENTS, Loaded
from line_files import write

from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.pipeline import Summary, ingest

pytest_plugins = ("catalogue_store",)

PLACES = ("variant_of", "family")


def event(name: str, object: str = "MIT", **parts: Any) -> dict[str, Any]:
    good = {
        "id": name,
        "model": "Wan",
        "subject": "Wan",
        "predicate": "licence_code",
        "object": object,
        "valid_from": "2025-01-01",
        "valid_to": None,
        "precision": {"valid_from": "day", "valid_to": "unknown"},
        "recorded_at": "2025-01-02",
        "supersedes": None,
        "kind": "assertion",
        "confidence": "primary",
        "source": {"title": "README", "url": "https://a.b", "date": "2025-01-02"},
    }
    return good | parts


def later(name: str, old: str, object: str = "GPL-3.0", **parts: Any) -> dict[str, Any]:
    changed = {"valid_from": "2025-06-01", "recorded_at": "2025-06-02", "supersedes": old, "kind": "change"}
    return event(name, object, **(changed | parts))


async def history(now: datetime, folder: Path, *lines: Any) -> list[Fact]:
    store = MemoryStore("us")
    done = await ingested(store, now, folder, *lines)
    assert done.rejected == ()
    return await store.history(Pattern(predicate="licence_code"))


async def ingested(store: GraphStore, now: datetime, folder: Path, *lines: Any) -> Summary:
    return await ingest(store, [write(folder / "events.jsonl", lines)], now=now, progress=lambda _: None)


def periods(facts: list[Fact]) -> set[tuple[str | None, ...]]:
    return {(fact.object, *bounds(fact)) for fact in facts}


async def test_a_change_closes_what_it_supersedes_when_it_is_recorded(now: datetime, tmp_path: Path) -> None:
    assert periods(await history(now, tmp_path, event("1"), later("2", "1"))) == {
        ("MIT", "2025-01-01", None, "2025-01-02", "2025-06-02"),
        ("MIT", "2025-01-01", "2025-06-01", "2025-06-02", None),
        ("GPL-3.0", "2025-06-01", None, "2025-06-02", None),
    }


async def test_a_change_also_closes_the_renewals_by_other_sources(now: datetime, tmp_path: Path) -> None:
    other = {"title": "Paper", "url": "https://c.d"}
    renewed = event("2", recorded_at="2025-03-01", supersedes="1", source=other)
    facts = await history(now, tmp_path, event("1"), renewed, later("3", "2"))
    open_ends = [fact for fact in facts if fact.believed.end is None and fact.valid.end is None]
    assert [fact.object for fact in open_ends] == ["GPL-3.0"]
    assert {fact.source.title for fact in facts if fact.object == "MIT"} == {"README", "Paper"}


async def test_a_correction_takes_back_for_all_time(now: datetime, tmp_path: Path) -> None:
    assert periods(await history(now, tmp_path, event("1"), later("2", "1", kind="correction"))) == {
        ("MIT", "2025-01-01", None, "2025-01-02", "2025-06-02"),
        ("GPL-3.0", "2025-06-01", None, "2025-06-02", None),
    }


async def test_of_two_recorded_at_one_time_the_successor_comes_last(now: datetime, tmp_path: Path) -> None:
    for kind, left in (("change", {"MIT", "GPL-3.0"}), ("correction", {"GPL-3.0"})):
        chain = [event("9"), later("5", "9", recorded_at="2025-01-02", kind=kind)]
        assert {fact.object for fact in await history(now, tmp_path, *chain)} == left
        newest = later("1", "5", "BSD", valid_from="2025-07-01", recorded_at="2025-01-02")
        facts = await history(now, tmp_path, newest, *chain)
        assert [fact.object for fact in facts if fact.valid.end is None] == ["BSD"]


async def test_a_statement_that_came_on_record_after_its_end_has_its_end_with_it(now: datetime, tmp_path: Path) -> None:
    late = event("1", valid_from=None, recorded_at="2025-09-01")
    facts = await history(now, tmp_path, late, later("2", "1", source={"title": "Other", "url": "https://c.d"}))
    (mit,) = [fact for fact in facts if fact.object == "MIT"]
    assert mit.valid.end is not None
    assert (mit.valid.end.text, mit.believed.start.text) == ("2025-06-01", "2025-09-01")


async def test_a_change_on_an_unknown_day_came_between_the_two_records(now: datetime, tmp_path: Path) -> None:
    facts = await history(now, tmp_path, event("1"), later("2", "1", valid_from=None))
    (gpl,) = [fact for fact in facts if fact.object == "GPL-3.0"]
    assert gpl.valid.start.text == "[2025-01-03T00:00:00Z..2025-06-02T00:00:00Z]"
    same_day = later("2", "1", valid_from=None, recorded_at="2025-01-02T18:00:00Z")
    facts = await history(now, tmp_path, event("1"), same_day)
    assert {fact.object for fact in facts if fact.believed.end is None} == {"MIT", "GPL-3.0"}
    (gpl,) = [fact for fact in facts if fact.object == "GPL-3.0"]
    assert gpl.valid.start.text == "[2025-01-02T00:00:00Z..2025-01-02T18:00:00Z]"


async def test_a_conflict_and_a_promise_end_nothing(now: datetime, tmp_path: Path) -> None:
    conflict = later("2", "1", kind="conflict")
    promise = later("3", "", "BSD", kind="promise", supersedes=None)
    facts = await history(now, tmp_path, event("1"), conflict, promise)
    assert {(fact.object, fact.qualifiers.get("standing")) for fact in facts} == {
        ("MIT", None),
        ("GPL-3.0", "conflict"),
        ("BSD", "promise"),
    }
    assert all(fact.valid.end is None and fact.believed.end is None for fact in facts)


async def test_two_statements_of_nobody_in_particular_stand_side_by_side(now: datetime, tmp_path: Path) -> None:
    rumour = {"title": "Press variant", "url": None, "date": None}
    lines = [event(name, name, kind="conflict", source=rumour) for name in ("16th", "21st")]
    facts = await history(now, tmp_path, *lines)
    assert sorted((str(fact.object), *bounds(fact)[1::2]) for fact in facts) == [
        ("16th", None, None),
        ("21st", None, None),
    ]


async def test_an_event_that_supersedes_nothing_on_record_stands_alone(now: datetime, tmp_path: Path) -> None:
    (fact,) = await history(now, tmp_path, later("2", "lost"))
    assert (fact.object, fact.ref) == ("GPL-3.0", "2")


async def test_a_long_chain_of_coarse_records_is_read(now: datetime, tmp_path: Path) -> None:
    parts = {"recorded_at": "2025", "valid_from": "2025"}
    chain = [event("0", "V0", **parts)]
    chain += [later(str(n), str(n - 1), f"V{n}", **parts) for n in range(1, 1100)]
    path = write(tmp_path / "events.jsonl", reversed(chain))
    done = await ingest(MemoryStore("us"), [path], now=now, progress=lambda _: None)
    assert (done.rejections, done.new) == (0, 2199)


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"recorded_at": "soon"}, "'soon' is not a date"),
        ({"valid_from": "2025-02-30"}, "'2025-02-30' is not a date"),
        ({"valid_to": "never"}, "'never' is not a date"),
        ({"valid_to": "2024-12-31"}, "before valid_from 2025-01-01"),
        ({"source": {"title": "README", "date": "sometime"}}, "'sometime' is not a date"),
        ({"source": {"title": "README", "date": 7}}, "date"),
        ({"source": "README"}, "source"),
        ({"source": {}}, "a source needs an id"),
        ({"id": ["1"]}, "id"),
        ({"id": None}, "id"),
        ({"subject": {}}, "subject"),
        ({"model": 7}, "model"),
        ({"supersedes": ["0"]}, "supersedes"),
        ({"kind": "rumour"}, "kind"),
        ({"confidence": "sure"}, "confidence"),
        ({"object": None}, "needs an object or a value"),
        ({"object": "a\x00b"}, "NUL"),
        ({"value": {"nested": 1}}, "value"),
    ],
)
async def test_a_bad_event_is_named_and_the_rest_lands(
    now: datetime, tmp_path: Path, spoiled: dict[str, Any], reason: str
) -> None:
    store = MemoryStore("us")
    lines = [event("0"), event("1") | spoiled, later("2", "1"), later("3", "0", "BSD")]
    done = await ingested(store, now, tmp_path, *lines)
    assert [it.line for it in done.rejected] == [2]
    assert reason in done.rejected[0].reason
    assert {claim.ref async for claim in store.claims()} == {"0", "2", "3"}


@pytest.mark.parametrize("bad", ['{"id": "1", "mod', "[1]", "7", b"\xff", "[" * 50_000])
async def test_a_line_that_is_no_event_is_named_and_the_rest_lands(
    now: datetime, tmp_path: Path, bad: str | bytes
) -> None:
    done = await ingested(MemoryStore("us"), now, tmp_path, event("0"), bad, later("2", "0"))
    assert ([it.line for it in done.rejected], done.new) == ([2], 3)


async def test_events_that_supersede_each_other_in_a_circle_are_named(now: datetime, tmp_path: Path) -> None:
    circle = [later("1", "3"), later("2", "1"), later("3", "2")]
    done = await ingested(MemoryStore("us"), now, tmp_path, event("0"), *circle, later("4", "0"))
    assert sorted(it.line for it in done.rejected) == [2, 3, 4]
    assert all("lead back to itself" in it.reason for it in done.rejected)


async def test_an_id_means_one_event(now: datetime, tmp_path: Path) -> None:
    done = await ingested(MemoryStore("us"), now, tmp_path, event("1"), event("1", "BSD"), event("1"))
    assert [(it.line, it.reason) for it in done.rejected] == [(2, "line 1 is another event with this id")]
    assert done.new == 1


async def test_the_order_of_the_lines_does_not_matter(loaded: Loaded, now: datetime, tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(EVENTS, len(EVENTS))
    ordered, mixed = MemoryStore("us"), MemoryStore("us")
    await ingested(ordered, now, tmp_path, *EVENTS)
    await ingested(mixed, now, tmp_path, *shuffled)
    one, other = await ordered.history(Pattern()), await mixed.history(Pattern())
    assert [it for it in one if it.predicate not in PLACES] == [it for it in other if it.predicate not in PLACES]
    placed = [{(it.subject, it.object) for it in facts if it.predicate in PLACES} for facts in (one, other)]
    assert placed[0] == placed[1]


async def test_the_catalogue_again_changes_nothing(loaded: Loaded, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "copy.sqlite"
    path.write_bytes(loaded.path.read_bytes())
    store = GraphitiStore(path, "us")
    before = await store.recall(Pattern(), AsOf.at(now))
    done = await ingested(store, now, tmp_path, *EVENTS)
    assert (done.new, done.rejections) == (0, 0)
    assert await store.recall(Pattern(), AsOf.at(now)) == before
    await store.close()
