"""What a question asks for, by rules: an intent and the calls that answer it. No model is needed for this."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from modelatlas.agent.needs import needs
from modelatlas.agent.orders import order
from modelatlas.graph.dates import Value
from modelatlas.graph.text import folded, is_filler, query_words, words
from modelatlas.graph.vocabulary import (
    mentioned_modalities,
    mentioned_predicates,
    mentioned_tasks,
    modalities,
    predicate,
    predicates,
    tasks,
)
from modelatlas.tools.actions.action import ACTIONS

Intent = Literal["which-model", "why-not", "what-is", "when", "compare", "changed", "history", "act", "runs", "unknown"]

_COMPARE = re.compile(
    r"\bcompar|\bversus\b|\bvs\b|\bdifferences? between|\bbetter than\b|对比|比较|相比|区别|差别|哪个更|比起"
)
_CHANGED = re.compile(
    r"\bchang|\bwhat'?s new|\bwhat is new|\bdiffers?\b|变化|变了|改变|变更|有何不同|有什么不同|更新了"
)
_NEW = re.compile(r"\bwhat(?:'?s| is) new\b")
_WHY_NOT = re.compile(
    r"\bwhy (?:not|isn'?t|wasn'?t|can'?t|aren'?t|did(?:n'?t| not)|is [^?]*\bnot|was [^?]*\b(?:not|rejected))"
    r"|为什么(?:不|没)|为何(?:不|没)|怎么不"
)
_HISTORY = re.compile(r"\bhistory\b|\btimeline\b|\bover time\b|\bevol|历史|时间线|演变|沿革")
_WHICH = re.compile(
    r"\bwhich\b|\bwhat\b[^?]*\bmodels?\b|\brecommend|\bsuggest|\bis there\b|\bbest\b|\bfind\b|\blist\b"
    r"|\bmodels? (?:for|to|that|can)\b"
    r"|哪个|哪些|哪款|推荐|适合|有没有|有什么|有哪|找一|什么模型|用什么"
)
_WHICH_MODEL = re.compile(r"\b(?:which|what)\b[^?]*\bmodels?\b|(?:哪个|哪些|哪款|什么|哪种)[^，。？]{0,12}模型")
_WHEN = re.compile(r"\bwhen\b|\bwhat (?:date|day)\b|\bhow long until\b|什么时候|何时|哪天|哪一天|几号|几时|多久")
_STILL = re.compile(r"\b(?:up|available|online|alive|offered|usable)\b|还能用|能用吗|可用|还在")
_RELEASE = re.compile(r"\breleases?\b|发布(?:日期|时间|日)")
_SHUT = re.compile(
    r"\bshut|\bstop|\bretir|\bsunset|\bdiscontinu|\bend of life|\bdeprecat|停止|下线|关停|关闭|停服|退役|弃用"
)
_RELEASED = re.compile(
    r"\breleas|\bcome out|\bcame out|\bpublish|\blaunch|\bopen[- ]sourced|发布|推出|上线|开源|问世|公布"
)

_PRONOUN = re.compile(r"\b(?:it|its|their|they|them|that one|this one)\b|它|其|该模型|这个模型|那个模型")
_NAME_LIKE = re.compile(r"[A-Za-z]+[-_.]?\d[\w.-]*|[A-Z][a-z]+[A-Z]\w*|[A-Z]\w*(?:-[A-Z]\w*)+")
_CAPITALISED = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*")
_GENERIC = frozenset(["model", "模型"])
_COVERED = 0.6  # share of a question's words that a found text must have to count as an answer
_COVERED_BESIDE_NAMES = 0.5  # the same of the words beside the names on record

_OWN_RUNS = re.compile(
    r"\b(?:did|have|had) (?:i|we) (?:\w+ )?(?:make|made|run|ran|generate|generated|create|created|render|rendered)\b"
    r"|\bworked (?:best |well )?for (?:me|us)\b|\b(?:i|we) (?:made|ran|generated|rendered)\b|\bmy (?:last |own )?runs\b"
    r"|\bwhich model (?:made|rendered|generated|produced)\b"
    r"|[我我们](?:\S{0,6})(?:做|生成|跑|运行|渲染)(?:过|了)|对我(?:来说|而言)?\S{0,8}(?:好用|有效|管用)|我\S{0,6}用着?\S{0,6}好"
    r"|哪个模型(?:做|生成|渲染)的|是\S{0,4}哪个模型(?:做|生成|渲染)|我的运行"
)
_BEST = re.compile(r"\bworked\b|\bbest\b|好用|有效|管用|最好|用着?\S{0,6}好")

_ENDS = ("api_shutdown_date", "access")
_BEGINS = ("release_date", "availability", "report_date")
_STATE = ("access", "api_shutdown_date", "api_model_id", "availability")


class Plan(Value):
    """The intent of a question and the tool calls that answer it, as (name, arguments)."""

    intent: Intent
    calls: tuple[tuple[str, dict[str, Any]], ...]


class Question(Value):
    """A question taken apart: its words without names and times, what is named, what could be asked of it.

    `own_predicates` are those on record about the named, listed in the vocabulary or not. `wish` is the question with
    its times and without its names, `attachments` the files that came with it.
    """

    wish: str
    attachments: tuple[str, ...]
    text: str
    rest: str
    subjects: tuple[str, ...]
    own_predicates: tuple[str, ...]
    compares_times: bool


def plan(question: Question) -> Plan:
    """Which tools answer the question; an empty plan is one that nothing on record can answer."""
    rest, subjects = folded(question.rest), question.subjects
    if _OWN_RUNS.search(folded(question.wish)):
        return Plan(intent="runs", calls=(("runs", _runs(question)),))
    if (asked_for := order(question.wish, question.attachments)) is not None:
        by_name = subjects[0] if subjects and folded(question.rest) != folded(question.text) else None
        wish = {**asked_for.model_dump(), "model": by_name, "needs": needs(question.rest).model_dump()}
        return Plan(intent="act", calls=(("propose", {"wish": wish}),))
    if _names_another(question):
        return Plan(intent="unknown", calls=(("search", {"text": question.text}),))
    asked = _asked(question)
    if len(subjects) > 1 and (_COMPARE.search(rest) or not question.compares_times):
        models: dict[str, Any] = {"models": list(subjects), "predicates": list(asked)}
        if _COMPARE.search(rest) or not _which(rest):
            return Plan(intent="compare", calls=(("compare", models),))
    if subjects and (question.compares_times or _CHANGED.search(rest)):
        if question.compares_times:
            return Plan(intent="changed", calls=tuple(("diff", {"subject": subject}) for subject in subjects))
        if asked and not _NEW.search(rest):
            return Plan(intent="changed", calls=_each("timeline", subjects, asked))
        return Plan(intent="changed", calls=tuple(("changes", {"subject": subject}) for subject in subjects))
    if subjects and _WHY_NOT.search(rest):
        wanted = _wanted(question, _task(rest))
        return Plan(intent="why-not", calls=tuple(("why_not", {"model": subject, **wanted}) for subject in subjects))
    if subjects and _HISTORY.search(rest):
        published = ("availability",) if "weights_id" in asked and "availability" not in asked else ()
        return Plan(intent="history", calls=_each("timeline", subjects, (*asked, *published)))
    task = _task(rest)
    if task is not None and (not subjects or _WHICH_MODEL.search(rest)):
        return Plan(intent="which-model", calls=(("recommend", _wanted(question, task)),))
    if subjects and _STILL.search(rest) and not set(asked) - {*_STATE, "runnable"}:
        return Plan(intent="what-is", calls=_each("recall", subjects, _STATE))
    if subjects and (_WHEN.search(rest) or _SHUT.search(rest) or _RELEASE.search(rest)):
        dated = _ENDS if _SHUT.search(rest) else _BEGINS if _RELEASED.search(rest) else asked or _BEGINS
        extra = tuple(name for name in asked if name not in dated and predicates().get(name) is None)
        return Plan(intent="when", calls=_each("when", subjects, (*extra, *dated)))
    if subjects:
        if not asked and not _about_as_a_whole(rest):
            return Plan(intent="unknown", calls=(("search", {"text": question.text}),))
        return Plan(intent="what-is", calls=_each("recall", subjects, asked))
    if _WHICH_MODEL.search(rest):
        having = {"predicates": list(asked) or ["organisation"], "text": question.rest}
        return Plan(intent="which-model", calls=(("having", having),))
    return Plan(intent="unknown", calls=(("search", {"text": question.text}),))


def _runs(question: Question) -> dict[str, Any]:
    """The tools a question about the user's own runs means, and whether it asks what served well."""
    rest = folded(question.rest)
    kinds = mentioned_modalities(rest)
    tools = [name for name, it in ACTIONS.items() if set(it.tasks) & set(mentioned_tasks(rest))]
    if _PORTRAITS.search(rest):
        tools = ["avatar", "generate_image", "edit_image", "generate_video"]
    elif not tools:
        tools = [name for kind in kinds for name in _MAKERS.get(kind, ())]
    named = question.subjects if folded(question.rest) != folded(question.text) else ()
    if re.search(r"\bavatars?\b|数字人|口播", rest):
        tools = ["avatar"]
    return {"tools": list(dict.fromkeys(tools)), "model": named[0] if named else None, "best": bool(_BEST.search(rest))}


