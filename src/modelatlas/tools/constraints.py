"""The hard constraints of a recommendation: each is met by facts, broken by facts, or unknown."""

import re
from collections.abc import Iterable
from typing import Literal

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Fact
from modelatlas.graph.reading import plain
from modelatlas.graph.vocabulary import Licence, licence, mentioned_tasks, modalities
from modelatlas.tools.profile import Profile

Verdict = Literal["met", "broken", "unknown"]

_GIB = 1.073741824  # GB of 10^9 bytes in a GiB
_SEVERAL_GPUS = re.compile(r"\b(?:two|three|four|eight|[2-9]|\d\d+)\s*(?:x\s*)?(?:h100|a100|gpus?)\b", re.IGNORECASE)
_LENGTH = re.compile(r"\b(?:longest|clip length|good length|duration)\b", re.IGNORECASE)
_RESOLUTION = re.compile(r"(\d{3,4})\s*p\b", re.IGNORECASE)


class Needs(Value):
    """What a request insists on; None and False insist on nothing. A model known not to run is never offered."""

    commercial: bool = False
    max_vram_gb: float | None = None
    open_weights: bool = False
    language: str | None = None
    min_seconds: float | None = None
    min_resolution: int | None = None
    max_price: float | None = None


class Finding(Value):
    """How one constraint stands for one model: the sentence says why, the facts prove it."""

    constraint: str
    verdict: Verdict
    reason: str
    facts: tuple[Fact, ...]

    def json_value(self) -> dict[str, object]:
        """The finding as JSON, its facts by id."""
        facts = [str(fact.id) for fact in self.facts]
        return {"constraint": self.constraint, "verdict": self.verdict, "reason": self.reason, "facts": facts}


def findings(model: Profile, task: str, inputs: Iterable[str], outputs: Iterable[str], needs: Needs) -> list[Finding]:
    """Every constraint of a request, judged for a model."""
    found = [_obtainable(model), _takes(model, "input_modality", inputs), _takes(model, "output_modality", outputs)]
    if needs.commercial:
        found.append(_commercial(model))
    if needs.max_vram_gb is not None:
        found.append(_vram(model, task, needs.max_vram_gb))
    if needs.open_weights:
        found.append(_weights(model))
    if needs.language is not None:
        found.append(_language(model, needs.language))
    if needs.min_seconds is not None:
        found.append(_duration(model, needs.min_seconds))
    if needs.min_resolution is not None:
        found.append(_resolution(model, needs.min_resolution))
    if needs.max_price is not None:
        found.append(_price(model, needs.max_price))
    return [finding for finding in found if finding.reason]


def released_weights(model: Profile) -> Finding:
    """Whether the weights are out."""
    return _weights(model)


def _finding(constraint: str, verdict: Verdict, reason: str, facts: Iterable[Fact]) -> Finding:
    return Finding(constraint=constraint, verdict=verdict, reason=reason, facts=tuple(facts))


def _obtainable(model: Profile) -> Finding:
    shut = [fact for fact in model.about("access") if "shut down" in (fact.object or "")]
    if shut:
        return _finding("runnable", "broken", f"shut down since {shut[0].valid.start.text}", shut)
    runs = model.about("runnable")
    works = [fact for fact in runs if fact.value is True]
    if works:
        return _finding("runnable", "met", f"runs: {works[0].object}", works[:1])
    absent = [fact for fact in model.about("availability") if fact.value == "absent" and _of_the_model(fact)]
    broken = [fact for fact in runs if fact.value is False]
    if broken or absent:
        what = "; ".join(dict.fromkeys([f"{fact.object} not published" for fact in absent] or [str(broken[0].object)]))
        return _finding("runnable", "broken", what, [*absent, *broken])
    return _finding("runnable", "unknown", "whether it can be run is not on record", ())


def _of_the_model(fact: Fact) -> bool:
    return any(word in (fact.object or "") for word in ("weights", "code", "checkpoint"))


