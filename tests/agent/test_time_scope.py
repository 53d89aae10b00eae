"""Questions and flags in time: which instants, on which axis, and what is left of the question."""

import warnings
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelatlas.agent.time_scope import TimeScope, instant, time_scope
from modelatlas.graph.dates import Moment, exactly, moment, until_end_of
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.periods import AsOf

NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
HAN = "〇一二三四五六七八九"


def released(name: str) -> Moment | None:
    known = {"Veo 3": "2025-05-20", "Wan 2.1": "2025-02-25", "Sora": "2024-12", "可灵2.0": "2025-04-15"}
    return moment(known[name]) if name in known else None


def scope(question: str) -> TimeScope:
    return time_scope(question, NOW, released)


def end(text: str) -> datetime:
    return min(until_end_of(text), NOW) if text in ("2026", "2026-07", "2026-07-10") else until_end_of(text)


@pytest.mark.parametrize(
    "question",
    [
        "Is Imagen 4 up?",
        "Which model fits 24 GB for talking heads?",
        "哪个模型能在 24 GB 显存里做数字人?",
        "Is Wan 2.1 better than Seed1.5-VL, Veo 3 or V-JEPA 2.1?",
        "What does gpt-4-0613 cost?",
        "What does gpt-4o-2024-08-06 cost?",
        "What does claude-3-5-sonnet-20241022 cost?",
        "doubao-1-5-thinking-vision-pro-250428 多少钱",
        "Keye-VL-8B 2.0 under 20 GB",
        "1080p 30 s clips with Veo 3",
        "生成 5 秒 1080p 视频",
        "Fine-tune in 2000 steps",
        "Render at 1024, 2048, 4096",
        "from 512 to 2048",
        "in 1920x1080",
        "an image in 2000 x 2000",
        "What may 2 models do?",
        "Which were popular in the summer?",
        "How much did it grow in the last year?",
        "What is Qwen3-Next?",
        "哪些模型出现在榜单上",
        "今日头条用的什么模型",
        "五月天",
        "Veo 3 的发布时间是什么",
        "Veo 3 什么时候发布的?",
        "When did Veo 3 come out?",
        "Do you know when Veo 3 came out?",
        "Tell me when Veo 3 was released",
        "Can I train it in two weeks?",
        "COCO 2017 上的结果",
        "Which is up to date?",
        "2025-02-30",
        "I know ServiceNow",
    ],
)
def test_a_question_without_a_time_is_about_now_and_stays_as_it_is(question: str) -> None:
    assert scope(question) == TimeScope(
        as_of=AsOf.at(NOW),
        begins=None,
        before=None,
        question=question,
        phrase=None,
        valid_given=False,
        believed_given=False,
    )


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("What is best now?", "What is best?"),
        ("What is best today, currently?", "What is best?"),
        ("Now, what is best?", "what is best?"),
        ("现在最好的模型是什么", "最好的模型是什么"),
        ("目前最好的模型是什么", "最好的模型是什么"),
        ("今天能用 Imagen 4 吗", "能用 Imagen 4 吗"),
        ("如今哪个最好", "哪个最好"),
        ("到目前为止最好的模型", "最好的模型"),
        ("What is best as of now?", "What is best?"),
    ],
)
def test_now_is_taken_out_and_is_not_a_given_time(question: str, left: str) -> None:
    found = scope(question)
    assert (found.as_of, found.before, found.question) == (AsOf.at(NOW), None, left)
    assert not found.valid_given
    assert not found.believed_given


