"""The grammar of calendar expressions: one scan over the words of a text.

A text is cut into words once; where a word can open an expression a small
recursive descent reads on from there. It looks a bounded number of words ahead,
so the whole is linear. The words themselves are data: `[dates]` in
languages/*.toml. What comes out is what was written (`calendars.Expression`);
which days that is, is told later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from extractors.calendars import Calendar, Expression, First, Range, Unit
from extractors.date_words import Words, lexicon
from extractors.languages import Language

_NUMERIC = re.compile(r"(?P<y>\d{4})(?P<a>[-/.])(?P<m>\d{1,2})(?P=a)(?P<d>\d{1,2})|(?P<p>\d{1,2})(?P<b>[-/.])(?P<q>\d{1,2})(?:(?P=b)(?P<z>\d{4}|\d{2}))?")
_DASHES = frozenset("-–—−‒")
_MAX_ITEMS = 31  # of one list: keeps the look-ahead bounded
_MAX_PREFIX = 3  # of articles and "début", "early" before a date
_MAX_NUMBER = 12  # words of a number
_FIRST_YEAR, _LAST_YEAR = 1000, 2199
_PLAIN_YEARS = range(1900, 2100)  # these need no preposition to be read as years

Part = tuple[Calendar, int]


@dataclass(frozen=True, slots=True)
class Found:
    """An expression and the words it takes, last one excluded."""

    first: int
    last: int
    expression: Expression


def read(text: str, language: Language) -> Iterator[tuple[int, int, Expression]]:
    """Every calendar expression of a text as (start, end, what it says), in reading order."""
    reader = _Reader(text, language)
    done = 0
    for index in reader.openings(reader.openers.keys() | reader.points.keys()):
        if index < done:
            continue
        for found in reader.expression(index):
            done = max(done, found.last)
            if found.expression != _NOTHING:
                yield reader.start(found.first), reader.ends[found.last - 1], found.expression


@lru_cache
def _rules(language: Language) -> tuple[Mapping[str, tuple[Opener, ...]], Mapping[str, tuple[Point, ...]]]:
    """By first word, the rules that can begin there, in their order: for ranges, and for single dates."""
    entries = lexicon(language).entries
    openers = {word: tuple(rule for kind, rule in _OPENERS.items() if kind in entry) for word, entry in entries.items()}
    points = {word: tuple(rule for kind, rule in _POINTS.items() if kind in entry) for word, entry in entries.items()}
    return {w: r for w, r in openers.items() if r}, {w: r for w, r in points.items() if r}


_NOTHING = Calendar("day")  # words to step over: "du lundi au vendredi" is a habit, not a date


class _Reader(Words):
    """The rules that read a text's words: each takes an index and returns what it understood with the
    index after it, or None."""

    def __init__(self, text: str, language: Language) -> None:
        super().__init__(text, lexicon(language))
        self.openers, self.points = _rules(language)

    # ------------------------------------------------------------ expressions

    def expression(self, i: int) -> list[Found]:
        """The expressions that open at a word: one, or the members of a list."""
        for rule in self.openers.get(self.words[i], ()):
            found = rule(self, i)
            if found is not None:
                return self.coordination(found)
        found = self.item(i, None)
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
        left = self.point(start) or self.bare_day(start) or self.short_month(start)
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
        if not self.is_number(start) or len(self.words[start]) > 2:
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
            if kind == "dash" and self.words[i] in _DASHES:
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
        if self.setting("is_month_first") and left[0].unit == "day" and left[0].number is not None:
            return self.later_day(i, left[0])
        return None

    def closed(self, first: int, left: Calendar, right: Part) -> Found | None:
        """A range with both ends, what the left one lacks taken from the right one."""
        start, end = left, right[0]
        if start.is_bare_day and (end.unit != "day" or end.number is None or end.day is None):
            return None
        if start.lacks_month and end.number is not None and end.day is not None:
            month = end.number if (start.day or 0) <= end.day else (end.number - 2) % 12 + 1
            start = replace(start, number=month, year=end.year if month <= end.number else None)
        if start.is_name and (end.unit != "month" or end.year is None):
            return None
        if start.is_name:
            start = replace(start, is_name=False)
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
        is_defined = start - 1 > first and self.read(start - 1, "determiners") is not None
        if is_defined and point[0].unit == "year" and point[1] - start == 1:
            return None
        return None if is_defined and self.setting("is_month_first") and self.is_noun(point[1]) else point

    def is_noun(self, i: int) -> bool:
        """Whether a word is none of those that commonly follow a date."""
        return self.words[i][0].isalpha() and not self.read(i, "after_bare_day") and not self.read(i, "to")

    def prefix(self, i: int) -> int:
        """The index after articles and "début", "early", "fin de"."""
        for _ in range(_MAX_PREFIX):
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
            following = self.item(self.prefix(joint), items[-1]) if joint else None
            if following is None:
                break
            items.append(following)
            has_conjunction.append(is_conjunction)
        plural = self.follows(first.first, "list_before")
        return self.standing(self.completed(items, has_conjunction, plural))

    def standing(self, items: list[Found]) -> list[Found]:
        """Those that are dates here, or follow one of their kind: "in MAY and JUNE"."""
        kept: list[Found] = []
        for item in items:
            is_like = bool(kept) and isinstance(item.expression, Calendar) and _unit(kept[-1].expression) == item.expression.unit != "year"
            if is_like or self.stands(item):
                kept.append(item)
        return kept

    def list_joint(self, i: int) -> tuple[int, bool]:
        after_comma = self.skip(i, "commas")
        conjunction = self.read(after_comma, "conjunctions")
        if conjunction is not None:
            return conjunction[1], True
        return (after_comma, False) if after_comma > i else (0, False)

    def item(self, i: int, before: Found | None) -> Found | None:
        """One member of a list: a range, a date, or a day that a neighbour completes."""
        if before is not None:
            ranged = self.from_to(i) or (self.from_to(i - 1) if self.read(i - 1, "from") else None)
            if ranged is not None:
                return ranged
            last = before.expression.end if isinstance(before.expression, Range) else before.expression
            if self.setting("is_month_first") and last is not None and last.unit == "day" and last.number is not None:
                day = self.point(i) or self.later_day(i, last)
                return self.simple_range(i, day) if day else None
        left = self.point(i) or self.bare_day(i)
        if left is None:
            named = self.short_month(i)
            ranged = self.simple_range(i, named) if named is not None else None
            return ranged if ranged is not None and isinstance(ranged.expression, Range) else None
        if before is not None and isinstance(before.expression, Calendar):
            left = _like(before.expression, left[0]), left[1]
        return self.simple_range(i, left)

    def simple_range(self, first: int, left: Part) -> Found:
        """A range without an opener ("29-30 octobre", "2020–2023", "8 to 9 November"), else the date alone."""
        alone = Found(first, left[1], left[0])
        i = left[1]
        is_dash = self.words[i] in _DASHES or (left[0].is_bare_day and self.is_stroke(i))  # 12/13 mars
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
                item = replace(item, expression=_filled(item.expression, done[-1].expression))
            if not (isinstance(item.expression, Calendar) and item.expression.is_bare_day):
                done.append(item)
            is_joined = is_joined or has_conjunction[place]
        return done[::-1]

    # ------------------------------------------------------------ one date

    def point(self, i: int) -> Part | None:
        """The calendar expression that stands at a word, days without a month left out."""
        if self.is_number(i):
            for rule in _FIGURES:
                part = rule(self, i)
                if part is not None:
                    return part
            return None
        for rule in self.points.get(self.words[i], ()):
            part = rule(self, i)
            if part is not None:
                return part
        return None

    def numeric(self, i: int) -> Part | None:
        """2024-05-03, 03/05/2024, 03.05.24; 03/05 only where a word before says that it is a day."""
        found = _NUMERIC.match(self.text, self.start(i))
        if found is not None and found["z"] is None and found["y"] is None and self.read(self.index_at(i, found.end()), "months"):
            return None  # 12/13 mars
        if found is None or (self.is_attached(i) and not self.is_opening_mark(i - 1)):
            return None
        last = self.index_at(i, found.end())
        if last < self.count and self.start(last) == found.end() and not self.is_closing_mark(last):
            return None
        if found["y"]:
            calendar = Calendar("day", int(found["y"]), int(found["m"]), int(found["d"]))
            return (calendar, last) if _exists(calendar) else None
        if not self.is_numeric_date(i, found):
            return None
        day, month = (int(found["p"]), int(found["q"]))
        first: First = "either" if month <= 12 and day <= 12 else "month" if month > 12 else "day"
        if first == "month" or (first == "either" and not self.setting("is_day_first")):
            day, month = month, day
        calendar = Calendar("day", _full_year(found["z"]), month, day, first=first)
        return (calendar, last) if _exists(calendar) else None

    def is_numeric_date(self, i: int, found: re.Match[str]) -> bool:
        """Whether two or three small numbers are a date, and not a score, a version or a section."""
        if found["z"] is None:
            return found["b"] == "/" and (self.follows(i, "numeric_before") or self.read(i - 1, "weekdays") is not None)
        if len(found["z"]) == 4:
            return True
        return found["b"] == "/" or self.follows(i, "numeric_before") or (found["b"] == "." and len(found["p"]) == len(found["q"]) == 2)

    def is_opening_mark(self, i: int) -> bool:
        return self.words[i] in ("(", "[", "'", '"', "«", "“", ":", ",", "\n")

    def is_closing_mark(self, i: int) -> bool:
        """Whether a number ends before this attached mark: "2017." does, "2017.5" does not."""
        if self.words[i][0].isalnum():
            return self.words[i] == "t"  # 2024-05-03T10:00
        if self.words[i] in _DASHES and self.is_attached(i + 1) and self.words[i + 1][0].isalnum():
            return False
        return not (self.words[i] in "./:,-" and self.is_attached(i + 1) and self.is_number(i + 1)) and self.words[i] not in ("%", "°", "€", "$", "£", "/")

    def day_month(self, i: int) -> Part | None:
        """10 décembre 2024, 3rd of May, quatre mars deux mille vingt."""
        day = self.day_number(i)
        if day is None or self.is_attached(i) and not self.is_opening_mark(i - 1) and self.words[i - 1] not in _DASHES:
            return None
        joint = day[1] + 1 if self.is_stroke(day[1]) else self.skip(day[1], "day_joints")
        month = self.month(joint, is_lenient=True)
        if month is None or self.follows(i, "not_a_day_before") or self.is_compound(month[1]):
            return None
        calendar = Calendar("day", number=month[0], day=day[0], first="day")
        dated = self.with_year(calendar, month[1])
        is_doubtful = not self.is_month_name(joint) or not (self.is_number(i) or self.follows(i, "articles"))
        return None if is_doubtful and not dated[0].is_dated else dated

    def is_stroke(self, i: int) -> bool:
        """Whether a hyphen or a slash ties two parts of a date: 14-Juillet, 05/Aug/2016."""
        return self.words[i] in ("-", "/") and self.is_attached(i) and self.is_attached(i + 1)

    def day_number(self, i: int) -> tuple[int, int] | None:
        """A day of the month in figures or words, its suffix included."""
        if self.is_number(i):
            if len(self.words[i]) > 2 or not 1 <= int(self.words[i]) <= 31:
                return None
            return int(self.words[i]), self.skip(i + 1, "day_suffixes") if self.is_attached(i + 1) else i + 1
        found = self.read(i, "ordinal_days") or self.number(i)
        if found is not None and found[0] in (20, 30):
            ordinal = self.read(self.skip(found[1], "number_joints"), "ordinal_days")
            found = (found[0] + ordinal[0], ordinal[1]) if ordinal is not None and ordinal[0] < 10 else found
        return found if found is not None and 1 <= found[0] <= 31 else None

    def number(self, i: int) -> tuple[int, int] | None:
        """A number in words: "deux mille vingt", "nineteen eighty-four"."""
        total = current = 0
        last = i
        while last - i < _MAX_NUMBER:
            times, adds = self.read(last, "multipliers"), self.read(last, "numbers")
            if times is not None:
                current = max(current, 1) * int(times[0])
                if times[0] == 1000:
                    total, current = total + current, 0
            elif adds is not None:
                is_pair = self.setting("has_years_in_pairs") and adds[0] >= 10 and 10 <= current < 100
                current = current * (100 if is_pair else 1) + int(adds[0])
            else:
                break
            last = (times or adds or (0, last))[1]
            joint = self.skip(self.skip(self.skip(last, "number_joints"), "number_joints"), "number_joints")
            if self.read(joint, "numbers") or self.read(joint, "multipliers"):
                last = joint
        return (total + current, last) if last > i else None

    def month(self, i: int, is_lenient: bool = False) -> tuple[int, int] | None:
        """A month and the point of its abbreviation; lenient takes "5 may 2024"."""
        found = self.read(i, "months")
        if found is None or not (is_lenient or self.is_month_name(i)):
            return None
        (number, is_short), last = found
        return number, self.after_point(last) if is_short else last

    def short_month(self, i: int) -> Part | None:
        """The abbreviation of a month, which only the other end of a range makes one: "Jan to Sep 2015"."""
        month = self.month(i)
        return (Calendar("month", number=month[0], is_name=True), month[1]) if month is not None else None

    def is_month_name(self, i: int) -> bool:
        return self.is_capital(i) or self.read(i, "capitalised") is None

    def after_point(self, i: int) -> int:
        """The index after an abbreviation's point, where the text goes on in the same sentence."""
        if self.words[i] != "." or not self.is_attached(i):
            return i
        goes_on = i + 1 < self.count and self.words[i + 1] != "\n" and not self.is_capital(i + 1)
        return i + 1 if goes_on else i

    def is_compound(self, i: int) -> bool:
        """Whether a hyphen makes another word of the one before: "mars-pêcheurs"."""
        return self.words[i] == "-" and self.is_attached(i) and self.is_attached(i + 1) and self.words[i + 1][0].isalpha() and not self.read(i + 1, "months")

    def with_year(self, calendar: Calendar, i: int) -> Part:
        """The same date with the year, or the "dernier", that follows it."""
        year = self.year_after(i)
        if year is not None:
            return replace(calendar, year=year[0]), year[1]
        shift = self.shift_after(i)
        if shift is not None:
            return replace(calendar, offset=shift[0]), shift[1]
        joint = self.skip(i, "of_year")
        other = self.shifted_unit(joint) or self.unit(self.skip(joint, "articles"))
        if other is not None and other[0].unit == "year":
            return replace(calendar, year_offset=other[0].offset), other[1]
        return calendar, i

    def year_after(self, i: int) -> tuple[int, int] | None:
        comma = i + 1 if (self.words[i] == "," and self.setting("is_month_first")) or self.is_stroke(i) else i
        joint = self.skip(comma, "year_joints")
        for start in (comma, joint):
            year = self.year_number(start) or self.short_year(start, i)
            if year is not None and not (start > i and self.read(year[1], "not_a_year_after")):
                return year
        words = self.number(joint)
        if words is not None and _FIRST_YEAR <= words[0] <= _LAST_YEAR:
            return words
        return None

    def short_year(self, i: int, first: int) -> tuple[int, int] | None:
        """ "mai 68": two figures that are no day of a month, straight after it or after "of"."""
        word = self.words[i]
        if not self.is_number(i) or len(word) != 2 or int(word) <= 31 or self.words[first] == "," or self.read(i + 1, "clock"):
            return None
        is_counting = self.words[i + 1][0].isalpha() or (self.is_attached(i + 1) and not self.is_closing_mark(i + 1))
        return None if is_counting else (_full_year(word) or 0, i + 1)

    def year_number(self, i: int) -> tuple[int, int] | None:
        """Four figures that can be a year, or '24."""
        word = self.words[i]
        if word == "'" and self.is_attached(i + 1) and len(self.words[i + 1]) == 2 and self.is_number(i + 1):
            return _full_year(self.words[i + 1]) or 0, i + 2
        if len(word) != 4 or not self.is_number(i) or not _FIRST_YEAR <= int(word) <= _LAST_YEAR:
            return None
        if self.is_attached(i + 1) and not self.is_closing_mark(i + 1) and not self.is_year_dash(i + 1):
            return None
        return int(word), i + 1

    def is_year_dash(self, i: int) -> bool:
        return self.words[i] in _DASHES and self.year_figures(i + 1) is not None

    def shift_after(self, i: int) -> tuple[int, int] | None:
        if not self.setting("shift_is_after"):
            return None
        for kind, offset in (("last", -1), ("next", 1)):
            found = self.read(i, kind)
            if found is not None:
                return offset, found[1]
        return None

    def weekday(self, i: int) -> Part | None:
        """mercredi 4 mars, Friday, July 21, dimanche 17, mardi dernier, Tuesday."""
        found = self.read(i, "weekdays")
        if found is None:
            return None
        (number, is_short), last = found
        day = number - 1
        last = last + 1 if is_short and self.words[last] == "." and self.is_attached(last) else last
        after_comma = last + 1 if self.words[last] == "," else last
        joint = self.skip(after_comma, "day_joints")
        dated = self.numeric(joint) or self.day_month(joint) or (self.month_day(joint) if self.setting("is_month_first") else None)
        if dated is not None and dated[0].unit == "day":
            return replace(dated[0], weekday=day), dated[1]
        if self.follows(i, "not_weekday_before") or self.read(last, "not_weekday_after"):
            return None
        numbered = self.weekday_and_number(after_comma, day) or self.weekday_and_number(joint, day)
        if numbered is not None:
            return numbered
        if is_short or (self.read(i, "capitalised") and not self.is_capital(i)):
            return None
        week = self.shifted_week(last)
        if week is not None:
            return Calendar("day", weekday=day, week=week[0]), week[1]
        shift = self.shift_after(last)
        return (Calendar("day", weekday=day, offset=shift[0]), shift[1]) if shift else (Calendar("day", weekday=day), last)

    def shifted_week(self, i: int) -> tuple[int, int] | None:
        """ "(de) la semaine prochaine", "of last week", which a weekday may go before."""
        joint = self.skip(i, "of_year")
        week = self.shifted_unit(joint) or self.unit(self.skip(joint, "articles"))
        return (week[0].offset or 0, week[1]) if week is not None and week[0].unit == "week" else None

    def weekday_and_number(self, i: int, weekday: int) -> Part | None:
        if not self.is_number(i):
            return None
        day = self.later_day(i, Calendar("day"))
        return (Calendar("day", day=day[0].day, weekday=weekday), day[1]) if day is not None and day[0].year is None else None

    def month_start(self, i: int) -> Part | None:
        """mai 2024, octobre dernier, May 5th, 2024, May."""
        found = self.read(i, "months")
        if found is None:
            return None
        if self.setting("is_month_first"):
            day = self.month_day(i)
            if day is not None:
                return day
        month = self.month(i, is_lenient=True)
        if month is None or self.is_compound(month[1]):
            return None
        dated = self.with_year(Calendar("month", number=month[0]), month[1])
        is_whole = dated[1] > month[1]
        if not is_whole and (found[0][1] or not self.is_month_name(i)):
            return None
        return dated

    def month_day(self, i: int) -> Part | None:
        month = self.month(i)
        if month is None:
            return None
        after = month[1] + 1 if self.words[month[1]] == "-" and self.is_attached(month[1]) else self.skip(month[1], "day_joints")
        day = self.day_number(after)
        if day is None or self.read(day[1], "clock") or self.read(day[1], "not_a_year_after"):
            return None
        if self.words[day[1]] in ".:," and self.is_attached(day[1] + 1) and self.is_number(day[1] + 1):
            return None
        return self.with_year(Calendar("day", number=month[0], day=day[0], first="month"), day[1])

    def bare_day(self, i: int) -> Part | None:
        """A day of the month whose month stands elsewhere in the list or range."""
        day = self.day_number(i) if self.is_number(i) or self.read(i, "ordinal_days") else None
        if day is None or self.follows(i, "not_a_day_before") or (self.is_attached(i) and self.words[i - 1] not in _DASHES):
            return None
        return Calendar("day", day=day[0]), day[1]

    def later_day(self, i: int, before: Calendar) -> Part | None:
        """ "28" after "September 27 and": a number that counts nothing."""
        day = self.day_number(i)
        if day is None or not self.is_number(i) or self.is_number(day[1]):
            return None
        following = day[1]
        year = self.year_after(following)
        if year is not None:
            return replace(before, day=day[0], year=year[0], weekday=None, offset=None), year[1]
        word = self.words[following]
        if self.read(following, "clock") or self.read(following, "not_a_year_after") or word in ("%", "/", ":", "°") or self.read(following, "months"):
            return None
        if self.is_attached(following) and not self.is_closing_mark(following):
            return None
        return None if self.setting("is_month_first") and self.is_noun(following) else (replace(before, day=day[0], weekday=None, offset=None), following)

    def year_month_day(self, i: int) -> Part | None:
        """2025 November 04."""
        year = self.year_number(i)
        month = self.month(year[1]) if year else None
        day = self.day_number(month[1]) if month and self.is_number(month[1]) else None
        if year is None or month is None or day is None:
            return None
        return Calendar("day", year[0], month[0], day[0]), day[1]

    def year(self, i: int) -> Part | None:
        year = self.year_number(i)
        if year is None or (
            self.is_attached(i) and self.words[i - 1] in _DASHES and self.is_attached(i - 1) and self.year_figures(i - 2) is None and self.is_number(i - 2)
        ):
            return None
        return Calendar("year", year[0]), year[1]

    def short_years(self, i: int) -> Part | None:
        """2023-24, 2023/2024 school year: years whose range is one word."""
        year = self.year_figures(i)
        if year is None or not (self.is_attached(i + 1) and self.is_attached(i + 2) and self.words[i + 1] in _DASHES | {"/"}):
            return None
        end = self.words[i + 2]
        if len(end) == 2 and end[0] == "0" and self.words[i + 1] == "-" and 1 <= int(end) <= 9 and int(end) != (year + 1) % 100:
            return Calendar("month", year, int(end)), i + 3
        if not self.is_number(i + 2) or int(end) != (year + 1) % 10 ** len(end) or len(end) not in (2, 4):
            return None
        if self.is_attached(i + 3) and not self.is_closing_mark(i + 3):
            return None
        school = self.read(i + 3, "school_years")
        if school is not None:
            return Calendar("school_year", year), school[1]
        fiscal = self.read(i + 3, "fiscal_years")
        return Calendar("year", year, number=2), fiscal[1] if fiscal else i + 3

    def year_figures(self, i: int) -> int | None:
        word = self.words[i]
        return int(word) if len(word) == 4 and self.is_number(i) and _FIRST_YEAR <= int(word) <= _LAST_YEAR else None

    # ------------------------------------------------------------ longer units

    def season(self, i: int) -> Part | None:
        found = self.read(i, "seasons")
        if found is None:
            return None
        calendar = Calendar("season", number=found[0][0])
        years = self.short_years(self.skip(found[1], "year_joints"))
        if years is not None:
            return replace(calendar, year=years[0].year), years[1]
        return self.with_year(calendar, found[1])

    def numbered_part(self, i: int) -> Part | None:
        """premier trimestre 2024, second half of 2023, Q3 2024."""
        ordinal = self.read(i, "ordinals")
        for kind, unit, count in _PARTS:
            noun = self.read(ordinal[1], f"{kind}_words") if ordinal else None
            if ordinal is not None and noun is not None:
                calendar = Calendar(unit, number=min(int(ordinal[0]), count))
                return self.with_year(calendar, noun[1])
        return None

    def coded_part(self, i: int) -> Part | None:
        for kind, unit, count in _PARTS:
            code = self.read(i, f"{kind}_codes")
            if code is None or not self.is_attached(i + 1) or self.words[i + 1] not in ("1", "2", "3", "4")[:count] or not self.is_capital(i):
                continue
            return self.with_year(Calendar(unit, number=int(self.words[i + 1])), i + 2)
        return None

    def decade(self, i: int) -> Part | None:
        """années 1990, années 90, années quatre-vingt; the nineties."""
        noun = self.read(i, "decade_words")
        if noun is not None:
            last = noun[1]
            named = self.read(last, "decades")
            if named is not None:
                return Calendar("decade", int(named[0])), named[1]
            is_free = not self.is_attached(last + 1) or self.is_closing_mark(last + 1) or self.is_year_dash(last + 1)
            if self.is_number(last) and len(self.words[last]) in (2, 4) and self.words[last][-1] == "0" and is_free:
                return Calendar("decade", _decade(self.words[last])), last + 1
        return None

    def named_decade(self, i: int) -> Part | None:
        named = self.read(i, "decades")
        if named is None or self.lexicon.entries.get(self.words[i], {}).get("numbers") or not self.follows(i, "articles"):
            return None
        return Calendar("decade", int(named[0])), named[1]

    def written_decade(self, i: int) -> Part | None:
        """1990s, '90s."""
        word = self.words[i]
        suffix = self.read(i + 1, "decade_suffixes") if self.is_attached(i + 1) else None
        if suffix is None or word[-1] != "0" or len(word) not in (2, 4) or (len(word) == 4 and not _FIRST_YEAR <= int(word) <= _LAST_YEAR):
            return None
        if len(word) == 2 and not self.is_short_decade(i):
            return None
        return Calendar("decade", _decade(word)), suffix[1]

    def is_short_decade(self, i: int) -> bool:
        """ "the 80s", "the late '80s"; "his 40s" are an age."""
        before = i - 1 if self.follows(i, "period_parts") else i
        return self.words[i - 1] == "'" or self.follows(before, "determiners")

    def school_year(self, i: int) -> Part | None:
        noun = self.read(i, "school_years")
        years = noun and (self.short_years(noun[1]) or self.year(noun[1]))
        return (Calendar("school_year", years[0].year), years[1]) if years else None

    def fiscal_year(self, i: int) -> Part | None:
        noun = self.read(i, "fiscal_years")
        return noun and (self.short_years(noun[1]) or self.year(noun[1]))

    def week_of(self, i: int) -> Part | None:
        """semaine du 6 octobre, weekend of May 3; not "semaine du 6 au 10 octobre", which is a range."""
        for kind, unit in _WEEKS:
            opened = self.read(i, kind)
            if opened is None:
                continue
            day = self.day_month(opened[1]) or self.weekday(opened[1]) or self.month_start(opened[1]) or self.numeric(opened[1])
            if day is None or day[0].unit != "day" or day[0].number is None:
                continue
            joint = self.skip(self.skip(day[1], "commas"), "conjunctions")
            if self.read(day[1], "to") or (joint > day[1] and self.later_day(joint, day[0]) is not None):
                continue
            return replace(day[0], unit=unit, weekday=None), day[1]
        return None

    # ------------------------------------------------------------ relative expressions

    def relative_day(self, i: int) -> Part | None:
        found = self.read(i, "days")
        return (Calendar("day", offset=int(found[0])), found[1]) if found else None

    def shifted_unit(self, i: int) -> Part | None:
        """last week, this month, cette année, next Tuesday, cet automne, last May."""
        for kind, offset in _SHIFTS:
            found = self.read(i, kind)
            if found is None or (kind != "this" and self.setting("shift_is_after")):
                continue
            named = self.month(found[1], is_lenient=True) or self.read(found[1], "seasons") or self.read(found[1], "weekdays") or self.read(found[1], "feasts")
            part = self.shifted_unit_name(found[1], offset) if named is None else self.shifted_name(found[1], offset)
            if part is not None and not self.read(part[1], "not_this_after"):
                return part
        return None

    def shifted_unit_name(self, i: int, offset: int) -> Part | None:
        unit = self.read(i, "unit_words")
        if unit is None or unit[0] in ("day", "fortnight") or self.read(unit[1], "shift_not_after") or self.follows(i - 1, "shift_not_before"):
            return None
        return Calendar(unit[0], offset=offset), self.skip(unit[1], "this_after")

    def shifted_name(self, i: int, offset: int) -> Part | None:
        for rule in (self.season, self.month_start, self.weekday, self.feast):
            part = rule(i)
            if part is not None and part[0].year is None and (part[0].day is None or offset):
                return (replace(part[0], offset=offset if part[0].offset is None else part[0].offset), part[1])
        return None

    def unit(self, i: int) -> Part | None:
        """semaine dernière, an passé; "over the weekend"."""
        found = self.read(i, "unit_words")
        if found is None or found[0] in ("day", "fortnight"):
            return None
        if found[0] == "week" and self.is_number(found[1]) and 1 <= int(self.words[found[1]]) <= 53:
            numbered = self.with_year(Calendar("iso_week", number=int(self.words[found[1]])), found[1] + 1)
            return numbered if numbered[0].is_dated else None
        shift = self.shift_after(found[1])
        if shift is not None:
            return Calendar(found[0], offset=shift[0]), shift[1]
        if found[0] == "weekend" and self.follows(i, "weekend_before") and not self.read(found[1], "articles"):
            return Calendar("weekend", offset=0), found[1]
        return None

    def current_unit(self, i: int) -> Part | None:
        found = self.read(i, "current_units")
        return (Calendar(found[0], offset=0), found[1]) if found else None

    def ago(self, i: int) -> Part | None:
        """il y a trois jours, two weeks ago; years only where the day itself comes round."""
        for before, after, sign in _DISTANCES:
            opened = self.read(i, before)
            start = self.skip(opened[1], "approximations") if opened else i
            count = (int(self.words[start]), start + 1) if self.is_number(start) and len(self.words[start]) <= 2 else self.read_count(start)
            unit = self.read(count[1], "unit_words") if count else None
            closed = self.read(unit[1], after) if unit else None
            if count is None or unit is None or (opened is None and closed is None):
                continue
            last = closed[1] if closed else unit[1]
            if unit[0] == "year":
                anniversary = self.read(last, "anniversary")
                if anniversary is None:
                    return None
                return Calendar("day", offset=0, year_offset=sign * count[0]), anniversary[1]
            return Calendar(unit[0], offset=sign * count[0]), last
        return None

    def read_count(self, i: int) -> tuple[int, int] | None:
        indefinite = self.read(i, "indefinite")
        return (1, indefinite[1]) if indefinite else self.number(i)

    def feast(self, i: int) -> Part | None:
        found = self.read(i, "feasts")
        if found is None or (self.is_capital(found[1]) and not self.read(found[1], "months")):
            return None
        return self.with_year(Calendar("feast", feast=found[0]), found[1])

    def fixed_day(self, i: int) -> Part | None:
        """9/11, 11-Septembre; "September 11" where attacks are spoken of."""
        found = self.read(i, "fixed_days")
        if found is None:
            found = self.read(i, "attack_days")
            if found is None or not (self.follows(i, "attack_before") or self.read(found[1], "attack_after")):
                return None
        year, month, day = map(int, found[0].split("-"))
        return Calendar("day", year, month, day), found[1]

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
        return i > 1 and self.words[i - 1] in _DASHES and (self.read(i - 2, "hyphen_before") is not None or not self.is_attached(i - 1))

    def is_counted(self, i: int) -> bool:
        """Whether what follows a number looks like the thing it counts."""
        return self.words[i][0].isalpha() and self.words[i].endswith("s") and len(self.words[i]) > 3

    def month_stands(self, calendar: Calendar, found: Found) -> bool:
        if calendar.is_dated:
            return True
        if not self.read(found.first, "ambiguous_months"):
            return not (self.is_capital(found.first) and self.is_capital(found.last) and self.is_attached(found.last + 1))
        return self.follows(found.first, "month_before")

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
        return calendar.is_dated or (self.setting("part_stands_alone") and self.read(found.first, "ordinals") is not None)


