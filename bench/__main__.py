"""The command: python -m bench [--quick] [--facts N ...] [--models-dev PATH] [--markdown] [--json FILE]."""

import argparse
import asyncio
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console

from bench import listing, reading, revising, running, searching, starting, writing
from bench.machine import this_machine
from bench.table import Line, Report

_HISTORY = Path(__file__).resolve().parents[2] / "shared/data/models_dev/change_events.jsonl.xz"
_LEAST = 200


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything is done."""

    sizes: tuple[int, ...]
    reads: int
    searches: int
    revisions: int
    starts: int
    events: int | None
    checks: int
    jobs: int


_QUICK = Effort(sizes=(200, 400), reads=10, searches=3, revisions=30, starts=1, events=1000, checks=50, jobs=5)


def main() -> None:
    """Run it, print the table."""
    given = _arguments()
    effort = _QUICK if given.quick else _full(tuple(sorted(set(given.facts or (10_000, 100_000)))))
    machine = this_machine()
    began = perf_counter()
    lines = asyncio.run(_all(effort, given.models_dev))
    took = Line(group="this run", what="all of it", figure=perf_counter() - began, unit="s")
    command = shlex.join(["python", "-m", "bench", *sys.argv[1:]])
    report = Report(machine, command, (*lines, took))
    if given.json is not None:
        report.write_json(given.json)
    if given.markdown:
        sys.stdout.write(report.markdown())
    else:
        console = Console()
        report.print_table(console if console.is_terminal else Console(width=200))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What modelatlas costs: one table.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, a few seconds; the figures mean nothing")
    parser.add_argument(
        "--facts",
        type=int,
        action="append",
        help="claims of a synthetic atlas, whose beliefs are a few more; may be repeated [default: 10000 and 100000]",
    )
    parser.add_argument("--models-dev", type=Path, default=_HISTORY, help=f"the real history [default: {_HISTORY}]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines as JSON, too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    given = parser.parse_args()
    if given.facts and min(given.facts) < _LEAST:
        parser.error(f"--facts must be {_LEAST} or more")
    return given


def _full(sizes: tuple[int, ...]) -> Effort:
    return Effort(sizes=sizes, reads=300, searches=60, revisions=1000, starts=6, events=None, checks=2000, jobs=100)


async def _all(effort: Effort, history: Path) -> list[Line]:
    found = []
    with TemporaryDirectory(prefix="modelatlas-bench-") as folder:
        async for line in _lines(Path(folder), effort, history):
            if sys.stderr.isatty():
                print(f"{line.group}: {line.what}", file=sys.stderr)
            found.append(line)
    return found


async def _lines(folder: Path, effort: Effort, history: Path) -> AsyncIterator[Line]:
    async for line in writing.lines(folder, effort.sizes):
        yield line
    async for line in reading.lines(folder, effort.sizes, effort.reads):
        yield line
    async for line in searching.lines(folder, effort.sizes, effort.searches):
        yield line
    async for line in revising.lines(folder, effort.revisions):
        yield line
    for line in starting.lines(folder, effort.starts):
        yield line
    async for line in running.lines(folder, effort.jobs, 2 * effort.jobs):
        yield line
    async for line in listing.lines(folder, history, effort.events, effort.checks):
        yield line


if __name__ == "__main__":
    main()
