"""The commands that answer: ask, recommend, recall, search, history, diff, compare."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from modelatlas.agent.options import (
    AsJson,
    Db,
    KnewAt,
    KnownAt,
    Limit,
    Predicate,
    StoodAt,
    Subject,
    Tenant,
    ValidAt,
    examples,
)
from modelatlas.agent.session import AsOfWords, run, show
from modelatlas.graph.errors import BadInput

commands = typer.Typer()


@commands.command(
    epilog=examples(
        "modelatlas ask '哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？'",
        "modelatlas ask 'which open model can edit an image and run under 20 GB?' --json",
        "modelatlas ask 'What changed about Nexus-Gen between 2025-05 and 2025-08?'",
        "modelatlas ask 'which avatar models had released weights?' --as-of 2025-06-10",
        "modelatlas ask '用我的显卡给这张照片配音：大家好' --with me.png",
    )
)
def ask(
    question: Annotated[str, typer.Argument(help="A question in English or Chinese.")],
    as_of: StoodAt = None,
    known_at: KnewAt = None,
    session: Annotated[str | None, typer.Option(help="The conversation this belongs to; its turns are kept.")] = None,
    attached: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="FILE", help="A file or URL that goes with it; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Approve what is proposed, and run it.")] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from what is on record, with its sources; or propose to do what it asks for.

    What costs a GPU or money, or leaves this machine, is run only with a yes: asked for on a terminal, or by --yes.
    """
    from modelatlas.agent.approval import approver, carried_out

    async def work(atlas: Any) -> dict[str, Any]:
        stood = AsOfWords(as_of, known_at).stood(atlas.now()) if as_of or known_at else None
        says = approver(yes, as_json)
        answer = await atlas.ask(question, as_of=stood, session=session, attachments=attached or (), approver=says)
        return await carried_out(atlas, answer)

    answer = run(work, db, tenant)
    show(answer if as_json else answer["answer"])
    if any(it["state"] in ("failed", "lost") for it in answer["actions"]):
        raise typer.Exit(1)


@commands.command(
    epilog=examples(
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


@commands.command(
    epilog=examples(
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


@commands.command(
    epilog=examples("modelatlas search 'talking avatar'", "modelatlas search 图像编辑 --known-at 2025-07-01 --limit 5")
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


@commands.command(
    epilog=examples(
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


@commands.command(
    epilog=examples(
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


@commands.command(
    epilog=examples(
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
