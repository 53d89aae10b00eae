"""Whatever a Graphiti client saves to a modelatlas file comes back as it was."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from graphiti_core.utils.maintenance.graph_data_operations import retrieve_episodes
from graphiti_parts import edge, saved_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver
from modelatlas.graph.text import name_key

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["图像编辑", "🎬👩‍👧", "'\"; DROP TABLE edge; --", "O'Neil \\ “好”", " ", "\n\t\x1f\x7f", "\u202e\ufeff", "Ａ１"]
)
LABELS = st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), max_size=3, unique=True)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3))
ATTRIBUTES = st.dictionaries(TEXTS, JSON, max_size=3)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(timezones=OFFSETS).filter(lambda time: 1 < time.year < 9999)
VECTORS = st.none() | st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5)
GROUPS = TEXTS.filter(bool)


def with_a_new_file(work: Callable[[SqliteDriver], Awaitable[None]]) -> None:
    async def run(folder: str) -> None:
        driver = SqliteDriver(Path(folder) / "atlas.sqlite")
        try:
            await work(driver)
        finally:
            await driver.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        EntityNode,
        uuid=TEXTS,
        name=TEXTS,
        group_id=GROUPS,
        labels=LABELS,
        created_at=TIMES,
        summary=TEXTS,
        attributes=ATTRIBUTES,
        name_embedding=VECTORS,
    )
)
def test_any_node_comes_back_as_it_was_saved(it: EntityNode) -> None:
    async def work(driver: SqliteDriver) -> None:
        await it.save(driver)
        back = await EntityNode.get_by_uuid(driver, it.uuid)
        await back.load_name_embedding(driver)
        labels = it.labels if "Entity" in it.labels else [*it.labels, "Entity"]
        assert back.model_dump() == it.model_dump() | {"labels": labels}
        assert back.created_at.utcoffset() == timedelta(0)
        assert await EntityNode.get_by_group_ids(driver, [it.group_id]) == [it]
        assert await EntityNode.get_by_names(driver, [it.name], [it.group_id]) == [it][: bool(it.name) or 1]
        keys = await driver.database.read(lambda db: [row[0] for row in db.execute("SELECT name_key FROM entity")])
        assert keys == [name_key(it.name)]
        await it.delete(driver)
        assert await EntityNode.get_by_uuids(driver, [it.uuid]) == []

    with_a_new_file(work)


@settings(max_examples=60, deadline=None)
@given(
    GROUPS,
    st.fixed_dictionaries(
        {
            "uuid": TEXTS,
            "name": TEXTS,
            "fact": TEXTS,
            "episodes": st.lists(TEXTS, max_size=3),
            "created_at": TIMES,
            "expired_at": st.none() | TIMES,
            "valid_at": st.none() | TIMES,
            "invalid_at": st.none() | TIMES,
            "reference_time": st.none() | TIMES,
            "attributes": ATTRIBUTES,
            "fact_embedding": VECTORS,
        }
    ),
)
def test_any_edge_comes_back_as_it_was_saved_and_saved_again(group: str, said: dict[str, Any]) -> None:
    async def work(driver: SqliteDriver) -> None:
        ann, bob, knows = await saved_pair(driver, group)
        it = edge(ann, bob, group, **said)
        for saved in (it, edge(bob, ann, group, uuid=it.uuid), it):
            await saved.save(driver)
            back = await EntityEdge.get_by_uuid(driver, it.uuid)
            await back.load_fact_embedding(driver)
            expected = saved.model_dump()
            if saved.fact_embedding is None and saved.fact == it.fact:
                expected["fact_embedding"] = back.fact_embedding
            assert back.model_dump() == expected
        assert len(await EntityEdge.get_by_group_ids(driver, [group])) == 2
        for time in (back.created_at, back.valid_at, back.invalid_at, back.expired_at, back.reference_time):
            assert time is None or time.utcoffset() == timedelta(0)
        await back.delete(driver)
        assert [it.uuid for it in await EntityEdge.get_by_node_uuid(driver, ann.uuid)] == [knows.uuid]

    with_a_new_file(work)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        EpisodicNode,
        uuid=TEXTS,
        name=TEXTS,
        group_id=GROUPS,
        created_at=TIMES,
        source=st.sampled_from(EpisodeType),
        source_description=TEXTS,
        content=TEXTS,
        valid_at=TIMES,
        entity_edges=st.lists(TEXTS, max_size=3),
        episode_metadata=st.none() | ATTRIBUTES,
    )
)
def test_any_episode_comes_back_as_it_was_saved(it: EpisodicNode) -> None:
    async def work(driver: SqliteDriver) -> None:
        await it.save(driver)
        await it.save(driver)
        back = await EpisodicNode.get_by_uuid(driver, it.uuid)
        assert back.model_dump() == it.model_dump()
        assert (back.created_at.utcoffset(), back.valid_at.utcoffset()) == (timedelta(0), timedelta(0))
        assert await EpisodicNode.get_by_group_ids(driver, [it.group_id]) == [it]
        assert await retrieve_episodes(driver, it.valid_at, 1, [it.group_id]) == [it]
        assert await retrieve_episodes(driver, it.valid_at - timedelta(microseconds=1), 1, [it.group_id]) == []
        await it.delete(driver)
        assert await EpisodicNode.get_by_uuids(driver, [it.uuid]) == []

    with_a_new_file(work)
