"""A small town to search in, and the nodes and edges that tests make of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import CommunityEdge, EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.errors import GroupsEdgesNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, SagaNode
from graphiti_core.utils.bulk_utils import add_nodes_and_edges_bulk
from scripted import WordEmbedder, vector

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
DAY = timedelta(days=1)


def entity(name: str, group: str, *labels: str, **more: Any) -> EntityNode:
    """An entity with the vector of its name."""
    fields = {"created_at": NOW, "name_embedding": vector(name)} | more
    return EntityNode(name=name, group_id=group, labels=["Entity", *labels], **fields)


def fact(source: EntityNode, name: str, target: EntityNode, text: str, **more: Any) -> EntityEdge:
    """An edge of the source's group with the vector of its sentence."""
    fields = {"group_id": source.group_id, "created_at": NOW, "fact_embedding": vector(text)} | more
    return EntityEdge(source_node_uuid=source.uuid, name=name, target_node_uuid=target.uuid, fact=text, **fields)


def talk(name: str, group: str, content: str = "Ann: hello", **more: Any) -> EpisodicNode:
    """A message."""
    fields = {"source": EpisodeType.message, "source_description": "a chat", "valid_at": NOW, "created_at": NOW} | more
    return EpisodicNode(name=name, group_id=group, content=content, **fields)


def community(name: str, group: str, **more: Any) -> CommunityNode:
    """A community with the vector of its name."""
    fields = {"created_at": NOW, "summary": "", "name_embedding": vector(name)} | more
    return CommunityNode(name=name, group_id=group, **fields)


def saga(name: str, group: str, **more: Any) -> SagaNode:
    """A saga of no episodes."""
    return SagaNode(name=name, group_id=group, **({"created_at": NOW} | more))


def mention(episode: EpisodicNode, node: EntityNode) -> EpisodicEdge:
    """That an episode mentions an entity."""
    return EpisodicEdge(**_between(episode.uuid, node.uuid, episode.group_id))


def member(whole: CommunityNode, part: EntityNode) -> CommunityEdge:
    """That an entity belongs to a community."""
    return CommunityEdge(**_between(whole.uuid, part.uuid, whole.group_id))


def part_of(whole: SagaNode, episode: EpisodicNode) -> HasEpisodeEdge:
    """That a saga has an episode."""
    return HasEpisodeEdge(**_between(whole.uuid, episode.uuid, whole.group_id))


def followed_by(first: EpisodicNode, second: EpisodicNode) -> NextEpisodeEdge:
    """That one episode of a saga comes after another."""
    return NextEpisodeEdge(**_between(first.uuid, second.uuid, first.group_id))


@dataclass(frozen=True)
class Town:
    """Who lives where; every fact and every summary has the word `register`."""

    ann: EntityNode
    bob: EntityNode
    chen: EntityNode
    paris: EntityNode
    kyoto: EntityNode
    acme: EntityNode
    ann_in_paris: EntityEdge
    ann_at_acme: EntityEdge
    bob_in_kyoto: EntityEdge
    bob_knows_ann: EntityEdge
    chen_in_kyoto: EntityEdge
    morning: EpisodicNode
    evening: EpisodicNode
    travellers: CommunityNode
    islanders: CommunityNode

    @property
    def people(self) -> list[EntityNode]:
        """The three persons."""
        return [self.ann, self.bob, self.chen]

    @property
    def nodes(self) -> list[EntityNode]:
        """All six entities."""
        return [*self.people, self.paris, self.kyoto, self.acme]

    @property
    def facts(self) -> list[EntityEdge]:
        """All five facts."""
        return [self.ann_in_paris, self.ann_at_acme, self.bob_in_kyoto, self.bob_knows_ann, self.chen_in_kyoto]


async def settle(driver: GraphDriver, group: str) -> Town:
    """Save a town of its own into a group."""
    summary = {"summary": "stands in the register"}
    ann, bob, chen = (entity(name, group, "Person", **summary) for name in ("Ann", "Bob", "陈工程师"))
    paris, kyoto = (entity(name, group, "City", **summary) for name in ("Paris", "Kyoto"))
    acme = entity("Acme", group, "Firm", **summary)
    morning = talk("morning", group, "Ann: Paris in the morning", valid_at=NOW - DAY)
    evening = talk("evening", group, "Bob: Kyoto in the evening")
    both, first = {"episodes": [morning.uuid, evening.uuid]}, {"episodes": [morning.uuid]}
    town = Town(
        *(ann, bob, chen, paris, kyoto, acme),
        ann_in_paris=fact(ann, "LIVES_IN", paris, "Ann lives in Paris, says the register", **first),
        ann_at_acme=fact(ann, "WORKS_AT", acme, "Ann works at Acme, says the register", **first),
        bob_in_kyoto=fact(bob, "LIVES_IN", kyoto, "Bob lives in Kyoto, says the register", episodes=[evening.uuid]),
        bob_knows_ann=fact(bob, "KNOWS", ann, "Bob knows Ann, says the register", **both),
        chen_in_kyoto=fact(chen, "LIVES_IN", kyoto, "陈工程师住在京都 register"),
        morning=morning,
        evening=evening,
        travellers=community("Travellers of the world", group),
        islanders=community("Islanders", group),
    )
    mentions = [mention(morning, it) for it in (ann, paris, acme)] + [mention(evening, it) for it in (ann, bob, kyoto)]
    await add_nodes_and_edges_bulk(driver, [morning, evening], mentions, town.nodes, town.facts, WordEmbedder())
    for whole in (town.travellers, town.islanders):
        await whole.save(driver)
    for whole, part in ((town.travellers, ann), (town.travellers, bob), (town.islanders, chen)):
        await member(whole, part).save(driver)
    return town


async def rows_of(kind: Any, driver: GraphDriver, group: str) -> list[Any]:
    """The nodes or edges of a kind in a group; none where Graphiti's own class raises an error for that."""
    try:
        return list(await kind.get_by_group_ids(driver, [group]))
    except GroupsEdgesNotFoundError:
        return []


def uuids(found: Any) -> list[str]:
    """The ids of nodes or edges, in order."""
    return [it.uuid for it in found]


def _between(source: str, target: str, group: str) -> dict[str, Any]:
    return {"source_node_uuid": source, "target_node_uuid": target, "group_id": group, "created_at": NOW}
