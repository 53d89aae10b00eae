"""The whole replayed history of models.dev, where it lies beside the checkout: any field at any date is the replay."""

import json
import lzma
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from line_files import write

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.pipeline import ingest
from store_kinds import SERVERS, OpenStore

HISTORY = Path(__file__).parents[3] / "shared" / "data" / "models_dev" / "change_events.jsonl.xz"
CHECKED = 1500
SLICE = 1_500

pytestmark = pytest.mark.skipif(not HISTORY.exists(), reason="the models.dev history is not beside this checkout")

Replay = dict[tuple[str, str], list[tuple[datetime, Any]]]


async def test_any_field_at_any_date_equals_replaying_all_events(tmp_path: Path, now: datetime) -> None:
    store = GraphitiStore(tmp_path / "atlas.sqlite", "main")
    try:
        done = await ingest(store, [HISTORY], now=now, progress=lambda more: None)
        assert (done.new, done.rejections) == (176_440, 0)
        await equals(replayed(events()), store, now, CHECKED)
    finally:
        await store.close()


@pytest.mark.parametrize("open_store", SERVERS, indirect=True)
async def test_on_a_server_any_field_of_some_models_equals_replaying_their_events(
    open_store: OpenStore, tmp_path: Path, now: datetime
) -> None:
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events():
        changes[event["entity"]].append(event)
    chosen: list[dict[str, Any]] = []
    for entity in random.Random(3).sample(sorted(changes), len(changes)):
        if len(chosen) < SLICE:
            chosen += changes[entity]
    chosen.sort(key=lambda event: datetime.fromisoformat(event["tx"]))
    store = open_store()
    done = await ingest(store, [write(tmp_path / "slice.jsonl", chosen)], now=now, progress=lambda more: None)
    assert (done.new, done.rejections) == (len(chosen), 0)
    await equals(replayed(chosen), store, now, CHECKED // 15)


def events() -> Iterator[dict[str, Any]]:
    with lzma.open(HISTORY, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def replayed(of: Iterable[dict[str, Any]]) -> Replay:
    """Every value that each field of each model took on, and when."""
    replay: Replay = defaultdict(list)
    for event in of:
        replay[event["entity"], event["field"]].append((datetime.fromisoformat(event["tx"]), event["new"]))
    return replay


async def equals(replay: Replay, store: GraphStore, now: datetime, count: int) -> None:
    """So many recalls at random places and times are what the replay says."""
    chosen = random.Random(7)
    keys = sorted(replay)
    for _ in range(count):
        entity, field = chosen.choice(keys)
        changes = replay[entity, field]
        edge = chosen.choice(changes)[0]
        at = edge + chosen.choice([timedelta(0), timedelta(microseconds=-1), timedelta(hours=chosen.randrange(9999))])
        listed = changes[place - 1][1] if (place := bisect_right([tx for tx, _ in changes], at)) else None
        for believed in (at, max(at, now), datetime(2030, 1, 1, tzinfo=UTC)):
            facts = await store.recall(Pattern(subject=entity, predicate=field), AsOf(valid=at, believed=believed))
            assert [_plain(fact.value) for fact in facts] == ([] if listed is None else [_plain(listed)])
            assert all(fact.certainty == "certain" for fact in facts)


def _plain(value: Any) -> Any:
    nested = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(it, dict | list) for it in value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if nested else value
