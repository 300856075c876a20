"""One date at a time: the rules that read a single calendar expression.

`Points` is a text whose words are asked, from one of them on, for a day, a month, a week or a year, as
written: "mercredi 4 mars", "May 5th, 2024", "la semaine dernière", "T4 2024". What joins dates into
ranges and lists is in `date_grammar`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from extractors.calendars import Calendar, First, Unit, calendar_of, replaced
from extractors.date_words import Words, lexicon
from extractors.languages import Language

_NUMERIC = re.compile(r"(?P<y>\d{4})(?P<a>[-/.])(?P<m>\d{1,2})(?P=a)(?P<d>\d{1,2})|(?P<p>\d{1,2})(?P<b>[-/.])(?P<q>\d{1,2})(?:(?P=b)(?P<z>\d{4}|\d{2}))?")
_NUMERIC_MARKS = frozenset("-/.")
DASHES = frozenset("-–—−‒")
_BEFORE_DAY = DASHES | {"\n"}  # with no blank between they still leave a number alone
_TIES = DASHES | {"/", "'"}  # 14-juillet, '24
_MAX_NUMBER = 12  # words of a number
_FIRST_YEAR, _LAST_YEAR = 1000, 2199

Part = tuple[Calendar, int]  # what was understood, and the index of the word after it


class Points(Words):
    """The rules for single dates: each takes an index and returns what it understood with the index
    after it, or None."""

    def __init__(self, text: str, language: Language) -> None:
        super().__init__(text, lexicon(language))
        self.points = _rules(language)
        self.shifts = [(kind, offset) for kind, offset in _SHIFTS if kind in point_kinds(language)]  # those that stand before their noun

    def point(self, i: int) -> Part | None:
        """The calendar expression that stands at a word, days without a month left out."""
        word = self.words[i]
        rules = self.points.get(word, ())
        if word.isdecimal():
            rules += _FIGURES.get(len(word), ())
        for rule in rules:
            part = rule(self, i)
            if part is not None:
                return part
        return None

    def may_open(self, i: int) -> bool:
        """Whether a date, or a day without its month, can open at a word."""
        return self.words[i] in self.points or self.words[i].isdecimal()

    def numeric(self, i: int) -> Part | None:
        """2024-05-03, 03/05/2024, 03.05.24; 03/05 only where a word before says that it is a day."""
        if self.words[i + 1] not in _NUMERIC_MARKS:
            return None
        found = _NUMERIC.match(self.text, self.start(i))
        if found is not None and found["z"] is None and found["y"] is None and self.read(self.index_at(i, found.end()), "months"):
            return None  # 12/13 mars
        if found is None or (self.is_attached(i) and not self.is_opening_mark(i - 1)):
            return None
        last = self.index_at(i, found.end())
        if last < self.count and self.start(last) == found.end() and not self.is_closing_mark(last):
            return None
        if found["y"]:
            calendar = calendar_of("day", int(found["y"]), int(found["m"]), int(found["d"]))
            return (calendar, last) if _exists(calendar) else None
        if not self.is_numeric_date(i, found):
            return None
        day, month = (int(found["p"]), int(found["q"]))
        first: First = "either" if month <= 12 and day <= 12 else "month" if month > 12 else "day"
        if first == "month" or (first == "either" and not self.settings["is_day_first"]):
            day, month = month, day
        calendar = calendar_of("day", _full_year(found["z"]), month, day, first=first)
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
        if self.words[i] in DASHES and self.is_attached(i + 1) and self.words[i + 1][0].isalnum():
            return False
        if self.words[i] == "/" and self.read(i + 1, "months"):
            return True
        return not (self.words[i] in "./:,-" and self.is_attached(i + 1) and self.is_number(i + 1)) and self.words[i] not in ("%", "°", "€", "$", "£", "/")

    def day_month(self, i: int) -> Part | None:
        """10 décembre 2024, 3rd of May, quatre mars deux mille vingt."""
        day = self.day_number(i)
        if day is None or (self.is_attached(i) and not self.is_opening_mark(i - 1) and self.words[i - 1] not in DASHES):
            return None
        joint = day[1] + 1 if self.is_stroke(day[1]) else self.skip(day[1], "day_joints")
        month = self.month(joint, is_lenient=True)
        if month is None and self.follows(i, "articles"):
            return self.day_of_shifted_month(day)
        if month is None or self.follows(i, "not_a_day_before") or self.is_compound(month[1]):
            return None
        calendar = calendar_of("day", number=month[0], day=day[0], first="day")
        dated = self.with_year(calendar, month[1])
        is_doubtful = not self.is_month_name(joint) or not (self.is_number(i) or self.follows(i, "articles"))
        return None if is_doubtful and not dated[0].is_dated else dated

    def day_of_shifted_month(self, day: tuple[int, int]) -> Part | None:
        """ "(le) 25 du mois dernier", "(the) 5th of next month"."""
        joint = self.skip(day[1], "of_year")
        month = self.relative_unit(joint)
        if month is None or month[0].unit != "month" or month[0].offset is None:
            return None
        return calendar_of("day", day=day[0], month_offset=month[0].offset), month[1]

    def is_stroke(self, i: int) -> bool:
        """Whether a hyphen or a slash ties two parts of a date: 14-Juillet, 05/Aug/2016."""
        return self.words[i] in "-/" and self.is_attached(i) and self.is_attached(i + 1)

    def day_number(self, i: int) -> tuple[int, int] | None:
        """A day of the month in figures or words, its suffix included."""
        word = self.words[i]
        if word.isdecimal():
            if len(word) > 2 or not 1 <= int(word) <= 31:
                return None
            return int(word), self.skip(i + 1, "day_suffixes") if self.is_attached(i + 1) else i + 1
        found = self.read(i, "ordinal_days") or self.number(i)
        if found is not None and found[0] in (20, 30):
            ordinal = self.read(self.skip(found[1], "number_joints"), "ordinal_days")
            found = (found[0] + ordinal[0], ordinal[1]) if ordinal is not None and ordinal[0] < 10 else found
        return found if found is not None and 1 <= found[0] <= 31 else None

    def number(self, i: int) -> tuple[int, int] | None:
        """A number in words: "deux mille vingt", "nineteen eighty-four"."""
        total = current = 0
        last = i
        while last - i < _MAX_NUMBER and self.is_numeral(last):
            times, adds = self.read(last, "multipliers"), self.read(last, "numbers")
            if times is not None:
                current = max(current, 1) * int(times[0])
                if times[0] == 1000:
                    total, current = total + current, 0
            elif adds is not None:
                is_pair = self.settings["has_years_in_pairs"] and adds[0] >= 10 and 10 <= current < 100
                current = current * (100 if is_pair else 1) + int(adds[0])
            else:
                break
            last = (times or adds or (0, last))[1]
            joint = self.skip(last, "number_joints")
            if joint > last:
                joint = self.skip(self.skip(joint, "number_joints"), "number_joints")
            if self.is_numeral(joint):
                last = joint
        return (total + current, last) if last > i else None

    def is_numeral(self, i: int) -> bool:
        """Whether a number in words can open or go on at a word."""
        entry = self.entries[i]
        return entry is not None and ("numbers" in entry or "multipliers" in entry)

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
        return (calendar_of("month", number=month[0], is_name=True), month[1]) if month is not None else None

    def is_month_name(self, i: int) -> bool:
        return self.read(i, "capitalised") is None or self.is_capital(i)

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
        if self.is_over(i):
            return calendar, i
        year = self.year_after(i)
        if year is not None:
            return replaced(calendar, year=year[0]), year[1]
        if self.entries[i] is None:
            return calendar, i
        shift = self.shift_after(i)
        if shift is not None:
            return replaced(calendar, offset=shift[0]), shift[1]
        joint = self.skip(i, "of_year")
        other = self.relative_unit(joint)
        if other is not None and other[0].unit == "year":
            return replaced(calendar, year_offset=other[0].offset), other[1]
        return calendar, i

    def year_after(self, i: int) -> tuple[int, int] | None:
        comma = i + 1 if (self.words[i] == "," and self.settings["is_month_first"]) or self.is_stroke(i) else i
        joint = self.skip(comma, "year_joints")
        for start in (comma, joint) if joint > comma else (comma,):
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
        is_counting = self.is_counted(i + 1) or self.read(i + 1, "not_a_year_after") is not None
        is_part = self.is_attached(i + 1) and not self.is_closing_mark(i + 1)
        return None if is_counting or is_part else (_full_year(word) or 0, i + 1)

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
        return self.words[i] in DASHES and self.year_figures(i + 1) is not None

    def shift_after(self, i: int) -> tuple[int, int] | None:
        if not self.settings["shift_is_after"]:
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
        dated = None if self.is_over(last) else self.weekday_with_day(last, day)
        if dated is not None and dated[0].number is not None:
            return dated
        if self.follows(i, "not_weekday_before") or self.read(last, "not_weekday_after"):
            return None
        if dated is not None:
            return dated
        if is_short or (self.read(i, "capitalised") and not self.is_capital(i)):
            return None
        if self.is_over(last):
            return calendar_of("day", weekday=day), last
        week = self.shifted_week(last)
        if week is not None:
            return calendar_of("day", weekday=day, week=week[0]), week[1]
        second = self.read(last, "after_next")
        if second is not None:
            return calendar_of("day", weekday=day, offset=2), second[1]
        shift = self.shift_after(last)
        return (calendar_of("day", weekday=day, offset=shift[0]), shift[1]) if shift else (calendar_of("day", weekday=day), last)

    def weekday_with_day(self, i: int, weekday: int) -> Part | None:
        """The day of the month that follows a weekday, its month too where it is written."""
        after_comma = i + 1 if self.words[i] == "," else i
        joint = self.skip(after_comma, "day_joints")
        if not self.may_open(joint):
            return None
        dated = self.numeric(joint) or self.day_month(joint) or (self.month_day(joint) if self.settings["is_month_first"] else None)
        if dated is not None and dated[0].unit == "day":
            return replaced(dated[0], weekday=weekday), dated[1]
        return self.weekday_and_number(after_comma, weekday) or self.weekday_and_number(joint, weekday)

    def shifted_week(self, i: int) -> tuple[int, int] | None:
        """ "(de) la semaine prochaine", "of last week", which a weekday may go before."""
        joint = self.skip(i, "of_year")
        week = self.relative_unit(joint)
        return (week[0].offset or 0, week[1]) if week is not None and week[0].unit == "week" else None

    def weekday_and_number(self, i: int, weekday: int) -> Part | None:
        if not self.is_number(i):
            return None
        day = self.later_day(i, calendar_of("day"))
        return (calendar_of("day", day=day[0].day, weekday=weekday), day[1]) if day is not None and day[0].year is None else None

    def month_start(self, i: int) -> Part | None:
        """mai 2024, octobre dernier, May 5th, 2024, May."""
        found = self.read(i, "months")
        if found is None:
            return None
        if self.settings["is_month_first"]:
            day = self.month_day(i)
            if day is not None:
                return day
        month = self.month(i, is_lenient=True)
        if month is None or self.is_compound(month[1]):
            return None
        dated = self.with_year(calendar_of("month", number=month[0]), month[1])
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
        if day is None or self.is_clock(day[1]) or self.read(day[1], "not_a_year_after"):
            return None
        if self.words[day[1]] in ".:," and self.is_attached(day[1] + 1) and self.is_number(day[1] + 1):
            return None
        return self.with_year(calendar_of("day", number=month[0], day=day[0], first="month"), day[1])

    def bare_day(self, i: int) -> Part | None:
        """A day of the month whose month stands elsewhere in the list or range."""
        day = self.day_number(i) if self.is_number(i) or self.read(i, "ordinal_days") else None
        is_tied = self.is_attached(i) and self.words[i - 1] not in _BEFORE_DAY
        if day is None or self.follows(i, "not_a_day_before") or is_tied:
            return None
        return calendar_of("day", day=day[0]), day[1]

    def later_day(self, i: int, before: Calendar) -> Part | None:
        """ "28" after "September 27 and": a number that counts nothing."""
        day = self.day_number(i)
        if day is None or not self.is_number(i) or self.is_number(day[1]):
            return None
        following = day[1]
        year = self.year_after(following)
        if year is not None:
            return replaced(before, day=day[0], year=year[0], weekday=None, offset=None), year[1]
        word = self.words[following]
        if self.is_clock(following) or self.read(following, "not_a_year_after") or word in ("%", "/", "°") or self.read(following, "months"):
            return None
        if self.is_attached(following) and not self.is_closing_mark(following):
            return None
        return None if self.settings["is_month_first"] and self.is_noun(following) else (replaced(before, day=day[0], weekday=None, offset=None), following)

    def is_clock(self, i: int) -> bool:
        """Whether a word makes a time of the day of the number before it; a colon only with figures after it."""
        return self.read(i, "clock") is not None and (self.words[i] != ":" or (self.is_attached(i) and self.is_number(i + 1) and self.is_attached(i + 1)))

    def year_month_day(self, i: int) -> Part | None:
        """2025 November 04."""
        year = self.year_number(i)
        month = self.month(year[1]) if year else None
        day = self.day_number(month[1]) if month and self.is_number(month[1]) else None
        if year is None or month is None or day is None:
            return None
        return calendar_of("day", year[0], month[0], day[0]), day[1]

    def year(self, i: int) -> Part | None:
        year = self.year_number(i)
        if year is None or (
            self.is_attached(i) and self.words[i - 1] in DASHES and self.is_attached(i - 1) and self.year_figures(i - 2) is None and self.is_number(i - 2)
        ):
            return None
        return calendar_of("year", year[0]), year[1]

    def short_years(self, i: int) -> Part | None:
        """2023-24, 2023/2024 school year: years whose range is one word."""
        year = self.year_figures(i)
        if year is None or not (self.is_attached(i + 1) and self.is_attached(i + 2) and self.words[i + 1] in DASHES | {"/"}):
            return None
        end = self.words[i + 2]
        if len(end) == 2 and end[0] == "0" and self.words[i + 1] == "-" and 1 <= int(end) <= 9 and int(end) != (year + 1) % 100:
            return calendar_of("month", year, int(end)), i + 3
        if not self.is_number(i + 2) or len(end) not in (2, 4) or int(end) != (year + 1) % 10 ** len(end):
            return None
        if self.is_attached(i + 3) and not self.is_closing_mark(i + 3):
            return None
        school = self.read(i + 3, "school_years")
        if school is not None:
            return calendar_of("school_year", year), school[1]
        fiscal = self.read(i + 3, "fiscal_years")
        return calendar_of("year", year, number=2), fiscal[1] if fiscal else i + 3

    def year_figures(self, i: int) -> int | None:
        word = self.words[i]
        return int(word) if len(word) == 4 and self.is_number(i) and _FIRST_YEAR <= int(word) <= _LAST_YEAR else None

    # ------------------------------------------------------------ longer units

    def season(self, i: int) -> Part | None:
        found = self.read(i, "seasons")
        if found is None:
            return None
        calendar = calendar_of("season", number=found[0][0])
        years = self.short_years(self.skip(found[1], "year_joints"))
        if years is not None:
            return replaced(calendar, year=years[0].year), years[1]
        return self.with_year(calendar, found[1])

    def numbered_part(self, i: int) -> Part | None:
        """premier trimestre 2024, second half of 2023; PREMIER et deuxième trimestres, whose noun comes later."""
        ordinal = self.read(i, "ordinals")
        if ordinal is None:
            return None
        joint = self.read(ordinal[1], "conjunctions")
        other = self.read(joint[1], "ordinals") if joint else None
        for kind, unit, count in _PARTS:
            calendar = calendar_of(unit, number=min(int(ordinal[0]), count))
            noun = self.read(ordinal[1], f"{kind}_words")
            if noun is not None:
                return self.with_year(calendar, noun[1])
            if other is not None and self.read(other[1], f"{kind}_words"):
                return calendar, ordinal[1]
        return None

    def coded_part(self, i: int) -> Part | None:
        for kind, unit, count in _PARTS:
            code = self.read(i, f"{kind}_codes")
            if code is None or not self.is_attached(i + 1) or self.words[i + 1] not in ("1", "2", "3", "4")[:count] or not self.is_capital(i):
                continue
            return self.with_year(calendar_of(unit, number=int(self.words[i + 1])), i + 2)
        return None

    def decade(self, i: int) -> Part | None:
        """années 1990, années 90, années quatre-vingt; the nineties."""
        noun = self.read(i, "decade_words")
        if noun is not None:
            last = noun[1]
            named = self.read(last, "decades")
            if named is not None:
                return calendar_of("decade", int(named[0])), named[1]
            is_free = not self.is_attached(last + 1) or self.is_closing_mark(last + 1) or self.is_year_dash(last + 1)
            if self.is_number(last) and len(self.words[last]) in (2, 4) and self.words[last][-1] == "0" and is_free:
                return calendar_of("decade", _decade(self.words[last])), last + 1
        return None

    def named_decade(self, i: int) -> Part | None:
        named = self.read(i, "decades")
        if named is None or self.lexicon.entries.get(self.words[i], {}).get("numbers") or not self.follows(i, "articles"):
            return None
        return calendar_of("decade", int(named[0])), named[1]

    def written_decade(self, i: int) -> Part | None:
        """1990s, '90s."""
        word = self.words[i]
        suffix = self.read(i + 1, "decade_suffixes") if word[-1] == "0" and self.is_attached(i + 1) else None
        if suffix is None or len(word) not in (2, 4) or (len(word) == 4 and not _FIRST_YEAR <= int(word) <= _LAST_YEAR):
            return None
        if len(word) == 2 and not self.is_short_decade(i):
            return None
        return calendar_of("decade", _decade(word)), suffix[1]

    def is_short_decade(self, i: int) -> bool:
        """ "the 80s", "the late '80s"; "his 40s" are an age."""
        before = i - 1 if self.follows(i, "period_parts") else i
        return self.words[i - 1] == "'" or self.follows(before, "determiners")

    def school_year(self, i: int) -> Part | None:
        noun = self.read(i, "school_years")
        years = noun and (self.short_years(noun[1]) or self.year(noun[1]))
        return (calendar_of("school_year", years[0].year), years[1]) if years else None

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
            return replaced(day[0], unit=unit, weekday=None), day[1]
        return None

    # ------------------------------------------------------------ relative expressions

    def relative_day(self, i: int) -> Part | None:
        found = self.read(i, "days")
        return (calendar_of("day", offset=int(found[0])), found[1]) if found else None

    def shifted_unit(self, i: int) -> Part | None:
        """last week, this month, cette année, next Tuesday, cet automne, last May."""
        for kind, offset in self.shifts:
            found = self.read(i, kind)
            if found is None:
                continue
            named = self.month(found[1], is_lenient=True) or self.read(found[1], "seasons") or self.read(found[1], "weekdays") or self.read(found[1], "feasts")
            part = self.shifted_unit_name(found[1], offset) if named is None else self.shifted_name(found[1], offset)
            if part is not None and not self.read(part[1], "not_this_after"):
                return part
        return None

    def relative_unit(self, i: int) -> Part | None:
        """ "(de) l'an dernier", "(of) last week": never another name, so that "last May last May …" nests no deeper."""
        if self.entries[i] is None:
            return None
        for kind, offset in self.shifts:
            found = self.read(i, kind)
            part = self.shifted_unit_name(found[1], offset) if found is not None else None
            if part is not None and not self.read(part[1], "not_this_after"):
                return part
        unit = self.read(self.skip(i, "articles"), "unit_words")
        shift = self.shift_after(unit[1]) if unit is not None and unit[0] not in ("day", "fortnight") else None
        return (calendar_of(unit[0], offset=shift[0]), shift[1]) if unit is not None and shift is not None else None

    def shifted_unit_name(self, i: int, offset: int) -> Part | None:
        unit = self.read(i, "unit_words")
        if unit is None or unit[0] in ("day", "fortnight") or self.read(unit[1], "shift_not_after") or self.follows(i - 1, "shift_not_before"):
            return None
        return calendar_of(unit[0], offset=offset), self.skip(unit[1], "this_after")

    def shifted_name(self, i: int, offset: int) -> Part | None:
        for rule in (self.season, self.month_start, self.weekday, self.feast):
            part = rule(i)
            if part is not None and part[0].year is None and (part[0].day is None or offset):
                if offset == 1 and part[0].offset is None and part[0].weekday is not None and part[0].day is None and self.settings["next_is_next_week"]:
                    return replaced(part[0], week=1), part[1]
                return (replaced(part[0], offset=offset if part[0].offset is None else part[0].offset), part[1])
        return None

    def unit(self, i: int) -> Part | None:
        """semaine dernière, an passé, week 42 of 2024."""
        found = self.read(i, "unit_words")
        if found is None or found[0] in ("day", "fortnight"):
            return None
        if found[0] == "week" and self.is_number(found[1]) and len(self.words[found[1]]) <= 2 and 1 <= int(self.words[found[1]]) <= 53:
            numbered = self.with_year(calendar_of("iso_week", number=int(self.words[found[1]])), found[1] + 1)
            return numbered if numbered[0].is_dated else None
        shift = self.shift_after(found[1])
        if shift is not None:
            return calendar_of(found[0], offset=shift[0]), shift[1]
        return None

    def weekend(self, i: int) -> Part | None:
        """ "(over the) weekend", "(pendant le) week-end"."""
        found = self.read(i, "weekend_words")
        if found is None or not self.follows(i, "weekend_before") or self.read(found[1], "articles"):
            return None
        return calendar_of("weekend", offset=0), found[1]

    def current_unit(self, i: int) -> Part | None:
        found = self.read(i, "current_units")
        return (calendar_of(found[0], offset=0), found[1]) if found else None

    def ago(self, i: int) -> Part | None:
        """two weeks ago, three days from now."""
        units = self.units(i)
        if units is None:
            return None
        for kind, sign in (("ago_after", -1), ("ahead_after", 1)):
            closed = self.read(units[2], kind)
            if closed is not None:
                return self.distance(units[0], sign * units[1], closed[1])
        return None

    def opened_ago(self, i: int) -> Part | None:
        """il y a trois jours, dans deux semaines."""
        for kind, sign in (("ago_before", -1), ("ahead_before", 1)):
            opened = self.read(i, kind)
            units = self.units(self.skip(opened[1], "approximations")) if opened else None
            if units is not None:
                return self.distance(units[0], sign * units[1], units[2])
        return None

    def units(self, i: int) -> tuple[Unit, int, int] | None:
        """A unit and how many of it, in figures, in words or "a", with the index after them."""
        if self.is_number(i):
            count = (int(self.words[i]), i + 1) if len(self.words[i]) <= 2 else None
        else:
            count = (1, i + 1) if self.read(i, "indefinite") else self.number(i)
        unit = self.read(count[1], "unit_words") if count else None
        return (unit[0], count[0], unit[1]) if count and unit else None

    def distance(self, unit: Unit, count: int, i: int) -> Part | None:
        """So many units from the reference; years only where the day itself comes round."""
        if unit != "year":
            return calendar_of(unit, offset=count), i
        anniversary = self.read(i, "anniversary")
        return (calendar_of("day", offset=0, year_offset=count), anniversary[1]) if anniversary else None

    def feast(self, i: int) -> Part | None:
        found = self.read(i, "feasts")
        if found is None or (self.is_capital(found[1]) and not self.read(found[1], "months")):
            return None
        return self.with_year(calendar_of("feast", feast=found[0]), found[1])

    def fixed_day(self, i: int) -> Part | None:
        """9/11, 11-Septembre; "September 11" where attacks are spoken of."""
        found = self.read(i, "fixed_days")
        if found is None:
            found = self.read(i, "attack_days")
            if found is None or not (self.follows(i, "attack_before") or self.read(found[1], "attack_after")):
                return None
        year, month, day = map(int, found[0].split("-"))
        return calendar_of("day", year, month, day), found[1]

    def is_counted(self, i: int) -> bool:
        """Whether what follows a number looks like the thing it counts."""
        return self.words[i][0].isalpha() and self.words[i].endswith("s") and len(self.words[i]) > 3

    def is_noun(self, i: int) -> bool:
        """Whether a word is none of those that commonly follow a date."""
        return self.words[i][0].isalpha() and not self.read(i, "after_bare_day") and not self.read(i, "to")


