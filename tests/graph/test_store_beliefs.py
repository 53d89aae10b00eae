"""Every store: which beliefs stand when claims are laid over each other. Pictures are days, left to right."""

from typing import Any

import pytest
from utterances import LATER, answers, as_of, on, said

from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.store import GraphStore

DAYS = [f"2025-01-{day:02}" for day in range(1, 11)]
EARLY, LATE = "2025-02-01", "2025-03-01"
OLD = "...aaa..."

# Allen's thirteen relations: the old claim lies at ...aaa..., the new one as drawn; the id says how old stands to new.
ALLEN = [
    # new          what is believed then
    pytest.param(".......bb", "...aaa.bb", id="before"),
    pytest.param("......bb.", "...aaabb.", id="meets"),
    pytest.param(".....bbb.", "...aabbb.", id="overlaps"),
    pytest.param("...bbbb..", "...bbbb..", id="starts"),
    pytest.param("..bbbbb..", "..bbbbb..", id="during"),
    pytest.param("..bbbb...", "..bbbb...", id="finishes"),
    pytest.param("...bbb...", "...bbb...", id="equals"),
    pytest.param("....bb...", "...abb...", id="finished by"),
    pytest.param("....b....", "...aba...", id="contains"),
    pytest.param("...bb....", "...bba...", id="started by"),
    pytest.param("..bb.....", "..bbaa...", id="overlapped by"),
    pytest.param(".bb......", ".bbaaa...", id="met by"),
    pytest.param("bb.......", "bb.aaa...", id="after"),
    # and with bounds that are not there: « has no known start, » no end
    pytest.param("....bbbb»", "...abbbbb", id="an open end"),
    pytest.param("......bb»", "...aaabbb", id="an open end after"),
]


def drawn(picture: str, **other: Any) -> Claim:
    """The claim of a picture, from the first day its letter stands on to the day after the last."""
    letter = picture.strip(".«»")[0]
    since = None if picture.startswith("«") else DAYS[picture.index(letter)]
    until = None if picture.endswith("»") else DAYS[picture.rindex(letter) + 1]
    return said(other.pop("object", letter), since, until, **other)


async def daily(store: GraphStore, believed: str = LATER) -> list[list[str]]:
    """What is believed of each day."""
    return [answers(await store.recall(Pattern(), as_of(day, believed))) for day in DAYS[:9]]


async def picture(store: GraphStore, believed: str = LATER) -> str:
    """What is believed of each day, a letter each."""
    found = await daily(store, believed)
    assert all(len(day) <= 1 for day in found)
    return "".join(day[0] if day else "." for day in found)


async def test_a_correction_leaves_the_old_belief_readable(store: GraphStore) -> None:
    first = said("MIT", "2024-06-01", recorded_at=EARLY)
    second = said("Apache-2.0", "2024-06-01", recorded_at=LATE)
    await store.record([first], now=on(EARLY))
    await store.record([second], now=on(LATE))
    assert answers(await store.recall(Pattern(), as_of("2024-07-01", "2025-02-28"))) == ["MIT"]
    assert answers(await store.recall(Pattern(), as_of("2024-07-01", LATE))) == ["Apache-2.0"]
    old, new = await store.history(Pattern())
    assert (old.object, old.claims, old.ended_by) == ("MIT", (first.id,), second.id)
    assert (new.object, new.claims, new.believed.end) == ("Apache-2.0", (second.id,), None)
    assert old.believed.json_value()["end"] == "2025-03-01T00:00:00Z"


@pytest.mark.parametrize(("new", "expected"), ALLEN)
async def test_a_functional_claim_takes_over_exactly_the_time_it_covers(
    store: GraphStore, new: str, expected: str
) -> None:
    await store.record([drawn(OLD, recorded_at=EARLY), drawn(new, recorded_at=LATE)], now=on(LATE))
    assert await picture(store) == expected
    assert await picture(store, EARLY) == OLD
    assert await picture(store, "2025-01-31") == "........."


@pytest.mark.parametrize(("new", "expected"), ALLEN)
async def test_a_retraction_takes_away_exactly_the_time_it_covers(store: GraphStore, new: str, expected: str) -> None:
    retraction = drawn(new, object=None, kind="retract", recorded_at=LATE)
    await store.record([drawn(OLD, recorded_at=EARLY), retraction], now=on(LATE))
    assert await picture(store) == expected.replace("b", ".")
    assert await picture(store, EARLY) == OLD


@pytest.mark.parametrize(("new", "_"), ALLEN)
async def test_different_objects_of_a_multi_valued_predicate_stand_side_by_side(
    store: GraphStore, new: str, _: str
) -> None:
    claims = [drawn(OLD, predicate="task", recorded_at=EARLY), drawn(new, predicate="task", recorded_at=LATE)]
    await store.record(claims, now=on(LATE))
    lying = new.replace("»", "b")
    assert await daily(store) == [sorted({*day} - {"."}) for day in zip(OLD, lying, strict=True)]


