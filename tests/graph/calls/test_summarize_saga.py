"""Graphiti.summarize_saga: what was added since the last summary is added to it."""

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import SagaNode
from scripted import ScriptedLLM
from town import DAY, NOW, part_of, saga, talk

pytest_plugins = ("graph_drivers",)


async def tell(driver: GraphDriver, story: SagaNode, content: str, said: int, saved: int) -> None:
    """Save an episode of the saga, said and saved some days after NOW."""
    times = {"valid_at": NOW + said * DAY, "created_at": NOW + saved * DAY}
    episode = talk(content, story.group_id, content, **times)
    await episode.save(driver)
    await part_of(story, episode).save(driver)


async def test_the_first_summary_reads_everything_in_the_order_it_was_said(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    story = saga("旅行", group)
    await story.save(driver)
    await tell(driver, story, "Ann went to Kyoto", said=5, saved=1)
    await tell(driver, story, "Ann left Paris", said=3, saved=2)
    await talk("elsewhere", group, "not of the story").save(driver)
    llm.answers("SagaSummary", {"summary": "Ann travels 旅行"})
    result = await graphiti.summarize_saga(story.uuid)
    (prompt,) = llm.prompts("SagaSummary")
    assert 0 < prompt.index("Ann left Paris") < prompt.index("Ann went to Kyoto")
    assert "not of the story" not in prompt
    saved = await SagaNode.get_by_uuid(driver, story.uuid)
    assert saved.summary == result.summary == "Ann travels 旅行"
    assert saved.last_summarized_at == NOW + 2 * DAY
    assert saved.last_summarized_episode_valid_at == NOW + 5 * DAY
    assert (saved.name, saved.created_at) == ("旅行", NOW)


async def test_the_next_summary_reads_only_what_is_new(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    story = saga("diary", group)
    await story.save(driver)
    await tell(driver, story, "Ann left Paris", said=3, saved=1)
    llm.answers("SagaSummary", {"summary": "the first summary"})
    await graphiti.summarize_saga(story.uuid)
    await tell(driver, story, "Ann was born", said=-9, saved=2)
    llm.answers("SagaSummary", {"summary": "the second summary"})
    await graphiti.summarize_saga(story.uuid)
    prompt = llm.prompts("SagaSummary")[1]
    assert "Ann was born" in prompt
    assert "the first summary" in prompt
    assert "Ann left Paris" not in prompt
    saved = await SagaNode.get_by_uuid(driver, story.uuid)
    assert (saved.summary, saved.last_summarized_at) == ("the second summary", NOW + 2 * DAY)
    assert saved.last_summarized_episode_valid_at == NOW + 3 * DAY
    await graphiti.summarize_saga(story.uuid)
    assert len(llm.prompts("SagaSummary")) == 2


async def test_a_long_saga_is_summarised_from_its_oldest_on(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    story = saga("diary", group)
    await story.save(driver)
    for number in range(23):
        await tell(driver, story, f"entry <{number}>", said=number, saved=number)
    llm.answers("SagaSummary", {"summary": "so far"})
    assert (await graphiti.summarize_saga(story.uuid)).last_summarized_at == NOW + 19 * DAY
    assert (await graphiti.summarize_saga(story.uuid)).last_summarized_at == NOW + 22 * DAY
    first, second = llm.prompts("SagaSummary")
    assert "entry <0>" in first
    assert "entry <19>" in first
    assert "entry <20>" not in first
    assert "entry <19>" not in second
    assert "entry <22>" in second


async def test_a_saga_of_nothing_and_no_saga(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    story = saga("empty", group)
    await story.save(driver)
    assert (await graphiti.summarize_saga(story.uuid)).summary == ""
    assert llm.asked == []
    with pytest.raises(NodeNotFoundError):
        await graphiti.summarize_saga("no saga")
