"""Named bodies: their whole names, their acronyms, and which mentions are the same body."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from extractors import acronyms, names, spans
from extractors.document import Passage
from extractors import gazetteers
from extractors.gazetteers import bodies
from extractors.gazetteers.bodies import fold
from extractors.names import HeadGrammar, Lexicon, Name, TitleGrammar, opens
from extractors.records import Organisation
from extractors.spans import Mention, Span
from extractors.words import CLOSING, OPENING, Word, read

_PIECE = re.compile(r"[^\W_]+")
_HYPHENED = re.compile(r"-\w")
_BESIDE = re.compile(r" ([A-ZÀ-Ý][\w-]+)(?! [A-ZÀ-Ý])")
_GAP = re.compile(r"[ ,'&/.-]{1,3}")
POPULOUS = 15_000  # inhabitants of a place whose name the model's word alone does not make a body's
QUOTED_WORDS = 9  # words of a quoted name at most: longer quotations are sentences


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a named body; offsets into the view."""
    readings = [Reading(passage) for passage in passages]
    grown = [mention for reading in readings for mention in reading.named()]
    grown = spans.longest(_fitted(grown, readings))
    cover = spans.Cover(m.span for m in grown)
    guessed = _trusted([m for reading in readings for m in reading.modelled() if not cover.touches(m.span)], readings)
    signs = list(_signs(readings, [*grown, *guessed]))
    found = spans.longest([*grown, *signs])
    found = spans.longest([*found, *spans.outside(guessed, [m.span for m in found])])
    return spans.longest([*found, *spans.outside(_repeats(readings, found), [m.span for m in found])])


