"""What calendar words count to: numerals, units, "last", "ago" and their Chinese, read into dates.

A reader takes a match of a notation (`date_notations`) and returns a text of `graph.dates` ("2025-03",
"[2025-07..2025-09]", an ISO instant), `NOW`, or, where no year was said, "--03" or "--06-10" (the form of
XML Schema); or None where the words name no date.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from modelatlas.graph.dates import iso

NOW = "now"
Reader = Callable[[re.Match[str], datetime], str | None]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HAN = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "上": 1, "下": 2}
_UNITS = {"年": "year", "月": "month", "周": "week", "星期": "week", "礼拜": "week", "季度": "quarter"}
_UNITS |= {"天": "day", "日": "day", "小时": "hour", "分钟": "minute"}
_HALVES = {
    "year": (6, "month"),
    "month": (15, "day"),
    "week": (84, "hour"),
    "day": (12, "hour"),
    "hour": (30, "minute"),
}
_STEPS = {"last": -1, "this": 0, "next": 1, "上上": -2, "上": -1, "本": 0, "这": 0, "今": 0, "下": 1}
_STEPS |= {"大前": -3, "前": -2, "去": -1, "明": 1, "后": 2}
_DAYS = {"the day before yesterday": -2, "yesterday": -1, "tomorrow": 1, "昨": -1, "大前": -3, "前": -2}
_DAYS |= {"明": 1, "后": 2}


def shifted(instant: datetime, count: str, unit: str, side: int) -> datetime | None:
    """The instant so many units before (side -1) or after it (+1), by the calendar; None beyond its ends."""
    import dateparser

    number, unit = _number(count), _unit(unit)
    if count.lower().startswith(("半", "half")) and unit in _HALVES:
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
        return NUMBERS.index(text) + 1 if text in NUMBERS else 1
    tens, ten, ones = text.rpartition("十")
    return (_HAN.get(tens, 1) * 10 if ten else 0) + _HAN.get(ones, 0)


def _unit(text: str) -> str:
    text = text.lower().removeprefix("个")
    return _UNITS.get(text, text)


def written(found: re.Match[str], now: datetime) -> str:
    year, month, day, time = (found.groupdict().get(name) for name in ("year", "month", "day", "time"))
    if time:
        return f"{year}-{month}-{day}T{time[1:].upper().replace(' ', '').replace('UTC', 'Z')}"
    return f"{year}-{month:0>2}-{day:0>2}" if day else f"{year}-{month}"


def year_named(found: re.Match[str], now: datetime) -> str:
    groups = found.groupdict()
    if step := groups.get("step"):
        return f"{now.year + _STEPS[step.lower()]:04}"
    year = "".join(str(_HAN.get(digit, digit)) for digit in groups["year"] or f"{now.year:04}")
    return f"20{year}" if len(year) == 2 else year


def month_named(found: re.Match[str], now: datetime) -> str:
    """A month, or a day of it, without its year."""
    name, day = found["month"].lower(), found.groupdict().get("day")
    number = _MONTHS.index(name[:3]) + 1 if name.isascii() and name.isalpha() else _number(name)
    return f"--{number:02}-{_number(day):02}" if day else f"--{number:02}"


def part_of_year(found: re.Match[str], now: datetime) -> str | None:
    """A year, or the part of it that is named."""
    year, groups = year_named(found, now), found.groupdict()
    if groups.get("month"):
        return year + month_named(found, now)[1:]
    if edge := groups.get("edge"):
        return f"{year}-{'01' if edge == '初' else '12'}"
    if nth := groups.get("quarter") or groups.get("half"):
        place = _NTH[nth.lower()] if nth.lower() in _NTH else _number(nth[0])
        return _months(year, place, 3 if groups.get("quarter") else 6)
    return year


def _months(year: str, place: int, length: int) -> str | None:
    last = place * length
    return f"[{year}-{last - length + 1:02}..{year}-{last:02}]" if last <= 12 else None


def english_day(found: re.Match[str], now: datetime) -> str | None:
    import dateparser

    day = dateparser.parse(f"{found['day']} {found['month']} {year_named(found, now)}", languages=["en"])
    return day.date().isoformat() if day else None


def stepped_month(found: re.Match[str], now: datetime) -> str:
    """ "last March" is the latest that is over, "next March" the first that has not begun."""
    month, step = _MONTHS.index(found["month"].lower()[:3]) + 1, _STEPS[found["step"].lower()]
    year = now.year - (step < 0 and month >= now.month) + (step > 0 and month <= now.month)
    return f"{year:04}-{month:02}"


def stepped(found: re.Match[str], now: datetime) -> str | None:
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


def last_weekday(found: re.Match[str], now: datetime) -> str:
    back = (now.weekday() - WEEKDAYS.index(found["weekday"].lower())) % 7 or 7
    return (now.date() - timedelta(days=back)).isoformat()


def near_day(found: re.Match[str], now: datetime) -> str:
    words = re.sub(r"\s+", " ", found[0].lower()).rstrip("天日")
    return (now.date() + timedelta(days=_DAYS[words])).isoformat()


def ago(found: re.Match[str], now: datetime) -> str | None:
    """ "three months ago" is a day; hours and minutes are an instant."""
    unit, side = _unit(found["unit"]), 1 if found["side"].lower() in ("后", "from now") else -1
    there = shifted(now, found["count"], unit, side)
    if there is not None and found.groupdict().get("more"):
        there = shifted(there, "半", unit, side)
    if there is None:
        return None
    return iso(there) if unit in ("hour", "minute") else there.date().isoformat()


def present(found: re.Match[str], now: datetime) -> str:
    return NOW
