"""What drivers of Graphiti have in common, once a backend gives them its Rows, Lookups and Finder."""

from typing import Any, cast

from graphiti_core.driver.driver import GraphDriver

from modelatlas.graph.graphiti import kinds, operations
from modelatlas.graph.graphiti.interface import OperationsInterface
from modelatlas.graph.graphiti.kinds import Kind
from modelatlas.graph.graphiti.rows import Finder, Lookups, Rows
from modelatlas.graph.graphiti.searching import Search


def _operations_of(kind: Kind) -> Any:
    return property(lambda driver: driver.of(kind))


class DriverOfKinds(GraphDriver):
    """A driver that answers all of Graphiti's interfaces from a backend; one serves all groups."""

    rows: Rows
    lookups: Lookups
    finder: Finder

    def furnish(self, rows: Rows, lookups: Lookups, finder: Finder) -> None:
        """Take the backend's parts and offer Graphiti's interfaces over them."""
        self.rows, self.lookups, self.finder = rows, lookups, finder
        self.graph_operations_interface = OperationsInterface()
        self.search_interface = Search()
        self._operations = {it.kind.name: it(rows, lookups) for it in operations.EVERY}

    entity_node_ops = _operations_of(kinds.ENTITY)
    episode_node_ops = _operations_of(kinds.EPISODE)
    community_node_ops = _operations_of(kinds.COMMUNITY)
    saga_node_ops = _operations_of(kinds.SAGA)
    entity_edge_ops = _operations_of(kinds.RELATES_TO)
    episodic_edge_ops = _operations_of(kinds.MENTIONS)
    community_edge_ops = _operations_of(kinds.HAS_MEMBER)
    has_episode_edge_ops = _operations_of(kinds.HAS_EPISODE)
    next_episode_edge_ops = _operations_of(kinds.NEXT_EPISODE)
    # Graphiti's own ways around the two interfaces, which know none of their checks.
    search_ops = None
    graph_ops = None

    @property
    def entities(self) -> operations.EntityNodes:
        """What entities can do."""
        return cast(operations.EntityNodes, self.of(kinds.ENTITY))

    @property
    def episodes(self) -> operations.EpisodeNodes:
        """What episodes can do."""
        return cast(operations.EpisodeNodes, self.of(kinds.EPISODE))

    @property
    def communities(self) -> operations.CommunityNodes:
        """What communities can do."""
        return cast(operations.CommunityNodes, self.of(kinds.COMMUNITY))

    @property
    def relations(self) -> operations.EntityEdges:
        """What relations can do."""
        return cast(operations.EntityEdges, self.of(kinds.RELATES_TO))

    def of(self, kind: Kind) -> operations.Operations:
        """What a kind of node or edge can do."""
        return self._operations[kind.name]