class Reading:
    """One passage as the finders of names see it."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.words = read(passage)
        self.lexicon = names.lexicon(passage.language)

    @cached_property
    def listed(self) -> list[tuple[Span, str]]:
        """Spans of the names and acronyms of organisations.csv, with their keys."""
        return [*self._listed_names(), *self._listed_acronyms()]

    @cached_property
    def atoms(self) -> Mapping[int, int]:
        """Word at which a known name starts → the word after it."""
        starts = {word.start: index for index, word in enumerate(self.words)}
        ends = {word.end: index + 1 for index, word in enumerate(self.words)}
        return {starts[start]: ends[end] for (start, end), _ in self.listed if start in starts and end in ends}

    def named(self) -> Iterator[Mention]:
        """Mentions that a table or a grammar finds."""
        ends = {word.end: index + 1 for index, word in enumerate(self.words)}
        for (start, end), key in self.listed:
            yield Mention(start, self._with_team(ends[end], key) if end in ends else end, "table", 0.95)
        for name in self._grammatical():
            yield self._mention(name)
        yield from self._quoted()
        yield from self._represented()
        for at, word in enumerate(self.words):
            if word.is_sign and not self.lexicon.is_no_acronym(word) and (end := self._branch(at)) is not None:
                yield self._mention(Name(at, end, "branch", 0.7))
        yield from map(self._mention, self._alone())

    def modelled(self) -> Iterator[Mention]:
        """Mentions that only the model finds, cut to words and sifted."""
        if self.passage.doc is None:
            return
        labels = self.passage.language.table["model"]["entities"]
        starts = [w.start for w in self.words]
        for entity in self.passage.doc.ents:
            if labels.get(entity.label_) != "ORG":
                continue
            start, end = self.passage.start + entity.start_char, self.passage.start + entity.end_char
            inside = [i for i in range(*_between(starts, start, end)) if self.words[i].end <= end]
            if inside and (name := self._sifted(inside[0], inside[-1] + 1)) is not None:
                yield self._mention(name)

    def _grammatical(self) -> Iterator[Name]:
        yield from (n for n in HeadGrammar(self.words, self.lexicon, self.atoms).names() if not self._is_placed(n.start))
        for titles in names.title_lexicons():
            yield from TitleGrammar(self.words, titles, self.lexicon, self.atoms).names()

    def _is_placed(self, at: int) -> bool:
        """Whether a town's name says where: *dans la Ville de Pau*."""
        before = at - 1
        while before >= 0 and self.lexicon.has("determiners", self.words[before]):
            before -= 1
        return before >= 0 and self.lexicon.has("inside", self.words[before]) and self.lexicon.has("towns", self.words[at])

    def _mention(self, name: Name) -> Mention:
        return Mention(self.words[name.start].start, self.words[name.end - 1].end, name.rule, name.confidence)

    def _listed_names(self) -> Iterator[tuple[Span, str]]:
        known = bodies.load()
        pieces = list(_PIECE.finditer(self.passage.text))
        written = [p.group() for p in pieces]
        folded = [fold(p) for p in written]
        at = 0
        while at < len(pieces):
            hit = known.longest(written, folded, at)
            if hit is None or not all(_GAP.fullmatch(self.passage.text, a.end(), b.start()) for a, b in zip(pieces[at:], pieces[at + 1 : at + hit[0]], strict=False)):
                at += 1
                continue
            start, end = pieces[at].start(), pieces[at + hit[0] - 1].end()
            at += hit[0]
            end = self._with_country(end)
            if not _HYPHENED.match(self.passage.text, end) and not self.passage.text[max(0, start - 1) : start] == "-":
                yield (self.passage.start + start, self.passage.start + end), hit[1]

    def _with_country(self, end: int) -> int:
        """Where a known name ends with the country of its branch: *Amnesty International | France*."""
        beside = _BESIDE.match(self.passage.text, end)
        if beside is None or not any(c.kind == "country" for c in gazetteers.candidates(beside.group(1))):
            return end
        return beside.end()

    def _with_team(self, after: int, key: str) -> int:
        """Where a network's name ends with that of a team of it: *Wikimedia | Commons*, *Debian | Med*."""
        if bodies.load().by_key[key].kind == "ngo" and after < len(self.words):
            word = self.words[after]
            if word.is_capital and word.is_word and not word.is_sign and word.start == self.words[after - 1].end + 1 and word.label in ("ORG", "") and not (after + 1 < len(self.words) and self.words[after + 1].is_capital):
                return word.end
        return self.words[after - 1].end

    def _listed_acronyms(self) -> Iterator[tuple[Span, str]]:
        known = bodies.load()
        for at, word in enumerate(self.words):
            if not word.is_capital or self.lexicon.is_no_acronym(word):
                continue
            key = known.acronym(word.text)
            if key is not None and self._branch(at) is None:
                yield (word.start, word.end - (word.text.endswith(".") and not word.text[:-1].count("."))), key

    def _branch(self, at: int) -> int | None:
        """Index after the country that is set right beside an acronym: *UNICEF Mali*."""
        words = self.words
        if not words[at].is_sign or at + 1 >= len(words) or not words[at + 1].is_capital or not words[at + 1].is_word or words[at + 1].is_sign:
            return None
        if words[at + 1].start != words[at].end + 1 or not any(c.kind == "country" for c in gazetteers.candidates(words[at + 1].text)):
            return None
        return at + 2 if at + 2 >= len(words) or not words[at + 2].is_capital else None

    def _alone(self) -> Iterator[Name]:
        """Bodies that one capitalised noun names: *le Sénat*, *the Supreme Court*; and *the Comoros government*."""
        for at, word in enumerate(self.words):
            if not word.is_capital:
                continue
            alone = names.phrase_at(self.lexicon.alone, self.words, at)
            if alone is not None and not self._goes_on(at + len(alone)) and not (at and self.words[at - 1].tag in ("NUM", "ADJ")):
                yield Name(at, at + len(alone), "alone", 0.8)
            elif word.label in ("PLACE", "ORG") and at + 1 < len(self.words) and self.words[at + 1].folded in self.lexicon.lower:
                end = at + 1
                lower = names.phrase_at(self.lexicon.lower, self.words, end) if end < len(self.words) else None
                if lower is not None:
                    yield Name(self._place_start(at), end + len(lower), "government", 0.7)

    def _place_start(self, at: int) -> int:
        while at and self.words[at - 1].label == "PLACE" and self.words[at - 1].is_capital:
            at -= 1
        return at

    def _goes_on(self, at: int) -> bool:
        """Whether a complement or an adjective follows, so that the noun alone is not the name."""
        return at < len(self.words) and (self.lexicon.has("of", self.words[at]) or self.words[at].tag == "ADJ" and self.words[at].text.isalpha())

    def _quoted(self) -> Iterator[Mention]:
        """*l'association « Cité verte »*: the name between the quotation marks."""
        for at, word in enumerate(self.words):
            if word.text in OPENING and at + 2 < len(self.words) and names.phrase_at(self.lexicon.heads, self.words, at + 1) is not None:
                yield from self._within_quotes(at)
            if not self.lexicon.has("introducers", word):
                continue
            opening = self._opening(at + 1)
            if opening is None or not self.words[opening + 1].is_word:
                continue
            for closing in range(opening + 2, min(opening + 2 + QUOTED_WORDS, len(self.words))):
                if self.words[closing].text in CLOSING:
                    if self.words[opening + 1].is_capital:
                        yield self._mention(Name(opening + 1, closing, "quoted", 0.85))
                    break
                if self.words[closing].text == "\n":
                    break

    def _represented(self) -> Iterator[Mention]:
        """*fondatrice d'« Exemple »*, *PDG d'Exemple*, *founder of Example*: what a person of that role stands for."""
        for at in range(len(self.words)):
            role = names.phrase_at(self.lexicon.roles, self.words, at)
            if role is None:
                continue
            start = at + len(role)
            if start >= len(self.words) or not (self.lexicon.has("of", self.words[start]) or self.lexicon.has("at", self.words[start])):
                continue
            start += 1
            if start < len(self.words) and self.lexicon.has("determiners", self.words[start]):
                start += 1
            yield from self._role_name(start)

    def _role_name(self, start: int) -> Iterator[Mention]:
        words = self.words
        if start + 2 < len(words) and words[start].text in OPENING and words[start + 1].is_capital:
            closing = next((i for i in range(start + 2, min(start + 2 + QUOTED_WORDS, len(words))) if words[i].text in CLOSING or words[i].text == "\n"), None)
            if closing is not None and words[closing].text in CLOSING:
                yield self._mention(Name(start + 1, closing, "role", 0.7))
            return
        end = start
        while end < len(words) and words[end].is_capital and words[end].is_word and words[end].label not in ("PERSON", "PLACE", "PEOPLE"):
            end += 1
        if end > start and not self._is_other(start, end) and not (end - start == 1 and (self._is_common(start) or _is_place(words[start].text))):
            yield self._mention(Name(start, end, "role", 0.6))

    def _within_quotes(self, opening: int) -> Iterator[Mention]:
        """*l'« association pour la lecture »*: the quotation is the whole name."""
        closing = next((i for i in range(opening + 3, min(opening + 2 + 2 * QUOTED_WORDS, len(self.words))) if self.words[i].text in CLOSING), None)
        before = self.words[opening - 1] if opening else None
        if closing is not None and before is not None and (self.lexicon.has("determiners", before) or self.lexicon.has("of", before)):
            if all(w.is_word and w.tag not in ("VERB", "AUX", "PRON") for w in self.words[opening + 1 : closing]):
                yield self._mention(Name(opening + 1, closing, "quoted", 0.7))

    def _opening(self, at: int) -> int | None:
        """The quotation mark that opens at a word, or after at most six lower-case words."""
        for index in range(at, min(at + 7, len(self.words) - 2)):
            if self.words[index].text in OPENING:
                return index
            is_aside = self.words[index].text == "," and (self.words[index + 1].text in OPENING or self.lexicon.has("naming", self.words[index + 1]))
            if self.words[index].is_capital or not self.words[index].is_word and not is_aside:
                return None
        return None

    def _sifted(self, start: int, end: int) -> Name | None:
        """What of the model's span is a name, if anything is."""
        words, lexicon = self.words, self.lexicon
        while start < end and (not words[start].is_word or not words[start].is_capital or lexicon.has("determiners", words[start]) or lexicon.has("openers", words[start])):
            start += 1
        while end > start and (not words[end - 1].is_capital or words[end - 1].folded in lexicon.calendar):
            end -= 1
        while end - start > 1 and self.lexicon.has("introducers", words[start]) and words[start].is_sign:
            start += 1
        if start >= end or end - start > 8 or any(w.is_break for w in words[start:end]):
            return None
        before = words[start - 1] if start else None
        if before is not None and (lexicon.has("via", before) or lexicon.has("not_bodies", before) or lexicon.has("titles", before)):
            return None
        if self._is_other(start, end) or self._is_office(start) or end - start == 1 and self._is_common(start):
            return None
        if end - start > 1 and not lexicon.trusts_long_guesses or end - start == 1 and self._is_cut(start):
            return None
        return Name(start, end, "model", 0.5)

    def _is_cut(self, at: int) -> bool:
        """Whether another capital stands right beside a word, so that it is half a name."""
        for index in (at - 1, at + 1):
            if 0 <= index < len(self.words):
                word = self.words[index]
                if word.is_word and word.is_capital and not word.is_sign and not word.text.endswith("'") and not opens(self.words, index):
                    return True
        return False

    def _is_other(self, start: int, end: int) -> bool:
        """Whether a span is a product, a state, an event, a document or a person's office."""
        words = self.words[start:end]
        text = " ".join(w.folded for w in words)
        for table in (self.lexicon, *names.title_lexicons()):
            if text in table.lists.get("products", ()) or text in table.lists.get("states", ()) or table.has("titles", words[0]):
                return True
            main = next((i for i, w in enumerate(words) if table.has("of", w)), len(words)) - 1
            if table.has("not_bodies", words[0]) or table.has("not_bodies", words[main]):
                return True
        return False

    def _is_office(self, at: int) -> bool:
        """Whether the capitals that run up to a word open with an office: *Minister for Law and | Home Affairs*."""
        back = at
        while back and (self.words[back - 1].is_capital or any(t.has(n, self.words[back - 1]) for t in (self.lexicon, *names.title_lexicons()) for n in ("inner", "of", "determiners"))):
            back -= 1
        return any(t.has("titles", w) for t in (self.lexicon, *names.title_lexicons()) for w in self.words[max(0, back - 1) : at])

    def _is_common(self, at: int) -> bool:
        """Whether a single capital is only a sentence's first word, or a body noun on its own."""
        word = self.words[at]
        if self.lexicon.is_no_acronym(word):
            return True
        if word.is_sign:
            return any(c.isdigit() for c in word.text)
        is_body_noun = names.phrase_at(self.lexicon.heads, self.words, at) is not None or any(t.has("last", word) for t in names.title_lexicons())
        return (opens(self.words, at) and word.tag not in ("PROPN", "X")) or is_body_noun or len(word.text) < 3


