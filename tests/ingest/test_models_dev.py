"""The models.dev reader: any field of any entity at any date is what replaying the events up to it gives."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from line_files import write

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.pipeline import ingest

Event = dict[str, Any]
Replay = Mapping[tuple[str, str], Sequence[tuple[datetime, Any]]]

FIRST = datetime(2025, 6, 4, 22, 41, 51, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ENTITIES = ["anthropic/claude-sonnet-4", "alibaba/wan2.1-t2v"]
FIELDS = ["cost.input", "release_date", "modalities.input", "attachment", "licence_code"]
VALUES = st.one_of(
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["", "2025-05-22", "通义万相 🦊", "true", "1"]),
    st.lists(st.sampled_from(["text", "image", "audio"]), max_size=3),
    st.dictionaries(st.sampled_from(["input", "output"]), st.integers(0, 9), max_size=2),
)


def event(at: datetime, entity: str, field: str, old: object, new: object) -> Event:
    op = "assert" if old is None else "retract" if new is None else "change"
    made = {"entity": entity, "field": field, "op": op, "old": old, "new": new}
    return {"tx": at.isoformat(), "commit": f"{abs(hash(at)):012x}"[:12], **made}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events as the replayed commits give them: one a field a commit, each from what stood there before."""
    events: list[Event] = []
    standing: dict[tuple[str, str], Any] = {}
    at = FIRST
    for _ in range(draw(st.integers(1, 12))):
        at += timedelta(seconds=draw(st.integers(1, 90 * 86400)))
        changed = st.tuples(st.sampled_from(ENTITIES), st.sampled_from(FIELDS))
        for key in draw(st.lists(changed, min_size=1, max_size=4, unique=True)):
            old = standing.get(key)
            new = draw(VALUES) if old is None else draw(st.none() | VALUES)
            if repr(new) != repr(old):
                events.append(event(at, *key, old, new))
                standing[key] = new
    return events


def replay(events: Sequence[Event]) -> Replay:
    found: dict[tuple[str, str], list[tuple[datetime, Any]]] = defaultdict(list)
    for it in events:
        found[it["entity"], it["field"]].append((datetime.fromisoformat(it["tx"]), it["new"]))
    return found


def listed(changes: Sequence[tuple[datetime, Any]], at: datetime) -> list[Any]:
    """What the listing says at an instant: the value of the last event up to it."""
    last = [new for tx, new in changes if tx <= at][-1:]
    return [_plain(new) for new in last if new is not None]


async def equals_its_replay(store: GraphStore, events: Sequence[Event], path: Path) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    done = await ingest(store, [write(path, events)], now=now, progress=lambda _: None)
    assert (done.new, done.rejections) == (len(events), 0)
    for (entity, field), changes in replay(events).items():
        about = Pattern(subject=entity, predicate=field)
        instants = [tx + shift for tx, _ in changes for shift in (-TICK, timedelta(0), timedelta(days=30))]
        for at in [FIRST - TICK, *instants, now]:
            for believed in (at, now):
                facts = await store.recall(about, AsOf(valid=at, believed=believed))
                assert [repr(fact.value) for fact in facts] == [repr(it) for it in listed(changes, at)]
                assert all(fact.certainty == "certain" for fact in facts)
        for (before, _), (tx, _) in pairwise(changes):
            foreseen = await store.recall(about, AsOf(valid=tx, believed=tx - TICK))
            assert [repr(it.value) for it in foreseen] == [repr(it) for it in listed(changes, before)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
async def test_any_field_at_any_date_equals_replaying_the_events(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    folder = tmp_path_factory.mktemp("listing")
    store = GraphitiStore(folder / "atlas.sqlite", "us")
    if events:
        await equals_its_replay(store, events, folder / "events.jsonl")
    await store.close()


async def test_a_price_is_listed_until_it_changes_and_a_removed_one_is_gone(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    entity, field = ENTITIES[0], "cost.input"
    days = [FIRST + timedelta(days=day) for day in (0, 10, 20, 30)]
    values = [None, 3, 3.5, None, 3]
    events = [event(day, entity, field, *values[place : place + 2]) for place, day in enumerate(days)]
    done = await ingest(store, [write(tmp_path / "e.jsonl", events)], now=now, progress=lambda _: None)
    assert done.new == 4
    seen = {}
    for day in range(-1, 32, 3):
        facts = await store.recall(Pattern(subject=entity, predicate=field), AsOf.at(FIRST + timedelta(days=day)))
        seen[day] = [fact.value for fact in facts]
    assert seen == {-1: [], 2: [3], 5: [3], 8: [3], 11: [3.5], 14: [3.5], 17: [3.5]} | {
        20: [],
        23: [],
        26: [],
        29: [],
    }
    (fact,) = await store.recall(Pattern(subject=entity, predicate=field), AsOf.at(now))
    assert (fact.value, fact.valid.start.latest, fact.valid.end) == (3, days[3], None)
    assert (fact.source.id, fact.source.commit, fact.source.date) == ("models.dev", events[3]["commit"], "2025-07-04")
    assert fact.functional


async def test_a_nested_value_is_kept_as_json_and_a_list_as_a_list(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    nested = {"output": 2, "input": [1]}
    events = [event(FIRST, ENTITIES[0], "limit", None, nested), event(FIRST, ENTITIES[0], "tags", None, ["a", "b"])]
    await ingest(store, [write(tmp_path / "e.jsonl", events)], now=now, progress=lambda _: None)
    values = {it.predicate: it.value for it in await store.recall(Pattern(), AsOf.at(now))}
    assert values == {"limit": '{"input": [1], "output": 2}', "tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"tx": "June"}, "'June' is not a date"),
        ({"entity": ""}, "subject"),
        ({"field": 7}, "field"),
        ({"extra": 1}, "extra: Extra inputs are not permitted"),
    ],
)
async def test_a_bad_event_is_named_and_the_rest_lands(
    store: GraphStore, now: datetime, tmp_path: Path, spoiled: Event, reason: str
) -> None:
    good = [event(FIRST, ENTITIES[0], field, None, 1) for field in FIELDS]
    path = write(tmp_path / "e.jsonl", [good[0], good[1] | spoiled, *good[2:]])
    done = await ingest(store, [path], now=now, progress=lambda _: None)
    assert (done.new, [it.line for it in done.rejected]) == (4, [2])
    assert reason in done.rejected[0].reason


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value
