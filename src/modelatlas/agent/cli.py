"""The command line: what a person types, and what it prints.

Answers go to standard output, everything else to standard error. An error is one sentence and exit code 2.
Nothing heavy is imported before a command needs it.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from modelatlas.agent.session import AsOfWords, run, show
from modelatlas.graph.errors import AtlasError, BadInput

app = typer.Typer(
    help="What is known about multimodal models: when it was true, and when it was on record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Db = Annotated[
    Path | None, typer.Option("--db", help="The atlas file [env: MODELATLAS_DB; default: in the user's data folder].")
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


def main() -> None:
    """Run the command line; an error that a person can mend is one sentence and exit code 2."""
    try:
        app()
    except AtlasError as error:
        print(f"modelatlas: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _examples(*lines: str) -> str:
    return "Examples:\n\n" + "\n\n".join(f"`{line}`" for line in lines)


@app.command(
    epilog=_examples(
        "modelatlas ask '哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？'",
        "modelatlas ask 'which open model can edit an image and run under 20 GB?' --json",
        "modelatlas ask 'What changed about Nexus-Gen between 2025-05 and 2025-08?'",
        "modelatlas ask 'which avatar models had released weights?' --as-of 2025-06-10",
    )
)
def ask(
    question: Annotated[str, typer.Argument(help="A question in English or Chinese.")],
    as_of: StoodAt = None,
    known_at: KnewAt = None,
    session: Annotated[str | None, typer.Option(help="The conversation this belongs to; its turns are kept.")] = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from what is on record, with its sources."""
    if not question.strip():
        raise BadInput("The question is empty; ask about a model or a task.")

    async def work(atlas: Any) -> dict[str, Any]:
        stood = AsOfWords(as_of, known_at).stood(atlas.now()) if as_of or known_at else None
        found: dict[str, Any] = await atlas.ask(question, as_of=stood, session=session)
        return found

    answer = run(work, db, tenant)
    show(answer if as_json else answer["answer"])


