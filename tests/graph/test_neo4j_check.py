"""What a check of a database finds: nothing in what the program wrote, and whatever else has happened to it."""

import asyncio
import re
from pathlib import Path

import pytest
from graphiti_parts import LATER, NOW, said
from migrating import migrated

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Pattern, Source
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.care import soundness
from modelatlas.graph.neo4j.care.soundness import check
from modelatlas.graph.neo4j.store import Neo4jStore
from servers.neo4j_server import RunningNeo4j

pytest_plugins = ("furnished", "mixed_file")


def address(server: RunningNeo4j) -> Address:
    return Address.read(server.uri, server.user, server.password)


async def filled(server: RunningNeo4j, file: Path) -> Address:
    """The database with what the file has."""
    await server.wiped()
    await migrated(file, address(server))
    return address(server)


async def wrong_with(place: Address) -> list[str]:
    """What a check finds, each as its sentence."""
    return [finding.text for finding in (await check(place)).findings]


def licence(number: int) -> str:
    return f"MATCH ()-[r:RELATES_TO {{name: 'licence_code'}}]->() WHERE r.fact CONTAINS 'v{number}'"


def claim(subject: str, place: int) -> str:
    return f"MATCH (c:Claim {{subject: '{subject}', tenant: 'us'}}) WITH c ORDER BY c.place SKIP {place} LIMIT 1"


def turn(text: str) -> str:
    return f"MATCH (e:Episodic {{content: 'the film is {text}'}})"


HARMS = {
    "MATCH ()-[r:RELATES_TO {name: 'parameters'}]->() SET r.valid_at = r.valid_at + duration('PT1S')": (
        r"The belief .*14 B.* is stored otherwise \(valid_at\)"
    ),
    f"{licence(10)} SET r.valid_from = 1": r"v10'\) is stored otherwise \(valid_from\)",
    f"{licence(11)} SET r.valid_from_day = '00000001'": r"v11'\) is stored otherwise \(valid_from_day\)",
    f"{licence(12)} SET r.believed_until = 5": r"v12'\) is stored otherwise \(believed_until\)",
    f"{licence(13)} SET r.fact = 'a lie'": r"v13'\) is stored otherwise \(fact\)",
    f"{licence(14)} SET r.words = 'other'": r"A search does not find the belief .*v14",
    f"{licence(15)} SET r.group_word = 'x'": r"v15'\) is stored otherwise \(group_word\)",
    f"{licence(16)} SET r.attributes = '{{'": r"v16'\) is stored otherwise \(attributes\)",
    f"{licence(17)} SET r.episodes = ['x']": r"v17'\) is stored otherwise \(episodes\)",
    f"{licence(18)} DELETE r": r"v18'\) follows from the claims and is not stored",
    f"{licence(19)} WITH r LIMIT 1 SET r.uuid = 'another'": "The stored belief another does not follow",
    f"{licence(20)} REMOVE r.line": r"v20'\) follows from the claims and is not stored",
    f"{licence(21)} SET r.line = 7": "The belief .* is of no line",
    f"{claim('图像编辑“模型”', 0)} SET c.body = '{{'": "The claim .* cannot be read as a claim",
    f"{claim('Veo', 0)} SET c.subject = 'x'": r"is not as it was recorded \(subject\)",
    f"{claim('Veo', 0)} SET c.episode = 'x'": r"is not as it was recorded \(episode\)",
    f"{claim('Veo', 1)} SET c.recorded_at = 7": r"is not as it was recorded \(recorded_at\)",
    f"{claim('Veo', 2)} SET c.line = 'ff'": r"is not as it was recorded \(line\)",
    f"{claim('Veo', 3)} REMOVE c.line": "The claim .* is of no line",
    f"{claim('Veo', 4)} CREATE (:Forgotten {{tenant: 'us', uuid: c.uuid}})": "is on record although it was erased",
    f"{claim('Veo', 5)} DELETE c": "The stored belief .* does not follow from the claims",
    "MATCH (l:Line {key: $wan}) SET l.last = 1": "says 1 of when its last claim was recorded",
    "MATCH (l:Line {key: $veo}) DELETE l": "says None of when its last claim was recorded",
    "CREATE (:Line {key: 'zz', last: 5})": "The line zz says when its last claim was recorded, and has none",
    "MATCH (e:Episodic {source_id: 'chat'}) WHERE e.stub DETACH DELETE e": "which the claim .* rests on, is not there",
    f"{turn('a')} SET e.said_day = '1'": r"The episode .* is stored otherwise \(said_day\)",
    f"{turn('b')} SET e.uuid = 'x'": "The episode x has not the id of its source 'chat'",
    f"{turn('c')} SET e.attributes = '{{\"source\": 1}}'": "The episode .* cannot be read",
    "MATCH (e:Episodic {name: 'first'}) SET e.content = 'other'": "does not find the episode .*'first'",
    "MATCH (e:Episodic {name: 'Model card'}) SET e.words = 'other'": "does not find the episode .*'Model card'",
    "MATCH (n:Entity {name: 'Gemini'}) SET n.name = 'Gemini 9'": "target of the belief .*'Gemini', is not there",
    "MATCH (n:Entity {name: 'Ann'}) SET n.name_key = 'x'": r"'Ann'\) is not found by its name",
    "MATCH (n:Entity {name: 'Ann'}) SET n.group_id = 'x'": "is no entity of its group",
    "MATCH (n:Entity {name: 'Bob 张三'}) SET n.summary = 'plays'": "not find the node .*Bob",
    "MATCH (n:Community) SET n.summary = 'plays'": "not find the node .*people",
    "MATCH ()-[r:RELATES_TO {name: 'KNOWS'}]->() SET r.fact = 'other'": "does not find the edge",
    "MATCH ()-[r:RELATES_TO {name: 'offered_on'}]->() WITH r LIMIT 1 SET r.fact_embedding = [1.0]": (
        "has 1 dimensions instead of 64"
    ),
}


