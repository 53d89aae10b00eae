"""Which entity a name means."""

from datetime import datetime

import pytest

from modelatlas.graph.errors import AmbiguousName, UnknownEntity
from modelatlas.graph.facts import Claim, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.tools.naming import ambiguous, find, mentioned, unknown_names, without

pytest_plugins = ("catalogue_to_read",)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("BAGEL", "BAGEL"),
        ("bagel", "BAGEL"),
        ("ByteDance BAGEL", "BAGEL"),
        ("字节BAGEL", "BAGEL"),
        ("wan 2.1", "Wan2.1"),
        ("Wan-2.1", "Wan2.1"),
        ("通义万相", "Wan"),
        ("omni avatar", "OmniAvatar"),
        ("ＬＬＩＡ", "LLIA"),
        ("V-JEPA 2", "V-JEPA 2"),
        ("vjepa2", "V-JEPA 2"),
    ],
)
async def test_a_name_in_any_spelling_finds_its_subject(known: GraphitiStore, name: str, subject: str) -> None:
    assert await find(known, name) == subject


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Nexus-Jen", "Nexus-Gen"), ("OmniAvatr", "OmniAvatar"), ("LLIAA", "LLIA"), ("万像", "万相")],
)
async def test_an_unknown_name_is_refused_with_the_nearest(known: GraphitiStore, name: str, nearest: str) -> None:
    with pytest.raises(UnknownEntity) as refused:
        await find(known, name)
    assert nearest in refused.value.nearest


@pytest.mark.parametrize("name", ["", " ", "\x00", "'; DROP TABLE Entity; --", "%", "_", "🙂", "x" * 5000])
async def test_no_odd_name_is_anything(known: GraphitiStore, name: str) -> None:
    with pytest.raises(UnknownEntity):
        await find(known, name)


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Compare OmniAvatar with MultiTalk", ["OmniAvatar", "MultiTalk"]),
        ("对比OmniAvatar和MultiTalk", ["OmniAvatar", "MultiTalk"]),
        ("Is Veo 3.1 better than Veo 3?", ["Veo 3.1", "Veo 3"]),
        ("LongCat-Video-Avatar-1.5 or LongCat-Video-Avatar?", ["LongCat-Video-Avatar-1.5", "LongCat-Video-Avatar"]),
        ("Playmate2 and Playmate", ["Playmate2", "Playmate"]),
        ("bagels for breakfast", []),
        ("Wan2.10", []),
    ],
)
async def test_the_longest_name_that_stands_in_a_text_is_meant(
    known: GraphitiStore, text: str, subjects: list[str]
) -> None:
    assert [it.subject for it in await mentioned(known, text)] == subjects


async def test_a_text_without_its_names_keeps_its_other_words(known: GraphitiStore) -> None:
    text = "Does LongCat-Video-Avatar make an avatar?"
    assert without(text, await mentioned(known, text)).split() == ["does", "make", "an", "avatar?"]


async def test_what_looks_like_a_name_is_offered_its_nearest(known: GraphitiStore) -> None:
    found = await unknown_names(known, "What is the licence of Nexus-Jen or HumanOmniV3?")
    assert [it["name"] for it in found] == ["Nexus-Jen", "HumanOmniV3"]
    assert all(it["nearest"] for it in found)


async def test_a_name_of_several_things_is_no_name_of_one(now: datetime) -> None:
    store = MemoryStore("main")
    given = [("shop/a-1", "Same Name"), ("store/a-1", "Same Name"), ("shop/b-2", "Other Name")]
    listed = Source(id="list")
    for subject, name in given:
        await store.record([Claim(subject=subject, predicate="name", object=name, source=listed)], now=now)
        await store.record([Claim(subject=subject, predicate="price", value=1, source=listed)], now=now)
    with pytest.raises(AmbiguousName, match="2 things on record are called 'same name': shop/a-1, store/a-1"):
        await find(store, "same name")
    assert await find(store, "other name") == "shop/b-2"
    unclear = await ambiguous(store, await mentioned(store, "What is Same Name, and what is Other Name?"))
    assert [(it.name, it.subjects) for it in unclear] == [("Same Name", ("shop/a-1", "store/a-1"))]
