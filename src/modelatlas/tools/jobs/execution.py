"""One job carried out from its request to its result, in a folder of its own that is gone afterwards."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.action import action
from modelatlas.tools.actions.checks import check
from modelatlas.tools.actions.results import Result
from modelatlas.tools.actions.verification import verify
from modelatlas.tools.artifacts import Artifacts
from modelatlas.tools.backends.backend import Backend, Order, Progress
from modelatlas.tools.cards.card import Route
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.workshop import Workshop


@dataclass(frozen=True)
class Setting:
    """Where a job is carried out, and by which route of which model."""

    workshop: Workshop
    policy: Policy
    model: str
    route: Route


def carry_out(job: Job, loaded: Callable[[Progress], Backend], setting: Setting, progress: Progress) -> Result:
    """Bring the inputs in, check them, only then load the model, run it, and give what it made as it was measured.

    Raises AtlasError with one sentence, Stopped through `progress`, OSError where the disk fails.
    """
    folder = setting.workshop.run(job.id)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        inputs, made = folder / "in", folder / "out"
        inputs.mkdir(parents=True)
        made.mkdir()
        request = action(job.work.tool).read(job.work.request)
        if job.work.tool not in setting.route.tools:
            raise BadInput(f"{setting.route.id} does not {job.work.tool}; it does {', '.join(setting.route.tools)}.")
        progress("bringing the inputs in", 0, None)
        order = Order(job.work.tool, request, bring_in(request, inputs, setting.policy), made)
        check(job.work.tool, request, order.inputs, setting.route.limits)
        progress("loading", 0, None)
        backend = loaded(progress)
        progress("running", 0, None)
        began = time.monotonic()
        brought = backend.run(order, progress)
        wall_s = time.monotonic() - began
        artifacts, now = Artifacts(setting.workshop), datetime.now(UTC)
        return verify(order, setting.model, setting.route, brought, artifacts, job.id, wall_s, now, job.work.tenant)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
