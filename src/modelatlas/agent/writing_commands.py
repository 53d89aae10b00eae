"""The commands that keep the record: ingest, embed, export, schema, forget, status."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from modelatlas.agent.options import AsJson, Db, Tenant, examples
from modelatlas.agent.session import run, show
from modelatlas.graph.errors import BadInput

commands = typer.Typer()


@commands.command(
    epilog=examples(
        "modelatlas ingest claims.jsonl turns.jsonl",
        "modelatlas ingest folder/ --dry-run",
        "modelatlas ingest claims.jsonl --strict --db team.sqlite",
    )
)
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="claims.jsonl, turns.jsonl, a models.dev history, a folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing if any line is bad.")] = False,
    without_catalogue: Annotated[
        bool, typer.Option("--without-catalogue", help="Do not bring the built-in catalogue into a new file.")
    ] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Take documents on record; a bad line is reported and left out, the rest lands whole."""
    from modelatlas.agent.ingestion import ingest_with_progress
    from modelatlas.agent.tables import summary_text

    summary = ingest_with_progress(paths, dry_run, strict, without_catalogue, db, tenant)
    show(summary.json_value() if as_json else summary_text(summary, dry_run))
    if summary.rejections:
        for rejected in summary.rejected:
            print(f"modelatlas: {rejected}", file=sys.stderr)
        raise typer.Exit(2)


@commands.command(epilog=examples("modelatlas embed", "modelatlas embed --anew --json"))
def embed(
    anew: Annotated[
        bool, typer.Option("--anew", help="Make every vector anew, as after a change of embedder.")
    ] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Give a vector to every fact that was recorded without one, by the embedder that the environment names."""
    from modelatlas.agent.ingestion import embed_with_progress

    done = embed_with_progress(anew, db, tenant)
    show({"embedded": done} if as_json else f"{done:,} facts were given a vector.")


@commands.command(
    epilog=examples("modelatlas export > claims.jsonl", "modelatlas export --beliefs --out beliefs.jsonl")
)
def export(
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file, whole or not at all.")] = None,
    beliefs: Annotated[bool, typer.Option("--beliefs", help="The beliefs that follow, not the claims.")] = False,
    db: Db = None,
    tenant: Tenant = None,
) -> None:
    """Write every claim in the format that ingest reads."""
    from modelatlas.agent.ingestion import export_beliefs, export_claims

    count = run(lambda atlas: (export_beliefs if beliefs else export_claims)(atlas, out), db, tenant)
    print(f"{count:,} {'beliefs' if beliefs else 'claims'} written.", file=sys.stderr)


@commands.command(epilog=examples("modelatlas schema > claims.schema.json"))
def schema() -> None:
    """Print the JSON Schema of a line of claims.jsonl."""
    from modelatlas.graph.facts import Claim

    show({"$schema": "https://json-schema.org/draft/2020-12/schema", **Claim.model_json_schema()})


@commands.command(
    epilog=examples("modelatlas forget 'my hardware' --yes", "modelatlas forget --source session:trip#3 --yes")
)
def forget(
    subject: Annotated[str | None, typer.Argument(help="What to forget everything about.")] = None,
    predicate: Annotated[str | None, typer.Option("--predicate", help="Only this about it.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only what this source said, by its id.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Erase claims, beliefs and documents for good; a tombstone without content stays."""
    if subject is None and predicate is None and source is None:
        raise BadInput("Say what to forget: a subject, --predicate or --source.")
    if not yes:
        typer.confirm("This erases it for good. Go on?", abort=True, err=True)

    async def work(atlas: Any) -> Any:
        from modelatlas.tools.naming import find

        named = await find(atlas.store, subject) if subject is not None else None
        return await atlas.forget(named, predicate, source)

    done = run(work, db, tenant)
    text = f"Forgotten: {done.claims} claims, {done.facts} beliefs, {done.episodes} documents."
    show(done.model_dump() if as_json else text)


@commands.command(epilog=examples("modelatlas status", "modelatlas status --json"))
def status(db: Db = None, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Where the atlas is and how much is in it."""
    from modelatlas.agent.settings import settings
    from modelatlas.agent.tables import status_text

    async def work(atlas: Any) -> Any:
        return await atlas.store.counts()

    counts = run(work, db, tenant)
    place = settings().place(db)
    size = place.stat().st_size if isinstance(place, Path) else None
    found = {"db": str(place), "tenant": tenant or settings().tenant, "bytes": size, **counts}
    show(found if as_json else status_text(found))
