"""Every hard constraint by itself, on models made up for it: met by a fact, broken by a fact, or unknown."""

from typing import Any

import pytest

from modelatlas.graph.dates import until_end_of
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Source
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.tools.constraints import Needs
from modelatlas.tools.recommend import Recommendation, recommend

BORN = "2025-01-01"
LATER = AsOf.at(until_end_of("2025-06-01"))

Said = tuple[str, str | None, Any, str | None]

RUNS: Said = ("runnable", "repository script", True, None)
OUT: Said = ("availability", "weights", "released", None)
APACHE: Said = ("licence_weights", "Apache-2.0", None, None)


def said(model: str, *statements: Said) -> list[Claim]:
    """What is on record about an image editor."""
    whole = [("task", "image_edit", None, None), *statements]
    return [
        Claim(
            subject=model,
            predicate=predicate,
            object=name,
            value=value,
            unit=unit,
            valid_from=BORN,
            recorded_at=BORN,
            source=Source(id=f"readme of {model}"),
            confidence="primary",
        )
        for predicate, name, value, unit in whole
    ]


async def offered(
    *claims: list[Claim], needs: Needs | None = None, inputs: tuple[str, ...] = (), as_of: AsOf = LATER
) -> Recommendation:
    store: GraphStore = MemoryStore("us")
    await store.record([claim for some in claims for claim in some], now=until_end_of("2025-02-01"))
    return await recommend(store, "image_edit", inputs, (), needs or Needs(), as_of)


NEEDS: list[tuple[str, Needs, Said, Said]] = [
    ("max_vram_gb", Needs(max_vram_gb=20), ("min_vram", "bf16", 16, "GB"), ("min_vram", "bf16", 24, "GB")),
    ("max_vram_gb", Needs(max_vram_gb=24), ("min_vram", "bf16", 24.0, "GB"), ("min_vram", "bf16", 24, "GiB")),
    ("commercial", Needs(commercial=True), APACHE, ("licence_weights", "CC-BY-NC-4.0", None, None)),
    ("open_weights", Needs(open_weights=True), OUT, ("availability", "weights", "absent", None)),
    ("open_weights", Needs(open_weights=True), OUT, ("access", "paid API", None, None)),
    (
        "language",
        Needs(language="Chinese"),
        ("language", "Chinese prompts", True, None),
        ("language", "Chinese prompts", False, None),
    ),
    ("min_seconds", Needs(min_seconds=60), ("spec", "longest clip", 2, "min"), ("spec", "longest clip", 15, "s")),
    (
        "min_resolution",
        Needs(min_resolution=720),
        ("spec", "resolution 1080P", None, None),
        ("spec", "resolution 480P", None, None),
    ),
    (
        "max_price",
        Needs(max_price=2),
        ("cost.output", None, 1.5, "USD per million tokens"),
        ("cost.output", None, 15, "USD per million tokens"),
    ),
]


@pytest.mark.parametrize(("name", "needs", "meets", "breaks"), NEEDS)
async def test_a_need_is_met_broken_or_unknown_by_what_is_on_record(
    name: str, needs: Needs, meets: Said, breaks: Said
) -> None:
    runs = RUNS if breaks[1] != "weights" else ("runnable", "demo", True, None)
    found = await offered(said("Fits", runs, meets), said("Fails", runs, breaks), said("Silent", runs), needs=needs)
    assert [it.model for it in found.candidates] == ["Fits", "Silent"]
    assert [it.model for it in found.rejected] == ["Fails"]
    verdicts = {it.constraint: it for it in found.candidates[0].findings}
    assert verdicts[name].verdict == "met"
    assert [fact.predicate for fact in verdicts[name].facts] == [meets[0]]
    assert [text.split(":")[0] for text in found.candidates[1].unknowns] == [name]
    (broken,) = [it for it in found.rejected[0].findings if it.constraint == name]
    assert broken.verdict == "broken"
    assert broken.facts
    assert all(fact in found.rejected[0].facts for fact in broken.facts)


