"""An executor on a Ray cluster: one actor a loaded model, with as much of a GPU as told; Ray says when there is room.

The actors work from the same table as local workers do, so the workshop is on a disk that all nodes share, and whose
locks all nodes see.
"""

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.jobs.arrangement import Arrangement, Errand, Post
from modelatlas.tools.jobs.attempts import Attempt, Attempts
from modelatlas.tools.jobs.cancellation import clear
from modelatlas.tools.jobs.foreman import Started
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.jobs.processes import Process, wait_until_gone
from modelatlas.tools.jobs.reception import Reception
from modelatlas.tools.jobs.recovery import recover
from modelatlas.tools.jobs.roster import Roster
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.jobs.watch import overdue
from modelatlas.tools.jobs.worker import Worker

_LOADS_TRIED = 2
_GONE_S = 0.8
_LEAVES_AFTER_S = 1.0
_BEGINS_WITHIN_S = 5.0


class RayExecutor(Reception):
    """Carries jobs out in actors of a Ray cluster; `gpus` is what a model that needs a GPU takes of them, as 0.5.

    `address` is that of a running cluster; None uses the one this process is joined to, else starts one here, which
    ends with this process. Raises CannotRun where Ray is not installed.
    """

    def __init__(self, arrangement: Arrangement, gpus: float = 1, address: str | None = None) -> None:
        _ray()
        table = JobTable(arrangement.workshop.table)
        super().__init__(arrangement, table, Actors(arrangement, table, gpus, address))
        self._gpus, self._address = gpus, address

    def linger(self, job: Job) -> int:
        """Leave a process behind, whose pid this is, that carries out what is queued for the job's route."""
        errand = Errand(arrangement=self._arrangement, route=job.work.route, gpus=self._gpus, address=self._address)
        return Started("modelatlas.tools.jobs.lingering", errand.written(), self._arrangement, "lingering").process.pid


class Desk:
    """What an actor is: the worker of one post; the time it takes to end by itself is for whoever waits for it."""

    def __init__(self, post: str) -> None:
        self._post = Post.read(post)

    def work(self) -> bool:
        """Work as `Worker.work` does, and have the process end where nobody ends it."""
        could = Worker(self._post, Process.myself()).work()
        leaving = threading.Timer(_LEAVES_AFTER_S, os._exit, (0,))
        leaving.daemon = True
        leaving.start()
        return could


@dataclass
class _Begun:
    """An actor of a route, and its work; `since` by the monotonic clock."""

    route: str
    actor: Any
    work: Any
    on_gpu: bool
    since: float
    asked_for_room: bool = False


