"""The two archives of a migration, opened so that nothing is made where there is nothing to carry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelatlas.graph.errors import BadInput
from modelatlas.graph.migration.archive import Archive

if TYPE_CHECKING:
    from modelatlas.graph.neo4j.address import Address


@asynccontextmanager
async def opened(origin: "Path | Address", to: "Path | Address") -> AsyncIterator[tuple[Archive, Archive]]:
    """The archive that is there and the one to carry it into, closed at the end.

    Raises BadInput where there is no atlas to carry, or both are one.
    """
    if _are_one(origin, to):
        raise BadInput(f"{origin} is both what is carried and where to; name another file or server.")
    source = _existing(origin)
    try:
        await source.tenants()  # before anything is made where it goes to
        target = _made(to)
        try:
            yield source, target
        finally:
            await target.close()
    finally:
        await source.close()


def _are_one(origin: "Path | Address", to: "Path | Address") -> bool:
    if isinstance(origin, Path) and isinstance(to, Path):
        return origin.exists() and to.exists() and origin.samefile(to)
    return str(origin) == str(to)


def _existing(place: "Path | Address") -> Archive:
    if isinstance(place, Path):
        from modelatlas.graph.migration.in_file import FileArchive

        return FileArchive.of_atlas(place)
    from modelatlas.graph.migration.on_server import ServerArchive

    return ServerArchive.of_atlas(place)


def _made(place: "Path | Address") -> Archive:
    if isinstance(place, Path):
        from modelatlas.graph.migration.in_file import FileArchive

        return FileArchive(place)
    from modelatlas.graph.migration.on_server import ServerArchive
    from modelatlas.graph.neo4j.server import Server

    return ServerArchive(Server(place))