def _filled(expression: Expression, following: Expression) -> Expression:
    """A list member with the month and year that the next one has."""
    after = following.start if isinstance(following, Range) else following
    if isinstance(following, Range) and after is not None and after.year is None and following.end is not None:
        after = replace(after, year=following.end.year)
    if isinstance(expression, Range):
        end = expression.end and _filled(expression.end, following)
        return replace(expression, end=end) if isinstance(end, Calendar) else expression
    if after is None:
        return expression
    if expression.lacks_month and after.unit == "day" and after.number is not None:
        expression = replace(expression, number=after.number)
    lacks = expression.year is None and expression.offset is None and expression.number is not None
    if lacks and after.year is not None and after.unit == expression.unit and after.number is not None:
        earlier = (expression.number or 0, expression.day or 0) <= (after.number, after.day or 0)
        return replace(expression, year=after.year if earlier else after.year - 1)
    if lacks and expression.unit == after.unit and after.number is not None:
        return replace(expression, offset=after.offset)
    return expression


def _like(left: Calendar, right: Calendar) -> Calendar:
    """The right member of "années 1990 et 2000", a decade as the left one is."""
    is_decade = left.unit == "decade" and right.unit == "year" and right.year is not None and right.year % 10 == 0
    return replace(right, unit="decade") if is_decade else right


