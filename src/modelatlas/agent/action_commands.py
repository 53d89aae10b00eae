"""The commands that run models: run, jobs, artifacts, tools."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelatlas.agent.options import AsJson, Db, Tenant, examples
from modelatlas.agent.session import run as with_atlas
from modelatlas.agent.session import show
from modelatlas.graph.errors import BadInput

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas
    from modelatlas.tools.jobs.job import Job

commands = typer.Typer()
jobs = typer.Typer(help="The jobs: what was run, what runs, and what waits.", no_args_is_help=True)
artifacts = typer.Typer(help="The files that were made, with where each came from.", no_args_is_help=True)
tools = typer.Typer(help="The action tools, the models that can do each, and what a model still needs here.")
commands.add_typer(jobs, name="jobs")
commands.add_typer(artifacts, name="artifacts")
commands.add_typer(tools, name="tools")

JobId = Annotated[str, typer.Argument(help="The id of a job, or its beginning.")]


@commands.command(
    epilog=examples(
        "modelatlas run avatar --model omniavatar-14b image=me.png 'text=Hello there'",
        "modelatlas run generate_image --model Qwen-Image 'prompt=a lighthouse at dusk' width=1024 --dry-run",
        "modelatlas run understand images=a.png images=b.png 'question=What differs?' --json",
        "modelatlas run generate_video 'prompt=a cat runs' seconds=3 --background",
    )
)
def run(
    tool: Annotated[str, typer.Argument(help="An action tool; `modelatlas tools list` shows them.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="key=value; a key may be given again for several, or go deeper by dots.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model or a route; the best one if left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the exact command or call; run nothing.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Print the job's id and leave it running.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Copy what is made into this folder.")] = None,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Run a model: bring the inputs in, run, and open what was made before it is believed."""
    from modelatlas.agent.running import background_run, dry_run_of, run_to_its_end
    from modelatlas.agent.work_tables import job_text
    from modelatlas.tools.actions.action import action

    request = action(tool).from_words(arguments or [])
    given = request.model_dump(mode="json", exclude_defaults=True)
    if out is not None and out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; give --out a folder.")
    if dry_run:
        show(with_atlas(lambda atlas: dry_run_of(atlas, tool, model, given), db, tenant))
        return
    if background:
        job = with_atlas(lambda atlas: background_run(atlas, tool, model, given), db, tenant)
        show(job.model_dump(mode="json") if as_json else job.id)
        return
    done, made = with_atlas(lambda atlas: run_to_its_end(atlas, tool, model, given, out), db, tenant)
    show(done.model_dump(mode="json") if as_json else job_text(done, made))
    if done.state != "done":
        raise typer.Exit(130 if done.state == "cancelled" else 1)


