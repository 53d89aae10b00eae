"""Claims to put on record, and nodes, edges and episodes as a Graphiti client makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode

from modelatlas.graph.facts import Claim, Episode, Source
from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.graphiti.kinds import NAMED
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver
from modelatlas.graph.sqlite.word_ranking import match_expression

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

PAGE = Source(id="card", title="Model card", url="https://example.org/card", date="2025-06", commit="abc")
TURN = Source(id="chat", date="2025-07-01")


def said(subject: str, predicate: str, source: Source, **more: Any) -> Claim:
    return Claim(subject=subject, predicate=predicate, source=source, **more)


EXACT = "2025-06-11T08:00:00.000001Z"
VERTEX = {"object": "Vertex", "valid_from": "[2025-05..2025-06-24]", "valid_to": "2026-08-17"}
GEMINI = {"object": "Gemini", "recorded_at": "2025-07-01"}
CLAIMS = [
    said("Wan 2.1", "licence_code", PAGE, object="MIT", valid_from=EXACT, recorded_at=EXACT),
    said("Wan 2.1", "licence_code", PAGE, object="Apache-2.0", valid_from="2025-07-02", recorded_at="2025-07-03"),
    said("Wan 2.1", "parameters", PAGE, value=14, unit="B", valid_from="2025-02", recorded_at="2025-06"),
    said("图像编辑“模型”", "note", TURN, object="它说“好”🎬 O'Neil", fact="它说“好”🎬"),
    said("Imagen 4", "offered_on", TURN, **VERTEX),
    said("Imagen 4", "offered_on", TURN, **GEMINI, valid_from="2025"),
    said("Imagen 4", "offered_on", TURN, **GEMINI | {"recorded_at": "2025-08-01"}, valid_to="2025-09", kind="retract"),
]
OTHERS = Claim(subject="Wan 2.1", predicate="licence_code", object="theirs", source=PAGE, tenant="them")
DOCUMENT = Episode(
    name="Model card", text="Wan 2.1 图像编辑 🎬", kind="text", source=PAGE, said=NOW - timedelta(days=9)
)


def node(name: str = "Ann", group: str = "us", **more: Any) -> EntityNode:
    return EntityNode(name=name, group_id=group, created_at=NOW, **more)


def edge(source: EntityNode, target: EntityNode, group: str = "us", **more: Any) -> EntityEdge:
    fields = {"name": "KNOWS", "fact": "Ann knows Bob", "created_at": NOW, "group_id": group} | more
    return EntityEdge(source_node_uuid=source.uuid, target_node_uuid=target.uuid, **fields)


def talk(name: str = "talk", group: str = "us", **more: Any) -> EpisodicNode:
    fields = {"source": EpisodeType.message, "source_description": "a chat", "content": "Ann: hello", "valid_at": NOW}
    return EpisodicNode(name=name, group_id=group, created_at=NOW, **(fields | more))


async def saved_pair(driver: DriverOfKinds, group: str = "us") -> tuple[EntityNode, EntityNode, EntityEdge]:
    ann, bob = node("Ann", group), node("Bob", group)
    await ann.save(driver)
    await bob.save(driver)
    knows = edge(ann, bob, group)
    await knows.save(driver)
    return ann, bob, knows


async def found(driver: DriverOfKinds, kind: str, query: str) -> list[str]:
    """What the full-text index has for a query; of a file also what is gone and should not be there."""
    if not isinstance(driver, SqliteDriver):
        return [it.uuid for it in await driver.finder.by_words(NAMED[kind], query, None, None, 99)]
    sql = (
        f"SELECT coalesce(uuid, 'gone') FROM {kind}_words LEFT JOIN {kind} ON id = {kind}_words.rowid"
        f" WHERE {kind}_words MATCH ?"
    )
    match = match_expression(query)
    return await driver.database.read(lambda db: [row[0] for row in db.execute(sql, (match,))])
