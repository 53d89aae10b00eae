"""The table of jobs: its states, its tenants, and what it says where it cannot serve."""

import os
import resource
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from shop import python, table, work

from modelatlas.graph.errors import BadInput
from modelatlas.tools.jobs.attempts import Attempts
from modelatlas.tools.jobs.job import Standing
from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.recovery import recover
from modelatlas.tools.jobs.table import JobTable, NoSuchJob
from modelatlas.tools.jobs.table_file import TableFailed

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ME = Process.myself()


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[JobTable]:
    """An empty table."""
    opened = table(tmp_path)
    yield opened
    opened.close()


def test_work_is_read_back_as_it_was_put_in(jobs: JobTable, tmp_path: Path) -> None:
    job = jobs.submit(work("wait", gate="喂 there"), NOW)
    assert (job.state, job.submitted, job.over) == ("queued", NOW, False)
    with closing(table(tmp_path)) as other:
        assert other.read(job.id, "us") == job


def test_a_job_goes_from_queued_to_running_to_its_end_and_never_leaves_it(jobs: JobTable) -> None:
    attempts = Attempts(jobs.file)
    job = jobs.submit(work(), NOW)
    claimed = attempts.claim("trial.speech", ME, LATER)
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.started) == (job.id, "running", LATER)
    assert attempts.claim("trial.speech", ME, LATER) is None
    attempts.stand(job.id, ME, Standing(part="sampling", done=3, total=8), [], LATER)
    assert jobs.read(job.id).standing == Standing(part="sampling", done=3, total=8)
    assert attempts.end(job.id, ME, "done", LATER, result={"files": []})
    done = jobs.read(job.id)
    assert (done.state, done.ended, done.result) == ("done", LATER, {"files": []})
    assert not attempts.end(job.id, ME, "failed", LATER, error="too late")
    assert jobs.ask_cancel(job.id, LATER) == done
    assert jobs.read(job.id) == done


def test_only_the_worker_that_claimed_a_job_can_end_it(jobs: JobTable) -> None:
    attempts = Attempts(jobs.file)
    job = jobs.submit(work(), NOW)
    attempts.claim("trial.speech", ME, NOW)
    other = Process(ME.host, ME.pid, ME.start + 60)
    assert not attempts.end(job.id, other, "done", NOW, result={})
    assert jobs.read(job.id).state == "running"


def test_jobs_are_claimed_in_the_order_they_came_and_by_their_route(jobs: JobTable) -> None:
    attempts = Attempts(jobs.file)
    first, second = (jobs.submit(work(route="trial.a"), NOW) for _ in range(2))
    third = jobs.submit(work(route="trial.b"), NOW)
    assert attempts.queued_routes() == ["trial.a", "trial.b"]
    claimed = [attempts.claim(route, ME, NOW) for route in ("trial.b", "trial.a", "trial.a", "trial.a")]
    assert [job.id if job is not None else None for job in claimed] == [third.id, first.id, second.id, None]


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_asked(jobs: JobTable) -> None:
    first, second = (jobs.submit(work(), NOW) for _ in range(2))
    Attempts(jobs.file).claim("trial.speech", ME, NOW)
    asked = jobs.ask_cancel(first.id, LATER)
    assert (asked.state, asked.cancelling) == ("running", True)
    ended = jobs.ask_cancel(second.id, LATER)
    assert (ended.state, ended.ended, ended.cancelling) == ("cancelled", LATER, False)


def test_the_same_key_gives_the_same_job(jobs: JobTable) -> None:
    job = jobs.submit(work(), NOW, "one")
    assert jobs.submit(work(), LATER, "one") == job
    assert jobs.submit(work(tenant="them"), LATER, "one").id != job.id
    assert jobs.submit(work(), LATER, "two").id != job.id
    with pytest.raises(BadInput, match=f"used for other work, job {job.id}"):
        jobs.submit(work("wait"), LATER, "one")


def test_tenants_do_not_see_each_other(jobs: JobTable) -> None:
    ours, theirs = jobs.submit(work(), NOW), jobs.submit(work(tenant="them"), NOW)
    assert jobs.find("us") == [ours]
    assert jobs.find("them") == [theirs]
    with pytest.raises(NoSuchJob, match="There is no job"):
        jobs.read(theirs.id, "us")
    with pytest.raises(NoSuchJob):
        jobs.ask_cancel(theirs.id, NOW, "us")
    with pytest.raises(NoSuchJob):
        jobs.rate(theirs.id, 5, "us")
    assert jobs.read(theirs.id, "them").state == "queued"


def test_jobs_are_found_by_what_is_known_of_them_the_newest_first(jobs: JobTable) -> None:
    ids = [jobs.submit(work(), NOW + timedelta(minutes=number)).id for number in range(5)]
    Attempts(jobs.file).claim("trial.speech", ME, NOW)
    assert [job.id for job in jobs.find("us")] == ids[::-1]
    assert [job.id for job in jobs.find("us", limit=2)] == ids[:2:-1]
    assert [job.id for job in jobs.find("us", state="running")] == ids[:1]
    assert [job.id for job in jobs.find("us", since=NOW + timedelta(minutes=3))] == ids[:2:-1]
    assert jobs.find("us", tool="avatar") == jobs.find("us", model="Other") == []
    assert len(jobs.find("us", tool="speak", model="Trial")) == 5