def _unit(expression: Expression) -> Unit | None:
    return expression.unit if isinstance(expression, Calendar) else None


def _exists(calendar: Calendar) -> bool:
    return 1 <= (calendar.number or 0) <= 12 and 1 <= (calendar.day or 0) <= 31 and (calendar.year is None or calendar.year >= _FIRST_YEAR)


def _full_year(figures: str | None) -> int | None:
    """Two figures as the year they mean: 24 is 2024, 87 is 1987."""
    if figures is None:
        return None
    return int(figures) if len(figures) == 4 else int(figures) + (2000 if int(figures) < 50 else 1900)


def _decade(figures: str) -> int:
    return int(figures) if len(figures) == 4 else int(figures) + (2000 if int(figures) < 30 else 1900)


Opener = Callable[[_Reader, int], Found | None]
Point = Callable[[_Reader, int], Part | None]

_FIGURES: tuple[Point, ...] = (
    _Reader.fixed_day,
    _Reader.numeric,
    _Reader.written_decade,
    _Reader.numbered_part,
    _Reader.day_month,
    _Reader.ago,
    _Reader.year_month_day,
    _Reader.short_years,
    _Reader.year,
)
_OPENERS: dict[str, Opener] = {
    "between": _Reader.between,
    "from": _Reader.from_to,
    "since": _Reader.since,
    "starting": _Reader.since,
    "until": _Reader.until,
    "before": _Reader.until,
}
_PARTS: tuple[tuple[str, Unit, int], ...] = (("quarter", "quarter", 4), ("half", "half", 2))
_WEEKS: tuple[tuple[str, Unit], ...] = (("week_of", "week"), ("weekend_of", "weekend"))
_SHIFTS = (("last", -1), ("next", 1), ("this", 0))
_DISTANCES = (("ago_before", "ago_after", -1), ("ahead_before", "ahead_after", 1))

