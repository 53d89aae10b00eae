"""What our store records on a server, a plain Graphiti with its own Neo4jDriver reads: sentences, dates, episodes."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"

import pytest
from graphiti_core import Graphiti
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.driver.neo4j_driver import Neo4jDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.embedder.client import EMBEDDING_DIM, EmbedderClient
from graphiti_core.llm_client.client import LLMClient
from graphiti_core.llm_client.config import LLMConfig
from graphiti_core.nodes import EntityNode, EpisodicNode
from graphiti_core.search.search_config_recipes import EDGE_HYBRID_SEARCH_RRF, NODE_HYBRID_SEARCH_RRF
from graphiti_parts import DOCUMENT, NOW, PAGE

from modelatlas.graph.facts import Fact
from servers.neo4j_server import RunningNeo4j

pytest_plugins = ("graphiti_graphs",)
pytestmark = pytest.mark.service


class NoModel(LLMClient):
    """A model that nobody may ask."""

    async def _generate_response(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("Reading asks no model.")


class OneDirection(EmbedderClient):
    """The same vector for every text: no fact on record has one, so it finds nothing."""

    async def create(self, input_data: Any) -> list[float]:
        """The vector of a text."""
        return [1.0] * EMBEDDING_DIM


class NoRanking(CrossEncoderClient):
    """A reranker that nobody may ask."""

    async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:
        """Never asked."""
        raise AssertionError("These searches ask no reranker.")


@pytest.fixture(params=["neo4j_lts", "neo4j_newest"])
async def server(request: pytest.FixtureRequest) -> RunningNeo4j:
    """A server with nothing on it."""
    found: RunningNeo4j = request.getfixturevalue(request.param)
    await found.wiped()
    return found


@pytest.fixture
async def stock(server: RunningNeo4j, told: list[Fact]) -> AsyncIterator[Graphiti]:
    """A plain Graphiti on what our store recorded."""
    driver = Neo4jDriver(server.uri, server.user, server.password)
    await driver.build_indices_and_constraints()
    model = NoModel(LLMConfig(model="none", small_model="none"))
    yield Graphiti(graph_driver=driver, llm_client=model, embedder=OneDirection(), cross_encoder=NoRanking())
    await driver.close()


async def test_every_belief_is_an_edge_as_we_wrote_it(stock: Graphiti, told: list[Fact]) -> None:
    edges = {it.uuid: it for it in await EntityEdge.get_by_group_ids(stock.driver, ["us"])}
    assert set(edges) == {str(fact.id) for fact in told}
    for fact in told:
        it = edges[str(fact.id)]
        assert (it.name, it.fact, it.episodes) == (fact.predicate, fact.text, [str(fact.episode)])
        assert it.valid_at == fact.valid.start.earliest
        assert it.invalid_at == (fact.valid.end.latest if fact.valid.end else None)
        assert it.created_at == fact.believed.start.earliest
        assert it.expired_at == (fact.believed.end.latest if fact.believed.end else None)
    assert datetime(2025, 6, 11, 8, 0, 0, 1, tzinfo=UTC) in {it.created_at for it in edges.values()}


async def test_a_search_finds_facts_and_entities(stock: Graphiti, told: list[Fact]) -> None:
    found = await stock.search_("Apache licence", config=EDGE_HYBRID_SEARCH_RRF, group_ids=["us"])
    apache = {str(fact.id): fact.text for fact in told if fact.object == "Apache-2.0"}
    assert {it.uuid: it.fact for it in found.edges if "Apache" in it.fact} == apache != {}
    named = await stock.search_("Imagen", config=NODE_HYBRID_SEARCH_RRF, group_ids=["us"])
    assert [it.name for it in named.nodes] == ["Imagen 4"]


async def test_documents_are_episodes_of_the_time_they_were_said(stock: Graphiti) -> None:
    last = await stock.retrieve_episodes(NOW, last_n=9, group_ids=["us"])
    card = next(it for it in last if it.uuid == str(PAGE.episode("us")))
    assert (card.name, card.content, card.valid_at) == (DOCUMENT.name, DOCUMENT.text, DOCUMENT.said)
    assert (await EpisodicNode.get_by_uuid(stock.driver, card.uuid)).content == DOCUMENT.text


async def test_an_entity_is_read_by_its_uuid_with_its_type(stock: Graphiti, told: list[Fact]) -> None:
    [edge, *_] = await EntityEdge.get_by_uuids(stock.driver, [str(told[0].id)])
    node = await EntityNode.get_by_uuid(stock.driver, edge.source_node_uuid)
    assert (node.name, node.group_id) == (told[0].subject, "us")
    assert {"Entity", "Model"} <= set(node.labels)
