"""GraphStore in plain dictionaries: the reference that other stores are compared with."""

import math
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from modelatlas.graph.beliefs import Entry, beliefs, entry, line
from modelatlas.graph.embed import Embedder, embedded
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import edge_words, episode_words, subject_row, target_row
from modelatlas.graph.periods import EVER, AsOf, Span
from modelatlas.graph.reading import fact_of, in_sight, matches, text_of
from modelatlas.graph.search import NEAR_ENOUGH, adjacent_turns, fused, in_context
from modelatlas.graph.store import Forgotten, Recorded, no_progress, tenant_name
from modelatlas.graph.text import name_key, query_words


class MemoryStore:
    """Keeps one tenant's claims in memory and follows the beliefs anew at every read."""

    def __init__(self, tenant: str, embedder: Embedder | None = None) -> None:
        self.tenant = tenant_name(tenant)
        self._embedder = embedder
        self._vectors: dict[str, Sequence[float]] = {}
        self._log: dict[UUID, Entry] = {}
        self._episodes: dict[UUID, Episode] = {}
        self._forgotten: set[UUID] = set()
        self._tombstones: list[Forgotten] = []

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes of this tenant on record; those of others are not kept."""
        own = {claim.id: claim for claim in claims if claim.tenant in (None, self.tenant)}
        fresh = {uuid: it for uuid, it in own.items() if uuid not in self._log and uuid not in self._forgotten}
        if self._embedder is not None:
            texts = list(dict.fromkeys(text_of(it) for it in fresh.values() if it.kind == "assert"))
            self._vectors |= zip(texts, await embedded(self._embedder, texts), strict=True)
        self._log |= {uuid: entry(claim, now) for uuid, claim in fresh.items()}
        erased = sum(uuid in self._forgotten for uuid in own)
        told = {it.source.episode(self.tenant): it for it in episodes if it.tenant in (None, self.tenant)}
        new = {uuid: it for uuid, it in told.items() if uuid not in self._episodes and uuid not in self._forgotten}
        self._episodes |= {uuid: it.model_copy(update={"tenant": self.tenant}) for uuid, it in new.items()}
        known = len(claims) - len(fresh) - erased
        return Recorded(new=len(fresh), known=known, forgotten=erased, episodes=len(new))

    async def preview(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """What `record` would do, with nothing taken."""
        trial = MemoryStore(self.tenant)
        trial._log, trial._episodes = dict(self._log), dict(self._episodes)
        trial._forgotten = set(self._forgotten)
        return await trial.record(claims, episodes, now=now)

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        """The facts whose both periods may hold at the as-of."""
        return in_sight([fact for fact in self._facts() if matches(fact, about)], as_of)

    async def search(self, query: str, as_of: AsOf, limit: int) -> list[Hit]:
        """Facts and episodes in sight that have words of the query, the rarest first, or facts that mean alike."""
        if limit <= 0 or not query.strip():
            return []
        facts = {fact.id: fact for fact in in_sight(self._facts(), as_of)}
        told = {it.id: it for it in self._episodes.values() if _said(it, as_of)}
        rankings = [_best(_scores(query, {uuid: edge_words(fact).split() for uuid, fact in facts.items()}))]
        if self._embedder is not None:
            (asked,) = await embedded(self._embedder, [query.encode(errors="replace").decode()])
            rankings.append(_best(self._near(asked, facts)))
        scores = _scores(query, {uuid: episode_words(it).split() for uuid, it in told.items()})
        rankings.append(_best(in_context(scores, adjacent_turns(told.values()))))
        return [
            Hit(score=score, fact=facts.get(uuid), episode=told.get(uuid)) for uuid, score in fused(rankings, limit)
        ]

    async def embed_missing(self, progress: Callable[[int], None] = no_progress) -> int:
        """None: what is recorded here has its vector from the start."""
        if self._embedder is None:
            raise BadInput("There is no embedder to make vectors with; open the store with one.")
        return 0

    async def embed_anew(self, progress: Callable[[int], None] = no_progress) -> int:
        """Make every vector anew; how many."""
        await self.embed_missing()
        assert self._embedder is not None
        texts = list(self._vectors)
        self._vectors = dict(zip(texts, await embedded(self._embedder, texts), strict=True))
        progress(len(texts))
        return len(texts)

    async def history(self, about: Pattern) -> list[Fact]:
        """Every belief ever held about it, in the order they came on record."""
        facts = await self.recall(about, EVER)
        return sorted(facts, key=lambda fact: (fact.believed.start.latest, fact.valid.start.latest, fact.id.hex))

    async def turns(self, session: str, as_of: AsOf, limit: int) -> list[Episode]:
        """The last turns of a conversation that were said by the as-of, oldest first."""
        told = [it for it in self._episodes.values() if it.session == session and _said(it, as_of)]
        return sorted(told, key=lambda it: it.said)[-limit:] if limit > 0 else []

    async def forget(self, about: Pattern, *, now: datetime) -> Forgotten:
        """Erase what matches; a tombstone stays."""
        if about == Pattern():
            raise BadInput("Say what to forget: a subject, a predicate or a source.")
        before = {fact.id for fact in self._facts()}
        erased = {uuid: it.claim for uuid, it in self._log.items() if matches(it.claim, about)}
        self._forgotten |= {self._log[uuid].claim.dated(self._log[uuid].recorded.latest).id for uuid in erased}
        self._forgotten |= set(erased)
        self._log = {uuid: it for uuid, it in self._log.items() if uuid not in erased}
        touched = {claim.source.episode(self.tenant) for claim in erased.values()}
        if about == Pattern(source=about.source):
            touched |= {uuid for uuid, it in self._episodes.items() if it.source.id == about.source}
        gone = touched - {it.claim.source.episode(self.tenant) for it in self._log.values()}
        self._episodes = {uuid: it for uuid, it in self._episodes.items() if uuid not in gone}
        self._forgotten |= gone
        facts = before - {fact.id for fact in self._facts()}
        done = Forgotten(claims=len(erased), facts=len(facts), episodes=len(gone))
        if done.claims or done.episodes:
            self._tombstones.append(done)
        return done

    async def names(self, within: str | None = None) -> dict[str, str]:
        """Every name, or those that stand in a text → the subject it names."""
        facts = self._facts()
        given = sorted(((str(it.object), it.subject) for it in facts if it.predicate == "name"), reverse=True)
        found = dict(given) | {fact.subject: fact.subject for fact in facts}
        return {name: it for name, it in found.items() if within is None or name_key(name) in name_key(within)}

    async def claims(self) -> AsyncIterator[Claim]:
        """The log of claims in the order it was taken on record."""
        for held in list(self._log.values()):
            yield held.claim.dated(held.recorded.latest)

    async def counts(self) -> dict[str, int]:
        """How many of each kind there are."""
        facts = self._facts()
        return {
            "claims": len(self._log),
            "facts": len(facts),
            "entities": len({end(self.tenant, fact, 0)[0] for fact in facts for end in (subject_row, target_row)}),
            "episodes": len(
                self._episodes.keys() | {it.claim.source.episode(self.tenant) for it in self._log.values()}
            ),
            "tombstones": len(self._tombstones),
        }

    async def close(self) -> None:
        """Nothing to let go of."""

    def _facts(self) -> list[Fact]:
        lines: dict[str, list[Entry]] = defaultdict(list)
        for held in self._log.values():
            lines[line(held.claim)].append(held)
        return [fact_of(belief, self.tenant) for log in lines.values() for belief in beliefs(log)]

    def _near(self, asked: Sequence[float], facts: Mapping[UUID, Fact]) -> dict[UUID, float]:
        given = {uuid: self._vectors[fact.text] for uuid, fact in facts.items() if fact.text in self._vectors}
        alike = {uuid: (1 + _cosine(asked, vector)) / 2 for uuid, vector in given.items()}
        return {uuid: score for uuid, score in alike.items() if score >= NEAR_ENOUGH}


def _said(episode: Episode, as_of: AsOf) -> bool:
    def by(axis: datetime | Span) -> bool:
        if isinstance(axis, datetime):
            return episode.said <= axis
        return axis.end is None or episode.said < axis.end

    return by(as_of.valid) and by(as_of.believed)


def _scores(query: str, texts: Mapping[UUID, list[str]]) -> dict[UUID, float]:
    """Those with words of the query, by the summed rarity of the words they have."""
    asked = query_words(query)
    having = {uuid: {word for word in asked if _has(words, word)} for uuid, words in texts.items()}
    common = Counter(word for found in having.values() for word in found)
    return {
        uuid: sum(math.log(1 + len(texts) / common[word]) for word in found) for uuid, found in having.items() if found
    }


def _best(scores: Mapping[UUID, float]) -> list[UUID]:
    return sorted(scores, key=lambda uuid: (-scores[uuid], uuid.hex))


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0


def _has(words: list[str], asked: str) -> bool:
    if len(asked) == 1 and asked >= "\u3400":
        return any(word.startswith(asked) for word in words)
    return asked in words