def _takes(model: Profile, predicate: str, asked: Iterable[str]) -> Finding:
    wanted = list(asked)
    verb = "takes" if predicate == "input_modality" else "gives"
    if not wanted:
        return _finding(predicate, "met", "", ())
    facts = [*model.about(predicate), *(fact for fact in model.family if fact.predicate == predicate)]
    if not facts:
        return _finding(predicate, "unknown", f"what it {verb} is not on record", ())
    having = {have: fact for fact in facts for have in _implied(str(fact.object))}
    missing = [it for it in wanted if it not in having]
    if missing:
        return _finding(predicate, "broken", f"{verb} no {' or '.join(missing)}", facts)
    return _finding(predicate, "met", f"{verb} {', '.join(wanted)}", [having[it] for it in wanted])


def _implied(modality: str) -> set[str]:
    known = modalities().get(modality)
    return {modality}.union(*(_implied(it) for it in known.implies)) if known else {modality}


def _commercial(model: Profile) -> Finding:
    weights, code = model.about("licence_weights"), model.about("licence_code")
    parts = [(fact, licence(fact.object or "")) for fact in (*weights, *code)]
    parts += [(fact, licence(fact.object or "")) for fact in model.about("licence_dependency")]
    refused = [(fact, terms) for fact, terms in parts if terms.commercial == "no"]
    if refused:
        return _finding("commercial", "broken", _terms(refused), [fact for fact, _ in refused])
    granted = [(fact, terms) for fact, terms in parts if terms.commercial == "yes" and fact in weights]
    conditional = [(fact, terms) for fact, terms in parts if terms.commercial == "conditional"]
    if conditional:
        return _finding("commercial", "unknown", f"on conditions: {_terms(conditional)}", [it for it, _ in conditional])
    if granted:
        return _finding("commercial", "met", _terms(granted[:1]), [fact for fact, _ in granted[:1]])
    if parts:
        return _finding("commercial", "unknown", f"not established: {_terms(parts[:2])}", [it for it, _ in parts[:2]])
    return _finding("commercial", "unknown", "no licence is on record", ())


def _terms(parts: Iterable[tuple[Fact, Licence]]) -> str:
    kinds = {"licence_weights": "weights", "licence_code": "code", "licence_dependency": "a required part"}
    return "; ".join(f"{kinds[fact.predicate]}: {fact.object}" for fact, _ in parts)


def _vram(model: Profile, task: str, limit: float) -> Finding:
    figures = [(amount, fact) for fact in model.every("min_vram") if (amount := _gigabytes(fact)) is not None]
    for_task = [(amount, fact) for amount, fact in figures if _meant_for(fact, task)]
    if not figures and (hosted := _hosted(model)):
        return _finding("max_vram_gb", "broken", f"runs at its maker's only ({hosted[0].object})", hosted)
    if not for_task:
        known = f" for this task ({plain(figures[0][1].value)} GB: {figures[0][1].object})" if figures else ""
        return _finding("max_vram_gb", "unknown", f"no GPU memory figure is on record{known}", ())
    amount, fact = min(for_task, key=lambda it: (it[0] > limit, it[1].subject != model.model, it[0]))
    setting = f"{fact.object}" + ("" if fact.subject == model.model else f", {fact.subject}")
    if amount <= limit:
        return _finding("max_vram_gb", "met", f"{amount:g} GB ({setting})", [fact])
    smallest, fact = min(for_task, key=lambda it: it[0])
    return _finding("max_vram_gb", "broken", f"needs {smallest:g} GB ({fact.object})", [fact])


def _gigabytes(fact: Fact) -> float | None:
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float) or fact.unit not in ("GB", "GiB"):
        return None
    if _SEVERAL_GPUS.search(fact.object or ""):
        return None
    return fact.value * _GIB if fact.unit == "GiB" else float(fact.value)


def _meant_for(fact: Fact, task: str) -> bool:
    named = mentioned_tasks(fact.object or "")
    return not named or task in named


