"""What of one archive is otherwise in another: every claim and belief on both axes, and all that stands beside them."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from modelatlas.graph.care.progress import Progress
from modelatlas.graph.migration.archive import Archive, Belief, Logged, Told
from modelatlas.graph.migration.pairs import in_step, matched

_OFTEN = 1_000  # rows between two reports


class Comparison:
    """Compares two archives for some tenants; `compared` counts what was the same or not."""

    def __init__(self, source: Archive, target: Archive, tenants: Sequence[str], progress: Progress) -> None:
        self.compared: Counter[str] = Counter()
        self._source, self._target = source, target
        self._tenants = tenants
        self._progress = progress

    async def differences(self, embedded: Sequence[str]) -> AsyncIterator[str]:
        """Everything that is otherwise, each as a sentence; the vectors of these tenants among it."""
        for tenant in self._tenants:
            for part in (self._log, self._episodes, self._forgotten, self._counts):
                async for difference in part(tenant):
                    yield difference
        async for difference in self._beliefs():
            yield difference
        async for difference in self._vectors(embedded):
            yield difference
        async for difference in self._clients_rows():
            yield difference

    async def _log(self, tenant: str) -> AsyncIterator[str]:
        async for one, other in in_step(self._source.log(tenant), self._target.log(tenant)):
            self._saw("claims")
            if one != other:
                place = f"Claim {self.compared['claims']:,} of the log of {tenant!r}"
                yield f"{place} is {_claim(one)} in {self._source.name} and {_claim(other)} in {self._target.name}."
                return  # and so is whatever comes after it

    async def _episodes(self, tenant: str) -> AsyncIterator[str]:
        async for one, other in in_step(self._source.episodes(tenant), self._target.episodes(tenant)):
            self._saw("episodes")
            if one == other:
                continue
            if (
                one is None
                or other is None
                or one.episode.source.episode(tenant) != other.episode.source.episode(tenant)
            ):
                place = f"Episode {self.compared['episodes']:,} of {tenant!r}"
                yield f"{place} is {_episode(one)} in {self._source.name} and {_episode(other)} in {self._target.name}."
                return
            wrong = _names(*({**it.episode.model_dump(), **it._asdict(), "episode": None} for it in (one, other)))
            yield f"The episode {_episode(one)} of {tenant!r} is otherwise ({', '.join(wrong)})."

    async def _forgotten(self, tenant: str) -> AsyncIterator[str]:
        pairs = matched(self._source.forgotten(tenant), self._target.forgotten(tenant), str)
        async for one, other in pairs:
            self._saw("erased ids")
            if one is None or other is None:
                where, elsewhere = self._where(one)
                yield f"{one or other} was erased by {tenant!r} in {where} and is not kept as erased in {elsewhere}."
        stones = [Counter(await archive.tombstones(tenant)) for archive in (self._source, self._target)]
        self.compared["tombstones"] += stones[0].total()
        if stones[0] != stones[1]:
            yield f"The tombstones of {tenant!r} are otherwise."

    async def _counts(self, tenant: str) -> AsyncIterator[str]:
        ours, theirs = await self._source.counts(tenant), await self._target.counts(tenant)
        for name in ("claims", "facts", "tombstones"):
            if ours[name] != theirs[name]:
                counted = f"{ours[name]:,} in {self._source.name} and {theirs[name]:,} in {self._target.name}"
                yield f"The {name} of {tenant!r} are {counted}."

    async def _beliefs(self) -> AsyncIterator[str]:
        pairs = matched(self._source.beliefs(self._tenants), self._target.beliefs(self._tenants), _uuid)
        async for one, other in pairs:
            self._saw("beliefs")
            if one is None or other is None:
                where, elsewhere = self._where(one)
                yield f"The belief {_belief(one or other)} is in {where} and not in {elsewhere}."
            elif wrong := list(_unlike(one, other)):
                yield f"The belief {_belief(one)} is otherwise ({', '.join(wrong)})."

    async def _vectors(self, tenants: Sequence[str]) -> AsyncIterator[str]:
        for tenant in tenants:
            ours, theirs = await self._source.signature(tenant), await self._target.signature(tenant)
            if ours != theirs:
                where = f"{ours} in {self._source.name} and {theirs} in {self._target.name}"
                yield f"The vectors of {tenant!r} are of {where}."
        pairs = matched(self._source.vectors(tenants), self._target.vectors(tenants), lambda pair: pair[0])
        async for one, other in pairs:
            self._saw("vectors")
            if one != other:
                uuid = (one or other or ("", b""))[0]
                yield f"The vector of the belief {uuid} is otherwise, or not in both."

    async def _clients_rows(self) -> AsyncIterator[str]:
        from modelatlas.graph.migration.clients_rows import unlike  # loads Graphiti

        async for kind, uuid in unlike(self._source, self._target, self._tenants, self._progress):
            yield f"The {kind.name} {uuid} of Graphiti's clients is not there as it was."

    def _where(self, one: object) -> tuple[str, str]:
        names = self._source.name, self._target.name
        return names if one is not None else (names[1], names[0])

    def _saw(self, part: str) -> None:
        self.compared[part] += 1
        if self.compared[part] % _OFTEN == 0:
            self._progress(f"comparing {part}", self.compared[part], self.compared[part])


def _uuid(belief: Belief) -> str:
    return str(belief["uuid"])


def _unlike(one: Belief, other: Belief) -> Iterator[str]:
    """The names of what two beliefs say otherwise."""
    for name, value in one.items():
        if other[name] == value:
            continue
        if name == "attributes":
            yield from _names(json.loads(value), json.loads(other[name]))
        else:
            yield name


def _names(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The names under which two objects have different values; 1, 1.0 and true are three."""
    return [name for name in sorted({*one, *other}) if _text(one.get(name)) != _text(other.get(name))]


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _claim(logged: Logged | None) -> str:
    return "missing" if logged is None else f"{logged.uuid} (ingested at {logged.ingested_at})"


def _episode(told: Told | None) -> str:
    return "missing" if told is None else repr(told.episode.name[:80])


def _belief(belief: Belief | None) -> str:
    assert belief is not None
    return f"{belief['uuid']} of {belief['tenant']!r} ({str(belief['fact'])[:80]!r})"
