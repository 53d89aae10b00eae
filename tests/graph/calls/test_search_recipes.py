"""Graphiti.search_ with every recipe that Graphiti brings."""

import pytest
import pytest_asyncio
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.errors import SearchRerankerError
from graphiti_core.search import search_config_recipes as recipes
from graphiti_core.search.search_config import (
    EdgeReranker,
    EdgeSearchConfig,
    EdgeSearchMethod,
    NodeReranker,
    NodeSearchConfig,
    NodeSearchMethod,
    SearchConfig,
)
from graphiti_core.search.search_filters import SearchFilters
from town import Town, settle, talk, uuids

pytest_plugins = ("graph_drivers",)

RECIPES = {name: it for name, it in vars(recipes).items() if isinstance(it, SearchConfig)}
ANY_SCORE = -2.0  # Graphiti drops what MMR scores below zero: what is nearer to another result than to the query


@pytest_asyncio.fixture(loop_scope="session")
async def town(driver: GraphDriver, group: str, other: str) -> Town:
    """The town of the group; another group has one of the same words."""
    await settle(driver, other)
    return await settle(driver, group)


def test_every_recipe_is_known() -> None:
    assert len(RECIPES) == 16
    assert {config.edge_config.reranker for config in RECIPES.values() if config.edge_config} == set(EdgeReranker)
    assert {config.node_config.reranker for config in RECIPES.values() if config.node_config} == set(NodeReranker)


@pytest.mark.parametrize("name", RECIPES)
async def test_a_recipe_finds_what_it_names_in_its_own_group_alone(
    graphiti: Graphiti, town: Town, group: str, name: str
) -> None:
    config = RECIPES[name].model_copy(update={"reranker_min_score": ANY_SCORE})
    found = await graphiti.search_(
        "Ann Paris morning travellers", config=config, group_ids=[group], center_node_uuid=town.ann.uuid
    )
    assert bool(found.edges) == (config.edge_config is not None)
    assert bool(found.nodes) == (config.node_config is not None)
    assert bool(found.episodes) == (config.episode_config is not None)
    assert bool(found.communities) == (config.community_config is not None)
    assert {it.group_id for kind in (found.edges, found.nodes, found.episodes, found.communities) for it in kind} == {
        group
    }
    if found.edges:
        assert town.ann_in_paris.uuid in uuids(found.edges)
    if found.nodes:
        assert {town.ann.uuid, town.paris.uuid} <= set(uuids(found.nodes))
    if found.episodes:
        assert uuids(found.episodes) == [town.morning.uuid]
        assert len(found.episode_reranker_scores) == 1
    if found.communities:
        assert uuids(found.communities) == [town.travellers.uuid]
        assert len(found.community_reranker_scores) == 1
    for kind in (found.edges, found.nodes):
        assert len(set(uuids(kind))) == len(kind)


@pytest.mark.parametrize("reranker", ["RRF", "MMR", "CROSS_ENCODER"])
async def test_the_nearest_comes_first(graphiti: Graphiti, town: Town, group: str, reranker: str) -> None:
    by_fact = RECIPES[f"EDGE_HYBRID_SEARCH_{reranker}"]
    found = await graphiti.search_("Bob lives in Kyoto, says the register", config=by_fact, group_ids=[group])
    assert found.edges[0].uuid == town.bob_in_kyoto.uuid
    assert found.edge_reranker_scores == sorted(found.edge_reranker_scores, reverse=True)
    by_name = RECIPES[f"NODE_HYBRID_SEARCH_{reranker}"]
    assert (await graphiti.search_("Kyoto", config=by_name, group_ids=[group])).nodes[0].uuid == town.kyoto.uuid
    by_group_of_people = RECIPES[f"COMMUNITY_HYBRID_SEARCH_{reranker}"]
    found = await graphiti.search_("Islanders", config=by_group_of_people, group_ids=[group])
    assert found.communities[0].uuid == town.islanders.uuid


async def test_a_cross_encoder_orders_and_scores_what_was_found(graphiti: Graphiti, town: Town, group: str) -> None:
    config = recipes.EDGE_HYBRID_SEARCH_CROSS_ENCODER
    found = await graphiti.search_("Bob knows Ann", config=config, group_ids=[group])
    assert found.edges[0].uuid == town.bob_knows_ann.uuid
    assert found.edge_reranker_scores[:2] == [1.0, pytest.approx(1 / 3)]
    strict = config.model_copy(update={"reranker_min_score": 0.9})
    found = await graphiti.search_("Bob knows Ann", config=strict, group_ids=[group])
    assert uuids(found.edges) == [town.bob_knows_ann.uuid]
    assert found.edge_reranker_scores == [1.0]