@pytest.mark.parametrize(("new", "expected"), ALLEN)
async def test_equal_objects_merge_into_one_belief_where_they_touch(store: GraphStore, new: str, expected: str) -> None:
    again = drawn(new, object="a", predicate="task", recorded_at=LATE)
    await store.record([drawn(OLD, predicate="task", recorded_at=EARLY), again], now=on(LATE))
    merged = expected.replace("b", "a")
    assert await picture(store) == merged
    assert await picture(store, EARLY) == OLD
    standing = [fact for fact in await store.history(Pattern()) if fact.believed.end is None]
    assert len(standing) == len(merged.replace(".", " ").split())


async def test_what_is_said_again_ends_no_belief(store: GraphStore) -> None:
    first = said("MIT", "2025-01-02", recorded_at=EARLY)
    again = said("MIT", "2025-01-02T00:00:00Z", recorded_at=LATE)
    await store.record([first, again], now=on(LATE))
    (fact,) = await store.history(Pattern())
    assert fact.claims == (first.id, again.id)


@pytest.mark.parametrize(
    ("named", "lying", "expected"),
    [
        pytest.param("a", "....x....", "...⊕b⊕...", id="an object, one day"),
        pytest.param("a", "....xxxx»", "...⊕bb...", id="an object, from a day on"),
        pytest.param("a", "«xxxx....", "...bb⊕...", id="an object, up to a day"),
        pytest.param("a", "«xxxxxxx»", "...bbb...", id="an object, for ever"),
        pytest.param("c", "xxxxxxxx»", "...⊕⊕⊕...", id="an object that nobody named"),
        pytest.param(None, "....x....", "...⊕.⊕...", id="no object, one day"),
        pytest.param(None, "....xxxx»", "...⊕.....", id="no object, from a day on"),
        pytest.param(None, "«xxxx....", ".....⊕...", id="no object, up to a day"),
        pytest.param(None, "«xxxxxxx»", ".........", id="no object, for ever"),
    ],
)
async def test_a_retraction_ends_what_it_names(store: GraphStore, named: str | None, lying: str, expected: str) -> None:
    shown: dict[str, list[str]] = {".": [], "a": ["a"], "b": ["b"], "⊕": ["a", "b"]}
    tasks = [drawn(OLD, predicate="task"), drawn("...bbb...", predicate="task")]
    retraction = drawn(lying, object=named, kind="retract", predicate="task", recorded_at=LATE)
    await store.record([*tasks, retraction], now=on(LATE))
    assert await daily(store) == [shown[day] for day in expected]
    assert await daily(store, EARLY) == [shown[day] for day in "...⊕⊕⊕..."]


async def test_a_retraction_with_a_value_spares_other_values(store: GraphStore) -> None:
    def score(value: float, **other: Any) -> Claim:
        return said("GenEval", DAYS[0], predicate="benchmark", value=value, **other)

    wrong = score(0.5, kind="retract", recorded_at=LATE)
    await store.record([score(0.81, recorded_at=EARLY), wrong], now=on(LATE))
    (fact,) = await store.recall(Pattern(), as_of(DAYS[1]))
    assert fact.value == 0.81
    await store.record([score(0.81, kind="retract", recorded_at="2025-03-02")], now=on(LATE))
    assert await store.recall(Pattern(), as_of(DAYS[1])) == []


async def test_a_retraction_does_not_touch_what_is_said_after_it(store: GraphStore) -> None:
    retraction = said(None, kind="retract", recorded_at=EARLY)
    await store.record([retraction, drawn("...aaa..."), drawn("...bbb...", recorded_at=LATE)], now=on(LATE))
    assert await picture(store, EARLY) == "........."
    assert await picture(store) == "...bbb..."


async def test_of_what_was_recorded_at_once_the_sequence_decides(store: GraphStore) -> None:
    claims = [drawn(f"..{letter * 3}....", sequence=number) for number, letter in enumerate("abc")]
    await store.record(claims[::-1], now=on(LATE))
    assert await picture(store) == "..ccc...."
    assert [fact.object for fact in await store.history(Pattern())] == ["c"]


async def test_claims_that_arrive_out_of_order_give_the_same_beliefs(store: GraphStore) -> None:
    recorded = ["2025-02-01", "2025-02-02", "2025-02-03", "2025-02-04"]
    pictures = ["aaaaaaaaa", "..bbb....", "...cccc..", "......dd»"]
    claims = [drawn(it, recorded_at=at) for it, at in zip(pictures, recorded, strict=True)]
    for claim in (claims[2], claims[0], claims[3], claims[1]):
        await store.record([claim], now=on(LATE))
    seen = [await picture(store, at) for at in recorded]
    assert seen == ["aaaaaaaaa", "aabbbaaaa", "aabccccaa", "aabcccddd"]


