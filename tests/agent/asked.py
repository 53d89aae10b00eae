"""An answer in the few words that a test compares: what it stands on, not how it is put."""

from collections.abc import Mapping
from typing import Any, Protocol

from modelatlas.graph.dates import until_end_of
from modelatlas.graph.periods import AsOf

KEYS = {
    "answer",
    "language",
    "intent",
    "as_of",
    "facts",
    "candidates",
    "rejected",
    "conflicts",
    "unknowns",
    "abstained",
    "actions",
}

Json = dict[str, Any]
Refs = Mapping[str, str]


class Asked:
    """An answer; facts are told apart by the ids of their events in the catalogue."""

    def __init__(self, found: Json, refs: Refs) -> None:
        self.json = found
        self._refs = refs

    def __getitem__(self, key: str) -> Any:
        return self.json[key]

    @property
    def text(self) -> str:
        """What is said, without the list of sources."""
        return str(self.json["answer"]).split("\n\nSources:\n")[0].split("\n\n来源：\n")[0]

    @property
    def sources(self) -> str:
        """The list of sources."""
        return str(self.json["answer"])[len(self.text) :]

    @property
    def refs(self) -> set[str]:
        """The events behind the facts that are cited."""
        return {self._refs[fact["id"]] for fact in self.json["facts"]}

    @property
    def sure(self) -> set[str]:
        """The events behind the facts that are certain and no promise."""
        return {self._refs[fact["id"]] for fact in self.json["facts"] if sure(fact)}

    @property
    def sure_models(self) -> list[str]:
        """The candidates that meet all that was asked for, best first."""
        return [it["model"] for it in self.json["candidates"] if not it["unknowns"]]

    @property
    def unsure_models(self) -> list[str]:
        """The candidates of which something asked for is not on record."""
        return [it["model"] for it in self.json["candidates"] if it["unknowns"]]

    @property
    def rejected(self) -> dict[str, str]:
        """The models that do not fit, and why."""
        return {it["model"]: "; ".join(it["reasons"]) for it in self.json["rejected"]}

    def cited_for(self, model: str) -> set[str]:
        """The events behind what is said of a candidate or a rejected model."""
        of_model = [it for it in (*self.json["candidates"], *self.json["rejected"]) if it["model"] == model]
        return {self._refs[fact["id"]] for it in of_model for fact in it["facts"]}

    def values(self, predicate: str) -> dict[str, Any]:
        """What is cited of a predicate: its objects and their values."""
        return {fact["object"]: fact["value"] for fact in self.json["facts"] if fact["predicate"] == predicate}


def sure(fact: Json) -> bool:
    """Whether a fact is told as one: certain, and not merely promised."""
    return bool(fact["certainty"] == "certain" and fact["qualifiers"].get("standing") != "promise")


def stood(date: str) -> AsOf:
    """True at the end of a date by what was on record then."""
    return AsOf.at(until_end_of(date))


class Ask(Protocol):
    """Puts a question to the atlas."""

    async def __call__(self, question: str, as_of: AsOf | None = None) -> Asked: ...