PLAIN = [
    ("in March 2025", "2025-03"),
    ("in march, 2025", "2025-03"),
    ("in March of 2025", "2025-03"),
    ("on 2025-06-10", "2025-06-10"),
    ("on 2025/6/10", "2025-06-10"),
    ("in 2025-06", "2025-06"),
    ("at 2025-06-10T12:00:00Z", "2025-06-10T12:00:00Z"),
    ("at 2025-06-10 12:30 UTC", "2025-06-10T12:30:00Z"),
    ("on 10 June 2025", "2025-06-10"),
    ("on the 10th of June 2025", "2025-06-10"),
    ("on June 10, 2025", "2025-06-10"),
    ("on June 10th, 2025", "2025-06-10"),
    ("in June 2025", "2025-06"),
    ("in Jun 2025", "2025-06"),
    ("in Sept. 2025", "2025-09"),
    ("in Q3 2025", "2025-09"),
    ("in the third quarter of 2025", "2025-09"),
    ("in 2025 Q3", "2025-09"),
    ("in H1 2025", "2025-06"),
    ("in the second half of 2025", "2025-12"),
    ("last March", "2026-03"),
    ("last September", "2025-09"),
    ("last July", "2025-07"),
    ("March last year", "2025-03"),
    ("in March of last year", "2025-03"),
    ("on June 10 last year", "2025-06-10"),
    ("last year", "2025"),
    ("last month", "2026-06"),
    ("last quarter", "2026-06"),
    ("last week", "2026-07-05"),
    ("last Monday", "2026-07-06"),
    ("yesterday", "2026-07-09"),
    ("the day before yesterday", "2026-07-08"),
    ("three months ago", "2026-04-10"),
    ("two weeks ago", "2026-06-26"),
    ("2 weeks ago", "2026-06-26"),
    ("a year ago", "2025-07-10"),
    ("half a year ago", "2026-01-10"),
    ("90 minutes ago", "2026-07-10T10:30:00Z"),
    ("this year", "2026"),
    ("this month", "2026-07"),
    ("early 2025", "2025"),
    ("in late 2025", "2025"),
    ("in mid-2025", "2025"),
    ("in the summer of 2025", "2025"),
    ("at the end of 2025", "2025-12"),
    ("at the start of 2025", "2025-01"),
    ("in 1970", "1970"),
    ("in June 1970", "1970-06"),
    ("during 2024", "2024"),
    ("back in 2024", "2024"),
    ("by 2024", "2024"),
    ("in March", "2026-03"),
    ("in December", "2025-12"),
    ("on June 10", "2026-06-10"),
    ("before 2025-06", "2025-05"),
    ("before June 2025", "2025-05"),
    ("after June 2025", "2025-06"),
    ("until June 2025", "2025-06"),
    ("on 2026-09-01", "2026-09-01"),
    ("tomorrow", "2026-07-11"),
    ("next month", "2026-08"),
    ("next March", "2027-03"),
    ("two weeks from now", "2026-07-24"),
]
PLAIN_CHINESE = [
    ("2025年6月", "2025-06"),
    ("2025 年 6 月", "2025-06"),
    ("２０２５年６月", "2025-06"),
    ("在2025年6月", "2025-06"),
    ("2025年6月10日", "2025-06-10"),
    ("2025年6月10号", "2025-06-10"),
    ("二〇二五年", "2025"),
    ("二零二五年六月十日", "2025-06-10"),
    ("25年6月", "2025-06"),
    ("2024年", "2024"),
    ("2024年的时候", "2024"),
    ("去年三月", "2025-03"),
    ("去年的三月", "2025-03"),
    ("今年三月", "2026-03"),
    ("去年十二月", "2025-12"),
    ("十二月", "2025-12"),
    ("三月", "2026-03"),
    ("去年", "2025"),
    ("前年", "2024"),
    ("今年", "2026"),
    ("上个月", "2026-06"),
    ("上上个月", "2026-05"),
    ("上周", "2026-07-05"),
    ("上周三", "2026-07-01"),
    ("上季度", "2026-06"),
    ("昨天", "2026-07-09"),
    ("前天", "2026-07-08"),
    ("大前天", "2026-07-07"),
    ("两年前", "2024-07-10"),
    ("三个月前", "2026-04-10"),
    ("3个月以前", "2026-04-10"),
    ("半年前", "2026-01-10"),
    ("半个月前", "2026-06-25"),
    ("一年半前", "2025-01-10"),
    ("两周前", "2026-06-26"),
    ("十二天之前", "2026-06-28"),
    ("2025年底", "2025-12"),
    ("2025年年底", "2025-12"),
    ("去年底", "2025-12"),
    ("2025年初", "2025-01"),
    ("年初", "2026-01"),
    ("年底", "2026-12"),
    ("2025年第三季度", "2025-09"),
    ("2025年Q3", "2025-09"),
    ("2025年上半年", "2025-06"),
    ("2025年夏天", "2025"),
    ("2025年6月之前", "2025-05"),
    ("2025年6月以前", "2025-05"),
    ("2025年6月之后", "2025-06"),
    ("明天", "2026-07-11"),
    ("下个月", "2026-08"),
    ("2025-06-10", "2025-06-10"),
]


