"""The command that carries an atlas from one store into another."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelatlas.agent.options import AsJson, examples
from modelatlas.agent.progress import shown_progress
from modelatlas.agent.session import show

if TYPE_CHECKING:
    from modelatlas.graph.care.progress import Progress
    from modelatlas.graph.migration.migration import Migrated
    from modelatlas.graph.neo4j.address import Address

commands = typer.Typer()


@commands.command(
    epilog=examples(
        "modelatlas migrate atlas.sqlite neo4j://localhost/atlas",
        "modelatlas migrate neo4j://localhost/atlas copy.sqlite --tenant main --json",
    )
)
def migrate(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="An atlas: a file, or a Neo4j server's address.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="Another file or address; what is there must be part of it.")],
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant; all if left out.")] = None,
    without_vectors: Annotated[
        bool, typer.Option("--without-vectors", help="Leave the vectors of facts behind, to make them anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Carry an atlas into another store: claims, beliefs, documents, vectors, and what was erased stays erased.

    FROM is only read. In the end every belief is compared on both axes, and all that is kept beside them. Interrupted,
    the same command goes on. Ends with 1 where something is otherwise, as when FROM is written to meanwhile.
    """
    from modelatlas.agent.settings import settings

    places = settings().place(origin), settings().place(to)
    with shown_progress() as progress:
        done = asyncio.run(_migrated(*places, tenant, not without_vectors, progress))
    if as_json:
        show({"from": str(places[0]), "to": str(places[1]), **done.model_dump(mode="json")})
    else:
        show(_text(*places, done))
    if done.found:
        raise typer.Exit(1)


async def _migrated(
    origin: "Path | Address", to: "Path | Address", tenant: str | None, with_vectors: bool, progress: "Progress"
) -> "Migrated":
    from modelatlas.graph.migration.migration import migrate as migrate_archive
    from modelatlas.graph.migration.opening import opened

    async with opened(origin, to) as (source, target):
        return await migrate_archive(source, target, tenant, with_vectors=with_vectors, progress=progress)


def _text(origin: "Path | Address", to: "Path | Address", done: "Migrated") -> str:
    lines = list(done.differences)
    if done.found > len(lines):
        lines.append(f"… and {done.found - len(lines):,} more.")
    lines += done.left
    there = f" ({done.there:,} claims were there)" if done.there else ""
    lines.append(f"Migrated {origin} to {to}: {_counted(done.carried)}{there}.")
    count = "1 difference" if done.found == 1 else f"{done.found:,} differences"
    lines.append(f"{count if done.found else 'No difference'} in {_counted(done.compared)}.")
    return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing"