_PORTRAITS = re.compile(r"\bportraits?\b|\bfaces?\b|人像|肖像|头像")
_MAKERS = {
    "image": ("generate_image", "edit_image"),
    "video": ("generate_video", "restore_video", "avatar", "explore_world"),
    "video_with_audio": ("avatar",),
    "audio": ("speak", "edit_speech", "generate_audio"),
    "mesh": ("generate_3d",),
}


def _names_another(question: Question) -> bool:
    """Whether subjects carried over from the conversation stand beside a name that is not on record."""
    carried_over = folded(question.rest) == folded(question.text)
    named = [name for name in _NAME_LIKE.findall(question.text) if not name.isupper()]
    return bool(question.subjects and carried_over and named and not _PRONOUN.search(folded(question.text)))


def _each(tool: str, subjects: Sequence[str], asked: Sequence[str]) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple((tool, {"subject": subject, "predicates": list(asked)}) for subject in subjects)


def _which(rest: str) -> bool:
    return bool(_WHICH.search(rest) and mentioned_tasks(rest))


def _asked(question: Question) -> tuple[str, ...]:
    """The predicates a question names: in the vocabulary's words, or by the very words of one on record."""
    listed = mentioned_predicates(question.rest)
    said = set(words(question.rest))
    by_name = [
        name
        for name in question.own_predicates
        if name not in predicates() and set(words(name.replace("_", " ").replace(".", " "))) <= said
    ]
    if mentioned_tasks(question.rest) and not by_name and "task" not in listed:
        listed = [*listed, "task"]
    return tuple(name for name in dict.fromkeys([*by_name, *listed]) if name != "summary")