@app.command(
    epilog=_examples(
        "modelatlas recommend audio_driven_avatar --input image --input audio --max-vram 24 --commercial",
        "modelatlas recommend 图像编辑 --open-weights --max-vram 20 --as-of 2025-08-01 --json",
    )
)
def recommend(
    task: Annotated[str, typer.Argument(help="A task, such as image_edit, text-to-video, 数字人.")],
    input: Annotated[list[str] | None, typer.Option("--input", help="What it must take; may be repeated.")] = None,
    output: Annotated[list[str] | None, typer.Option("--output", help="What it must give; may be repeated.")] = None,
    commercial: Annotated[bool, typer.Option("--commercial", help="The licence must allow commercial use.")] = False,
    max_vram: Annotated[float | None, typer.Option("--max-vram", min=0, help="GPU memory at hand, in GB.")] = None,
    open_weights: Annotated[bool, typer.Option("--open-weights", help="The weights must be published.")] = False,
    language: Annotated[str | None, typer.Option("--language", help="A prompt language, such as Chinese.")] = None,
    min_seconds: Annotated[float | None, typer.Option("--min-seconds", min=0, help="Length of a clip.")] = None,
    min_resolution: Annotated[int | None, typer.Option("--min-resolution", min=1, help="Lines, such as 720.")] = None,
    max_price: Annotated[
        float | None, typer.Option("--max-price", min=0, help="USD per million output tokens.")
    ] = None,
    as_of: StoodAt = None,
    known_at: KnewAt = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Which models fit a task, ranked, and why the others do not."""
    from modelatlas.agent.tables import recommendation_text
    from modelatlas.graph.vocabulary import modalities
    from modelatlas.tools.constraints import Needs

    inputs, outputs = input or [], output or []
    for name in (*inputs, *outputs):
        if name not in modalities():
            raise BadInput(f"{name!r} is no modality; give one of {', '.join(sorted(modalities()))}.")
    needs = Needs(
        commercial=commercial,
        max_vram_gb=max_vram,
        open_weights=open_weights,
        language=language,
        min_seconds=min_seconds,
        min_resolution=min_resolution,
        max_price=max_price,
    )

    async def work(atlas: Any) -> Any:
        return await atlas.recommend(task, needs, inputs, outputs, AsOfWords(as_of, known_at).stood(atlas.now()))

    found = run(work, db, tenant)
    show(found.json_value() if as_json else recommendation_text(found))


@app.command(
    epilog=_examples(
        "modelatlas recall BAGEL licence",
        "modelatlas recall Nexus-Gen 显存 --as-of 2025-06-15",
        "modelatlas recall BAGEL benchmark --known-at 2025-06-15T20:00+08:00 --json",
    )
)
def recall(
    subject: Subject,
    predicate: Predicate = None,
    as_of: ValidAt = None,
    known_at: KnownAt = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """What is on record about one thing, on both time axes."""
    from modelatlas.agent.tables import recalled_text

    async def work(atlas: Any) -> Any:
        return await atlas.recall(subject, predicate, AsOfWords(as_of, known_at).read(atlas.now()))

    found = run(work, db, tenant)
    show(found.json_value() if as_json else recalled_text(found))


@app.command(
    epilog=_examples("modelatlas search 'talking avatar'", "modelatlas search 图像编辑 --known-at 2025-07-01 --limit 5")
)
def search(
    text: Annotated[str, typer.Argument(help="Words, English or Chinese.")],
    as_of: ValidAt = None,
    known_at: KnownAt = None,
    limit: Limit = 10,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Find facts and conversation turns by their words."""
    from modelatlas.agent.tables import hits_text

    async def work(atlas: Any) -> Any:
        return await atlas.search(text, AsOfWords(as_of, known_at).read(atlas.now()), limit)

    found = run(work, db, tenant)
    show({"hits": [hit.json_value() for hit in found]} if as_json else hits_text(found))


@app.command(
    epilog=_examples(
        "modelatlas history Imagen access", "modelatlas history 'Imagen 4' api_shutdown_date --plot imagen.svg"
    )
)
def history(
    subject: Subject,
    predicate: Predicate = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw it to this .svg or .png file.")] = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """How what is on record about one thing changed, and when that was learned."""
    from modelatlas.agent.tables import timeline_text

    if plot is not None and plot.suffix not in (".svg", ".png"):
        raise BadInput(f"{plot} is neither .svg nor .png; name such a file.")

    async def work(atlas: Any) -> Any:
        return await atlas.history(subject, predicate), atlas.now()

    found, now = run(work, db, tenant)
    if plot is not None:
        from modelatlas.agent.plot import plot_timeline

        plot_timeline(found, now, plot)
        print(f"Drawn to {plot}.", file=sys.stderr)
    show(found.json_value() if as_json else timeline_text(found))


@app.command(
    epilog=_examples(
        "modelatlas diff Nexus-Gen --as-of 2025-05 --and 2025-08",
        "modelatlas diff --known-at 2026-06-01 --and 2026-07-01 --json",
    )
)
def diff(
    subject: Annotated[str | None, typer.Argument(help="One thing; everything if left out.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="What was true then, against --and.")] = None,
    known_at: Annotated[str | None, typer.Option("--known-at", help="What was on record then, against --and.")] = None,
    other: Annotated[str | None, typer.Option("--and", help="The second time.")] = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two times, on one axis or the other."""
    from modelatlas.agent.tables import difference_text
    from modelatlas.tools.recall import as_of_json

    if other is None or (as_of is None) == (known_at is None):
        raise BadInput("Give --as-of A --and B for what was true, or --known-at A --and B for what was on record.")

    async def work(atlas: Any) -> Any:
        first = AsOfWords(as_of, known_at).read(atlas.now())
        second = AsOfWords(other if as_of else None, other if known_at else None).read(atlas.now())
        return first, second, await atlas.diff(first, second, subject)

    first, second, found = run(work, db, tenant)
    both = {"before": as_of_json(first), "after": as_of_json(second)}
    show({**both, **found.json_value()} if as_json else difference_text(found))


@app.command(
    epilog=_examples(
        "modelatlas compare OmniAvatar MultiTalk", "modelatlas compare BAGEL OmniGen2 --about licence --json"
    )
)
def compare(
    models: Annotated[list[str], typer.Argument(help="Two or more models.")],
    about: Annotated[list[str] | None, typer.Option("--about", help="Only this predicate; may be repeated.")] = None,
    as_of: ValidAt = None,
    known_at: KnownAt = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Models side by side, with what is unknown or disputed."""
    from modelatlas.agent.tables import comparison_table

    if len(models) < 2:
        raise BadInput("Give two or more models to compare.")

    async def work(atlas: Any) -> Any:
        return await atlas.compare(models, about or [], AsOfWords(as_of, known_at).read(atlas.now()))

    found = run(work, db, tenant)
    show(found.json_value() if as_json else comparison_table(found))


@app.command(
    epilog=_examples(
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


@app.command(epilog=_examples("modelatlas export > claims.jsonl", "modelatlas export --beliefs --out beliefs.jsonl"))
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


@app.command(epilog=_examples("modelatlas schema > claims.schema.json"))
def schema() -> None:
    """Print the JSON Schema of a line of claims.jsonl."""
    from modelatlas.graph.facts import Claim

    show({"$schema": "https://json-schema.org/draft/2020-12/schema", **Claim.model_json_schema()})


@app.command(
    epilog=_examples("modelatlas forget 'my hardware' --yes", "modelatlas forget --source session:trip#3 --yes")
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


@app.command(epilog=_examples("modelatlas status", "modelatlas status --json"))
def status(db: Db = None, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Where the atlas is and how much is in it."""
    from modelatlas.agent.settings import settings
    from modelatlas.agent.tables import status_text

    async def work(atlas: Any) -> Any:
        return await atlas.store.counts()

    counts = run(work, db, tenant)
    path = db or settings().db
    found = {"db": str(path), "tenant": tenant or settings().tenant, "bytes": path.stat().st_size, **counts}
    show(found if as_json else status_text(found))