async def test_telling_the_same_twice_changes_nothing(store: GraphStore) -> None:
    claims = [drawn(OLD, recorded_at=EARLY), drawn("....b....", recorded_at=LATE)]
    first = await store.record(claims, now=on(LATE))
    history, counts = await store.history(Pattern()), await store.counts()
    again = await store.record([*claims, *claims], now=on(LATER))
    assert (first.new, first.known, again.new, again.known) == (2, 0, 0, 4)
    assert await store.history(Pattern()) == history
    assert await store.counts() == counts


async def test_sources_that_disagree_stand_side_by_side(store: GraphStore) -> None:
    other = drawn("....bb...", recorded_at=LATE, source="another page")
    await store.record([drawn(OLD, recorded_at=EARLY), other], now=on(LATE))
    assert await daily(store) == [[], [], [], ["a"], ["a", "b"], ["a", "b"], [], [], []]
    facts = await store.recall(Pattern(source="another page"), as_of(DAYS[4]))
    assert answers(facts) == ["b"]


async def test_two_revisions_of_a_source_are_one_source(store: GraphStore) -> None:
    def revision(picture: str, date: str) -> Claim:
        line = drawn(picture, recorded_at=date).line()
        return Claim.model_validate(line | {"source": {"id": "page", "date": date}})

    await store.record([revision(OLD, EARLY), revision("...bbb...", LATE)], now=on(LATE))
    assert await picture(store) == "...bbb..."
    old, new = await store.history(Pattern())
    assert old.episode != new.episode


async def test_qualifiers_are_part_of_what_is_asked(store: GraphStore) -> None:
    claims = [
        drawn(OLD, recorded_at=EARLY, qualifiers={"size": "14B"}),
        drawn("...bbb...", recorded_at=LATE, qualifiers={"size": "1.3B"}),
        drawn("...ccc...", recorded_at="2025-03-02", qualifiers={"size": "1.3B"}),
    ]
    await store.record(claims, now=on(LATE))
    assert (await daily(store))[3] == ["a", "c"]


@pytest.mark.parametrize(
    ("functional", "expected"),
    [pytest.param(None, ["a", "b"], id="unsaid"), pytest.param(True, ["b"], id="said to be functional")],
)
async def test_an_unknown_predicate_is_multi_valued_unless_it_says_otherwise(
    store: GraphStore, functional: bool | None, expected: list[str]
) -> None:
    one = drawn(OLD, predicate="team.owner", functional=functional)
    other = drawn("...bbb...", predicate="team.owner", functional=functional, recorded_at=LATE)
    await store.record([one, other], now=on(LATE))
    assert (await daily(store))[3] == expected
    assert {fact.functional for fact in await store.history(Pattern())} == {functional is True}


async def test_a_keyed_predicate_has_one_value_for_each_thing_measured(store: GraphStore) -> None:
    def score(name: str, value: float, at: str) -> Claim:
        return said(name, DAYS[0], predicate="benchmark", value=value, recorded_at=at)

    claims = [score("GenEval", 0.81, EARLY), score("DPG", 84.0, EARLY), score("GenEval", 0.83, LATE)]
    await store.record(claims, now=on(LATE))
    facts = await store.recall(Pattern(), as_of(DAYS[0]))
    assert [(fact.object, fact.value) for fact in facts] == [("DPG", 84.0), ("GenEval", 0.83)]
    before = await store.recall(Pattern(object="GenEval"), as_of(DAYS[0], EARLY))
    assert [fact.value for fact in before] == [0.81]


async def test_a_functional_measure_of_an_unknown_predicate_replaces_one_that_did_not_say_so(
    store: GraphStore,
) -> None:
    first = said("speed", DAYS[0], predicate="team.score", value=1)
    second = said("speed", DAYS[0], predicate="team.score", value=2, functional=True, recorded_at=LATE)
    beside = said("taste", DAYS[0], predicate="team.score", value=3)
    await store.record([first, second, beside], now=on(LATE))
    facts = await store.recall(Pattern(), as_of(DAYS[0]))
    assert [(fact.object, fact.value) for fact in facts] == [("speed", 2), ("taste", 3)]


async def test_values_of_different_types_are_different_answers(store: GraphStore) -> None:
    values = [True, 1, "1", [1], "", [], ["a", True, 2.5]]
    claims = [said(None, DAYS[0], predicate="spoken", value=value) for value in values]
    await store.record(claims, now=on(LATE))
    found = [fact.value for fact in await store.recall(Pattern(), as_of(DAYS[0]))]
    assert sorted(map(repr, found)) == sorted(map(repr, values))


async def test_one_number_written_two_ways_is_one_answer(store: GraphStore) -> None:
    whole = said(None, "2025-01-01", predicate="price", value=1, functional=True)
    fraction = said(None, "2025-01-01", predicate="price", value=1.0, functional=True, recorded_at="2025-03-01")
    truth = said(None, "2025-01-01", predicate="price", value=True, functional=True, recorded_at="2025-04-01")
    await store.record([whole, fraction, truth], now=on(LATER))
    assert len(await store.recall(Pattern(), as_of("2025-02-01", "2025-03-15"))) == 1
    assert [fact.value for fact in await store.recall(Pattern(), as_of("2025-02-01"))] == [True]
