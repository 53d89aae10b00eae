"""Jobs that are cancelled: queued ones at once, those that listen gently, those that do not by force."""

import asyncio
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from shop import executor, over, pids, python, standing_at, table, until, work

from modelatlas.tools.jobs.attempts import Attempts
from modelatlas.tools.jobs.cancellation import cancel
from modelatlas.tools.jobs.processes import Process, wait_until_gone


def cancelled_here(folder: Path, ids: list[str]) -> list[str]:
    """How jobs are after they were cancelled in this thread."""
    with closing(table(folder)) as own:
        return [cancel(own, job).state for job in ids]


def cancelled_elsewhere(folder: Path, ids: list[str]) -> list[str]:
    """How jobs are after another process cancelled them."""
    told = subprocess.run([*python("cancelling"), str(folder), *ids], capture_output=True, text=True, check=True)
    return told.stdout.split()


async def test_a_queued_job_is_cancelled_at_once_and_never_begins(tmp_path: Path) -> None:
    journal, gate = tmp_path / "journal", tmp_path / "open"
    async with executor(tmp_path) as shop:
        first = await shop.submit(work("wait", gate=gate, journal=journal))
        second = await shop.submit(work(journal=journal))
        await standing_at(shop, first, "waiting")
        assert (await shop.cancel(second.id)).state == "cancelled"
        gate.touch()
        await over(shop, first)
        third = await over(shop, await shop.submit(work(journal=journal)))
    assert third.state == "done"
    assert len(pids(journal)) == 2


async def test_a_job_that_listens_stops_and_its_model_stays_loaded(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("wait", gate=tmp_path / "never", journal=journal))
        await standing_at(shop, job, "waiting")
        cancelled = await shop.cancel(job.id)
        assert (cancelled.state, cancelled.error, cancelled.result) == ("cancelled", None, None)
        assert (await over(shop, await shop.submit(work(journal=journal)))).state == "done"
    assert len(set(pids(journal))) == 1
    assert list((tmp_path / "runs").iterdir()) == []


async def test_a_job_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    journal, child = tmp_path / "journal", tmp_path / "child"
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("be deaf with a child", gate=tmp_path / "never", journal=journal, child=child))
        await until(lambda: child.exists() and child.read_text())
        everything = [Process.of(pids(journal)[0]), Process.of(int(child.read_text()))]
        assert (await shop.cancel(job.id)).state == "cancelled"
        assert not any(process.alive for process in everything)
        assert (await over(shop, await shop.submit(work(journal=journal)))).state == "done"
    assert len(set(pids(journal))) == 2
    assert list((tmp_path / "runs").iterdir()) == []


async def test_a_job_is_cancelled_from_a_process_that_only_has_the_table(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("be deaf", gate=tmp_path / "never", journal=tmp_path / "journal"))
        await until(lambda: pids(tmp_path / "journal"))
        assert await asyncio.to_thread(cancelled_elsewhere, tmp_path, [job.id]) == ["cancelled"]
        assert (await over(shop, job)).state == "cancelled"


async def test_a_job_that_was_only_asked_to_end_is_ended_though_nobody_waits(tmp_path: Path) -> None:
    """Its own process sees to that, also where no executor is left."""
    shop = executor(tmp_path)
    await shop.open()
    job = await shop.submit(work("be deaf", gate=tmp_path / "never", journal=tmp_path / "journal"))
    await until(lambda: pids(tmp_path / "journal"))
    worker = Process.of(pids(tmp_path / "journal")[0])
    await shop.close()
    with closing(table(tmp_path)) as jobs:
        jobs.ask_cancel(job.id, datetime.now(UTC))
        await until(lambda: jobs.read(job.id).over)
        assert jobs.read(job.id).state == "cancelled"
        assert wait_until_gone([worker], 30)
        assert list((tmp_path / "runs").iterdir()) == []


async def test_a_job_that_is_over_stays_as_it_is(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        done = await over(shop, await shop.submit(work()))
        assert await shop.cancel(done.id) == done


async def test_a_storm_of_cancels_from_threads_and_processes_ends_every_job_once(tmp_path: Path) -> None:
    gate = tmp_path / "never"
    async with executor(tmp_path) as shop:
        jobs = [await shop.submit(work("wait", route=f"trial.{number % 2}", gate=gate)) for number in range(100)]
        await standing_at(shop, jobs[0], "waiting")
        ids = [job.id for job in jobs]
        parts = [ids[::2], ids[::-1], ids[1::2], ids]
        by_processes = [asyncio.to_thread(cancelled_elsewhere, tmp_path, part) for part in parts[:2]]
        by_threads = [asyncio.to_thread(cancelled_here, tmp_path, part) for part in parts[2:]]
        said = await asyncio.gather(*by_processes, *by_threads)
        assert said == [["cancelled"] * len(part) for part in parts]
        assert {job.state for job in shop.table.find("us")} == {"cancelled"}
        assert Attempts(shop.table.file).running() == []
        assert (await over(shop, await shop.submit(work(route="trial.0")))).state == "done"
