"""Every store that keeps several tenants: whatever a tenant is called, no read of it sees another's."""

from itertools import product

import pytest
from meanings import Meanings
from utterances import LATER, answers, as_of, on, said, told

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.store import Forgotten, GraphStore
from store_kinds import OpenStore, kept

NAMES = [
    "two words",
    "  spaces around  ",
    'it\'s "quoted" `so`',
    "back\\slash",
    "团队",
    "🦊👩‍👩‍👧",
    "AND OR NOT",
    'a:b* ~c^2 [d TO e] (f) {g} +h -i && !j "k" ?/',
    "$tenant}) DETACH DELETE n //",
    "new\nline\ttab",
    "x" * 2_000,
    "团" * 2_000,
]


@kept
async def test_a_tenant_may_have_any_name(open_store: OpenStore) -> None:
    for number, name in enumerate(NAMES):
        store = open_store(name, Meanings())
        claims = [said(f"film {number}"), said(f"thing {number}", predicate="name", subject="Veo")]
        turn = told(f"talk of a film {number}", "2025-01-01", session="monday")
        assert (await store.record(claims, [turn], now=on(LATER))).new == 2
        await store.close()
    for number, name in enumerate(NAMES):
        store = open_store(name, Meanings())
        assert answers(await store.recall(Pattern(subject="Wan"), EVER)) == [f"film {number}"]
        found = await store.search("film", EVER, 50)
        assert [hit.fact.object for hit in found if hit.fact] == [f"film {number}"]
        assert [hit.episode.text for hit in found if hit.episode] == [f"talk of a film {number}"]
        assert [hit.fact.object for hit in await store.search("movie", EVER, 50) if hit.fact] == [f"film {number}"]
        assert await store.names() == {"Veo": "Veo", "Wan": "Wan", f"thing {number}": "Veo"}
        assert [turn.text for turn in await store.turns("monday", EVER, 50)] == [f"talk of a film {number}"]
        assert [claim.object async for claim in store.claims()] == [f"film {number}", f"thing {number}"]


@kept
@pytest.mark.parametrize("names", [("us", "us2"), ("us", "US"), ("us", "us "), ("é", "e\u0301"), ("us", "*")])
async def test_no_read_sees_another_tenant_s(open_store: OpenStore, names: tuple[str, str]) -> None:
    mine, theirs = (open_store(name, Meanings()) for name in names)
    claims = [said("MIT", fact="a film"), said("alias", predicate="name"), said("gone", subject="x")]
    turn = told("talk of a film", "2025-01-01", session="monday")
    await theirs.record(claims, [turn], now=on(LATER))
    await theirs.forget(Pattern(subject="x"), now=on(LATER))

    async def reads(store: GraphStore) -> list[object]:
        return [
            await store.recall(Pattern(), EVER),
            await store.recall(Pattern(subject="Wan"), as_of("2026-01-01")),
            await store.history(Pattern(source="page")),
            *[await store.search(query, EVER, 50) for query in ("film", "movie", "Wan", "licence MIT")],
            await store.names(),
            await store.names("alias of Wan"),
            await store.turns("monday", EVER, 50),
            [claim async for claim in store.claims()],
            sum((await store.counts()).values()),
            await store.embed_missing(),
        ]

    assert not any(await reads(mine))
    assert (await mine.preview(claims, [turn], now=on(LATER))).new == 3
    assert await mine.forget(Pattern(subject="Wan"), now=on(LATER)) == Forgotten(claims=0, facts=0, episodes=0)
    before = [await theirs.history(Pattern()), await theirs.counts()]
    assert (await mine.record(claims, [turn], now=on(LATER))).forgotten == 0
    await mine.embed_anew()
    assert (await mine.forget(Pattern(source="page"), now=on(LATER))).claims == 3
    assert [await theirs.history(Pattern()), await theirs.counts()] == before
    assert len(await theirs.search("movie", EVER, 50)) == 1


async def test_the_first_and_the_last_years_are_kept_and_seen(store: GraphStore) -> None:
    ends = {"first": ("0001-01-01", "0001-01-02"), "second": ("0999-12-31", "1000-01-01"), "open": ("0001-01-02", None)}
    ends |= {"last": ("9999-12-31T23:59:59.999998Z", "9999-12-31T23:59:59.999999Z"), "late": ("9999-12-31", None)}
    claims: list[Claim] = [
        said(name, start, end, predicate="note", recorded_at=recorded, source=recorded)
        for name, (start, end) in ends.items()
        for recorded in ("0001-01-01", "9998-12-31")
    ]
    await store.record(claims, now=on("9999-01-01"))
    expected = {
        "0001-01-01": ["first"],
        "0001-01-02": ["open"],
        "0999-12-31": ["open", "second"],
        "1000-01-01": ["open"],
        "9999-12-30": ["open"],
        "9999-12-31": ["late", "open"],
        "9999-12-31T23:59:59.999998Z": ["last", "late", "open"],
        "9999-12-31T23:59:59.999999Z": ["late", "open"],
    }
    for (valid, names), (believed, times) in product(expected.items(), {"0001-01-01": 1, "9999-12-31": 2}.items()):
        at = AsOf(valid=on(valid), believed=on(believed))
        assert answers(await store.recall(Pattern(), at)) == sorted(names * times), at
        hits = await store.search(" ".join(ends), at, 50)
        assert sorted(str(hit.fact.object) for hit in hits if hit.fact) == sorted(names * times), at


async def test_words_of_a_long_query_are_found_whatever_stands_beside_them(store: GraphStore) -> None:
    await store.record([said("zeppelin")], [told("about an airship", "2025-01-01")], now=on(LATER))
    many = " ".join(f"word{number}" for number in range(1_999))
    for query in (
        f"zeppelin {many}",
        "zeppelin \x00 AND",
        "\ud800 zeppelin",
        'zeppelin" OR words:(',
        "zeppelin~2^9 /x/",
    ):
        assert [hit.fact.object for hit in await store.search(query, EVER, 5) if hit.fact] == ["zeppelin"]
    assert len(await store.search("zeppelin airship", EVER, 5)) == 2


@pytest.mark.parametrize("name", ["", "t" * 2_001])
def test_a_tenant_has_a_name_of_bounded_length(open_store: OpenStore, name: str) -> None:
    with pytest.raises(BadInput, match="tenant"):
        open_store(name)
