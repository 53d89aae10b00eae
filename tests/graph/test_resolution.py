"""One answer out of facts that may disagree."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from utterances import fact

from modelatlas.graph.facts import Fact
from modelatlas.graph.resolution import question, resolve


def possible(it: Fact) -> Fact:
    return it.model_copy(update={"certainty": "possible"})


def objects(facts: tuple[Fact, ...]) -> list[str | None]:
    return [it.object for it in facts]


def standing(how: str) -> dict[str, Any]:
    return {"qualifiers": {"standing": how}}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            fact("MIT", confidence="executed"), fact("GPL", confidence="primary", source="b"), id="tried before read"
        ),
        pytest.param(
            fact("MIT", confidence="primary"), fact("GPL", confidence="secondary", source="b"), id="first hand first"
        ),
        pytest.param(fact("MIT"), fact("GPL", confidence="inferred", source="b"), id="said before inferred"),
        pytest.param(
            fact("MIT", recorded_at="2025-02-01"), fact("GPL", recorded_at="2025-01-01", source="b"), id="newer first"
        ),
        pytest.param(
            fact("MIT", confidence="primary", recorded_at="2020-01-01"),
            fact("GPL", confidence="secondary", recorded_at="2025-01-01", source="b"),
            id="trust before recency",
        ),
        pytest.param(
            fact("MIT", confidence="inferred"),
            possible(fact("GPL", confidence="executed", source="b")),
            id="certain before possible",
        ),
        pytest.param(
            fact("MIT", confidence="inferred"),
            fact("GPL", confidence="executed", source="b", **standing("conflict")),
            id="undisputed first",
        ),
    ],
)
def test_the_better_standing_answer_is_taken_and_the_other_named(better: Fact, worse: Fact) -> None:
    for given_facts in ([better, worse], [worse, better]):
        found = resolve(given_facts)
        assert found.taken == (better,)
        (conflict,) = found.conflicts
        assert (conflict.taken, conflict.against, conflict.compatible) == (better, (worse,), False)


def test_sources_that_agree_are_all_taken_without_conflict() -> None:
    facts = (fact("MIT"), fact("MIT", source="b"), fact("MIT", source="c", confidence="inferred"))
    found = resolve(facts)
    assert (found.taken, found.conflicts, found.promises) == (facts, (), ())


def test_several_objects_of_a_multi_valued_predicate_are_no_conflict() -> None:
    found = resolve([fact("a", predicate="task"), fact("b", predicate="task"), fact("c", predicate="task", source="b")])
    assert (objects(found.taken), found.conflicts) == (["a", "b", "c"], ())


def test_a_task_that_another_source_denies_is_a_conflict() -> None:
    able = fact("editing", predicate="task", confidence="primary")
    unable = fact("editing", predicate="task", value=False, source="b")
    found = resolve([able, unable, fact("writing", predicate="task")])
    assert objects(found.taken) == ["editing", "writing"]
    assert [conflict.against for conflict in found.conflicts] == [(unable,)]


def test_different_things_measured_are_different_questions() -> None:
    facts = [fact("GenEval", predicate="benchmark", value=0.8), fact("DPG", predicate="benchmark", value=84.0)]
    other = fact("GenEval", predicate="benchmark", value=0.7, source="b", recorded_at="2024-01-01")
    found = resolve([*facts, other])
    assert [it.value for it in found.taken] == [0.8, 84.0]
    assert [conflict.against for conflict in found.conflicts] == [(other,)]


def test_things_named_without_a_measure_stand_side_by_side() -> None:
    sets = [fact(name, predicate="training_data") for name in ("BLIP-3o", "ImagePulse")]
    assert resolve(sets).conflicts == ()


def test_other_qualifiers_are_another_question() -> None:
    small = fact("MIT", qualifiers={"size": "1.3B"})
    large = fact("GPL", qualifiers={"size": "14B"}, source="b")
    assert resolve([small, large]).conflicts == ()
    assert question(small) != question(large)


def test_a_promise_is_told_apart_and_contradicts_nothing() -> None:
    promise = fact("Apache-2.0", source="b", **standing("promise"))
    found = resolve([fact("MIT"), promise])
    assert (objects(found.taken), found.conflicts, found.promises) == (["MIT"], (), (promise,))


@pytest.mark.parametrize(
    ("coarse", "fine", "compatible"),
    [
        ("2025-06", "2025-06-11", True),
        ("2025", "2025-06", True),
        ("2025-06", "2025-07-01", False),
        ("2025-06", "2025-05-31", False),
        ("2025-06-11", "2025-06-12", False),
        ("soon", "2025-06-11", False),
    ],
)
def test_a_finer_date_within_a_coarser_one_is_compatible(coarse: str, fine: str, compatible: bool) -> None:
    taken = fact(coarse, predicate="release_date", confidence="primary")
    other = fact(fine, predicate="release_date", source="b")
    (conflict,) = resolve([taken, other]).conflicts
    assert (conflict.taken, conflict.compatible) == (taken, compatible)


def test_a_statement_its_source_disputed_stands_beside_the_other() -> None:
    plain = fact("a", predicate="task")
    disputed = fact("b", predicate="task", source="b", **standing("conflict"))
    found = resolve([plain, disputed])
    assert found.taken == (plain,)
    assert [(it.taken, it.against) for it in found.conflicts] == [(plain, (disputed,))]
    assert resolve([disputed]).taken == (disputed,)


ANY = st.builds(
    fact,
    st.sampled_from(["a", "b"]),
    predicate=st.sampled_from(["licence_code", "task", "benchmark", "note"]),
    value=st.sampled_from([None, 1, 2]),
    source=st.sampled_from(["s", "t"]),
    confidence=st.sampled_from([None, "executed", "primary", "inferred"]),
    qualifiers=st.sampled_from([{}, {"size": 1}, {"standing": "promise"}, {"standing": "conflict"}]),
)


@given(st.lists(ANY, max_size=8, unique_by=lambda it: it.id), st.randoms(use_true_random=False))
def test_every_fact_is_taken_contradicted_or_promised_whatever_their_order(facts: list[Fact], random: Any) -> None:
    found = resolve(facts)
    placed = [*found.taken, *found.promises, *(it for conflict in found.conflicts for it in conflict.against)]
    assert sorted(it.id for it in placed) == sorted(it.id for it in facts)
    random.shuffle(facts)
    again = resolve(facts)
    assert {it.id for it in again.taken} == {it.id for it in found.taken}
    assert found.conflicts == () or found.conflicts[0].json_value()["taken"]


def test_nothing_resolves_to_nothing() -> None:
    assert resolve([]).model_dump() == {"taken": (), "conflicts": (), "promises": ()}
