"""add_episode when something is already known: contradictions, repetitions, and what is told late."""

from typing import Any

from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EpisodicNode
from graphiti_core.utils.maintenance.edge_operations import filter_existing_duplicate_of_edges
from scripted import ScriptedLLM, Told
from town import DAY, NOW, entity, fact

pytest_plugins = ("graph_drivers",)

FIRST, SECOND = "Ann: I live in Paris", "Ann: I left Paris for Kyoto"
PARIS = Told("Ann", "LIVES_IN", "Paris", "Ann lives in Paris", valid_at="2020-01-01T00:00:00Z")
KYOTO = Told("Ann", "LIVES_IN", "Kyoto", "Ann lives in Kyoto", valid_at="2026-02-28T12:00:00Z")


async def add(graphiti: Graphiti, group: str, content: str, days: int = 0) -> Any:
    """Add an episode said some days after NOW."""
    return await graphiti.add_episode("talk", content, "a chat", NOW + days * DAY, group_id=group)


async def facts_of(driver: GraphDriver, group: str) -> dict[str, EntityEdge]:
    return {it.fact: it for it in await EntityEdge.get_by_group_ids(driver, [group])}


async def test_a_contradiction_ends_the_older_fact_when_the_newer_begins(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    llm.reads(SECOND, {"Ann": 0, "Kyoto": 0}, [KYOTO])
    llm.contradicts(KYOTO.fact, PARIS.fact)
    first = await add(graphiti, group, FIRST)
    before = (await facts_of(driver, group))[PARIS.fact]
    second = await add(graphiti, group, SECOND, days=1)
    facts = await facts_of(driver, group)
    assert set(facts) == {PARIS.fact, KYOTO.fact}
    ended, begun = facts[PARIS.fact], facts[KYOTO.fact]
    assert ended.uuid == before.uuid
    assert (ended.valid_at, ended.created_at) == (before.valid_at, before.created_at)
    assert ended.invalid_at == begun.valid_at
    assert ended.expired_at is not None
    assert ended.expired_at >= begun.created_at
    assert (begun.invalid_at, begun.expired_at) == (None, None)
    assert ended.episodes == [first.episode.uuid]
    assert begun.episodes == [second.episode.uuid]
    assert {it.uuid for it in second.edges} == {ended.uuid, begun.uuid}
    assert set((await EpisodicNode.get_by_uuid(driver, second.episode.uuid)).entity_edges) == {ended.uuid, begun.uuid}


async def test_what_is_told_late_ends_where_the_known_fact_begins(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(SECOND, {"Ann": 0, "Kyoto": 0}, [KYOTO])
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    llm.contradicts(PARIS.fact, KYOTO.fact)
    await add(graphiti, group, SECOND)
    await add(graphiti, group, FIRST, days=1)
    facts = await facts_of(driver, group)
    assert facts[PARIS.fact].invalid_at == facts[KYOTO.fact].valid_at
    assert facts[PARIS.fact].expired_at is not None
    assert (facts[KYOTO.fact].invalid_at, facts[KYOTO.fact].expired_at) == (None, None)


async def test_facts_that_both_hold_are_both_kept(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    llm.reads(SECOND, {"Ann": 0, "Kyoto": 0}, [KYOTO])
    await add(graphiti, group, FIRST)
    await add(graphiti, group, SECOND, days=1)
    assert {it.expired_at for it in (await facts_of(driver, group)).values()} == {None}
    shown = llm.prompts("EdgeDuplicate")
    assert len(shown) == 1
    assert PARIS.fact in shown[0]


async def test_a_fact_said_again_word_by_word_rests_on_both_episodes(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    first, second = await add(graphiti, group, FIRST), await add(graphiti, group, FIRST, days=1)
    (edge,) = await EntityEdge.get_by_group_ids(driver, [group])
    assert edge.episodes == [first.episode.uuid, second.episode.uuid]
    assert llm.prompts("EdgeDuplicate") == []


async def test_a_fact_said_again_in_other_words_rests_on_both_episodes(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    words = Told("Ann", "DWELLS_IN", "Paris", "Ann dwells in Paris now")
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    llm.reads(SECOND, {"Ann": 0, "Paris": 0}, [words])
    llm.repeats(words.fact, PARIS.fact)
    first, second = await add(graphiti, group, FIRST), await add(graphiti, group, SECOND, days=1)
    (edge,) = await EntityEdge.get_by_group_ids(driver, [group])
    assert (edge.fact, edge.name) == (PARIS.fact, "LIVES_IN")
    assert edge.episodes == [first.episode.uuid, second.episode.uuid]


async def test_facts_of_another_group_are_neither_shown_nor_ended(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [PARIS])
    llm.reads(SECOND, {"Ann": 0, "Kyoto": 0}, [KYOTO])
    await add(graphiti, other, FIRST)
    await add(graphiti, group, SECOND, days=1)
    assert llm.prompts("EdgeDuplicate") == []
    (theirs,) = await EntityEdge.get_by_group_ids(driver, [other])
    assert (theirs.invalid_at, theirs.expired_at) == (None, None)


async def test_two_names_for_one_entity_are_merged_when_the_model_says_so(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(FIRST, {"Ann Lee": 0, "Paris": 0}, [Told("Ann Lee", "LIVES_IN", "Paris", PARIS.fact)])
    llm.reads(SECOND, {"Ann": 0, "Kyoto": 0}, [Told("Ann", "LIKES", "Kyoto", "Ann likes Kyoto")])
    same = {"id": 0, "name": "Ann Lee", "duplicate_candidate_id": 0}
    llm.answers("NodeResolutions", {"entity_resolutions": [same]})
    await add(graphiti, group, FIRST)
    await add(graphiti, group, SECOND, days=1)
    facts = await facts_of(driver, group)
    assert facts["Ann likes Kyoto"].source_node_uuid == facts[PARIS.fact].source_node_uuid


async def test_pairs_that_are_on_record_as_duplicates_are_left_out(driver: GraphDriver, group: str) -> None:
    ann, bob, chen = [entity(name, group) for name in ("Ann", "Bob", "Chen")]
    for node in (ann, bob, chen):
        await node.save(driver)
    await fact(ann, "IS_DUPLICATE_OF", bob, "Ann is Bob").save(driver)
    await fact(bob, "KNOWS", chen, "Bob knows Chen").save(driver)
    pairs = [(ann, bob), (bob, ann), (bob, chen)]
    assert await filter_existing_duplicate_of_edges(driver, pairs) == [(bob, ann), (bob, chen)]
    assert await filter_existing_duplicate_of_edges(driver, []) == []
