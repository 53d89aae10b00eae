"""Nothing of a script is left running: not when it is cancelled, not past its time, not when we die."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from fake_repository import repository, settings
from script_orders import order, route_of

from modelatlas.tools.backends.backend import Order, Stopped, TimedOut
from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.places import Place

ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fake_repository import settings
from script_orders import order, route_of
from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.places import Place
place = Place(checkout=Path(sys.argv[2]), python=Path(sys.executable))
asked = order("generate_video", Path(sys.argv[3]), {"prompt": "a cat"}, {})
def progress(part, done, total):
    if (asked.folder / "out" / "pids.json").exists():
        print("ready", flush=True)
ScriptBackend(route_of(settings("deaf")), place).run(asked, progress)
"""


def asked(tmp_path: Path) -> Order:
    """An order whose script starts children that do not listen, one of them in a session of its own."""
    return order("generate_video", tmp_path / "job" / "run", {"prompt": "a cat"}, {})


def pids(tmp_path: Path) -> list[int]:
    """The script, its child, and the child whose parent is gone."""
    found: list[int] = json.loads((tmp_path / "job" / "run" / "out" / "pids.json").read_text("utf-8"))
    return found


def living(numbers: list[int]) -> list[psutil.Process]:
    """Those that still run."""
    found = []
    for number in numbers:
        try:
            process = psutil.Process(number)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def test_after_a_cancel_nothing_is_left(tmp_path: Path) -> None:
    place = Place(checkout=repository(tmp_path / "checkout"), python=Path(sys.executable))
    before = set(psutil.Process().children(recursive=True))
    seen: list[int] = []

    def progress(part: str, done: int, total: int | None) -> None:
        if (tmp_path / "job" / "run" / "out" / "pids.json").exists():
            seen.extend(pids(tmp_path))
            assert len(living(seen)) == 3
            raise Stopped

    with pytest.raises(Stopped):
        ScriptBackend(route_of(settings("deaf")), place).run(asked(tmp_path), progress)
    assert len(seen) == 3
    assert living(seen) == []
    assert set(psutil.Process().children(recursive=True)) <= before


def test_past_the_time_nothing_is_left(tmp_path: Path) -> None:
    place = Place(checkout=repository(tmp_path / "checkout"), python=Path(sys.executable), timeout_s=4)
    with pytest.raises(TimedOut):
        ScriptBackend(route_of(settings("deaf")), place).run(asked(tmp_path), lambda *_: None)
    assert len(pids(tmp_path)) == 3
    assert living(pids(tmp_path)) == []


def test_what_a_script_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    place = Place(checkout=repository(tmp_path / "checkout"), python=Path(sys.executable))
    made = ScriptBackend(route_of(settings("leaves a child")), place).run(asked(tmp_path), lambda *_: None)
    assert len(made.files) == 1
    assert living(pids(tmp_path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux finds children that left their group")
def test_when_we_are_killed_the_script_dies_too(tmp_path: Path) -> None:
    words = [str(Path(__file__).parent), str(repository(tmp_path / "checkout")), str(tmp_path / "job" / "run")]
    with subprocess.Popen([sys.executable, "-c", ALONE, *words], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        running = living(pids(tmp_path))
        assert len(running) == 3
        os.kill(parent.pid, signal.SIGKILL)
    _, left = psutil.wait_procs(running, timeout=20)
    assert living([it.pid for it in left]) == []
