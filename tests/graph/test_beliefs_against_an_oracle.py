"""Random logs of claims, told to the stores in any order, against an oracle that reasons cell by cell."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from logs import CALENDAR, Batches, batchings, claim_logs
from oracle import Answer, Oracle
from runs import Run, examples, on_every_store, with_memory

from modelatlas.graph.difference import difference
from modelatlas.graph.facts import Claim, Fact, Pattern
from modelatlas.graph.periods import EVER, AsOf, Span
from modelatlas.graph.store import GraphStore

pytest_plugins = ("empty_stores",)

FOREVER_AGO = datetime(1900, 1, 1, tzinfo=UTC)
INSTANTS = sorted({FOREVER_AGO, *(at for bounds in CALENDAR.values() for at in bounds if at)})

Told = tuple[list[Claim], list[tuple[list[Claim], datetime]]]


def logs_told(dated: bool = False) -> st.SearchStrategy[Told]:
    """A log of claims, and one way in which a store comes to hear it."""
    return claim_logs(dated).flatmap(lambda claims: st.tuples(st.just(claims), batchings(claims)))


def axes() -> st.SearchStrategy[datetime | Span]:
    """An instant, or a span of at least one instant."""
    bounds = st.lists(st.sampled_from(INSTANTS), min_size=2, max_size=2, unique=True).map(sorted)
    spans = st.tuples(bounds, st.booleans(), st.booleans()).map(
        lambda it: Span(start=None if it[1] else it[0][0], end=None if it[2] else it[0][1])
    )
    return st.sampled_from(INSTANTS) | spans


async def tell(store: GraphStore, batches: Batches) -> None:
    for claims, at in batches:
        await store.record(claims, now=at)


def said(fact: Fact) -> Answer:
    """The fact as the oracle tells an answer."""
    key = fact.subject, fact.predicate, repr(sorted(fact.qualifiers.items())), fact.source.id
    return *key, fact.object, repr(fact.value), fact.unit, fact.certainty


def whole(facts: Sequence[Fact]) -> list[tuple[object, ...]]:
    """Everything there is to a fact."""
    return [(fact.json_value(), fact.claims, fact.ended_by, fact.functional, fact.ref) for fact in facts]


async def check_every_cell(store: GraphStore, batches: Batches) -> None:
    await tell(store, batches)
    oracle = Oracle([(claim, at) for claims, at in batches for claim in claims], CALENDAR)
    valid, believed = oracle.instants()
    for at in product(sorted({FOREVER_AGO, *valid}), sorted({FOREVER_AGO, *believed})):
        facts = await store.recall(Pattern(), AsOf(valid=at[0], believed=at[1]))
        assert sorted(map(str, map(said, facts))) == sorted(map(str, oracle.at(*at))), at


@on_every_store(150, told=logs_told())
def test_a_store_recalls_at_every_cell_what_the_oracle_says(run: Run, told: Told) -> None:
    run(lambda store: check_every_cell(store, told[1]))


@on_every_store(60, told=logs_told(dated=True), data=st.data())
def test_any_order_of_arrival_in_any_store_gives_the_same_facts(run: Run, told: Told, data: st.DataObject) -> None:
    claims, batches = told
    others = data.draw(batchings(claims))

    def told_as(order: Batches) -> Callable[[GraphStore], Awaitable[list[Fact]]]:
        async def work(store: GraphStore) -> list[Fact]:
            await tell(store, order)
            return await store.history(Pattern())

        return work

    first = with_memory(told_as(batches))
    assert len({fact.id for fact in first}) == len(first)
    assert whole(run(told_as(batches))) == whole(first)
    assert whole(run(told_as(others))) == whole(first)


@on_every_store(80, claims=claim_logs(dated=True, max_size=14), size=st.integers(1, 4), late=st.integers(0, 3))
def test_a_long_line_told_bit_by_bit_is_the_line_told_at_once(
    run: Run, claims: list[Claim], size: int, late: int
) -> None:
    one_line = {"subject": "x", "predicate": "licence_code", "qualifiers": {}, "source": {"id": "s"}, "object": None}
    line = [Claim.model_validate(it.line() | one_line | ({"object": it.object} if it.object else {})) for it in claims]
    line.sort(key=lambda claim: (CALENDAR[claim.recorded_at or ""][1], claim.sequence))
    told = [*line[late:], *line[:late]]

    async def at_once(store: GraphStore) -> list[Fact]:
        await store.record(line, now=INSTANTS[0])
        return await store.history(Pattern())

    async def bit_by_bit(store: GraphStore) -> list[Fact]:
        for start in range(0, len(told), size):
            await store.record(told[start : start + size], now=INSTANTS[0])
        return await store.history(Pattern())

    assert whole(run(bit_by_bit)) == whole(with_memory(at_once))


@on_every_store(60, claims=claim_logs(dated=True), valid=st.sampled_from(INSTANTS), believed=st.sampled_from(INSTANTS))
def test_what_is_recorded_later_changes_no_read_of_the_past(
    run: Run, claims: list[Claim], valid: datetime, believed: datetime
) -> None:
    on_record = [it for it in claims if (CALENDAR[it.recorded_at or ""][0] or FOREVER_AGO) <= believed]

    async def read(store: GraphStore) -> list[Fact]:
        return await store.recall(Pattern(), AsOf(valid=valid, believed=believed))

    async def then(store: GraphStore) -> list[Fact]:
        await store.record(on_record, now=INSTANTS[0])
        return await read(store)

    async def after_all(store: GraphStore) -> list[Fact]:
        await store.record(claims, now=INSTANTS[0])
        return await read(store)

    assert [it.json_value() for it in run(after_all)] == [it.json_value() for it in run(then)]


@on_every_store(60, told=logs_told(), valid=axes(), believed=axes())
def test_a_span_sees_what_some_instant_of_it_sees(
    run: Run, told: Told, valid: datetime | Span, believed: datetime | Span
) -> None:
    def within(axis: datetime | Span) -> list[datetime]:
        if isinstance(axis, datetime):
            return [axis]
        early, late = axis.start or FOREVER_AGO, axis.end or datetime.max.replace(tzinfo=UTC)
        return [at for at in {early, *INSTANTS, *(at for _, at in told[1])} if early <= at < late]

    async def work(store: GraphStore) -> None:
        await tell(store, told[1])
        seen = {said(fact) for fact in await store.recall(Pattern(), AsOf(valid=valid, believed=believed))}
        apart: set[Answer] = set()
        for at in product(within(valid), within(believed)):
            apart |= {said(fact) for fact in await store.recall(Pattern(), AsOf(valid=at[0], believed=at[1]))}
        assert {answer[:-1] for answer in seen} == {answer[:-1] for answer in apart}
        assert {answer for answer in seen if answer[-1] == "certain"} == {
            answer for answer in apart if answer[-1] == "certain"
        }

    run(work)


@on_every_store(60, told=logs_told(), valid=axes(), believed=axes(), limit=st.integers(0, 4))
def test_search_finds_no_more_and_no_surer_than_recall(
    run: Run, told: Told, valid: datetime | Span, believed: datetime | Span, limit: int
) -> None:
    async def work(store: GraphStore) -> None:
        await tell(store, told[1])
        as_of = AsOf(valid=valid, believed=believed)
        seen = await store.recall(Pattern(), as_of)
        hits = await store.search("x y a b c licence task benchmark team score owner", as_of, limit)
        found = [hit.fact for hit in hits if hit.fact]
        assert all(fact in seen for fact in found)
        assert len({fact.id for fact in found}) == len(hits) == min(limit, len(seen))

    run(work)


@on_every_store(40, told=logs_told())
def test_an_export_told_to_an_empty_store_is_recalled_alike(run: Run, told: Told) -> None:
    async def cells(store: GraphStore) -> list[set[Answer]]:
        every = [AsOf(valid=v, believed=b) for v, b in product(INSTANTS, INSTANTS)]
        return [{said(fact) for fact in await store.recall(Pattern(), at)} for at in every]

    async def export(store: GraphStore) -> tuple[list[Claim], list[set[Answer]]]:
        await tell(store, told[1])
        return [claim async for claim in store.claims()], await cells(store)

    exported, expected = run(export)
    read_again = [Claim.model_validate_json(claim.canonical) for claim in exported]

    async def again(store: GraphStore) -> list[set[Answer]]:
        await store.record(read_again, now=datetime(2029, 1, 1, tzinfo=UTC))
        return await cells(store)

    assert run(again) == expected


@on_every_store(60, told=logs_told(), data=st.data())
def test_forgetting_leaves_what_would_be_had_it_never_been_said(run: Run, told: Told, data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(told[0]))
    whole_pattern = Pattern(
        subject=one.subject, predicate=one.predicate, object=one.object, source=one.source.id
    ).model_dump(exclude_none=True)
    kept = data.draw(st.sets(st.sampled_from(sorted(whole_pattern)), min_size=1))
    about = Pattern(**{name: whole_pattern[name] for name in kept})
    others = [([claim for claim in claims if not about_it(claim, whole_pattern, kept)], at) for claims, at in told[1]]

    async def forget(store: GraphStore) -> list[tuple[object, ...]]:
        await tell(store, told[1])
        before = {fact.id for fact in await store.history(Pattern())}
        done = await store.forget(about, now=told[1][-1][1])
        left = await store.history(Pattern())
        assert done.facts == len(before - {fact.id for fact in left})
        await tell(store, told[1])
        assert await store.history(Pattern()) == left
        return whole(left)

    async def never_said(store: GraphStore) -> list[tuple[object, ...]]:
        await tell(store, others)
        return whole(await store.history(Pattern()))

    assert run(forget) == run(never_said)


def about_it(claim: Claim, values: dict[str, str], kept: set[str]) -> bool:
    own = {"subject": claim.subject, "predicate": claim.predicate, "object": claim.object, "source": claim.source.id}
    return all(own[name] == values[name] for name in kept)


@on_every_store(60, told=logs_told())
def test_preview_counts_what_record_does_and_writes_nothing(run: Run, told: Told) -> None:
    async def work(store: GraphStore) -> None:
        for claims, at in told[1]:
            before = await store.counts(), await store.history(Pattern())
            expected = await store.preview(claims, now=at)
            assert (await store.counts(), await store.history(Pattern())) == before
            assert await store.record(claims, now=at) == expected
            again = await store.record(claims, now=at)
            assert (again.new, again.known) == (0, len(claims))

    run(work)


@examples(100)
@given(logs_told(), axes(), axes(), axes(), axes())
def test_a_difference_leads_from_one_as_of_to_the_other_and_back(
    told: Told, valid: datetime, believed: datetime, later_valid: datetime, later_believed: datetime
) -> None:
    async def work(store: GraphStore) -> tuple[list[Fact], list[Fact]]:
        await tell(store, told[1])
        first = await store.recall(Pattern(), AsOf(valid=valid, believed=believed))
        return first, await store.recall(Pattern(), AsOf(valid=later_valid, believed=later_believed))

    def answers(facts: Sequence[Fact]) -> set[Answer]:
        return {(*said(fact)[:3], *said(fact)[4:7]) for fact in facts}

    before, after = with_memory(work)
    found, back = difference(before, after), difference(after, before)
    gone = answers([*found.ended, *(fact for change in found.changed for fact in change.before)])
    come = answers([*found.added, *(fact for change in found.changed for fact in change.after)])
    assert gone == answers(before) - answers(after)
    assert come == answers(after) - answers(before)
    assert (answers(back.added), answers(back.ended)) == (answers(found.ended), answers(found.added))
    assert difference(before, before).json_value() == {"added": [], "ended": [], "changed": []}


@examples(30)
@given(logs_told())
def test_nothing_is_believed_that_no_source_said(told: Told) -> None:
    async def work(store: GraphStore) -> None:
        await tell(store, told[1])
        ids = {claim.id for claim in told[0] if claim.kind == "assert"}
        for fact in await store.recall(Pattern(), EVER):
            assert fact.claims
            assert set(fact.claims) <= ids

    with_memory(work)