async def test_without_a_need_nothing_is_asked_of_a_model() -> None:
    found = await offered(said("Plain", RUNS))
    assert [it.unknowns for it in found.candidates] == [()]


async def test_a_model_that_does_not_take_the_input_is_rejected() -> None:
    takes = [("input_modality", name, None, None) for name in ("text", "image")]
    found = await offered(said("Reads", RUNS, takes[0]), said("Sees", RUNS, *takes), inputs=("image",))
    assert [it.model for it in found.candidates] == ["Sees"]
    assert found.rejected[0].reasons == ("takes no image",)


async def test_a_model_that_cannot_be_run_today_is_never_offered() -> None:
    absent: Said = ("availability", "code and weights", "absent", None)
    shut: Said = ("access", "shut down", None, None)
    found = await offered(
        said("Paper", absent), said("Gone", shut), said("Lost", ("runnable", "dead link", False, None))
    )
    assert found.candidates == ()
    assert {it.model: it.reasons[0] for it in found.rejected} == {
        "Paper": "code and weights not published",
        "Gone": f"shut down since {BORN}",
        "Lost": "dead link",
    }


async def test_a_rejected_model_names_its_promise_and_its_successor() -> None:
    promise = said("Paper", ("availability", "code and weights", "absent", None), ("successor", "Book", None, None))
    promised = Claim(
        **promise[1].model_dump(exclude={"value", "qualifiers", "source"}),
        value="promised",
        qualifiers={"standing": "promise"},
        source=Source(id="issue 1"),
    )
    found = await offered([*promise, promised])
    (rejected,) = found.rejected
    assert rejected.successors == ("Book",)
    assert [fact.value for fact in rejected.promises] == ["promised"]


async def test_a_memory_figure_for_several_gpus_proves_nothing_for_one() -> None:
    found = await offered(
        said("Spread", RUNS, ("min_vram", "four GPUs with FSDP", 14, "GB")), needs=Needs(max_vram_gb=16)
    )
    assert [text.split(":")[0] for text in found.candidates[0].unknowns] == ["max_vram_gb"]


async def test_a_memory_figure_for_another_task_proves_nothing_for_this_one() -> None:
    claims = said("Both", RUNS, ("min_vram", "image understanding", 8, "GB"), ("min_vram", "image editing", 24, "GB"))
    found = await offered(claims, needs=Needs(max_vram_gb=16))
    assert found.rejected[0].reasons == ("needs 24 GB (image editing)",)


async def test_a_licence_with_conditions_is_unknown_and_not_met() -> None:
    terms: Said = ("licence_weights", "Stability AI Community License", None, None)
    found = await offered(said("Mixed", RUNS, terms), needs=Needs(commercial=True))
    assert "on conditions" in found.candidates[0].unknowns[0]


async def test_a_score_is_the_weighted_sum_of_its_terms_and_orders_those_that_surely_fit() -> None:
    rich = [("benchmark", f"bench {number}", number, "score") for number in range(1, 9)]
    found = await offered(said("Rich", RUNS, OUT, *rich), said("Poor", RUNS, OUT), said("Mute", OUT))
    assert [it.model for it in found.candidates] == ["Rich", "Poor", "Mute"]
    weights = {"fit": 0.4, "task": 0.2, "evidence": 0.15, "benchmarks": 0.05, "recency": 0.1, "runnable": 0.1}
    for it in found.candidates:
        assert set(it.terms) == set(weights)
        assert it.score == pytest.approx(sum(weights[name] * term for name, term in it.terms.items()))


async def test_an_unknown_task_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadInput, match="image_edit"):
        await recommend(MemoryStore("us"), "pasta", (), (), Needs(), LATER)


async def test_a_recommendation_is_for_one_time() -> None:
    with pytest.raises(BadInput, match="one time"):
        await offered(said("Plain", RUNS), as_of=AsOf(valid=ALL, believed=LATER.believed))
