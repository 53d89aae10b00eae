"""Every store: search finds words of English and Chinese, whatever is typed, and only what is in sight."""

import pytest
from utterances import LATER, as_of, on, said, span, told

from modelatlas.graph.periods import ALL, EVER, AsOf
from modelatlas.graph.store import GraphStore

NOW = as_of("2026-01-01", "2026-01-01")


async def found(store: GraphStore, query: str, at: AsOf = EVER, limit: int = 10) -> list[str]:
    """Objects of the facts and texts of the episodes that are found, best first."""
    hits = await store.search(query, at, limit)
    return [hit.fact.object or "" if hit.fact else hit.episode.text if hit.episode else "" for hit in hits]


@pytest.mark.parametrize(
    ("object", "query"),
    [
        ("edits images by instruction", "image editing"),
        ("image editing", "which one EDITS an Image?"),
        ("generation of long videos", "generating video"),
        ("编辑图像", "图像编辑"),
        ("图像编辑", "编辑图像"),
        ("张三在北京工作", "张三"),
        ("张三在北京工作", "北京"),
        ("张三在北京工作", "三"),
        ("张三在北京工作", "谁在北京？"),
        ("通义万相支持文生视频", "万相 video generation 视频"),
        ("runs on an RTX 4090 显卡", "4090显卡"),
        ("ＦＬＵＸ．１　模型", "flux 模型"),
        ("Qwen2.5-VL", "qwen2.5 vl"),
        ("Größe und Übermaß", "größe"),
        ("cafe\u0301 menu", "CAFÉ"),
        ("נתמך בעברית", "בעברית"),
        ("النموذج يدعم العربية", "العربية"),
        ("モデルは日本語に対応", "日本語"),
        ("한국어 지원", "한국어"),
        ("𠮷野家", "𠮷"),
        ("🎨 paints 🖌️", "paint 🎨"),
        ("v1.0_final", "final"),
    ],
)
async def test_words_are_found(store: GraphStore, object: str, query: str) -> None:
    await store.record([said(object, predicate="note"), said("zzz", predicate="note")], now=on(LATER))
    assert await found(store, query) == [object]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "🎨",
        "？！…",
        '"',
        "*",
        '" OR 1=1 --',
        "'; DROP TABLE edge; --",
        "NEAR(",
        "NEAR(a b, 3)",
        "a*b AND NOT",
        "AND",
        "words:zzz",
        "^zzz*",
        '"unbalanced',
        "(((",
        "{a b}: c",
        "-",
        "\x00",
        "nul \x00 inside",
        "\ud800 half a surrogate",
        "%_[]",
        "a\u202eb\u200d",
        "x" * 20_000,
        "字" * 5_000,
        " ".join(f"word{number}" for number in range(5_000)),
    ],
)
async def test_no_query_is_an_error_or_is_taken_for_syntax(store: GraphStore, query: str) -> None:
    await store.record([said("Apache-2.0")], [told("hello world", "2025-01-01")], now=on(LATER))
    assert await found(store, query) == []
    assert await found(store, "Apache") == ["Apache-2.0"]


async def test_syntax_in_a_query_does_not_keep_its_words_from_being_found(store: GraphStore) -> None:
    await store.record([said("Apache-2.0")], now=on(LATER))
    for query in ('" OR apache --', "NEAR(apache", "apache* AND NOT apache", '"apache', "licence:apache"):
        assert await found(store, query) == ["Apache-2.0"]


async def test_search_filters_by_time_before_it_ranks_and_limits(store: GraphStore) -> None:
    ended = [said(f"video editing editing {n}", "2020-01-01", "2021-01-01", predicate="note") for n in range(60)]
    unknown_yet = [
        said(f"video editing video {n}", "2020-01-01", predicate="note", recorded_at="2027-01-01") for n in range(60)
    ]
    coming = [said(f"editing video {n}", "2028-01-01", predicate="note") for n in range(60)]
    seen = said("a long text about many things, among them also a video", "2020-01-01", predicate="note")
    await store.record([*ended, *unknown_yet, seen, *coming], now=on(LATER))
    assert await found(store, "video editing", NOW, limit=1) == [seen.object]
    assert await found(store, "video editing", NOW, limit=100) == [seen.object]


async def test_thousands_that_would_rank_better_hide_nothing_that_is_in_sight(store: GraphStore) -> None:
    many = [{"subject": f"m{n}", "predicate": "note"} for n in range(1_200)]
    ended = [said("video editing", "2020-01-01", "2021-01-01", **about) for about in many]
    unknown_yet = [said("editing video", "2020-01-01", recorded_at="2027-01-01", **about) for about in many]
    coming = [said("video editing video", "2028-01-01", **about) for about in many]
    seen = [
        said(f"a long text about {thing} among many things, and also a video", "2020-01-01", predicate="note")
        for thing in ("airships", "balloons", "kites")
    ]
    await store.record([seen[0], *ended, seen[1], *unknown_yet, *coming, seen[2]], now=on(LATER))
    expected = {claim.object for claim in seen}
    for at in (NOW, as_of("2025-06-01", "2025-06-01")):
        assert set(await found(store, "video editing", at, limit=3)) == expected
        assert set(await found(store, "video", at, limit=20)) == expected
        assert await found(store, "editing kite", at, limit=20) == [seen[2].object]
    assert len(await found(store, "video editing", as_of("2020-06-01"), limit=20)) == 20


