"""Many jobs, two executors on one workshop, and a disk that is full: each job is done once, and none is half done."""

import asyncio
import json
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
from shop import executor, over, pids, python, standing_at, until, work

from modelatlas.tools.jobs.job import Job
from modelatlas.tools.jobs.local import LocalExecutor
from modelatlas.tools.jobs.table_file import TableFailed


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of one megabyte and a half."""
    folder = Path(tempfile.mkdtemp())
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


async def test_two_hundred_jobs_are_each_done_once_by_two_executors(tmp_path: Path) -> None:
    """One executor is here, one in another process, and the work comes in from both."""
    journal = tmp_path / "journal"
    other = await asyncio.create_subprocess_exec(
        *python("keeping"), str(tmp_path), "100", json.dumps({"journal": str(journal)}), stdin=PIPE, stdout=DEVNULL
    )
    async with executor(tmp_path) as shop:
        for number in range(100):
            await shop.submit(work(route=f"trial.{number % 3}", journal=journal))
        await until(lambda: len(found := shop.table.find("us", limit=300)) == 200 and all(it.over for it in found))
        jobs = shop.table.find("us", limit=300)
    await other.communicate(b"\n")
    assert Counter(job.state for job in jobs) == {"done": 200}
    assert len(pids(journal)) == 200
    assert len({(job.result or {})["files"][0]["sha256"] for job in jobs}) == 1
    assert list((tmp_path / "runs").iterdir()) == []


async def test_two_executors_in_one_process_share_a_worker(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path) as one, executor(tmp_path) as two:
        jobs = [await shop.submit(work(journal=journal)) for shop in (one, two) * 10]
        ended = await asyncio.gather(*(over(shop, job) for shop, job in zip((two, one) * 10, jobs, strict=True)))
    assert {job.state for job in ended} == {"done"}
    assert len(pids(journal)) == 20


async def test_a_full_disk_loses_no_job_and_fails_those_it_meets_in_one_sentence(small_disk: Path) -> None:
    filling = small_disk / "filling"
    async with executor(small_disk / "shop") as shop:
        accepted = [await over(shop, await shop.submit(work()))]
        fill(filling)
        with pytest.raises(TableFailed, match=r"The disk does not take .* is still there\."):
            await submit_until_refused(shop, accepted)
        filling.unlink()
        ended = [await over(shop, job) for job in accepted]
        after = await over(shop, await shop.submit(work()))
        assert {job.id for job in shop.table.find("us", limit=1000)} == {job.id for job in (*accepted, after)}
    assert after.state == "done"
    for job in ended:
        assert job.state == "done" or (job.state == "failed" and ("disk" in str(job.error) or "room" in str(job.error)))
    with closing(sqlite3.connect(small_disk / "shop" / "jobs.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = connection.execute("SELECT name, bytes FROM artifact").fetchall()
    for name, size in kept:
        assert (small_disk / "shop" / "artifacts" / name).stat().st_size == size


async def test_a_job_that_meets_a_full_disk_says_so_when_there_is_room_again(small_disk: Path, tmp_path: Path) -> None:
    """The result of the run cannot be kept, and for a while not even the table can say so."""
    filling, gate = small_disk / "filling", tmp_path / "open"
    async with executor(small_disk / "shop") as shop:
        job = await shop.submit(work("wait", gate=gate))
        await standing_at(shop, job, "waiting")
        fill(filling)
        gate.touch()
        await until(lambda: not list((small_disk / "shop" / "runs").iterdir()))
        filling.unlink()
        ended = await over(shop, job)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "disk" in ended.error or "room" in ended.error


async def submit_until_refused(shop: LocalExecutor, accepted: list[Job]) -> None:
    """Submit work of some size, as long as it is accepted."""
    while len(accepted) < 500:
        accepted.append(await shop.submit(work(words="word " * 500)))


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
