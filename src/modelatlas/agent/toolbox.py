"""The tools as the model calls them: by name, with JSON arguments, always at the question's as-of."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelatlas.agent.tool_arguments import checked
from modelatlas.graph.difference import difference
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.facts import Episode, Fact, Pattern
from modelatlas.graph.periods import ALL, AsOf, Period
from modelatlas.graph.reading import answer
from modelatlas.graph.resolution import Conflict, question
from modelatlas.graph.store import GraphStore
from modelatlas.graph.text import is_filler, query_words, words
from modelatlas.graph.vocabulary import predicate
from modelatlas.tools.compare import compare
from modelatlas.tools.constraints import Needs
from modelatlas.tools.naming import find
from modelatlas.tools.profile import profile, variants_of
from modelatlas.tools.proposal import Wish
from modelatlas.tools.recall import as_of_json, search
from modelatlas.tools.recommend import explain, recommend
from modelatlas.tools.runs import runs
from modelatlas.tools.timeline import timeline

if TYPE_CHECKING:
    from modelatlas.agent.workbench import Workbench

Json = dict[str, Any]

_SEEN = ("current_version", "api_model_id", "access", "repository", "weights_id")
_BOOKKEEPING = ("name", "heading", "link", "summary", "variant_of", "family")


class Toolbox:
    """The tools over one store at one as-of; `before` is the earlier one of a question about change.

    `begins` is where the day or month begins that the question is about; without a workbench nothing is proposed.
    """

    def __init__(
        self,
        store: GraphStore,
        as_of: AsOf,
        before: AsOf | None,
        begins: datetime | None = None,
        workbench: "Workbench | None" = None,
    ) -> None:
        self._store = store
        self._as_of = as_of
        self._before = before
        self._begins = begins
        self._workbench = workbench
        self._tools: Mapping[str, Callable[..., Awaitable[Json]]] = {
            tool.__name__: tool
            for tool in (
                self.recall,
                self.when,
                self.recommend,
                self.why_not,
                self.compare,
                self.diff,
                self.timeline,
                self.changes,
                self.having,
                self.search,
                self.runs,
                self.propose,
            )
        }

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Run a tool; what goes wrong is a value that the model reads."""
        tool = self._tools.get(name)
        if tool is None:
            return {"error": f"There is no tool {name!r}; there are {', '.join(self._tools)}."}
        try:
            return await tool(**checked(tool, arguments))
        except AtlasError as error:
            return {"error": str(error)}

    async def recall(self, subject: str, predicates: list[str]) -> Json:
        """What is on record about a subject, on some predicates or on all."""
        found = await profile(self._store, await find(self._store, subject), self._as_of)
        names = predicates or list(dict.fromkeys(fact.predicate for fact in found.facts if fact.subject == found.model))
        dated = [name for name in predicates if predicate(name).event]  # a date is known before it has come
        dates = await profile(self._store, found.model, self._any_time) if dated else found
        by_name = {name: dates if name in dated else found for name in names}
        facts = [
            fact  # what is released of a family may be its variants, beside its own demo
            for name in names
            for fact in (found.every(name) if name == "availability" else ()) or by_name[name].about(name)
        ]
        promises = [it for name in names for it in by_name[name].promises if it.predicate == name]
        kept = {fact.id for fact in facts}
        states = [fact for fact in facts if not predicate(fact.predicate).event]
        return {
            "subject": found.model,
            "facts": _json(facts),
            "conflicts": [
                it.json_value()
                for name in names
                for it in by_name[name].conflicts
                if it.taken.predicate == name and it.taken.id in kept
            ],
            "promises": _json(promises),
            "elsewhere": [] if promises or states else await self._elsewhere(found.model, names),
        }

    async def _elsewhere(self, model: str, names: Iterable[str]) -> list[Json]:
        """What begins only after the time asked about, or had ended by then."""
        ever = await profile(self._store, model, self._any_time)
        facts: list[Fact] = []
        for name in names:
            if not predicate(name).event:
                about = Pattern(subject=ever.model, predicate=name)
                facts += await self._store.recall(about, self._any_time) or ever.about(name)
        valid = self._as_of.valid
        if not isinstance(valid, datetime):
            return []
        return _json(fact for fact in facts if fact.valid.start.earliest and valid not in fact.valid)

    async def when(self, subject: str, predicates: list[str]) -> Json:
        """When something held or will: its dates whatever the time asked about, as then on record."""
        any_time = self._any_time
        found = await profile(self._store, await find(self._store, subject), any_time)
        facts: list[Fact] = []
        for name in predicates:
            if predicate(name).event:
                facts += found.every(name)
            else:
                own = await self._store.recall(Pattern(subject=found.model, predicate=name), any_time)
                facts += own or found.every(name)
        if not facts:
            facts = await self._first_seen(found.model)
        kept = {fact.id for fact in facts}
        conflicts = [_at_one_time(it) for it in found.conflicts if it.taken.id in kept]
        order = (*predicates, *_SEEN)
        facts.sort(key=lambda fact: (order.index(fact.predicate), fact.valid.start.latest))
        return {
            "subject": found.model,
            "facts": _json(fact for fact in facts if fact.qualifiers.get("standing") != "promise"),
            "conflicts": [it.json_value() for it in conflicts if it.against],
            "promises": _json(it for it in found.promises if it.predicate in predicates),
        }

    async def _first_seen(self, model: str) -> list[Fact]:
        """Where no release is on record: since when it is the current version, or is to be had."""
        versions = await self._store.recall(Pattern(predicate="current_version", object=model), self._any_time)
        if versions:
            return versions
        found = [await self._store.recall(Pattern(subject=model, predicate=it), self._any_time) for it in _SEEN]
        return [fact for facts in found for fact in facts if fact.value is not False and fact.valid.start.earliest]

    async def recommend(self, task: str, inputs: list[str], outputs: list[str], needs: Needs) -> Json:
        """The models that fit a task, ranked, and why the others do not."""
        return (await recommend(self._store, task, inputs, outputs, needs, self._as_of)).json_value()

    async def why_not(self, model: str, task: str | None, inputs: list[str], outputs: list[str], needs: Needs) -> Json:
        """Why a model is not recommended for a task, or for what it is meant to do, or that it is."""
        return await explain(self._store, await find(self._store, model), task, inputs, outputs, needs, self._as_of)

    async def compare(self, models: list[str], predicates: list[str]) -> Json:
        """Models side by side."""
        return (await compare(self._store, models, predicates, self._as_of)).json_value()

    async def diff(self, subject: str) -> Json:
        """What differs about a subject between the two as-ofs of the question."""
        model = await find(self._store, subject)
        if self._before is None:
            return {"error": "The question names no two times to compare; say between when and when."}
        before = self._before
        if isinstance(before.believed, datetime) and isinstance(self._as_of.believed, datetime):
            known = min(before.believed, self._as_of.believed)  # the first side is read by no later record
            before = before.model_copy(update={"believed": known})
        sides = []
        for side in (before, self._as_of):
            found = await profile(self._store, model, side)
            sides.append([fact for fact in found.facts if fact.predicate not in _BOOKKEEPING])
        return {"subject": model, "before": as_of_json(before), **difference(*sides).json_value()}

    async def timeline(self, subject: str, predicates: list[str]) -> Json:
        """How what is on record about a subject changed."""
        model = await find(self._store, subject)
        below = variants_of(await self._store.recall(Pattern(predicate="variant_of"), self._any_time)).get(model, ())
        facts: list[Fact] = []
        for name in predicates or (None,):
            own = await self._changes(model, name)
            facts += own or [fact for variant in below for fact in await self._changes(variant, name)]
        return {"subject": model, "facts": _json(facts)}

    async def changes(self, subject: str) -> Json:
        """What became otherwise about a subject: answers that changed or ended, and what came after it."""
        model = await find(self._store, subject)
        answers: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
        for fact in await self._changes(model, None):
            answers[question(fact)].append(fact)
        facts = [fact for group in answers.values() if len({answer(it)[1:] for it in group}) > 1 for fact in group]
        facts += [it for group in answers.values() for it in group if it.valid.end is not None or it in facts]
        facts += [it for group in answers.values() for it in group if it.predicate == "successor"]
        for line in {it.subject for it in await self._store.recall(Pattern(object=model), self._any_time)}:
            facts += await self._changes(line, "current_version")
        facts.sort(key=lambda fact: (fact.believed.start.latest, fact.valid.start.latest))
        return {"subject": model, "facts": _json(facts)}

    async def having(self, predicates: list[str], text: str) -> Json:
        """What is on record with certain words under some predicates, whatever it is about."""
        own = {word for name in predicates for it in (predicate(name).aliases, [name]) for word in words(" ".join(it))}
        asked = {word for word in query_words(text) if not is_filler(word)} - own
        facts = [
            fact
            for name in predicates
            for fact in await self._store.recall(Pattern(predicate=name), self._as_of)
            if asked & set(words(fact.object or ""))
        ]
        return {"facts": _json(facts)}

    async def _changes(self, subject: str, predicate: str | None) -> list[Fact]:
        return [
            fact
            for fact in (await timeline(self._store, subject, predicate)).facts
            if (fact.believed.meets(self._as_of.believed) or _before(fact, self._as_of))
            and (predicate is not None or fact.predicate not in _BOOKKEEPING)
        ]

    async def runs(self, tools: list[str], model: str | None, best: bool) -> Json:
        """What the user ran with models in the time asked about, newest first, or what served best of all of it."""
        begins = self._begins
        if self._before is not None and isinstance(self._before.valid, datetime):
            begins = self._before.valid
        found = await runs(self._store, self._as_of)
        subject = await find(self._store, model) if model is not None else None
        kept = [
            run
            for run in found
            if (not tools or run.tool in tools)
            and (subject is None or run.model == subject)
            and (begins is None or run.facts[0].valid.start.latest >= begins)
        ]
        return {"runs": [run.json_value() for run in kept], "best": best, "of": len(found)}

    async def propose(self, wish: Wish) -> Json:
        """A run of an action tool that fits a wish, to be approved before anything is run."""
        if self._workbench is None:
            return {"error": "Nothing can be run from here; open the atlas with a workshop."}
        proposal = await self._workbench.propose(wish, self._as_of)
        return {"proposal": proposal.json_value(), "command": proposal.command, "job": None, "state": "proposed"}

    @property
    def _any_time(self) -> AsOf:
        return AsOf(valid=ALL, believed=self._as_of.believed)

    async def search(self, text: str) -> Json:
        """Facts and conversation turns with words of a text."""
        found = await search(self._store, text, self._as_of, 16)
        return {
            "hits": [hit.json_value() for hit in found if not (hit.episode and _asked_or_answered(hit.episode))][:8]
        }


def _asked_or_answered(said: Episode) -> bool:
    """Whether a turn is a question, or an earlier answer of ours: neither is a source."""
    return said.session is not None and (said.speaker == "modelatlas" or said.text.rstrip().endswith(("?", "？")))


def _at_one_time(conflict: Conflict) -> Conflict:
    """The conflict without those that came before or after what was taken."""

    def follows(later: Period, earlier: Period) -> bool:
        return earlier.end is not None and earlier.end.latest <= later.start.latest

    taken = conflict.taken.valid
    against = [it for it in conflict.against if not follows(it.valid, taken) and not follows(taken, it.valid)]
    return conflict.model_copy(update={"against": tuple(against)})


def _before(fact: Fact, as_of: AsOf) -> bool:
    believed = as_of.believed
    start = fact.believed.start.earliest
    return isinstance(believed, datetime) and start is not None and start <= believed


def _json(facts: Iterable[Fact]) -> list[Json]:
    return [fact.json_value() for fact in {fact.id: fact for fact in facts}.values()]