async def test_nodes_come_by_their_distance_from_the_center(graphiti: Graphiti, town: Town, group: str) -> None:
    found = await graphiti.search_(
        "Ann Bob Paris Kyoto",
        config=recipes.NODE_HYBRID_SEARCH_NODE_DISTANCE,
        group_ids=[group],
        center_node_uuid=town.ann.uuid,
    )
    assert uuids(found.nodes)[0] == town.ann.uuid
    assert set(uuids(found.nodes)[1:3]) == {town.bob.uuid, town.paris.uuid}
    assert uuids(found.nodes)[3:] == [town.kyoto.uuid]
    assert found.node_reranker_scores == [10.0, 1.0, 1.0, 0.0]


async def test_edges_come_by_the_distance_of_their_source(graphiti: Graphiti, town: Town, group: str) -> None:
    found = await graphiti.search_(
        "register",
        config=recipes.EDGE_HYBRID_SEARCH_NODE_DISTANCE,
        group_ids=[group],
        center_node_uuid=town.ann.uuid,
    )
    order = uuids(found.edges)
    assert set(order[:2]) == {town.ann_in_paris.uuid, town.ann_at_acme.uuid}
    assert set(order[2:4]) == {town.bob_in_kyoto.uuid, town.bob_knows_ann.uuid}
    assert order[4:] == [town.chen_in_kyoto.uuid]
    assert found.edge_reranker_scores == [10.0, 1.0, 0.0]


@pytest.mark.parametrize("kind", ["EDGE", "NODE"])
async def test_a_distance_without_a_center_is_graphitis_own_error(
    graphiti: Graphiti, town: Town, group: str, kind: str
) -> None:
    with pytest.raises(SearchRerankerError):
        await graphiti.search_("register", config=RECIPES[f"{kind}_HYBRID_SEARCH_NODE_DISTANCE"], group_ids=[group])


async def test_what_more_episodes_mention_comes_first(graphiti: Graphiti, town: Town, group: str) -> None:
    nodes = await graphiti.search_(
        "Kyoto Ann 陈工程师", config=recipes.NODE_HYBRID_SEARCH_EPISODE_MENTIONS, group_ids=[group]
    )
    assert uuids(nodes.nodes) == [town.ann.uuid, town.kyoto.uuid, town.chen.uuid]
    assert nodes.node_reranker_scores == [2, 1, 0]
    edges = await graphiti.search_("register", config=recipes.EDGE_HYBRID_SEARCH_EPISODE_MENTIONS, group_ids=[group])
    assert uuids(edges.edges)[0] == town.bob_knows_ann.uuid
    assert [len(it.episodes) for it in edges.edges] == [2, 1, 1, 1, 0]


async def test_mmr_prefers_what_was_not_said_yet(graphiti: Graphiti, town: Town, driver: GraphDriver) -> None:
    again = town.ann_in_paris.model_copy(update={"uuid": "again" + town.ann_in_paris.group_id})
    await again.save(driver)
    config = recipes.EDGE_HYBRID_SEARCH_MMR.model_copy(update={"reranker_min_score": ANY_SCORE})
    query = "Ann lives in Paris or works at Acme"
    found = uuids((await graphiti.search_(query, config=config, group_ids=[town.ann.group_id])).edges)
    assert {town.ann_in_paris.uuid, again.uuid, town.ann_at_acme.uuid} <= set(found)
    twins = sorted(found.index(it.uuid) for it in (town.ann_in_paris, again))
    assert found.index(town.ann_at_acme.uuid) < twins[1]


def walk(edges: bool, depth: int) -> SearchConfig:
    """A search that only walks from its origins."""
    if edges:
        return SearchConfig(edge_config=EdgeSearchConfig(search_methods=[EdgeSearchMethod.bfs], bfs_max_depth=depth))
    return SearchConfig(node_config=NodeSearchConfig(search_methods=[NodeSearchMethod.bfs], bfs_max_depth=depth))


async def test_a_walk_follows_facts_forward_as_far_as_it_may(graphiti: Graphiti, town: Town, group: str) -> None:
    async def reached(depth: int) -> tuple[set[str], set[str]]:
        edges = await graphiti.search_("-", walk(True, depth), [group], bfs_origin_node_uuids=[town.bob.uuid])
        nodes = await graphiti.search_("-", walk(False, depth), [group], bfs_origin_node_uuids=[town.bob.uuid])
        return set(uuids(edges.edges)), set(uuids(nodes.nodes))

    near = {town.bob_in_kyoto.uuid, town.bob_knows_ann.uuid}
    assert await reached(1) == (near, {town.kyoto.uuid, town.ann.uuid})
    assert await reached(2) == (
        near | {town.ann_in_paris.uuid, town.ann_at_acme.uuid},
        {town.kyoto.uuid, town.ann.uuid, town.paris.uuid, town.acme.uuid},
    )


