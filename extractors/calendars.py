"""Calendar expressions as values, and the days they are.

`Calendar` is what a writer wrote ("mardi dernier", "10 décembre", "été 2020"),
`Range` what runs from one to another. `Reference` is what the missing part is
counted from. Nothing here reads text.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal, cast

Unit = Literal["day", "week", "iso_week", "weekend", "fortnight", "month", "season", "quarter", "half", "year", "school_year", "decade", "feast"]
First = Literal["day", "month", "either"]
Tense = Literal[-1, 0, 1]  # past, not told, future
Days = tuple[date | None, date | None]
Closed = tuple[date, date]

_SATURDAY, _SUNDAY = 5, 6
_HALF_WEEK = 3
# Solstice to equinox, as GUIDELINES has them: first month and day, last month and day.
_SEASONS = {1: ((3, 20), (6, 20)), 2: ((6, 21), (9, 21)), 3: ((9, 22), (12, 20)), 4: ((12, 21), (3, 19))}
# A past tense contradicts a later day, a future one an earlier day: how many times further off such a day counts.
# Future auxiliaries are surer than past ones, which also stand in "a annoncé que le forum se tient le 5 mars".
_AGAINST_PAST, _AGAINST_FUTURE = 5, 20
# Words that name a feast also name trees, islands and people: without a year they count only near the feast.
_FEAST_DAYS = 31
# Weekday and day of the month agree every five to eleven years: this far the year is looked for.
_YEARS_AROUND = 6


@dataclass(frozen=True, slots=True)
class Feast:
    """How a feast finds its day: a fixed day, days from Easter, or a name of the `holidays` package and days from it."""

    day: tuple[int, int] | None = None
    easter: int | None = None
    country: str | None = None
    holiday: str | None = None
    shift: int = 0

    def on(self, year: int) -> date | None:
        """Its day of a year; None where that year has none."""
        if self.day is not None:
            return _day(year, *self.day)
        if self.easter is not None:
            return _easter(year) + timedelta(days=self.easter)
        holiday = _holiday(self.country or "", self.holiday or "", year)
        return holiday and holiday + timedelta(days=self.shift)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one calendar expression says, nothing filled in.

    number: of the month for a day, week or weekend; how many years for a year; of the month, season, quarter,
    half or ISO week else.
    weekday: 0 is Monday. offset: with nothing else, whole units from the reference ("hier" is day -1); beside a
    number, a weekday or a feast, which one: -1 the last, 0 this, 1 the next, 2 the one after. year_offset: the year counted from
    the reference ("mai de l'an dernier" is -1), month_offset: the month so ("le 25 du mois dernier" is -1), week: the week
    so ("mardi de la semaine dernière" is -1).
    first: which part the writer put first; "either" for 3/4, whose order the document or the region tells.
    is_name: a month's abbreviation, nothing without the other end of its range.
    """

    unit: Unit
    year: int | None = None
    number: int | None = None
    day: int | None = None
    weekday: int | None = None
    offset: int | None = None
    feast: Feast | None = None
    year_offset: int | None = None
    week: int | None = None
    month_offset: int | None = None
    first: First | None = None
    is_name: bool = False

    @property
    def is_bare_day(self) -> bool:
        """A day of the month alone, which only a neighbour can complete."""
        return self.day is not None and self.number is None and self.weekday is None and self.lacks_month

    @property
    def lacks_month(self) -> bool:
        """A day of the month without the month: "3", "samedi 18"."""
        return self.number is None and self.day is not None and self.unit == "day" and self.month_offset is None

    def is_on_other_weekday(self, day: date | None) -> bool:
        """Whether a day of the month was written with a weekday that it is not."""
        has_both = self.unit == "day" and self.weekday is not None and self.day is not None
        return has_both and day is not None and day.weekday() != self.weekday

    @property
    def is_relative(self) -> bool:
        """Counted from the reference in whole units: "hier", "la semaine dernière"."""
        return self.offset is not None and self.number is None and self.day is None and self.weekday is None and self.feast is None

    @property
    def is_full(self) -> bool:
        """A day with its month and year."""
        return self.unit == "day" and self.day is not None and self.number is not None and self.year is not None

    @property
    def lacks_year(self) -> bool:
        """Whether the year must come from elsewhere."""
        return self.year is None and self.year_offset is None and self.month_offset is None and not self.is_relative

    @property
    def is_dated(self) -> bool:
        """Whether anything beside its name says which one it is."""
        return self.year is not None or self.year_offset is not None or self.offset is not None or self.week is not None or self.month_offset is not None


