"""Calendar expressions: where they stand, and which days they are.

`date_grammar` reads what is written; here it is tied to the text's own time:
the day of publication, the tense of the sentence, headings and earlier dates.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any

from extractors import date_grammar, syntax
from extractors.calendars import Calendar, Days, Expression, Range, Reference, Tense, days_of, edtf_of, is_possible, swapped
from extractors.document import Passage
from extractors.languages import Language
from extractors.records import DateRange, Notice, Precision
from extractors.spans import Mention

_BREAK = re.compile(r"(?<!\b[A-Z])[.!?;…]\s|\n")  # not after an initial: "B. Obama"
_WORD = re.compile(r"[^\W\d_]+")
_DATELINE_END = re.compile(r"[—–|:(/]|-\s|\.\s*[-–—]|\.$|\d{1,2}\s?[:hH]")
_CLAUSE = re.compile(r"[,;:()—–\"«»]")
_MARKS = " \t#*•-–—|[]"
_LABEL_MARKS = ("–", "—", ":", "|", "-")
_CAPITALS = re.compile(r"\b[A-Z]{2,} ?$")
_MODEL_YEARS = 10
_SENTENCE = 300  # code points looked at on either side of a date for the tense of its sentence
_TALE_DAYS = 300  # a paragraph whose date is further from publication tells its own story
_WORD_BEFORE = 16  # code points in which the word before a date stands
_WEEK = range(4, 8)  # days from the first to the last of the week of a heading
_HEADING = 60  # longest line, in code points, that can be a heading with a year
_DATELINE = 90  # longest line, in code points, that can be a dateline
_CHRONOLOGY = 8_000  # code points from a dateline on in which it may turn out to be the first entry of a chronology
_ENTRIES = 4  # entries that make a chronology
_ENTRY, _BEFORE_ENTRY = 40, 3  # code points in which the date of an entry stands, and that an article takes before it
_HEAD, _HEAD_LINES = 4_000, 6  # code points, and lines that are not blank, in which a dateline may open a text
_FUTURE_LEAD = 4  # words before a past form in which a future one rules it: "will be HELD on"
_MOVED = 12  # words before a date in which what is put off may stand
_VERB_BEFORE, _VERB_AFTER, _OPENING = 2, 12, 2  # words before a weekday in which its verb stands; after one that so many words before it open its sentence
_NO_PAUSE = r"[^,;:()—–]*\Z"  # up to where a search ends
_GENITIVE = ("'s", "’s")
_UNREAD = Calendar("day")
_SURE, _UNSOUND = 0.9, 0.4
_PRECISIONS: Mapping[str, Precision] = {"day": "day", "feast": "day", "month": "month", "season": "season", "year": "year"}


@dataclass(frozen=True, slots=True)
class DateMention(Mention):
    """A calendar expression and what the grammar understood of it."""

    expression: Expression = _UNREAD


@dataclass(frozen=True, slots=True)
class _Resolved:
    mention: DateMention
    days: Days


def find(text: str, language: Language) -> list[DateMention]:
    """Every calendar expression of a text, in reading order; offsets into `text`.

    "du 10 au 12 novembre" is one mention, "les 3, 5 et 7 mai" three. What days they are is told by `resolve`.
    """
    return [DateMention(start, end, f"dates.{_kind(said)}", _SURE, said) for start, end, said in date_grammar.read(text, language)]


def resolve(mentions: Sequence[DateMention], text: str, passages: Sequence[Passage], published: date | None) -> list[DateRange]:
    """Expressions as inclusive days, equal ones joined, in order of first mention.

    Relative ones count from the day of publication; a year that is not written comes from the weekday, the tense
    of the sentence and nearness to that day, or from the text's own dates. Both ends are None, and `edtf` says
    what is known, where no year can be told. A feast far from its day is not a date and is left out.
    """
    if not mentions:
        return []
    thread = _Thread(text, passages, published, _reads_month_first(mentions))
    return _joined(thread.follow(mentions))


def notices(mentions: Iterable[DateMention], days: Iterable[DateRange], text: str) -> list[Notice]:
    """A warning for each mention that names no day of the calendar, and what was kept of it.

    "31 avril 2024" keeps its month, "lundi 14 mai 2024", which was a Tuesday, its day. `days` is what `resolve`
    made of the mentions.
    """
    kept = {span: entity for entity in days for span in entity.mentions}
    impossible = [(m, kept[m.span]) for m in mentions if m.span in kept and not _agrees(m.expression, kept[m.span])]
    return [Notice(code="impossible_date", message=_impossible_message(text[m.start : m.end], m.start, entity)) for m, entity in impossible]


def _agrees(expression: Expression, found: DateRange) -> bool:
    """Whether an expression exists in the calendar, on the weekday that it names."""
    is_other_weekday = isinstance(expression, Calendar) and expression.is_on_other_weekday(found.start)
    return not is_other_weekday and all(is_possible(part) for part in _parts(expression))


def _impossible_message(quote: str, start: int, entity: DateRange) -> str:
    kept = " to ".join(dict.fromkeys(str(day or "…") for day in (entity.start, entity.end))) if entity.start or entity.end else entity.edtf
    return f"“{quote}” (offset {start}) is on no calendar: a day that its month has not, or another weekday; kept {kept}"


def dateline(text: str, passages: Sequence[Passage]) -> date | None:
    """The full date that stands as a dateline at the head of a text, or alone on its last line.

    "LYON, 3 mai 2024 —", "21 juin 2012. - …", "Publié le 3 mai 2024"; None where there is none. A date within an
    ordinary sentence is no dateline, nor is the first of the dates that open the entries of a chronology.
    """
    head = text[:_HEAD].split("\n")
    starts = accumulate((len(line) + 1 for line in head), initial=0)
    lines = [(start, line) for start, line in zip(starts, head, strict=False) if line.strip()][:_HEAD_LINES]
    foot = text.rstrip().rfind("\n") + 1
    candidates = [*((start, line, False) for start, line in lines), (foot, text[foot:].rstrip(), True)]
    is_chronology = False  # then its last line alone may say when it came out
    for start, line, is_foot in candidates:
        language = _language_at(passages, start)
        if language is None or (is_foot and len(line) > _DATELINE) or (is_chronology and not is_foot):
            continue
        found = _line_date(line, language, is_foot)
        if found is None:
            continue
        if is_foot or not _opens_entries(text[start : start + _CHRONOLOGY], language):
            return found
        is_chronology = True
    return None


def _opens_entries(text: str, language: Language) -> bool:
    """Whether a text is a chronology from its first line on: lines below open with dates too, and go on in the same way."""
    first, *others = text.split("\n")
    shape = _entry(first, language)
    alike = (line for line in others if shape is not None and _entry(line, language) == shape)
    return next(islice(alike, _ENTRIES - 2, None), None) is not None


def _entry(line: str, language: Language) -> tuple[bool, bool] | None:
    """How a line that opens with a date goes on: whether a bullet leads it, and whether text follows; None for other lines."""
    bare = line.lstrip(_MARKS)
    date_ = next(iter(find(bare[:_ENTRY], language)), None)
    if date_ is None or date_.start > _BEFORE_ENTRY or not (date_.start == 0 or bare[date_.start - 1].isspace()):
        return None
    return bare != line, len(bare) > date_.end + 2


def _kind(expression: Expression) -> str:
    return "range" if isinstance(expression, Range) else expression.unit


def _language_at(passages: Sequence[Passage], offset: int) -> Language | None:
    index = bisect_right([p.start for p in passages], offset) - 1
    return passages[max(index, 0)].language if passages else None


class _Thread:
    """The text's own time: reads mentions in order and keeps what earlier ones tell about later ones."""

    def __init__(self, text: str, passages: Sequence[Passage], published: date | None, is_month_first: bool | None) -> None:
        self.text = text
        self.published = published
        self.is_month_first = is_month_first
        self.passages = passages
        self.starts = [p.start for p in passages]
        self.languages = [p.language for p in passages]
        self.tenses: dict[Language, _Tenses] = {}
        self.breaks = [0, *(m.end() for m in _BREAK.finditer(text))]
        self.clauses = [0, *(m.end() for m in _CLAUSE.finditer(text))]
        self.heading: tuple[int, int] | None = None  # year of a heading or list label, and where its sway ends
        self.last: tuple[int, date] | None = None  # end and first day of the latest date written with its year
        self.is_aside = False  # whether that date stands in a relative clause, which the next sentence does not go on from
        self.first: date | None = None  # and of the first such in its first lines, which tells when a text without day of publication plays
        self.week: tuple[date, date] | None = None  # that a heading names: *agenda of 13 to 19 November*

    def follow(self, mentions: Sequence[DateMention]) -> Iterator[_Resolved]:
        """Each mention with its days; feasts and model numbers that are no dates are left out."""
        for mention in mentions:
            expression = self._oriented(mention)
            days = self._in_week(mention, expression) or days_of(expression, self._reference(mention, expression))
            if self._is_model(mention, expression) or (days == (None, None) and _kind(expression) == "feast"):
                continue
            self._remember(mention, expression, days)
            yield _Resolved(mention if expression is mention.expression else replace(mention, expression=expression), days)

    def _language(self, offset: int) -> Language:
        return self.languages[max(bisect_right(self.starts, offset) - 1, 0)]

    def _oriented(self, mention: DateMention) -> Expression:
        """3/4 read as the document writes its other dates, else as its language does."""
        by_language = not self._language(mention.start).section("dates")["is_day_first"]
        is_as_read = self.is_month_first is None or self.is_month_first == by_language
        return mention.expression if is_as_read else swapped(mention.expression)

    def _reference(self, mention: DateMention, expression: Expression) -> Reference:
        parts = _parts(expression)
        if not any(part.lacks_year or part.unit == "weekend" for part in parts):
            return Reference(self.published)
        tense = self._tense(mention)
        is_deictic = self.published is not None and any(part.offset is not None for part in parts)  # "last November" is told from today
        if is_deictic or any(part.number is None and part.feast is None for part in parts):
            return Reference(self.published, tense)
        if self.heading is not None and mention.start < self.heading[1]:
            return Reference(self.published, tense, self.heading[0])
        told = self._told(mention, tense)
        if told is not None:
            return Reference(told)
        played = None if self.published else self._played(mention)
        if played is not None and tense <= 0:
            return Reference(played, tense, self._year_on(played, parts[0], mention))
        return Reference(self.published or played, 0 if tense > 0 and self._came_to_nothing(mention) else tense)

    def _played(self, mention: DateMention) -> date | None:
        """When a text without day of publication plays: by the last date written with its year; after a paragraph that looked back, by the first of the text."""
        if self.last is None or self.first is None or self.text.find("\n", self.last[0], mention.start) < 0:
            return self.last and self.last[1]
        return max(self.first, self.last[1])

    def _year_on(self, played: date, part: Calendar, mention: DateMention) -> int:
        """The year of a date that goes on from another: the same one; the next for an entry that would lie before the entry above it."""
        is_before = part.number is not None and part.unit in ("day", "month") and (part.number, part.day or 31) < (played.month, played.day)
        return played.year + (is_before and self._opens_line(mention))

    def _opens_line(self, mention: DateMention) -> bool:
        window = self.text[max(0, mention.start - _HEADING) : mention.start]  # of a line of a megabyte too
        return not window.rpartition("\n")[2].strip(_MARKS) and ("\n" in window or mention.start <= _HEADING)

    def _in_week(self, mention: DateMention, expression: Expression) -> Days | None:
        """The day of the heading's week that a weekday means which opens a line."""
        if self.week is None or not isinstance(expression, Calendar) or expression.weekday is None or expression.number is not None or expression.is_dated:
            return None
        if not self._opens_line(mention):
            return None
        start, end = self.week
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        day = next((d for d in days if d.weekday() == expression.weekday and expression.day in (None, d.day)), None)
        return None if day is None else (day, day)

    def _tense(self, mention: DateMention) -> Tense:
        """The tense of the sentence around a date: the verb before it in its clause, else the one after it."""
        language = self._language(mention.start)
        if language not in self.tenses:
            self.tenses[language] = _Tenses(self.text, language)
        cues, start, end = self.tenses[language], mention.start, mention.end
        section, word = language.section("dates"), _word_before(self.text, start)
        if word in section["ahead_of_day"] or (_is_open_start(mention.expression) and self._ends_ahead(mention, word, section)):
            return 1
        following = bisect_right(self.breaks, end)
        stop = self.breaks[following] if following < len(self.breaks) else len(self.text)
        sentence = max(_last(self.breaks, start), start - _SENTENCE)
        clause = max(_last(self.clauses, start), sentence)
        if word in section["moved_by"] and _has_moved(language, self.text[sentence:start]):
            return 1
        if section["present_is_ahead"] and _is_weekday(mention.expression) and self._is_told_in_present(mention, sentence):
            return 1
        before, after = cues.before(sentence, start), cues.after(end, min(stop, end + _SENTENCE))
        closes = _CLAUSE.match(self.text, end) is not None  # then it goes with what stands before it
        return cues.before(clause, start) or ((before or after) if closes else (after or before))

    def _came_to_nothing(self, mention: DateMention) -> bool:
        """Whether the sentence says that what was planned for a day was not to be: *prévu le 3 mars, n'a pas eu lieu*."""
        start, following = max(_last(self.breaks, mention.start), mention.start - _SENTENCE), bisect_right(self.breaks, mention.end)
        stop = self.breaks[following] if following < len(self.breaks) else len(self.text)
        return _phrases(self._language(mention.start), "undone").search(self.text, start, min(stop, mention.end + _SENTENCE)) is not None

    def _ends_ahead(self, mention: DateMention, before: str, section: Mapping[str, Any]) -> bool:
        """Whether what ends on a date is not over: *has until 1 September*, *d'ici à juin*."""
        return before in section["ahead_of_end"] or self.text[mention.start : mention.end].lower().startswith(tuple(section["ends_ahead"]))

    def _is_told_in_present(self, mention: DateMention, sentence: int) -> bool:
        """Whether the verb of a weekday is in the present, which in news is what is to come: *delegates vote on Friday*, *On Friday, delegates vote*."""
        number = bisect_right(self.starts, mention.start) - 1
        passage = self.passages[max(number, 0)]
        if passage.doc is None or self.text.startswith(_GENITIVE, mention.end):
            return False
        words, offset = syntax.words_of(passage), passage.start
        at, first = (bisect_left(words, edge - offset, key=lambda w: w.start) for edge in (mention.start, sentence))
        before = words[max(first, at - _VERB_BEFORE) : at]
        verb = next((w for w in reversed(before) if w.pos in syntax.VERBAL), None)
        if verb is None and at - first <= _OPENING:
            verb = next((w for w in words[at + 1 : at + _VERB_AFTER] if w.pos in syntax.VERBAL), None)
        is_present = verb is not None and verb.pos == "VERB" and "Tense=Pres" in verb.morph and "VerbForm=Fin" in verb.morph
        return is_present and verb is not None and _tense_reader(passage.language)(verb.lower) >= 0

    def _told(self, mention: DateMention, tense: Tense) -> date | None:
        """The earlier date that a mention goes on from, where that is not the day of publication.

        "Le 3 mai 2011 …, puis le 7 juin" is told in 2011 whatever the day of publication; a paragraph that tells
        the past keeps its year until it says otherwise.
        """
        if self.last is None or self.published is None or mention.start - self.last[0] > 2 * _SENTENCE:
            return None
        gap = self.text[self.last[0] : mention.start]
        if "\n" in gap or abs((self.published - self.last[1]).days) < _TALE_DAYS:
            return None
        is_same_sentence = _BREAK.search(gap) is None
        return self.last[1] if is_same_sentence or (tense <= 0 and not self.is_aside) else None

    def _remember(self, mention: DateMention, expression: Expression, days: Days) -> None:
        if days[0] is not None and days[1] is not None and (days[1] - days[0]).days in _WEEK and self._is_heading(mention):
            self.week = days[0], days[1]
        if (
            self.first is None
            and mention.start < _SENTENCE
            and days[0] is not None
            and any(part.year is not None and part.unit in ("day", "month") for part in _parts(expression))
        ):
            self.first = days[0]
        if (
            isinstance(expression, Range)
            and self.published is None
            and days[0] is not None
            and any(part.year is not None and part.unit == "day" for part in _parts(expression))
        ):
            self.last = mention.end, days[0]  # *4-11 mai 2015*: what follows goes on from it
        if not isinstance(expression, Calendar) or expression.year is None or days[0] is None:
            return
        sway = self._sway(mention)
        if sway is not None:
            self.heading = (expression.year, sway)
        if expression.unit in ("day", "month"):
            self.last = mention.end, days[0]
            language, sentence = self._language(mention.start), max(_last(self.breaks, mention.start), mention.start - _SENTENCE)
            self.is_aside = _phrases(language, "relatives", _NO_PAUSE).search(self.text, sentence, mention.start) is not None

    def _is_heading(self, mention: DateMention) -> bool:
        """Whether a date ends a short line, as that of an agenda does."""
        before, after = self.text[max(0, mention.start - _HEADING) : mention.start], self.text[mention.end : mention.end + _HEADING + 1]
        is_begun, ends = "\n" in before or mention.start <= _HEADING, "\n" in after or mention.end + _HEADING >= len(self.text)
        line, rest = before.rpartition("\n")[2], after.partition("\n")[0]
        return is_begun and ends and len(line) + mention.end - mention.start + len(rest) <= _HEADING and not rest.strip(_MARKS + ".:")

    def _sway(self, mention: DateMention) -> int | None:
        """Where the text that a heading or label with a year governs ends; None where a mention is in neither.

        A heading is a line of its own, or in an undated text any short line; a label opens a line ("2021 – …").
        """
        window = self.text[max(0, mention.start - _HEADING) : mention.start]
        following = self.text[mention.end : mention.end + _HEADING]
        if "\n" not in window and mention.start > _HEADING:
            return None
        before, after = window.rpartition("\n")[2].strip(_MARKS), following.partition("\n")[0].strip()
        ends_soon = "\n" in following or mention.end + _HEADING >= len(self.text)
        if before:
            is_heading = self.published is None and ends_soon and not after.endswith((".", "!", "?", ";", ","))
            return len(self.text) if is_heading else None
        if ends_soon and not after.strip(_MARKS):
            return len(self.text)
        return self._line_end(mention.end) if after.startswith(_LABEL_MARKS) else None

    def _line_end(self, offset: int) -> int:
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    def _is_model(self, mention: DateMention, expression: Expression) -> bool:
        """Whether a far-off year after a name in capitals is a product's number: "MSA 2040"."""
        if self.published is None or not isinstance(expression, Calendar) or expression.unit != "year":
            return False
        is_far = expression.year is not None and expression.year > self.published.year + _MODEL_YEARS
        return is_far and _CAPITALS.search(self.text[max(0, mention.start - _HEADING) : mention.start]) is not None