def _weights(model: Profile) -> Finding:
    facts = [fact for fact in model.every("availability") if _is_weights(fact)]
    out = [fact for fact in facts if fact.value == "released"]
    if out:
        return _finding("open_weights", "met", f"{out[0].object} released {out[0].valid.start.text}", out[:1])
    closed = [fact for fact in facts if fact.value == "absent"]
    closed += [fact for fact in model.about("licence_weights") if "no weights published" in (fact.object or "")]
    closed += _hosted(model)
    if closed:
        return _finding("open_weights", "broken", f"weights not published ({closed[0].object})", closed)
    ids = model.every("weights_id") + [fact for fact in model.about("access") if "open weights" in (fact.object or "")]
    if ids:
        return _finding("open_weights", "met", f"weights at {ids[0].object}", ids[:1])
    listed = [fact for fact in model.about("open_weights") if isinstance(fact.value, bool)]
    if listed:
        verdict: Verdict = "met" if listed[0].value else "broken"
        return _finding("open_weights", verdict, f"open weights: {plain(listed[0].value)}", listed[:1])
    return _finding("open_weights", "unknown", "whether the weights are open is not on record", ())


def _hosted(model: Profile) -> list[Fact]:
    """The facts by which it runs nowhere but at its maker's."""
    ways = ("no open weights", "hosted API only", "paid API", "web application", "no API", "shut down")
    return [fact for fact in model.about("access") if any(it in (fact.object or "") for it in ways)]


def _is_weights(fact: Fact) -> bool:
    name = fact.object or ""
    ours = "weights" in name or "checkpoint" in name or name.startswith("model,")
    return ours and "community" not in name


def _language(model: Profile, language: str) -> Finding:
    facts = [fact for fact in model.about("language") if language.casefold() in (fact.object or "").casefold()]
    if not facts:
        return _finding("language", "unknown", f"whether it knows {language} is not on record", ())
    if any(fact.value is False for fact in facts):
        return _finding("language", "broken", f"no {facts[0].object}", facts)
    return _finding("language", "met", f"{facts[0].object}", facts)


def _duration(model: Profile, seconds: float) -> Finding:
    scale = {"s": 1.0, "min": 60.0}
    lengths = [
        (fact.value * scale[fact.unit], fact)
        for fact in model.every("spec")
        if fact.unit in scale
        and isinstance(fact.value, int | float)
        and _LENGTH.search(fact.object or "")
        and "default" not in (fact.object or "")
    ]
    if not lengths:
        return _finding("min_seconds", "unknown", "how long a clip it makes is not on record", ())
    longest, fact = max(lengths, key=lambda it: it[0])
    verdict: Verdict = "met" if longest >= seconds else "broken"
    return _finding("min_seconds", verdict, f"{longest:g} s ({fact.object})", [fact])


def _resolution(model: Profile, lines: int) -> Finding:
    heights = []
    for fact in (*model.every("spec"), *model.every("min_vram"), *model.every("feature")):
        if fact.value is False:
            continue
        heights += [(int(found), fact) for found in _RESOLUTION.findall(fact.object or "")]
        if fact.unit == "P" and isinstance(fact.value, int | float):
            heights.append((int(fact.value), fact))
    if not heights:
        return _finding("min_resolution", "unknown", "its resolution is not on record", ())
    highest, fact = max(heights, key=lambda it: it[0])
    verdict: Verdict = "met" if highest >= lines else "broken"
    return _finding("min_resolution", verdict, f"{highest}p ({fact.object})", [fact])


def _price(model: Profile, limit: float) -> Finding:
    prices = [
        (float(fact.value), fact)
        for fact in model.about("cost.output")
        if isinstance(fact.value, int | float) and not isinstance(fact.value, bool)
    ]
    if not prices:
        return _finding("max_price", "unknown", "no price is on record", ())
    lowest, fact = min(prices, key=lambda it: it[0])
    verdict: Verdict = "met" if lowest <= limit else "broken"
    return _finding("max_price", verdict, f"{lowest:g} {fact.unit or ''}".strip(), [fact])
