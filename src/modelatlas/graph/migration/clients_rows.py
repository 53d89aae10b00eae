"""What Graphiti's clients keep beside the claims: carried through the rows that they themselves see."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from graphiti_core.errors import GraphitiError

from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.kinds import EDGES, NODES, RELATES_TO, Kind, Vector
from modelatlas.graph.migration.archive import Archive
from modelatlas.graph.migration.pairs import in_parts

_ROWS = 500


async def carry_clients_rows(
    source: Archive, target: Archive, tenants: Sequence[str], progress: Progress
) -> tuple[int, list[str]]:
    """Make the rows of the tenants' groups in the target what they are in the source; how many were not.

    And what the target would not take, each as a sentence.
    """
    written, refused = 0, list[str]()
    async for kind, rows in _different(source, target, tenants, progress):
        for part in ([rows], [[row] for row in rows]):  # all at once, else those that can be
            reasons = [reason for each in part if (reason := await _refused(target, kind, each))]
            if not reasons:
                break
        written += len(rows) - len(reasons)
        refused += reasons
    return written, refused


async def _refused(target: Archive, kind: Kind, rows: Sequence[Any]) -> str | None:
    try:
        await target.rows().save(kind, rows)
    except (BadInput, GraphitiError) as error:
        return f"The {kind.name} {rows[0].uuid} of Graphiti's clients could not be carried: {error}"
    return None


async def unlike(
    source: Archive, target: Archive, tenants: Sequence[str], progress: Progress
) -> AsyncIterator[tuple[Kind, str]]:
    """The rows that the target has not as the source has them: kind and id."""
    async for kind, rows in _different(source, target, tenants, progress):
        for row in rows:
            yield kind, row.uuid


async def _different(
    source: Archive, target: Archive, tenants: Sequence[str], progress: Progress
) -> AsyncIterator[tuple[Kind, list[Any]]]:
    """The source's rows that the target has otherwise or not; an edge comes after what it goes between."""
    for kind in (*NODES, *EDGES):
        ids = source.clients_rows(kind, tenants)
        async for rows in _compared(source, target, kind, ids, kind.vector, progress):
            yield kind, rows
    # The vectors of beliefs are an embedder's, and are carried apart.
    async for rows in _compared(source, target, RELATES_TO, source.further_told(tenants), None, progress):
        yield RELATES_TO, rows


async def _compared(
    source: Archive,
    target: Archive,
    kind: Kind,
    ids: AsyncIterator[str],
    vector: Vector | None,
    progress: Progress,
) -> AsyncIterator[list[Any]]:
    seen = 0
    async for uuids in in_parts(ids, _ROWS):
        theirs = {it.uuid: it for it in await _whole(target, kind, uuids, vector)}
        rows = await _whole(source, kind, uuids, vector)
        seen += len(rows)
        progress(f"rows of {kind.name}", seen, seen)
        different = [it for it in rows if it.uuid not in theirs or _said(it) != _said(theirs[it.uuid])]
        if different:
            yield different


async def _whole(archive: Archive, kind: Kind, uuids: Sequence[str], vector: Vector | None) -> list[Any]:
    """The rows with these ids, with their vectors."""
    rows = archive.rows()
    found = await rows.by_uuids(kind, uuids)
    if vector is not None:
        vectors = await rows.vectors_of(kind, uuids)
        for it in found:
            setattr(it, vector.field, vectors.get(it.uuid))
    return found


def _said(row: Any) -> dict[str, Any]:
    """What a row says; the labels of a node and the edges that rest on an episode are in no order."""
    said: dict[str, Any] = row.model_dump()
    return said | {name: sorted(said[name]) for name in ("labels", "entity_edges") if name in said}
