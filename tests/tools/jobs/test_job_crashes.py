"""Workers and executors that are killed in the middle: every job is found again, or says that it was lost."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shop import executor, over, pids, python, standing_at, table, until_now, work

from modelatlas.tools.jobs.attempts import Attempts
from modelatlas.tools.jobs.processes import Process, wait_until_gone
from modelatlas.tools.jobs.recovery import recover
from modelatlas.tools.jobs.roster import Roster
from modelatlas.tools.jobs.table import JobTable


@contextmanager
def keeping(folder: Path, count: int, **extra: str) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """An executor in another process, and the ids of what it has put in."""
    with subprocess.Popen(
        [*python("keeping"), str(folder), str(count), json.dumps(extra)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, [process.stdout.readline().strip() for _ in range(count)]
        finally:
            process.kill()


def worker_of(jobs: JobTable, job: str) -> Process:
    """The worker that runs a job, once it does."""

    def running() -> Process | None:
        attempt = Attempts(jobs.file).look(job)
        return attempt.worker if attempt is not None and attempt.job.standing is not None else None

    worker = until_now(running)
    assert isinstance(worker, Process)
    return worker


async def test_a_worker_killed_in_the_middle_fails_its_job_and_the_queue_goes_on(tmp_path: Path) -> None:
    journal, gate = tmp_path / "journal", tmp_path / "open"
    async with executor(tmp_path) as shop:
        first = await shop.submit(work("wait", gate=gate, journal=journal))
        second = await shop.submit(work("wait", gate=gate, journal=journal))
        await standing_at(shop, first, "waiting")
        os.kill(pids(journal)[0], signal.SIGKILL)
        failed = await over(shop, first)
        gate.touch()
        done = await over(shop, second)
    assert failed.state == "failed"
    assert "was killed by SIGKILL, as a system does when memory runs out, before the job was done" in str(failed.error)
    assert done.state == "done"
    assert len(set(pids(journal))) == 2
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_job_in_hand_is_finished_when_its_executor_is_killed_and_a_new_one_finds_the_rest(tmp_path: Path) -> None:
    journal, gate = tmp_path / "journal", tmp_path / "open"
    with (
        closing(table(tmp_path)) as jobs,
        keeping(tmp_path, 2, do="wait", gate=str(gate), journal=str(journal)) as (process, (first, second)),
    ):
        worker = worker_of(jobs, first)
        process.kill()
        process.wait()
        assert [job.id for job in recover(jobs, datetime.now(UTC)).found] == [first]
        gate.touch()
        until_now(lambda: jobs.read(first).over)
        assert jobs.read(first).state == "done"
        assert wait_until_gone([worker], 30)
        assert jobs.read(second).state == "queued"
        with keeping(tmp_path, 1) as (_, (third,)):
            until_now(lambda: jobs.read(second).over and jobs.read(third).over)
        assert [jobs.read(job).state for job in (first, second, third)] == ["done"] * 3
        assert pids(journal)[0] == worker.pid
        assert len(pids(journal)) == 2


def test_a_job_is_lost_when_its_worker_and_its_executor_are_killed(tmp_path: Path) -> None:
    with (
        closing(table(tmp_path)) as jobs,
        keeping(tmp_path, 2, do="wait", gate=str(tmp_path / "open")) as (process, (first, second)),
    ):
        worker = worker_of(jobs, first)
        process.kill()
        process.wait()
        os.kill(worker.pid, signal.SIGKILL)
        assert wait_until_gone([worker], 30)
        assert jobs.read(first).state == "running"
        assert [job.id for job in recover(jobs, datetime.now(UTC)).lost] == [first]
        lost = jobs.read(first)
        assert lost.state == "lost"
        assert f"The process {worker.pid} that ran this is gone, and nobody saw how it ended" in str(lost.error)
        assert jobs.read(second).state == "queued"
        assert list((tmp_path / "runs").iterdir()) == []
        assert Roster(jobs.file).workers() == []


def test_what_a_lost_job_had_started_is_ended_when_it_is_found(tmp_path: Path) -> None:
    told = {"gate": str(tmp_path / "open"), "child": str(tmp_path / "child")}
    with (
        closing(table(tmp_path)) as jobs,
        keeping(tmp_path, 1, do="be deaf with a child", **told) as (process, (job,)),
    ):

        def noted() -> tuple[Process, ...]:
            attempt = Attempts(jobs.file).look(job)
            return attempt.children if attempt is not None else ()

        (child,) = until_now(noted)
        worker = worker_of(jobs, job)
        process.kill()
        process.wait()
        os.kill(worker.pid, signal.SIGKILL)
        assert wait_until_gone([worker], 30)
        assert child.alive
        assert [lost.id for lost in recover(jobs, datetime.now(UTC)).lost] == [job]
        assert wait_until_gone([child], 30)


async def test_an_executor_takes_up_what_another_left_queued(tmp_path: Path) -> None:
    with closing(table(tmp_path)) as jobs:
        job = jobs.submit(work(), datetime.now(UTC))
        async with executor(tmp_path) as shop:
            assert (await over(shop, job)).state == "done"


def test_an_executor_that_is_killed_leaves_no_idle_worker_behind(tmp_path: Path) -> None:
    with closing(table(tmp_path)) as jobs, keeping(tmp_path, 1) as (process, (job,)):
        until_now(lambda: jobs.read(job).over)
        (worker,) = Roster(jobs.file).workers()
        process.kill()
        process.wait()
        assert wait_until_gone([worker.process], 30)
        assert Roster(jobs.file).workers() == []