def test_only_what_is_over_can_be_rated_and_only_from_1_to_5(jobs: JobTable) -> None:
    job = jobs.submit(work(), NOW)
    with pytest.raises(BadInput, match="is queued; it can be rated when it is over"):
        jobs.rate(job.id, 4)
    jobs.ask_cancel(job.id, NOW)
    for wrong in (0, 6):
        with pytest.raises(BadInput, match="from 1 to 5"):
            jobs.rate(job.id, wrong)
    assert jobs.rate(job.id, 4).rating == 4
    assert jobs.rate(job.id, 2) == jobs.read(job.id)


def test_what_is_told_and_old_is_pruned_and_nothing_else(jobs: JobTable) -> None:
    old, untold, queued = (jobs.submit(work(), NOW) for _ in range(3))
    for job in (old, untold):
        jobs.ask_cancel(job.id, NOW)
    jobs.mark_told(old.id)
    jobs.mark_told(queued.id)
    assert [job.id for job in jobs.untold("us")] == [untold.id]
    assert jobs.untold("them") == []
    assert jobs.prune(NOW) == 0
    assert jobs.prune(LATER) == 1
    assert [job.id for job in jobs.find("us")] == [queued.id, untold.id]


def test_ids_sort_by_when_they_were_made(jobs: JobTable) -> None:
    ids = []
    for _ in range(20):
        made = jobs.submit(work(), NOW).id
        ids.append(made)
        moment = made.partition("-")[0]
        while jobs.submit(work(), NOW).id.partition("-")[0] == moment:
            pass
    assert sorted(ids) == ids
    assert len(set(ids)) == 20


def test_a_reused_pid_is_not_taken_for_the_worker_that_had_it(jobs: JobTable) -> None:
    """This process stands for the stranger that now has the pid of a worker which began an hour before."""
    job = jobs.submit(work(), NOW)
    Attempts(jobs.file).claim("trial.speech", Process(ME.host, os.getpid(), ME.start - 3600), NOW)
    recovered = recover(jobs, datetime.now(UTC))
    assert [lost.id for lost in recovered.lost] == [job.id]
    assert "is gone, and nobody saw how it ended" in str(jobs.read(job.id).error)
    assert psutil.pid_exists(os.getpid())


def test_a_worker_that_lives_is_found_again(jobs: JobTable) -> None:
    job = jobs.submit(work(), NOW)
    Attempts(jobs.file).claim("trial.speech", ME, NOW)
    recovered = recover(jobs, LATER)
    assert ([found.id for found in recovered.found], recovered.lost) == ([job.id], ())


def test_a_worker_of_another_machine_is_lost_when_it_is_silent(jobs: JobTable) -> None:
    first, second = (jobs.submit(work(), NOW) for _ in range(2))
    attempts = Attempts(jobs.file)
    attempts.claim("trial.speech", Process("elsewhere", 7, 0), NOW)
    attempts.claim("trial.speech", Process("elsewhere", 8, 0), NOW + timedelta(minutes=59))
    recovered = recover(jobs, NOW + timedelta(minutes=59, seconds=30))
    assert [lost.id for lost in recovered.lost] == [first.id]
    assert "on elsewhere" in str(recovered.lost[0].error)
    assert [found.id for found in recovered.found] == [second.id]


def test_many_threads_and_processes_put_work_in_at_once(jobs: JobTable, tmp_path: Path) -> None:
    processes = [subprocess.Popen([*python("submitting"), str(tmp_path), "25"]) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda: [jobs.submit(work(), NOW) for _ in range(25)], daemon=True) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    assert len({job.id for job in jobs.find("us")}) == 100


def test_a_damaged_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(b"this is no table of jobs" * 1000)
    with pytest.raises(TableFailed, match=r"is damaged .*move the file away") as failed:
        table(tmp_path).find("us")
    assert str(tmp_path / "jobs.sqlite") in str(failed.value)


def test_a_table_of_another_release_says_so_and_stays_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection:
        connection.execute("CREATE TABLE job (id TEXT, colour TEXT)")
    with pytest.raises(TableFailed, match="made by another release of modelatlas"):
        table(tmp_path).submit(work(), NOW)
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection:
        assert [row[1] for row in connection.execute("PRAGMA table_info(job)")] == ["id", "colour"]


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TableFailed, match="cannot be opened or written"):
        table(tmp_path / "file" / "shop").submit(work(), NOW)


def test_a_table_that_may_grow_no_more_keeps_what_it_has(tmp_path: Path) -> None:
    """Another process may write no more than 2 MB to one file, as with a quota, and submits until it is refused."""
    process = subprocess.run(
        [*python("submitting"), str(tmp_path), "1000"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    *acknowledged, refused = process.stdout.splitlines()
    assert "The disk does not take what the table of jobs needs to write" in refused
    assert "is still there" in refused
    with closing(table(tmp_path)) as jobs:
        assert [job.id for job in jobs.find("us", limit=2000)][::-1] == acknowledged
        assert len(acknowledged) > 20
        jobs.submit(work(), NOW)
        with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_table_that_may_only_be_read_says_so() -> None:
    """Root may write anything, so the one who may not is another user's process."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with closing(table(Path(folder))) as jobs:
            jobs.submit(work(), NOW)
        if os.geteuid() != 0:
            Path(folder).chmod(0o555)
        nobody = ["65534"] if os.geteuid() == 0 else []
        process = subprocess.run(
            [*python("submitting"), folder, "1", *nobody], capture_output=True, text=True, check=False
        )
        Path(folder).chmod(0o755)
        assert "cannot be opened or written" in process.stdout, process
