"""What tool results come to, said in the question's language with the as-of, citations, conflicts and unknowns."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from modelatlas.agent.citations import date_of, statement
from modelatlas.agent.deeds import tell_proposal, tell_runs
from modelatlas.agent.draft import Draft, as_of_line, tell_conflicts
from modelatlas.agent.intent import Intent, answers, focused
from modelatlas.agent.offers import tell_candidate, tell_rejection
from modelatlas.agent.side_by_side import tell_comparison, tell_difference
from modelatlas.graph.vocabulary import predicate, tasks

Json = dict[str, Any]
Called = list[tuple[str, Json, Json]]

_SHOWN = 14  # facts said of a thing as a whole, or hits of a search


def phrase(briefing: Json, intent: Intent, called: Called) -> Json:
    """The answer to a question out of the results of its tool calls."""
    draft = Draft(briefing)
    draft.lines.append(as_of_line(briefing, draft.language))
    for unclear in briefing["unclear"]:
        name, subjects = unclear["name"], ", ".join(unclear["subjects"][:8])
        count = len(unclear["subjects"])
        draft.abstain(
            f"{count} things on record are called {name!r}, such as {subjects}; ask by one of these names.",
            f"有 {count} 个记录都叫“{name}”，例如 {subjects}；请用其中一个名字提问。",
        )
    for name, arguments, result in called:
        if "error" in result:
            draft.abstain(result["error"], result["error"])
        else:
            _SAYING[name](draft, briefing, arguments, result)
    tell_conflicts(draft)
    text = "\n".join(draft.lines)
    if draft.cite.facts:
        text += ("\n\nSources:\n" if draft.language == "en" else "\n\n来源：\n") + draft.cite.listed(draft.language)
    return {
        "answer": text,
        "language": draft.language,
        "intent": "unknown" if draft.abstained and not draft.cite.facts else intent,
        "as_of": briefing["as_of"],
        "facts": draft.cite.facts,
        "candidates": draft.candidates,
        "rejected": draft.rejected,
        "conflicts": draft.conflicts,
        "unknowns": draft.unknowns,
        "abstained": draft.abstained,
        "actions": draft.actions,
    }


def _recall(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    wanted, promises = arguments["predicates"], result["promises"]
    facts = focused(result["facts"], briefing["rest"]) if wanted else _telling(result["facts"], draft.language)
    if any(fact["predicate"] == "access" and "shut down" in str(fact["object"]) for fact in facts):
        facts = [fact for fact in facts if fact["predicate"] != "availability"]  # what was released is gone
    told = {fact["id"] for fact in facts}
    draft.conflicts += [it for it in result["conflicts"] if it["taken"]["id"] in told]
    draft.tell(facts)
    draft.tell(promises)
    if not facts and not promises:
        _nothing(draft, result["subject"], wanted)
    _elsewhere(draft, briefing, result["elsewhere"])
    told_of = {fact["predicate"] for fact in result["facts"] + promises}
    missing = [name for name in wanted if name not in told_of]
    if len(missing) < len(wanted) and not {"access", "availability"} <= set(wanted):
        draft.unknowns += [predicate(name).label[draft.language] for name in missing if not _asked_with(name, told_of)]


def _asked_with(missing: str, told_of: Iterable[str]) -> bool:
    """Whether words that ask for a predicate ask for another as well, of which something is told."""
    words = {*predicate(missing).aliases, *predicate(missing).label.values()}
    return any(words & {*predicate(name).aliases, *predicate(name).label.values()} for name in told_of)


def _elsewhere(draft: Draft, briefing: Json, facts: list[Json]) -> None:
    """When what is on record begins, or when it had ended, if nothing is for the time asked about."""
    asked = datetime.fromisoformat(briefing["as_of"]["valid"])
    later = [it["valid"] for it in facts if datetime.fromisoformat(it["valid"]["start"]) > asked]
    if later:
        day = date_of(min(later, key=lambda valid: str(valid["start"])), "start", draft.language)
        draft.say(f"What is on record begins {day}.", f"相关记录从 {day} 开始。")
    elif facts:
        day = date_of(max((it["valid"] for it in facts), key=lambda valid: str(valid["end"])), "end", draft.language)
        draft.say(f"What is on record had ended {day}.", f"相关记录到 {day} 为止。")


def _telling(facts: list[Json], language: str) -> list[Json]:
    """Of all about a thing, what tells most: what it is, does, needs and may be used for."""
    names = [*(["summary"] if language == "zh" else []), *_TELLING]
    told: list[Json] = []
    for name in names:
        told += [fact for fact in facts if fact["predicate"] == name][:3]
    rest = [fact for fact in facts if fact not in told and fact["predicate"] not in ("name", "heading", "summary")]
    return (told + rest)[:_SHOWN] or facts[:_SHOWN]


_TELLING = (
    "organisation",
    "task",
    "input_modality",
    "output_modality",
    "current_version",
    "availability",
    "access",
    "runnable",
    "licence_weights",
    "licence_code",
    "min_vram",
    "parameters",
    "successor",
    "release_date",
)


def _nothing(draft: Draft, subject: str, wanted: Iterable[str]) -> None:
    if not wanted:
        draft.abstain(
            f"Nothing in sight of this as-of is about {subject}. A dated source about it would be needed.",
            f"这一时间点没有关于 {subject} 的记录。需要一个有日期、关于它的来源。",
        )
        return
    english = ", ".join(predicate(name).label["en"] for name in wanted)
    chinese = "、".join(predicate(name).label["zh"] for name in wanted)
    draft.abstain(
        f"Nothing in sight of this as-of says it of {subject}: {english}. A dated source that states it would.",
        f"这一时间点没有关于 {subject} 的记录：{chinese}。需要一个有日期、说明此事的来源。",
    )


def _when(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    facts = result["facts"]
    ending = "api_shutdown_date" in arguments["predicates"]
    if ending:
        facts = [fact for fact in facts if fact["predicate"] != "access" or "shut" in str(fact["object"])]
    facts = focused(facts, briefing["rest"])
    told = {fact["id"] for fact in facts}
    draft.conflicts += [it for it in result["conflicts"] if it["taken"]["id"] in told]
    draft.tell(facts[:_SHOWN])
    draft.tell(result["promises"])
    if not facts and not result["promises"]:
        _nothing(draft, result["subject"], arguments["predicates"])


def _recommend(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    draft.candidates, draft.rejected = result["candidates"], result["rejected"]
    label = tasks()[result["task"]].label
    sure = [it for it in result["candidates"] if not it["unknowns"]]
    unsure = [it for it in result["candidates"] if it["unknowns"]]
    if sure:
        draft.say(f"For {label['en']}, what you asked for is met by:", f"“{label['zh']}”，满足全部条件的有：")
    elif unsure:
        draft.say(
            f"For {label['en']}, nothing surely meets all you asked for.",
            f"“{label['zh']}”，没有确定满足全部条件的模型。",
        )
    else:
        draft.abstain(
            f"Nothing on record then fits {label['en']} with these needs.",
            f"当时的记录中没有符合这些条件的“{label['zh']}”模型。",
        )
    for number, it in enumerate(sure, 1):
        tell_candidate(draft, f"{number}. ", it)
    if unsure:
        draft.say("Perhaps, with something not on record:", "可能合适，但有条件没有记录：")
        for it in unsure:
            tell_candidate(draft, "- ", it)
    if result["rejected"]:
        draft.say("Not these:", "不合适的：")
        for it in result["rejected"]:
            tell_rejection(draft, it)


def _why_not(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    if "rejected" in result:
        draft.rejected.append(result["rejected"])
        draft.say(f"{result['model']} is not offered because:", f"不推荐 {result['model']}，因为：")
        tell_rejection(draft, result["rejected"])
    elif "candidate" in result:
        draft.candidates.append(result["candidate"])
        label = tasks()[result["task"]].label
        draft.say(
            f"Nothing on record speaks against {result['model']} for {label['en']}; it would be offered:",
            f"记录中没有不用 {result['model']} 做“{label['zh']}”的理由，它在候选之列：",
        )
        tell_candidate(draft, "- ", result["candidate"])
    else:
        draft.abstain(
            f"Which task {result['model']} is for was not on record then.",
            f"当时没有记录 {result['model']} 用于什么任务。",
        )


def _timeline(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    for fact in result["facts"]:
        since = date_of(fact["believed"], "start", draft.language)
        until = date_of(fact["believed"], "end", draft.language) if _ended(fact, briefing) else ""
        known = f"{since} – {until}" if until else f"{since} –"
        draft.lines.append(f"- {known}: {statement(fact, draft.language)} {draft.cite(fact)}")
    if not result["facts"]:
        _nothing(draft, result["subject"], arguments["predicates"])


def _changes(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    if result["facts"]:
        _timeline(draft, briefing, {"predicates": []}, result)
    else:
        draft.say(
            f"Nothing on record about {result['subject']} changed; say since when to compare two times.",
            f"没有记录到 {result['subject']} 的变化；请说明从何时起，以便比较。",
        )


def _having(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    draft.tell(result["facts"])
    if not result["facts"]:
        _search_nothing(draft)


def _search(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    names = [it["name"] for it in briefing["unknown_names"]]
    found = [hit for hit in result["hits"] if answers(briefing["text"], briefing["rest"], names, _text(hit))]
    for hit in found:
        if hit["fact"]:
            draft.tell([hit["fact"]])
        else:
            said = hit["episode"]
            text = " ".join(said["text"].split())[:300]
            draft.lines.append(f"- {said['said'][:10]} {said['speaker'] or said['name']}: {text}")
    for unknown in briefing["unknown_names"] if not found else ():
        near, name = unknown["nearest"], unknown["name"]
        draft.abstain(
            f"Nothing is on record about {name!r}." + (f" Nearest names: {', '.join(near)}." if near else ""),
            f"没有关于“{name}”的记录。" + (f"相近的名字：{'、'.join(near)}。" if near else ""),
        )
    if not found and not briefing["unknown_names"]:
        _search_nothing(draft)


def _search_nothing(draft: Draft) -> None:
    draft.abstain(
        "Nothing on record answers this. Name a model, or a task with what it must meet; or give me a source that"
        " states it (modelatlas ingest FILE).",
        "记录中没有能回答这个问题的内容。请说出模型的名字，或任务和条件；"
        "或者提供说明此事的来源（modelatlas ingest 文件）。",
    )


def _text(hit: Json) -> str:
    return str(hit["fact"]["fact"] if hit["fact"] else hit["episode"]["text"])


def _ended(fact: Json, briefing: Json) -> bool:
    """Whether a belief had ended by the time asked about; a later end was not known then."""
    end = fact["believed"]["end"]
    return end is not None and datetime.fromisoformat(end) <= datetime.fromisoformat(briefing["as_of"]["believed"])


_SAYING: dict[str, Callable[[Draft, Json, Json, Json], None]] = {
    "recall": _recall,
    "when": _when,
    "recommend": _recommend,
    "why_not": _why_not,
    "compare": tell_comparison,
    "diff": tell_difference,
    "timeline": _timeline,
    "changes": _changes,
    "having": _having,
    "search": _search,
    "runs": tell_runs,
    "propose": tell_proposal,
}