def _trusted(guessed: Sequence[Mention], readings: Sequence[Reading]) -> list[Mention]:
    """The model's names that it does not elsewhere in the document call something else.

    A single word must moreover be no well-known place.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[Span, tuple[str, ...]] = {}
    wanted = {m.start: m for m in guessed}
    for reading in readings:
        for at, word in enumerate(reading.words):
            if word.is_capital:
                labels[word.text][word.label] += 1
            if word.start in wanted:
                mention = wanted[word.start]
                texts[mention.span] = tuple(w.text for w in reading.words[at : at + 12] if w.end <= mention.end)
    return [m for m in guessed if _is_trusted(texts.get(m.span, ()), labels)]


def _is_trusted(words: Sequence[str], labels: Mapping[str, Counter[str]]) -> bool:
    if len(words) != 1:
        return bool(words)
    counts = labels[words[0]]
    return counts["ORG"] > 3 * (counts["PERSON"] + counts["PLACE"]) and 2 * counts["ORG"] >= counts.total() and not _is_place(words[0])


def _is_place(text: str) -> bool:
    return any(c.kind in ("country", "region") or c.population > POPULOUS for c in gazetteers.candidates(text))


def _between(starts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    return bisect_left(starts, start), bisect_left(starts, end)


def _fitted(mentions: Sequence[Mention], readings: Sequence[Reading]) -> list[Mention]:
    """The mentions, with those before "(ACRO)" cut or grown to what the letters say."""
    by_end: dict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_end[mention.end].append(mention)
    dropped: set[Span] = set()
    added: list[Mention] = []
    for reading in readings:
        for gloss in acronyms.glosses(reading.words, reading.lexicon):
            fitted = _fit(gloss, reading, by_end)
            if fitted is not None:
                added.append(fitted)
                dropped.update(m.span for m in mentions if spans.overlap(m.span, fitted.span))
    return [*(m for m in mentions if m.span not in dropped), *added]


def _fit(gloss: acronyms.Gloss, reading: Reading, by_end: Mapping[int, list[Mention]]) -> Mention | None:
    words = reading.words
    end = words[gloss.end - 1].end
    ending = by_end.get(end, [])
    if gloss.start is None:
        return None if ending else _extended(gloss, reading)
    start = gloss.start
    if any(m.start == words[start].start or _only_adds_place(m, start, words) for m in ending) or not _can_open(reading, start, gloss.end):
        return None
    return Mention(words[start].start, end, "acronym", 0.9)


def _only_adds_place(mention: Mention, start: int, words: Sequence[Word]) -> bool:
    """Whether a name is what the letters spell with a country before it: *U.S. General Services Administration*."""
    before = [w for w in words[max(0, start - 4) : start] if w.start >= mention.start]
    return mention.start < words[start].start and bool(before) and all(w.label == "PLACE" or "." in w.text for w in before)


def _extended(gloss: acronyms.Gloss, reading: Reading) -> Mention | None:
    """The body noun before a foreign acronym, up to the parenthesis: *Réseau … et la justice pénale (PNI)*."""
    words = reading.words
    for at in range(gloss.end - 1, max(-1, gloss.end - acronyms.FARTHEST), -1):
        if words[at].is_break or words[at].tag == "AUX":
            return None
        if words[at].is_capital and names.phrase_at(reading.lexicon.heads, words, at) is not None and not _is_within(reading, at):
            return Mention(words[at].start, words[gloss.end - 1].end, "acronym", 0.7)
    return None


def _is_within(reading: Reading, at: int) -> bool:
    """Whether a body noun stands in the complement of another one: *Réseau du | Programme des Nations unies*."""
    lexicon, words = reading.lexicon, reading.words
    before = at - 1
    while before > 0 and (lexicon.has("determiners", words[before]) or lexicon.has("of", words[before])):
        before -= 1
    return before >= 0 and before < at - 1 and words[before].is_capital and names.phrase_at(lexicon.heads, words, before) is not None


def _can_open(reading: Reading, start: int, end: int) -> bool:
    """Whether a long form that an acronym spells looks like a body's name."""
    words, lexicon = reading.words, reading.lexicon
    if lexicon.has("not_bodies", words[start]) and not words[start].is_capital:
        return False
    if names.phrase_at(lexicon.heads, words, start) is not None:
        return True
    tables = (lexicon, *names.title_lexicons())
    if not words[start].is_capital or any(t.has("not_bodies", w) for t in tables for w in (words[start], words[end - 1])):
        return False
    return sum(w.is_capital for w in words[start:end]) >= 2 and words[start].label != "PERSON"


