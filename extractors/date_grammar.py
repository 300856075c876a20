"""The grammar of calendar expressions: one scan over the words of a text.

A text is cut into words once (`date_words`); where one can open an expression a small recursive descent
reads on from there: single dates (`date_points`), and here the ranges and lists that they join into. It
looks a bounded number of words ahead, so the whole is linear. The words themselves are data: `[dates]` in
languages/*.toml. What comes out is what was written (`calendars.Expression`); `dates` tells which days
that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from extractors.calendars import Calendar, Expression, Range, Unit, replaced
from extractors.date_points import DASHES, Part, Points, followers
from extractors.date_words import Starter, lexicon
from extractors.languages import Language

_MAX_ITEMS = 31  # of one list: keeps the look-ahead bounded
_MAX_PREFIX = 3  # of articles and "début", "early" before a date
_BULLETS, _LABEL_ENDS = frozenset("-*•–—>·▪◦#"), frozenset(":–—|-")
_PLAIN_YEARS = range(1900, 2100)  # these need no preposition to be read as years


class Found(NamedTuple):
    """An expression and the words it takes, last one excluded."""

    first: int
    last: int
    expression: Expression


def read(text: str, language: Language) -> Iterator[tuple[int, int, Expression]]:
    """Every calendar expression of a text as (start, end, what it says), in reading order."""
    reader = _Reader(text, language)
    done = 0
    for index in reader.openings(_starters(language)):
        if index < done:
            continue
        for found in reader.expression(index):
            done = max(done, found.last)
            if found.expression is not _NOTHING:
                yield reader.start(found.first), reader.ends[found.last - 1], found.expression


@lru_cache
def _openers(language: Language) -> Mapping[str, tuple[Opener, ...]]:
    """By first word, the rules for ranges that can begin there."""
    rules = {word: tuple(rule for kind, rule in _OPENERS.items() if kind in entry) for word, entry in lexicon(language).entries.items()}
    return {word: found for word, found in rules.items() if found}


@lru_cache
def _starters(language: Language) -> Mapping[str, Starter | None]:
    """By first word, what opens an expression; None where the word may be one by itself."""
    entries, following = lexicon(language).entries, followers(language)
    opened = {word for word, entry in entries.items() if any(kind in following or kind in _AFTER_OPENERS for kind in entry)}
    starters: dict[str, Starter | None] = {}
    for word, entry in entries.items():
        phrases = [(tail, following[kind]) for kind in entry.keys() & following.keys() for tail, _ in entry[kind]]
        phrases += [(tail, opened) for kind in entry.keys() & _OPENERS.keys() for tail, _ in entry[kind]]
        if phrases:
            is_whole = any(not tail and after is None for tail, after in phrases)
            starters[word] = None if is_whole else Starter(phrases, frozenset().union(*(tail[:1] or after or () for tail, after in phrases)))
    return starters


_AFTER_OPENERS = ("articles", "clock_before", "period_parts")
_NOTHING = Calendar("day")  # words to step over: "du lundi au vendredi" is a habit, not a date


class _Reader(Points):
    """The rules that read a text's words: each takes an index and returns what it understood with the
    index after it, or None."""

    def __init__(self, text: str, language: Language) -> None:
        super().__init__(text, language)
        self.openers = _openers(language)

    # ------------------------------------------------------------ expressions

    def expression(self, i: int) -> list[Found]:
        """The expressions that open at a word: one, or the members of a list."""
        for rule in self.openers.get(self.words[i], ()):
            found = rule(self, i)
            if found is not None:
                return self.coordination(found)
        found = self.item(i)
        return [] if found is None else self.coordination(found)

    def between(self, i: int) -> Found | None:
        opened = self.read(i, "between")
        if opened is None:
            return None
        return self.range_after(i, opened[1], ("and", "to", "dash"))

    def from_to(self, i: int) -> Found | None:
        opened = self.read(i, "from")
        if opened is None:
            return None
        return self.range_after(i, opened[1], ("to", "dash"))

    def range_after(self, first: int, i: int, joints: tuple[str, ...]) -> Found | None:
        """What an opener ("du", "from", "entre") opens."""
        start = self.prefix(i)
        left = self.point(start) or self.bare_day(start) or self.short_month(start) if self.may_open(start) else None
        if left is None:
            return None
        joint = self.joint(self.aside(left[1]), joints)
        if joint is not None:
            return self.right_end(first, left, joint)
        onwards = self.read(left[1], "onwards")
        if onwards is None or left[0].is_bare_day or left[0].is_name:
            return None
        return Found(first, onwards[1], Range(left[0], None))

    def right_end(self, first: int, left: Part, i: int) -> Found | None:
        """The range that goes on to what stands after its joint."""
        present = self.read(i, "present")
        if present is not None and left[0].is_dated:
            return Found(first, present[1], Range(left[0], None))
        right = self.right_of(left, self.prefix(i))
        return None if right is None else self.closed(first, left[0], right)

    def clock_time(self, i: int) -> int:
        """The index after a time of the day ("17 h 30", "at 5:30 pm"), the same where there is none."""
        start = self.skip(i, "clock_before")
        if len(self.words[start]) > 2 or not self.is_number(start):
            return i
        minutes = start + 1
        if self.words[minutes] in (":", ".") and self.is_attached(minutes) and self.is_number(minutes + 1):
            return self.skip(minutes + 2, "clock")
        after = self.skip(minutes, "clock")
        return after + 1 if after > minutes and self.is_number(after) and len(self.words[after]) == 2 else after if after > minutes else i

    def aside(self, i: int) -> int:
        """The index after a part of the day, or a weekday in brackets."""
        i = self.clock_time(self.skip(i, "parts_of_day"))
        weekday = self.read(i + 1, "weekdays") if self.words[i] == "(" else None
        return weekday[1] + 1 if weekday is not None and self.words[weekday[1]] == ")" else i

    def joint(self, i: int, kinds: tuple[str, ...]) -> int | None:
        for kind in kinds:
            if kind == "dash" and self.words[i] in DASHES:
                return i + 1
            found = self.read(i, kind)
            if found is not None:
                return found[1]
        return None

    def right_of(self, left: Part, i: int) -> Part | None:
        """The right end of a range, which may be a mere day of the left one's month."""
        right = self.point(i)
        if right is not None and not (left[0].unit == "day" and right[0].unit == "year"):
            return _like(left[0], right[0]), right[1]
        if self.settings["is_month_first"] and left[0].unit == "day" and left[0].number is not None:
            return self.later_day(i, left[0])
        return None

    def closed(self, first: int, left: Calendar, right: Part) -> Found | None:
        """A range with both ends, what the left one lacks taken from the right one."""
        start, end = left, right[0]
        if start.is_bare_day and (end.unit != "day" or end.day is None or end.lacks_month):
            return None
        if start.lacks_month and end.month_offset is not None:
            start = replaced(start, month_offset=end.month_offset)
        if start.lacks_month and end.number is not None and end.day is not None:
            month = end.number if (start.day or 0) <= end.day else (end.number - 2) % 12 + 1
            start = replaced(start, number=month, year=end.year if month <= end.number else None)
        if start.is_name and (end.unit != "month" or end.year is None):
            return None
        if start.is_name:
            start = replaced(start, is_name=False)
        if start.unit == end.unit == "year" and (start.year or 0) >= (end.year or 0):
            return None
        if self.is_habit(start, end) or self.is_count(start, end, right[1]):
            return Found(first, right[1], _NOTHING)
        return Found(first, right[1], Range(start, end))

    def is_count(self, start: Calendar, end: Calendar, i: int) -> bool:
        """Whether two numbers are no years: "from 1500 to 2000 people"."""
        if start.unit != "year" or end.unit != "year":
            return False
        return self.read(i, "not_a_year_after") is not None or (start.year not in _PLAIN_YEARS and self.is_counted(i))

    def is_habit(self, start: Calendar, end: Calendar) -> bool:
        """Opening hours, "du lundi au vendredi", fix no day."""
        bare = all(c.unit == "day" and c.weekday is not None and c.day is None and c.offset is None for c in (start, end))
        return bare and start.weekday in (0, 1) and (end.weekday or 0) >= 4

    def since(self, i: int) -> Found | None:
        """depuis 2017, since Monday: begun; à partir du 1er mars: by the tense."""
        begun = self.read(i, "since")
        opened = begun or self.read(i, "starting")
        left = self.opened_point(opened[1], i) if opened else None
        if left is None:
            return None
        joint = self.joint(self.aside(left[1]), ("to",))
        closed = self.right_end(i, left, joint) if joint is not None else None
        return closed or Found(i, left[1], Range(left[0], None, lean=-1 if begun else 0))

    def until(self, i: int) -> Found | None:
        """jusqu'en 2025, before June 30; "two days before May 3" is another day."""
        opened = self.read(i, "until") or (None if self.follows(i, "unit_words") else self.read(i, "before"))
        right = self.opened_point(opened[1], i) if opened else None
        if right is None or (right[0].is_relative and right[0].unit != "day" and right[0].offset == -1):
            return None  # "not until last week" has no such end
        return Found(i, right[1], Range(None, right[0], lean=1))

    def opened_point(self, i: int, first: int) -> Part | None:
        """What an opener of one end governs; "since the 2008 crisis" and "before Sunday's vote" govern no date."""
        start = self.prefix(i)
        point = self.point(start)
        if point is None or self.words[point[1]] == "'" and self.words[point[1] + 1] == "s":
            return None
        if point[0].unit in ("year", "month") and not self.stands(Found(start, point[1], point[0])):
            return None
        if point[0].unit == "season" and not point[0].is_dated and self.read(start, "ambiguous_seasons"):
            return None  # "depuis été" is a participle
        is_defined = start - 1 > first and self.read(start - 1, "determiners") is not None
        if is_defined and point[0].unit == "year" and point[1] - start == 1:
            return None
        return None if is_defined and self.settings["is_month_first"] and self.is_noun(point[1]) else point

    def prefix(self, i: int) -> int:
        """The index after articles and "début", "early", "fin de"."""
        for _ in range(_MAX_PREFIX):
            if self.entries[i] is None and not self.is_number(i):
                break
            after = self.clock_time(self.skip(self.skip(i, "articles"), "period_parts"))
            if after == i:
                break
            i = after
        return i

    # ------------------------------------------------------------ lists

    def coordination(self, first: Found) -> list[Found]:
        """A run of dates joined by commas and conjunctions, each completed by its neighbours."""
        items, has_conjunction = [first], [False]
        while len(items) < _MAX_ITEMS:
            joint, is_conjunction = self.list_joint(items[-1].last)
            following = self.member(self.prefix(joint), items[-1]) if joint else None
            if following is None:
                break
            items.append(following)
            has_conjunction.append(is_conjunction)
        if len(items) == 1 and not (isinstance(first.expression, Calendar) and first.expression.is_bare_day):
            return items if self.stands(first) else []
        completed = self.completed(items, has_conjunction, self.follows(first.first, "list_before"))
        # a run of mere numbers stays one wherever it is entered: step over it whole
        return self.standing(completed) if completed else [Found(first.first, items[-1].last, _NOTHING)]

    def standing(self, items: list[Found]) -> list[Found]:
        """Those that are dates here, or follow one of their kind: "in MAY and JUNE"."""
        kept: list[Found] = []
        for item in items:
            is_like = bool(kept) and isinstance(item.expression, Calendar) and _unit(kept[-1].expression) == item.expression.unit != "year"
            if is_like or self.stands(item):
                kept.append(item)
        return kept

    def list_joint(self, i: int) -> tuple[int, bool]:
        if self.is_over(i):
            return 0, False
        after_comma = self.skip(i, "commas")
        conjunction = self.read(after_comma, "conjunctions")
        if conjunction is not None:
            return conjunction[1], True
        return (after_comma, False) if after_comma > i else (0, False)

    def member(self, i: int, before: Found) -> Found | None:
        """One more member of a list, which may leave out what the one before it says."""
        ranged = self.from_to(i) or (self.from_to(i - 1) if self.read(i - 1, "from") else None)
        if ranged is not None:
            return ranged
        last = before.expression.end if isinstance(before.expression, Range) else before.expression
        if self.settings["is_month_first"] and last is not None and last.unit == "day" and last.number is not None:
            day = self.point(i) or self.later_day(i, last)
            return self.simple_range(i, day) if day else None
        return self.item(i, before.expression)

    def item(self, i: int, before: Expression | None = None) -> Found | None:
        """A range, a date, or a day that a neighbour completes."""
        if not self.may_open(i):
            return None
        left = self.point(i) or self.bare_day(i)
        if left is not None:
            return self.simple_range(i, (_like(before, left[0]), left[1]) if isinstance(before, Calendar) else left)
        named = self.short_month(i)
        ranged = self.simple_range(i, named) if named is not None else None
        return ranged if ranged is not None and isinstance(ranged.expression, Range) else None

    def simple_range(self, first: int, left: Part) -> Found:
        """A range without an opener ("29-30 octobre", "2020–2023", "8 to 9 November"), else the date alone."""
        alone = Found(first, left[1], left[0])
        i = left[1]
        if self.is_over(i):
            return alone
        is_dash = self.words[i] in DASHES or (self.words[i] == "/" and left[0].is_bare_day and self.is_stroke(i))  # 12/13 mars
        joint = i + 1 if is_dash else self.joint(i, ("to",))
        if joint is None:
            return alone
        if self.read(joint, "present"):
            return self.right_end(first, left, joint) or alone
        right = self.right_of(left, self.prefix(joint))
        if right is None or not self.is_same_kind(left[0], right[0], is_dash):
            return alone
        return self.closed(first, left[0], right) or alone

    def is_same_kind(self, left: Calendar, right: Calendar, is_dash: bool) -> bool:
        if left.is_bare_day:
            return right.unit == "day" and right.day is not None
        if left.is_relative or right.is_relative:
            return False
        if left.is_name:
            return right.unit == "month"
        if left.unit != right.unit:  # "2014 through May 2018"
            return left.year is not None and right.year is not None and {left.unit, right.unit} <= {"year", "month", "day"} and not is_dash
        return left.unit != "day" or (left.day is None) == (right.day is None)

    def completed(self, items: list[Found], has_conjunction: list[bool], plural: bool) -> list[Found]:
        """Members with the month and year they share; those that stay bare days are dropped."""
        done: list[Found] = []
        is_joined = False
        for place in range(len(items) - 1, -1, -1):
            item = items[place]
            if done and (is_joined or plural):
                item = item._replace(expression=_filled(item.expression, done[-1].expression))
            if not (isinstance(item.expression, Calendar) and item.expression.is_bare_day):
                done.append(item)
            is_joined = is_joined or has_conjunction[place]
        return done[::-1]

    # ------------------------------------------------------------ what may stand alone

    def stands(self, found: Found) -> bool:
        """Whether words that have another life are a date here."""
        calendar = found.expression
        if isinstance(calendar, Range):
            return True
        rule = _ALONE.get(calendar.unit)
        return rule is None or rule(self, calendar, found)

    def year_stands(self, calendar: Calendar, found: Found) -> bool:
        i, last = found.first, found.last
        if calendar.is_relative or last - i > 1:
            return True
        if self.follows(i, "not_a_year_before") or self.read(last, "not_a_year_after") or self.is_number(last):
            return False
        if self.is_attached(i) and not self.is_opening_mark(i - 1) and not self.is_prefixed(i):
            return False
        if i > 0 and self.is_number(i - 1):
            return False
        is_round = calendar.year in (1000, 1500, 2000) or calendar.year not in _PLAIN_YEARS
        return not is_round or (self.follows(i, "year_before") and not self.is_counted(last))

    def is_prefixed(self, i: int) -> bool:
        """ "mi-2023", "post-2015", and a stroke or dash between years."""
        return i > 1 and self.words[i - 1] in DASHES and (self.read(i - 2, "hyphen_before") is not None or not self.is_attached(i - 1))

    def month_stands(self, calendar: Calendar, found: Found) -> bool:
        if calendar.is_dated:
            return True
        if not self.read(found.first, "ambiguous_months"):
            return not (self.is_capital(found.first) and self.is_capital(found.last) and self.is_attached(found.last + 1))
        if self.follows(found.first, "month_before_no_name") and not self.is_capital(found.last):
            return True
        return self.is_label(found) or (self.follows(found.first, "month_before") and not self.follows(found.first, "not_month_before"))

    def is_label(self, found: Found) -> bool:
        """Whether a date opens its line and a colon or a dash sets it off: "- May: ministers meet"."""
        before = found.first - 1
        if before >= 0 and self.words[before] in _BULLETS:
            before -= 1
        return (before < 0 or self.words[before] == "\n") and self.words[found.last] in _LABEL_ENDS

    def season_stands(self, calendar: Calendar, found: Found) -> bool:
        return calendar.is_dated or (self.follows(found.first, "season_before") and not self.read(found.first, "ambiguous_seasons"))

    def day_stands(self, calendar: Calendar, found: Found) -> bool:
        if calendar.is_relative:
            return calendar.offset != 0 or not (self.follows(found.first, "nowadays_before") or self.read(found.last, "nowadays_after"))
        if calendar.weekday is None or calendar.day is not None or calendar.is_dated:
            return not calendar.is_bare_day
        if self.words[found.first - 1] == "(" and self.words[found.last] == ")" and (self.is_number(found.first - 2) or self.read(found.first - 2, "months")):
            return False  # 3 March 2014 (Monday)
        is_indefinite = self.follows(found.first, "indefinite") and not self.words[found.last][0].isalpha()
        return not (is_indefinite or self.follows(found.first, "frequency_before"))

    def part_stands(self, calendar: Calendar, found: Found) -> bool:
        return calendar.is_dated or self.is_label(found) or (self.settings["part_stands_alone"] and self.read(found.first, "ordinals") is not None)