def _exists(calendar: Calendar) -> bool:
    return 1 <= (calendar.number or 0) <= 12 and 1 <= (calendar.day or 0) <= 31 and (calendar.year is None or calendar.year >= _FIRST_YEAR)


def _full_year(figures: str | None) -> int | None:
    """Two figures as the year they mean: 24 is 2024, 87 is 1987."""
    if figures is None:
        return None
    return int(figures) if len(figures) == 4 else int(figures) + (2000 if int(figures) < 50 else 1900)


def _decade(figures: str) -> int:
    return int(figures) if len(figures) == 4 else int(figures) + (2000 if int(figures) < 30 else 1900)


Point = Callable[[Points, int], Part | None]

_DAY_FIGURES: tuple[Point, ...] = (Points.numeric, Points.written_decade, Points.day_month, Points.ago)
# The rules for a number by how many figures it has.
_FIGURES: Mapping[int, tuple[Point, ...]] = {
    1: _DAY_FIGURES,
    2: _DAY_FIGURES,
    4: (Points.numeric, Points.written_decade, Points.year_month_day, Points.short_years, Points.year),
}
_PARTS: tuple[tuple[str, Unit, int], ...] = (("quarter", "quarter", 4), ("half", "half", 2))
_WEEKS: tuple[tuple[str, Unit], ...] = (("week_of", "week"), ("weekend_of", "weekend"))
_SHIFTS = (("last", -1), ("next", 1), ("this", 0))


