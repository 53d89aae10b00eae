"""The constraints and indexes of a modelatlas database, and which of its abilities a server has.

Only what is missing is made, so that a reader without the right to change the schema can use a finished one.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neo4j.exceptions import ClientError, Neo4jError

from modelatlas.graph.errors import BadInput, StoreError

Ask = Callable[..., Awaitable[list[dict[str, Any]]]]

VERSION = 1
OLDEST = (5, 26)

_UNIQUE = {
    **dict.fromkeys(("Entity", "Episodic", "Community", "Saga"), ("uuid",)),
    "Claim": ("tenant", "uuid"),
    "Line": ("key",),
    "Forgotten": ("tenant", "uuid"),
    "Embedder": ("tenant",),
    "Atlas": ("name",),
}
_RELATIONS = ("RELATES_TO", "MENTIONS", "HAS_MEMBER", "HAS_EPISODE", "NEXT_EPISODE")
_NODE_RANGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "entity_name": ("Entity", ("group_id", "name_key")),
    "entity_exact_name": ("Entity", ("group_id", "name")),
    "episode_said": ("Episodic", ("group_id", "said")),
    "episode_session": ("Episodic", ("group_id", "session", "said")),
    "episode_source": ("Episodic", ("group_id", "source_id")),
    "episode_place": ("Episodic", ("group_id", "place")),
    "episode_valid": ("Episodic", ("group_id", "valid_at")),
    "community_group": ("Community", ("group_id",)),
    "saga_name": ("Saga", ("group_id", "name")),
    "claim_line": ("Claim", ("line",)),
    "claim_place": ("Claim", ("tenant", "place")),
    "claim_subject": ("Claim", ("tenant", "subject")),
    "claim_episode": ("Claim", ("episode",)),
}
_RELATION_RANGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "relation_line": ("RELATES_TO", ("line",)),
    "relation_name": ("RELATES_TO", ("group_id", "name")),
    "relation_episode": ("RELATES_TO", ("first_episode",)),
    "relation_sight": ("RELATES_TO", ("group_id", "believed_until", "valid_until")),
    **{f"{name.lower()}_group": (name, ("group_id",)) for name in _RELATIONS[1:]},
}
_DAYS = ("valid_from_day", "valid_until_day", "believed_from_day", "believed_until_day")
_NODE_WORDS = {
    "entity_words": ("Entity", ("words", "group_word")),
    "episode_words": ("Episodic", ("words", "group_word", "said_day")),
    "community_words": ("Community", ("words", "group_word")),
}
_NODE_VECTORS = {"entity_vector": ("Entity", "name_embedding"), "community_vector": ("Community", "name_embedding")}
RELATION_WORDS, RELATION_VECTOR = "relation_words", "relation_vector"
# A filter of a vector index is read from the index itself; 5.26 has none.
FILTERED = ("group_id", "valid_from", "valid_until", "believed_from", "believed_until")
_WORDS = "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}"
_MEANT = {"fulltext.analyzer": "whitespace", "vector.similarity_function": "cosine"}
SHOW = "SHOW INDEXES YIELD name, type, state, labelsOrTypes, properties, options, owningConstraint RETURN *"
_SAME = "EquivalentSchemaRuleAlreadyExists"


@dataclass(frozen=True, slots=True)
class Index:
    """A constraint or index: of which kind, on which label or relationship type, on which properties, how made."""

    name: str
    kind: Literal["UNIQUE", "RANGE", "FULLTEXT", "VECTOR"]
    of: str
    fields: tuple[str, ...]
    statement: str

    @property
    def on_nodes(self) -> bool:
        return self.of not in _RELATIONS


@dataclass(frozen=True, slots=True)
class Ability:
    """What a server can do: its version, whether its vector index filters before it ranks, whether it knows vectors.

    One that does not know a vector as one value takes it as a list of numbers.
    """

    version: str
    edition: str
    filters: bool
    vectors: bool


async def prepare(ask: Ask, make: Ask, where: str) -> Ability:
    """Make what is missing and wait until it is ready. Raises StoreError for an older server or a newer database.

    `ask` runs one query by itself, on a replica too, and gives its records; `make` may change the schema.
    """
    ability = await _ability(ask, where)
    kept = await _kept(ask, where)
    there = await ask(SHOW)
    missing = [query for index in indexes(ability) for query in _making(index, there, where)]
    for query in missing:
        await _make(make, query, where)
    if missing or any(row["state"] != "ONLINE" for row in there):
        await ask("CALL db.awaitIndexes(3600)")
    if not kept:
        await make("MERGE (a:Atlas {name: 'schema'}) SET a.version = $version", version=VERSION)
    return ability


def is_made(wanted: Index, row: Mapping[str, Any]) -> bool:
    """Whether a row of SHOW is the index. Searches ask by its name; of the others any on the same will do."""
    kind = "UNIQUE" if row["owningConstraint"] is not None else row["type"]
    if kind != wanted.kind or not _is_on(wanted, row):
        return False
    if kind in ("UNIQUE", "RANGE"):
        return True
    given = row["options"]["indexConfig"]
    meant = all(str(given[name]).lower() == value for name, value in _MEANT.items() if name in given)
    return meant and row["name"] == wanted.name


def _making(wanted: Index, there: Sequence[Mapping[str, Any]], where: str) -> Iterator[str]:
    """What makes an index, if it is not there. Raises StoreError where another has its name."""
    if any(is_made(wanted, row) for row in there):
        return
    for row in there:
        # A plain index, such as Graphiti makes, stands in the way of a constraint on the same, which brings its own.
        if wanted.kind == "UNIQUE" and row["type"] == "RANGE" and _is_on(wanted, row):
            yield f"DROP INDEX `{row['name']}` IF EXISTS"
        elif row["name"] == wanted.name:
            # Made by an older server, before this one was upgraded, a vector index cannot filter.
            if wanted.kind != "VECTOR" or row["properties"][:1] != list(wanted.fields[:1]):
                raise StoreError(
                    f"{where} has an index {wanted.name} that is not the one of an atlas: drop it, or name another"
                    " database."
                )
            yield f"DROP INDEX {wanted.name} IF EXISTS"
    yield wanted.statement


def _is_on(wanted: Index, row: Mapping[str, Any]) -> bool:
    return bool(row["labelsOrTypes"] == [wanted.of] and row["properties"] == list(wanted.fields))


async def as_it_is(ask: Ask, make: Ask, where: str) -> Ability:
    """Change nothing. Raises BadInput where there is no atlas, StoreError for an older server or a newer database."""
    ability = await _ability(ask, where)
    if not await _kept(ask, where):
        raise BadInput(f"There is no atlas at {where}; name a database that has one.")
    return ability


async def _ability(ask: Ask, where: str) -> Ability:
    version, edition = await _server(ask, where)
    newest = await _knows_cypher_25(ask)  # and so Bolt 6, which has vectors and is older
    return Ability(version=version, edition=edition, filters=newest, vectors=newest)


async def _kept(ask: Ask, where: str) -> bool:
    """Whether there is an atlas. Raises StoreError for one that a newer program made."""
    kept = await ask("MATCH (a:Atlas {name: 'schema'}) RETURN a.version AS version")
    if kept and kept[0]["version"] > VERSION:
        raise StoreError(
            f"{where} was written by a newer modelatlas (schema {kept[0]['version']}, this one knows {VERSION});"
            " upgrade modelatlas."
        )
    return bool(kept)


async def _server(ask: Ask, where: str) -> tuple[str, str]:
    for row in await ask("CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition"):
        if row["name"] == "Neo4j Kernel":
            version = str(row["versions"][0])
            if _number(version) < OLDEST:
                raise StoreError(f"{where} is Neo4j {version}; modelatlas needs 5.26 or newer: upgrade the server.")
            return version, str(row["edition"])
    raise StoreError(f"{where} does not say that it is Neo4j; name a Neo4j server of 5.26 or newer.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("+")[0].split(".")[:2] if part.isdigit())


async def _knows_cypher_25(ask: Ask) -> bool:
    """Whether the server's vector indexes can filter, asked by having it plan such an index."""
    try:
        await ask(f"EXPLAIN {_vector('probe', 'RELATES_TO', 'fact_embedding', FILTERED, True).statement}")
    except ClientError:
        return False
    return True