_WHOLE = re.compile(
    r"\bwhat(?:'s| is| are| was)?\b|\btell\b|\babout\b|\bdescribe|\bsummar|\bknow\b|\bwho\b"
    r"|是什么|介绍一?下?|讲一?讲|说一?说|怎么样|情况|了解一?下?|概况|一下"
)


def _about_as_a_whole(rest: str) -> bool:
    """Whether a question asks about a thing in general, with no word that names something else of it."""
    left = re.sub(_WHOLE, " ", rest)
    return not [word for word in query_words(left) if not is_filler(word)]


def _task(rest: str) -> str | None:
    """The task a question is about: of several with words in it, the one whose inputs and outputs it names."""
    named = mentioned_modalities(rest)

    def share(task: str) -> int:
        ways = {*tasks()[task].inputs, *tasks()[task].outputs}
        ways |= {part for way in ways for part in modalities()[way].implies}
        return len(ways & set(named))

    return max(mentioned_tasks(rest), key=share, default=None)


def _wanted(question: Question, task: str | None) -> dict[str, Any]:
    named: Sequence[str] = mentioned_modalities(question.rest) if task is not None else ()
    inputs, outputs = (tasks()[task].inputs, tasks()[task].outputs) if task is not None else ((), ())
    return {
        "task": task,
        "inputs": [it for it in named if it in inputs],
        "outputs": [it for it in named if it in outputs],
        "needs": needs(question.rest).model_dump(),
    }


def focused(facts: list[dict[str, Any]], rest: str) -> list[dict[str, Any]]:
    """Of the facts of each predicate, those that measure or name what the question's own words say, or else all."""
    named, said = set(mentioned_tasks(rest)), {word for word in query_words(rest) if not is_filler(word)}

    def shared(fact: dict[str, Any]) -> int:
        about = str(fact["object"] or "")
        if fact["predicate"] == "task":
            return int(about in named)
        return len(said & set(words(about))) + 2 * bool(named & set(mentioned_tasks(about)))

    most: dict[str, int] = {}
    for fact in facts:
        most[fact["predicate"]] = max(most.get(fact["predicate"], 0), shared(fact))
    kept = [fact for fact in facts if shared(fact) == most[fact["predicate"]]]
    told = [fact for fact in kept if fact["predicate"] != "task" or most["task"]]
    return told or kept


def answers(question: str, rest: str, unknown_names: Sequence[str], text: str) -> bool:
    """Whether a found text is about what the question is about: it has its names, and most of its other words.

    `rest` is the question without names on record; one that only names a predicate, as in "its licence?", is
    about nothing.
    """
    asked, other = ({word for word in query_words(it) if not is_filler(word)} for it in (question, rest))
    terms = [predicate(name) for name in mentioned_predicates(question)]
    said = {word for term in terms for phrase in (*term.label.values(), *term.aliases) for word in words(phrase)}
    capitalised = _CAPITALISED.findall(question)[0 if question[:1].islower() else 1 :]
    names = {word for name in (*unknown_names, *capitalised) for word in words(name)}
    found = set(words(text))
    if len(asked) < 2 and not names:
        return False  # a single word is no question
    if not (asked - said - _GENERIC) & found or not names <= found or not other:
        return False
    return len(other & found) / len(other) >= (_COVERED if other == asked else _COVERED_BESIDE_NAMES)
