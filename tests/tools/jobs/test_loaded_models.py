"""Which models are loaded: one a slot, the longest idle one makes room, and none stays for ever."""

from pathlib import Path

from shop import executor, over, pids, standing_at, until, work

from modelatlas.tools.jobs.local import LocalExecutor
from modelatlas.tools.jobs.processes import Process, wait_until_gone
from modelatlas.tools.jobs.roster import Roster, Worker


def loaded(shop: LocalExecutor) -> dict[str, Worker]:
    """The workers that have a model, by route."""
    return {it.route: it for it in Roster(shop.table.file).workers() if it.state in ("busy", "idle")}


async def used(shop: LocalExecutor, route: str) -> Process:
    """The process that a route's model is loaded in, after one more job, when it is idle."""
    assert (await over(shop, await shop.submit(work(route=route)))).state == "done"
    worker: Worker = await until(lambda: (it := loaded(shop).get(route)) and it.state == "idle" and it)
    return worker.process


async def test_a_loaded_model_is_used_again(tmp_path: Path) -> None:
    async with executor(tmp_path, slots=2) as shop:
        assert await used(shop, "trial.gpu-a") == await used(shop, "trial.gpu-a")


async def test_the_longest_idle_model_makes_room_for_another(tmp_path: Path) -> None:
    async with executor(tmp_path, slots=2) as shop:
        first, second = await used(shop, "trial.gpu-a"), await used(shop, "trial.gpu-b")
        assert await used(shop, "trial.gpu-a") == first
        third = await used(shop, "trial.gpu-c")
        assert wait_until_gone([second], 30)
        assert first.alive
        assert third.alive
        assert loaded(shop).keys() == {"trial.gpu-a", "trial.gpu-c"}


async def test_no_more_models_are_loaded_than_there_are_slots_and_busy_ones_are_waited_for(tmp_path: Path) -> None:
    gate = tmp_path / "open"
    async with executor(tmp_path, slots=1) as shop:
        first = await shop.submit(work("wait", route="trial.gpu-a", gate=gate))
        await standing_at(shop, first, "waiting")
        others = [await shop.submit(work(route=f"trial.gpu-{name}")) for name in "bcd"]
        waiting = await until(lambda: [it for it in Roster(shop.table.file).workers() if it.state == "waiting"])
        assert loaded(shop).keys() == {"trial.gpu-a"}
        assert {it.route for it in waiting} <= {"trial.gpu-b", "trial.gpu-c"}
        assert [shop.table.read(job.id).state for job in others] == ["queued"] * 3
        gate.touch()
        assert [(await over(shop, job)).state for job in (first, *others)] == ["done"] * 4
        assert len(loaded(shop)) == 1


async def test_a_served_model_and_one_on_the_processor_need_no_slot(tmp_path: Path) -> None:
    gate = tmp_path / "open"
    async with executor(tmp_path, slots=1, places={"trial.gpu-off": {"device": "cpu"}}) as shop:
        held = await shop.submit(work("wait", route="trial.gpu-a", gate=gate))
        await standing_at(shop, held, "waiting")
        for route in ("trial.served", "trial.gpu-off"):
            assert (await over(shop, await shop.submit(work(route=route)))).state == "done"
        gate.touch()
        assert (await over(shop, held)).state == "done"


async def test_a_model_with_nothing_to_do_is_unloaded(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    async with executor(tmp_path, idle_s=0.1) as shop:
        for _ in range(2):
            assert (await over(shop, await shop.submit(work(journal=journal)))).state == "done"
            await until(lambda: loaded(shop) == {})
    assert len(set(pids(journal))) == 2


async def test_a_model_with_much_to_do_gives_its_slot_to_one_that_has_waited_long(tmp_path: Path) -> None:
    journal, gate = tmp_path / "journal", tmp_path / "open"
    async with executor(tmp_path, slots=1, patience_s=0) as shop:
        first = await shop.submit(work("wait", route="trial.gpu-a", gate=gate, journal=journal))
        await standing_at(shop, first, "waiting")
        rest = [await shop.submit(work(route="trial.gpu-a", journal=journal)) for _ in range(3)]
        other = await shop.submit(work(route="trial.gpu-b", journal=journal))
        await until(lambda: [it for it in Roster(shop.table.file).workers() if it.state == "waiting"])
        gate.touch()
        ended = [await over(shop, job) for job in (first, other, *rest)]
    assert {job.state for job in ended} == {"done"}
    assert ended[1].ended is not None
    assert all(job.ended is not None and job.ended > ended[1].ended for job in ended[2:])


async def test_a_closed_executor_leaves_no_idle_model_and_lets_the_busy_one_finish(tmp_path: Path) -> None:
    gate, journal = tmp_path / "open", tmp_path / "journal"
    shop = executor(tmp_path)
    await shop.open()
    idle = await used(shop, "trial.idle")
    job = await shop.submit(work("wait", gate=gate, journal=journal))
    await standing_at(shop, job, "waiting")
    busy = Process.of(pids(journal)[0])
    await shop.close()
    assert wait_until_gone([idle], 30)
    assert busy.alive
    gate.touch()
    await until(lambda: shop.table.read(job.id).over)
    assert shop.table.read(job.id).state == "done"
    assert wait_until_gone([busy], 30)
    shop.table.close()