async def test_whatever_is_not_as_it_should_be_is_found(
    mixed: Path, neo4j_newest: RunningNeo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundness, "LISTED", 10_000)
    place = await filled(neo4j_newest, mixed)
    line = "MATCH (c:Claim {subject: $of, tenant: 'us'}) RETURN c.line AS line ORDER BY line LIMIT 1"
    lines = {key: neo4j_newest.asked(line, of=of)[0]["line"] for key, of in (("wan", "Wan 2.1"), ("veo", "Veo"))}
    for harm in HARMS:
        changed = neo4j_newest.asked(f"{harm} RETURN count(*) AS count", **lines)
        assert changed[0]["count"] > 0, harm
    found = await wrong_with(place)
    for harm, told in HARMS.items():
        assert any(re.search(told, text) for text in found), (harm, found)
    assert all(text.endswith(".") and "\n" not in text for text in found)


async def test_constraints_and_indexes_that_are_missing_or_others_are_found(
    mixed: Path, neo4j_lts: RunningNeo4j
) -> None:
    place = await filled(neo4j_lts, mixed)
    try:
        for harm in (
            "DROP INDEX relation_words",
            "DROP INDEX atlas_claim_line",
            "CREATE INDEX atlas_claim_line FOR (c:Claim) ON (c.subject, c.place)",
            "DROP INDEX entity_vector",
            "CREATE VECTOR INDEX entity_vector FOR (n:Entity) ON (n.name_embedding)"
            " OPTIONS {indexConfig: {`vector.dimensions`: 2, `vector.similarity_function`: 'euclidean'}}",
            "DROP CONSTRAINT atlas_claim_key",
            "MATCH (c:Claim {tenant: 'us'}) WITH c LIMIT 1 CREATE (d:Claim) SET d = properties(c)",
        ):
            neo4j_lts.asked(harm)
        found = await wrong_with(place)
    finally:
        await neo4j_lts.wiped()
        for name in ("atlas_claim_line", "entity_vector"):
            neo4j_lts.asked(f"DROP INDEX {name} IF EXISTS")
    for told in (
        "The index relation_words is missing",
        "The index atlas_claim_line is not the one of an atlas: `DROP INDEX atlas_claim_line`",
        "The index entity_vector is not the one of an atlas",
        "The constraint atlas_claim_key is missing: open the atlas",
        "There are 2 of Claim us .* where there can be one",
    ):
        assert any(re.search(told, text) for text in found), (told, found)
    store = Neo4jStore(place, "us")
    await store.record([said("Veo", "note", Source(id="x"), object="y")], now=NOW)
    await store.close()
    assert await wrong_with(place) == []


async def test_a_check_finds_nothing_while_others_write(neo4j_lts: RunningNeo4j) -> None:
    await neo4j_lts.wiped()
    place = address(neo4j_lts)
    store = Neo4jStore(place, "us")
    begun, done = asyncio.Event(), asyncio.Event()

    async def write() -> int:
        number = 0
        while not done.is_set():
            claims = [said(f"model {n}", "licence_code", Source(id="page"), object=f"v{number}") for n in range(20)]
            await store.record([it.model_copy(update={"recorded_at": f"{2000 + number}"}) for it in claims], now=NOW)
            if number % 3 == 2:
                await store.forget(Pattern(subject="model 3"), now=LATER)
            number += 1
            begun.set()
        return number

    writing = asyncio.create_task(write())
    for _ in range(5):
        await begun.wait()
        begun.clear()
        assert await wrong_with(place) == []
    done.set()
    assert await writing > 1
    await store.close()
    assert await wrong_with(place) == []


async def test_what_graphitis_own_driver_wrote_is_nothing_wrong(neo4j_lts: RunningNeo4j) -> None:
    await neo4j_lts.wiped()
    store = Neo4jStore(address(neo4j_lts), "us")
    await store.record([said("Veo", "note", Source(id="x"), object="y")], now=NOW)
    await store.close()
    neo4j_lts.asked(
        "CREATE (ann:Entity:Person {uuid: 'ann', group_id: 'us', name: 'Ann', summary: '', created_at: datetime(),"
        " hobby: 'chess', name_embedding: [1.0]})-[:RELATES_TO {uuid: 'knows', group_id: 'us', name: 'KNOWS',"
        " fact: 'Ann knows Bob', episodes: [], created_at: datetime()}]->"
        "(:Entity {uuid: 'bob', group_id: 'us', name: 'Bob', summary: '', created_at: datetime()})"
        " CREATE (:Episodic {uuid: 'talk', group_id: 'us', name: 'talk', content: 'hello', source: 'text',"
        " source_description: '', valid_at: datetime(), created_at: datetime(), entity_edges: []})"
        " CREATE (:Community {uuid: 'all', group_id: 'us', name: 'all', summary: '', created_at: datetime()})"
    )
    assert await wrong_with(address(neo4j_lts)) == []


async def test_a_check_of_a_database_without_an_atlas_makes_none(neo4j_lts: RunningNeo4j) -> None:
    await neo4j_lts.wiped()
    with pytest.raises(BadInput, match="no atlas at"):
        await check(address(neo4j_lts))
    assert neo4j_lts.asked("MATCH (n) RETURN count(n) AS count") == [{"count": 0}]