def _signs(readings: Sequence[Reading], found: Sequence[Mention]) -> Iterator[Mention]:
    """Acronyms that name a body: set beside a name, or supported by the text."""
    ends = {m.end for m in found}
    tied: set[str] = set()
    barred: set[str] = set()
    for reading in readings:
        for gloss in acronyms.glosses(reading.words, reading.lexicon):
            text = reading.words[gloss.sign].text
            if reading.words[gloss.end - 1].end in ends:
                tied.add(text)
            elif gloss.start is not None or _is_of_no_body(gloss, reading):
                barred.add(text)
    cover = spans.Cover(m.span for m in found)
    votes = Counter(text for reading in readings for text in _supported(reading))
    for reading in readings:
        for word in reading.words:
            if acronyms.is_sign(word) and not reading.lexicon.is_no_acronym(word) and not cover.touches((word.start, word.end)):
                if word.text in tied:
                    yield Mention(word.start, word.end, "acronym", 0.9)
                elif word.text not in barred and votes[word.text] > 0:
                    yield Mention(word.start, word.end, "sign", 0.5)


def _is_of_no_body(gloss: acronyms.Gloss, reading: Reading) -> bool:
    """Whether the words before "(ACRO)" are those of a programme, a law or the like."""
    for at in range(gloss.end - 1, max(-1, gloss.end - acronyms.FARTHEST), -1):
        if reading.words[at].is_break:
            return False
        if reading.lexicon.has("not_bodies", reading.words[at]):
            return True
    return False


