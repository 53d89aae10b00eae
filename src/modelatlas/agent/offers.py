"""Candidates and rejected models as lines of an answer."""

from typing import Any

from modelatlas.agent.citations import answer_of
from modelatlas.agent.draft import Draft

Json = dict[str, Any]


def tell_candidate(draft: Draft, mark: str, it: Json) -> None:
    """A model that may fit: what it meets, the terms of its score, what is unknown, what came after it."""
    by_id = {fact["id"]: fact for fact in it["facts"]}
    met = []
    for finding in it["findings"]:
        if finding["verdict"] == "met":
            met.append(_cited(draft, finding, by_id))
    terms = ", ".join(f"{name} {value:.2f}" for name, value in it["terms"].items())
    score = f"score {it['score']:.2f}: {terms}" if draft.language == "en" else f"得分 {it['score']:.2f}：{terms}"
    joint = "; " if draft.language == "en" else "；"
    draft.lines.append(f"{mark}{it['model']} — {joint.join(met)} ({score})")
    unknown = [finding for finding in it["findings"] if finding["verdict"] == "unknown"]
    for finding in unknown:
        said = _cited(draft, finding, by_id)
        draft.say(f"   unknown: {said}", f"   未知：{said}")
    after = [fact for fact in it["facts"] if fact["predicate"] == "successor"]
    if after:
        names = ", ".join(f"{fact['object']} {draft.cite(fact)}" for fact in after)
        draft.say(f"   successors: {names}", f"   后继：{names}")
    draft.conflicts += it["conflicts"]
    draft.unknowns += [f"{it['model']}: {text}" for text in it["unknowns"]]


_ZH = {
    ("runnable", "met"): "可运行：{what}",
    ("runnable", "broken"): "无法取得或运行：{what}",
    ("runnable", "unknown"): "能否运行没有记录",
    ("input_modality", "met"): "输入 {what}",
    ("input_modality", "broken"): "不接受所需输入（只有 {what}）",
    ("input_modality", "unknown"): "输入类型没有记录",
    ("output_modality", "met"): "输出 {what}",
    ("output_modality", "broken"): "不产生所需输出（只有 {what}）",
    ("output_modality", "unknown"): "输出类型没有记录",
    ("commercial", "met"): "许可可商用：{what}",
    ("commercial", "broken"): "许可不可商用：{what}",
    ("commercial", "unknown"): "能否商用未定：{what}",
    ("max_vram_gb", "met"): "显存 {what}",
    ("max_vram_gb", "broken"): "显存不够，需 {what}",
    ("max_vram_gb", "unknown"): "显存需求没有记录",
    ("open_weights", "met"): "权重公开：{what}",
    ("open_weights", "broken"): "权重未公开：{what}",
    ("open_weights", "unknown"): "权重是否公开没有记录",
    ("language", "met"): "语言：{what}",
    ("language", "broken"): "语言不支持：{what}",
    ("language", "unknown"): "语言支持没有记录",
    ("min_seconds", "met"): "时长 {what}",
    ("min_seconds", "broken"): "时长不够：{what}",
    ("min_seconds", "unknown"): "可生成时长没有记录",
    ("min_resolution", "met"): "分辨率 {what}",
    ("min_resolution", "broken"): "分辨率不够：{what}",
    ("min_resolution", "unknown"): "分辨率没有记录",
    ("task", "broken"): "用于其他任务：{what}",
    ("max_price", "met"): "价格 {what}",
    ("max_price", "broken"): "价格过高：{what}",
    ("max_price", "unknown"): "价格没有记录",
}


def _cited(draft: Draft, finding: Json, by_id: dict[str, Json]) -> str:
    marks = dict.fromkeys(draft.cite(by_id[fact]) for fact in finding["facts"] if fact in by_id)
    return f"{_finding(finding, by_id, draft.language)} {''.join(marks)}".strip()


def _finding(finding: Json, by_id: dict[str, Json], language: str) -> str:
    if language == "en":
        return str(finding["reason"])
    facts = [by_id[fact] for fact in finding["facts"] if fact in by_id]
    said = [answer_of({**it, "value": None} if isinstance(it["value"], bool) else it, "zh") for it in facts]
    what = "、".join(dict.fromkeys(said)) or "没有记录"
    return _ZH[finding["constraint"], finding["verdict"]].format(what=what)


def tell_rejection(draft: Draft, it: Json) -> None:
    """A model that does not fit: why, what came after it, what is only promised."""
    by_id = {fact["id"]: fact for fact in it["facts"]}
    reasons = [_cited(draft, finding, by_id) for finding in it["findings"]]
    after = [fact for fact in it["facts"] if fact["predicate"] == "successor"]
    if after:
        names = ", ".join(f"{fact['object']} {draft.cite(fact)}" for fact in after)
        reasons.append(f"successor: {names}" if draft.language == "en" else f"后继：{names}")
    joint = "; " if draft.language == "en" else "；"
    draft.lines.append(f"- {it['model']} — {joint.join(reasons)}")
    draft.tell(it["promises"], "   ")
