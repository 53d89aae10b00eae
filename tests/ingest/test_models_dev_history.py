"""The whole replayed history of models.dev, where it lies beside the checkout: any field at any date is the replay."""

import json
import lzma
import random
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.ingest.pipeline import ingest

HISTORY = Path(__file__).parents[3] / "shared" / "data" / "models_dev" / "change_events.jsonl.xz"
CHECKED = 1500


@pytest.mark.skipif(not HISTORY.exists(), reason="the models.dev history is not beside this checkout")
async def test_any_field_at_any_date_equals_replaying_all_events(tmp_path: Path, now: datetime) -> None:
    replay: dict[tuple[str, str], list[tuple[datetime, Any]]] = defaultdict(list)
    with lzma.open(HISTORY, "rt", encoding="utf-8") as file:
        for event in map(json.loads, file):
            replay[event["entity"], event["field"]].append((datetime.fromisoformat(event["tx"]), event["new"]))
    store = GraphitiStore(tmp_path / "atlas.sqlite", "main")
    try:
        done = await ingest(store, [HISTORY], now=now, progress=lambda more: None)
        assert (done.new, done.rejections) == (176_440, 0)
        chosen = random.Random(7)
        keys = sorted(replay)
        for _ in range(CHECKED):
            entity, field = chosen.choice(keys)
            events = replay[entity, field]
            edge = chosen.choice(events)[0]
            at = edge + chosen.choice(
                [timedelta(0), timedelta(microseconds=-1), timedelta(hours=chosen.randrange(9999))]
            )
            listed = events[place - 1][1] if (place := bisect_right([tx for tx, _ in events], at)) else None
            for believed in (at, max(at, now), datetime(2030, 1, 1, tzinfo=UTC)):
                facts = await store.recall(Pattern(subject=entity, predicate=field), AsOf(valid=at, believed=believed))
                assert [_plain(fact.value) for fact in facts] == ([] if listed is None else [_plain(listed)])
                assert all(fact.certainty == "certain" for fact in facts)
    finally:
        await store.close()


def _plain(value: Any) -> Any:
    nested = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(it, dict | list) for it in value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if nested else value