def _supported(reading: Reading) -> Iterator[str]:
    """Signs where the model or the words around them say that they are bodies."""
    for at, word in enumerate(reading.words):
        if not word.is_sign or not word.text.replace("-", "").replace(".", "").isalpha() or reading.lexicon.is_no_acronym(word) or reading.lexicon.has("not_bodies", reading.words[at - 1] if at else word):
            continue
        follower = reading.words[at + 1] if at + 1 < len(reading.words) else None
        has_article = at > 0 and reading.lexicon.has("determiners", reading.words[at - 1])
        stands_alone = follower is None or follower.tag not in ("NOUN", "PROPN", "ADJ", "NUM")
        owns = follower is not None and follower.text == "'s" and follower.start == word.end and word.label not in ("PERSON", "PLACE")
        if word.label == "ORG" or _acts(reading, at) or has_article and stands_alone or owns:
            yield word.text


def _acts(reading: Reading, at: int) -> bool:
    """Whether a sign is subject or agent: *le XYZ annonce*, *signé par l'XYZ*, *XYZ has said*."""
    words, lexicon = reading.words, reading.lexicon
    before = at - 1
    while before >= 1 and (lexicon.has("determiners", words[before]) or _is_listed_sign(words, before, lexicon)):
        before -= 1
    if before >= 1 and lexicon.has("of", words[before]):
        return lexicon.has("support", words[before - 1])
    if before >= 0 and lexicon.has("support", words[before]):
        return True
    if at and words[at - 1].label == "PERSON":
        return False
    return at + 1 < len(words) and words[at + 1].tag in ("AUX", "VERB") and (before < 0 or words[before].tag not in ("ADJ", "NOUN", "NUM", "PROPN", "ADP"))