_POINTS: dict[str, Point] = {
    "fixed_days": _Reader.fixed_day,
    "attack_days": _Reader.fixed_day,
    "feasts": _Reader.feast,
    "weekdays": _Reader.weekday,
    "ordinals": _Reader.numbered_part,
    "quarter_codes": _Reader.coded_part,
    "half_codes": _Reader.coded_part,
    "ordinal_days": _Reader.day_month,
    "ago_before": _Reader.ago,
    "ahead_before": _Reader.ago,
    "indefinite": _Reader.ago,
    "numbers": lambda reader, i: reader.day_month(i) or reader.ago(i),
    "months": _Reader.month_start,
    "seasons": _Reader.season,
    "decade_words": _Reader.decade,
    "decades": _Reader.named_decade,
    "school_years": _Reader.school_year,
    "fiscal_years": _Reader.fiscal_year,
    "week_of": _Reader.week_of,
    "weekend_of": _Reader.week_of,
    "days": _Reader.relative_day,
    "current_units": _Reader.current_unit,
    "last": _Reader.shifted_unit,
    "next": _Reader.shifted_unit,
    "this": _Reader.shifted_unit,
    "unit_words": _Reader.unit,
}

_ALONE: dict[Unit, Callable[[_Reader, Calendar, Found], bool]] = {
    "year": _Reader.year_stands,
    "month": _Reader.month_stands,
    "season": _Reader.season_stands,
    "day": _Reader.day_stands,
    "quarter": _Reader.part_stands,
    "half": _Reader.part_stands,
}