@pytest.mark.parametrize(("phrase", "date"), PLAIN)
def test_a_plain_date_in_english_moves_the_valid_axis_alone(phrase: str, date: str) -> None:
    for question, left in (
        (f"Was Imagen 4 up {phrase}?", "Was Imagen 4 up?"),
        (f"{phrase}, was Imagen 4 up?", "was Imagen 4 up?"),
    ):
        found = scope(question)
        assert found.as_of == AsOf(valid=end(date), believed=NOW)
        assert (found.before, found.question, found.phrase) == (None, left, phrase)
        assert (found.valid_given, found.believed_given) == (True, False)


@pytest.mark.parametrize(("phrase", "date"), PLAIN_CHINESE)
def test_a_plain_date_in_chinese_moves_the_valid_axis_alone(phrase: str, date: str) -> None:
    for question, left in (
        (f"{phrase}最好的模型是什么?", "最好的模型是什么?"),
        (f"Imagen 4 {phrase}能用吗", "Imagen 4能用吗"),
        (f"{phrase},哪个最好", "哪个最好"),
    ):
        found = scope(question)
        assert found.as_of == AsOf(valid=end(date), believed=NOW)
        assert (found.before, found.question) == (None, left)
        assert (found.valid_given, found.believed_given) == (True, False)


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("Which was best? 2024.", "2024"),
        ("Which was best, 2024?", "2024"),
        ("2024: which was best?", "2024"),
        ("What was last year's best model?", "2025"),
        ("2025年前沿模型有哪些", "2025"),
        ("2025年底层模型有哪些", "2025"),
        ("2025年中国最好的模型", "2025"),
        ("上周三个模型", "2026-07-05"),
        ("The best-known model in 2025?", "2025"),
        ("Was Wan 2.1 best in 2025 under 24 GB?", "2025"),
        ("What was a chain of thought in 2024?", "2024"),
        ("Was it best in March 24 GB cards considered?", "2026-03"),
        ("What do we know about Imagen 4 in March 2025?", "2025-03"),
        ("Was Veo 3, released on 2025-05-20, up on 2025-07-10?", "2025-07-10"),
        ("Which model did I choose last week?", "2026-07-05"),
        ("Will it be up in August?", "2026-08"),
        ("8月会下架吗", "2026-08"),
        ("Now, what was best in March 2025?", "2025-03"),
    ],
)
def test_a_date_is_read_next_to_what_could_mislead(question: str, date: str) -> None:
    found = scope(question)
    assert found.as_of == AsOf(valid=end(date), believed=NOW)
    assert found.valid_given


@pytest.mark.parametrize(
    ("question", "date", "left"),
    [
        ("Best video model as of 2025-06", "2025-06", "Best video model"),
        ("As of June 2025, which is best?", "2025-06", "which is best?"),
        ("as at 2025-06-10 which is best", "2025-06-10", "which is best"),
        ("As of last March, which is best?", "2026-03", "which is best?"),
        ("截至2025年6月最好的视频模型", "2025-06", "最好的视频模型"),
        ("截止2025-06-10,哪个最好", "2025-06-10", "哪个最好"),
        ("到2025年6月为止哪个最好", "2025-06", "哪个最好"),
        ("截至去年三月为止,哪个最好", "2025-03", "哪个最好"),
    ],
)
def test_as_of_a_date_moves_both_axes(question: str, date: str, left: str) -> None:
    found = scope(question)
    assert (found.as_of, found.before, found.question) == (AsOf.at(end(date)), None, left)
    assert (found.valid_given, found.believed_given) == (True, True)