def _is_listed_sign(words: Sequence[Word], at: int, lexicon: Lexicon) -> bool:
    """Whether a word is a comma, an "and" or a sign of a list of signs: *par XYZ, ABC et | DEF*."""
    return words[at].is_sign and not lexicon.is_no_acronym(words[at]) or (words[at].text == "," or lexicon.has("conjunctions", words[at])) and words[at - 1].is_sign


def _repeats(readings: Sequence[Reading], found: Sequence[Mention]) -> Iterator[Mention]:
    """The other occurrences, to the letter, of the names found."""
    forms: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    taken = {m.start: m for m in found}
    for reading in readings:
        for at, word in enumerate(reading.words):
            mention = taken.get(word.start)
            if mention is not None and any(c.isupper() for c in word.text):
                form = tuple(w.text for w in reading.words[at : at + 30] if w.end <= mention.end)
                if form and form not in forms[word.text]:
                    forms[word.text].append(form)
    for rows in forms.values():
        rows.sort(key=len, reverse=True)
    for reading in readings:
        texts = [w.text for w in reading.words]
        for at, word in enumerate(reading.words):
            for form in forms.get(word.text, ()):
                if tuple(texts[at : at + len(form)]) == form:
                    yield Mention(word.start, reading.words[at + len(form) - 1].end, "repeat", 0.6)
                    break


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage]) -> list[Organisation]:
    """One organisation a body, with all its mentions, in order of first mention."""
    ordered = sorted(mentions, key=lambda m: m.span)
    groups = Groups(_texts(ordered, passages))
    groups.tie(_ties(ordered, passages))
    groups.contain()
    return [_organisation(number, members, ordered, groups) for number, members in enumerate(groups.members(), 1)]


def _texts(mentions: Sequence[Mention], passages: Sequence[Passage]) -> list[str]:
    out = []
    at = 0
    for mention in mentions:
        while at + 1 < len(passages) and passages[at].end <= mention.start:
            at += 1
        passage = passages[at]
        out.append(passage.text[mention.start - passage.start : mention.end - passage.start])
    return out


