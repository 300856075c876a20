"""Named bodies: their whole names, their acronyms, and which mentions are the same body.

`extractors/names/` knows what a name looks like; here the findings are put in
order (the table and the grammars first, then acronyms, then the model's guesses,
then every other occurrence of what was found) and brought together as bodies.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from extractors import gazetteers, spans
from extractors.document import Passage
from extractors.gazetteers import bodies
from extractors.names import acronyms, cues
from extractors.names.guesses import guesses, trusted
from extractors.names.heads import HeadGrammar
from extractors.names.lexicon import small_words, title_lexicons, town_councils
from extractors.names.reading import Reading, is_known_place
from extractors.names.titles import TitleGrammar
from extractors.names.words import spoken
from extractors.records import Organisation, SameBody
from extractors.spans import Mention, Span

_BESIDE = re.compile(r" ?[»\"”]? ?\(| [–—-] ")  # what stands between a name and its short form
_CUES = (
    cues.quoted,
    cues.represented,
    cues.explained,
    cues.introduced,
    cues.incorporated,
    cues.credited,
    cues.datelined,
    cues.branches,
    cues.alone,
    cues.governments,
    cues.territories,
)
_LOWER = re.compile(r"^(?:[^\W\d_A-ZÀ-ÖØ-Þ][\w'’-]* )+")  # the common noun before a name, with what qualifies it
_SPELLED = 3  # letters of an acronym that is told by them alone
_BLENDABLE = 200  # mentions that open with a letter, beyond which nobody could tell which one a sign blends: a hostile text has thousands
_SHORT_FORM = 4  # letters of a single word that stands for a whole name


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a named body; offsets into the view."""
    readings = [Reading.of(passage) for passage in passages]
    grown = acronyms.fitted([m for reading in readings for m in _named(reading)], readings)
    grown = spans.longest(grown)
    guessed = [reading.mention(name) for reading in readings for name in guesses(reading)]
    guessed = spans.outside(guessed, [*(m.span for m in grown), *acronyms.disproved(readings)])
    guessed = trusted(guessed, readings)
    found = spans.longest([*grown, *acronyms.signs(readings, [*grown, *guessed])])
    found = spans.longest([*found, *spans.outside(guessed, [m.span for m in found])])
    return spans.longest([*found, *spans.outside(_repeats(readings, found), [m.span for m in found])])


def _named(reading: Reading) -> Iterator[Mention]:
    """Mentions that the table, a grammar or a cue finds in one passage."""
    listed = [span for span, _ in cues.listed(reading)]
    for start, end in listed:
        yield Mention(start, end, "table", 0.95)
    for name in HeadGrammar(spoken(reading.words, is_known_place), reading.lexicon, _atoms(reading, listed)).names():
        if not cues.is_placed(reading, name.start):
            yield reading.mention(name)
    for titles in title_lexicons():
        for name in TitleGrammar(reading.words, titles, reading.lexicon).names():
            if not cues.is_placed(reading, name.start):
                yield reading.mention(name)
    for cue in _CUES:
        yield from map(reading.mention, cue(reading))


def _atoms(reading: Reading, listed: Sequence[Span]) -> Mapping[int, int]:
    """Word at which a known name starts → the word after it."""
    starts = {word.start: index for index, word in enumerate(reading.words)}
    return {starts[start]: reading.ends[end] for start, end in listed if start in starts and end in reading.ends}


# ---------------------------------------------------------------- the rest of the document


def _repeats(readings: Sequence[Reading], found: Sequence[Mention]) -> Iterator[Mention]:
    """The other occurrences, to the letter, of the names found and of their short forms."""
    forms = _forms(readings, {m.start: m for m in found})
    for reading in readings:
        texts = [w.text for w in reading.words]
        for at, word in enumerate(reading.words):
            for form in forms.get(word.text, ()):
                if tuple(texts[at : at + len(form)]) == form:
                    if not cues.is_placed(reading, at):
                        yield Mention(word.start, reading.words[at + len(form) - 1].end, "repeat", 0.6)
                    break


def _forms(readings: Sequence[Reading], found: Mapping[int, Mention]) -> dict[str, list[tuple[str, ...]]]:
    """The names found, as words, by first word, the longest first."""
    forms: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for reading in readings:
        for at, word in enumerate(reading.words):
            mention = found.get(word.start)
            if mention is None:
                continue
            after = reading.ends.get(mention.end)
            if after is None:
                continue
            form = tuple(w.text for w in reading.words[at:after])
            for name in (form, *_short_forms(reading, at, after)):
                if any(map(str.isupper, name[0])):
                    forms[name[0]].add(name)
    return {first: sorted(rows, key=len, reverse=True) for first, rows in forms.items()}


