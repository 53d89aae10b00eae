"""What a user ran, as facts: user → ran → model, with input, output, time, success and rating, each dated.

A run that is over becomes an episode and claims of one source, the run itself; a rating is a later claim of the user,
so an earlier one stays readable. Whatever was asked for in words is kept as data and triggers nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from modelatlas.graph.dates import Value, iso
from modelatlas.graph.facts import Claim, Episode, Fact, Pattern, Source
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.tools.actions.action import ACTIONS
from modelatlas.tools.jobs.job import Job

Json = dict[str, Any]

USER = "user:{tenant}"
_LOWEST, _HIGHEST = 1, 5


class Run(Value):
    """One run as it is on record: the facts are those it was read from."""

    job: str
    model: str
    tool: str
    outcome: str
    seconds: float | None
    asked: str | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rating: int | None
    facts: tuple[Fact, ...]

    def json_value(self) -> Json:
        """The run as JSON."""
        return {
            **self.model_dump(mode="json", exclude={"facts"}),
            "facts": [fact.json_value() for fact in self.facts],
        }


def subject_of(job: str) -> str:
    """The name of a run on record."""
    return f"run:{job}"


def told(job: Job) -> tuple[list[Claim], Episode]:
    """The claims and the episode of a job that is over. The same job gives the same ones."""
    assert job.ended is not None
    begun, ended = iso(job.started or job.submitted), iso(job.ended)
    source = Source(id=f"run:{job.id}", title=f"run {job.id}: {job.work.tool} by {job.work.model}", date=ended[:10])

    def claim(subject: str, predicate: str, **said: Any) -> Claim:
        return Claim(
            subject=subject,
            predicate=predicate,
            valid_from=begun,
            recorded_at=ended,
            source=source,
            confidence="executed",
            **said,
        )

    run = subject_of(job.id)
    marks: dict[str, Any] = {"job": job.id, "tool": job.work.tool, "outcome": job.state}
    claims = [
        claim(USER.format(tenant=job.work.tenant), "ran", object=job.work.model, qualifiers=marks),
        claim(run, "run_succeeded", value=job.state == "done", functional=True),
    ]
    seconds = (job.result or {}).get("wall_s")
    if seconds is None and job.started is not None:
        seconds = round((job.ended - job.started).total_seconds(), 3)
    if seconds is not None:
        claims.append(claim(run, "run_seconds", value=seconds, unit="s", functional=True))
    if asked := _asked(job.work.request):
        claims.append(claim(run, "run_asked", object=asked))
    claims += [claim(run, "run_input", object=it) for it in _named(job)]
    for made in (job.result or {}).get("files", ()):
        claims.append(claim(run, "run_output", object=f"artifact:{made['sha256'][:16]}", value=made["mime"]))
    if job.error:
        claims.append(claim(run, "run_error", object=job.error[:500]))
    episode = Episode(
        name=f"{job.work.tool} by {job.work.model}", text=_sentence(job), kind="text", source=source, said=job.ended
    )
    return claims, episode


def rated(job: Job, rating: int, now: str) -> Claim:
    """The claim that the user rates a run; a later one takes its place from then on."""
    source = Source(id=f"rating:{job.id}", title="the user's rating", date=now[:10])
    return Claim(
        subject=subject_of(job.id),
        predicate="run_rating",
        value=rating,
        functional=True,
        valid_from=now,
        recorded_at=now,
        source=source,
        confidence="primary",
    )


async def runs(store: GraphStore, as_of: AsOf) -> list[Run]:
    """The user's runs that had been made by the as-of, the newest first."""
    made = await store.recall(Pattern(predicate="ran"), as_of)
    if not made:
        return []
    known = AsOf(valid=ALL, believed=as_of.believed)
    about: dict[str, list[Fact]] = defaultdict(list)
    for predicate in ("run_succeeded", "run_seconds", "run_asked", "run_input", "run_output", "run_rating"):
        for fact in await store.recall(Pattern(predicate=predicate), known):
            about[fact.subject].append(fact)
    found = [_run(fact, about[subject_of(str(fact.qualifiers["job"]))]) for fact in made if "job" in fact.qualifiers]
    return sorted(found, key=lambda it: (it.facts[0].valid.start.latest, it.job), reverse=True)


def outcomes(found: Iterable[Run], tasks: Iterable[str]) -> Mapping[str, float]:
    """How well each model has served the user for some tasks, 0 to 1: a rating counts as it is, success as much as
    a middling one and a half, and a failure as nothing; a cancelled run says nothing."""
    wanted = {name for name, tool in ACTIONS.items() if set(tool.tasks) & set(tasks)}
    each: dict[str, list[float]] = defaultdict(list)
    for run in found:
        if run.tool in wanted and run.outcome in ("done", "failed", "lost"):
            each[run.model].append(_worth(run))
    return {model: sum(worth) / len(worth) for model, worth in each.items()}


def _worth(run: Run) -> float:
    if run.rating is not None:
        return (run.rating - _LOWEST) / (_HIGHEST - _LOWEST)
    return 0.75 if run.outcome == "done" else 0.0


def _run(fact: Fact, about: list[Fact]) -> Run:
    def said(predicate: str) -> list[Fact]:
        return [it for it in about if it.predicate == predicate]

    def value(predicate: str) -> Any:
        newest = max(said(predicate), key=lambda it: it.valid.start.latest, default=None)
        return newest.value if newest is not None else None

    return Run(
        job=str(fact.qualifiers["job"]),
        model=str(fact.object),
        tool=str(fact.qualifiers["tool"]),
        outcome=str(fact.qualifiers["outcome"]),
        seconds=value("run_seconds"),
        asked=next((it.object for it in said("run_asked")), None),
        inputs=tuple(str(it.object) for it in said("run_input")),
        outputs=tuple(str(it.object) for it in said("run_output")),
        rating=value("run_rating"),
        facts=(fact, *about),
    )


def _asked(request: Json) -> str | None:
    """The words of a request, whichever field has them."""
    for name in ("prompt", "instruction", "question", "text", "wanted"):
        if request.get(name):
            return str(request[name])[:2000]
    return None


def _named(job: Job) -> list[str]:
    """The media of a request: where it was, never its bytes."""
    given = {name: value for name, value in job.work.request.items() if name in _MEDIA}
    values = [it for value in given.values() for it in (value if isinstance(value, (list, tuple)) else [value]) if it]
    return [str(it) if not str(it).startswith("data:") else f"inline {str(it)[5:].partition(';')[0]}" for it in values]


_MEDIA = ("image", "images", "last_image", "references", "video", "driving_video", "audio", "voice_sample", "mask")


def _sentence(job: Job) -> str:
    words = _asked(job.work.request)
    ended = {"done": "made", "failed": "failed", "cancelled": "was cancelled", "lost": "was lost"}[job.state]
    made = [f"{it['mime']} artifact:{it['sha256'][:16]}" for it in (job.result or {}).get("files", ())]
    said = f"{job.work.tool} by {job.work.model} ({job.work.route}) {ended}"
    if made:
        said += f" {', '.join(made)}"
    if words:
        said += f"; asked: {words}"
    return f"{said}." + (f" {job.error}" if job.error else "")
