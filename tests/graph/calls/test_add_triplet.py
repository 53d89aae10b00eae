"""Graphiti.add_triplet: one fact between two entities, without an episode."""

from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode
from scripted import ScriptedLLM
from town import DAY, NOW, entity, fact, uuids

pytest_plugins = ("graph_drivers",)

NO_TIMES = {"valid_at": None, "invalid_at": None}
NEITHER: dict[str, list[int]] = {"duplicate_facts": [], "contradicted_facts": []}


async def test_new_entities_and_their_fact_are_saved(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    ann = entity("Ann", group, "Person", name_embedding=None, summary="画家", attributes={"age": 41})
    paris = entity("Paris", group, name_embedding=None)
    edge = fact(ann, "LIVES_IN", paris, "Ann lives in Paris", fact_embedding=None, valid_at=NOW)
    result = await graphiti.add_triplet(ann, edge, paris)
    assert uuids(result.edges) == [edge.uuid]
    assert set(uuids(result.nodes)) == {ann.uuid, paris.uuid}
    found = await EntityNode.get_by_uuid(driver, ann.uuid)
    assert (found.summary, found.attributes["age"], set(found.labels)) == ("画家", 41, {"Entity", "Person"})
    known = await EntityEdge.get_by_uuid(driver, edge.uuid)
    assert (known.source_node_uuid, known.target_node_uuid) == (ann.uuid, paris.uuid)
    assert (known.fact, known.valid_at, known.invalid_at) == ("Ann lives in Paris", NOW, None)
    assert uuids(await graphiti.search("Paris", group_ids=[group])) == [edge.uuid]
    assert llm.asked == []


async def test_a_fact_without_dates_is_dated_by_the_model(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    ann, paris = entity("Ann", group), entity("Paris", group)
    llm.answers("EdgeTimestamps", NO_TIMES | {"valid_at": "2026-03-01T12:30:15.123456Z"})
    edge = fact(ann, "LIVES_IN", paris, "Ann lives in Paris")
    await graphiti.add_triplet(ann, edge, paris)
    assert (await EntityEdge.get_by_uuid(driver, edge.uuid)).valid_at == NOW


async def test_entities_that_are_there_are_met_by_uuid_or_by_name(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    ann, paris = entity("Ann", group, summary="a painter", attributes={"age": 41}), entity("Paris", group)
    await ann.save(driver)
    await paris.save(driver)
    llm.answers("EdgeTimestamps", NO_TIMES)
    same_uuid = ann.model_copy(update={"summary": "", "attributes": {"trade": "painter"}})
    same_name = entity("paris", group, "City")
    edge = fact(same_uuid, "LIVES_IN", same_name, "Ann lives in Paris")
    await graphiti.add_triplet(same_uuid, edge, same_name)
    nodes = {it.uuid: it for it in await EntityNode.get_by_group_ids(driver, [group])}
    assert set(nodes) == {ann.uuid, paris.uuid}
    assert nodes[ann.uuid].summary == "a painter"
    assert (nodes[ann.uuid].attributes["age"], nodes[ann.uuid].attributes["trade"]) == (41, "painter")
    assert set(nodes[paris.uuid].labels) == {"Entity", "City"}
    assert uuids(await EntityEdge.get_between_nodes(driver, ann.uuid, paris.uuid)) == [edge.uuid]


async def test_a_contradicted_fact_ends(graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str) -> None:
    ann, paris, kyoto = entity("Ann", group), entity("Paris", group), entity("Kyoto", group)
    old = fact(ann, "LIVES_IN", paris, "Ann lives in Paris", valid_at=NOW)
    new = fact(ann, "LIVES_IN", kyoto, "Ann lives in Kyoto", valid_at=NOW + DAY)
    await graphiti.add_triplet(ann, old, paris)
    llm.contradicts(new.fact, old.fact)
    result = await graphiti.add_triplet(ann, new, kyoto)
    assert set(uuids(result.edges)) == {old.uuid, new.uuid}
    ended = await EntityEdge.get_by_uuid(driver, old.uuid)
    assert ended.invalid_at == NOW + DAY
    assert ended.expired_at is not None
    assert (await EntityEdge.get_by_uuid(driver, new.uuid)).expired_at is None


async def test_the_same_fact_again_is_the_same_edge(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    ann, paris = entity("Ann", group), entity("Paris", group)
    first = fact(ann, "LIVES_IN", paris, "Ann lives in Paris", valid_at=NOW)
    await graphiti.add_triplet(ann, first, paris)
    result = await graphiti.add_triplet(ann, fact(ann, "LIVES_IN", paris, "ann  lives in paris"), paris)
    assert uuids(result.edges) == [first.uuid]
    assert uuids(await EntityEdge.get_by_group_ids(driver, [group])) == [first.uuid]


async def test_an_edge_uuid_that_is_taken_elsewhere_is_replaced(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    ann, paris, kyoto = entity("Ann", group), entity("Paris", group), entity("Kyoto", group)
    first = fact(ann, "LIVES_IN", paris, "Ann lives in Paris", valid_at=NOW)
    await graphiti.add_triplet(ann, first, paris)
    llm.answers("EdgeDuplicate", NEITHER)
    second = fact(ann, "VISITED", kyoto, "Ann visited Kyoto", valid_at=NOW, uuid=first.uuid)
    await graphiti.add_triplet(ann, second, kyoto)
    facts = {it.fact: it.uuid for it in await EntityEdge.get_by_group_ids(driver, [group])}
    assert facts["Ann lives in Paris"] == first.uuid
    assert set(facts) == {"Ann lives in Paris", "Ann visited Kyoto"}
    assert facts["Ann visited Kyoto"] != first.uuid
