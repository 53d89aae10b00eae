"""Which model fits a task: hard constraints first, then a ranking whose terms are shown.

A model that breaks a constraint is rejected with the fact that breaks it; one of which something asked for is not
on record stays a candidate behind those that surely fit, with that unknown named. Nothing is assumed.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.periods import AsOf
from modelatlas.graph.resolution import Conflict
from modelatlas.graph.store import GraphStore
from modelatlas.graph.vocabulary import task as named_task
from modelatlas.graph.vocabulary import tasks
from modelatlas.tools.constraints import Finding, Needs, findings
from modelatlas.tools.profile import Profile, profile, profiles
from modelatlas.tools.recall import as_of_json
from modelatlas.tools.runs import outcomes, runs

WEIGHTS = {"fit": 0.4, "task": 0.2, "evidence": 0.15, "benchmarks": 0.05, "recency": 0.1, "runnable": 0.1}

_OWN = 0.15  # how much the user's own outcomes with a model weigh, where there are any

_TRUST = {"executed": 1.0, "primary": 0.9, "secondary": 0.5, "inferred": 0.3, None: 0.4}
_LOCAL = ("script", "transformers", "diffusers", "repository", "checkout", "python", "torch", "comfyui", "cuda", "vllm")


class Candidate(Value):
    """A model that may fit: the facts it stands on, what is unknown, and the terms of its score (0 to 1 each)."""

    model: str
    score: float
    terms: dict[str, float]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    unknowns: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    successors: tuple[str, ...]

    def json_value(self) -> dict[str, object]:
        """The candidate as JSON."""
        return {
            "model": self.model,
            "score": round(self.score, 4),
            "terms": {name: round(term, 4) for name, term in self.terms.items()},
            "findings": [finding.json_value() for finding in self.findings],
            "facts": [fact.json_value() for fact in self.facts],
            "unknowns": list(self.unknowns),
            "conflicts": [conflict.json_value() for conflict in self.conflicts],
            "successors": list(self.successors),
        }


class Rejection(Value):
    """A model for the task that does not fit, and why."""

    model: str
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    promises: tuple[Fact, ...]
    successors: tuple[str, ...]

    def json_value(self) -> dict[str, object]:
        """The rejection as JSON."""
        return {
            "model": self.model,
            "reasons": list(self.reasons),
            "findings": [finding.json_value() for finding in self.findings],
            "facts": [fact.json_value() for fact in self.facts],
            "promises": [fact.json_value() for fact in self.promises],
            "successors": list(self.successors),
        }


class Recommendation(Value):
    """The candidates, best first, and the rejected, both as of one as-of."""

    as_of: AsOf
    task: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    needs: Needs
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejection, ...]

    def json_value(self) -> dict[str, object]:
        """The recommendation as JSON."""
        return {
            "as_of": as_of_json(self.as_of),
            "task": self.task,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "needs": self.needs.model_dump(),
            "candidates": [candidate.json_value() for candidate in self.candidates],
            "rejected": [rejection.json_value() for rejection in self.rejected],
        }


async def recommend(
    store: GraphStore, task: str, inputs: Sequence[str], outputs: Sequence[str], needs: Needs, as_of: AsOf
) -> Recommendation:
    """The models for a task that fit, ranked, and why the others do not. Raises BadInput for an unknown task."""
    asked = named_task(task)
    if asked is None:
        raise BadInput(f"{task!r} is no task on record; give one of {', '.join(sorted(tasks()))}.")
    doing = {asked.name: 1.0} | dict.fromkeys(asked.related, 0.7)
    candidates: list[Candidate] = []
    rejected: list[Rejection] = []
    own = outcomes(await runs(store, as_of), doing)
    able = {fact.subject: None for fact in await store.recall(Pattern(predicate="task"), as_of) if fact.object in doing}
    for model in await profiles(store, able, as_of):
        for_task = [
            fact
            for fact in model.facts
            if fact.subject == model.model
            and fact.predicate == "task"
            and fact.object in doing
            and fact.value is not False
        ]
        if not for_task:
            continue
        best = max(for_task, key=lambda fact: doing[str(fact.object)])
        found = findings(model, asked.name, inputs, outputs, needs)
        judged = _judged(model, best, doing[str(best.object)], found, _instant(as_of), own.get(model.model))
        if isinstance(judged, Rejection):
            rejected.append(judged)
        else:
            candidates.append(judged)
    candidates.sort(key=lambda it: (len(it.unknowns) > 0, -it.score, it.model))
    return Recommendation(
        as_of=as_of,
        task=asked.name,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        needs=needs,
        candidates=tuple(candidates),
        rejected=tuple(sorted(rejected, key=lambda it: it.model)),
    )


def _instant(as_of: AsOf) -> datetime:
    if not isinstance(as_of.valid, datetime):
        raise BadInput("A recommendation is made at one time; give an instant, not a span.")
    return as_of.valid


def _judged(
    model: Profile, task: Fact, fit: float, found: Sequence[Finding], now: datetime, own: float | None
) -> "Candidate | Rejection":
    if any(finding.verdict == "broken" for finding in found):
        return _rejection(model, found)
    return _candidate(model, task, fit, found, now, own)


def _rejection(model: Profile, found: Sequence[Finding]) -> Rejection:
    broken = [finding for finding in found if finding.verdict == "broken"]
    facts = [fact for finding in broken for fact in finding.facts] + model.about("successor")
    return Rejection(
        model=model.model,
        reasons=tuple(finding.reason for finding in broken),
        findings=tuple(broken),
        facts=_once(facts),
        promises=model.promises,
        successors=tuple(dict.fromkeys(str(fact.object) for fact in model.about("successor"))),
    )


def _candidate(
    model: Profile, task: Fact, fit: float, found: Sequence[Finding], now: datetime, own: float | None
) -> Candidate:
    proofs = _once([task, *(fact for finding in found for fact in finding.facts), *model.about("successor")])
    asked = [finding for finding in found if finding.constraint != "runnable"]
    terms: Mapping[str, float] = {
        "fit": sum(finding.verdict == "met" for finding in found) / len(found),
        "task": fit,
        "evidence": sum(_TRUST[fact.confidence] * (fact.certainty == "certain") for fact in proofs) / len(proofs),
        "benchmarks": min(1.0, math.log1p(len(model.about("benchmark"))) / math.log1p(10)),
        "recency": _recency(model, now),
        "runnable": _runnability(model),
    }
    unknowns = [f"{finding.constraint}: {finding.reason}" for finding in found if finding.verdict == "unknown"]
    unknowns += [
        f"{finding.constraint}: only possibly, {finding.reason}"
        for finding in asked
        if finding.verdict == "met" and any(fact.certainty == "possible" for fact in finding.facts)
    ]
    score = sum(WEIGHTS[name] * term for name, term in terms.items())
    proven = {fact.id for fact in proofs}
    return Candidate(
        model=model.model,
        score=score if own is None else (1 - _OWN) * score + _OWN * own,
        terms=dict(terms) if own is None else {**terms, "own": own},
        findings=tuple(found),
        facts=proofs,
        unknowns=tuple(unknowns),
        conflicts=tuple(conflict for conflict in model.conflicts if conflict.taken.id in proven),
        successors=tuple(dict.fromkeys(str(fact.object) for fact in model.about("successor"))),
    )


def _recency(model: Profile, now: datetime) -> float:
    starts = [
        fact.valid.start.earliest
        for fact in model.every("availability")
        if fact.value == "released" and fact.valid.start.earliest is not None
    ]
    if not starts:
        return 0.0
    years = max(0.0, (now - max(starts)).days / 365.25)
    return math.exp(-years)


def _runnability(model: Profile) -> float:
    works = [fact for fact in model.about("runnable") if fact.value is True]
    local = [fact for fact in works if any(word in (fact.object or "").casefold() for word in _LOCAL)]
    return max((_TRUST[fact.confidence] for fact in local), default=0.3 if works else 0.0)


def _once(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for fact in facts}.values())


async def explain(
    store: GraphStore,
    model: str,
    task: str | None,
    inputs: Sequence[str],
    outputs: Sequence[str],
    needs: Needs,
    as_of: AsOf,
) -> dict[str, object]:
    """How one model stands for a task, or for the first it is meant for, with what is insisted on."""
    it = await profile(store, model, as_of)
    meant = [fact for fact in it.about("task") if fact.value is not False and str(fact.object) in tasks()]
    asked = named_task(task) if task is not None else None
    able = (asked.name, *asked.related) if asked else ()
    fact = next((fact for name in able for fact in meant if fact.object == name), next(iter(meant), None))
    if fact is None:
        return {"model": model, "task": None}
    found = findings(it, task or str(fact.object), inputs, outputs, needs)
    if asked and fact.object not in able:
        other = f"is for {', '.join(str(fact.object) for fact in meant)}, not {task}"
        found.append(Finding(constraint="task", verdict="broken", reason=other, facts=tuple(meant)))
    own = outcomes(await runs(store, as_of), [str(fact.object)]).get(it.model)
    judged = _judged(it, fact, 1.0, found, _instant(as_of), own)
    verdict = "rejected" if isinstance(judged, Rejection) else "candidate"
    return {"model": model, "task": task or fact.object, verdict: judged.json_value()}