def _joined(resolved: Iterator[_Resolved]) -> list[DateRange]:
    """One entity for all mentions of the same days; unresolved ones are the same where their words say the same."""
    groups: dict[object, list[_Resolved]] = {}
    for one in resolved:
        groups.setdefault(one.mention.expression if one.days == (None, None) else one.days, []).append(one)
    return [_date_range(f"d{number}", group) for number, group in enumerate(groups.values(), 1)]


def _date_range(identity: str, group: list[_Resolved]) -> DateRange:
    days, said = group[0].days, group[0].mention
    is_sound = all(is_possible(part) for part in _parts(said.expression))
    return DateRange(
        id=identity,
        start=days[0],
        end=days[1],
        precision=_PRECISIONS.get(_kind(said.expression), "range"),
        edtf=edtf_of(said.expression) if days == (None, None) else None,
        mentions=[one.mention.span for one in group],
        confidence=said.confidence if is_sound else _UNSOUND,
        rule=said.rule if is_sound else f"{said.rule}.impossible",
    )


@lru_cache
def _phrases(language: Language, name: str, after: str = "") -> re.Pattern[str]:
    """Any phrase of a list, as whole words, with what has to come after."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, language.section('dates')[name]))})\b{after}", re.IGNORECASE)


def _has_moved(language: Language, before: str) -> bool:
    """Whether one of the last words before a date says that something is put off."""
    words = _WORD.findall(before.lower())[-_MOVED:]
    return any(word in language.section("dates")["moving_words"] for word in words)


def _is_open_start(expression: Expression) -> bool:
    """*until Monday*, *d'ici à juin*."""
    return isinstance(expression, Range) and expression.start is None


