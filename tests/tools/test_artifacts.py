"""What the tools made is kept once by content, with every run that made it, by any number of processes at once."""

import multiprocessing
import os
import resource
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from media_samples import film, picture, tone
from modelatlas.graph.errors import AmbiguousName, BadInput, StoreError
from modelatlas.tools.artifacts import Artifacts, Provenance
from modelatlas.tools.workshop import Workshop

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def origin(job: str = "job-1", tenant: str = "us", made_at: datetime = DAY, **other: Any) -> Provenance:
    """Where a file came from."""
    return Provenance(
        **{
            "tenant": tenant,
            "job": job,
            "made_at": made_at,
            "tool": "generate_image",
            "model": "Tiny",
            "route": "tiny.diffusers",
            "weights_id": "somebody/tiny",
            "weights_revision": "abc",
            "seed": 42,
            "parameters": {"steps": 2, "名": "值"},
            "inputs": {"image": "0" * 64},
            "wall_s": 1.5,
            "licence": "MIT",
            "ai_generated": True,
        }
        | other
    )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A workshop that nobody has used."""
    return Workshop(tmp_path / "workshop")


@pytest.fixture
def artifacts(workshop: Workshop) -> Artifacts:
    """Its store."""
    return Artifacts(workshop)


def files(workshop: Workshop) -> list[Path]:
    """Every file in the store."""
    return sorted(it for it in workshop.artifacts.rglob("*") if it.is_file())


def test_a_kept_file_is_found_by_the_start_of_its_hash_with_all_its_provenance(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    made = picture(tmp_path / "odd name;.dat.png")

    kept = artifacts.keep(made, origin())

    assert kept.sha256 == sha256(made.read_bytes()).hexdigest()
    assert kept.path.read_bytes() == made.read_bytes()
    assert (kept.mime, kept.bytes, kept.path.suffix) == ("image/png", made.stat().st_size, ".png")
    assert Artifacts(workshop).find(kept.sha256[:8].upper(), "us") == kept
    assert artifacts.find(f"artifact:{kept.sha256[:16]}", "us").provenance == origin()


def test_the_type_is_that_of_the_content(artifacts: Artifacts, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("words")

    assert artifacts.keep(film(tmp_path / "f.mp4").rename(tmp_path / "f.png"), origin()).mime == "video/mp4"
    assert artifacts.keep(tone(tmp_path / "t.wav"), origin()).mime == "audio/wav"
    assert artifacts.keep(tmp_path / "notes", origin()).mime == "application/octet-stream"


def test_the_same_bytes_of_two_runs_are_one_file_and_two_rows(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    made = picture(tmp_path / "p.png")

    first = artifacts.keep(made, origin("job-1"))
    second = artifacts.keep(made, origin("job-2", made_at=DAY + timedelta(hours=1), seed=7))

    assert files(workshop) == [first.path]
    assert [it.provenance.job for it in artifacts.made_by(first.sha256, "us")] == ["job-2", "job-1"]
    assert artifacts.find(first.sha256, "us") == second


def test_what_is_kept_cannot_be_changed_by_mistake(artifacts: Artifacts, tmp_path: Path) -> None:
    kept = artifacts.keep(picture(tmp_path / "p.png"), origin())

    assert kept.path.stat().st_mode & 0o222 == 0


def test_a_file_that_was_lost_is_laid_in_its_place_again(artifacts: Artifacts, tmp_path: Path) -> None:
    made = picture(tmp_path / "p.png")
    lost = artifacts.keep(made, origin())
    lost.path.unlink()

    assert artifacts.keep(made, origin("job-2")).path.read_bytes() == made.read_bytes()


def test_a_start_that_fits_several_or_none_or_is_no_hash_is_told(artifacts: Artifacts, tmp_path: Path) -> None:
    starts: dict[str, int] = {}
    for number in range(2000):
        path = tmp_path / "some"
        path.write_bytes(b"%d" % number)
        digest = sha256(path.read_bytes()).hexdigest()
        if starts.setdefault(digest[:4], number) != number:
            (tmp_path / "other").write_bytes(b"%d" % starts[digest[:4]])
            artifacts.keep(path, origin())
            artifacts.keep(tmp_path / "other", origin())
            break

    with pytest.raises(AmbiguousName, match=f"2 things on record are called '{digest[:4]}'"):
        artifacts.find(digest[:4], "us")
    for wrong in ("ffff" * 16, "abc", "xyz!", "*" * 10, ""):
        with pytest.raises(BadInput) as refused:
            artifacts.find(wrong, "us")
        assert str(refused.value).endswith(".")


def test_runs_are_listed_last_first_and_by_what_they_were(artifacts: Artifacts, tmp_path: Path) -> None:
    for number in range(5):
        artifacts.keep(
            picture(tmp_path / "p.png", seed=number),
            origin(f"job-{number}", made_at=DAY + timedelta(days=number), model="AB"[number % 2], tool="speak"),
        )

    def jobs(**filters: Any) -> list[str]:
        return [it.provenance.job for it in artifacts.listed("us", **filters)]

    assert jobs() == ["job-4", "job-3", "job-2", "job-1", "job-0"]
    assert jobs(limit=2) == ["job-4", "job-3"]
    assert jobs(model="B") == ["job-3", "job-1"]
    assert jobs(job="job-2") == ["job-2"]
    assert jobs(tool="avatar") == []
    assert jobs(since=DAY + timedelta(days=1), until=DAY + timedelta(days=3)) == ["job-2", "job-1"]


def test_a_tenant_neither_sees_nor_removes_what_another_made(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    made = picture(tmp_path / "p.png")
    ours = artifacts.keep(made, origin(tenant="us"))
    artifacts.keep(made, origin(tenant="them"))
    theirs = artifacts.keep(picture(tmp_path / "q.png", seed=9), origin(tenant="them"))

    assert [it.sha256 for it in artifacts.listed("us")] == [ours.sha256]
    with pytest.raises(BadInput, match="No artifact begins with"):
        artifacts.find(theirs.sha256, "us")
    assert artifacts.forget(ours.sha256, "us").files == 0
    assert artifacts.find(made_hash := ours.sha256, "them").path.is_file()
    assert artifacts.forget(made_hash, "them").files == 1
    assert files(workshop) == [theirs.path]


def test_old_runs_are_removed_as_was_foretold_and_files_only_when_no_run_names_them(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    shared, old = picture(tmp_path / "s.png", seed=1), picture(tmp_path / "o.png", seed=2)
    artifacts.keep(shared, origin("job-1"))
    artifacts.keep(old, origin("job-1"))
    newer = artifacts.keep(shared, origin("job-2", made_at=DAY + timedelta(days=9)))
    before = DAY + timedelta(days=1)

    foretold = artifacts.removable(before, "us")
    assert (len(foretold.artifacts), foretold.files, foretold.bytes) == (2, 1, old.stat().st_size)
    assert len(artifacts.listed("us")) == 3
    assert artifacts.removable(before, "them").artifacts == ()

    assert artifacts.prune(before, "us") == foretold
    assert artifacts.listed("us") == [newer]
    assert files(workshop) == [newer.path]
    assert artifacts.prune(before, None).artifacts == ()


def test_what_a_crash_left_behind_goes_with_the_old_runs(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    kept = artifacts.keep(picture(tmp_path / "p.png"), origin(made_at=DAY + timedelta(days=9)))
    half = workshop.artifacts / "parts" / "half"
    orphan = workshop.artifacts / "ab" / ("ab" * 32 + ".png")
    fresh = workshop.artifacts / "parts" / "fresh"
    for path in (half, orphan, fresh):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    for path in (half, orphan, kept.path):
        os.utime(path, (0, 0))
    os.utime(fresh, ((DAY + timedelta(days=5)).timestamp(),) * 2)

    artifacts.prune(DAY + timedelta(days=1), "us")

    assert files(workshop) == sorted([kept.path, fresh])


def test_a_disk_without_room_keeps_nothing_and_says_so(
    artifacts: Artifacts, workshop: Workshop, tmp_path: Path
) -> None:
    large = picture(tmp_path / "large.bmp", 600, 600)
    small = artifacts.keep(picture(tmp_path / "p.png"), origin())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(StoreError, match="There is no room in") as full:
            artifacts.keep(large, origin("job-2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert str(full.value).count(".") == str(full.value).rstrip(".").count(".") + 1
    assert files(workshop) == [small.path]
    assert [it.provenance.job for it in artifacts.listed("us")] == ["job-1"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "workshop").mkdir()
    (tmp_path / "workshop" / "artifacts").write_text("a file where the folder should be")

    with pytest.raises(StoreError, match="could not be kept"):
        Artifacts(Workshop(tmp_path / "workshop")).keep(picture(tmp_path / "p.png"), origin())


def keep_many(folder: Path, worker: int, start: Any) -> None:
    """Keep files that every worker has, and one of its own, while others do and somebody prunes."""
    artifacts = Artifacts(Workshop(folder / "workshop"))
    start.wait()
    for number in range(8):
        artifacts.keep(folder / f"{number}.png", origin(f"job-{worker}-{number}"))
        if number % 3 == 0:
            artifacts.prune(DAY - timedelta(days=1), None)
        artifacts.keep(folder / f"{number}.png", origin(f"old-{worker}-{number}", made_at=DAY - timedelta(days=9)))


def test_several_processes_keep_and_prune_at_once_and_no_row_is_without_its_file(
    workshop: Workshop, tmp_path: Path
) -> None:
    for number in range(8):
        picture(tmp_path / f"{number}.png", seed=number)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(4)
    workers = [spawn.Process(target=keep_many, args=(tmp_path, worker, start)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    artifacts = Artifacts(workshop)
    artifacts.prune(DAY - timedelta(days=1), None)
    kept = artifacts.listed("us", limit=None)
    assert len(kept) == 32
    assert {it.path for it in kept} == set(files(workshop))
    assert all(sha256(it.path.read_bytes()).hexdigest() == it.sha256 for it in kept)