@dataclass(frozen=True, slots=True)
class Range:
    """From one expression to another, both included; None is an open end.

    lean: -1 for what has begun ("depuis mars"), 1 for what ends ahead where no tense says otherwise ("until Monday").
    """

    start: Calendar | None
    end: Calendar | None
    lean: Tense = 0


Expression = Calendar | Range


@dataclass(frozen=True, slots=True)
class Reference:
    """What an incomplete expression is counted from.

    year: given by a heading or an earlier date; then `day` only serves relative expressions.
    """

    day: date | None
    tense: Tense = 0
    year: int | None = None


# A text says the same few things again and again: looking one up costs a quarter of making it.
calendar_of = cast("type[Calendar]", lru_cache(maxsize=4096)(Calendar))


@lru_cache(maxsize=4096)
def replaced(said: Calendar, **changes: Any) -> Calendar:
    """The same expression with some fields changed."""
    return replace(said, **changes)


def days_of(expression: Expression, reference: Reference) -> Days:
    """Inclusive days of an expression; both None where they cannot be told."""
    if isinstance(expression, Calendar):
        return _calendar_days(expression, reference) or (None, None)
    if expression.start is None or expression.end is None:
        known = _open_days(expression.end or expression.start or Calendar("day"), expression.lean, reference)
        if known is None:
            return None, None
        return (None, known[1]) if expression.start is None else (known[0], None)
    return _range_days(expression.start, expression.end, reference)


def edtf_of(expression: Expression) -> str:
    """Extended Date/Time Format of what is known without a reference: XXXX-07-24."""
    if isinstance(expression, Calendar):
        return _edtf(expression)
    return f"{_edtf(expression.start) if expression.start else '..'}/{_edtf(expression.end) if expression.end else '..'}"


def swapped(expression: Expression) -> Expression:
    """The same expression with the two numbers of 3/4 exchanged, where that gives a day."""
    if isinstance(expression, Range):
        start, end = (part and _swapped(part) for part in (expression.start, expression.end))
        return Range(start, end, expression.lean)
    return _swapped(expression)


def is_possible(calendar: Calendar) -> bool:
    """Whether a full date exists, and on the weekday that it names."""
    if calendar.unit != "day" or calendar.day is None or calendar.number is None:
        return True
    day = _day(calendar.year or 2000, calendar.number, calendar.day)
    return day is not None and (calendar.year is None or calendar.weekday is None or day.weekday() == calendar.weekday)


def _open_days(calendar: Calendar, lean: Tense, reference: Reference) -> Closed | None:
    """The days of the one end of an open range; what has begun is not to come."""
    known = _calendar_days(calendar, replace(reference, tense=lean if lean < 0 else reference.tense or lean))
    is_to_come = known is not None and reference.day is not None and known[0] > reference.day
    if known is not None and lean < 0 and is_to_come and calendar.lacks_year and calendar.number is not None:
        return _year_days(calendar, known[0].year - 1, reference)
    return known


def _swapped(calendar: Calendar) -> Calendar:
    if calendar.first != "either" or calendar.day is None or calendar.day > 12:
        return calendar
    return replace(calendar, number=calendar.day, day=calendar.number)