@jobs.command("list", epilog=examples("modelatlas jobs list", "modelatlas jobs list --state failed --limit 5 --json"))
def jobs_list(
    state: Annotated[
        str | None, typer.Option("--state", help="queued, running, done, failed, cancelled, lost.")
    ] = None,
    tool: Annotated[str | None, typer.Option("--tool", help="Only this tool.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")] = 20,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """The jobs, the newest first."""
    from modelatlas.agent.work_tables import jobs_table
    from modelatlas.tools.jobs.job import OVER

    if state is not None and state not in ("queued", "running", *OVER):
        raise BadInput(f"{state!r} is no state; give one of queued, running, {', '.join(sorted(OVER))}.")

    async def work(atlas: "Atlas") -> Any:
        await atlas.workbench.recover()
        return atlas.workbench.table.find(atlas.store.tenant, state=state, tool=tool, limit=limit)

    found = with_atlas(work, db, tenant)
    show({"jobs": [job.model_dump(mode="json") for job in found]} if as_json else jobs_table(found))


@jobs.command("show", epilog=examples("modelatlas jobs show 0199", "modelatlas jobs show 0199 --follow"))
def jobs_show(
    job: JobId,
    follow: Annotated[bool, typer.Option("--follow", help="Stay until it is over.")] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """One job: how far it is, what it made, or what went wrong."""
    from modelatlas.agent.running import followed, the_job
    from modelatlas.agent.work_tables import job_text

    async def work(atlas: "Atlas") -> "Job":
        await atlas.workbench.recover()
        found = the_job(atlas, job)
        return await followed(atlas, found) if follow else found

    found = with_atlas(work, db, tenant)
    show(found.model_dump(mode="json") if as_json else job_text(found, []))


@jobs.command("cancel", epilog=examples("modelatlas jobs cancel 0199"))
def jobs_cancel(job: JobId, db: Db = None, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """End a job within two seconds, whichever process runs it."""
    from modelatlas.agent.running import the_job
    from modelatlas.agent.work_tables import job_text

    found = with_atlas(lambda atlas: atlas.workbench.cancel(the_job(atlas, job).id), db, tenant)
    show(found.model_dump(mode="json") if as_json else job_text(found, []))


@jobs.command("rate", epilog=examples("modelatlas jobs rate 0199 5"))
def jobs_rate(
    job: JobId,
    rating: Annotated[int, typer.Argument(min=1, max=5, help="1, of no use, to 5, just right.")],
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Say how good a run was; recommendations weigh it."""
    from modelatlas.agent.running import the_job

    found = with_atlas(lambda atlas: atlas.workbench.rate(the_job(atlas, job).id, rating), db, tenant)
    show(found.model_dump(mode="json") if as_json else f"Job {found.id} by {found.work.model} is rated {rating} of 5.")


@jobs.command("prune", epilog=examples("modelatlas jobs prune --older-than 90"))
def jobs_prune(
    older_than: Annotated[float, typer.Option("--older-than", min=0, help="Days since they were over.")] = 90,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Forget jobs that were over long ago; the runs stay in the history."""

    async def work(atlas: "Atlas") -> int:
        await atlas.workbench.remember()
        return atlas.workbench.table.prune(atlas.now() - timedelta(days=older_than))

    gone = with_atlas(work, db, tenant)
    show({"forgotten": gone} if as_json else f"{gone:,} jobs forgotten.")


@artifacts.command(
    "list", epilog=examples("modelatlas artifacts list", "modelatlas artifacts list --model Wan2.1 --json")
)
def artifacts_list(
    tool: Annotated[str | None, typer.Option("--tool", help="Only what this tool made.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only what this model made.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")] = 20,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """The files that were made, the newest first."""
    from modelatlas.agent.work_tables import artifacts_table

    async def work(atlas: "Atlas") -> Any:
        return atlas.workbench.artifacts.listed(atlas.store.tenant, tool=tool, model=model, limit=limit)

    found = with_atlas(work, db, tenant)
    show({"artifacts": [it.model_dump(mode="json") for it in found]} if as_json else artifacts_table(found))


@artifacts.command(
    "show", epilog=examples("modelatlas artifacts show 3fa9", "modelatlas artifacts show 3fa9 --out clip.mp4")
)
def artifacts_show(
    sha256: Annotated[str, typer.Argument(help="The hash of a file, or its beginning.")],
    out: Annotated[Path | None, typer.Option("--out", help="Copy the file here.")] = None,
    db: Db = None,
    tenant: Tenant = None,
) -> None:
    """Where a file came from: model, weights, seed, parameters, inputs, licence."""
    from modelatlas.agent.running import copied

    async def work(atlas: "Atlas") -> Any:
        found = atlas.workbench.artifacts.find(sha256, atlas.store.tenant)
        if out is not None:
            copied(Path(found.path), out)
        return found

    show(with_atlas(work, db, tenant).model_dump(mode="json"))


@artifacts.command("prune", epilog=examples("modelatlas artifacts prune --older-than 30 --dry-run"))
def artifacts_prune(
    older_than: Annotated[float, typer.Option("--older-than", min=0, help="Days since they were made.")] = 90,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Db = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Delete files made long ago; what is on record of the runs stays."""
    if not yes and not dry_run:
        typer.confirm("This deletes the files for good. Go on?", abort=True, err=True)

    async def work(atlas: "Atlas") -> Any:
        before = atlas.now() - timedelta(days=older_than)
        store = atlas.workbench.artifacts
        return (store.removable if dry_run else store.prune)(before, atlas.store.tenant)

    gone = with_atlas(work, db, tenant)
    verb = "would go" if dry_run else "deleted"
    show(gone.model_dump(mode="json") if as_json else f"{gone.files:,} files, {gone.bytes:,} bytes {verb}.")


@tools.command("list", epilog=examples("modelatlas tools list", "modelatlas tools list avatar --json"))
def tools_list(
    tool: Annotated[str | None, typer.Argument(help="Only this tool.")] = None, as_json: AsJson = False
) -> None:
    """The tools, and which models can do each by which route."""
    from modelatlas.agent.work_tables import routes_json, routes_table

    show(routes_json(tool) if as_json else routes_table(tool))


@tools.command("show", epilog=examples("modelatlas tools show avatar", "modelatlas tools show omniavatar-14b"))
def tools_show(
    name: Annotated[str, typer.Argument(help="A tool, a route, or a model.")],
) -> None:
    """The request of a tool as JSON Schema, or the card of a model."""
    from modelatlas.agent.settings import settings
    from modelatlas.tools.actions.action import ACTIONS
    from modelatlas.tools.cards.shelf import card_named

    if name in ACTIONS:
        show({"tool": name, "does": ACTIONS[name].does, "request": ACTIONS[name].schema()})
    else:
        show(card_named(name, settings().cards).model_dump(mode="json"))


@tools.command("schema", epilog=examples("modelatlas tools schema > card.schema.json"))
def tools_schema() -> None:
    """Print the JSON Schema of a card."""
    from modelatlas.tools.cards.card import card_schema

    show({"$schema": "https://json-schema.org/draft/2020-12/schema", **card_schema()})


@tools.command("table", epilog=examples("modelatlas tools table > models.md"))
def tools_table() -> None:
    """Print every model with its tools and routes, and what each needs to run here, as Markdown."""
    from modelatlas.tools.cards.table import table

    show(table().rstrip())


@tools.command(
    "doctor", epilog=examples("modelatlas tools doctor omniavatar-14b", "modelatlas tools doctor MultiTalk --json")
)
def tools_doctor(
    name: Annotated[str, typer.Argument(help="A route, or a model: then each of its routes.")],
    as_json: AsJson = False,
) -> None:
    """What a model still needs to run here, and the exact commands that bring it."""
    from modelatlas.agent.running import diagnoses
    from modelatlas.agent.work_tables import diagnosis_text

    found = diagnoses(name)
    show({"routes": [it.json_value() for it in found]} if as_json else "\n\n".join(diagnosis_text(it) for it in found))
    if not any(it.ready for it in found):
        print("modelatlas: none of these can run here yet.", file=sys.stderr)
        raise typer.Exit(1)
