"""How dates are written in English and Chinese: one pattern a notation, with the reader of what it means.

A name or a quantity is not a date: numbers glued to letters, dots or hyphens are left alone, and a bare
number is a year only after a preposition, before 年, or alone between stops.
"""

import re

from modelatlas.agent.calendar_words import (
    NUMBERS,
    WEEKDAYS,
    Reader,
    ago,
    english_day,
    last_weekday,
    month_named,
    near_day,
    part_of_year,
    present,
    stepped,
    stepped_month,
    written,
    year_named,
)
from modelatlas.agent.marked_text import DATE

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
    r"(?:^|[,;:(?!]\s*|[^\x00-\x7f]\s*|(?:\b(?:as|at|in|on|of|by|from|to|and|or|than|since|until|till|before|after"
    r"|between|known)|day,?)\s+)"
)
_QUARTER = rf"(?:Q(?P<quarter>[1-4])|H(?P<half>[12]))[\s,]*(?:of\s+)?{_YEAR}"
_NTH_QUARTER = (
    r"(?:the\s+)?(?:(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))\s+quarter"
    rf"|(?P<half>first|second)\s+half)\s+of\s+{_YEAR}"
)
_COUNT = rf"(?P<count>\d{{1,4}}|half\s+an?|an?|{'|'.join(NUMBERS)})"
COUNTED = rf"{_COUNT}\s+(?P<unit>year|month|week|day|hour|minute)s?"

_N = r"(?:\d\d?|[一二三四五六七八九十两]{1,3})"
_FRESH = r"(?<![\w.\-/每第个月年〇零一二三四五六七八九十两几])"
_EDGE = r"(?P<edge>初(?![代版始步级学])|底(?![层座模部色])|末(?!尾))"
_HAN_YEAR = (
    rf"(?:(?:(?<={DATE}[-–~])|{_FRESH})(?P<year>\d{{4}}|\d\d(?=\s*年\s*\d\d?\s*月)|[〇零○一二三四五六七八九]{{4}})\s*"
    r"|(?P<step>(?<!过)去|今|(?<!日)本|(?<![说发证声表])明|(?<![今以之])后|大前|(?<![以之大])前))年"
)
_HAN_MONTH = (
    rf"(?P<month>{_N})\s*月份?(?:\s*(?P<day>{_N})\s*[日号]|初(?![代版始步级学])|底(?![层座模部色])|末(?!尾)"
    r"|[上中下]旬)?(?![费活付租薪天])"
)
_HAN_PART = rf"(?:第?(?P<quarter>[一二三四1-4])季度|(?P<half>[上下])半年|年?{_EDGE}|[春夏秋冬][天季])"
HAN_COUNTED = (
    r"(?P<count>(?!0)\d{1,4}|[一二三四五六七八九十两]{1,3}|半)\s*"
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
        written,
    ),
    (rf"{_START}(?P<year>(?:19|20)\d\d)(?P<by>[-/])(?P<month>\d\d?)(?P=by)(?P<day>\d\d?){_END}", written),
    (rf"{_DAY_FOLLOWS}(?P<it>{_DAY_MONTH},?\s+(?:of\s+)?{_YEAR})", english_day),
    (rf"\b{_MONTH_DAY},?\s+(?:of\s+)?{_YEAR}", english_day),
    (rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}", part_of_year),
    (rf"{_START}{_QUARTER}", part_of_year),
    (rf"{_START}{_NTH_QUARTER}", part_of_year),
    (rf"{_START}(?P<year>(?:19|20)\d\d)[\s-]?(?:Q(?P<quarter>[1-4])|H(?P<half>[12])){_END}", part_of_year),
    (rf"\b(?P<step>last|this|next)\s+{_MONTH}", stepped_month),
    (rf"(?<!\bthe\s)\b(?P<step>last|this|next)\s+(?P<unit>week|month|quarter|year){_END}", stepped),
    (rf"\blast\s+(?P<weekday>{'|'.join(WEEKDAYS)})\b", last_weekday),
    (rf"{_START}{COUNTED}\s+(?P<side>ago|from\s+now)\b", ago),
    (r"\b(?:the\s+day\s+before\s+yesterday|yesterday|tomorrow)\b", near_day),
    (r"(?<![\w.\-])(?P<it>(?P<year>(?:19|20)\d\d))(?=[-–~](?:19|20)\d\d\s*年)", year_named),
    (rf"{_HAN_YEAR}\s*的?\s*{_HAN_MONTH}", part_of_year),
    (rf"{_HAN_YEAR}\s*的?\s*{_HAN_PART}", part_of_year),
    (rf"{_HAN_YEAR}\s*Q(?P<quarter>[1-4])(?![\w.])", part_of_year),
    (_HAN_YEAR, part_of_year),
    (rf"(?<![\w.月布线出世源])(?<![布线出世源]\s){HAN_COUNTED}[以之]?(?P<side>前|后){NOT_ONLY}", ago),
    (
        r"(?<![以线网之基])(?P<step>上上|上|本|这|下)一?个?(?P<unit>周|星期|礼拜|月|季度)"
        r"(?:(?<=[周期拜])(?:(?P<weekday>[一二三四五六日天])(?![个款种])|末)|(?<=月)[初底末])?(?![费活付租薪天])",
        stepped,
    ),
    (r"昨[天日]|大?前[天日]|明[天日]|(?<![以之今])后天", near_day),
    (rf"(?<![一二三四五六七八九十两几每年\d])(?P<year>)年{_EDGE}", part_of_year),
    (rf"{_FRESH}{_HAN_MONTH}", month_named),
    (
        r"(?<![\w.-])(?:(?:right\s+)?now(?:adays)?|today|currently|at\s+present|presently|at\s+the\s+moment)"
        r"(?![\w-])|(?<=\bto\s)(?:the\s+)?present(?![\w-])"
        r"|(?<![出呈展体实浮涌显表发])现在|目前|今天|如今|当前|眼下|今日(?!头条)|此刻|当下|现阶段",
        present,
    ),
)
"""Notations that are dates wherever they stand."""

