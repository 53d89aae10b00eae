"""Models side by side, and one thing at two times, as lines of an answer."""

from typing import Any

from modelatlas.agent.citations import answer_of, validity
from modelatlas.agent.draft import Draft
from modelatlas.agent.intent import focused
from modelatlas.graph.vocabulary import predicate

Json = dict[str, Any]


def tell_comparison(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    """Models side by side, predicate by predicate."""
    for row in result["rows"]:
        if row["predicate"] in ("benchmark", "spec", "speed") and not arguments["predicates"]:
            continue
        label = predicate(row["predicate"]).label[draft.language]
        draft.lines.append(f"{label}{':' if draft.language == 'en' else '：'}")
        for model in result["models"]:
            cell = row["cells"][model]
            cell = focused(cell, briefing["rest"]) if arguments["predicates"] else cell[:4]
            said = [f"{_own(fact, model)}{_compared(fact, draft.language)} {draft.cite(fact)}" for fact in cell]
            unknown = "unknown" if draft.language == "en" else "未知"
            draft.lines.append(f"- {model}: {'; '.join(said) or unknown}")
    shown = {fact["id"] for fact in draft.cite.facts}
    draft.conflicts += [it for it in result["conflicts"] if it["taken"]["id"] in shown]
    draft.unknowns += [f"{model}: {', '.join(names)}" for model, names in result["unknowns"].items() if names]
    if not draft.cite.facts:
        draft.abstain("Nothing was on record then about any of them.", "当时没有关于它们的记录。")


def _compared(fact: Json, language: str) -> str:
    since = validity(fact, language) if fact["predicate"] == "availability" else ""
    return f"{answer_of(fact, language)}{since}"


def _own(fact: Json, model: str) -> str:
    return "" if fact["subject"] == model else f"{fact['subject']}: "


def tell_difference(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    """What is otherwise at the second of two times."""
    start, end = str(result["before"]["valid"])[:10], str(briefing["as_of"]["valid"])[:10]
    draft.say(f"{result['subject']}, from {start} to {end}:", f"{result['subject']}，{start} 至 {end}：")
    for change in result["changed"]:
        was = "; ".join(f"{answer_of(it, draft.language)} {draft.cite(it)}" for it in change["before"])
        now = "; ".join(f"{answer_of(it, draft.language)} {draft.cite(it)}" for it in change["after"])
        label = predicate(change["after"][0]["predicate"]).label[draft.language]
        draft.lines.append(f"- {label}: {was} → {now}")
    for facts, english, chinese in ((result["added"], "new", "新增"), (result["ended"], "ended", "结束")):
        draft.tell(facts, f"- {english if draft.language == 'en' else chinese}: ")
    if not (result["changed"] or result["added"] or result["ended"]):
        draft.say("Nothing on record changed.", "没有记录到变化。")
