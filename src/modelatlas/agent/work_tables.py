"""Jobs, artifacts, routes and diagnoses as a person reads them in a terminal."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelatlas.agent.running import day_of
from modelatlas.agent.settings import settings
from modelatlas.tools.actions.action import ACTIONS, action
from modelatlas.tools.artifacts import Artifact
from modelatlas.tools.cards.shelf import routes_for
from modelatlas.tools.doctor import Diagnosis
from modelatlas.tools.jobs.job import Job

if TYPE_CHECKING:
    from rich.table import Table

Json = dict[str, Any]


def job_text(job: Job, files: Sequence[Path]) -> str:
    """One job: its state, what it made and where, and every warning."""
    lines = [f"{job.work.tool} by {job.work.model} ({job.work.route}): {job.state} · job {job.id}"]
    if job.standing is not None and not job.over:
        total = f" of {job.standing.total}" if job.standing.total else ""
        lines.append(f"{job.standing.part}: {job.standing.done}{total}")
    if job.error:
        lines.append(job.error)
    result = job.result or {}
    if text := result.get("text"):
        lines.append(str(text))
    lines += [f"{it['score']:.3f}  {it['label']}" for it in result.get("labels", ())]
    for at, made in enumerate(result.get("files", ())):
        where = files[at] if at < len(files) else made["path"]
        lines.append(f"{where}\n  {_measured(made['measured'])} · sha256 {made['sha256'][:16]}")
    if alignment := result.get("alignment"):
        fits = "sound and picture agree" if alignment["ok"] else "sound and picture do not agree"
        lines.append(f"{fits}: drift {alignment['drift_s']:.2f} s of {alignment['expected_s']:.2f} s")
    lines += [f"warning: {it}" for it in result.get("warnings", ())]
    if job.state == "done":
        lines.append(f"{result['wall_s']:.1f} s on {result['device'] or 'its server'}, seed {result['seed']}")
    return "\n".join(lines)


def _measured(it: Json) -> str:
    match it["kind"]:
        case "image":
            return f"{it['format']} {it['width']}×{it['height']}"
        case "video":
            sound = "with sound" if it["audio"] else "without sound"
            size = f"{it['width']}×{it['height']}"
            return f"{size}, {it['frames']} frames at {it['fps']:g}/s, {it['duration_s']:.2f} s, {sound}"
        case "audio":
            return f"{it['duration_s']:.2f} s, {it['sample_rate']} Hz, {it['channels']} channels"
        case "mesh":
            return f"{it['vertices']} vertices, {it['faces']} faces, {it['parts']} parts"
        case _:
            return f"shape {'×'.join(map(str, it['shape']))} of {it['dtype']}"


def jobs_table(found: Iterable[Job]) -> "Table":
    """Jobs, one a line."""
    table = _table("job", "state", "tool", "model", "submitted", "took")
    for job in found:
        took = f"{(job.ended - job.started).total_seconds():.1f} s" if job.started and job.ended else ""
        table.add_row(job.id, job.state, job.work.tool, job.work.model, day_of(job.submitted), took)
    return table


def artifacts_table(found: Iterable[Artifact]) -> "Table":
    """Artifacts, one a line."""
    table = _table("sha256", "type", "bytes", "tool", "model", "made")
    for it in found:
        made = it.provenance
        table.add_row(it.sha256[:16], it.mime, f"{it.bytes:,}", made.tool, made.model, day_of(made.made_at))
    return table


def routes_table(tool: str | None) -> "Table":
    """The tools and the routes of each, the preferred first."""
    table = _table("tool", "model", "route", "by", "GPU", "told where")
    places = settings().told_places()
    for name in [action(tool).name] if tool is not None else ACTIONS:
        for card, route in routes_for(name, settings().cards):
            by = route.run.backend if route.run is not None and route.runnable else "cannot be run"
            memory = f"{route.min_vram_gb:g} GB" if route.min_vram_gb is not None else "?"
            table.add_row(name, card.model, route.id, by, memory, "yes" if route.id in places.routes else "")
    return table


def routes_json(tool: str | None) -> Json:
    """The tools and the routes of each as JSON."""
    names = [action(tool).name] if tool is not None else list(ACTIONS)
    return {
        "tools": [
            {
                "tool": name,
                "does": ACTIONS[name].does,
                "routes": [
                    {"model": card.model, **route.model_dump(mode="json", exclude={"run"})}
                    for card, route in routes_for(name, settings().cards)
                ],
            }
            for name in names
        ]
    }


def diagnosis_text(it: Diagnosis) -> str:
    """What is there and what is missing, each missing thing with the command that brings it."""
    lines = [f"{it.model} · {it.route}: {'ready' if it.ready else 'not ready'}"]
    for part in it.findings:
        lines.append(f"  {'✓' if part.found else '✗'} {part.what}" + (f" — {part.detail}" if part.detail else ""))
        lines += [f"      {command}" for command in part.commands if not part.found]
    return "\n".join(lines)


def _table(*names: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=name in ("job", "sha256", "route"))
    return table