KNOWN = [
    ("What did we know in February 2026 about Imagen 4?", "2026-02"),
    ("In February 2026, what did we know about Imagen 4?", "2026-02"),
    ("What did we believe about Imagen 4 on 2026-05-01?", "2026-05-01"),
    ("What did people think was best in 2024?", "2024"),
    ("What was known about Imagen 4 in February 2026?", "2026-02"),
    ("What was on record on 2026-05-01 about Imagen 4?", "2026-05-01"),
    ("Which is best, as known on 2026-05-01?", "2026-05-01"),
    ("As it was known in May 2026, which is best?", "2026-05"),
    ("The best video model known at 2026-05", "2026-05"),
    ("The best video model known by 2026-05", "2026-05"),
    ("As we knew in May 2026, is Imagen 4 up?", "2026-05"),
    ("According to what was on record on 2026-05-01, is Imagen 4 up?", "2026-05-01"),
    ("Three months ago we thought Veo 3 was best, why?", "2026-04-10"),
    ("What would you have recommended on 2025-09-01 for talking heads?", "2025-09-01"),
    ("What did we know before June 2025 about Imagen 4?", "2025-05"),
    ("三个月前我们以为最好的模型是什么", "2026-04-10"),
    ("我们在2026年2月知道Imagen 4什么", "2026-02"),
    ("2026年2月当时已知的模型有哪些", "2026-02"),
    ("去年三月我们知道的最好的模型", "2025-03"),
    ("2026年5月1日我们认为Imagen 4可用吗", "2026-05-01"),
    ("2026年5月,关于Imagen 4我们知道什么", "2026-05"),
    ("根据2026年5月的记录,Imagen 4可用吗", "2026-05"),
]


@pytest.mark.parametrize(("question", "date"), KNOWN)
def test_a_date_of_knowing_moves_belief_and_the_valid_axis_follows(question: str, date: str) -> None:
    found = scope(question)
    assert (found.as_of, found.before) == (AsOf.at(end(date)), None)
    assert (found.valid_given, found.believed_given) == (False, True)


@pytest.mark.parametrize(
    ("question", "believed", "valid"),
    [
        ("what did we believe in May 2026 about whether Imagen is up on 2026-07-09", "2026-05", "2026-07-09"),
        ("As known on 2026-06-20, is Imagen 4 up on 2026-07-09?", "2026-06-20", "2026-07-09"),
        ("As of 2026-06-20, is Imagen 4 up on 2026-07-09?", "2026-06-20", "2026-07-09"),
        ("Was Imagen 4 up in March 2025, as known on 2026-06-20?", "2026-06-20", "2025-03"),
        ("In February 2026 did we know that Imagen 4 is down on 2026-08-17?", "2026-02", "2026-08-17"),
        ("我们在2026年2月认为Imagen 4在2026年8月17日可用吗", "2026-02", "2026-08-17"),
        ("截至2026年2月,Imagen 4在2026年8月17日可用吗", "2026-02", "2026-08-17"),
    ],
)
def test_what_was_known_then_of_another_time_moves_each_axis(question: str, believed: str, valid: str) -> None:
    found = scope(question)
    assert found.as_of == AsOf(valid=end(valid), believed=end(believed))
    assert (found.valid_given, found.believed_given) == (True, True)


def test_what_was_known_then_of_now_keeps_now_on_the_valid_axis() -> None:
    found = scope("As known on 2026-02-01, is Imagen 4 up now?")
    assert found.as_of == AsOf(valid=NOW, believed=end("2026-02-01"))
    assert found.question == "is Imagen 4 up?"


@pytest.mark.parametrize("question", ["As of 2026-09-01, is it up?", "截至2026年9月1日能用吗"])
def test_nothing_is_on_record_after_now(question: str) -> None:
    assert scope(question).as_of == AsOf(valid=end("2026-09-01"), believed=NOW)


