"""Names written with a capital on every word: *Ministry of Law*, *Gordon and Betty Moore Foundation*.

A run of capitals, with the small words between them, is cut where one body ends
and another begins, stripped of what stands before a name, and is one if its main
word (the last, or the one before "of") is a body noun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.names.heads import LONGEST, Name
from extractors.names.lexicon import Lexicon
from extractors.names.reading import is_area, is_country, is_known_place, is_land
from extractors.names.words import Word, opens
from extractors.spans import Span

_FIELD = 5  # words, "and" included, of the second field of a ministry at most
_OWN_SMALL_WORDS = ("of", "to", "targets", "determiners", "conjunctions")


@dataclass(frozen=True, slots=True)
class TitleGrammar:
    """The names of one passage that are written so.

    lexicon: of the names' language; own: of the passage's, whose small words do
    not hold a foreign name together (*France et Union* is no name).
    """

    words: Sequence[Word]
    lexicon: Lexicon
    own: Lexicon

    def names(self) -> Iterator[Name]:
        """Every name of the passage whose main word is a body noun."""
        end = 0
        for at, word in enumerate(self.words):
            if at < end or not word.is_capital or not self._is_part(at):
                continue
            end = self._run(at)
            for start, stop in self._cut(self._opened(at, end), end):
                name = self._named(start, stop)
                if name is not None:
                    yield name

    # ---------------------------------------------------------------- the run

    def _is_part(self, at: int) -> bool:
        """Whether a capital can stand in a name; a month, a day and French "L'" cannot."""
        word = self.words[at]
        if not word.is_capital or word.folded in self.lexicon.calendar:
            return False
        if len(word.text) > 1 and word.text.isupper() and not word.is_sign and self.lexicon.has("between", word):
            return False  # FIRE AT LEEDS INFIRMARY
        return not (word.text.endswith("'") and self.own.has("determiners", word))

    def _run(self, start: int) -> int:
        """Index after the capitals, and the small words between them, that begin at a word."""
        end = start + 1
        while end < len(self.words) and end - start < LONGEST:
            is_inside = self._is_part(end) or self._is_campus(start, end) or self._is_listing(start, end) or self._is_abroad(start, end) or self._has_aim(end)
            beyond = end + 1 if is_inside else self._beyond(end)
            if beyond is None:
                break
            end = beyond
        return end

    def _is_campus(self, start: int, at: int) -> bool:
        """*University of Texas | at | Austin*"""
        if not self.lexicon.has("to", self.words[at]) or at + 1 >= len(self.words) or not self._is_part(at + 1):
            return False
        return all(any(self.lexicon.has(name, w) for w in self.words[start:at]) for name in ("campus", "of"))

    def _is_abroad(self, start: int, at: int) -> bool:
        """*Embassy of Japan | in | Uganda*, *United Nations Mission | in | Liberia*"""
        if not self.lexicon.has("into", self.words[at]) or at + 1 >= len(self.words) or at - start < 2:
            return False
        land, beyond = self.words[at + 1], self.words[min(at + 2, len(self.words) - 1)]
        main = self._main(start, at)
        is_land_name = is_country(land.text) or beyond.is_capital and is_country(f"{land.text} {beyond.text}")
        return land.is_capital and self.lexicon.has("abroad", self.words[main]) and is_land_name

    def _has_aim(self, at: int) -> bool:
        """*Coalition | to | Stop Gun Violence*"""
        if not self.lexicon.has("infinitive", self.words[at]) or self.words[at].is_capital or at + 1 >= len(self.words):
            return False
        aim = self.words[at + 1]
        return aim.is_capital and self.lexicon.has("aims", aim) and self.lexicon.has("last", self.words[at - 1])

    def _beyond(self, at: int) -> int | None:
        """Index of the next capital over one or two small words, an abbreviation's stop or a kept possessive."""
        if self._is_abbreviated(at) or self._is_kept_possessive(at):
            end = at + 1
        else:
            end = at
            while end < len(self.words) and end - at < 2 and self._is_inner(self.words[end]):
                end += 1
            if end == at:
                return None
        return end if end < len(self.words) and self._is_part(end) else None

    def _is_listing(self, start: int, at: int) -> bool:
        """*Ministry of Women | , | Children and Social Protection*: a comma that the model too has inside the name."""
        main = self.words[self._main(start, at)]
        if self.words[at].text != "," or at - start < 2:
            return False
        end = at + 1
        while end < len(self.words) and self._is_part(end) and not self.words[end].is_sign and not self.lexicon.has("last", self.words[end]):
            end += 1
        is_item = at + 1 < end < len(self.words) and (self.words[end].text == "," or self.lexicon.has("conjunctions", self.words[end]))
        if not is_item:
            return False
        if self.lexicon.has("listing", main):
            return self.words[at].label == "ORG" or self.lexicon.has("ministries", main) and self._closes_fields(start, at, end)
        return self._closes_trades(start, at, end)

    def _closes_fields(self, start: int, at: int, end: int) -> bool:
        """*Ministry of Police | , | National Security and Correctional Services*: what a ministry deals with, no places and no bodies of their own."""
        if self.words[end].text == "," or end + 1 >= len(self.words) or not self.lexicon.has("of", self.words[self._main(start, at) + 1]):
            return False
        after = self._run(end + 1) if self._is_part(end + 1) else end
        items = [*self.words[at + 1 : end], *self.words[end + 1 : after]]
        is_other = self._has_head(end + 1, after) and not self.lexicon.has("field_heads", self.words[after - 1])
        return after > end and not is_other and not any(w.is_sign or w.label in ("PLACE", "PERSON") or is_known_place(w.text) for w in items)

    def _closes_trades(self, start: int, at: int, end: int) -> bool:
        """*Kenya Clerks | , | Nurses and Porters Union*: trades or branches before the noun that they share."""
        if end - at != 2 or end + 2 >= len(self.words) or not self.lexicon.has("conjunctions", self.words[end]):
            return False
        last, before = self.words[end + 2], self.words[start - 1] if start else None
        is_definite = self.lexicon.has("determiners", self.words[start]) or before is not None and self.lexicon.has("determiners", before)
        trades = (self.words[at - 1], self.words[at + 1], self.words[end + 1])
        is_trade = all(w.is_capital and not w.is_sign and (w.folded.endswith("s") or self.lexicon.has("branches", w)) for w in trades)
        return is_definite and is_trade and self.lexicon.has("trade_heads", last) and last.is_capital

    def _is_abbreviated(self, at: int) -> bool:
        return self.words[at].text == "." and self.lexicon.has("abbreviations", self.words[at - 1])

    def _is_kept_possessive(self, at: int) -> bool:
        """*Children's Fund*, *Workers' Party*; but *Singapore's | Ministry of Law*."""
        word, owner = self.words[at], self.words[at - 1]
        if word.text not in ("'s", "'") or word.start != owner.end:
            return False
        if any(self.lexicon.has("saints", w) for w in self.words[max(0, at - 3) : at - 1]):
            return True
        return self.lexicon.has("kept_possessives", owner) or word.text == "'" and owner.text.endswith("s") and owner.label != "PLACE"

    def _is_inner(self, word: Word) -> bool:
        if word.text[0].isdigit() and word.text.endswith(tuple(self.lexicon.lists_of("ordinal_endings"))):
            return bool(self.lexicon.lists_of("ordinal_endings"))
        if not self.lexicon.has("inner", word):
            return False
        return self.own is self.lexicon or word.text == "&" or not any(self.own.has(name, word) for name in _OWN_SMALL_WORDS)

    # ---------------------------------------------------------------- one name or two

    def _cut(self, start: int, end: int) -> Iterator[Span]:
        """The run, cut at each "and" that stands between two names."""
        for index in range(start + 1, end - 1):
            if self.lexicon.has("conjunctions", self.words[index]) and self._parts(start, index, end):
                yield start, index
                start = index + 1
        yield start, end

    def _parts(self, start: int, index: int, end: int) -> bool:
        """Whether the "and" at a word stands between two names, not inside one."""
        first, last_left, right = self.words[start], self.words[index - 1], self.words[index + 1]
        if self.lexicon.has("determiners", right):
            return not self._is_of_areas(start, index, end)
        if any(w.text == "," for w in self.words[start:index]):
            return False  # the "and" closes a series
        if self.own is not self.lexicon and not self.own.has("conjunctions", self.words[index]):
            return False  # "and" in a French text stands inside an English name
        if self._is_of_fields(start, index, end):
            return False
        if index - start > 2 and is_land(last_left.text) and not self.lexicon.has("of", self.words[index - 2]) and self._has_main(index + 1, end):
            return True  # Food Standards Scotland | and | Perth City Council
        is_short = index - start == 1
        if not is_short and last_left.label == "PERSON" and right.label == "ORG":
            return True
        if not self._has_main(index + 1, end):
            is_of_places = (
                end - index == 2 < index - start
                and self.lexicon.has("of", self.words[index - 2])
                and is_known_place(last_left.text)
                and is_known_place(right.text)
            )
            if is_of_places:
                return False  # Police Federation of England and Wales
            is_town = right.label == "PLACE" and (end - index == 2 or is_known_place(right.text))
            is_left_whole = right.is_sign or right.label == "PERSON" or is_town or any(self.lexicon.has(name, last_left) for name in ("last", "legal_forms"))
            return is_left_whole or not self._has_head(start, index)
        if self.lexicon.has("shared", self.words[end - 1]):
            return False  # State and Homeland Security Departments
        if self._has_head(start, index) or self._is_town(start):
            return not is_short
        is_adjective = first.label != "PLACE" and first.folded.endswith(tuple(self.lexicon.lists_of("relational_endings")))
        return is_short and (first.is_sign or first.label in ("PLACE", "ORG") and end - index > 3 and not is_adjective and self.words[index].label != "ORG")

    def _is_of_areas(self, start: int, index: int, end: int) -> bool:
        """*Office for East Asia | and | the Pacific*: two parts of the world that one body is for."""
        link = next((at for at in range(index - 1, start, -1) if self.lexicon.has("of", self.words[at])), None)
        return link is not None and all(is_area(" ".join(w.text for w in self.words[a:b])) for a, b in ((link + 1, index), (index + 2, end)))

    def _is_of_fields(self, start: int, index: int, end: int) -> bool:
        """*Ministry of Health | and | Medical Services*, *Office of the Police | and | Crime Commissioner*: what a body is of goes on after the "and"."""
        main = self._main(start, index)
        if main + 1 >= index or not self.lexicon.has("of", self.words[main + 1]):
            return False
        is_office = self.lexicon.phrase("titles", self.words, end - 1) is not None or any(
            self.lexicon.has("of", self.words[at]) and self.lexicon.phrase("titles", self.words, at - 1) is not None for at in range(index + 2, end)
        )
        if is_office:
            return any(self.lexicon.has("determiners", w) for w in self.words[main + 1 : main + 3])
        return self.lexicon.has("listing", self.words[main]) and self.lexicon.has("field_heads", self.words[end - 1]) and end - index < _FIELD

    def _has_main(self, start: int, end: int) -> bool:
        """Whether the main word of a run is a body noun, or another right before an office: *Leeds City Council | Leader*."""
        main = self._main(start, end)
        if self._is_head(start, main):
            return True
        return any(self.lexicon.has("last", self.words[i - 1]) and self.lexicon.phrase("titles", self.words, i) is not None for i in range(start + 1, end))

    def _has_head(self, start: int, end: int) -> bool:
        return any(self.lexicon.has("last", word) and (word.tag != "ADJ" or at == end - 1) for at, word in enumerate(self.words[start:end], start))

    # ---------------------------------------------------------------- is it a name?

    def _named(self, start: int, end: int) -> Name | None:
        start, end = self._stripped(start, self._before_office(start, end))
        if start >= end or " ".join(w.folded for w in self.words[start:end]) in self.lexicon.lists_of("states"):
            return None
        main = self._main(start, end)
        if (inner := self._of_persons(start, main, end)) is not None:
            return self._named(inner, end)
        if not self._is_head(start, main) and (cut := self._ending(start, main)) is not None:
            main, end = cut, cut + 1
        is_name = self._is_head(start, main) or self._is_alone(start) or self._is_field(start, end)
        is_hall = main == start and self._is_members(start) and self.lexicon.has("not_bodies", self.words[end - 1])
        return Name(start, end, "title", 0.8) if is_name and end - start > 1 and not is_hall and not self._is_no_body(start, main) else None

    def _is_alone(self, start: int) -> bool:
        """Whether a name that needs no other word opens the run, a region's name before it or none: *Ohio | House of Representatives*."""
        if self.lexicon.phrase("alone", self.words, start) is not None:
            return True
        return start + 1 < len(self.words) and self.lexicon.phrase("alone", self.words, start + 1) is not None and is_land(self.words[start].text)

    def _is_field(self, start: int, end: int) -> bool:
        """*Transport Scotland*, *Creative New Zealand*: what a country's or region's body deals with, then the country."""
        if not self.lexicon.has("fields", self.words[start]) or start and self.words[start - 1].text == ",":
            return False
        return any(is_land(" ".join(w.text for w in self.words[at:end])) for at in range(start + 1, min(start + 4, end)))

    def _of_persons(self, start: int, main: int, end: int) -> int | None:
        """Index where a body begins after its people: *Professor Li of the | School of Health*, *Members of the | Guard*."""
        if self._is_head(start, main) or main + 2 >= end or not self.lexicon.has("of", self.words[main + 1]):
            return None
        is_person = self.words[main].label == "PERSON" or self.lexicon.has("titles", self.words[start])
        is_opener = main == start and opens(self.words, start) and self.words[start].tag == "NOUN" and self._has_head(main + 2, end)
        inner = main + 2
        while inner < end and self.lexicon.has("determiners", self.words[inner]):
            inner += 1
        return inner if inner < end and (is_person or is_opener or inner > main + 2 and self._has_head(inner, end)) else None

    def _before_office(self, start: int, end: int) -> int:
        """Index of the office right after a body noun, where the person begins: *Leeds City Council | Leader Ann Doe*."""
        for index in range(start + 2, end):
            if self.lexicon.has("last", self.words[index - 1]) and self.lexicon.phrase("titles", self.words, index) is not None:
                return index
        return end

    def _opened(self, start: int, end: int) -> int:
        """Index after the articles and the words that open a sentence."""
        while start < end and (
            self.lexicon.has("openers", self.words[start]) or any(t.has("determiners", self.words[start]) for t in (self.lexicon, self.own))
        ):
            start += 1
        return start

    def _stripped(self, start: int, end: int) -> Span:
        """A run without what stands before the name: openers, articles, offices (*Director of the | …*)."""
        start = begin = self._opened(start, end)
        while begin < end and (title := self.lexicon.phrase("titles", self.words, begin)) is not None:
            begin += len(title)
        if begin == end and begin > start:
            return end, end
        if begin == start and end - start > 1 and self.words[start].is_sign and any(t.has("introducers", self.words[start]) for t in (self.lexicon, self.own)):
            start = begin = start + 1
        if begin > start and self.lexicon.has("inner", self.words[begin]):  # else the office opens the name: Attorney General's Office
            while begin < end and self.lexicon.has("inner", self.words[begin]):
                begin += 1
            start = begin
        while end > start and (self.lexicon.has("inner", self.words[end - 1]) or not self.words[end - 1].is_word):
            end -= 1
        return start, end

    def _main(self, start: int, end: int) -> int:
        """Index of the main word: the one before the first "of", or the last."""
        return next((index - 1 for index in range(start + 1, end) if self.lexicon.has("of", self.words[index]) or self._opens_phrase(index)), end - 1)

    def _opens_phrase(self, at: int) -> bool:
        """Whether a small "in" or "to" inside a name leads away from its main word: *Mission | in Mali*, *Coalition | to Stop Violence*."""
        return not self.words[at].is_capital and (self.lexicon.has("into", self.words[at]) or self.lexicon.has("infinitive", self.words[at]))

    def _ending(self, start: int, main: int) -> int | None:
        """Index of the last word that ends a name before words that are no part of it."""
        return next((index for index in range(main - 1, start, -1) if self.lexicon.has("ending", self.words[index])), None)

    def _is_head(self, start: int, main: int) -> bool:
        if main == start and self._is_town(start):
            return True
        if self.lexicon.has("first", self.words[start]) and self.words[start].label != "PERSON":
            return True
        if main == start and self._is_members(start):
            return True
        return self.lexicon.has("last", self.words[main]) or self._pair(start, main) in self.lexicon.lists_of("last")

    def _is_town(self, start: int) -> bool:
        """*City of Leeds*"""
        return start + 1 < len(self.words) and self.lexicon.has("towns", self.words[start]) and self.lexicon.has("of", self.words[start + 1])

    def _is_members(self, start: int) -> bool:
        """*Mothers Against Violence*, *Friends of the Earth*: people, and what they are for or against."""
        if start + 1 == len(self.words):
            return False
        people, link = self.words[start], self.words[start + 1]
        return self.lexicon.has("causes", link) and self.lexicon.has("members", people) or self.lexicon.has("of", link) and self.lexicon.has("friends", people)

    def _is_no_body(self, start: int, main: int) -> bool:
        if self._pair(start, main) in self.lexicon.lists_of("last") and main > start:
            return False  # Community Police Forum
        return self.lexicon.has("not_bodies", self.words[main]) or self._pair(start, main) in self.lexicon.lists_of("not_bodies")

    def _pair(self, start: int, main: int) -> str:
        return " ".join(w.folded for w in self.words[max(start, main - 1) : main + 1])
