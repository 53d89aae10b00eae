"""What differs between two as-ofs."""

from utterances import fact

from modelatlas.graph.difference import difference
from modelatlas.graph.facts import Fact


def told(before: list[Fact], after: list[Fact]) -> dict[str, list[object]]:
    found = difference(before, after)
    return {
        "added": [it.object for it in found.added],
        "ended": [it.object for it in found.ended],
        "changed": [([it.object for it in one.before], [it.object for it in one.after]) for one in found.changed],
    }


def test_the_same_on_both_sides_is_no_difference() -> None:
    facts = [fact("MIT"), fact("a", predicate="task")]
    assert told(facts, facts[::-1]) == {"added": [], "ended": [], "changed": []}


def test_a_new_answer_to_a_question_with_one_answer_is_a_change() -> None:
    assert told([fact("MIT")], [fact("GPL")]) == {"added": [], "ended": [], "changed": [(["MIT"], ["GPL"])]}


def test_an_answer_where_there_was_none_is_added_and_one_that_is_missing_ended() -> None:
    assert told([], [fact("MIT")]) == {"added": ["MIT"], "ended": [], "changed": []}
    assert told([fact("MIT")], []) == {"added": [], "ended": ["MIT"], "changed": []}


def test_objects_of_a_multi_valued_predicate_come_and_go_one_by_one() -> None:
    before = [fact("a", predicate="task"), fact("b", predicate="task")]
    after = [fact("b", predicate="task"), fact("c", predicate="task")]
    assert told(before, after) == {"added": ["c"], "ended": ["a"], "changed": []}


def test_the_same_answer_from_another_source_is_no_difference() -> None:
    assert told([fact("MIT")], [fact("MIT", source="b")]) == {"added": [], "ended": [], "changed": []}


def test_a_source_that_joins_with_another_answer_adds_it() -> None:
    both = [fact("MIT"), fact("GPL", source="b")]
    assert told([fact("MIT")], both) == {"added": ["GPL"], "ended": [], "changed": []}


def test_a_measure_changes_for_the_thing_it_measures_only() -> None:
    def score(name: str, value: float) -> Fact:
        return fact(name, predicate="benchmark", value=value)

    before = [score("GenEval", 0.8), score("DPG", 84.0)]
    assert told(before, [score("GenEval", 0.9), score("DPG", 84.0)])["changed"] == [(["GenEval"], ["GenEval"])]
    assert told(before, [score("GenEval", 0.8), score("WISE", 0.5)]) == {
        "added": ["WISE"],
        "ended": ["DPG"],
        "changed": [],
    }


def test_other_qualifiers_are_another_question() -> None:
    small, large = (fact("text", predicate="task", qualifiers={"size": size}) for size in ("1.3B", "14B"))
    assert told([small], [large]) == {"added": ["text"], "ended": ["text"], "changed": []}


def test_a_promise_that_came_true_is_a_change_of_standing() -> None:
    promise = fact("2025-06-11", predicate="release_date", qualifiers={"standing": "promise"})
    found = difference([promise], [fact("2025-06-11", predicate="release_date")])
    assert len(found.changed) == 1
    assert found.json_value()["changed"] == [found.changed[0].json_value()]
