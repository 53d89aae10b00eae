"""What Graphiti asks about more than one kind at once, of a Neo4j database."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodicNode

from modelatlas.graph.graphiti.json_texts import utc
from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind
from modelatlas.graph.graphiti.neighbourhood import joined
from modelatlas.graph.graphiti.rows import Groups, Neighbours
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.graphiti.documents import models
from modelatlas.graph.neo4j.graphiti.patterns import in_groups, row
from modelatlas.graph.neo4j.graphiti.properties import attributes as attributes_of
from modelatlas.graph.neo4j.server import Server, Transaction

_A_PAGE = 1_000
_SAID = "n.valid_at DESC, n.created_at DESC, n.uuid DESC"
# Beliefs that rest on the episodes: those of the lines that claims of the episodes are in.
_BELIEFS = (
    "MATCH (c:Claim) WHERE c.episode IN $episodes WITH DISTINCT c.line AS line"
    " MATCH (n:Entity)-[e:RELATES_TO {line: line}]-() WHERE e.episodes[0] IN $episodes"
)


class Neo4jLookups:
    """Answers what Graphiti asks about more than one kind at once."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def entities_named(self, names: Sequence[str], group_ids: Sequence[str]) -> list[EntityNode]:
        """The entities of these groups with exactly these names."""
        query = f"MATCH (n:Entity) WHERE n.group_id IN $groups AND n.name IN $names RETURN {row(ENTITY)} AS row"
        return await self._models(ENTITY, f"{query} ORDER BY n.uuid", groups=list(group_ids), names=list(names))

    async def entities_with(
        self, group_id: str, attributes: Mapping[str, object], labels: Sequence[str] | None, limit: int
    ) -> list[EntityNode]:
        """The entities of a group that have all these attributes and, where labels are given, one of them."""
        texts = [json.dumps(it, ensure_ascii=False) for it in (*attributes, *attributes.values()) if type(it) is str]
        query = (
            f"MATCH (n:Entity) WHERE {in_groups(ENTITY)} AND n.uuid > $after"
            " AND (n.attributes IS NULL OR all(text IN $texts WHERE n.attributes CONTAINS text))"
            " AND ($labels IS NULL OR any(label IN labels(n) WHERE label IN $labels))"
            f" RETURN {row(ENTITY)} AS row ORDER BY n.uuid LIMIT {_A_PAGE}"
        )
        chosen = None if labels is None else list(labels)

        async def work(tx: Transaction) -> list[Any]:
            found: list[Any] = []
            after = ""
            while len(found) < limit:
                page = await ask(tx, query, groups=[group_id], after=after, texts=texts, labels=chosen)
                found += [it["row"] for it in page if _has(attributes_of(ENTITY, it["row"]), attributes)]
                if len(page) < _A_PAGE:
                    break
                after = page[-1]["row"]["uuid"]
            return await models(tx, ENTITY, found[: max(limit, 0)])

        return await self._server.read(work)

    async def entities_mentioned(self, episodes: Sequence[str]) -> list[EntityNode]:
        """The entities that episodes mention, or that beliefs which rest on the episodes are about."""
        query = (
            "CALL () { MATCH (e:Episodic)-[:MENTIONS]->(n:Entity) WHERE e.uuid IN $episodes RETURN n"
            f" UNION {_BELIEFS} RETURN n }} WITH n RETURN {row(ENTITY)} AS row ORDER BY n.created_at, n.uuid"
        )
        return await self._models(ENTITY, query, episodes=list(episodes))

    async def mention_counts(self, entities: Sequence[str]) -> dict[str, int]:
        """How many episodes mention each entity."""
        query = (
            "UNWIND $entities AS uuid MATCH (:Episodic)-[m:MENTIONS]->(:Entity {uuid: uuid})"
            " RETURN uuid, count(m) AS times"
        )
        found = await self._ask(query, entities=list(dict.fromkeys(entities)))
        return dict.fromkeys(entities, 0) | {it["uuid"]: it["times"] for it in found}

    async def relations_between(self, source: str, target: str) -> list[EntityEdge]:
        """The relations from one node to the other, in the order they were written."""
        query = "MATCH (:Entity {uuid: $source})-[n:RELATES_TO]->(:Entity {uuid: $target})"
        query += f" RETURN {row(RELATES_TO)} AS row ORDER BY n.created_at, n.uuid"
        return await self._models(RELATES_TO, query, source=source, target=target)

    async def relations_at(self, node: str) -> list[EntityEdge]:
        """The relations that start or end at a node, in the order they were written."""
        query = f"MATCH (:Entity {{uuid: $uuid}})-[n:RELATES_TO]-() WITH DISTINCT n RETURN {row(RELATES_TO)} AS row"
        return await self._models(RELATES_TO, f"{query} ORDER BY n.created_at, n.uuid", uuid=node)

    async def episodes_about(self, entity: str) -> list[EpisodicNode]:
        """The episodes that mention an entity, or that the beliefs at it rest on, in the order they were said."""
        query = (
            "CALL () { MATCH (n:Episodic)-[:MENTIONS]->(:Entity {uuid: $uuid}) RETURN n UNION"
            " MATCH (:Entity {uuid: $uuid})-[e:RELATES_TO]-() WHERE e.line IS NOT NULL UNWIND e.episodes AS cited"
            " MATCH (n:Episodic {uuid: cited, group_id: e.group_id}) RETURN n }"
            f" WITH n RETURN {row(EPISODE)} AS row ORDER BY n.valid_at, n.created_at, n.uuid"
        )
        return await self._models(EPISODE, query, uuid=entity)

    async def last_said(
        self, reference_time: datetime, last_n: int, group_ids: Groups, source: str | None, saga: str | None
    ) -> list[EpisodicNode]:
        """The last episodes said by then, the last first; of a saga by its name."""
        tests = ["n.valid_at <= $by"]
        if group_ids is not None:
            tests.append("n.group_id IN $groups")
        if source is not None:
            tests.append("n.source = $source")
        if saga is not None:
            tests.append("EXISTS { (n)<-[:HAS_EPISODE]-(s:Saga {name: $saga}) WHERE s.group_id = n.group_id }")
        query = f"MATCH (n:Episodic) WHERE {' AND '.join(tests)} RETURN {row(EPISODE)} AS row"
        values = {"by": utc(reference_time), "groups": list(group_ids or ()), "source": source, "saga": saga}
        return await self._models(EPISODE, f"{query} ORDER BY {_SAID} LIMIT $last", last=max(last_n, 0), **values)

    async def last_of_saga(self, saga: str, besides: str) -> str | None:
        """The last said episode of a saga besides one."""
        query = "MATCH (:Saga {uuid: $saga})-[:HAS_EPISODE]->(n:Episodic) WHERE n.uuid <> $besides"
        found = await self._ask(f"{query} RETURN n.uuid AS uuid ORDER BY {_SAID} LIMIT 1", saga=saga, besides=besides)
        return found[0]["uuid"] if found else None

    async def told_in_saga(self, saga: str, since: datetime | None, limit: int) -> list[EpisodicNode]:
        """The episodes of a saga that were ingested after an instant, in the order of that."""
        query = (
            "MATCH (:Saga {uuid: $saga})-[:HAS_EPISODE]->(n:Episodic) WHERE $since IS NULL OR n.created_at > $since"
            f" RETURN {row(EPISODE)} AS row ORDER BY n.created_at, n.valid_at, n.uuid LIMIT $limit"
        )
        after = None if since is None else utc(since)
        return await self._models(EPISODE, query, saga=saga, since=after, limit=max(limit, 0))

    async def communities_of(self, entities: Sequence[str]) -> list[str]:
        """The communities that have one of the entities as a member, once each, the first written first."""
        query = (
            "MATCH (c:Community)-[:HAS_MEMBER]->(n:Entity) WHERE n.uuid IN $entities"
            " WITH DISTINCT c RETURN c.uuid AS uuid ORDER BY c.created_at, c.uuid"
        )
        return [it["uuid"] for it in await self._ask(query, entities=list(entities))]

    async def communities_beside(self, entity: str) -> list[str]:
        """The communities of what relations join with an entity, once for each relation."""
        query = (
            "MATCH (:Entity {uuid: $uuid})-[:RELATES_TO]-(n:Entity)<-[m:HAS_MEMBER]-(c:Community)"
            " RETURN c.uuid AS uuid ORDER BY m.created_at, m.uuid"
        )
        return [it["uuid"] for it in await self._ask(query, uuid=entity)]

    async def neighbours(self, group_ids: Groups) -> list[Neighbours]:
        """For each group: its entities → those that relations join each with, and how many relations do."""

        async def work(tx: Transaction) -> list[Neighbours]:
            chosen = group_ids
            if chosen is None:
                found = await ask(tx, "MATCH (n:Entity) RETURN DISTINCT n.group_id AS group_id ORDER BY group_id")
                chosen = [it["group_id"] for it in found]
            return [await _neighbours(tx, group) for group in chosen]

        return await self._server.read(work)

    async def _ask(self, query: str, **values: Any) -> list[dict[str, Any]]:
        return await self._server.read(lambda tx: ask(tx, query, **values))

    async def _models(self, kind: Kind, query: str, **values: Any) -> list[Any]:
        async def work(tx: Transaction) -> list[Any]:
            return await models(tx, kind, [it["row"] for it in await ask(tx, query, **values)])

        return await self._server.read(work)


async def _neighbours(tx: Transaction, group: str) -> Neighbours:
    entities = f"MATCH (n:Entity) WHERE {in_groups(ENTITY)} RETURN n.uuid AS uuid ORDER BY n.created_at, n.uuid"
    relations = (
        f"MATCH (s:Entity)-[n:RELATES_TO]->(t:Entity) WHERE {in_groups(RELATES_TO)}"
        " RETURN s.uuid AS source, t.uuid AS target, count(n) AS times"
    )
    return joined(
        [it["uuid"] for it in await ask(tx, entities, groups=[group])],
        [(it["source"], it["target"], it["times"]) for it in await ask(tx, relations, groups=[group])],
    )


def _has(own: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return all(name in own and type(own[name]) is type(value) and own[name] == value for name, value in wanted.items())
