"""The knowledge tools as the model calls them: by name, with JSON arguments, always at the question's as-of."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from modelatlas.graph.difference import difference
from modelatlas.graph.errors import AtlasError, BadInput
from modelatlas.graph.facts import ALL, AsOf, Fact, Pattern
from modelatlas.graph.store import GraphStore
from modelatlas.graph.vocabulary import predicate
from modelatlas.tools.compare import compare
from modelatlas.tools.constraints import Needs
from modelatlas.tools.naming import find
from modelatlas.tools.profile import profile
from modelatlas.tools.recall import as_of_json, search
from modelatlas.tools.recommend import explain, recommend
from modelatlas.tools.timeline import timeline

Json = dict[str, Any]


class Toolbox:
    """The tools over one store at one as-of; `before` is the earlier one of a question about change."""

    def __init__(self, store: GraphStore, as_of: AsOf, before: AsOf | None) -> None:
        self._store = store
        self._as_of = as_of
        self._before = before
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
                self.search,
            )
        }

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Run a tool; what goes wrong is a value that the model reads."""
        tool = self._tools.get(name)
        if tool is None:
            return {"error": f"There is no tool {name!r}; there are {', '.join(self._tools)}."}
        try:
            return await tool(**_checked(tool, arguments))
        except AtlasError as error:
            return {"error": str(error)}

    async def recall(self, subject: str, predicates: list[str]) -> Json:
        """What is on record about a subject, on some predicates or on all."""
        found = await profile(self._store, await find(self._store, subject), self._as_of)
        names = predicates or list(dict.fromkeys(fact.predicate for fact in found.facts if fact.subject == found.model))
        facts = [fact for name in names for fact in found.about(name)]
        kept = {fact.id for fact in facts}
        return {
            "subject": found.model,
            "facts": _json(facts),
            "conflicts": [it.json_value() for it in found.conflicts if it.taken.id in kept],
            "promises": _json(it for it in found.promises if it.predicate in names),
        }

    async def when(self, subject: str, predicates: list[str]) -> Json:
        """When something held or will: its dates whatever the time asked about, as then on record."""
        any_time = AsOf(valid=ALL, believed=self._as_of.believed)
        found = await profile(self._store, await find(self._store, subject), any_time)
        facts: list[Fact] = []
        for name in predicates:
            if predicate(name).event:
                facts += found.every(name)
            else:
                own = await self._store.recall(Pattern(subject=found.model, predicate=name), any_time)
                facts += own or found.every(name)
        kept = {fact.id for fact in facts}
        facts.sort(key=lambda fact: (predicates.index(fact.predicate), fact.valid.start.latest))
        return {
            "subject": found.model,
            "facts": _json(fact for fact in facts if fact.qualifiers.get("standing") != "promise"),
            "conflicts": [it.json_value() for it in found.conflicts if it.taken.id in kept],
            "promises": _json(it for it in found.promises if it.predicate in predicates),
        }

    async def recommend(self, task: str, inputs: list[str], outputs: list[str], needs: Needs) -> Json:
        """The models that fit a task, ranked, and why the others do not."""
        return (await recommend(self._store, task, inputs, outputs, needs, self._as_of)).json_value()

    async def why_not(self, model: str) -> Json:
        """Why a model is not recommended for what it is meant to do, or that it is."""
        return await explain(self._store, await find(self._store, model), self._as_of)

    async def compare(self, models: list[str], predicates: list[str]) -> Json:
        """Models side by side."""
        return (await compare(self._store, models, predicates, self._as_of)).json_value()

    async def diff(self, subject: str) -> Json:
        """What differs about a subject between the two as-ofs of the question."""
        model = await find(self._store, subject)
        if self._before is None:
            return {"error": "The question names no two times to compare; say between when and when."}
        sides = []
        for side in (self._before, self._as_of):
            found = await profile(self._store, model, side)
            sides.append([fact for fact in found.facts if fact.predicate not in ("name", "heading", "variant_of")])
        before = as_of_json(self._before)
        return {"subject": model, "before": before, **difference(*sides).json_value()}

    async def timeline(self, subject: str, predicates: list[str]) -> Json:
        """How what is on record about a subject changed."""
        model = await find(self._store, subject)
        facts = [
            fact
            for name in predicates or (None,)
            for fact in (await timeline(self._store, model, name)).facts
            if fact.believed.meets(self._as_of.believed) or _before(fact, self._as_of)
        ]
        return {"subject": model, "facts": _json(facts)}

    async def search(self, text: str) -> Json:
        """Facts and conversation turns with words of a text."""
        return {"hits": [hit.json_value() for hit in await search(self._store, text, self._as_of, 8)]}


def _before(fact: Fact, as_of: AsOf) -> bool:
    believed = as_of.believed
    start = fact.believed.start.earliest
    return isinstance(believed, datetime) and start is not None and start <= believed


def _json(facts: Iterable[Fact]) -> list[Json]:
    return [fact.json_value() for fact in {fact.id: fact for fact in facts}.values()]


def _checked(tool: Callable[..., Any], arguments: Mapping[str, Any]) -> Json:
    """The arguments in the types the tool takes. Raises BadInput with what is wrong."""
    wanted = inspect.signature(tool, eval_str=True).parameters
    if unknown := set(arguments) - set(wanted):
        raise BadInput(f"{tool.__name__} takes {', '.join(wanted)}, not {', '.join(sorted(unknown))}.")
    checked = {}
    for name, parameter in wanted.items():
        if name not in arguments:
            raise BadInput(f"{tool.__name__} needs {name}.")
        try:
            checked[name] = TypeAdapter(parameter.annotation).validate_python(arguments[name])
        except ValidationError as error:
            raise BadInput(f"{tool.__name__}: {name}: {error.errors()[0]['msg']}.") from None
    return checked
