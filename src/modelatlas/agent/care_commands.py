"""The commands that care for the file: backup, restore, check, compact."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelatlas.agent.options import AsJson, Db, examples
from modelatlas.agent.session import show
from modelatlas.graph.errors import BadInput

if TYPE_CHECKING:
    from modelatlas.graph.sqlite.care.compaction import Compacted
    from modelatlas.graph.sqlite.care.errand import Progress
    from modelatlas.graph.sqlite.care.findings import Soundness

commands = typer.Typer()


@commands.command(
    epilog=examples("modelatlas backup atlas-monday.sqlite", "modelatlas backup /backups/atlas.sqlite --force --json")
)
def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an older backup of that name.")] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Copy the whole atlas to one file, as of one moment, while others go on reading and writing it."""
    from modelatlas.graph.sqlite.care.backup import back_up

    path = _atlas(db)
    with _progress() as progress:
        size = asyncio.run(back_up(path, file, overwrite=force, progress=progress))
    done = {"db": str(path), "backup": str(file), "bytes": size}
    show(done if as_json else f"Backed up to {file} ({size:,} bytes), and checked.")


@commands.command(
    epilog=examples("modelatlas restore atlas-monday.sqlite", "modelatlas restore atlas-monday.sqlite --yes --json")
)
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, of this or an older version of modelatlas.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    without_copy: Annotated[
        bool, typer.Option("--without-copy", help="Do not first keep a copy of what the atlas is now.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make the atlas what a backup is: all of it or nothing, safe while others use it.

    What was recorded since the backup goes, and what was forgotten since comes back.
    """
    from modelatlas.graph.sqlite.care.restoration import restore as restore_into

    path = _atlas(db)
    if not yes:
        question = f"Everything in {path} becomes what is in {file}; what was forgotten since comes back. Go on?"
        typer.confirm(question, abort=True, err=True)
    with _progress() as progress:
        kept = asyncio.run(restore_into(path, file, None if without_copy else _free_name(path), progress=progress))
    done = {"db": str(path), "backup": str(file), "kept": str(kept) if kept else None}
    where = f" What it was is kept in {kept}." if kept else ""
    show(done if as_json else f"Restored {path} from {file}.{where}")


@commands.command(epilog=examples("modelatlas check", "modelatlas check --db atlas-monday.sqlite --json"))
def check(db: Db = None, as_json: AsJson = False) -> None:
    """Look for damage: pages, references, search words, and beliefs that are not what the claims come to.

    Ends with 1 where something is wrong.
    """
    from modelatlas.graph.sqlite.care.soundness import check as check_file

    path = _atlas(db)
    with _progress() as progress:
        sound = asyncio.run(check_file(path, progress=progress))
    if as_json:
        told = [{**finding.model_dump(), "text": finding.text} for finding in sound.findings]
        show({"db": str(path), **sound.model_dump(), "findings": told})
    else:
        show(_soundness_text(path, sound))
    if sound.found:
        raise typer.Exit(1)


@commands.command(epilog=examples("modelatlas compact", "modelatlas compact --json"))
def compact(db: Db = None, as_json: AsJson = False) -> None:
    """Make the file as small as what is in it, and quick to search; nobody else may be using it."""
    path = _atlas(db)
    if not path.is_file():
        raise BadInput(f"There is no atlas at {path}; name one with --db.")
    with _progress() as progress:
        progress("compact", 0, 1)
        done = asyncio.run(_compacted(path))
    text = f"{path} takes {done.after:,} bytes; before it took {done.before:,}."
    show({"db": str(path), **done.model_dump()} if as_json else text)


async def _compacted(path: Path) -> "Compacted":
    from modelatlas.graph.sqlite.care.compaction import compact as compact_file
    from modelatlas.graph.sqlite.database import Database

    database = Database(path)
    try:
        return await compact_file(database)
    finally:
        await database.close()


def _atlas(db: Path | None) -> Path:
    from modelatlas.agent.settings import settings

    return db or settings().db


def _free_name(path: Path) -> Path:
    """A name beside the atlas that says when it was replaced, and that nothing has yet."""
    from modelatlas.agent.settings import settings

    stem = f"{path.stem}-before-{settings().clock().astimezone(UTC):%Y%m%dT%H%M%SZ}"
    name, number = path.with_name(f"{stem}{path.suffix}"), 1
    while name.exists():
        number += 1
        name = path.with_name(f"{stem}-{number}{path.suffix}")
    return name


@contextmanager
def _progress() -> "Iterator[Progress]":
    """How far each part of the work is, on a terminal's standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("open", total=None)
        yield lambda part, done, total: bar.update(task, description=part, completed=done, total=total)


def _soundness_text(path: Path, sound: "Soundness") -> str:
    looked_at = ", ".join(f"{count:,} {name}" for name, count in sound.checked.items())
    lines = [finding.text for finding in sound.findings]
    if sound.found > len(sound.findings):
        lines.append(f"… and {sound.found - len(sound.findings):,} more.")
    lines += sound.unchecked
    count = "1 finding" if sound.found == 1 else f"{sound.found:,} findings"
    verdict = f"{count} in" if sound.found else "Nothing is wrong with"
    return "\n".join([*lines, f"{verdict} {path} ({looked_at})."])
