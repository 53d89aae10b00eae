"""Candidates and rejected models as lines of an answer."""

from collections.abc import Callable
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


_ZH: dict[tuple[str, str], Callable[[str], str]] = {
    ("runnable", "met"): lambda what: f"可运行：{what}",
    ("runnable", "broken"): lambda what: f"无法取得或运行：{what}",
    ("runnable", "unknown"): lambda _: "能否运行没有记录",
    ("input_modality", "met"): lambda what: f"输入 {what}",
    ("input_modality", "broken"): lambda what: f"不接受所需输入（只有 {what}）",
    ("input_modality", "unknown"): lambda _: "输入类型没有记录",
    ("output_modality", "met"): lambda what: f"输出 {what}",
    ("output_modality", "broken"): lambda what: f"不产生所需输出（只有 {what}）",
    ("output_modality", "unknown"): lambda _: "输出类型没有记录",
    ("commercial", "met"): lambda what: f"许可可商用：{what}",
    ("commercial", "broken"): lambda what: f"许可不可商用：{what}",
    ("commercial", "unknown"): lambda what: f"能否商用未定：{what}" if what else "许可证没有记录",
    ("max_vram_gb", "met"): lambda what: f"显存 {what}",
    ("max_vram_gb", "broken"): lambda what: f"显存不够，需 {what}",
    ("max_vram_gb", "unknown"): lambda _: "显存需求没有记录",
    ("open_weights", "met"): lambda what: f"权重公开：{what}",
    ("open_weights", "broken"): lambda what: f"权重未公开：{what}",
    ("open_weights", "unknown"): lambda _: "权重是否公开没有记录",
    ("language", "met"): lambda what: f"语言：{what}",
    ("language", "broken"): lambda what: f"语言不支持：{what}",
    ("language", "unknown"): lambda _: "语言支持没有记录",
    ("min_seconds", "met"): lambda what: f"时长 {what}",
    ("min_seconds", "broken"): lambda what: f"时长不够：{what}",
    ("min_seconds", "unknown"): lambda _: "可生成时长没有记录",
    ("min_resolution", "met"): lambda what: f"分辨率 {what}",
    ("min_resolution", "broken"): lambda what: f"分辨率不够：{what}",
    ("min_resolution", "unknown"): lambda _: "分辨率没有记录",
    ("task", "broken"): lambda what: f"用于其他任务：{what}",
    ("max_price", "met"): lambda what: f"价格 {what}",
    ("max_price", "broken"): lambda what: f"价格过高：{what}",
    ("max_price", "unknown"): lambda _: "价格没有记录",
}


def _cited(draft: Draft, finding: Json, by_id: dict[str, Json]) -> str:
    marks = dict.fromkeys(draft.cite(by_id[fact]) for fact in finding["facts"] if fact in by_id)
    return f"{_finding(finding, by_id, draft.language)} {''.join(marks)}".strip()


def _finding(finding: Json, by_id: dict[str, Json], language: str) -> str:
    if language == "en":
        return str(finding["reason"])
    facts = [by_id[fact] for fact in finding["facts"] if fact in by_id]
    said = [answer_of({**it, "value": None} if isinstance(it["value"], bool) else it, "zh") for it in facts]
    return _ZH[finding["constraint"], finding["verdict"]]("、".join(dict.fromkeys(said)))


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
