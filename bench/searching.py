"""Searching by words, English and Chinese, rare and common, at now and in the past, at every size."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Sized
from pathlib import Path

from bench.claims import NOW, PAST, Model, read_by
from bench.table import Line
from bench.timing import Timed, in_turn
from bench.writing import TENANT, atlas_path
from modelatlas.agent.atlas import Atlas
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf

_LIMIT = 10
_COMMON = {
    "common English word": ("video", "model", "price"),
    "two English words": ("image editing", "portrait speech", "depth texture"),
    "common Chinese word": ("视频", "模型", "生成"),
    "two Chinese words": ("图像编辑 语音", "口型同步", "首尾帧 视频"),
}


async def lines(folder: Path, sizes: Sequence[int], reads: int) -> AsyncIterator[Line]:
    """Every kind of query at every size, and how much slower the largest is than the smallest."""
    found: dict[tuple[str, int], dict[str, Timed]] = {}
    for size in sizes:
        store = GraphitiStore(atlas_path(folder, size), TENANT)
        for kind, queries in _queries(size, reads).items():
            found[kind, size] = await in_turn(_calls(store), queries)
        await store.close()
    for kind in dict.fromkeys(kind for kind, _ in found):
        for size in sizes:
            for line in _lines(kind, size, found[kind, size], sizes[0], found[kind, sizes[0]]):
                yield line


def _queries(size: int, reads: int) -> dict[str, list[str]]:
    known = read_by(size, PAST)
    in_chinese = read_by(size, PAST, ["article"]) or known
    kinds = {
        "rare English word": [model.name.split("-")[0] for model in _spread(known, reads)],
        "rare Chinese word": [model.chinese for model in _spread(in_chinese, reads)],
    }
    return kinds | {kind: [words[n % len(words)] for n in range(reads)] for kind, words in _COMMON.items()}


def _spread(known: Sequence[Model], count: int) -> list[Model]:
    return [known[number * len(known) // count] for number in range(count)]


def _calls(store: GraphitiStore) -> dict[str, Callable[[str], Awaitable[Sized]]]:
    atlas = Atlas(store, lambda: NOW)
    return {
        "now": lambda query: store.search(query, AsOf.at(NOW), _LIMIT),
        "then": lambda query: store.search(query, AsOf.at(PAST), _LIMIT),
        "atlas": lambda query: atlas.search(query),
    }


def _lines(kind: str, size: int, found: dict[str, Timed], least: int, smallest: dict[str, Timed]) -> list[Line]:
    def line(what: str, timed: Timed, base: Timed | None, to: str, note: str) -> Line:
        return Line(
            group="search",
            what=f"{kind}, {what}",
            claims=size,
            figure=timed.p50,
            p95=timed.p95,
            unit="ms",
            ratio=timed.p50 / base.p50 if base else None,
            to=to,
            note=note,
        )

    grown = found is not smallest
    given = f"{found['now'].given:.1f} hits of at most {_LIMIT}"
    rows = [
        line("now", found["now"], smallest["now"] if grown else None, f"the same at {least:,}" if grown else "", given)
    ]
    rows.append(line(f"as of {PAST:%Y-%m-%d}", found["then"], found["now"], "now", ""))
    rows.append(line("atlas.search, now", found["atlas"], found["now"], "now", "also finds the names in the query"))
    return rows
