"""What is near in the graph, as pure functions: walks along relations and mentions, and communities."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Relation = TypeVar("Relation", bound=Hashable)


class Walk(Generic[Relation]):
    """A walk of at most so many steps from its origins: the relations it takes, the entities it reaches.

    Steps go forward, from an episode to what it mentions or from an entity to another; nearer ones come first. While
    it goes on, the backend reads the steps from where it stands.
    """

    def __init__(self, origins: Iterable[str], depth: int) -> None:
        self.stand: list[str] = list(dict.fromkeys(origins))
        self._relations: dict[Relation, None] = {}
        self._reached: dict[str, None] = {}
        self._seen = set(self.stand)
        self._left = depth

    @property
    def goes_on(self) -> bool:
        """Whether there is a further step to take."""
        return self._left > 0 and bool(self.stand)

    @property
    def relations(self) -> list[Relation]:
        """The relations taken."""
        return list(self._relations)

    @property
    def reached(self) -> list[str]:
        """The entities reached."""
        return list(self._reached)

    def step(self, relations: Sequence[tuple[Relation, str]], mentioned: Iterable[str]) -> None:
        """Take the relations from where it stands, each with its target, and the mentions."""
        self._left -= 1
        self._relations |= dict.fromkeys(relation for relation, _ in relations)
        targets = dict.fromkeys([*(target for _, target in relations), *mentioned])
        self._reached |= targets
        self.stand = [uuid for uuid in targets if uuid not in self._seen]
        self._seen |= targets.keys()


def joined(entities: Iterable[str], relations: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Each entity → those that relations (source, target, how many) join it with, and how many do."""
    found: dict[str, dict[str, int]] = {uuid: defaultdict(int) for uuid in entities}
    for source, target, times in relations:
        if source != target and source in found and target in found:
            found[source][target] += times
            found[target][source] += times
    return found


def clusters(neighbours: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """Communities by label propagation (Raghavan, Albert and Kumara 2007), one node after the other.

    A node takes the label that most relations to its neighbours carry, the greatest of equals; one relation is no
    majority, then the greater of its own and that. Graphiti moves all nodes at once and may so swap labels for
    ever; one at a time, every move adds agreement or a greater label, and it ends.
    """
    label = {uuid: number for number, uuid in enumerate(neighbours)}
    moved = True
    while moved:
        moved = False
        for uuid, beside in neighbours.items():
            weight: dict[int, int] = defaultdict(int)
            for other, times in beside.items():
                weight[label[other]] += times
            most, best = max(((times, it) for it, times in weight.items()), default=(0, -1))
            new = best if most > 1 else max(best, label[uuid])
            if new != label[uuid]:
                label[uuid], moved = new, True
    found: dict[int, list[str]] = defaultdict(list)
    for uuid, number in label.items():
        found[number].append(uuid)
    return list(found.values())
