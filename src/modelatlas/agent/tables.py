"""Results as a person reads them in a terminal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modelatlas.agent.citations import Citations, answer_of, date_of, statement
from modelatlas.graph.difference import Difference
from modelatlas.graph.facts import Fact, Hit
from modelatlas.graph.vocabulary import predicate
from modelatlas.ingest.pipeline import Summary
from modelatlas.tools.compare import Comparison
from modelatlas.tools.recall import Recalled
from modelatlas.tools.recommend import Recommendation
from modelatlas.tools.timeline import Timeline

if TYPE_CHECKING:
    from rich.table import Table


def recalled_text(found: Recalled) -> str:
    """The facts taken, what is only promised, where sources disagree."""
    cite = Citations()
    lines = _told([*found.resolved, *found.promises], cite)
    for conflict in found.conflicts:
        against = "; ".join(f"{answer_of(it.json_value(), 'en')} {cite(it.json_value())}" for it in conflict.against)
        said = "More exactly, perhaps" if conflict.compatible else "Sources disagree"
        taken = conflict.taken.json_value()
        lines.append(f"{said}: {statement(taken, 'en')} {cite(taken)}; against it: {against}")
    return _with_sources(lines or ["Nothing is in sight of this as-of."], cite)


def hits_text(found: Sequence[Hit]) -> str:
    """Search results, best first."""
    cite, lines = Citations(), []
    for hit in found:
        if hit.fact:
            lines += _told([hit.fact], cite)
        elif hit.episode:
            said = hit.episode
            text = " ".join(said.text.split())[:200]
            lines.append(f"- {said.said:%Y-%m-%d} {said.speaker or said.name}: {text}")
    return _with_sources(lines or ["Nothing is found."], cite)


def timeline_text(found: Timeline) -> str:
    """Every belief ever held, with when it was on record."""
    cite, lines = Citations(), []
    for fact in found.facts:
        told = fact.json_value()
        since, until = date_of(told["believed"], "start", "en"), date_of(told["believed"], "end", "en")
        lines.append(f"- on record {since} – {until or 'now'}: {statement(told, 'en')} {cite(told)}")
    return _with_sources(lines or [f"Nothing was ever on record about {found.subject} here."], cite)


def difference_text(found: Difference) -> str:
    """What changed, came and ended."""
    cite, lines = Citations(), []
    for change in found.changed:
        was = "; ".join(f"{answer_of(it.json_value(), 'en')} {cite(it.json_value())}" for it in change.before)
        came = "; ".join(f"{answer_of(it.json_value(), 'en')} {cite(it.json_value())}" for it in change.after)
        label = predicate(change.after[0].predicate).label["en"]
        lines.append(f"~ {change.after[0].subject} {label}: {was} → {came}")
    lines += _told(found.added, cite, "+ ") + _told(found.ended, cite, "- ")
    return _with_sources(lines or ["Nothing differs."], cite)


def recommendation_text(found: Recommendation) -> str:
    """The candidates with the terms of their score, and the rejected with the reasons."""
    cite, lines = Citations(), []
    for it in found.candidates:
        terms = ", ".join(f"{name} {term:.2f}" for name, term in it.terms.items())
        lines.append(f"{'?' if it.unknowns else '+'} {it.model} (score {it.score:.2f}: {terms})")
        for finding in it.findings:
            marks = "".join(cite(fact.json_value()) for fact in finding.facts)
            lines.append(f"    {finding.verdict}: {finding.reason} {marks}".rstrip())
        if it.successors:
            lines.append(f"    successors: {', '.join(it.successors)}")
    for rejected in found.rejected:
        marks = "".join(cite(fact.json_value()) for finding in rejected.findings for fact in finding.facts)
        after = f"; successor {', '.join(rejected.successors)}" if rejected.successors else ""
        lines.append(f"- {rejected.model}: {'; '.join(rejected.reasons)}{after} {marks}")
    return _with_sources(lines or ["No model for this task is on record then."], cite)


def comparison_table(found: Comparison) -> "Table":
    """Models side by side."""
    from rich.table import Table

    table = Table(show_lines=True)
    for name in ("", *found.models):
        table.add_column(name, overflow="fold")
    for row in found.rows:
        cells = []
        for model in found.models:
            said = [
                ("" if fact.subject == model else f"{fact.subject}: ") + answer_of(fact.json_value(), "en")
                for fact in row.cells[model]
            ]
            cells.append("\n".join(said) or "unknown")
        table.add_row(predicate(row.predicate).label["en"], *cells)
    return table


def summary_text(found: Summary, dry_run: bool) -> str:
    """What an ingestion did or would do."""
    did = "would be " if dry_run else ""
    text = f"{found.new:,} claims {did}new, {found.known:,} already known, {found.rejections:,} rejected"
    text += f"; {found.episodes:,} documents {did}new"
    return text + (f"; {found.forgotten:,} forgotten earlier and left out." if found.forgotten else ".")


def status_text(found: dict[str, Any]) -> str:
    """Where the atlas is and how much is in it."""
    return "\n".join(
        f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}"
        for name, value in found.items()
        if value is not None
    )


def _told(facts: Iterable[Fact], cite: Citations, mark: str = "- ") -> list[str]:
    return [f"{mark}{statement(it, 'en')} {cite(it)}" for it in (fact.json_value() for fact in facts)]


def _with_sources(lines: list[str], cite: Citations) -> str:
    return "\n".join(lines) + (f"\n\nSources:\n{cite.listed('en')}" if cite.facts else "")