def _filled(expression: Expression, following: Expression) -> Expression:
    """A list member with the month and year that the next one has."""
    after = following.start if isinstance(following, Range) else following
    if isinstance(following, Range) and after is not None and after.year is None and following.end is not None:
        after = replaced(after, year=following.end.year)
    if isinstance(expression, Range):
        end = expression.end and _filled(expression.end, following)
        return replaced(expression, end=end) if isinstance(end, Calendar) else expression
    if after is None:
        return expression
    if expression.lacks_month and after.unit == "day" and after.number is not None:
        expression = replaced(expression, number=after.number)
    lacks = expression.year is None and expression.offset is None and expression.number is not None
    if lacks and after.year is not None and after.unit == expression.unit and after.number is not None:
        earlier = (expression.number or 0, expression.day or 0) <= (after.number, after.day or 0)
        return replaced(expression, year=after.year if earlier else after.year - 1)
    if lacks and expression.unit == after.unit and after.number is not None:
        return replaced(expression, offset=after.offset)
    return expression


def _like(left: Calendar, right: Calendar) -> Calendar:
    """The right member of "années 1990 et 2000", a decade as the left one is."""
    is_decade = left.unit == "decade" and right.unit == "year" and right.year is not None and right.year % 10 == 0
    return replaced(right, unit="decade") if is_decade else right


def _unit(expression: Expression) -> Unit | None:
    return expression.unit if isinstance(expression, Calendar) else None


Opener = Callable[[_Reader, int], Found | None]
_OPENERS: dict[str, Opener] = {
    "between": _Reader.between,
    "from": _Reader.from_to,
    "since": _Reader.since,
    "starting": _Reader.since,
    "until": _Reader.until,
    "before": _Reader.until,
}
_ALONE: dict[Unit, Callable[[_Reader, Calendar, Found], bool]] = {
    "year": _Reader.year_stands,
    "month": _Reader.month_stands,
    "season": _Reader.season_stands,
    "day": _Reader.day_stands,
    "quarter": _Reader.part_stands,
    "half": _Reader.part_stands,
}
