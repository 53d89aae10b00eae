"""The atlas as a Python object: open a file or a server, then record, recall, search, compare, ask.

async with modelatlas.open("models.sqlite") as atlas:
    found = await atlas.ask("Imagen 4 什么时候停止服务？")
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelatlas.agent.checkpoints import Checkpoints
from modelatlas.agent.settings import settings
from modelatlas.agent.workbench import Workbench
from modelatlas.graph.difference import Difference, difference
from modelatlas.graph.embed import Embedder
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Hit, Pattern, Source
from modelatlas.graph.opening import open_store
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import Forgotten, GraphStore, Recorded
from modelatlas.tools.compare import Comparison
from modelatlas.tools.constraints import Needs
from modelatlas.tools.jobs.executor import Executor
from modelatlas.tools.naming import find
from modelatlas.tools.recall import Recalled
from modelatlas.tools.recommend import Recommendation
from modelatlas.tools.timeline import Timeline

if TYPE_CHECKING:
    from modelatlas.agent.loop import Approver

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class Atlas:
    """What is on record, and what can be asked of it; an as-of left out is (now, now)."""

    def __init__(
        self,
        store: GraphStore,
        clock: Callable[[], datetime],
        checkpoints: Checkpoints | None = None,
        workbench: Workbench | None = None,
    ) -> None:
        self.store = store
        self._clock = clock
        self._checkpoints = checkpoints
        self._workbench = workbench

    @property
    def workbench(self) -> Workbench:
        """Where action tools run."""
        if self._workbench is None:
            raise BadInput("This atlas has no workshop to run tools in; open it by modelatlas.open.")
        return self._workbench

    def now(self) -> datetime:
        """The present."""
        return self._clock()

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = ()) -> Recorded:
        """Take claims and episodes on record, all or none."""
        return await self.store.record(claims, episodes, now=self.now())

    async def retract(
        self,
        subject: str,
        predicate: str,
        object: str | None = None,
        *,
        source: Source,
        valid_from: str | None = None,
        valid_to: str | None = None,
    ) -> Recorded:
        """Take back what a source said: one object, or all of the predicate, over the valid time given or all of it."""
        claim = Claim(
            subject=subject,
            predicate=predicate,
            object=object,
            kind="retract",
            source=source,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        return await self.record([claim])

    async def recall(self, subject: str, predicate: str | None = None, as_of: AsOf | None = None) -> Recalled:
        """What is on record about a subject. Raises UnknownEntity with the nearest names."""
        from modelatlas.tools.recall import recall

        return await recall(self.store, subject, predicate, as_of or AsOf.at(self.now()))

    async def search(self, text: str, as_of: AsOf | None = None, limit: int = 10) -> list[Hit]:
        """Facts and turns with words of the text, best first."""
        from modelatlas.tools.recall import search

        return await search(self.store, text, as_of or AsOf.at(self.now()), limit)

    async def history(self, subject: str, predicate: str | None = None) -> Timeline:
        """How what is on record about a subject changed, and when it was learned."""
        from modelatlas.tools.timeline import timeline

        return await timeline(self.store, subject, predicate)

    async def diff(self, before: AsOf, after: AsOf, subject: str | None = None) -> Difference:
        """What differs between two as-ofs, of one subject or of all."""
        about = Pattern(subject=await find(self.store, subject) if subject is not None else None)
        return difference(await self.store.recall(about, before), await self.store.recall(about, after))

    async def compare(
        self, models: Sequence[str], predicates: Sequence[str] = (), as_of: AsOf | None = None
    ) -> Comparison:
        """Models side by side."""
        from modelatlas.tools.compare import compare

        return await compare(self.store, models, predicates, as_of or AsOf.at(self.now()))

    async def recommend(
        self,
        task: str,
        needs: Needs | None = None,
        inputs: Sequence[str] = (),
        outputs: Sequence[str] = (),
        as_of: AsOf | None = None,
    ) -> Recommendation:
        """The models that fit a task, ranked, and why the others do not."""
        from modelatlas.tools.recommend import recommend

        return await recommend(self.store, task, inputs, outputs, needs or Needs(), as_of or AsOf.at(self.now()))

    async def ask(
        self,
        question: str,
        as_of: AsOf | None = None,
        session: str | None = None,
        attachments: Sequence[str] = (),
        approver: "Approver | None" = None,
    ) -> dict[str, Any]:
        """Answer a question in English or Chinese, with the facts it stands on.

        A question that asks for something to be done, perhaps with the files attached, gives a proposed run. The
        approver is shown it where it waits for a yes; without one it stays proposed. The turns of a session are
        kept, so that a question may go on about the last. Raises CheckpointsFailed where sessions have checkpoints and
        these cannot be read, or not be saved: the turn is then kept without one.
        """
        if not question.strip() or _NO_TEXT.search(question):
            raise BadInput("The question is empty or holds characters that are no text; ask in words.")
        if session is not None:
            session = _session_name(session)
        from modelatlas.agent.loop import Context, run
        from modelatlas.agent.planner import Planner

        context = Context(
            store=self.store,
            model=Planner(),
            now=self.now(),
            session=session,
            as_of=as_of,
            workbench=self._workbench,
            approver=approver,
        )
        if session is None or self._checkpoints is None:
            return await run(question, context, None, attachments)
        async with self._checkpoints.thread(self.store.tenant, session) as thread:
            return await run(question, context, thread, attachments)

    async def forget(
        self, subject: str | None = None, predicate: str | None = None, source: str | None = None
    ) -> Forgotten:
        """Erase what is on record about something, for good; a tombstone without content stays.

        The checkpoints of all sessions go too, since any may quote it.
        """
        about = Pattern(subject=subject, predicate=predicate, source=source)
        if self._checkpoints is not None:
            await self._checkpoints.drop(self.store.tenant)
        return await self.store.forget(about, now=self.now())


@asynccontextmanager
async def open(
    path: str | Path | None = None,
    *,
    tenant: str | None = None,
    embedder: Embedder | None = None,
    checkpoints: str | None = None,
) -> AsyncIterator[Atlas]:
    """Open an atlas, a file or a Neo4j server, by default the user's own file; a new one has the built-in catalogue.

    With an embedder, by default the one that the environment names, a search also finds what means alike. With the
    URL of a PostgreSQL for checkpoints, several servers share the state of sessions; a turn is the first to connect.
    """
    from modelatlas.ingest.builtin import bring_catalogue
    from modelatlas.tools.cards.claims import bring_cards

    async with open_as_it_is(path, tenant=tenant, embedder=embedder, checkpoints=checkpoints) as atlas:
        await bring_catalogue(atlas.store, atlas.now())
        await bring_cards(atlas.store, atlas.now())
        yield atlas


@asynccontextmanager
async def open_as_it_is(
    path: str | Path | None = None,
    *,
    tenant: str | None = None,
    embedder: Embedder | None = None,
    checkpoints: str | None = None,
) -> AsyncIterator[Atlas]:
    """Open an atlas without bringing the built-in catalogue in; a new one is empty."""
    threads = _threads(checkpoints)
    place = settings().place(path)
    store = open_store(place, tenant or settings().tenant, embedder or settings().embedder())
    workbench = _workbench(store, path)
    try:
        yield Atlas(store, settings().clock, threads, workbench)
    finally:
        await workbench.close()
        await store.close()
        if threads is not None:
            await threads.close()


def _workbench(store: GraphStore, path: str | Path | None) -> Workbench:
    """Where tools run for an atlas; nothing is opened or started before a tool is used."""
    workshop, told = settings().workshop_of(path), settings()

    def executor() -> Executor:
        from modelatlas.tools.jobs.arrangement import Arrangement
        from modelatlas.tools.jobs.local import LocalExecutor

        arrangement = Arrangement(
            folder=workshop.folder.absolute(),
            places=workbench.places,
            policy=told.media_policy(),
            environment=told.environment(),
            slots=told.gpus,
            cards=told.cards.absolute() if told.cards is not None else None,
        )
        return LocalExecutor(arrangement)

    workbench = Workbench(store, workshop, told.told_places, told.approval, told.cards, executor, told.clock)
    return workbench


def _threads(url: str | None) -> Checkpoints | None:
    """Where the threads of sessions are kept, if anywhere: at the URL that is given, or the environment's."""
    if url is None and (named := settings().checkpoints):
        url = named.get_secret_value()
    return Checkpoints(url) if url is not None else None


def _session_name(given: str) -> str:
    """The name of a session as it is kept. Raises BadInput for none at all."""
    name = given.strip()
    if not name or len(name) > 2000 or _NO_TEXT.search(name):
        raise BadInput("The session's name is empty, too long or holds characters that are no text; give a short name.")
    return name
