"""What differs between two as-ofs: added, ended, changed."""

from collections import defaultdict
from collections.abc import Iterable

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Fact, value_key
from modelatlas.graph.resolution import question


class Change(Value):
    """One question whose answer is another at the second as-of."""

    before: tuple[Fact, ...]
    after: tuple[Fact, ...]

    def json_value(self) -> dict[str, object]:
        """The change as JSON."""
        return {
            "before": [fact.json_value() for fact in self.before],
            "after": [fact.json_value() for fact in self.after],
        }


class Difference(Value):
    """The facts only the second as-of sees, those only the first sees, and the answers that changed."""

    added: tuple[Fact, ...]
    ended: tuple[Fact, ...]
    changed: tuple[Change, ...]

    def json_value(self) -> dict[str, object]:
        """The difference as JSON."""
        return {
            "added": [fact.json_value() for fact in self.added],
            "ended": [fact.json_value() for fact in self.ended],
            "changed": [change.json_value() for change in self.changed],
        }


def difference(before: Iterable[Fact], after: Iterable[Fact]) -> Difference:
    """Compare what two as-ofs see, answer by answer; the same answer from another source is no difference."""
    old, new = _by_question(before), _by_question(after)
    added: list[Fact] = []
    ended: list[Fact] = []
    changed: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        was, came = old.get(key, []), new.get(key, [])
        gone = [fact for fact in was if _answer(fact) not in {_answer(it) for it in came}]
        fresh = [fact for fact in came if _answer(fact) not in {_answer(it) for it in was}]
        if gone and fresh and any(fact.functional for fact in (*gone, *fresh)):
            changed.append(Change(before=tuple(gone), after=tuple(fresh)))
        else:
            added += fresh
            ended += gone
    return Difference(added=tuple(added), ended=tuple(ended), changed=tuple(changed))


def _by_question(facts: Iterable[Fact]) -> dict[tuple[str, ...], list[Fact]]:
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:  # the same answer may be told as the only one by one claim and as one of several by another
        found[question(fact.model_copy(update={"functional": True}))].append(fact)
    return found


def _answer(fact: Fact) -> tuple[str, str, str, str]:
    return fact.object or "", value_key(fact.value), fact.unit or "", str(fact.qualifiers.get("standing"))