_POINTS: dict[str, Point] = {
    "fixed_days": Points.fixed_day,
    "attack_days": Points.fixed_day,
    "feasts": Points.feast,
    "weekdays": Points.weekday,
    "ordinals": Points.numbered_part,
    "quarter_codes": Points.coded_part,
    "half_codes": Points.coded_part,
    "ordinal_days": Points.day_month,
    "ago_before": Points.opened_ago,
    "ahead_before": Points.opened_ago,
    "indefinite": Points.ago,
    "numbers": lambda reader, i: reader.day_month(i) or reader.ago(i),
    "months": Points.month_start,
    "seasons": Points.season,
    "decade_words": Points.decade,
    "decades": Points.named_decade,
    "school_years": Points.school_year,
    "fiscal_years": Points.fiscal_year,
    "week_of": Points.week_of,
    "weekend_of": Points.week_of,
    "days": Points.relative_day,
    "current_units": Points.current_unit,
    "last": Points.shifted_unit,
    "next": Points.shifted_unit,
    "this": Points.shifted_unit,
    "unit_words": Points.unit,
    "weekend_words": Points.weekend,
}


_DISTANCE = ("approximations", "numbers", "multipliers", "indefinite")
_NAMES = ("months", "seasons", "weekdays", "feasts", "unit_words")
# What must follow a word that is no date alone, if not a figure or a mark that ties: a word of one of these kinds.
_FOLLOWERS: Mapping[str, tuple[str, ...]] = {
    "ordinals": ("quarter_words", "half_words", "conjunctions"),
    "quarter_codes": (),
    "half_codes": (),
    "ordinal_days": ("day_joints", "months", "of_year", "commas", "conjunctions", "to"),
    "ago_before": _DISTANCE,
    "ahead_before": _DISTANCE,
    "indefinite": ("unit_words",),
    "numbers": ("numbers", "multipliers", "number_joints", "ordinal_days", "day_joints", "months", "of_year", "unit_words"),
    "decade_words": ("decades",),
    "school_years": (),
    "fiscal_years": (),
    "week_of": ("numbers", "ordinal_days", "months", "weekdays"),
    "weekend_of": ("numbers", "ordinal_days", "months", "weekdays"),
    "last": _NAMES,
    "next": _NAMES,
    "this": _NAMES,
    "unit_words": ("last", "next"),
}


@lru_cache
def point_kinds(language: Language) -> AbstractSet[str]:
    """The kinds of words that single dates begin with: "dernier" and "prochain" only where they stand first."""
    return _POINTS.keys() - ({"last", "next"} if lexicon(language).settings["shift_is_after"] else set())


@lru_cache
def followers(language: Language) -> Mapping[str, AbstractSet[str] | None]:
    """By kind of a first word, the words of which one must follow it, a figure apart; None where any may."""
    entries = lexicon(language).entries

    def words(kinds: tuple[str, ...]) -> AbstractSet[str]:
        return _TIES | {word for word, entry in entries.items() if any(kind in entry for kind in kinds)}

    return {kind: words(_FOLLOWERS[kind]) if kind in _FOLLOWERS else None for kind in point_kinds(language)}


@lru_cache
def _rules(language: Language) -> Mapping[str, tuple[Point, ...]]:
    """By first word, the rules that can begin there, in their order."""
    kinds = point_kinds(language)
    rules = {word: tuple(rule for kind, rule in _POINTS.items() if kind in kinds and kind in entry) for word, entry in lexicon(language).entries.items()}
    return {word: found for word, found in rules.items() if found}