async def test_episodes_too_are_filtered_before_the_limit(store: GraphStore) -> None:
    later = [told(f"video editing video {n}", "2027-01-01", source=f"turn {n}") for n in range(60)]
    seen = told("among many other things a video was mentioned", "2025-01-01", source="old turn")
    await store.record([], [*later, seen], now=on(LATER))
    assert await found(store, "video editing", NOW, limit=1) == [seen.text]


async def test_one_fact_in_many_beliefs_leaves_room_for_others(store: GraphStore) -> None:
    first = said("alpha", "2024-01-01", recorded_at="2024-02-01")
    beside = said("beta", predicate="task", recorded_at="2024-01-01")
    doubts = [
        said(
            f"o{n}",
            f"[2025-01-{n:02}..2025-03-{n:02}]",
            f"[2025-01-{n + 1:02}..2025-03-{n + 1:02}]",
            recorded_at=f"[2025-01-{n:02}..2025-03-{n:02}]",
        )
        for n in range(1, 9)
    ]
    await store.record([first, beside, *doubts], now=on(LATER))
    at = as_of("2025-02-15", "2025-02-15")
    hits = [hit.fact for hit in await store.search("licence alpha beta", at, 4) if hit.fact]
    assert len(hits) == 4
    assert {(fact.object, fact.certainty) for fact in hits} > {("alpha", "possible"), ("beta", "certain")}


async def test_a_hit_is_as_certain_as_the_surest_belief_with_its_answer(store: GraphStore) -> None:
    vague = said("MIT", "2025", fact="zeppelin zeppelin", recorded_at="2025-01-01")
    sure = said("MIT", "2025-03", fact="plain words", recorded_at="2025-02-01")
    others = [said(f"zeppelin {n}", "2020-01-01", predicate="note") for n in range(30)]
    await store.record([vague, sure, *others], now=on(LATER))
    hits = await store.search("plain zeppelin", as_of("2025-06-01"), 40)
    assert [hit.fact.certainty for hit in hits if hit.fact and hit.fact.object == "MIT"] == ["certain"]


async def test_rare_words_rank_before_common_ones(store: GraphStore) -> None:
    common = [said(f"video model {n}", predicate="note") for n in range(20)]
    await store.record([*common, said("video zeppelin", predicate="note")], now=on(LATER))
    assert (await found(store, "video zeppelin"))[0] == "video zeppelin"


@pytest.mark.parametrize(("limit", "expected"), [(-1, 0), (0, 0), (1, 1), (2, 2), (5, 3)])
async def test_no_more_is_found_than_asked_for(store: GraphStore, limit: int, expected: int) -> None:
    await store.record([said("red video"), said("video", predicate="task")], now=on(LATER))
    await store.record([], [told("a video", "2025-01-01")], now=on(LATER))
    hits = await store.search("video", EVER, limit)
    assert len(hits) == expected
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_fact_is_found_by_its_subject_its_predicate_and_their_words_in_both_languages(
    store: GraphStore,
) -> None:
    await store.record([said("Apache-2.0", subject="通义万相 Wan")], now=on(LATER))
    for query in ("wan", "万相", "licence", "许可证"):
        assert await found(store, query) == ["Apache-2.0"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (as_of("2025-06-10", LATER), []),
        (as_of(LATER, "2025-06-10"), []),
        (as_of("2025-06-11", "2025-06-11"), ["我们选了 Wan"]),
        (as_of(LATER, LATER), ["我们选了 Wan"]),
        (as_of(ALL, span(None, "2025-06-11")), []),
        (as_of(ALL, span(None, "2025-06-12")), ["我们选了 Wan"]),
        (as_of(span("2026-01-01", None), ALL), ["我们选了 Wan"]),
        (EVER, ["我们选了 Wan"]),
    ],
)
async def test_an_episode_is_found_only_from_when_it_was_said(store: GraphStore, at: AsOf, expected: list[str]) -> None:
    await store.record([], [told("我们选了 Wan", "2025-06-11")], now=on(LATER))
    assert await found(store, "wan", at) == expected


async def test_an_ended_belief_is_not_found_now_but_then(store: GraphStore) -> None:
    claims = [said("MIT", "2024-01-01"), said("Apache-2.0", "2024-01-01", recorded_at="2025-06-01")]
    await store.record(claims, now=on(LATER))
    assert await found(store, "MIT", NOW) == []
    assert await found(store, "MIT", as_of("2025-05-01", "2025-05-01")) == ["MIT"]
    assert await found(store, "MIT", EVER) == ["MIT"]