class Actors:
    """The actors of this executor by route. One that dies leaves its job lost; nothing is tried again by itself."""

    def __init__(self, arrangement: Arrangement, table: JobTable, gpus: float, address: str | None) -> None:
        self._arrangement, self._table = arrangement, table
        self._gpus, self._address = gpus, address
        self._attempts, self._roster = Attempts(table.file), Roster(table.file)
        self._started: dict[str, _Begun] = {}
        self._failed: dict[str, int] = defaultdict(int)

    def tend(self) -> bool:
        """See which actors have ended, end what is to be cancelled, and start those that are needed."""
        ray = _joined(self._address)
        for begun in list(self._started.values()):
            if ray.wait([begun.work], timeout=0)[0]:
                self._see_out(ray, begun)
        now = datetime.now(UTC)
        recover(self._table, now)
        for attempt in self._attempts.running():
            if overdue(attempt, now):
                self.cut(attempt)
        queued = self._attempts.queued_routes()
        for route in queued:
            self._start(ray, route)
        self._make_room(ray)
        return bool(queued or self._started)

    def cut(self, attempt: Attempt) -> bool:
        """Kill the actor that works on a job whose end was asked for; False where it was over, or is another's."""
        started = self._started.get(attempt.job.work.route)
        if started is None:
            return False
        ray = _ray()
        children = attempt.worker.children()
        done = self._attempts.cut(attempt, datetime.now(UTC), lambda: ray.kill(started.actor))
        if done:
            wait_until_gone((attempt.worker, *children), _GONE_S)
            clear(self._table, attempt.job.id)
        return done

    def let_go(self) -> None:
        """Ask every actor to leave when it has done what it has in hand; one that has not begun is ended."""
        ray = _ray()
        there = {worker.route: worker for worker in self._roster.workers()}
        for begun in self._started.values():
            if begun.route in there:
                self._roster.ask_to_leave(there[begun.route].process)
            else:
                ray.kill(begun.actor)
        self._started.clear()

    def _start(self, ray: Any, route: str) -> None:
        if route in self._started or any(it.route == route and not it.leaving for it in self._roster.workers()):
            return
        try:
            card, found = self._arrangement.route(route)
        except BadInput as error:
            self._attempts.fail_queued(route, datetime.now(UTC), str(error))
            return
        post = Post(arrangement=self._arrangement, model=card.model, route=found, keeper=None, needs_slot=False)
        on_gpu = self._arrangement.needs_gpu(found)
        options = ray.remote(Desk).options(
            num_cpus=0,
            num_gpus=self._gpus if on_gpu else 0,
            max_restarts=0,
            lifetime="detached",
            runtime_env={"env_vars": self._arrangement.environment},
        )
        actor = options.remote(post.written())
        self._started[route] = _Begun(route, actor, actor.work.remote(), on_gpu, time.monotonic())

    def _see_out(self, ray: Any, begun: "_Begun") -> None:
        route = begun.route
        del self._started[route]
        try:
            could, said = ray.get(begun.work), "its model cannot be loaded"
        except ray.exceptions.RayError as error:
            could, said = False, " ".join(str(error).split())[:300]
        ray.kill(begun.actor)
        self._failed[route] = 0 if could else self._failed[route] + 1
        if self._failed[route] >= _LOADS_TRIED:
            del self._failed[route]
            self._attempts.fail_queued(route, datetime.now(UTC), f"No actor for {route} stays alive: {said}.")

    def _make_room(self, ray: Any) -> None:
        """For each actor that waits for a GPU, ask one other that is idle on one to leave, the longest idle first.

        An actor takes a while to begin, so it is only known to wait where this executor has as many as there is room
        for, or when it has been long.
        """
        workers = {it.route: it for it in self._roster.workers()}
        on_gpu = [it for it in self._started.values() if it.on_gpu]
        waiting = [it for it in on_gpu if it.route not in workers]
        idle = [it for it in workers.values() if it.state == "idle" and not it.leaving and self._on_gpu(it.route)]
        full = bool(waiting) and len(on_gpu) > _room(ray.cluster_resources().get("GPU", 0), self._gpus)
        long = time.monotonic() - _BEGINS_WITHIN_S
        blocked = [it for it in waiting if not it.asked_for_room and (full or it.since < long)]
        for one, worker in zip(blocked, idle, strict=False):
            self._roster.ask_to_leave(worker.process)
            one.asked_for_room = True

    def _on_gpu(self, route: str) -> bool:
        return route in self._started and self._started[route].on_gpu


def _room(gpus: float, share: float) -> int:
    """How many models there is room for, each with its share of one GPU, or with several."""
    return int(gpus // share if share >= 1 else gpus * (1 // share))


def _ray() -> Any:
    """The library. Raises CannotRun where it is not installed."""
    try:
        import ray
    except ImportError:
        raise CannotRun("Ray is not installed here; install it with pip install 'modelatlas[ray]'.") from None
    return ray


def _joined(address: str | None) -> Any:
    """The library, joined to a cluster; nothing is told to its makers, and it prints nothing."""
    ray = _ray()
    if not ray.is_initialized():
        own = {"include_dashboard": False} if address is None else {}
        ray.init(address=address, log_to_driver=False, logging_level="WARNING", **own)
    return ray
