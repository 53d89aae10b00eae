"""How dates are written in English and Chinese: one pattern a notation, and what it reads as.

A reader returns a text of `graph.dates` ("2025-03", "[2025-07..2025-09]", an ISO instant), `NOW`, or, where
no year was said, "--03" or "--06-10" (the form of XML Schema). A name or a quantity is not a date: numbers
glued to letters, dots or hyphens are left alone, and a bare number is a year only after a preposition,
before 年, or alone between stops.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from modelatlas.agent.marked_text import DATE
from modelatlas.graph.dates import iso

NOW = "now"
Reader = Callable[[re.Match[str], datetime], str | None]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HAN = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "上": 1, "下": 2}
_UNITS = {"年": "year", "月": "month", "周": "week", "星期": "week", "礼拜": "week", "季度": "quarter"}
_UNITS |= {"天": "day", "日": "day", "小时": "hour", "分钟": "minute"}
_HALVES = {"year": (6, "month"), "month": (15, "day"), "week": (84, "hour"), "day": (12, "hour"), "hour": (30, "minute")}
_STEPS = {"last": -1, "this": 0, "next": 1, "上上": -2, "上": -1, "本": 0, "这": 0, "今": 0, "下": 1}
_STEPS |= {"大前": -3, "前": -2, "去": -1, "明": 1, "后": 2}
_DAYS = {"the day before yesterday": -2, "yesterday": -1, "tomorrow": 1, "昨": -1, "大前": -3, "前": -2}
_DAYS |= {"明": 1, "后": 2}


def shifted(instant: datetime, count: str, unit: str, side: int) -> datetime | None:
    """The instant so many units before (side -1) or after it (+1), by the calendar; None beyond its ends."""
    import dateparser

    number, unit = _number(count), _unit(unit)
    if count.lower() in ("半", "half a") and unit in _HALVES:
        number, unit = _HALVES[unit]
    phrase = f"{number} {unit} ago" if side < 0 else f"in {number} {unit}"
    settings = {"RELATIVE_BASE": instant, "TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True}
    found: datetime | None = dateparser.parse(phrase, languages=["en"], settings=settings)
    return found


def _number(text: str) -> int:
    """A numeral below a hundred, or any in digits: 12, twelve, a, 十二, 两."""
    text = text.lower()
    if text.isdecimal():
        return int(text)
    if text.isascii():
        return _NUMBERS.index(text) + 1 if text in _NUMBERS else 1
    tens, ten, ones = text.rpartition("十")
    return (_HAN.get(tens, 1) * 10 if ten else 0) + _HAN.get(ones, 0)


def _unit(text: str) -> str:
    text = text.lower().removeprefix("个")
    return _UNITS.get(text, text)


def _written(found: re.Match[str], now: datetime) -> str:
    year, month, day, time = (found.groupdict().get(name) for name in ("year", "month", "day", "time"))
    if time:
        return f"{year}-{month}-{day}T{time[1:].upper().replace(' ', '').replace('UTC', 'Z')}"
    return f"{year}-{month:0>2}-{day:0>2}" if day else f"{year}-{month}"


def _year(found: re.Match[str], now: datetime) -> str:
    groups = found.groupdict()
    if step := groups.get("step"):
        return f"{now.year + _STEPS[step.lower()]:04}"
    year = "".join(str(_HAN.get(digit, digit)) for digit in groups["year"] or f"{now.year:04}")
    return f"20{year}" if len(year) == 2 else year


def _month(found: re.Match[str], now: datetime) -> str:
    """A month, or a day of it, without its year."""
    name, day = found["month"].lower(), found.groupdict().get("day")
    number = _MONTHS.index(name[:3]) + 1 if name.isascii() and name.isalpha() else _number(name)
    return f"--{number:02}-{_number(day):02}" if day else f"--{number:02}"


def _in_year(found: re.Match[str], now: datetime) -> str | None:
    """A year, or the part of it that is named."""
    year, groups = _year(found, now), found.groupdict()
    if groups.get("month"):
        return year + _month(found, now)[1:]
    if edge := groups.get("edge"):
        return f"{year}-{'01' if edge == '初' else '12'}"
    if nth := groups.get("quarter") or groups.get("half"):
        place = _NTH[nth.lower()] if nth.lower() in _NTH else _number(nth[0])
        return _months(year, place, 3 if groups.get("quarter") else 6)
    return year


def _months(year: str, place: int, length: int) -> str | None:
    last = place * length
    return f"[{year}-{last - length + 1:02}..{year}-{last:02}]" if last <= 12 else None


def _english_day(found: re.Match[str], now: datetime) -> str | None:
    import dateparser

    day = dateparser.parse(f"{found['day']} {found['month']} {_year(found, now)}", languages=["en"])
    return day.date().isoformat() if day else None


def _stepped_month(found: re.Match[str], now: datetime) -> str:
    """ "last March" is the latest that is over, "next March" the first that has not begun."""
    month, step = _MONTHS.index(found["month"].lower()[:3]) + 1, _STEPS[found["step"].lower()]
    year = now.year - (step < 0 and month >= now.month) + (step > 0 and month <= now.month)
    return f"{year:04}-{month:02}"


def _stepped(found: re.Match[str], now: datetime) -> str | None:
    """A week, month, quarter or year counted from that of now, or a weekday of such a week."""
    step, unit = _STEPS[found["step"].lower()], _unit(found["unit"])
    if unit == "week":
        monday = now.date() + timedelta(days=-now.weekday(), weeks=step)
        if weekday := found.groupdict().get("weekday"):
            return (monday + timedelta(days="一二三四五六日".index(weekday.replace("天", "日")))).isoformat()
        return f"[{monday}..{monday + timedelta(weeks=1)}]"
    if unit == "quarter":
        year, quarter = divmod(now.year * 4 + (now.month - 1) // 3 + step, 4)
        return _months(f"{year:04}", quarter + 1, 3)
    if unit == "month":
        year, month = divmod(now.year * 12 + now.month - 1 + step, 12)
        return f"{year:04}-{month + 1:02}"
    return f"{now.year + step:04}"


def _last_weekday(found: re.Match[str], now: datetime) -> str:
    back = (now.weekday() - _WEEKDAYS.index(found["weekday"].lower())) % 7 or 7
    return (now.date() - timedelta(days=back)).isoformat()


def _near_day(found: re.Match[str], now: datetime) -> str:
    words = re.sub(r"\s+", " ", found[0].lower()).rstrip("天日")
    return (now.date() + timedelta(days=_DAYS[words])).isoformat()


def _ago(found: re.Match[str], now: datetime) -> str | None:
    """ "three months ago" is a day; hours and minutes are an instant."""
    unit, side = _unit(found["unit"]), 1 if found["side"].lower() in ("后", "from now") else -1
    there = shifted(now, found["count"], unit, side)
    if there is not None and found.groupdict().get("more"):
        there = shifted(there, "半", unit, side)
    if there is None:
        return None
    return iso(there) if unit in ("hour", "minute") else there.date().isoformat()


def _now(found: re.Match[str], now: datetime) -> str:
    return NOW


_START = r"(?<![\w\-/])(?<![^.]\.)"
_END = r"(?![A-Za-z0-9_]|[.\-/:][A-Za-z0-9])"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![\w-])(?:\.(?=\s*\d))?"
)
_YEAR = rf"(?:(?P<year>(?:19|20)\d\d){_END}|(?P<step>last|this|next)\s+year\b)"
_DAY = r"(?P<day>\d\d?)(?:st|nd|rd|th)?"
_DAY_MONTH = rf"(?:the\s+)?{_DAY}(?:\s+of)?\s+{_MONTH}"
_MONTH_DAY = rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?!\w)"
_DAY_FOLLOWS = (
    r"(?:^|[,;:(?!，。；：？！]\s*|(?:\b(?:as|at|in|on|of|by|from|to|and|or|than|since|until|till|before|after"
    r"|between|known)|day,?)\s+)"
)
_QUARTER = rf"(?:Q(?P<quarter>[1-4])|H(?P<half>[12]))[\s,]*(?:of\s+)?{_YEAR}"
_NTH_QUARTER = rf"(?:the\s+)?(?:(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))\s+quarter|(?P<half>first|second)\s+half)\s+of\s+{_YEAR}"
_COUNT = rf"(?P<count>\d{{1,4}}|half\s+an?|an?|{'|'.join(_NUMBERS)})"
COUNTED = rf"{_COUNT}\s+(?P<unit>year|month|week|day|hour|minute)s?"

_N = r"(?:\d\d?|[一二三四五六七八九十两]{1,3})"
_FRESH = r"(?<![\w.\-/每第个月〇零一二三四五六七八九十两几])"
_EDGE = r"(?P<edge>初(?![代版始步级学])|底(?![层座模部色])|末(?!尾))"
_HAN_YEAR = (
    rf"(?:{_FRESH}(?P<year>\d{{4}}|\d\d(?=\s*年\s*\d\d?\s*月)|[〇零○一二三四五六七八九]{{4}})\s*"
    r"|(?P<step>(?<!过)去|今|(?<!日)本|(?<![说发证声表])明|(?<![今以之])后|大前|(?<![以之大])前))年"
)
_HAN_MONTH = (
    rf"(?P<month>{_N})\s*月份?(?:\s*(?P<day>{_N})\s*[日号]|初(?![代版始步级学])|底(?![层座模部色])|末(?!尾)"
    r"|[上中下]旬)?(?![费活付租薪])"
)
_HAN_PART = (
    rf"(?:第?(?P<quarter>[一二三四1-4])季度|(?P<half>[上下])半年|年?{_EDGE}|[春夏秋冬][天季])"
)
HAN_COUNTED = (
    r"(?P<count>\d{1,4}|[一二三四五六七八九十两]{1,3}|半)\s*"
    r"(?P<unit>年|个月|个?星期|个?礼拜|周|天|日|个?小时|分钟)(?P<more>(?<=年)半)?"
)
NOT_ONLY = r"(?![沿端景者面续来期])"

_MEASURED = (
    r"(?!\s*[x×*%$]|\s*(?:px|pixels?|steps?|tokens?|frames?|images?|photos?|pictures?|videos?|clips?|samples?"
    r"|examples?|points?|people|users|words|characters|parameters|[kmgt]i?b|[bkm]|ms|s|sec|seconds?|minutes?"
    r"|hours?|dpi|fps|hz|by\s+\d|dollars|usd|yuan)(?![A-Za-z])|\s*[张个步字人条次秒帧元万亿])"
)
_JOINED = rf"{DATE}\s*(?:and|to|or|than|vs\.?|versus|until|till|through|[-–—~～到至和与跟])(?:\s+(?:in|on))?\s*"
_FIRMLY = r"\b(?:in|during|throughout|since|until|till|between|as\s+(?:of|at)|early|mid|late)[\s-]+"
_LOOSELY = r"\b(?:of|from|by|around|after|before|spring|summer|autumn|fall|winter)\s+"
_IN_CHINESE = r"(?:[从在自]|截[至止]?到?)\s*"
_TO_YEAR = r"(?=\s*[-–—~～到至]\s*(?:19|20)\d\d(?![\w.\-]))"
_BEFORE_MONTH = (
    rf"(?:{_JOINED}|\b(?:in|on|during|throughout|since|until|till|before|after|by|between|early|mid|late|as\s+(?:of|at)"
    r"|(?:end|start|beginning)\s+of)[\s-]+)"
)
_TO_MONTH = r"(?=\s+(?:to|until|till|through)\s)"


def _compiled(*pairs: tuple[str, Reader]) -> tuple[tuple[re.Pattern[str], Reader], ...]:
    return tuple((re.compile(pattern, re.ASCII | re.IGNORECASE), read) for pattern, read in pairs)


NOTATIONS = _compiled(
    (
        rf"{_START}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?:-(?P<day>\d\d)"
        rf"(?P<time>[T ]\d\d:\d\d(?::\d\d(?:\.\d{{1,6}})?)?(?:\s?Z|\s?UTC|[+-]\d\d:?\d\d)?)?)?{_END}",
        _written,
    ),
    (rf"{_START}(?P<year>(?:19|20)\d\d)(?P<by>[-/])(?P<month>\d\d?)(?P=by)(?P<day>\d\d?){_END}", _written),
    (rf"{_DAY_FOLLOWS}(?P<it>{_DAY_MONTH},?\s+(?:of\s+)?{_YEAR})", _english_day),
    (rf"\b{_MONTH_DAY},?\s+(?:of\s+)?{_YEAR}", _english_day),
    (rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}", _in_year),
    (rf"{_START}{_QUARTER}", _in_year),
    (rf"{_START}{_NTH_QUARTER}", _in_year),
    (rf"{_START}(?P<year>(?:19|20)\d\d)[\s-]?(?:Q(?P<quarter>[1-4])|H(?P<half>[12])){_END}", _in_year),
    (rf"\b(?P<step>last|this|next)\s+{_MONTH}", _stepped_month),
    (rf"(?<!\bthe\s)\b(?P<step>last|this|next)\s+(?P<unit>week|month|quarter|year){_END}", _stepped),
    (rf"\blast\s+(?P<weekday>{'|'.join(_WEEKDAYS)})\b", _last_weekday),
    (rf"{_START}{COUNTED}\s+(?P<side>ago|from\s+now)\b", _ago),
    (r"\b(?:the\s+day\s+before\s+yesterday|yesterday|tomorrow)\b", _near_day),
    (rf"{_HAN_YEAR}\s*的?\s*{_HAN_MONTH}", _in_year),
    (rf"{_HAN_YEAR}\s*的?\s*{_HAN_PART}", _in_year),
    (rf"{_HAN_YEAR}\s*Q(?P<quarter>[1-4])(?![\w.])", _in_year),
    (_HAN_YEAR, _in_year),
    (rf"(?<![\w.月布线出世源])(?<![布线出世源]\s){HAN_COUNTED}[以之]?(?P<side>前|后){NOT_ONLY}", _ago),
    (
        r"(?<![以线网之基])(?P<step>上上|上|本|这|下)一?个?(?P<unit>周|星期|礼拜|月|季度)"
        r"(?:(?<=[周期拜])(?:(?P<weekday>[一二三四五六日天])(?![个款种])|末)|(?<=月)[初底末])?(?![费活付租薪])",
        _stepped,
    ),
    (r"昨[天日]|大?前[天日]|明[天日]|(?<![以之今])后天", _near_day),
    (rf"(?<![一二三四五六七八九十两几每年\d])(?P<year>)年{_EDGE}", _in_year),
    (rf"{_FRESH}{_HAN_MONTH}", _month),
    (
        r"(?<![\w.-])(?:(?:right\s+)?now(?:adays)?|today|currently|at\s+present|presently|at\s+the\s+moment)"
        r"(?![\w-])|(?<=\bto\s)(?:the\s+)?present(?![\w-])"
        r"|(?<![出呈展体实浮涌显表发])现在|目前|今天|如今|当前|眼下|今日(?!头条)|此刻|当下|现阶段",
        _now,
    ),
)
"""Notations that are dates wherever they stand."""

IN_CONTEXT = _compiled(
    (rf"{_BEFORE_MONTH}(?P<it>{_DAY_MONTH}){_MEASURED}", _month),
    (rf"{_BEFORE_MONTH}(?P<it>{_MONTH_DAY}){_MEASURED}", _month),
    (rf"{_BEFORE_MONTH}(?P<it>{_MONTH})", _month),
    (rf"\bfrom\s+(?P<it>{_MONTH_DAY}){_TO_MONTH}", _month),
    (rf"\bfrom\s+(?P<it>{_MONTH}){_TO_MONTH}", _month),
    (
        rf"(?:{_JOINED}|{_FIRMLY}|{_IN_CHINESE})(?P<it>(?P<year>(?!2048)(?:19|20)\d\d)"
        rf"(?:{_END}|{_TO_YEAR}|(?='s\b))){_MEASURED}",
        _year,
    ),
    (rf"{_LOOSELY}(?P<it>(?P<year>(?!2048)20[1-4]\d)(?:{_END}|{_TO_YEAR})){_MEASURED}", _year),
    (
        r"(?:^|[.;:?!]\s+|[，。；：？！]\s*|(?<!\d),\s+)(?P<it>(?P<year>(?!2048)(?:19|20)\d\d))"
        r"(?=\s*(?:$|[;:?!，。；：？！]|\.(?!\d)|,(?!\s*\d)))",
        _year,
    ),
    (rf"(?<![\w.\-])(?P<it>(?P<year>(?:19|20)\d\d))(?=\s*[-–—~～到至和]\s*(?:{DATE}))", _year),
)
"""Notations that are dates only next to a preposition or another date."""

EDGES = re.compile(
    rf"(?:the\s+)?(?:(?:very\s+)?(?P<edge>end|close|start|beginning)\s+of\s+|(?:early|earlier|mid|late|later)[\s-]+(?:in\s+)?"
    rf"|(?:spring|summer|autumn|fall|winter)\s+(?:of\s+|in\s+)?)(?P<inner>{DATE})",
    re.ASCII | re.IGNORECASE,
)
