"""The default executor: one process of this machine a loaded model, started when needed and ended when idle."""

from modelatlas.tools.jobs.arrangement import Arrangement, Errand
from modelatlas.tools.jobs.foreman import Foreman, Started
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.jobs.reception import Reception
from modelatlas.tools.jobs.table import JobTable


class LocalExecutor(Reception):
    """Carries jobs out in processes of this machine; several executors may share one workshop."""

    def __init__(self, arrangement: Arrangement) -> None:
        table = JobTable(arrangement.workshop.table)
        super().__init__(arrangement, table, Foreman(arrangement, table))

    def linger(self, job: Job) -> int:
        """Leave a process behind, whose pid this is, that carries out what is queued for the job's route."""
        errand = Errand(arrangement=self._arrangement, route=job.work.route)
        return Started("modelatlas.tools.jobs.lingering", errand.written(), self._arrangement, "lingering").process.pid
