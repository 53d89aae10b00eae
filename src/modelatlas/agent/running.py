"""Runs as the command line makes them: shown while they go, cancelled by Ctrl-C, copied out when they are done."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from modelatlas.agent.progress import shown_progress
from modelatlas.agent.settings import settings
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.action import action
from modelatlas.tools.actions.checks import check
from modelatlas.tools.artifacts import Artifact
from modelatlas.tools.backends.backend import Order
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.cards.shelf import card_named
from modelatlas.tools.doctor import Diagnosis, diagnose
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.proposal import route_of

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas

Json = dict[str, Any]


def the_job(atlas: "Atlas", prefix: str) -> Job:
    """The one job of the tenant whose id begins so. Raises BadInput for none or several."""
    every = atlas.workbench.table.find(atlas.store.tenant, limit=100_000)
    found = [job for job in every if job.id == prefix] or [job for job in every if job.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"{len(found)} jobs begin with {prefix!r}; give more of the id, such as {found[0].id}.")
    raise BadInput(f"There is no job {prefix[:80]!r}; `modelatlas jobs list` shows those there are.")


async def dry_run_of(atlas: "Atlas", tool: str, model: str | None, given: Json) -> Json:
    """The exact command or call a run would make; the inputs are brought in and checked, nothing is run."""
    request = action(tool).read(given)
    card, route = route_of(tool, model, atlas.workbench.places, atlas.workbench.cards)
    with TemporaryDirectory(prefix="modelatlas-") as folder:
        (made := Path(folder) / "out").mkdir()
        (inputs := Path(folder) / "inputs").mkdir()
        brought = await asyncio.to_thread(bring_in, request, inputs, settings().media_policy())
        check(tool, request, brought, route.limits)
        backend = open_backend(route, atlas.workbench.places.of(route.id), settings().environment())
        shown = await asyncio.to_thread(backend.preview, Order(tool, request, brought, made))
    return {"tool": tool, "model": card.model, "route": route.id, "request": given, "would": shown}


async def background_run(atlas: "Atlas", tool: str, model: str | None, given: Json) -> Job:
    """A run that goes on when this process ends."""
    job = await atlas.workbench.submit(tool, model, given)
    atlas.workbench.linger(job)
    return job


async def run_to_its_end(
    atlas: "Atlas", tool: str, model: str | None, given: Json, out: Path | None
) -> tuple[Job, list[Path]]:
    """Run with progress; the second Ctrl-C leaves the job to itself."""
    job = await followed(atlas, await atlas.workbench.submit(tool, model, given))
    artifacts = atlas.workbench.artifacts.listed(atlas.store.tenant, job=job.id)
    if out is None:
        return job, [it.path for it in artifacts]
    return job, [_into(it, out) for it in artifacts]


async def followed(atlas: "Atlas", job: Job) -> Job:
    """The job when it is over; Ctrl-C cancels it."""
    cancelling: list[asyncio.Task[Job]] = []
    own = job.id

    def interrupted() -> None:
        if not cancelling:
            cancelling.append(asyncio.ensure_future(atlas.workbench.cancel(own)))

    with shown_progress() as progress, _on_interrupt(interrupted):
        async for last in atlas.workbench.follow(own):
            job, standing = last, last.standing
            if standing is not None:
                progress(standing.part, standing.done, standing.total)
            else:
                progress(last.state, 0, None)
    for task in cancelling:
        await task
    return job


class _on_interrupt:
    """Calls back on SIGINT in the place of ending the event loop."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def __enter__(self) -> None:
        with suppress(NotImplementedError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._call)

    def __exit__(self, *error: object) -> None:
        with suppress(NotImplementedError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def copied(source: Path, target: Path) -> Path:
    """A copy of a kept file, whole or not at all. Raises BadInput where it cannot be written."""
    if target.is_dir():
        target = target / source.name
    part = target.with_name(f".{target.name}.part")
    try:
        copyfile(source, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"{target} cannot be written: {error.strerror}.") from None
    return target


def _into(artifact: Artifact, folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}.") from None
    made = artifact.provenance
    name = f"{made.tool}-{made.job[:8]}-{artifact.sha256[:8]}{artifact.path.suffix}"
    return copied(artifact.path, folder / name)


def diagnoses(name: str) -> list[Diagnosis]:
    """What each route of a model, or the one named, still needs here."""
    card = card_named(name, settings().cards)
    routes = [route for route in card.routes if route.id == name] or list(card.routes)
    places = settings().told_places()
    return [diagnose(card, route, places.of(route.id)) for route in routes]


def day_of(instant: datetime | None) -> str:
    """A time as a table shows it."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M}" if instant is not None else ""
