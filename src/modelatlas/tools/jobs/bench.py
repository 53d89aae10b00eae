"""One model at its place, with the jobs of its route: it claims them one by one, and loads when the first needs it."""

import errno
import gc
import shutil
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from modelatlas.graph.errors import AtlasError
from modelatlas.tools.backends.backend import Backend, CannotRun, Progress, Stopped
from modelatlas.tools.jobs.arrangement import Post
from modelatlas.tools.jobs.attempts import Attempts, End
from modelatlas.tools.jobs.execution import Setting, carry_out
from modelatlas.tools.jobs.job import Job, Json
from modelatlas.tools.jobs.log import JOB_MARK, bound
from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.table_file import TableFailed
from modelatlas.tools.jobs.watch import Watch

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_MEMORY = {"MemoryError", "OutOfMemoryError"}
_WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class Bench:
    """Carries out the jobs of one route in this process.

    `loaded` when the model once was; `spoilt` when an error of no known kind came from it, which may leave a library
    or a GPU in no state to go on, so that the next job is for a fresh process.
    """

    def __init__(self, post: Post, attempts: Attempts, me: Process, turned: Callable[[bool], None]) -> None:
        self._post, self._attempts, self._me, self._turned = post, attempts, me, turned
        self._backend: Backend | None = None
        self._setting = Setting(post.arrangement.workshop, post.arrangement.policy, post.model, post.route)
        self._log = post.arrangement.log(post.route.id)
        self.spoilt = self.loaded = False

    def next(self) -> bool:
        """Carry out the oldest queued job; False where none is queued. Raises StoreError where the table fails."""
        job = self._attempts.claim(self._post.route.id, self._me, datetime.now(UTC))
        if job is None:
            return False
        self._turned(self._backend is not None)
        bound(self._log)
        print(f"{JOB_MARK}{job.id}: {job.work.tool} by {job.work.model}", flush=True)
        self._carry(job)
        return True

    def close(self) -> None:
        """Let go of the model."""
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()

    def _carry(self, job: Job) -> None:
        with Watch(self._attempts, job.id, self._me, self._log, lambda: self._clear(job)) as watch:
            try:
                result = carry_out(job, self._loaded, self._setting, watch)
            except BaseException as error:
                if isinstance(error, Stopped) or watch.stopping:
                    self._end(job, "cancelled")
                else:
                    self._end(job, "failed", error=self._told(error))
                if not isinstance(error, Exception):
                    raise
            else:
                self._end(job, "done", result=result.model_dump(mode="json"))
        gc.collect()  # what a run that broke off has left in cycles may be gigabytes of a GPU

    def _end(self, job: Job, state: End, *, result: Json | None = None, error: str | None = None) -> None:
        """Write how it ended; where the disk is full, again and again for a while before it is given up."""
        for wait_s in (*_WAITS_S, None):
            try:
                self._attempts.end(job.id, self._me, state, datetime.now(UTC), result=result, error=error)
                return
            except TableFailed:
                if wait_s is None:
                    raise
                time.sleep(wait_s)

    def _clear(self, job: Job) -> None:
        shutil.rmtree(self._setting.workshop.run(job.id), ignore_errors=True)

    def _loaded(self, progress: Progress) -> Backend:
        if self._backend is None:
            backend = self._post.backend()
            try:
                backend.load(progress)
            except BaseException:
                backend.close()
                raise
            self._backend = backend
            self.loaded = True
            self._turned(True)
        return self._backend

    def _told(self, error: BaseException) -> str:
        """The error as one sentence; a model that cannot be loaded fails all that is queued for it."""
        if isinstance(error, AtlasError):
            if isinstance(error, CannotRun) and self._backend is None:
                self._attempts.fail_queued(self._post.route.id, datetime.now(UTC), str(error))
            return str(error)
        traceback.print_exception(error)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return (
                f"The disk has no room for what {self._post.model} needs or makes ({error.strerror}); make room under"
                f" {self._post.arrangement.folder} and run it again."
            )
        self.spoilt = True
        said = " ".join(str(error).split())[:300]
        if type(error).__name__ in _NO_MEMORY:
            return (
                f"Memory ran out while {self._post.model} worked{' (' + said + ')' if said else ''}; ask for less at"
                " once, as a smaller size or fewer frames, or use a smaller model."
            )
        return (
            f"{self._post.model} ended with an error of its own, {type(error).__name__}{': ' + said if said else ''};"
            f" the whole of it is in {self._log}."
        )
