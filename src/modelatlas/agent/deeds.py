"""What shall be done and what was done, as lines of an answer: proposals, and the user's own runs."""

import shlex
from collections import defaultdict
from typing import Any

from modelatlas.agent.draft import Draft
from modelatlas.agent.offers import tell_candidate

Json = dict[str, Any]

_SHOWN = 12

_COSTS = {
    "gpu": ("it uses a GPU of this machine", "它要占用本机的 GPU"),
    "outbound": ("it sends what you give to another machine", "它会把你给的内容发到另一台机器"),
    "money": ("it may cost money", "它可能要花钱"),
}


def tell_proposal(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    """Which model would do it with what, why it waits, and what was settled."""
    it = result["proposal"]
    draft.actions.append(result)
    draft.say(
        f"I would run {it['tool']} with {it['model']} ({it['route']}, by {it['backend']}):",
        f"打算用 {it['model']} 运行 {it['tool']}（{it['route']}，后端 {it['backend']}）：",
    )
    for name, value in it["arguments"].items():
        draft.lines.append(f"- {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    if it["candidate"]:
        draft.say("It is chosen because it comes first on record for this:", "选择它，是因为在记录中它排在最前：")
        tell_candidate(draft, "- ", it["candidate"])
    if not it["has_place"]:
        draft.say(
            f"Nothing is told yet about where it runs: see modelatlas tools doctor {it['route']}.",
            f"还没有说明它在哪里运行：请看 modelatlas tools doctor {it['route']}。",
        )
    _tell_state(draft, result)


def _tell_state(draft: Draft, result: Json) -> None:
    it, state = result["proposal"], result["state"]
    command = shlex.join(result["command"])
    if state == "incomplete":
        missing = ", ".join(it["missing"])
        draft.unknowns.append(missing)
        draft.say(f"Say what is missing: {missing}.", f"还缺：{missing}。")
    elif state == "waiting":
        reasons = [_COSTS[cost][0 if draft.language == "en" else 1] for cost in it["costs"]]
        draft.say(
            "It waits for your approval"
            + (f", because {' and '.join(reasons)}" if reasons else "")
            + f". Run it: {command}",
            "等待你的批准" + (f"，因为{'，'.join(reasons)}" if reasons else "") + f"。运行：{command}",
        )
    elif state == "refused":
        draft.say("It was not approved; nothing was run.", "未获批准，没有运行。")
    elif state == "submitted":
        draft.say(
            f"It is job {result['job']}; modelatlas jobs show {result['job']} tells how far it is.",
            f"任务编号 {result['job']}；用 modelatlas jobs show {result['job']} 查看进度。",
        )


def tell_runs(draft: Draft, briefing: Json, arguments: Json, result: Json) -> None:
    """The user's own runs: by time, or by how well each model served."""
    if not result["runs"]:
        draft.abstain(
            "No run of yours on record is of this kind and time."
            + (f" There are {result['of']} of another." if result["of"] else " What you run with modelatlas is kept."),
            "记录中没有你在那段时间的这类运行。"
            + (f"其他运行有 {result['of']} 次。" if result["of"] else "用 modelatlas 运行过的都会留下记录。"),
        )
        return
    if result["best"]:
        _tell_best(draft, result["runs"])
        return
    for run in result["runs"][:_SHOWN]:
        draft.lines.append(f"- {_told(draft, run)}")


def _told(draft: Draft, run: Json) -> str:
    first, *about = run["facts"]
    cited = draft.cite(first) + "".join(draft.cite(fact) for fact in about if fact["predicate"] in _CITED)
    english = draft.language == "en"
    when = first["valid"]["start"][:16].replace("T", " ")
    parts = [f"{when} {run['model']} ({run['tool']})"]
    outcome = _OUTCOMES[run["outcome"]][0 if english else 1]
    if run["seconds"] is not None and run["outcome"] == "done":
        outcome += f" in {run['seconds']:g} s" if english else f"，用时 {run['seconds']:g} 秒"
    parts.append(outcome)
    if run["asked"]:
        parts.append(f"“{run['asked'][:80]}”")
    if run["inputs"]:
        parts.append(("from " if english else "输入 ") + ", ".join(run["inputs"]))
    if run["outputs"]:
        parts.append(("made " if english else "产出 ") + ", ".join(run["outputs"]))
    if run["rating"] is not None:
        parts.append(f"rated {run['rating']} of 5" if english else f"评分 {run['rating']}/5")
    return ("; " if english else "；").join(parts) + f" {cited}"


_CITED = ("run_seconds", "run_succeeded", "run_rating")
_OUTCOMES = {
    "done": ("done", "完成"),
    "failed": ("failed", "失败"),
    "cancelled": ("cancelled", "已取消"),
    "lost": ("lost", "中断"),
}


def _tell_best(draft: Draft, found: list[Json]) -> None:
    """A line a model, the one that served best first."""
    by_model: dict[str, list[Json]] = defaultdict(list)
    for run in found:
        by_model[run["model"]].append(run)

    def served(runs: list[Json]) -> tuple[float, int]:
        ratings = [run["rating"] for run in runs if run["rating"] is not None]
        done = sum(run["outcome"] == "done" for run in runs)
        return (sum(ratings) / len(ratings) if ratings else 3 * done / len(runs), done)

    for model, runs in sorted(by_model.items(), key=lambda it: served(it[1]), reverse=True):
        done = [run for run in runs if run["outcome"] == "done"]
        ratings = [run["rating"] for run in runs if run["rating"] is not None]
        cited = "".join(
            draft.cite(fact) for run in runs for fact in run["facts"] if fact["predicate"] in ("ran", "run_rating")
        )
        mean = sum(ratings) / len(ratings) if ratings else None
        draft.say(
            f"- {model}: {len(done)} of {len(runs)} runs done"
            + (f", rated {mean:.1f} of 5" if mean else "")
            + f" {cited}",
            f"- {model}：{len(runs)} 次运行，完成 {len(done)} 次"
            + (f"，平均评分 {mean:.1f}/5" if mean else "")
            + f" {cited}",
        )