@pytest.mark.parametrize(
    ("question", "valid", "left"),
    [
        ("What was best before Veo 3 came out?", datetime(2025, 5, 20, tzinfo=UTC) - TICK, "What was best?"),
        (
            "Before Veo 3 was released, what was best?",
            datetime(2025, 5, 20, tzinfo=UTC) - TICK,
            "what was best?",
        ),
        ("What was best before Veo 3's release?", datetime(2025, 5, 20, tzinfo=UTC) - TICK, "What was best?"),
        (
            "Before the release of Veo 3, what was best?",
            datetime(2025, 5, 20, tzinfo=UTC) - TICK,
            "what was best?",
        ),
        ("What was best before Sora came out?", datetime(2024, 12, 1, tzinfo=UTC) - TICK, "What was best?"),
        ("What was best after Veo 3 was released?", datetime(2025, 5, 20, tzinfo=UTC), "What was best?"),
        ("What was best after Sora was released?", datetime(2025, 1, 1, tzinfo=UTC), "What was best?"),
        ("When Wan 2.1 came out, which was best?", datetime(2025, 2, 25, tzinfo=UTC), "which was best?"),
        (
            "Two weeks after Veo 3 came out, which was best?",
            datetime(2025, 6, 3, tzinfo=UTC),
            "which was best?",
        ),
        ("在 Veo 3 发布之前,最好的是什么?", datetime(2025, 5, 20, tzinfo=UTC) - TICK, "最好的是什么?"),
        ("Veo 3推出前哪个最好", datetime(2025, 5, 20, tzinfo=UTC) - TICK, "哪个最好"),
        ("哪个模型在Veo 3上线前最好", datetime(2025, 5, 20, tzinfo=UTC) - TICK, "哪个模型最好"),
        ("在可灵2.0发布之前哪个最好", datetime(2025, 4, 15, tzinfo=UTC) - TICK, "哪个最好"),
        ("Veo 3 发布之后哪个最好", datetime(2025, 5, 20, tzinfo=UTC), "哪个最好"),
        ("Veo 3发布的时候哪个最好", datetime(2025, 5, 20, tzinfo=UTC), "哪个最好"),
        ("Veo 3发布三个月后哪个最好", datetime(2025, 8, 20, tzinfo=UTC), "哪个最好"),
    ],
)
def test_a_release_dates_the_question(question: str, valid: datetime, left: str) -> None:
    found = scope(question)
    assert (found.as_of, found.question) == (AsOf(valid=valid, believed=NOW), left)
    assert (found.valid_given, found.believed_given) == (True, False)


@pytest.mark.parametrize(
    "question",
    [
        "What was best before Unheard 9 came out?",
        "在 Unheard 9 发布之前,最好的是什么?",
        "After Unheard 9 was released?",
    ],
)
def test_an_unknown_release_leaves_the_question_alone(question: str) -> None:
    found = scope(question)
    assert (found.as_of, found.question, found.phrase) == (AsOf.at(NOW), question, None)
    assert not found.valid_given


def test_a_release_since_an_unknown_past_has_nothing_before_it() -> None:
    found = time_scope("What was best before X came out?", NOW, lambda name: moment("[..2025-08-17]"))
    assert found.as_of == AsOf.at(NOW)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What changed between March 2025 and June 2025?", "2025-03", "2025-06"),
        ("What changed between March and June 2025?", "2025-03", "2025-06"),
        ("What changed between November and February 2026?", "2025-11", "2026-02"),
        ("What changed from 2025-01-01 to 2025-06-01?", "2025-01-01", "2025-06-01"),
        ("What changed from June 10 to June 20, 2025?", "2025-06-10", "2025-06-20"),
        ("What changed between 2024 and 2025?", "2024", "2025"),
        ("What changed in 2024-2025?", "2024", "2025"),
        ("What changed between last March and yesterday?", "2026-03", "2026-07-09"),
        ("What changed between June 2025 and March 2025?", "2025-03", "2025-06"),
        ("Is it cheaper in June 2025 than in March 2025?", "2025-03", "2025-06"),
        ("Compare March 2025 with June 2025", "2025-03", "2025-06"),
        ("从2025年3月到2025年6月有什么变化", "2025-03", "2025-06"),
        ("从2025年3月到6月有什么变化", "2025-03", "2025-06"),
        ("2025年3月到6月之间有什么变化", "2025-03", "2025-06"),
        ("2025年3月和6月之间有什么变化", "2025-03", "2025-06"),
        ("2025年3月至6月有什么变化", "2025-03", "2025-06"),
        ("去年12月到2月有什么变化", "2025-12", "2026-02"),
        ("2024到2025年有什么变化", "2024", "2025"),
        ("2024-2025年有什么变化", "2024", "2025"),
    ],
)
def test_a_stretch_compares_the_ends_of_its_two_dates(question: str, first: str, last: str) -> None:
    found = scope(question)
    assert found.before == AsOf(valid=end(first), believed=NOW)
    assert found.as_of == AsOf(valid=end(last), believed=NOW)
    assert (found.valid_given, found.believed_given) == (True, False)


