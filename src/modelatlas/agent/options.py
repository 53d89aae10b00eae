"""Options and arguments that several commands share, and how a command shows its examples."""

from typing import Annotated

import typer

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PLACE",
        help="The atlas: a file, or a Neo4j server as neo4j://host:7687/database"
        " [env: MODELATLAS_DB; default: a file in the user's data folder].",
    ),
]
Tenant = Annotated[str | None, typer.Option("--tenant", help="Whose atlas in that file [env: MODELATLAS_TENANT].")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with a stable schema.")]
ValidAt = Annotated[str | None, typer.Option("--as-of", help="When it must be true; now if left out.")]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="By what was on record then; now if left out.")]
StoodAt = Annotated[
    str | None, typer.Option("--as-of", help="As it stood then: true then, by what was on record then.")
]
KnewAt = Annotated[
    str | None, typer.Option("--known-at", help="By what was on record then, if that is another time than --as-of.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many to show.")]
Subject = Annotated[str, typer.Argument(help="A model or other entity, by any of its names.")]
Predicate = Annotated[str | None, typer.Argument(help="What about it, such as licence, VRAM, 许可证.")]


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "Examples:\n\n" + "\n\n".join(f"`{line}`" for line in lines)
