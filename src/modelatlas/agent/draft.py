"""An answer in the making: its language, its lines, what it cites, where sources disagree."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from modelatlas.agent.citations import Citations, answer_of, statement, validity
from modelatlas.graph.text import is_filler

Json = dict[str, Any]

_ENGLISH = re.compile(r"[a-z]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Draft:
    """An answer in the making."""

    def __init__(self, briefing: Json) -> None:
        self.language = _language(briefing)
        self.cite = Citations(briefing["as_of"]["believed"])
        self.lines: list[str] = []
        self.candidates: list[Json] = []
        self.rejected: list[Json] = []
        self.conflicts: list[Json] = []
        self.unknowns: list[str] = []
        self.actions: list[Json] = []
        self.abstained = False

    def say(self, english: str, chinese: str) -> None:
        """A line in the language of the question."""
        self.lines.append(english if self.language == "en" else chinese)

    def tell(self, facts: Iterable[Json], mark: str = "- ") -> None:
        """A line a statement, with every fact that makes it cited."""
        marks: dict[str, str] = {}
        for fact in facts:
            said = statement(fact, self.language)
            marks[said] = marks.get(said, "") + self.cite(fact)
        self.lines += [f"{mark}{said} {cited}" for said, cited in marks.items()]

    def abstain(self, english: str, chinese: str) -> None:
        """Say that nothing on record answers, and what would."""
        self.abstained = True
        self.say(english, chinese)
        self.unknowns.append(english if self.language == "en" else chinese)


def _language(briefing: Json) -> str:
    """The language of a question's own words; a name in the other language does not count."""
    english = [word for word in _ENGLISH.findall(briefing["rest"].casefold()) if is_filler(word)]
    return "zh" if _CHINESE.search(briefing["asked"]) and len(english) < 2 else "en"


def as_of_line(briefing: Json, language: str) -> str:
    """Which time the answer is about, and by what record."""
    now = datetime.fromisoformat(briefing["now"])
    valid, believed = (datetime.fromisoformat(briefing["as_of"][axis]) for axis in ("valid", "believed"))
    if valid == believed == now:
        return f"As of now ({_day(now)}):" if language == "en" else f"截至现在（{_day(now)}）："
    if believed == now:
        day = _day(valid)
        return f"As of {day}, by what is on record now:" if language == "en" else f"{day} 的情况，按现有记录："
    if valid == believed:
        day = _day(valid)
        return f"As of {day}, by what was on record then:" if language == "en" else f"截至 {day}，按当时的记录："
    if language == "en":
        return f"As of {_day(valid)}, by what was on record on {_day(believed)}:"
    return f"{_day(valid)} 的情况，按 {_day(believed)} 的记录："


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d}"


def tell_conflicts(draft: Draft) -> None:
    """Say where sources disagree, or which is the finer date."""
    for conflict in draft.conflicts:
        taken = conflict["taken"]
        against = [fact for fact in conflict["against"] if not _agrees(fact, taken)]
        if not against:
            continue
        others = "; ".join(_against(draft, fact) for fact in against)
        said = f"{statement(taken, draft.language)} {draft.cite(taken)}"
        if taken["certainty"] == "possible" and all(it["certainty"] == "possible" for it in against):
            draft.say(
                f"The dates are too coarse to tell: {said}; or {others}", f"日期不够精确，无法断定：{said}；或 {others}"
            )
        elif conflict["compatible"]:
            draft.say(f"More exactly, perhaps: {others}", f"更精确的说法（可能）：{others}")
        else:
            draft.say(f"Sources disagree: {said}; against it: {others}", f"来源不一致：{said}；另有：{others}")


def _agrees(fact: Json, taken: Json) -> bool:
    """Whether a fact set against another says the same, and of no other time."""
    starts = {it["valid"]["start"] for it in (fact, taken)}
    return answer_of(fact, "en") == answer_of(taken, "en") and (len(starts) == 1 or None in starts)


def _against(draft: Draft, fact: Json) -> str:
    perhaps = ("perhaps " if draft.language == "en" else "可能：") if fact["certainty"] == "possible" else ""
    return f"{perhaps}{answer_of(fact, draft.language)}{validity(fact, draft.language)} {draft.cite(fact)}"