@pytest.mark.parametrize(
    ("question", "first", "left"),
    [
        ("What changed since March 2025?", "2025-03", "What changed?"),
        ("Since 2024, what changed?", "2024", "what changed?"),
        ("What changed from March 2025 onwards?", "2025-03", "What changed?"),
        ("What changed between March 2025 and now?", "2025-03", "What changed?"),
        ("Is it cheaper now than in March 2025?", "2025-03", "Is it cheaper?"),
        (
            "since I chose Wan 2.1 on 2025-06-01, what changed?",
            "2025-06-01",
            "since I chose Wan 2.1, what changed?",
        ),
        ("自从2025年3月以来有什么变化", "2025-03", "有什么变化"),
        ("从2025年3月以来有什么变化", "2025-03", "有什么变化"),
        ("去年以来有什么变化", "2025", "有什么变化"),
        ("2025年3月至今有什么变化", "2025-03", "有什么变化"),
        ("从去年到现在有什么变化", "2025", "有什么变化"),
        ("自从我2025年6月选了Wan 2.1以来有什么变化", "2025-06", "自从我选了Wan 2.1以来有什么变化"),
    ],
)
def test_since_a_date_compares_it_with_now(question: str, first: str, left: str) -> None:
    found = scope(question)
    assert found.before == AsOf(valid=end(first), believed=NOW)
    assert (found.as_of, found.question) == (AsOf.at(NOW), left)


@pytest.mark.parametrize("question", ["What changed since this year?", "今年以来有什么变化"])
def test_since_a_year_that_is_not_over_is_since_its_start(question: str) -> None:
    assert scope(question).before == AsOf(valid=datetime(2026, 1, 1, tzinfo=UTC), believed=NOW)


@pytest.mark.parametrize("question", ["What changed since Veo 3 came out?", "自从Veo 3发布以来有什么变化"])
def test_since_a_release_compares_it_with_now(question: str) -> None:
    found = scope(question)
    assert found.before == AsOf(valid=datetime(2025, 5, 20, tzinfo=UTC), believed=NOW)
    assert found.as_of == AsOf.at(NOW)


@pytest.mark.parametrize(
    "question",
    [
        "How has what we knew about Imagen 4 changed between March 2026 and May 2026?",
        "How did it change, as known between March 2026 and May 2026?",
        "How did it change as of March 2026 versus as of May 2026?",
    ],
)
def test_a_stretch_of_knowing_moves_both_axes_of_both_ends(question: str) -> None:
    found = scope(question)
    assert (found.before, found.as_of) == (AsOf.at(end("2026-03")), AsOf.at(end("2026-05")))
    assert found.believed_given


def test_the_phrase_keeps_the_words_that_were_understood() -> None:
    found = scope("As known on 2026-06-20, is Imagen 4 up on 2026-07-09?")
    assert found.phrase == "As known on 2026-06-20 … on 2026-07-09"
    assert found.question == "is Imagen 4 up?"
    assert scope("去年三月我们知道的最好的模型").phrase == "去年三月"


def test_the_same_question_moves_with_now() -> None:
    for now, month in (
        (datetime(2026, 3, 31, tzinfo=UTC), "2025-03"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-03"),
    ):
        assert time_scope("Which was best last March?", now, released).as_of.valid == until_end_of(month)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", end("2025")),
        ("2025-06", end("2025-06")),
        ("2025-06-10", end("2025-06-10")),
        (" 2025-06-10 ", end("2025-06-10")),
        ("2025-06-10T12:00:00Z", datetime(2025, 6, 10, 12, tzinfo=UTC)),
        ("2025-06-10T12:00:00+08:00", datetime(2025, 6, 10, 4, tzinfo=UTC)),
        ("2026-07", NOW),
        ("2026-07-10", NOW),
        ("2026-09", end("2026-09")),
        ("now", NOW),
        ("today", NOW),
        ("现在", NOW),
        ("last March", end("2026-03")),
        ("June 10, 2025", end("2025-06-10")),
        ("the end of 2025", end("2025-12")),
        ("yesterday", end("2026-07-09")),
        ("three months ago", end("2026-04-10")),
        ("三个月前", end("2026-04-10")),
        ("去年三月", end("2025-03")),
        ("2025年6月", end("2025-06")),
    ],
)
def test_a_flag_names_an_instant(text: str, expected: datetime) -> None:
    assert instant(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "2025-13",
        "2025-02-30",
        "31 June 2025",
        "Veo 3",
        "before 2025",
        "last March maybe",
    ],
)
def test_a_flag_that_names_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate):
        instant(text, NOW)