def _is_weekday(expression: Expression) -> bool:
    """A weekday and nothing else."""
    return (
        isinstance(expression, Calendar)
        and expression.weekday is not None
        and {expression.number, expression.day, expression.offset, expression.week} == {None}
    )


def _last(offsets: Sequence[int], offset: int) -> int:
    """The last of ascending offsets that is not past another; the first is 0."""
    return offsets[bisect_right(offsets, offset) - 1]


def _parts(expression: Expression) -> list[Calendar]:
    if isinstance(expression, Calendar):
        return [expression]
    return [part for part in (expression.start, expression.end) if part is not None]


def _reads_month_first(mentions: Sequence[DateMention]) -> bool | None:
    """Whether the document's own dates put the month first; None where they do not show it."""
    firsts = Counter(part.first for m in mentions for part in _parts(m.expression))
    return None if firsts["month"] == firsts["day"] else firsts["month"] > firsts["day"]


def _word_before(text: str, offset: int) -> str:
    """The word that ends right before an offset, in small letters."""
    return text[max(0, offset - _WORD_BEFORE) : offset].rstrip(" ").rpartition(" ")[2].lower()


class _Tenses:
    """The words of a text that tell past from future, read once, so that a date costs two look-ups.

    starts: where each stands. places: how many words of the text are before it. tenses: -1 or 1.
    """

    def __init__(self, text: str, language: Language) -> None:
        tense_of, pairs = _tense_reader(language), language.section("dates")["future_pairs"]
        cues: list[tuple[int, int, Tense]] = []
        before = ""
        for place, found in enumerate(_WORD.finditer(text)):
            word = found.group()
            tense = 1 if word in pairs and before in pairs[word] else tense_of(word)  # *is to meet* lies ahead
            if tense:
                cues.append((found.start(), place, tense))
            before = word
        self.starts = [start for start, _, _ in cues]
        self.places = [place for _, place, _ in cues]
        self.tenses: list[Tense] = [tense for _, _, tense in cues]

    def after(self, start: int, end: int) -> Tense:
        """The tense of the first cue between two offsets, 0 where there is none."""
        first = bisect_left(self.starts, start)
        return self.tenses[first] if first < len(self.starts) and self.starts[first] < end else 0

    def before(self, start: int, end: int) -> Tense:
        """The tense of the last cue, a past form being ruled by a future one just before it: "will be held"."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end) - 1
        if last < first:
            return 0
        lead = max(first, bisect_left(self.places, self.places[last] - _FUTURE_LEAD, max(0, last - _FUTURE_LEAD), last))
        return 1 if 1 in self.tenses[lead : last + 1] else -1


@lru_cache
def _tense_reader(language: Language) -> Callable[[str], Tense]:
    """What tells the tense of a word; most words of a text come again, so each is told once."""
    section = language.section("dates")
    kinds: tuple[tuple[str, Tense], ...] = (("tenseless", 0), ("past", -1), ("future", 1))
    known: dict[str, Tense] = {word: tense for kind, tense in kinds for word in section[kind]}
    endings = sorted(((ending, tense) for kind, tense in kinds[1:] for ending in section[f"{kind}_endings"]), key=lambda row: -len(row[0]))

    @lru_cache(maxsize=1 << 16)
    def tense_of(word: str) -> Tense:
        small = word.lower()
        if small in known:
            return known[small]
        return next((tense for ending, tense in endings if len(small) > len(ending) + 1 and small.endswith(ending)), 0)

    return tense_of


def _line_date(line: str, language: Language, is_foot: bool) -> date | None:
    """The full date that makes a line a dateline."""
    for mention in find(line[:_DATELINE], language):
        said = mention.expression
        if not isinstance(said, Calendar) or not said.is_full:
            continue
        before, after = line[: mention.start].strip(), line[mention.end :].strip()
        if _opens_dateline(before, language) and (not after or (not is_foot and _closes_dateline(after, language))):
            return days_of(said, Reference(None))[0]
    return None


def _opens_dateline(before: str, language: Language) -> bool:
    """Whether what stands before a date is nothing, "Publié le", a place or a body in capitals."""
    section = language.section("dates")
    bare = before.lower().strip(_MARKS + ",:()")
    if not bare or bare in section["dateline_before"]:
        return True
    place = before.removesuffix(next((f" {w}" for w in section["dateline_before"] if before.endswith(f" {w}")), "")).rstrip()
    return len(place) <= _HEADING and (place.isupper() or (place.endswith(",") and place.count(" ") <= 3 and place[0].isupper()))


def _closes_dateline(after: str, language: Language) -> bool:
    if _DATELINE_END.match(after):
        return True
    return any(after.lower().startswith(word) for word in language.section("dates")["dateline_after"])
