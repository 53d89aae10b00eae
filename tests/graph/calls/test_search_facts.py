"""Graphiti.search: facts, the nearest first, or those near a node first."""

import pytest
import pytest_asyncio
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.errors import GroupIdValidationError
from town import Town, entity, fact, settle, uuids

pytest_plugins = ("graph_drivers",)


@pytest_asyncio.fixture(loop_scope="session")
async def town(driver: GraphDriver, group: str, other: str) -> Town:
    """The town of the group; another group has one of the same words."""
    await settle(driver, other)
    return await settle(driver, group)


async def test_the_fact_of_the_words_comes_first(graphiti: Graphiti, town: Town, group: str) -> None:
    found = await graphiti.search("Where does Bob live? Kyoto", group_ids=[group])
    assert found[0].uuid == town.bob_in_kyoto.uuid
    assert {it.group_id for it in found} == {group}
    assert found[0].model_dump(exclude={"attributes", "fact_embedding"}) == town.bob_in_kyoto.model_dump(
        exclude={"attributes", "fact_embedding"}
    )


async def test_around_a_center_its_own_facts_come_first(graphiti: Graphiti, town: Town, group: str) -> None:
    of_ann = {town.ann_in_paris.uuid, town.ann_at_acme.uuid}
    free = await graphiti.search("Bob Kyoto register", group_ids=[group])
    assert free[0].uuid == town.bob_in_kyoto.uuid
    found = await graphiti.search("Bob Kyoto register", center_node_uuid=town.ann.uuid, group_ids=[group])
    assert set(uuids(found[:2])) == of_ann
    assert set(uuids(found)) == set(uuids(free)) == set(uuids(town.facts))


async def test_no_more_is_found_than_asked_for(graphiti: Graphiti, town: Town, group: str) -> None:
    assert len(await graphiti.search("register", group_ids=[group], num_results=3)) == 3
    assert len(await graphiti.search("register", group_ids=[group], num_results=10)) == len(town.facts)


async def test_nothing_is_found_where_nothing_fits(graphiti: Graphiti, town: Town, group: str, other: str) -> None:
    assert await graphiti.search("zeppelin", group_ids=[group]) == []
    assert await graphiti.search("", group_ids=[group]) == []
    assert await graphiti.search("register", group_ids=["nobody"]) == []
    both = await graphiti.search("register", group_ids=[group, other], num_results=20)
    assert {it.group_id for it in both} == {group, other}


async def test_a_fact_saved_again_is_found_by_its_new_words_only(
    graphiti: Graphiti, driver: GraphDriver, group: str
) -> None:
    ann, bob = entity("Ann", group), entity("Bob", group)
    await ann.save(driver)
    await bob.save(driver)
    edge = fact(ann, "KNOWS", bob, "zebra")
    await edge.save(driver)
    changed = fact(ann, "KNOWS", bob, "giraffe", uuid=edge.uuid)
    await changed.save(driver)
    assert uuids(await graphiti.search("giraffe", group_ids=[group])) == [edge.uuid]
    assert await graphiti.search("zebra", group_ids=[group]) == []
    await changed.delete(driver)
    assert await graphiti.search("giraffe", group_ids=[group]) == []


async def test_a_group_that_is_no_name_is_graphitis_own_error(graphiti: Graphiti) -> None:
    with pytest.raises(GroupIdValidationError):
        await graphiti.search("Ann", group_ids=['us" OR "them'])
