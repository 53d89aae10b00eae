"""A history as a picture: the valid × believed plane with a rectangle a belief, coarse bounds as soft edges."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from modelatlas.agent.citations import answer_of
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Fact
from modelatlas.graph.periods import Period
from modelatlas.graph.vocabulary import predicate
from modelatlas.tools.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Colour = tuple[float, float, float, float]

_MOST = 60  # rectangles that can still be told apart


def plot_timeline(found: Timeline, now: datetime, out: Path) -> None:
    """Draw a history to an .svg or .png file. Raises BadInput if there is nothing or too much to draw."""
    try:
        import matplotlib
    except ImportError:
        raise BadInput("Drawing needs matplotlib; install it with: pip install 'modelatlas[plot]'.") from None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "modelatlas"
    matplotlib.rcParams["font.sans-serif"] = [
        "Noto Sans CJK SC",
        "Noto Sans CJK JP",
        "WenQuanYi Zen Hei",
        "DejaVu Sans",
    ]
    from matplotlib import pyplot
    from matplotlib.dates import date2num

    if not found.facts:
        raise BadInput(f"Nothing was ever on record about {found.subject} here; there is nothing to draw.")
    if len(found.facts) > _MOST:
        raise BadInput(f"{len(found.facts)} beliefs are too many for one picture; name a predicate.")
    first, last = _frame(found.facts, now)
    figure, axes = pyplot.subplots(figsize=(10, 6), layout="constrained")
    axes.xaxis_date()
    axes.yaxis_date()
    labels = list(dict.fromkeys(_label(fact) for fact in found.facts))
    colours = matplotlib.colormaps["tab10" if len(labels) <= 10 else "tab20"]
    for fact in found.facts:
        _draw(axes, fact, first, last, colours(labels.index(_label(fact)) % colours.N))
    for number, label in enumerate(labels):
        axes.plot([], [], color=colours(number % colours.N), linewidth=8, label=label)
    axes.axvline(date2num(now), color="grey", linewidth=0.8, linestyle=":")
    axes.axhline(date2num(now), color="grey", linewidth=0.8, linestyle=":")
    frame = date2num(first), date2num(last)
    axes.set(xlim=frame, ylim=frame, xlabel="valid: when it is true", ylabel="believed: when it is on record")
    what = f": {predicate(found.predicate).label['en']}" if found.predicate else ""
    axes.set_title(f"{found.subject}{what}, as of {now:%Y-%m-%d} (dotted)")
    axes.legend(loc="upper left", fontsize="small", framealpha=0.9)
    try:
        figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        pyplot.close(figure)


def _label(fact: Fact) -> str:
    said = answer_of(fact.json_value(), "en")
    return said if len(said) <= 60 else said[:57] + "…"


def _frame(facts: tuple[Fact, ...], now: datetime) -> tuple[datetime, datetime]:
    instants = [now]
    for fact in facts:
        for period in (fact.valid, fact.believed):
            for bound in (period.start, period.end):
                if bound is not None:
                    instants += [bound.latest] + ([bound.earliest] if bound.earliest is not None else [])
    margin = (max(instants) - min(instants)) * 0.08 + timedelta(days=1)
    return min(instants) - margin, max(instants) + margin


def _draw(axes: "Axes", fact: Fact, first: datetime, last: datetime, colour: Colour) -> None:
    from matplotlib.dates import date2num
    from matplotlib.patches import Rectangle

    for sure, alpha in ((False, 0.18), (True, 0.45)):
        valid, believed = _extent(fact.valid, first, last, sure), _extent(fact.believed, first, last, sure)
        if valid is not None and believed is not None:
            (left, right), (low, high) = ([float(date2num(it)) for it in extent] for extent in (valid, believed))
            edge = colour if sure else "none"
            shape = Rectangle((left, low), right - left, high - low, fc=colour, ec=edge, alpha=alpha, linewidth=1.2)
            axes.add_patch(shape)


def _extent(period: Period, first: datetime, last: datetime, sure: bool) -> tuple[datetime, datetime] | None:
    """From when to when, drawn as far as it may reach or only as far as it surely does."""
    start = period.start.latest if sure else (period.start.earliest or first)
    end = last
    if period.end is not None:
        end = (period.end.earliest or first) if sure else period.end.latest
    return (start, end) if start < end else None
