"""What every Graphiti peer does alike: facts as nodes and edges in bulk, and the hybrid search of edges.

It is spared what it need not do here: nodes and edges are made before the clock starts, an entity is written once,
there are no episodes, and both vectors are given, so that neither a model nor an LLM is asked.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

from graphiti_core import Graphiti
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.embedder.client import EmbedderClient
from graphiti_core.llm_client.client import LLMClient
from graphiti_core.llm_client.config import LLMConfig
from graphiti_core.nodes import EntityNode
from graphiti_core.search.search_config_recipes import EDGE_HYBRID_SEARCH_RRF
from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters
from graphiti_core.utils.bulk_utils import add_nodes_and_edges_bulk

from bench.given import Asked, Given, facts, queries
from bench.peers.process import Job, Searched
from bench.peers.searching import within
from bench.timing import Call
from bench.vectors import vectors

GROUP = "bench"
_BATCH = 500
_LIMIT = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNASKED = "Nothing is left to ask a model: every vector is given."


class NoModel(LLMClient, EmbedderClient, CrossEncoderClient):
    """The clients that Graphiti wants, none of which is ever asked."""

    def __init__(self) -> None:
        LLMClient.__init__(self, LLMConfig(model="none", api_key="none"))

    async def create(self, input_data: Any) -> NoReturn:
        """Refuse."""
        raise AssertionError(_UNASKED)

    async def rank(self, query: str, passages: list[str]) -> NoReturn:
        """Refuse."""
        raise AssertionError(_UNASKED)

    async def _generate_response(self, *arguments: Any, **named: Any) -> NoReturn:
        raise AssertionError(_UNASKED)


async def write_facts(driver: GraphDriver, job: Job) -> tuple[int, float]:
    """Write the facts until they or the seconds are out; how many, and in what time."""
    embedder, count, seconds = NoModel(), 0, 0.0
    for nodes, edges in _graphs(Path(job.facts)):
        began = perf_counter()
        await add_nodes_and_edges_bulk(driver, [], [], nodes, edges, embedder)
        seconds += perf_counter() - began
        count += len(edges)
        if seconds > job.seconds:
            break
    return count, seconds


async def search_facts(driver: GraphDriver, job: Job) -> Searched:
    """Time the searches."""
    return await within(job.seconds, searches(driver, job), queries(Path(job.questions)))


def searches(driver: GraphDriver, job: Job) -> Mapping[str, Call[Asked]]:
    """Searching without a filter, as Graphiti does when nothing is said of time, and with its four-field as-of."""
    nobody = NoModel()
    graphiti = Graphiti(graph_driver=driver, llm_client=nobody, embedder=nobody, cross_encoder=nobody)
    config = EDGE_HYBRID_SEARCH_RRF.model_copy(deep=True, update={"limit": _LIMIT})
    assert config.edge_config is not None
    # How near near is depends on the model; without a bound every peer has as many hits to give.
    config.edge_config.sim_min_score = 0

    async def search(asked: Asked, sight: SearchFilters) -> list[EntityEdge]:
        found = await graphiti.search_(
            asked.text, config, group_ids=[GROUP], search_filter=sight, query_vector=asked.vector
        )
        return found.edges

    everything, then = SearchFilters(), as_of(datetime.fromisoformat(job.past))
    return {"now": lambda asked: search(asked, everything), "then": lambda asked: search(asked, then)}


def as_of(instant: datetime) -> SearchFilters:
    """What was valid and on record at the instant, as far as Graphiti's filters can say it."""
    begun = [DateFilter(date=instant, comparison_operator=ComparisonOperator.less_than_equal)]
    lasting = [DateFilter(date=instant, comparison_operator=ComparisonOperator.greater_than)]
    open_ = [DateFilter(comparison_operator=ComparisonOperator.is_null)]
    return SearchFilters(
        valid_at=[begun, open_], invalid_at=[lasting, open_], created_at=[begun], expired_at=[lasting, open_]
    )


def _graphs(path: Path) -> Iterator[tuple[list[EntityNode], list[EntityEdge]]]:
    written: set[str] = set()
    for batch in facts(path, _BATCH):
        new = {uuid: name for it in batch for uuid, name in _ends(it) if uuid not in written}
        written |= set(new)
        yield _nodes(new), _edges(batch)


def _ends(fact: Given) -> tuple[tuple[str, str], tuple[str, str]]:
    return (fact.subject, fact.subject_name), (fact.target, fact.target_name)


def _nodes(new: dict[str, str]) -> list[EntityNode]:
    made = vectors(list(new.values())).tolist()
    return [
        EntityNode(uuid=uuid, name=name, group_id=GROUP, labels=["Model"], created_at=_EPOCH, name_embedding=vector)
        for (uuid, name), vector in zip(new.items(), made, strict=True)
    ]


def _edges(batch: list[Given]) -> list[EntityEdge]:
    made = vectors([fact.text for fact in batch]).tolist()
    return [
        EntityEdge(
            uuid=it.uuid,
            group_id=GROUP,
            source_node_uuid=it.subject,
            target_node_uuid=it.target,
            name=it.predicate,
            fact=it.text,
            fact_embedding=vector,
            valid_at=_instant(it.valid_at),
            invalid_at=_instant(it.invalid_at),
            created_at=_instant(it.created_at),
            expired_at=_instant(it.expired_at),
        )
        for it, vector in zip(batch, made, strict=True)
    ]


def _instant(ticks: int | None) -> datetime | None:
    return None if ticks is None else _EPOCH + timedelta(microseconds=ticks)
