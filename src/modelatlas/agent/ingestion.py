"""Ingesting and embedding with a progress bar, and writing claims and beliefs out."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Pattern
from modelatlas.ingest.pipeline import Summary, ingest, ingest_strictly, rehearse

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas


def ingest_with_progress(
    paths: Sequence[Path], dry_run: bool, strict: bool, without_catalogue: bool, db: str | None, tenant: str | None
) -> Summary:
    """Ingest files, showing how far it is on standard error."""
    from modelatlas.agent.atlas import open_as_it_is
    from modelatlas.ingest.builtin import bring_catalogue, leave_catalogue_out
    from modelatlas.ingest.readers import files
    from modelatlas.tools.cards.claims import bring_cards

    for path in paths:
        files(path)  # a path that is not there is reported before a file is made
    take = rehearse if dry_run else ingest_strictly if strict else ingest

    async def work() -> Summary:
        async with open_as_it_is(db, tenant=tenant) as atlas:
            prepare = leave_catalogue_out if without_catalogue else bring_catalogue
            await prepare(atlas.store, atlas.now())
            await bring_cards(atlas.store, atlas.now())
            with _bar("ingest", "read") as advance:
                return await take(atlas.store, paths, now=atlas.now(), progress=advance)

    return asyncio.run(work())


def embed_with_progress(anew: bool, db: str | None, tenant: str | None) -> int:
    """Give facts their vectors, showing how far it is on standard error; how many."""
    from modelatlas.agent.atlas import open as open_atlas

    async def work() -> int:
        async with open_atlas(db, tenant=tenant) as atlas:
            with _bar("embed", "embedded") as advance:
                return await (atlas.store.embed_anew if anew else atlas.store.embed_missing)(advance)

    return asyncio.run(work())


@contextmanager
def _bar(name: str, verb: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal's standard error, advanced by what is called with how many more."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(f"{{task.completed:,}} {verb}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda more: bar.advance(task, more)


async def export_claims(atlas: "Atlas", out: Path | None) -> int:
    """Write every claim as a line of claims.jsonl; how many there were."""

    async def lines() -> AsyncIterator[str]:
        async for claim in atlas.store.claims():
            yield json.dumps(claim.line(), ensure_ascii=False)

    return await _write(lines(), out)


async def export_beliefs(atlas: "Atlas", out: Path | None) -> int:
    """Write every belief ever held, a JSON fact a line; how many there were."""

    async def lines() -> AsyncIterator[str]:
        for fact in await atlas.store.history(Pattern()):
            yield json.dumps(fact.json_value(), ensure_ascii=False)

    return await _write(lines(), out)


async def _write(lines: AsyncIterator[str], out: Path | None) -> int:
    count = 0
    if out is None:
        async for line in lines:
            sys.stdout.write(f"{line}\n")
            count += 1
        return count
    part = out.with_name(f".{out.name}.{uuid4().hex}")
    try:
        with part.open("w", encoding="utf-8") as file:
            async for line in lines:
                file.write(f"{line}\n")
                count += 1
        os.replace(part, out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count