IN_CONTEXT = _compiled(
    (rf"{_BEFORE_MONTH}(?P<it>{_DAY_MONTH}){_MEASURED}", month_named),
    (rf"{_BEFORE_MONTH}(?P<it>{_MONTH_DAY}){_MEASURED}", month_named),
    (rf"{_BEFORE_MONTH}(?P<it>{_MONTH})", month_named),
    (rf"\b(?P<it>{_MONTH_DAY})(?=\s*(?:to|until|through|[-–—])\s*{DATE})", month_named),
    (rf"\b(?P<it>{_MONTH})(?=\s+(?:to|until|through)\s+{DATE})", month_named),
    (rf"\bfrom\s+(?P<it>{_MONTH_DAY}){_TO_MONTH}", month_named),
    (rf"\bfrom\s+(?P<it>{_MONTH}){_TO_MONTH}", month_named),
    (
        rf"(?:{_JOINED}|{_FIRMLY}|{_IN_CHINESE})(?P<it>(?P<year>(?!2048)(?:19|20)\d\d)"
        rf"(?:{_END}|{_TO_YEAR}|(?='s\b))){_MEASURED}",
        year_named,
    ),
    (rf"{_LOOSELY}(?P<it>(?P<year>(?!2048)20[1-4]\d)(?:{_END}|{_TO_YEAR})){_MEASURED}", year_named),
    (
        r"(?:^|[.;:?!]\s+|[，。；：？！]\s*|(?<!\d),\s+)(?P<it>(?P<year>(?!2048)(?:19|20)\d\d))"
        r"(?=\s*(?:$|[;:?!，。；：？！]|\.(?!\d)|,(?!\s*\d)))",
        year_named,
    ),
    (rf"(?<![\w.\-])(?P<it>(?P<year>(?:19|20)\d\d))(?=\s*[-–—~～到至和]\s*(?:{DATE}))", year_named),
)
"""Notations that are dates only next to a preposition or another date."""

EDGES = re.compile(
    rf"(?:the\s+)?(?:(?:very\s+)?(?P<edge>end|close|start|beginning)\s+of\s+|(?:early|earlier|mid|late|later)[\s-]+(?:in\s+)?"
    rf"|(?:spring|summer|autumn|fall|winter)\s+(?:of\s+|in\s+)?)(?P<inner>{DATE})",
    re.ASCII | re.IGNORECASE,
)