def _written(day: date) -> list[str]:
    year, month, number = day.year, day.month, day.day
    name = MONTHS[month - 1]
    han = "".join(HAN[int(digit)] for digit in str(year))
    return [
        day.isoformat(),
        f"{year}/{month}/{number}",
        f"{number} {name} {year}",
        f"{number} {name[:3]} {year}",
        f"{name} {number}, {year}",
        f"{name.lower()} {number} {year}",
        f"{year}年{month}月{number}日",
        f"{year} 年 {month} 月 {number} 号",
        f"{han}年{_han(month)}月{_han(number)}日",
    ]


def _han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else HAN[tens] + "十") + (HAN[ones] if ones else "")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_the_same_instant_in_every_notation(day: date) -> None:
    expected = until_end_of(day.isoformat()) if day != NOW.date() else NOW
    for words in _written(day):
        assert instant(words, NOW) == expected, words
        for question in (f"Was it up on {words}?", f"截至{words},能用吗"):
            assert scope(question).as_of.valid == expected, question
        assert scope(f"As of {words}, was it up?").as_of == AsOf(valid=expected, believed=min(expected, NOW))


@given(st.integers(1900, 2099), st.integers(1, 12))
def test_a_month_is_the_same_instant_in_every_notation(year: int, month: int) -> None:
    expected = until_end_of(f"{year}-{month:02}") if (year, month) != (2026, 7) else NOW
    for words in (
        f"{year}-{month:02}",
        f"{MONTHS[month - 1]} {year}",
        f"{MONTHS[month - 1][:3]} {year}",
        f"{MONTHS[month - 1]} of {year}",
        f"{year}年{month}月",
        f"{year}年{_han(month)}月",
    ):
        assert instant(words, NOW) == expected, words
        assert scope(f"Was it up in {words}?").as_of == AsOf(valid=expected, believed=NOW)
        assert scope(f"Was it up in {words}?").question == "Was it up?"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
def test_an_exact_time_is_read_exactly(naive: datetime) -> None:
    there = naive.replace(tzinfo=UTC)
    assert instant(exactly(there).text, NOW) == there
    assert scope(f"Was it up at {exactly(there).text}?").as_of.valid == there


WORDS = st.sampled_from(
    [
        *(
            "as of",
            "known",
            "we knew",
            "before",
            "since",
            "between",
            "and",
            "to",
            "from",
            "in",
            "last",
            "now",
        ),
        *("2025", "2025-06", "March", "2.1", "24 GB", "99 years ago", "Veo 3", "came out", ",", "?"),
        *(
            "三个月前",
            "截至",
            "去年",
            "年",
            "月",
            "到",
            "以来",
            "发布",
            "之前",
            "现在",
            "我们知道",
            "9999年",
            "0001年",
        ),
        *("\U000f0001", "\U00100001"),
    ]
)


@given(st.lists(WORDS, max_size=12), st.sampled_from(["", " "]))
def test_any_words_give_a_scope_and_believe_nothing_later_than_now(words: list[str], between: str) -> None:
    found = scope(between.join(words))
    for read in filter(None, (found.as_of, found.before)):
        assert isinstance(read.believed, datetime)
        assert read.believed <= NOW
    assert not any(ord(character) >= 0xF0000 for character in found.question + (found.phrase or ""))
    if found.before is not None:
        assert isinstance(found.before.valid, datetime)
        assert isinstance(found.as_of.valid, datetime)
        assert found.before.valid <= found.as_of.valid


@given(st.text(max_size=60))
def test_any_text_gives_a_scope(text: str) -> None:
    scope(text)


def test_no_warning_comes_out_of_reading_dates() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for phrase, _ in PLAIN + PLAIN_CHINESE:
            scope(f"Was it up {phrase}?")
