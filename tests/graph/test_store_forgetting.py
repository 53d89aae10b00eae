"""Every store: what is forgotten is gone for good, and nothing else is."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from utterances import LATER, answers, on, said, told

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Claim, Episode, Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import Forgotten, GraphStore
from store_kinds import OpenStore, kept

PERSON = "Zyzzyva 张伟"


def lives_in(city: str, recorded_at: str | None) -> Claim:
    given: dict[str, Any] = {"subject": PERSON, "predicate": "team.city", "functional": True, "source": "turn 1"}
    return said(city, "2024-01-01", recorded_at=recorded_at, **given)


def about_person() -> list[Claim]:
    """Two claims about a person by one chat turn: one belief and its correction."""
    return [lives_in("Qaanaaq", "2025-01-01"), lives_in("Xalapa", "2025-02-01")]


async def test_claims_facts_and_episodes_go_and_a_tombstone_stays(store: GraphStore) -> None:
    turn = Episode(
        name="turn", text="I moved to Xalapa", kind="message", source=Source(id="turn 1"), said=on("2025-02-01")
    )
    await store.record([*about_person(), said("MIT")], [turn], now=on(LATER))
    before = await store.counts()
    done = await store.forget(Pattern(subject=PERSON), now=on(LATER))
    assert done == Forgotten(claims=2, facts=2, episodes=1)
    assert await store.recall(Pattern(subject=PERSON), EVER) == []
    assert await store.history(Pattern(subject=PERSON)) == []
    assert await store.search("Qaanaaq Xalapa Zyzzyva 张伟 moved", EVER, 10) == []
    assert PERSON not in await store.names()
    assert [claim.object async for claim in store.claims()] == ["MIT"]
    after = await store.counts()
    gone = {name: before[name] - after[name] for name in before}
    assert gone == {"claims": 2, "facts": 2, "episodes": 1, "entities": 3, "tombstones": -1}


async def test_facts_of_other_subjects_are_untouched(store: GraphStore) -> None:
    others = [said("Xalapa", subject="another", predicate="team.city", source="turn 1"), said("MIT")]
    await store.record(others, now=on(LATER))
    left, counts = await store.history(Pattern()), await store.counts()
    await store.record(about_person(), now=on(LATER))
    await store.forget(Pattern(subject=PERSON), now=on(LATER))
    assert await store.history(Pattern()) == left
    assert await store.counts() == counts | {"tombstones": 1}
    assert [hit.fact.subject for hit in await store.search("Xalapa", EVER, 5) if hit.fact] == ["another"]


async def test_a_document_that_something_else_rests_on_stays(store: GraphStore) -> None:
    page = Episode(name="page", text="a page about much", kind="text", source=Source(id="page"), said=on("2025-01-01"))
    await store.record([said("MIT"), said("MIT", subject="Veo")], [page], now=on(LATER))
    assert (await store.forget(Pattern(subject="Wan"), now=on(LATER))).episodes == 0
    assert len(await store.search("page much", EVER, 5)) == 1
    assert (await store.forget(Pattern(subject="Veo"), now=on(LATER))).episodes == 1
    assert await store.search("page much", EVER, 5) == []


async def test_forgetting_a_source_takes_its_documents_though_nothing_was_claimed(store: GraphStore) -> None:
    turns = [
        told("a secret", "2025-01-01"),
        told("a secret again", "2025-01-02"),
        told("a hello", "2025-01-01", "other"),
    ]
    await store.record([], turns, now=on(LATER))
    assert await store.forget(Pattern(source="chat"), now=on(LATER)) == Forgotten(claims=0, facts=0, episodes=2)
    hits = await store.search("secret hello", EVER, 5)
    assert [hit.episode.text for hit in hits if hit.episode] == ["a hello"]


async def test_what_a_forgotten_correction_covered_is_believed_again(store: GraphStore) -> None:
    await store.record(about_person(), now=on(LATER))
    done = await store.forget(Pattern(object="Xalapa"), now=on(LATER))
    assert (done.claims, done.facts) == (1, 1)
    (fact,) = await store.history(Pattern())
    assert (fact.object, fact.believed.end, fact.ended_by) == ("Qaanaaq", None, None)


async def test_told_again_what_was_forgotten_stays_forgotten(store: GraphStore) -> None:
    claims = about_person()
    await store.record(claims, now=on(LATER))
    await store.forget(Pattern(subject=PERSON), now=on(LATER))
    assert (await store.preview(claims, now=on(LATER))).forgotten == 2
    again = await store.record([*claims, said("MIT")], now=on(LATER))
    assert (again.new, again.known, again.forgotten) == (1, 0, 2)
    assert answers(await store.recall(Pattern(), EVER)) == ["MIT"]


async def test_an_export_from_before_does_not_bring_back_what_was_forgotten(store: GraphStore) -> None:
    await store.record([lives_in("Xalapa", None)], now=on(LATER))
    exported = [Claim.model_validate_json(claim.canonical) async for claim in store.claims()]
    await store.forget(Pattern(subject=PERSON), now=on(LATER))
    assert (await store.record(exported, now=on(LATER))).forgotten == 1
    assert await store.recall(Pattern(), EVER) == []


async def test_something_else_about_the_forgotten_can_be_told(store: GraphStore) -> None:
    await store.record(about_person(), now=on(LATER))
    await store.forget(Pattern(subject=PERSON), now=on(LATER))
    await store.record([said("Ushuaia", subject=PERSON, predicate="team.city")], now=on(LATER))
    assert answers(await store.recall(Pattern(subject=PERSON), EVER)) == ["Ushuaia"]


async def test_forgetting_what_is_not_there_leaves_no_tombstone(store: GraphStore) -> None:
    await store.record([said("MIT")], now=on(LATER))
    counts = await store.counts()
    assert await store.forget(Pattern(subject="nobody"), now=on(LATER)) == Forgotten(claims=0, facts=0, episodes=0)
    assert await store.counts() == counts


async def test_forgetting_everything_by_an_empty_pattern_is_refused(store: GraphStore) -> None:
    await store.record([said("MIT")], now=on(LATER))
    with pytest.raises(BadInput, match="Say what to forget"):
        await store.forget(Pattern(), now=on(LATER))
    assert (await store.counts())["claims"] == 1


async def test_content_that_was_forgotten_is_in_none_of_the_file_s_bytes(tmp_path: Path) -> None:
    secrets = [PERSON, "张伟", "Qaanaaq", "Xalapa", "qaanaaq", "ukulele", "turn 1"]
    turn = Episode(
        name="turn", text="the ukulele of 张伟", kind="message", source=Source(id="turn 1"), said=on("2025-02-01")
    )

    def left() -> list[str]:
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        return [secret for secret in secrets if secret.encode() in content]

    store = GraphitiStore(tmp_path / "atlas.sqlite", "us")
    await store.record(about_person(), [turn], now=on(LATER))
    many = [said(f"filler {number}", predicate="note") for number in range(300)]
    await store.record(many, now=on(LATER))
    beside = GraphitiStore(tmp_path / "atlas.sqlite", "us")
    await beside.recall(Pattern(), EVER)
    assert left() == secrets
    await store.forget(Pattern(subject=PERSON), now=on(LATER))
    assert left() == []
    assert await beside.recall(Pattern(subject=PERSON), EVER) == []
    await beside.close()
    await store.close()
    assert left() == []


@kept
async def test_forgetting_in_one_tenant_leaves_the_same_words_of_another(open_store: OpenStore) -> None:
    ours, theirs = open_store("us"), open_store("them")
    for store in (ours, theirs):
        await store.record(about_person(), now=on(LATER))
    expected = await theirs.history(Pattern())
    assert (await ours.forget(Pattern(subject=PERSON), now=on(LATER))).claims == 2
    assert await theirs.history(Pattern()) == expected
    assert (await theirs.record(about_person(), now=on(LATER))).known == 2
    assert (await theirs.counts())["tombstones"] == 0


async def test_a_forgotten_document_stays_forgotten_when_it_is_told_again(store: GraphStore) -> None:
    secret = told("my hardware is a Xalapa card", "2025-02-01", source="turn 9")
    await store.record([], [secret], now=on(LATER))
    assert (await store.forget(Pattern(source="turn 9"), now=on(LATER))).episodes == 1
    assert (await store.preview([], [secret], now=on(LATER))).episodes == 0
    assert (await store.record([], [secret], now=on(LATER))).episodes == 0
    assert await store.search("Xalapa", EVER, 5) == []


async def test_forgetting_says_so_while_another_process_keeps_the_old_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelatlas.graph.sqlite.database.SHRINK_SECONDS", 0.05)
    path = tmp_path / "atlas.sqlite"
    store = GraphitiStore(path, "main")
    other = sqlite3.connect(path, isolation_level=None)
    try:
        await store.record(about_person(), now=on(LATER))
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM claim").fetchall()
        with pytest.raises(StoreError, match="off the record, but another process still reads the file"):
            await store.forget(Pattern(subject=PERSON), now=on(LATER))
        assert await store.history(Pattern()) == []
        other.execute("COMMIT")
        assert (await store.forget(Pattern(subject=PERSON), now=on(LATER))).claims == 0
        assert not any(b"Qaanaaq" in file.read_bytes() for file in tmp_path.iterdir())
    finally:
        other.close()
        await store.close()