def _ties(mentions: Sequence[Mention], passages: Sequence[Passage]) -> Iterator[tuple[int, int]]:
    """Neighbours of which one is set in parentheses, or after a dash, as the other's short form."""
    at = 0
    for index, (a, b) in enumerate(zip(mentions, mentions[1:], strict=False)):
        while at + 1 < len(passages) and passages[at].end <= a.start:
            at += 1
        passage = passages[at]
        between = passage.text[a.end - passage.start : b.start - passage.start]
        if re.fullmatch(r"\s?[»\"”]?\s?\(|\s[–—-]\s", between):
            yield index, index + 1


class Groups:
    """Mentions that name the same body: a union of sets, keyed by their texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._parent = list(range(len(texts)))
        known = bodies.load()
        first: dict[str, int] = {}
        self.keys: list[str | None] = []
        for index, text in enumerate(texts):
            key = known.acronym(text) or known.by_name.get(" ".join(bodies.split(text)))
            self.keys.append(key)
            for label in filter(None, (key and f"key {key}", _label(text))):
                self._join(first.setdefault(label, index), index)

    def root(self, index: int) -> int:
        """The first mention of an index's body, as far as is known."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def tie(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Join a name and the acronym set beside it, unless the table tells them apart."""
        for a, b in pairs:
            one_is_sign = _is_sign(self.texts[a]) != _is_sign(self.texts[b]) or _is_sign(self.texts[b])
            told_apart = self.keys[a] is not None and self.keys[b] is not None and self.keys[a] != self.keys[b]
            if one_is_sign and not told_apart:
                self._join(self.root(a), b)

    def contain(self) -> None:
        """Join a short form to the one longer name that its words stand in.

        A known body's branch (UNICEF Mali) stays apart, and so does what two names hold.
        """
        roots = {self.root(i) for i in range(len(self.texts))}
        words = {r: frozenset(w for i in range(len(self.texts)) if self.root(i) == r for w in bodies.split(self.texts[i])) for r in roots}
        holders: dict[str, set[int]] = defaultdict(set)
        for root, inside in words.items():
            for word in inside:
                holders[word].add(root)
        for root in sorted(roots):
            text = bodies.split(self.texts[root])
            if self.keys[root] is not None or not text:
                continue
            longer = set.intersection(*(holders[w] for w in text)) - {root}
            longer = {r for r in longer if self._is_short_form(text, r)}
            if len(longer) == 1:
                self._join(longer.pop(), root)

    def _is_short_form(self, short: tuple[str, ...], root: int) -> bool:
        """Whether a body has a name that opens with the short one, or ends in it after a common noun."""
        for index in range(len(self.texts)):
            if self.root(index) != root:
                continue
            text = self.texts[index]
            words = bodies.split(text)
            if len(words) > len(short) and (words[: len(short)] == short or words[-len(short) :] == short and text[0].islower() and len(words) == len(short) + 1):
                return True
        return False

    def members(self) -> list[list[int]]:
        """Indexes by body, in order of first mention."""
        found: dict[int, list[int]] = {}
        for index in range(len(self.texts)):
            found.setdefault(self.root(index), []).append(index)
        return list(found.values())

    def _join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        self._parent[max(a, b)] = min(a, b)


def _label(text: str) -> str:
    """A name as two mentions of it share it: folded, with its last word's country as a code (*IPA Mexico*, *IPA Mexique*)."""
    words = bodies.split(text)
    if len(words) == 2 and _is_sign(text.split()[0]):
        country = next((c.country for c in gazetteers.candidates(text.split()[-1]) if c.kind == "country"), None)
        words = (words[0], country or words[1])
    return " ".join(words)


def _is_sign(text: str) -> bool:
    return " " not in text and sum(c.isupper() for c in text) >= 2


def _organisation(number: int, members: Sequence[int], mentions: Sequence[Mention], groups: Groups) -> Organisation:
    texts = [groups.texts[i] for i in members]
    signs = [t for t in texts if _is_sign(t)]
    surest = max((mentions[i] for i in members), key=lambda m: m.confidence)
    return Organisation(
        id=f"o{number}",
        name=max((t for t in texts if not _is_sign(t)), key=len, default=texts[0]),
        acronym=signs[0] if signs else None,
        key=next((groups.keys[i] for i in members if groups.keys[i] is not None), None),
        mentions=[mentions[i].span for i in members],
        confidence=surest.confidence,
        rule=surest.rule,
    )
