"""Whole names of bodies, grown from their nouns: *office … contre la drogue et le crime*, *Ministry of Law*.

Two grammars, each on the tables of `languages/*.toml`: a head noun and its
complements (French), and a run of capitals around a head noun (English names,
in any text).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from extractors import languages
from extractors.gazetteers.bodies import fold, undotted
from extractors.languages import Language
from extractors.words import Word, phrases

KINDS = ("any", "place", "proper", "apposition", "capital")
LONGEST = 30  # words of a name; the longest of the public lists has 24


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """The word lists of one language, folded; an empty set where the language has no such list."""

    lists: Mapping[str, frozenset[str]]
    heads: Mapping[str, tuple[tuple[str, ...], ...]]
    kinds: Mapping[tuple[str, ...], frozenset[str]]
    alone: Mapping[str, tuple[tuple[str, ...], ...]]
    lower: Mapping[str, tuple[tuple[str, ...], ...]]
    roles: Mapping[str, tuple[tuple[str, ...], ...]]
    titles: Mapping[str, tuple[tuple[str, ...], ...]]
    calendar: frozenset[str]
    trusts_long_guesses: bool

    def has(self, name: str, word: Word) -> bool:
        """Whether a word is in a list."""
        return word.folded in self.lists.get(name, frozenset())

    def is_no_acronym(self, word: Word) -> bool:
        """Whether capitals are a common short form: PDF, VIH, U.S."""
        return undotted(word.folded) in self.lists.get("not_acronyms", frozenset()) and sum(c.isupper() for c in word.text) > 1


@dataclass(frozen=True, slots=True)
class Name:
    """A name found by grammar: words `start` to `end` (exclusive) of a passage."""

    start: int
    end: int
    rule: str
    confidence: float


@lru_cache
def lexicon(language: Language) -> Lexicon:
    """The tables of a language, compiled once."""
    section = language.section("organisations")
    lists = {name: frozenset(fold(entry) for entry in entries) for name, entries in section.items() if isinstance(entries, list)}
    kinds: dict[tuple[str, ...], set[str]] = {}
    for kind in KINDS:
        for entry in section.get(kind, []):
            kinds.setdefault(_cut(entry), set()).add(kind)
    calendar = [*language.section("dates").get("months", []), *language.section("dates").get("weekdays", [])]
    return Lexicon(
        lists,
        phrases([entry for kind in KINDS for entry in section.get(kind, [])]),
        {head: frozenset(found) for head, found in kinds.items()},
        phrases(section.get("alone", [])),
        phrases(section.get("lower", [])),
        phrases(section.get("roles", [])),
        phrases(section.get("titles", [])),
        frozenset(fold(name) for row in calendar for name in row[:1]),
        section.get("model_names") == "all",
    )


@lru_cache
def title_lexicons() -> tuple[Lexicon, ...]:
    """The tables of the languages whose names end in their head noun."""
    return tuple(found for code in languages.codes() if (found := lexicon(languages.load(code))).lists.get("last"))


def phrase_at(table: Mapping[str, tuple[tuple[str, ...], ...]], words: Sequence[Word], at: int) -> tuple[str, ...] | None:
    """The longest phrase of a table that starts at a word."""
    for phrase in table.get(words[at].folded, ()):
        if tuple(w.folded for w in words[at : at + len(phrase)]) == phrase:
            return phrase
    return None


def opens(words: Sequence[Word], at: int) -> bool:
    """Whether a word opens its sentence, line, item or quotation, so that its capital says nothing."""
    return at == 0 or words[at - 1].is_break or not words[at - 1].is_word and words[at - 1].text in "-–—·,"


def _cut(entry: str) -> tuple[str, ...]:
    ((_, (cut, *_)),) = phrases([entry]).items()
    return cut


# ------------------------------------------------------- a head noun and its complements


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a name has grown, and what speaks for its being one.

    proper: a proper name in a complement; apposed: where a name set right after
    the noun begins; complements: how many; closed: nothing more may follow.
    """

    end: int
    complements: int = 0
    proper: bool = False
    nested: bool = False
    adjectives: int = 0
    apposed: int | None = None
    linked: str = ""
    bare: bool = False
    coordinated: int | None = None
    targeted: bool = False
    ministry: bool = False
    closed: bool = False
    chained: bool = False