def indexes(ability: Ability) -> list[Index]:
    """Every constraint and index that a finished database has on such a server."""
    relation_vector = FILTERED if ability.filters else ()
    return [
        *(_index(f"atlas_{label.lower()}_key", "UNIQUE", label, fields) for label, fields in _UNIQUE.items()),
        *(_index(f"atlas_{kind.lower()}_key", "UNIQUE", kind, ("uuid",)) for kind in _RELATIONS),
        *(_index(f"atlas_{name}", "RANGE", *on) for name, on in (_NODE_RANGES | _RELATION_RANGES).items()),
        *(_index(name, "FULLTEXT", *on) for name, on in _NODE_WORDS.items()),
        _index(RELATION_WORDS, "FULLTEXT", "RELATES_TO", ("words", "group_word", *_DAYS)),
        *(_vector(name, label, field, (), ability.filters) for name, (label, field) in _NODE_VECTORS.items()),
        _vector(RELATION_VECTOR, "RELATES_TO", "fact_embedding", relation_vector, ability.filters),
    ]


def _index(name: str, kind: Literal["UNIQUE", "RANGE", "FULLTEXT"], of: str, fields: tuple[str, ...]) -> Index:
    each = ", ".join(f"r.{field}" for field in fields)
    on = f"IF NOT EXISTS FOR {_pattern(of)}"
    statement = {
        "UNIQUE": f"CREATE CONSTRAINT {name} {on} REQUIRE ({each}) IS UNIQUE",
        "RANGE": f"CREATE INDEX {name} {on} ON ({each})",
        "FULLTEXT": f"CREATE FULLTEXT INDEX {name} {on} ON EACH [{each}] {_WORDS}",
    }[kind]
    return Index(name, kind, of, fields, statement)


def _vector(name: str, of: str, field: str, filters: tuple[str, ...], newest: bool) -> Index:
    among = f" WITH [{', '.join(f'r.{it}' for it in filters)}]" if filters else ""
    version = "CYPHER 25 " if filters else ""
    on = f"FOR {_pattern(of)} ON (r.{field}){among} {_vectors(newest)}"
    statement = f"{version}CREATE VECTOR INDEX {name} IF NOT EXISTS {on}"
    return Index(name, "VECTOR", of, (field, *filters), statement)


def _pattern(of: str) -> str:
    return f"()-[r:{of}]-()" if of in _RELATIONS else f"(r:{of})"


def _vectors(newest: bool) -> str:
    """The options of a vector index: vectors as they are, for a quantized one finds fewer of the nearest.

    Without `vector.dimensions` it takes vectors of any length; a query finds those of its own.
    """
    plain = "`vector.quantization.type`: 'NONE'" if newest else "`vector.quantization.enabled`: false"
    return f"OPTIONS {{indexConfig: {{`vector.similarity_function`: 'cosine', {plain}}}}}"


async def _make(make: Ask, query: str, where: str) -> None:
    try:
        await make(query)
    except Neo4jError as error:
        if _SAME in str(error.code) or _SAME in str(error):
            return  # another process made it at the same time
        raise StoreError(f"{where} cannot be made ready for modelatlas: {error.message}") from error
