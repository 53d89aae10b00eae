"""Jobs carried out by processes of this machine: progress, results, and one clear sentence for each way to fail."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shop import arranged, executor, over, pids, standing_at, table, until, work

from modelatlas.graph.errors import BadInput
from modelatlas.tools.jobs.arrangement import Arrangement
from modelatlas.tools.jobs.job import OVER
from modelatlas.tools.jobs.log import last_words
from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.recovery import recover
from modelatlas.tools.jobs.roster import Roster
from modelatlas.tools.workshop import Workshop


async def test_a_job_goes_on_step_by_step_to_a_measured_result(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("wait", gate=tmp_path / "open"))
        running = await standing_at(shop, job, "waiting")
        assert running.state == "running"
        before = running.standing
        assert before is not None
        further = await until(lambda: (now := shop.table.read(job.id).standing) and now.done > before.done and now)
        assert further.part == "waiting"
        (tmp_path / "open").touch()
        done = await over(shop, job)
    assert done.state == "done", done.error
    assert done.result is not None
    (made,) = done.result["files"]
    assert (made["measured"]["kind"], made["measured"]["sample_rate"]) == ("audio", 8000)
    assert Path(made["path"]).is_relative_to(Workshop(tmp_path).artifacts)
    assert Path(made["path"]).stat().st_size == made["bytes"]
    assert done.started is not None
    assert done.ended is not None
    assert done.submitted <= done.started <= done.ended
    assert list((tmp_path / "runs").iterdir()) == []


async def test_a_picture_is_made_by_the_same_process_that_spoke(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    drawing = work().model_copy(
        update={"tool": "generate_image", "request": {"prompt": "a hill", "extra": {"journal": str(journal)}}}
    )
    async with executor(tmp_path) as shop:
        jobs = [await shop.submit(work(journal=journal)), await shop.submit(drawing)]
        spoken, drawn = [await over(shop, job) for job in jobs]
    assert (spoken.state, drawn.state) == ("done", "done"), drawn.error
    assert drawn.result is not None
    assert (drawn.result["files"][0]["measured"]["width"], drawn.result["files"][0]["mime"]) == (64, "image/png")
    assert len(set(pids(journal))) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"route": "other.route"}, "There is no route other.route"),
        ({"tool": "avatar"}, "trial.speech does not avatar; it does speak, generate_image"),
        ({"request": {"text": ""}}, "speak: text"),
        ({"request": {"text": "hello", "colour": "red"}}, "speak takes no colour"),
    ],
)
async def test_work_that_cannot_be_done_at_all_is_refused_and_not_put_on_the_table(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    async with executor(tmp_path) as shop:
        with pytest.raises(BadInput, match=said):
            await shop.submit(work().model_copy(update=wrong))
        assert shop.table.find("us") == []


async def test_a_file_named_by_a_path_from_here_is_that_file_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voice.wav").write_bytes(b"to be refused when it is brought in")
    given = work().model_copy(update={"request": {"text": "hello", "voice_sample": "voice.wav"}})
    async with executor(tmp_path / "shop") as shop:
        job = await shop.submit(given)
        assert job.work.request == {"text": "hello", "voice_sample": str(tmp_path / "voice.wav")}
        failed = await over(shop, job)
    assert failed.state == "failed"
    assert "voice_sample" in str(failed.error)


async def test_an_input_that_is_not_there_fails_before_the_model_is_loaded(tmp_path: Path) -> None:
    given = work(route="trial.dies-at-load").model_copy(
        update={"request": {"text": "hello", "voice_sample": str(tmp_path / "nowhere.wav")}}
    )
    async with executor(tmp_path) as shop:
        failed = await over(shop, await shop.submit(given))
    assert failed.state == "failed"
    assert "nowhere.wav" in str(failed.error)


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("exit", r"The process that ran trial.speech ended with exit status 7 .*said: leaving in the middle"),
        ("die", r"was killed by SIGKILL, as a system does when memory runs out, .*said: about to die"),
        ("fault", r"was killed by SIGSEGV .*said: Fatal Python error: Segmentation fault"),
        ("hog", r"Memory ran out while Trial worked; ask for less at once"),
        ("fill the disk", r"The disk has no room for what Trial needs or makes \(File too large\); make room"),
        ("raise", r"Trial ended with an error of its own, KeyError: 'tensor of no known name'; the whole of it is in"),
        ("leave python", r"an error of its own, SystemExit: the model thinks it is a program"),
        ("no file", r"The run ended without the .* that speak should give"),
    ],
)
async def test_a_failure_is_one_sentence_and_the_next_job_is_done(tmp_path: Path, do: str, said: str) -> None:
    async with executor(tmp_path) as shop:
        first, second = [await shop.submit(work(do)), await shop.submit(work())]
        failed, done = await over(shop, first), await over(shop, second)
    assert failed.state == "failed"
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(failed.error)
    assert "Traceback" not in str(failed.error)
    assert "\n" not in str(failed.error)
    assert failed.result is None
    assert done.state == "done", done.error
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("trial.cannot-run", "Trial needs a package that is not here; install it."),
        ("trial.dies-at-load", "was killed by SIGKILL.*said: the weights are cursed"),
        ("trial.fails-at-load", "error of its own, ValueError: the shapes do not fit|ended with exit status 3"),
    ],
)
async def test_a_model_that_cannot_be_loaded_fails_all_that_is_queued_for_it(
    tmp_path: Path, route: str, said: str
) -> None:
    async with executor(tmp_path) as shop:
        jobs = [await shop.submit(work(route=route)) for _ in range(12)]
        ended = [await over(shop, job) for job in jobs]
        after = await over(shop, await shop.submit(work()))
    assert {job.state for job in ended} == {"failed"}
    for job in ended:
        with pytest.raises(AssertionError, match=said):
            raise AssertionError(job.error)
    assert sum(job.started is not None for job in ended) <= 2
    assert after.state == "done"


async def test_what_is_told_about_a_route_reaches_its_worker(tmp_path: Path) -> None:
    async with executor(tmp_path, places={"trial.speech": {"weights": "missing"}}) as shop:
        failed = await over(shop, await shop.submit(work()))
    assert failed.error == "trial.speech needs weights that are not here; fetch them."


def test_a_key_goes_to_a_worker_whole_and_is_shown_nowhere(tmp_path: Path) -> None:
    told = arranged(tmp_path, places={"trial.speech": {"api_key": "sk-very-secret"}})
    assert "sk-very-secret" not in repr(told) + str(told.model_dump_json())
    key = Arrangement.read(told.written()).places.of("trial.speech").api_key
    assert key is not None
    assert key.get_secret_value() == "sk-very-secret"


async def test_no_key_stands_on_a_command_line_or_in_an_environment(tmp_path: Path) -> None:
    import psutil

    async with executor(tmp_path, places={"trial.speech": {"api_key": "sk-very-secret"}}) as shop:
        job = await shop.submit(work("wait", gate=tmp_path / "open"))
        await standing_at(shop, job, "waiting")
        (worker,) = Roster(shop.table.file).workers()
        seen = psutil.Process(worker.process.pid)
        assert "sk-very-secret" not in str(seen.cmdline()) + str(seen.environ())
        assert set(seen.environ()) <= {"PATH", "PYTHONPATH", "LC_CTYPE"}
        (tmp_path / "open").touch()
        await over(shop, job)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"sk-very-secret" in path.read_bytes()]
    assert kept == []


async def test_what_a_talkative_model_says_is_kept_within_bounds(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        job = await shop.submit(work("chatter", gate=tmp_path / "open"))
        await standing_at(shop, job, "waiting")
        log = arranged(tmp_path).log("trial.speech")
        await until(lambda: log.stat().st_size < 100_000)
        assert last_words(log) == "step 59999 of very many, and each is told at length " + "." * 60
        (tmp_path / "open").touch()
        assert (await over(shop, job)).state == "done"


async def test_following_ends_with_the_job_and_a_finished_one_is_told_at_once(tmp_path: Path) -> None:
    async with executor(tmp_path) as shop:
        job = await shop.submit(work())
        seen = [now.state async for now in shop.follow(job.id)]
        assert seen[-1] == "done"
        assert [state for state in seen if state in OVER] == ["done"]
        assert [now.state async for now in shop.follow(job.id)] == ["done"]
        with pytest.raises(BadInput, match="There is no job"):
            await anext(shop.follow(job.id, "them"))


async def test_work_left_behind_is_done_after_the_executor_has_closed(tmp_path: Path) -> None:
    shop = executor(tmp_path)
    await shop.open()
    with closing(table(tmp_path)) as jobs:
        job = await shop.submit(work("wait", gate=tmp_path / "open"))
        pid = shop.linger(job)
        lingering = Process.of(pid)
        await standing_at(shop, job, "waiting")
        await shop.close()
        queued = jobs.submit(work(), datetime.now(UTC))
        assert jobs.read(job.id).state == "running"
        (tmp_path / "open").touch()
        await until(lambda: jobs.read(job.id).over and jobs.read(queued.id).over)
        assert [jobs.read(it.id).state for it in (job, queued)] == ["done", "done"]
        await until(lambda: not lingering.alive)
        await until(lambda: Roster(jobs.file).workers() == [])
        assert recover(jobs, datetime.now(UTC)).found == ()