def _calendar_days(calendar: Calendar, reference: Reference) -> Closed | None:
    if calendar.year is not None:
        return _year_days(calendar, calendar.year, reference)
    if calendar.year_offset is not None:
        return _relative_year(calendar, calendar.year_offset, reference)
    if calendar.month_offset is not None:
        return None if reference.day is None else _day_of_month(calendar.day or 1, calendar.month_offset, reference.day)
    if calendar.is_relative:
        return None if reference.day is None else _relative_days(calendar, reference.day, reference.tense)
    if reference.year is not None and calendar.number is not None:
        return _year_days(calendar, reference.year, reference)
    if reference.day is None:
        return None
    if calendar.unit == "day" and calendar.number is None:
        return _weekday_days(calendar, reference.day, reference.tense)
    return _nearest_days(calendar, reference.day, reference.tense)


def _relative_year(calendar: Calendar, offset: int, reference: Reference) -> Closed | None:
    if reference.day is None:
        return None
    year = reference.day.year + offset
    if not calendar.is_relative:
        return _year_days(calendar, year, reference)
    day = _day(year, reference.day.month, reference.day.day)
    return (day, day) if day else None


def _day_of_month(number: int, offset: int, day: date) -> Closed | None:
    """A day of the month that is so many months from a day; the whole month where it has no such day."""
    index = day.year * 12 + day.month - 1 + offset
    found = _day(index // 12, index % 12 + 1, number)
    return (found, found) if found else _months(index // 12, index % 12 + 1, 1)


def _range_days(start: Calendar, end: Calendar, reference: Reference) -> Days:
    if end.lacks_year and not start.lacks_year:
        first = _calendar_days(start, reference)
        return _ordered(first, _after(end, first, reference))
    last = _calendar_days(end, reference)
    if not start.lacks_year:
        return _ordered(_calendar_days(start, reference), last)
    if start.weekday is not None and start.number is None:
        first = _calendar_days(start, reference)
        return _ordered(first, _after(end, first, reference) if end.number is None else last)
    return _ordered(_before(start, last, reference), last)


def _ordered(first: Closed | None, last: Closed | None) -> Days:
    if first is None or last is None:
        return None, None
    return (first[0], last[1]) if first[0] <= last[1] else (last[0], first[1])


def _after(end: Calendar, first: Closed | None, reference: Reference) -> Closed | None:
    """The first occurrence of a range's end that is not before its start."""
    if first is None:
        return None
    if end.number is None and end.feast is None:
        return _calendar_days(end, replace(reference, day=first[0], tense=1, year=None))
    for year in (first[0].year, first[0].year + 1):
        last = _year_days(end, year, reference)
        if last is not None and last[1] >= first[0]:
            return last
    return None


def _before(start: Calendar, last: Closed | None, reference: Reference) -> Closed | None:
    """The latest occurrence of a range's start that is not after its end."""
    if last is None:
        return None
    for year in (last[1].year, last[1].year - 1):
        first = _year_days(start, year, reference)
        if first is not None and first[0] <= last[1]:
            return first
    return None


def _year_days(calendar: Calendar, year: int, reference: Reference) -> Closed | None:
    """The days of an expression in a year; an impossible day leaves its month."""
    if not 1 <= year <= 9998:
        return None
    number, unit = calendar.number or 1, calendar.unit
    if unit == "feast":
        day = calendar.feast.on(year) if calendar.feast else None
        return (day, day) if day else None
    if unit in ("day", "week", "weekend", "fortnight") and calendar.day is not None and calendar.number is not None:
        day = _day(year, number, calendar.day)
        if day is None:
            return _months(year, number, 1)
        return _around(day, unit)
    if unit == "season":
        return _season(year, number, reference.day)
    return _period(unit, year, number)


def _period(unit: Unit, year: int, number: int) -> Closed | None:
    if unit == "month":
        return _months(year, number, 1)
    if unit == "quarter":
        return _months(year, 3 * number - 2, 3)
    if unit == "half":
        return _months(year, 6 * number - 5, 6)
    if unit == "school_year":
        return date(year, 9, 1), date(year + 1, 8, 31)
    if unit == "decade":
        return date(year, 1, 1), date(year + 9, 12, 31)
    if unit == "iso_week":
        if number > date(year, 12, 28).isocalendar().week:
            return None
        return date.fromisocalendar(year, number, 1), date.fromisocalendar(year, number, 7)
    if unit == "year":
        return date(year, 1, 1), date(year + number - 1, 12, 31)
    return None


def _around(day: date, unit: Unit) -> Closed:
    """The week, Monday to Sunday, or the week-end, that holds a day."""
    if unit == "day":
        return day, day
    monday = day - timedelta(days=day.weekday())
    if unit == "weekend":
        return monday + timedelta(days=_SATURDAY), monday + timedelta(days=_SUNDAY)
    return monday, monday + timedelta(days=_SUNDAY if unit == "week" else _SUNDAY + 7)


def _season(year: int, number: int, reference: date | None) -> Closed:
    """A season of a year; of the two winters that touch it, the one that has begun by the reference day."""
    first, last = _SEASONS[number]
    if number < 4:
        return date(year, *first), date(year, *last)
    start_year = year - 1 if reference is not None and reference.year == year and reference < date(year, *first) else year
    return date(start_year, *first), date(start_year + 1, *last)


def _relative_days(calendar: Calendar, day: date, tense: Tense) -> Closed | None:
    offset = calendar.offset or 0
    match calendar.unit:
        case "day":
            return _shifted(day, offset), _shifted(day, offset)
        case "week" | "fortnight":
            return _around(_shifted(day, offset * (7 if calendar.unit == "week" else 14)), "week")
        case "weekend":
            return _relative_weekend(day, offset, tense)
        case "month" | "quarter" | "half":
            months = {"month": 1, "quarter": 3, "half": 6}[calendar.unit]
            index = (day.year * 12 + day.month - 1) // months + offset
            return _months(index * months // 12, index * months % 12 + 1, months)
        case "season":
            return None
        case "decade":
            return _period("decade", day.year // 10 * 10 + 10 * offset, 1)
        case _:
            return _period("year", day.year + offset, 1)


def _relative_weekend(day: date, offset: int, tense: Tense) -> Closed:
    """ "Ce week-end", read on a Monday or told in the past, is the one that has just been."""
    just_been = offset == 0 and day.weekday() < _SATURDAY and (tense < 0 or (tense == 0 and day.weekday() < 2))
    coming = offset > 0 and day.weekday() < _SATURDAY
    return _around(_shifted(day, 7 * (offset - just_been - coming)), "weekend")


def _weekday_days(calendar: Calendar, day: date, tense: Tense) -> Closed | None:
    """A weekday alone, or with a day of the month but no month ("dimanche 17")."""
    if calendar.weekday is None:
        return None
    if calendar.day is not None:
        return _agreeing(calendar, day, tense)
    ahead = (calendar.weekday - day.weekday()) % 7
    if calendar.week is not None:
        gap = calendar.weekday - day.weekday() + 7 * calendar.week
    elif calendar.offset == -1:
        gap = ahead - 7 if ahead < 6 else -8  # "last Tuesday" is not what would be "yesterday"
    elif calendar.offset == 1:
        gap = ahead or 7
    elif calendar.offset == 2:
        gap = ahead + 7
    elif calendar.offset == 0 and tense == 0:  # "ce mardi": the nearest
        gap = ahead if ahead <= _HALF_WEEK else ahead - 7
    else:  # news tells what was: without a tense a weekday is the last one
        gap = ahead if tense > 0 or ahead == 0 else ahead - 7
    found = _shifted(day, gap)
    return found, found


def _agreeing(calendar: Calendar, day: date, tense: Tense) -> Closed | None:
    """The nearest month in which a day of the month falls on the weekday written with it."""
    best: date | None = None
    for months in range(-12, 13):
        index = day.year * 12 + day.month - 1 + months
        found = _day(index // 12, index % 12 + 1, calendar.day or 0)
        if found is None or found.weekday() != calendar.weekday:
            continue
        if best is None or _weight((found, found), day, tense) < _weight((best, best), day, tense):
            best = found
    return (best, best) if best else None


@lru_cache(maxsize=4096)  # a text says the same few things again and again
def _nearest_days(calendar: Calendar, day: date, tense: Tense) -> Closed | None:
    """The occurrence of a yearly expression that weekday, tense and nearness choose, in this order."""
    candidates = [days for days in _occurrences(calendar, day) if _allows(calendar, days, day)]
    if not candidates:
        return None
    # "this autumn" is the nearest one whatever the tense of the words around it
    best = min(candidates, key=lambda days: _weight(days, day, 0 if calendar.offset == 0 else tense))
    if calendar.feast is not None and calendar.offset is None and abs((best[0] - day).days) > _FEAST_DAYS:
        return None
    return best


def _occurrences(calendar: Calendar, day: date) -> list[Closed]:
    def around(years: int) -> Iterator[Closed]:
        for year in range(day.year - years, day.year + years + 1):
            found = _year_days(calendar, year, Reference(None))
            if found is not None and (calendar.day is None or calendar.number is None or _day(year, calendar.number, calendar.day) is not None):
                yield found

    if calendar.weekday is not None:
        agreeing = [days for days in around(_YEARS_AROUND) if days[0].weekday() == calendar.weekday]
        if agreeing and any(abs((days[0] - day).days) < 400 for days in agreeing):
            return agreeing
    return list(around(2)) or list(around(_YEARS_AROUND)) or _impossible(calendar, day)


def _impossible(calendar: Calendar, day: date) -> list[Closed]:
    """The months of 31 April."""
    return [days for year in range(day.year - 1, day.year + 2) if (days := _year_days(calendar, year, Reference(None))) is not None]


def _allows(calendar: Calendar, days: Closed, day: date) -> bool:
    """ "Dernier" keeps what is over or begun, "prochain" what has not begun."""
    if calendar.offset == -1:
        return days[1] < day if calendar.unit != "day" else days[0] <= day
    return calendar.offset != 1 or days[0] > day


def _weight(days: Closed, day: date, tense: Tense) -> int:
    if days[0] <= day <= days[1]:
        return 0
    if days[0] > day:
        return (days[0] - day).days * (_AGAINST_PAST if tense < 0 else 1)
    return (day - days[1]).days * (_AGAINST_FUTURE if tense > 0 else 1)


def _edtf(calendar: Calendar) -> str:
    year = f"{calendar.year:04d}" if calendar.year is not None else "XXXX"
    if calendar.number is None:
        return f"{year}-XX-XX" if calendar.year is None else year
    match calendar.unit:
        case "day":
            return f"{year}-{calendar.number:02d}-{calendar.day or 1:02d}"
        case "season":
            return f"{year}-{20 + calendar.number}"
        case "quarter":
            return f"{year}-{32 + calendar.number}"
        case "half":
            return f"{year}-{39 + calendar.number}"
        case "month":
            return f"{year}-{calendar.number:02d}"
        case _:
            return f"{year}-XX-XX"


def _day(year: int, month: int, day: int) -> date | None:
    if not (1 <= year <= 9998 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def _months(year: int, month: int, count: int) -> Closed | None:
    if not (1 <= year <= 9998 and 1 <= month <= 12):
        return None
    last = month + count - 1
    return date(year, month, 1), date(year, last, monthrange(year, last)[1])


def _shifted(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal() - 400))


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def _holiday(country: str, name: str, year: int) -> date | None:
    import holidays

    code, _, subdivision = country.partition("-")
    days = holidays.country_holidays(code, subdiv=subdivision or None, years=year, observed=False, language="en_US")
    return min(days.get_named(name, lookup="exact"), default=None)