def _short_forms(reading: Reading, start: int, end: int) -> Iterator[tuple[str, ...]]:
    """*Exemple* of *fondation Exemple*: the name that a common noun introduces."""
    noun, *name = reading.words[start:end]
    if noun.is_capital or not name or not all(w.is_capital for w in name) or reading.lexicon.head(reading.words, start) is None:
        return
    if len(name) > 1 or len(name[0].text) >= _SHORT_FORM and not is_known_place(name[0].text):
        yield tuple(w.text for w in name)


# ---------------------------------------------------------------- one body once


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage]) -> list[Organisation]:
    """One organisation a body, with all its mentions, in order of first mention."""
    ordered = sorted(mentions, key=lambda m: m.span)
    groups = Groups(list(_texts(ordered, passages)))
    groups.tie(_ties(ordered, passages))
    groups.spell()
    groups.contain()
    return [_organisation(number, members, ordered, groups) for number, members in enumerate(groups.members(), 1)]


def _texts(mentions: Sequence[Mention], passages: Sequence[Passage]) -> Iterator[str]:
    """The words of each mention; both in reading order."""
    at = 0
    for mention in mentions:
        while at + 1 < len(passages) and passages[at].end <= mention.start:
            at += 1
        yield passages[at].text[mention.start - passages[at].start : mention.end - passages[at].start]


def _ties(mentions: Sequence[Mention], passages: Sequence[Passage]) -> Iterator[tuple[int, int]]:
    """Indexes of neighbours of which one is set in parentheses, or after a dash, as the other's short form."""
    between = _texts([Mention(a.end, b.start, "") for a, b in pairwise(mentions)], passages)
    for index, text in enumerate(between):
        if _BESIDE.fullmatch(text):
            yield index, index + 1


class Groups:
    """Mentions that name the same body: disjoint sets of indexes into their texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        known = bodies.load()
        named = [known.by_name.get(" ".join(bodies.split(text))) for text in texts]
        spelled = {_initials(text) for text, name in zip(texts, named, strict=True) if name is None or not _is_acronym(text)}
        self.keys = [name or _key(text, named, known, spelled) for text, name in zip(texts, named, strict=True)]
        self.reasons: dict[str, SameBody] = {}  # by text, why it was joined to another
        self._parent = list(range(len(texts)))
        first: dict[str, int] = {}
        for index, (text, key) in enumerate(zip(texts, self.keys, strict=True)):
            self._join(first.setdefault(_label(text), index), index, "same name")
            if key is not None:
                self._join(first.setdefault(f"key {key}", index), index, "table row")

    def root(self, index: int) -> int:
        """The first mention of an index's body, as far as is known."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def tie(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Join a name and the acronym set beside it, unless the table tells them apart."""
        for a, b in pairs:
            has_acronym = _is_acronym(self.texts[a]) or _is_acronym(self.texts[b]) or self._is_spelled(b, a)
            if has_acronym and (self.keys[a] is None or self.keys[b] is None or self.keys[a] == self.keys[b]):
                self._join(*((b, a) if _is_acronym(self.texts[a]) else (a, b)), "acronym")

    def spell(self) -> None:
        """Join an acronym that stands alone to the one name of the document whose first letters it is: *Observatoire …*, then *l'ONDE*."""
        letters: dict[str, set[int]] = defaultdict(set)
        openings: dict[str, list[int]] = defaultdict(list)
        for index, text in enumerate(self.texts):
            letters[_initials(text)].add(self.root(index))
            if " " in text:
                openings[bodies.fold(text[0])].append(index)
        for members in self.members():
            texts = {self.texts[i] for i in members}
            text = texts.pop()
            if texts or len(text) < _SPELLED or not _is_acronym(text) or self.keys[members[0]] is not None:
                continue
            named = {self.root(r) for r in letters.get(bodies.fold(bodies.undotted(text)), ())}
            named = named or self._blended(text, openings[bodies.fold(text[0])]) - {members[0]}
            if len(named) == 1:
                self._join(named.pop(), members[0], "acronym")

    def _blended(self, sign: str, names: Sequence[int]) -> set[int]:
        """Those of the names that open with its letter whose words' beginnings a sign in mixed case blends: *Université d'Amiens*, *UniAM*."""
        if sign.isupper() or not sign.isalpha() or len(names) > _BLENDABLE:
            return set()
        return {self.root(index) for index in names if acronyms.spells(sign, bodies.split(self.texts[index]), small_words())}

    def _is_spelled(self, sign: int, name: int) -> bool:
        """Whether an acronym said as a word is made of a name's letters: *Cour de répression … (Criet)*."""
        text = self.texts[sign]
        return text.isalpha() and len(text) >= _SPELLED and acronyms.spells(text, bodies.split(self.texts[name]), small_words())

    def contain(self) -> None:
        """Join a short form to the one longer name that opens with it, or ends in it after a common noun.

        A known body's branch (UNICEF Mali) stays apart, and so does what two names hold.
        """
        longer: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for index, text in enumerate(self.texts):
            words = bodies.split(text)
            for size in range(1, len(words)):
                longer[words[:size]].add(self.root(index))
            if len(words) > 1 and text[0].islower():
                longer[words[1:]].add(self.root(index))
                noun, name = words[: len(words) - len(bodies.split(_LOWER.sub("", text)))], bodies.split(_LOWER.sub("", text))
                if small_words().isdisjoint(noun):
                    longer[name].add(self.root(index))
        for index in range(len(self.texts)):
            holders = {self.root(r) for r in longer.get(bodies.split(self.texts[index]), ())} - {self.root(index)}
            if len(holders) == 1 and self.keys[self.root(index)] is None:
                self._join(holders.pop(), index, "short form")

    def members(self) -> list[list[int]]:
        """Indexes by body, in order of first mention."""
        found: dict[int, list[int]] = {}
        for index in range(len(self.texts)):
            found.setdefault(self.root(index), []).append(index)
        return list(found.values())

    def variants(self, name: str, members: Iterable[int]) -> dict[str, SameBody]:
        """The other texts of a body, in order of first mention, and why each is taken for it; by the first reason found."""
        texts = dict.fromkeys(self.texts[i] for i in members)
        return {text: self.reasons.get(text) or self.reasons.get(name) or "same name" for text in texts if text != name}

    def _join(self, first: int, other: int, reason: SameBody) -> None:
        a, b = self.root(first), self.root(other)
        if a != b and self.texts[first] != self.texts[other]:
            self.reasons.setdefault(self.texts[other], reason)
        self._parent[max(a, b)] = min(a, b)