async def test_a_walk_goes_on_over_facts_that_the_filter_leaves_out(graphiti: Graphiti, town: Town, group: str) -> None:
    only = SearchFilters(edge_types=["WORKS_AT"])
    found = await graphiti.search_(
        "-", walk(True, 2), [group], bfs_origin_node_uuids=[town.bob.uuid], search_filter=only
    )
    assert uuids(found.edges) == [town.ann_at_acme.uuid]


async def test_a_walk_from_an_episode_starts_with_what_it_mentions(graphiti: Graphiti, town: Town, group: str) -> None:
    async def reached(depth: int) -> tuple[set[str], set[str]]:
        edges = await graphiti.search_("-", walk(True, depth), [group], bfs_origin_node_uuids=[town.evening.uuid])
        nodes = await graphiti.search_("-", walk(False, depth), [group], bfs_origin_node_uuids=[town.evening.uuid])
        return set(uuids(edges.edges)), set(uuids(nodes.nodes))

    mentioned = {town.ann.uuid, town.bob.uuid, town.kyoto.uuid}
    assert await reached(1) == (set(), mentioned)
    edges, nodes = await reached(2)
    assert edges == set(uuids(town.facts)) - {town.chen_in_kyoto.uuid}
    assert nodes == mentioned | {town.paris.uuid, town.acme.uuid}


async def test_a_cross_encoder_recipe_reaches_neighbours_that_no_word_names(
    graphiti: Graphiti, town: Town, group: str
) -> None:
    found = await graphiti.search_("Bob", config=recipes.NODE_HYBRID_SEARCH_CROSS_ENCODER, group_ids=[group])
    assert set(uuids(found.nodes)) == {it.uuid for it in (town.bob, town.kyoto, town.ann, town.paris, town.acme)}
    assert found.nodes[0].uuid == town.bob.uuid


async def test_a_limit_is_kept_and_a_blank_query_finds_nothing(graphiti: Graphiti, town: Town, group: str) -> None:
    config = recipes.COMBINED_HYBRID_SEARCH_RRF.model_copy(update={"limit": 2})
    found = await graphiti.search_("register", config=config, group_ids=[group])
    assert (len(found.edges), len(found.nodes)) == (2, 2)
    blank = await graphiti.search_("  ", config=config, group_ids=[group])
    assert (blank.edges, blank.nodes, blank.episodes, blank.communities) == ([], [], [], [])


async def test_a_query_of_punctuation_and_operators_is_only_words(graphiti: Graphiti, town: Town, group: str) -> None:
    query = '"Paris" AND (NOT x OR) * : ^ ~ \\ / {q} [b TO c] -- \' NEAR'
    found = await graphiti.search_(query, config=recipes.COMBINED_HYBRID_SEARCH_RRF, group_ids=[group])
    assert town.ann_in_paris.uuid in uuids(found.edges)
    assert town.paris.uuid in uuids(found.nodes)
    assert uuids(found.episodes) == [town.morning.uuid]


async def test_chinese_is_found_by_a_word_inside_it(
    graphiti: Graphiti, town: Town, driver: GraphDriver, group: str
) -> None:
    chat = talk("闲聊", group, "陈工程师:我住在京都")
    await chat.save(driver)
    found = await graphiti.search_("工程师 京都", config=recipes.COMBINED_HYBRID_SEARCH_RRF, group_ids=[group])
    assert found.edges[0].uuid == town.chen_in_kyoto.uuid
    assert found.nodes[0].uuid == town.chen.uuid
    assert uuids(found.episodes) == [chat.uuid]


async def test_a_search_may_name_several_groups_or_none(graphiti: Graphiti, town: Town, group: str, other: str) -> None:
    config = recipes.NODE_HYBRID_SEARCH_RRF
    both = await graphiti.search_("Kyoto", config=config, group_ids=[group, other])
    assert {it.group_id for it in both.nodes} == {group, other}
    nobody = await graphiti.search_("Kyoto", config=config, group_ids=["nobody"])
    assert nobody.nodes == []


async def test_a_given_vector_replaces_that_of_the_query(graphiti: Graphiti, town: Town, group: str) -> None:
    config = SearchConfig(node_config=NodeSearchConfig(search_methods=[NodeSearchMethod.cosine_similarity]))
    found = await graphiti.search_("Paris", config, [group], query_vector=town.kyoto.name_embedding)
    assert uuids(found.nodes) == [town.kyoto.uuid]