@dataclass(frozen=True, slots=True)
class HeadGrammar:
    """Names that begin with their noun, in one passage.

    atoms: index of a word that starts a known name → index after it.
    """

    words: Sequence[Word]
    lexicon: Lexicon
    atoms: Mapping[int, int] = field(default_factory=dict)

    def names(self) -> Iterator[Name]:
        """Every name of the passage, nested ones too."""
        for at, word in enumerate(self.words):
            if word.is_word and (head := self._head(at)) is not None:
                yield from self._named(at, head)

    def extent(self, at: int) -> int | None:
        """Index after the name that the head noun at a word could take up, named or not."""
        head = self._head(at)
        return None if head is None else self._grown(at, head).end

    def _head(self, at: int) -> tuple[str, ...] | None:
        head = phrase_at(self.lexicon.heads, self.words, at)
        if head is not None:
            return head
        singular = self._singular(at)
        return (singular,) if singular is not None and ("any" in self.lexicon.kinds[(singular,)] or self.words[at].is_capital) else None

    def _singular(self, at: int) -> str | None:
        folded = self.words[at].folded
        return folded[:-1] if folded.endswith("s") and (folded[:-1],) in self.lexicon.kinds else None

    def _named(self, at: int, head: tuple[str, ...]) -> Iterator[Name]:
        grown = self._grown(at, head)
        kinds = self.lexicon.kinds[head]
        is_capital = self.words[at].is_capital and not self.words[at].is_sign
        plural = self.words[at].folded != head[0]
        if plural and grown.coordinated is not None:
            yield from self._shared(at, grown, kinds)
            return
        if grown.apposed is not None and not is_capital and (grown.complements or "apposition" in kinds or self.words[grown.apposed].is_sign or grown.apposed in self.atoms):
            yield Name(grown.apposed, grown.end, "apposition", 0.7)
            return
        if is_capital and self._is_sentence(at, grown) or not is_capital and self._is_generic(at, grown):
            return
        if is_capital and (grown.complements or grown.adjectives or grown.apposed is not None):
            yield Name(at, grown.end, "head", 0.85)
        elif "any" in kinds and grown.complements:
            yield Name(at, grown.end, "head", 0.85)
        elif "place" in kinds and (grown.proper or grown.apposed is not None):
            yield Name(at, grown.end, "head", 0.75)
        elif "proper" in kinds and (grown.apposed is not None or grown.complements > 1 and (grown.nested or grown.proper)):
            yield Name(at, grown.end, "head", 0.7)
        elif kinds & {"proper", "apposition", "capital"} and self._is_official(at, len(head), grown):
            yield Name(at, grown.end, "head", 0.6)
        elif kinds & {"apposition", "capital"} and grown.nested and (grown.chained or "apposition" in kinds and grown.complements > 1):
            yield Name(at, grown.end, "head", 0.6)

    def _is_generic(self, at: int, grown: Growth) -> bool:
        """Whether an article or a possessive says "any one": *une association de quartier*."""
        return grown.apposed is None and at > 0 and self.lexicon.has("indefinite", self.words[at - 1])

    def _is_official(self, at: int, size: int, grown: Growth) -> bool:
        """*agence nationale de la sécurité*: an official adjective right after the noun, then a complement."""
        after = at + size
        is_official = self.lexicon.has("official", self.words[after - 1]) or after < grown.end and self.lexicon.has("official", self.words[after])
        return is_official and grown.complements > 0 and at > 0 and (self.lexicon.has("determiners", self.words[at - 1]) or self.lexicon.has("of", self.words[at - 1]) or self.lexicon.has("to", self.words[at - 1]))

    def _is_sentence(self, at: int, grown: Growth) -> bool:
        """Whether the capital is a line's first and nothing else speaks for a name: *Coordination efficace*, *Sénat belge*."""
        if grown.complements or grown.apposed is not None:
            return False
        is_alone = phrase_at(self.lexicon.alone, self.words, at) is not None and self._is_demonym(self.words[grown.end - 1].folded)
        return is_alone or opens(self.words, at) and not self.words[grown.end - 1].is_capital

    def _shared(self, at: int, grown: Growth, kinds: frozenset[str]) -> Iterator[Name]:
        """*ministères de l'Intérieur et de la Justice*: two bodies, the second without its noun."""
        split = grown.coordinated
        if split is None or not ("any" in kinds or self.words[at].is_capital):
            return
        yield Name(at, split, "head", 0.8)
        second = split + 1
        while second < grown.end and (self.lexicon.has("of", self.words[second]) or self.lexicon.has("determiners", self.words[second])):
            second += 1
        if second < grown.end and self.words[second].is_capital:
            yield Name(second, grown.end, "head", 0.7)

    def _grown(self, at: int, head: tuple[str, ...]) -> Growth:
        grown = Growth(at + len(head))
        is_targeted = head[0] in self.lexicon.lists.get("targeted", ())
        while grown.end < len(self.words) and grown.end - at < LONGEST:
            step = self._step(at, grown, is_targeted)
            if step is None:
                break
            grown = step
        return self._trimmed(grown)

    def _step(self, at: int, grown: Growth, is_targeted: bool) -> Growth | None:
        word = self.words[grown.end]
        if word.is_break or grown.closed:
            return None
        if self.lexicon.has("of", word):
            return self._complement(grown, grown.end + 1, "of")
        if self.lexicon.has("to", word):
            if self._is_campus(at, grown):
                return replace(grown, end=self._capitals(grown.end + 1))
            if is_targeted and not grown.complements:
                return self._complement(grown, grown.end + 1, "target", lower_only=not self.words[at].is_capital)
            return None
        if self.lexicon.has("targets", word):
            return self._complement(grown, grown.end + 1, "target") if is_targeted and (self.words[at].is_capital or not grown.complements) else None
        if self.lexicon.has("conjunctions", word):
            return self._coordination(grown)
        if word.text == ",":
            return self._series(at, grown)
        return self._adjective(at, grown) or self._apposition(at, grown)

    def _adjective(self, at: int, grown: Growth) -> Growth | None:
        word = self.words[grown.end]
        if not word.is_word or word.folded in self.lexicon.calendar or self.lexicon.has("outside", word):
            return None
        if word.tag != "ADJ" and not (word.tag == "VERB" and self.lexicon.has("participles", word)):
            return None
        if word.is_capital and grown.complements and not grown.proper and not self.words[at].is_capital:
            return None
        if word.is_capital and word.label in ("PERSON", "PLACE") and grown.complements:
            return None
        return replace(grown, end=grown.end + 1, adjectives=grown.adjectives + (grown.complements == 0))

    def _apposition(self, at: int, grown: Growth) -> Growth | None:
        word = self.words[grown.end]
        if self.lexicon.has("naming", word) and grown.end + 1 < len(self.words) and self.words[grown.end + 1].is_capital:
            return replace(grown, end=self._capitals(grown.end + 1), apposed=grown.end + 1, complements=grown.complements + 1)
        if grown.end in self.atoms and word.is_capital:
            if grown.proper:
                return None
            return replace(grown, end=self.atoms[grown.end], apposed=grown.apposed or grown.end, proper=True)
        if not word.is_capital and not word.text[0].isdigit():
            is_noun_chain = word.tag == "NOUN" and self.words[at].is_capital is False and grown.complements == 0 and self.words[grown.end - 1].tag == "NOUN"
            return replace(grown, end=grown.end + 1, chained=True) if is_noun_chain and not self.lexicon.has("outside", word) else None
        if word.text[0].isdigit():
            return replace(grown, end=grown.end + 1, proper=True, complements=1, closed=True) if self._is_numbered(at, grown) else None
        if self._is_foreign(at, grown, word) or self.lexicon.has("common_capitals", word):
            return None
        return replace(grown, end=self._capitals(grown.end), apposed=grown.apposed if grown.apposed is not None or grown.proper else grown.end)

    def _is_foreign(self, at: int, grown: Growth, word: Word) -> bool:
        """Whether a capital right after the name belongs to the sentence: a date, a person, an office."""
        if self.lexicon.has("titles", word) or word.folded in self.lexicon.calendar or self.lexicon.is_no_acronym(word):
            return True
        if grown.proper:
            return word.label in ("PERSON", "PLACE")
        takes_persons = self.words[at].folded in self.lexicon.lists.get("named_after", ())
        return not takes_persons and (word.label == "PERSON" or self._kinds(at) <= {"any", "place"})

    def _kinds(self, at: int) -> frozenset[str]:
        head = self._head(at)
        return frozenset() if head is None else self.lexicon.kinds[head]

    def _is_numbered(self, at: int, grown: Growth) -> bool:
        head = phrase_at(self.lexicon.heads, self.words, at)
        return head is not None and grown.end == at + len(head) and " ".join(head) in self.lexicon.lists.get("numbered", ())

    def _capitals(self, at: int) -> int:
        end = at + 1
        while end < len(self.words) and self.words[end].is_capital and self.words[end].is_word and not self.lexicon.has("determiners", self.words[end]):
            end += 1
        return end

    def _complement(self, grown: Growth, at: int, link: str, *, lower_only: bool = False) -> Growth | None:
        """A noun phrase after a preposition, without what follows its noun."""
        bare = True
        if at < len(self.words) and self.lexicon.has("determiners", self.words[at]):
            at, bare = at + 1, False
        while at + 1 < len(self.words) and self.words[at].tag == "ADJ" and not self.words[at].is_capital and self._is_noun(at + 1):
            at += 1
        if at >= len(self.words) or not self._is_noun(at):
            return None
        word = self.words[at]
        if link == "target" and (self.lexicon.has("loose", word) or word.is_capital and (lower_only or word.label == "PLACE" or bare)):
            return None
        end = self.atoms[at] if at in self.atoms else self._capitals(at) if word.is_capital else at + 1
        is_nested = (at in self.atoms or word.is_sign and not self.lexicon.is_no_acronym(word) or self._holds_place_head(at)) and word.is_capital
        is_nested = is_nested or grown.ministry
        is_proper = word.is_capital and not self.lexicon.has("common_capitals", word)
        return replace(grown, end=end, complements=grown.complements + 1, proper=grown.proper or is_proper, nested=grown.nested or is_nested, linked=link, bare=bare, targeted=grown.targeted or link == "target", ministry="any" in self._kinds(at))

    def _is_campus(self, at: int, grown: Growth) -> bool:
        if not grown.complements or self.words[at].folded not in self.lexicon.lists.get("campus", ()) or not self.words[grown.end - 1].is_capital:
            return False
        return grown.end + 1 < len(self.words) and self.words[grown.end + 1].label == "PLACE" and self.words[grown.end + 1].is_capital

    def _holds_place_head(self, at: int) -> bool:
        head = phrase_at(self.lexicon.heads, self.words, at)
        return head is not None and bool(self.lexicon.kinds[head] & {"any", "place"})

    def _is_noun(self, at: int) -> bool:
        word = self.words[at]
        if not word.is_word or word.folded in self.lexicon.calendar or self.lexicon.has("outside", word) or self.lexicon.has("titles", word):
            return False
        if at in self.atoms:
            return True
        if word.label == "PERSON" and word.is_capital:
            return False
        return word.is_capital or word.tag in ("NOUN", "PROPN", "X")

    def _coordination(self, grown: Growth) -> Growth | None:
        at = grown.end + 1
        if at >= len(self.words) or not self.words[at].is_word:
            return None
        word, before = self.words[at], self.words[grown.end - 1]
        if word.tag == "ADJ" and before.tag == "ADJ" and not word.is_capital:
            return replace(grown, end=at + 1)
        if not grown.complements:
            return None
        split = grown.coordinated if grown.coordinated is not None else grown.end
        if self.lexicon.has("of", word) and grown.linked == "of" or self.lexicon.has("targets", word) and grown.linked == "target":
            return self._joined(grown, at + 1, split)
        if self.lexicon.has("determiners", word):
            return self._joined(grown, at, split) if grown.targeted else None
        if grown.bare and (not word.is_capital or before.is_capital and word.label not in ("PERSON", "PLACE")):
            return self._joined(grown, at, split)
        return None

    def _joined(self, grown: Growth, at: int, split: int) -> Growth | None:
        """The second of two coordinated complements, unless another body or place begins there."""
        joined = self._complement(grown, at, grown.linked)
        if joined is None:
            return None
        start = at + 1 if self.lexicon.has("determiners", self.words[at]) else at
        word, before = self.words[start], self.words[grown.end - 1]
        if self._head(start) is not None and (word.is_capital or self._holds_place_head(start)) or start in self.atoms or word.is_sign:
            return None
        if word.label == "PLACE" and word.is_capital and before.label != "PLACE":
            return None
        if grown.proper and before.is_capital and not word.is_capital and not self.lexicon.has("of", self.words[at - 1]):
            return None
        return replace(joined, coordinated=split)

    def _series(self, head: int, grown: Growth) -> Growth | None:
        """", des sciences, de la jeunesse et de la culture": items that an "et" closes."""
        if grown.linked != "of" and not grown.adjectives:
            return None
        at, item = grown.end, grown
        while at + 1 < len(self.words) and self.words[at].text == ",":
            nxt = self.words[at + 1]
            if self.lexicon.has("of", nxt) and grown.linked == "of":
                found = self._joined(item, at + 2, grown.end)
            else:
                found = replace(item, end=at + 2) if nxt.tag == "ADJ" and not nxt.is_capital and self.words[at - 1].tag == "ADJ" else None
            if found is None:
                return None
            while found.end < len(self.words) and (longer := self._adjective(head, found)) is not None:
                found = longer
            item, at = found, found.end
        if at >= len(self.words) or not self.lexicon.has("conjunctions", self.words[at]):
            return None
        return self._coordination(item)

    def _trimmed(self, grown: Growth) -> Growth:
        """Without a people's adjective that qualifies the whole: *ministère de la Justice | malien*."""
        last = self.words[grown.end - 1]
        if grown.complements and last.tag == "ADJ" and not last.is_capital and self._is_demonym(last.folded) and self.words[grown.end - 2].is_capital:
            return replace(grown, end=grown.end - 1)
        return grown

    def _is_demonym(self, folded: str) -> bool:
        endings = tuple(self.lexicon.lists.get("demonym_endings", ()))
        return bool(endings) and folded.endswith(endings) and folded not in self.lexicon.lists.get("not_demonyms", ())