def _key(acronym: str, named: Sequence[str | None], known: bodies.Bodies, spelled: Collection[str]) -> str | None:
    """Key of the body that an acronym names; of several, of the one whose name stands in the document too.

    spelled: the first letters of the document's names; where only a name of no such key has those of the acronym, it is that one's.
    """
    key = next((key for key in known.shared.get(acronym, ()) if key in named), known.acronym(acronym))
    is_anothers = key not in named and _is_acronym(acronym) and bodies.fold(bodies.undotted(acronym)) in spelled
    return None if is_anothers else key


def _initials(text: str) -> str:
    """First letters of a name's words but the small ones; none of a single word."""
    parts = [part for part in bodies.split(text) if part not in small_words()]
    return "".join(part[0] for part in parts) if len(parts) > 1 else ""


def _label(text: str) -> str:
    """What two mentions of a name share: folded words but the small ones.

    A country beside an acronym is its code (*XYZ Mexico*, *XYZ Mexique*), a town's council one whatever its noun (*Ville de Pau*, *municipalité de Pau*).
    """
    words = bodies.split(text)
    words = tuple(w for w in words if w not in small_words()) or words
    if len(words) > 1 and words[0] in town_councils():
        return " ".join(("=", *words[1:]))
    if len(words) == 2 and _is_acronym(text.split(maxsplit=1)[0]):
        country = next((c.country for c in gazetteers.candidates(text.rsplit(maxsplit=1)[-1]) if c.kind == "country"), None)
        words = (words[0], country or words[1])
    return " ".join(words)


def _is_acronym(text: str) -> bool:
    return " " not in text and sum(map(str.isupper, text)) >= 2


def _organisation(number: int, members: Sequence[int], mentions: Sequence[Mention], groups: Groups) -> Organisation:
    texts = [groups.texts[i] for i in members]
    name = max((t for t in texts if not _is_acronym(t)), key=len, default=texts[0])
    surest = max((mentions[i] for i in members), key=lambda m: m.confidence)
    return Organisation(
        id=f"o{number}",
        name=name,
        acronym=next(filter(_is_acronym, texts), None),
        key=next((groups.keys[i] for i in members if groups.keys[i] is not None), None),
        variants=groups.variants(name, members),
        mentions=[mentions[i].span for i in members],
        confidence=surest.confidence,
        rule=surest.rule,
    )
