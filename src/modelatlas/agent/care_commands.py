"""The commands that care for the atlas: backup, restore, check, compact."""

import asyncio
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelatlas.agent.options import AsJson, Db, examples
from modelatlas.agent.progress import shown_progress
from modelatlas.agent.session import show
from modelatlas.graph.errors import BadInput

if TYPE_CHECKING:
    from modelatlas.graph.care.findings import Soundness
    from modelatlas.graph.care.progress import Progress
    from modelatlas.graph.neo4j.address import Address
    from modelatlas.graph.sqlite.care.compaction import Compacted

commands = typer.Typer()

_DUMP = (
    "stop the database and dump it there with `neo4j-admin database dump {database} --to-path=FOLDER`, or copy it into"
    " a file with `modelatlas migrate`"
)
_LOAD = (
    "stop the database and load a dump there with `neo4j-admin database load {database} --from-path=FOLDER"
    " --overwrite-destination=true`"
)


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

    path = _file(db, _DUMP)
    with shown_progress() as progress:
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

    path = _file(db, _LOAD)
    if not yes:
        question = f"Everything in {path} becomes what is in {file}; what was forgotten since comes back. Go on?"
        typer.confirm(question, abort=True, err=True)
    with shown_progress() as progress:
        kept = asyncio.run(restore_into(path, file, None if without_copy else _free_name(path), progress=progress))
    done = {"db": str(path), "backup": str(file), "kept": str(kept) if kept else None}
    where = f" What it was is kept in {kept}." if kept else ""
    show(done if as_json else f"Restored {path} from {file}.{where}")


@commands.command(epilog=examples("modelatlas check", "modelatlas check --db neo4j://localhost/atlas --json"))
def check(db: Db = None, as_json: AsJson = False) -> None:
    """Look for damage: pages or indexes, references, search words, beliefs that are not what the claims come to.

    Ends with 1 where something is wrong.
    """
    place = _place(db)
    with shown_progress() as progress:
        sound = asyncio.run(_checked(place, progress))
    if as_json:
        told = [{**finding.model_dump(), "text": finding.text} for finding in sound.findings]
        show({"db": str(place), **sound.model_dump(), "findings": told})
    else:
        show(_soundness_text(place, sound))
    if sound.found:
        raise typer.Exit(1)


@commands.command(epilog=examples("modelatlas compact", "modelatlas compact --json"))
def compact(db: Db = None, as_json: AsJson = False) -> None:
    """Make the file as small as what is in it, and quick to search; nobody else may be using it."""
    path = _place(db)
    if not isinstance(path, Path):
        text = f"There is nothing to compact at {path}: the server uses again what was deleted, and keeps its indexes."
        show({"db": str(path), "before": None, "after": None} if as_json else text)
        return
    if not path.is_file():
        raise BadInput(f"There is no atlas at {path}; name one with --db.")
    with shown_progress() as progress:
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


async def _checked(place: "Path | Address", progress: "Progress") -> "Soundness":
    if isinstance(place, Path):
        from modelatlas.graph.sqlite.care.soundness import check as check_file

        return await check_file(place, progress=progress)
    from modelatlas.graph.neo4j.care.soundness import check as check_database

    return await check_database(place, progress=progress)


def _place(db: str | None) -> "Path | Address":
    from modelatlas.agent.settings import settings

    return settings().place(db)


def _file(db: str | None, instead: str) -> Path:
    """The file of the atlas. Raises BadInput for a server, with what to do there."""
    place = _place(db)
    if isinstance(place, Path):
        return place
    raise BadInput(f"{place} is a server, not a file: {instead.format(database=place.database or 'neo4j')}.")


def _free_name(path: Path) -> Path:
    """A name beside the atlas that says when it was replaced, and that nothing has yet."""
    from modelatlas.agent.settings import settings

    stem = f"{path.stem}-before-{settings().clock().astimezone(UTC):%Y%m%dT%H%M%SZ}"
    name, number = path.with_name(f"{stem}{path.suffix}"), 1
    while name.exists():
        number += 1
        name = path.with_name(f"{stem}-{number}{path.suffix}")
    return name


def _soundness_text(place: "Path | Address", sound: "Soundness") -> str:
    looked_at = ", ".join(f"{count:,} {name}" for name, count in sound.checked.items())
    lines = [finding.text for finding in sound.findings]
    if sound.found > len(sound.findings):
        lines.append(f"… and {sound.found - len(sound.findings):,} more.")
    lines += sound.unchecked
    count = "1 finding" if sound.found == 1 else f"{sound.found:,} findings"
    verdict = f"{count} in" if sound.found else "Nothing is wrong with"
    return "\n".join([*lines, f"{verdict} {place} ({looked_at})."])
