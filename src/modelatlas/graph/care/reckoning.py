"""The beliefs of one line reckoned anew from its claims, and what of them is kept otherwise."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modelatlas.graph.beliefs import beliefs, entry
from modelatlas.graph.care.findings import Finding, Remedies
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.facts import Claim, Fact
from modelatlas.graph.graphiti_rows import edge_words, instant_of, subject_row, target_row, ticks
from modelatlas.graph.reading import fact_of


class Row(Protocol):
    """A row of a store, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """How a store keeps a claim and a belief: the columns of each, but a belief's words, and what a claim is called."""

    claim: Callable[[str, Claim, int], Mapping[str, object]]
    belief: Callable[[str, Fact], Mapping[str, object]]
    called: Callable[[Row], str]
    remedies: Remedies


def line_findings(
    layout: Layout, told: Sequence[Row], held: Sequence[Row], has_episode: Callable[[str, str], bool]
) -> Iterator[Finding]:
    """What is wrong with the claims of a line and with the beliefs that are kept of it.

    A row of a belief has its words, and the group and name of both ends, beside its columns.
    """
    read: list[Claim] = []
    for row in told:
        try:
            claim = Claim.model_validate_json(row["body"])
            yield from _as_recorded(layout, row, claim)
        except (ValueError, TypeError, AtlasError, OverflowError):
            what = f"The claim {layout.called(row)} cannot be read as a claim"
            yield Finding(kind="claim", where=str(row["uuid"]), what=what, remedy=layout.remedies.restore)
            continue
        read.append(claim)
        episode = str(claim.source.episode(row["tenant"]))
        if not has_episode(row["tenant"], episode):
            what = f"The episode {episode}, which the claim {row['uuid']} rests on, is not there"
            yield Finding(kind="episode", where=episode, what=what, remedy=layout.remedies.restore)
    if len(read) == len(told):
        yield from _follow(layout, told, read, held)


def _as_recorded(layout: Layout, row: Row, claim: Claim) -> Iterator[Finding]:
    recorded = ticks(claim.recorded(instant_of(row["ingested_at"])).latest)
    wrong = [name for name, value in layout.claim(row["tenant"], claim, recorded).items() if row[name] != value]
    if wrong:
        what = f"The claim {layout.called(row)} is not as it was recorded ({', '.join(wrong)})"
        yield Finding(kind="claim", where=str(row["uuid"]), what=what, remedy=layout.remedies.again)


def _follow(layout: Layout, told: Sequence[Row], read: Sequence[Claim], held: Sequence[Row]) -> Iterator[Finding]:
    """The stored beliefs of a line that are not those that follow from its claims."""
    again = layout.remedies.again
    stored = {row["uuid"]: row for row in held}
    entries = [entry(claim, instant_of(row["ingested_at"])) for row, claim in zip(told, read, strict=True)]
    for belief in beliefs(entries):
        tenant = told[0]["tenant"]
        fact = fact_of(belief, tenant)
        row = stored.pop(str(fact.id), None)
        if row is None:
            what = f"The belief {fact.id} ({fact.text[:80]!r}) follows from the claims and is not stored"
            yield Finding(kind="belief", where=str(fact.id), what=what, remedy=again)
        else:
            yield from _compare(layout, row, fact, tenant)
    for uuid in stored:
        what = f"The stored belief {uuid} does not follow from the claims"
        yield Finding(kind="belief", where=str(uuid), what=what, remedy=again)


def _compare(layout: Layout, row: Row, fact: Fact, tenant: str) -> Iterator[Finding]:
    again = layout.remedies.again
    wrong = [name for name, value in layout.belief(tenant, fact).items() if not _same(name, row[name], value)]
    if wrong:
        what = f"The belief {fact.id} ({fact.text[:80]!r}) is stored otherwise ({', '.join(wrong)})"
        yield Finding(kind="belief", where=str(fact.id), what=what, remedy=again)
    for end, node in (("source", subject_row(tenant, fact, 0)), ("target", target_row(tenant, fact, 0))):
        if (row[f"{end}_group"], row[f"{end}_name"]) != (node[1], node[2]):
            what = f"The {end} of the belief {fact.id}, {node[2][:80]!r}, is not there under that name"
            yield Finding(kind="entity", where=node[0], what=what, remedy=again)
    if row["words"] != edge_words(fact):
        what = f"A search does not find the belief {fact.id} ({fact.text[:80]!r}) by all its words"
        yield Finding(kind="words", where=str(fact.id), what=what, remedy=again)


def _same(name: str, stored: object, expected: object) -> bool:
    if stored == expected:
        return True
    try:
        if name == "episodes":  # Graphiti's clients may add others after the first
            return bool(_loaded(stored)[0] == _loaded(expected)[0])
        # An older program may have spaced it otherwise.
        return name == "attributes" and bool(_loaded(stored) == _loaded(expected))
    except (ValueError, LookupError, TypeError):
        return False


def _loaded(value: object) -> Any:
    return json.loads(value) if isinstance(value, str) else value
