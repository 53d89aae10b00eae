"""The same jobs in actors of a real Ray on this machine, whose two GPUs are only said to be there."""

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop import arranged, over, pids, standing_at, until, work

from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.jobs.processes import Process, wait_until_gone
from modelatlas.tools.jobs.ray_executor import RayExecutor
from modelatlas.tools.jobs.roster import Roster

ray: Any = pytest.importorskip("ray")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """A cluster of this machine alone, with two GPUs that are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False, logging_level="WARNING")
    yield
    ray.shutdown()


def executor(folder: Path, gpus: float = 1, **told: Any) -> RayExecutor:
    """An executor for the trial model on the cluster."""
    return RayExecutor(arranged(folder, **told), gpus)


async def test_an_actor_carries_jobs_out_and_a_listening_one_is_cancelled(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path) as shop:
        first = await over(shop, await shop.submit(work(route="trial.gpu-a", journal=journal)))
        assert first.state == "done", first.error
        job = await shop.submit(work("wait", route="trial.gpu-a", gate=tmp_path / "never", journal=journal))
        await standing_at(shop, job, "waiting")
        assert (await shop.cancel(job.id)).state == "cancelled"
    assert len(set(pids(journal))) == 1


async def test_an_actor_that_is_killed_leaves_its_job_lost_and_the_next_is_done(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path) as shop:
        first = await shop.submit(work("wait", route="trial.gpu-a", gate=tmp_path / "open", journal=journal))
        second = await shop.submit(work(route="trial.gpu-a", journal=journal))
        await standing_at(shop, first, "waiting")
        os.kill(pids(journal)[0], signal.SIGKILL)
        lost = await over(shop, first)
        assert lost.state == "lost"
        assert "is gone, and nobody saw how it ended" in str(lost.error)
        assert (await over(shop, second)).state == "done"
    assert len(set(pids(journal))) == 2


async def test_a_job_that_does_not_listen_is_ended_with_its_actor(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("be deaf", route="trial.gpu-a", gate=tmp_path / "never", journal=journal))
        await until(lambda: pids(journal))
        actor = Process.of(pids(journal)[0])
        assert (await shop.cancel(job.id)).state == "cancelled"
        assert wait_until_gone([actor], 30)


async def test_as_many_models_are_loaded_as_the_gpus_have_room_for_and_the_longest_idle_makes_room(
    tmp_path: Path,
) -> None:
    await until(lambda: ray.available_resources().get("GPU") == 2)
    async with executor(tmp_path, gpus=0.8) as shop:
        for name in "abc":
            job = await shop.submit(work(route=f"trial.gpu-{name}"))
            assert (await over(shop, job)).state == "done"
            await until(lambda: "idle" in {it.state for it in Roster(shop.table.file).workers()})
        there = await until(lambda: len(it := Roster(shop.table.file).workers()) == 2 and it)
        assert {it.route for it in there} == {"trial.gpu-b", "trial.gpu-c"}


async def test_an_actor_that_cannot_load_its_model_fails_what_is_queued(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        jobs = [await shop.submit(work(route="trial.dies-at-load")) for _ in range(5)]
        ended = [await over(shop, job) for job in jobs]
    assert [job.state for job in ended] == ["lost", "lost", "failed", "failed", "failed"]
    assert "No actor for trial.dies-at-load stays alive" in str(ended[-1].error)


def test_where_ray_is_not_installed_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CannotRun, match=r"pip install 'modelatlas\[ray\]'"):
        executor(tmp_path)