# ------------------------------------------------------- a run of capitals around a head noun


@dataclass(frozen=True, slots=True)
class TitleGrammar:
    """Names written with a capital on every word, in one passage.

    lexicon: of the names' language; own: of the passage's, whose small words do
    not hold a foreign name together.
    """

    words: Sequence[Word]
    lexicon: Lexicon
    own: Lexicon
    atoms: Mapping[int, int] = field(default_factory=dict)

    def names(self) -> Iterator[Name]:
        """Every name of the passage whose main word is a body noun."""
        at = 0
        while at < len(self.words):
            if not self._is_part(at):
                at += 1
                continue
            end = self._run(at)
            for start, stop in self._pieces(at, end):
                yield from self._named(start, stop)
            at = end

    def _is_part(self, at: int) -> bool:
        word = self.words[at]
        if not word.is_capital or not word.is_word or word.folded in self.lexicon.calendar:
            return False
        return not (word.text.endswith("'") and self.own.has("determiners", word))

    def _run(self, at: int) -> int:
        """Index after the capitals, and the small words between them, that start at a word."""
        end = at + 1
        while end < len(self.words) and end - at < LONGEST:
            if self._is_part(end):
                end += 1
                continue
            beyond = self._beyond_inner(end)
            if beyond is None and self.lexicon.has("to", self.words[end]) and self._is_campus(at, end):
                beyond = end + 1
            if beyond is None:
                break
            end = beyond
        return end

    def _is_campus(self, start: int, at: int) -> bool:
        inside = self.words[start:at]
        return at + 1 < len(self.words) and self._is_part(at + 1) and any(self.lexicon.has("campus", w) for w in inside) and any(self.lexicon.has("of", w) for w in inside)

    def _beyond_inner(self, at: int) -> int | None:
        """Index of the next capital over small words, an initial's stop or a kept possessive."""
        if self.words[at].text == "." and self.lexicon.has("abbreviations", self.words[at - 1]):
            at += 1
        elif self.words[at].text in ("'s", "'") and self.words[at].start == self.words[at - 1].end and self._keeps_possessive(at):
            at += 1
        else:
            start = at
            while at < len(self.words) and at - start < 2 and self._is_inner(at):
                at += 1
            if at == start:
                return None
        return at if at < len(self.words) and self._is_part(at) else None

    def _keeps_possessive(self, at: int) -> bool:
        folded = self.words[at - 1].folded
        return folded in self.lexicon.lists["kept_possessives"] or (self.words[at].text == "'" and folded.rstrip("s") in self.lexicon.lists["kept_possessives"])

    def _is_inner(self, at: int) -> bool:
        word = self.words[at]
        if not self.lexicon.has("inner", word):
            return False
        foreign = self.own is not self.lexicon
        return not (foreign and any(self.own.has(name, word) for name in ("of", "to", "targets", "determiners", "conjunctions")) and word.folded != "&")

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A run cut where one body ends and another begins."""
        at = start
        for index in range(start + 1, end):
            if self.lexicon.has("conjunctions", self.words[index]) and self._parts_there(at, index, end):
                yield at, index
                at = index + 1
        yield at, end

    def _parts_there(self, start: int, index: int, end: int) -> bool:
        """Whether the "and" at a word stands between two names, not inside one."""
        right = index + 1
        while right < end and self.lexicon.has("determiners", self.words[right]):
            return True
        left_head, right_head = self._has_head(start, index), self._has_head(right, end)
        if right_head and self.words[end - 1].folded in self.lexicon.lists.get("shared", ()):
            return False
        if left_head and right_head:
            return not self._is_joint_head(start, index)
        if left_head:
            return self.words[right].is_sign or self.words[right].label in ("PERSON", "PLACE") or self.words[index - 1].folded in self.lexicon.lists["last"]
        if right_head:
            return self.words[start].is_sign and index - start == 1 or index - start == 1 and self.words[start].label in ("PLACE", "ORG") and self._has_modifier(right, end)
        return True

    def _has_modifier(self, start: int, end: int) -> bool:
        return end - start > 2

    def _is_joint_head(self, start: int, index: int) -> bool:
        """"National Archives and Records Administration": a head right before the "and", a modifier after it."""
        return index - start < 2 or self.words[index - 1].folded in self.lexicon.lists.get("joint", ())

    def _has_head(self, start: int, end: int) -> bool:
        return any(self.words[i].folded in self.lexicon.lists["last"] for i in range(start, end))

    def _named(self, start: int, end: int) -> Iterator[Name]:
        for begin, stop in self._stripped(start, self._before_office(start, end)):
            main = self._main(begin, stop)
            if self._is_state(begin, stop):
                continue
            if not self._is_head(begin, main) and (cut := self._ending(begin, main)) is not None:
                main, stop = cut, cut + 1
            if stop - begin < 2 or self._is_no_body(begin, main):
                continue
            if self._is_head(begin, main) or phrase_at(self.lexicon.alone, self.words, begin) is not None:
                yield Name(begin, stop, "title", 0.8)

    def _before_office(self, start: int, end: int) -> int:
        """Index of the office right after a body noun, where the person begins: *Leeds City Council | Leader Ann Doe*."""
        for index in range(start + 2, end):
            if self.words[index - 1].folded in self.lexicon.lists["last"] and phrase_at(self.lexicon.titles, self.words, index) is not None:
                return index
        return end

    def _is_no_body(self, begin: int, main: int) -> bool:
        pair = " ".join(w.folded for w in self.words[max(begin, main - 1) : main + 1])
        return self.lexicon.has("not_bodies", self.words[main]) or pair in self.lexicon.lists["not_bodies"]

    def _is_state(self, begin: int, stop: int) -> bool:
        return " ".join(w.folded for w in self.words[begin:stop]) in self.lexicon.lists.get("states", ())

    def _ending(self, begin: int, main: int) -> int | None:
        """Index of the last word that ends a name before words that are no part of it."""
        return next((i for i in range(main - 1, begin, -1) if self.lexicon.has("ending", self.words[i])), None)

    def _is_head(self, begin: int, main: int) -> bool:
        if self.words[main].folded in self.lexicon.lists["last"]:
            return True
        return main > begin and f"{self.words[main - 1].folded} {self.words[main].folded}" in self.lexicon.lists["last"]

    def _main(self, start: int, end: int) -> int:
        """Index of the main word: the last before the first "of", or the last."""
        for index in range(start + 1, end):
            if self.lexicon.has("of", self.words[index]):
                return index - 1
        return end - 1 if self.words[end - 1].text != "." or end - start < 2 else end - 2

    def _stripped(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A run without what stands before the name: openers, offices ("Director of …"), articles."""
        while start < end and (self.lexicon.has("openers", self.words[start]) or self.lexicon.has("determiners", self.words[start])):
            start += 1
        begin = start
        while begin < end and (title := phrase_at(self.lexicon.titles, self.words, begin)) is not None:
            begin += len(title)
        if begin > start and not self._is_body_of_office(start, begin, end):
            while begin < end and (self.lexicon.has("inner", self.words[begin]) or self.words[begin].text == "."):
                begin += 1
        else:
            begin = start
        while end > begin and (self.lexicon.has("inner", self.words[end - 1]) or not self.words[end - 1].is_word):
            end -= 1
        if begin < end:
            yield begin, end

    def _is_body_of_office(self, start: int, begin: int, end: int) -> bool:
        """"Attorney General's Office", "General Services Administration", "Executive Board": the office opens the body's name."""
        return begin < end and not self.lexicon.has("inner", self.words[begin])
