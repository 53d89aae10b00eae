"""The rows that a write leaves: words of entities, episodes that are told later, one text for one belief."""

import gc
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest
from utterances import LATER, on, said, told

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Pattern, Source, named
from modelatlas.graph.sqlite import writing
from modelatlas.graph.sqlite.database import Database


@pytest.fixture
async def atlas(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "atlas.sqlite")
    yield database
    await database.close()


async def record(atlas: Database, claims: Sequence[Claim], episodes: Sequence[Episode] = ()) -> None:
    await atlas.write(lambda db: writing.record(db, "us", claims, episodes, on(LATER)))


async def column(atlas: Database, query: str) -> list[object]:
    return [row[0] for row in await atlas.read(lambda db: db.execute(query).fetchall())]


async def test_an_entity_is_found_by_the_words_of_its_name(atlas: Database) -> None:
    await record(atlas, [said("Apache-2.0", subject="通义万相 Wan")])
    query = "SELECT e.name FROM entity_words w JOIN entity e ON e.id = w.rowid WHERE entity_words MATCH '{}'"
    assert await column(atlas, query.format("万相")) == ["通义万相 Wan"]
    assert await column(atlas, query.format("apach")) == ["Apache-2.0"]


async def test_an_entity_that_is_told_again_has_its_words_once(atlas: Database) -> None:
    await record(atlas, [said("MIT")])
    await record(atlas, [said("MIT", source="another page")])
    assert await column(atlas, "SELECT words FROM entity_words ORDER BY words") == ["mit", "wan"]


async def test_words_of_forgotten_entities_are_gone(atlas: Database) -> None:
    await record(atlas, [said("MIT"), said("MIT", subject="Veo")])
    await atlas.write(lambda db: writing.forget(db, "us", Pattern(subject="Wan"), on(LATER)))
    assert await column(atlas, "SELECT words FROM entity_words ORDER BY words") == ["mit", "veo"]


async def test_what_refers_to_an_episode_outlives_the_telling_of_its_text(atlas: Database) -> None:
    page = told("Wan is under MIT", "2025-01-01", source="page")
    await record(atlas, [said("MIT", source=page.source.id).model_copy(update={"source": page.source})])
    mention = (
        "INSERT INTO mention (uuid, group_id, source_node_uuid, target_node_uuid, created_at)"
        " SELECT 'a mention', 'us', episode.uuid, entity.uuid, 0 FROM episode JOIN entity WHERE entity.name = 'Wan'"
    )
    await atlas.write(lambda db: db.execute(mention))
    await record(atlas, [], [page])
    assert await column(atlas, "SELECT content FROM episode") == ["Wan is under MIT"]
    assert await column(atlas, "SELECT uuid FROM mention") == ["a mention"]
    words = "SELECT e.uuid FROM episode e JOIN episode_words w ON w.rowid = e.id WHERE episode_words MATCH 'mit'"
    assert await column(atlas, words) == [str(page.source.episode("us"))]


async def test_a_belief_is_written_alike_whether_its_line_was_told_in_order_or_not(
    atlas: Database, tmp_path: Path
) -> None:
    qualifiers = {"standing": "announced", "at": "480p", "batch": 1.0}
    claims = [
        said(name, since, recorded_at=recorded, qualifiers=qualifiers)
        for name, since, recorded in (("MIT", "2024-01-01", "2025-01-01"), ("Apache", "2024-06-01", "2025-02-01"))
    ]
    other = Database(tmp_path / "other.sqlite")
    for claim in claims:
        await record(atlas, [claim])
    for claim in reversed(claims):
        await record(other, [claim])
    query = "SELECT attributes FROM edge ORDER BY uuid"
    assert await column(atlas, query) == await column(other, query)
    await other.close()


def test_the_text_of_a_claim_is_the_json_of_its_line() -> None:
    told = [
        said("MIT"),
        said(None, kind="retract", sequence=3, ref='line "7"\n'),
        said("480p", value=1.0, unit="GB", qualifiers={"standing": "宣布", "at": 1.0, "all": True}, functional=False),
        said(None, value=[1, 2.5, "é", False], tenant="us", confidence="primary", fact="一 \u2028"),
        said(None, value=False),
        said(None, value=0),
        said("x").model_copy(update={"source": Source(id="id", title="t", url="u", date="2025", commit="c")}),
    ]
    for claim in told:
        text = json.dumps(claim.line(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert claim.canonical == text
        assert Claim.model_validate_json(text) == claim


def test_a_name_has_the_id_that_the_standard_gives_it() -> None:
    for name in ("", "a claim", "图像编辑"):
        assert named(NAMESPACE_URL, name) == uuid5(NAMESPACE_URL, name)


async def test_what_a_claim_does_not_touch_keeps_its_row(atlas: Database) -> None:
    await record(atlas, [said("editing", predicate="task"), said("upscaling", predicate="task")])
    before = await column(atlas, "SELECT id || attributes FROM edge ORDER BY id")
    await record(atlas, [said("inpainting", predicate="task", recorded_at="2025-02-01")])
    assert (await column(atlas, "SELECT id || attributes FROM edge ORDER BY id"))[:2] == before


async def test_the_cycle_collector_goes_on_after_a_write_and_after_one_that_fails(atlas: Database) -> None:
    await record(atlas, [said("MIT")])
    assert gc.isenabled()
    given = {"Wan: licence: GPL": [float("nan")]}
    with pytest.raises(BadInput, match="finite"):
        await atlas.write(lambda db: writing.record(db, "us", [said("GPL", fact=min(given))], (), on(LATER), given))
    assert gc.isenabled()
    assert await column(atlas, "SELECT count(*) FROM claim") == [1]
