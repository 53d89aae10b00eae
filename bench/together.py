"""Claims a second that one, four and eight writers at once take on record on a Neo4j server of their own."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

from bench.peers.process import Job, PeerFailed, answer
from bench.table import Line

_CROWDS = ((1, False), (1, True), (4, True), (8, True))
_BATCH = 500


def lines(folder: Path, size: int, line: str) -> Iterator[Line]:
    """A line for each crowd; of several writers the ratio is to the one."""
    alone = None
    for writers, vectors in _CROWDS:
        what = f"{writers} writer{'s' if writers > 1 else ''}{'' if vectors else ', without vectors'}"
        home = folder / "crowd"
        job = Job(claims=size, facts="", questions="", file=str(home), past="", seconds=0, line=line)
        try:
            told = json.loads(answer(Path(sys.executable), "crowd", "crowd", job, str(writers), str(int(vectors))))
        except PeerFailed as error:
            yield Line(group="writers at once", what=what, claims=size, figure=None, unit="", note=str(error))
            continue
        finally:
            rmtree(home, ignore_errors=True)
        rate = size / told["seconds"]
        alone = alone or (rate if vectors else None)
        yield Line(
            group="writers at once",
            what=what,
            claims=size,
            figure=rate,
            unit="claims/s",
            ratio=rate / alone if alone and writers > 1 else None,
            to="1 writer" if writers > 1 else "",
            note=f"each a process, {_BATCH} claims a transaction; {told['facts'] / told['seconds']:,.0f} facts/s",
        )
