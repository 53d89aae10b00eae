"""What no save and no deletion may do, whatever the backend.

What follows from the log of claims stays as it follows. A belief is an edge that clients read like any other: they
may give it its vector and further episodes, and are refused whatever else would change it. A document is an
episode that claims may rest on: clients read it with its source as `episode_metadata` and the edges that rest on it
as `entity_edges`, and may add others to those. What is neither is the clients' own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EpisodicNode

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.kinds import EPISODE, RELATES_TO, Kind

_FREE_OF_BELIEFS = {"fact_embedding", "episodes"}
_FREE_OF_DOCUMENTS = {"entity_edges", "labels"}


def check(kind: Kind, it: Any) -> None:
    """Raises BadInput for an empty group, and for text that not every backend can hold exactly."""
    where = f"The {kind.name} {it.uuid}"
    if not it.group_id:
        raise BadInput(f"{where} has an empty group_id; name its group, an empty one would be everybody's.")
    _check_text(it.model_dump(exclude={kind.vector.field} if kind.vector else set()), where)


def check_group(held: str, it: Any) -> None:
    """Raises BadInput where the uuid is on record in another group."""
    if held != it.group_id:
        raise BadInput(f"The uuid {it.uuid} is taken in another group than {it.group_id!r}; give a new one.")


def check_groups_named(group_ids: Sequence[str] | None) -> None:
    """Raises BadInput for an empty group, before an `add_episode` without a group has asked its model anything."""
    if group_ids is not None and "" in group_ids:
        raise BadInput(
            "An empty group_id would be everybody's: name the group, as in add_episode(…, group_id='notes')."
        )


def check_belief(belief: EntityEdge, edge: EntityEdge) -> None:
    """Raises BadInput for any change of a belief that clients may not make."""
    changed = belief.model_dump(exclude=_FREE_OF_BELIEFS) != edge.model_dump(exclude=_FREE_OF_BELIEFS)
    if changed or edge.episodes[:1] != belief.episodes[:1]:
        raise BadInput(f"The edge {edge.uuid} is a belief, which follows from claims: record a claim to change it.")


def check_document(document: EpisodicNode, episode: EpisodicNode) -> None:
    """Raises BadInput for any change of a document that clients may not make."""
    if document.model_dump(exclude=_FREE_OF_DOCUMENTS) != episode.model_dump(exclude=_FREE_OF_DOCUMENTS):
        raise BadInput(f"The episode {episode.uuid} is a document on record, which stays as it was read.")


def renamed(uuid: str, name: str) -> BadInput:
    """What to say where an entity that beliefs are about would get another name."""
    return BadInput(f"The entity {uuid} cannot be renamed: beliefs are about {name[:80]!r}.")


def kept(kind: Kind, uuid: str) -> BadInput:
    """What to say where a belief or a document would be deleted."""
    if kind is RELATES_TO:
        return BadInput(f"The edge {uuid} is a belief, which follows from claims: retract or forget those.")
    assert kind is EPISODE
    return BadInput(f"The episode {uuid} is a document that claims may rest on: forget its source.")


def document(episode: EpisodicNode, resting: Sequence[str], attributes: Mapping[str, Any]) -> EpisodicNode:
    """A document as clients see it, with its source and the edges that rest on it."""
    seen = [*resting, *(uuid for uuid in episode.entity_edges if uuid not in resting)]
    return episode.model_copy(update={"entity_edges": seen, "episode_metadata": dict(attributes)})


def _check_text(value: object, where: str) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise BadInput(f"{where} has a NUL character, which no text on record may have.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"{where} has half of a surrogate pair, which is not a character.") from error
    elif isinstance(value, dict):
        for key, part in value.items():
            _check_text(key, where)
            _check_text(part, where)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            _check_text(part, where)
