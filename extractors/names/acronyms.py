"""Acronyms: their long forms (*Full Name (ACRO)*, *Full Name – ACRO*), checked by letters, and which name bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractors import gazetteers, spans
from extractors.gazetteers.bodies import fold, undotted
from extractors.names.lexicon import Lexicon
from extractors.names.reading import Reading, is_country, is_known_place
from extractors.names.words import CLOSING, OPENING, Word, starts_line
from extractors.spans import Mention, Span

FARTHEST = 18  # words from an acronym back to the start of its long form
_DATELINE = 5  # letters of a town in capitals that opens a line: LIÈGE, 16 juillet
_AFTER_TOWN = frozenset(",—–|")
_SHORTEST = 4  # letters of an acronym written as a name: (Narsa)
_BEFORE_SIGN, _AFTER_SIGN = frozenset("(–—-"), frozenset("),;–]")
_DISTINCT = 3  # letters of a common short form that may be a body's own too
_LONGEST = 12  # characters of an acronym beside its long form


@dataclass(frozen=True, slots=True)
class Gloss:
    """A sign set beside its long form: word indexes; `start` and `end` bound the long form.

    start is None where the letters do not tell where the long form begins.
    """

    sign: int
    start: int | None
    end: int


def spells(acronym: str, words: Sequence[str], skipped: frozenset[str], *, strict: bool = False) -> bool:
    """Whether an acronym is made of the words' first letters, in order; small words may be skipped.

    strict: of nothing else. If not, a word may also give later letters ("INSErm"
    of *institut*), and one word in four may give none.
    """
    letters = fold("".join(c for c in undotted(acronym) if c.isalnum()))
    parts = [p for w in words for p in fold(w).replace("'", "-").split("-") if p]
    if len(letters) < 2 or not parts or parts[0][0] != letters[0]:
        return False
    content = [p for p in parts if p not in skipped]
    silent = 0 if strict else len(content) // 4
    if len(content) > len(letters) + silent:
        return False
    return _spelled(letters, [(p[:1] if strict else p, p in skipped) for p in parts], silent)


def _spelled(letters: str, parts: Sequence[tuple[str, bool]], silent: int) -> bool:
    """Dynamic programme: the states are (letters used, silent words left) after each word."""
    states = {(0, silent)}
    for part, is_small in parts:
        following: set[tuple[int, int]] = set()
        for used, left in states:
            if is_small:
                following.add((used, left))
            elif left:
                following.add((used, left - 1))
            if used < len(letters) and part[0] == letters[used]:
                following.update((at, left) for at in _given(letters, used, part))
        states = following
    return any(used == len(letters) for used, _ in states)


def _given(letters: str, used: int, part: str) -> Iterator[int]:
    """How many letters are used after a word that gives its first and perhaps later ones."""
    for character in part:
        if used < len(letters) and character == letters[used]:
            used += 1
            yield used


def is_sign(word: Word) -> bool:
    """Whether a word can be the short form set beside a name: a capital first, and another (ONUDC, NLnet, CoE)."""
    return word.is_sign or word.is_capital and len(word.text) <= _LONGEST and sum(map(str.isupper, word.text)) >= 2


def glosses(reading: Reading) -> Iterator[Gloss]:
    """Every sign in parentheses, or after a dash within them, with the long form before it."""
    words = reading.words
    for at in (mark + 1 for mark in reading.at(*_BEFORE_SIGN)):
        before = words[at - 1]
        if not 2 <= at < len(words) - 1 or words[at + 1].text not in _AFTER_SIGN or not (is_sign(words[at]) or _is_pronounced(reading, at)):
            continue
        if before.text == "(" or before.start > words[at - 2].end:
            end = at - 1
            while end > 0 and words[end - 1].text in CLOSING:
                end -= 1
            if end:
                yield Gloss(at, _start(reading, at, end), end)


def _is_pronounced(reading: Reading, at: int) -> bool:
    """Whether a capitalised word alone in parentheses may be an acronym that is said as a word: *(Narsa)*."""
    words = reading.words
    if not words[at].is_capital or not _SHORTEST <= len(words[at].text) <= _LONGEST or not words[at].text.isalpha() or words[at - 1].text != "(":
        return False
    return at + 1 < len(words) and words[at + 1].text == ")" and not is_known_place(words[at].text) and not words[at - 2].is_break


def _start(reading: Reading, sign: int, end: int) -> int | None:
    """Where the shortest long form begins that spells the acronym, by first letters if it can be."""
    skipped = reading.lexicon.lists_of("skipped")
    for strict in (True, False):
        parts: list[str] = []
        for at in range(end - 1, max(-1, end - 1 - FARTHEST), -1):
            word = reading.words[at]
            if word.is_break and word.text not in OPENING | CLOSING:
                break
            if word.is_word:
                parts.insert(0, word.text.rstrip("'"))
                if word.folded not in skipped and spells(reading.words[sign].text, parts, skipped, strict=strict):
                    return at
    return None


# ---------------------------------------------------------------- long forms


def fitted(mentions: Sequence[Mention], readings: Sequence[Reading]) -> list[Mention]:
    """The names found, with those before "(ACRO)" cut or grown to what the letters say."""
    ending: dict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        ending[mention.end].append(mention)
    added = [fit for reading in readings for gloss in glosses(reading) if (fit := _fit(gloss, reading, ending)) is not None]
    return [*spans.outside(mentions, [m.span for m in added]), *added]


def _fit(gloss: Gloss, reading: Reading, ending: Mapping[int, list[Mention]]) -> Mention | None:
    words = reading.words
    end = words[gloss.end - 1].end
    if gloss.start is None:
        start = None if end in ending else _foreign_start(gloss, reading)
        return None if start is None else Mention(words[start].start, end, "acronym", 0.7)
    start, rivals = words[gloss.start].start, ending.get(end, ())
    if any(_only_adds_place(m, gloss.start, words) for m in rivals):
        return None
    is_name = any(m.start == start for m in rivals) or _can_open(reading, gloss.start, gloss.end)
    return Mention(start, end, "acronym", 0.9) if is_name else None


def _only_adds_place(mention: Mention, start: int, words: Sequence[Word]) -> bool:
    """Whether a name is what the letters spell with a country before it: *U.S. | General Services Administration*."""
    before = [w for w in words[max(0, start - 4) : start] if w.start >= mention.start]
    return mention.start < words[start].start and bool(before) and all(w.label == "PLACE" or "." in w.text for w in before)


def _foreign_start(gloss: Gloss, reading: Reading) -> int | None:
    """Where the name before a foreign acronym begins: at a capitalised body noun, no verb between: *Réseau … (PNI)*."""
    words, lexicon = reading.words, reading.lexicon
    for at in range(gloss.end - 1, max(-1, gloss.end - FARTHEST), -1):
        if words[at].is_break or words[at].tag == "AUX":
            return None
        if words[at].is_capital and lexicon.head(words, at) is not None and not _is_within(reading, at):
            return at
    return None


def _is_within(reading: Reading, at: int) -> bool:
    """Whether a body noun stands in the complement of another: *Réseau du | Programme des Nations unies*."""
    words, lexicon = reading.words, reading.lexicon
    before = at - 1
    while before > 0 and (lexicon.has("determiners", words[before]) or lexicon.has("of", words[before])):
        before -= 1
    return 0 <= before < at - 1 and words[before].is_capital and lexicon.head(words, before) is not None


def _can_open(reading: Reading, start: int, end: int) -> bool:
    """Whether a long form that an acronym spells looks like a body's name, not like a programme's or a country's."""
    words = reading.words
    if reading.lexicon.has("not_bodies", words[start]) and not words[start].is_capital:
        return False
    if reading.lexicon.head(words, start) is not None:
        return True
    if not words[start].is_capital or any(reading.any_has("not_bodies", w) for w in (words[start], words[end - 1])):
        return False
    capitals = [w for w in words[start:end] if w.is_capital]
    if reading.lexicon.heads and start and reading.lexicon.has("determiners", words[start - 1]) and _says_of_whom(reading, start):
        return True
    return (
        len(capitals) > 1 and words[start].label != "PERSON" and any(w.label != "PLACE" for w in capitals) and not any(w.text == "," for w in words[start:end])
    )


def _says_of_whom(reading: Reading, start: int) -> bool:
    """Whether a people's or an official adjective follows a noun in a capital: *la Prévention suisse de …*, *le Forum national pour …*."""
    after = reading.words[start + 1]
    endings = tuple(reading.lexicon.lists_of("demonym_endings"))
    return not after.is_capital and (any(reading.lexicon.has(name, after) for name in ("official", "territorial")) or after.folded.endswith(endings))


def disproved(readings: Sequence[Reading]) -> list[Span]:
    """Long forms that an acronym spells out and that are no bodies: programmes, laws, countries."""
    return [
        (reading.words[gloss.start].start, reading.words[gloss.end - 1].end)
        for reading in readings
        for gloss in glosses(reading)
        if gloss.start is not None and not _can_open(reading, gloss.start, gloss.end)
    ]


# ---------------------------------------------------------------- signs


def signs(readings: Sequence[Reading], found: Sequence[Mention]) -> Iterator[Mention]:
    """Acronyms that name a body, throughout the document: set beside a name found, or borne out by the text."""
    tied, barred, own = _tied(readings, found)
    borne_out = {reading.words[at].text for reading in readings for at in reading.capitals if _is_candidate(reading, at) and _is_borne_out(reading, at)}
    cover = spans.Cover(m.span for m in found)
    for reading in readings:
        for word in map(reading.words.__getitem__, reading.capitals):
            is_common = reading.lexicon.is_no_acronym(word) and word.text not in own
            if not (is_sign(word) or word.text in tied) or is_common or cover.touches((word.start, word.end)):
                continue
            if word.text in tied:
                yield Mention(word.start, word.end, "acronym", 0.9)
            elif word.text in borne_out and word.text not in barred:
                yield Mention(word.start, word.end, "sign", 0.5)


def _tied(readings: Sequence[Reading], found: Sequence[Mention]) -> tuple[set[str], set[str], set[str]]:
    """Signs set beside a name found, signs set beside something else (a programme, a law, a country), and of the first those that mean something else elsewhere."""
    starts, ends = {m.start: m for m in found}, {m.end: m for m in found}
    tied: set[str] = set()
    barred: set[str] = set()
    own: set[str] = set()
    for reading in readings:
        for gloss in glosses(reading):
            text = reading.words[gloss.sign].text
            mention = ends.get(reading.words[gloss.end - 1].end)
            if mention is not None and not is_sign(reading.words[gloss.sign]) and not _shares_letters(gloss, reading, mention):
                continue
            if reading.lexicon.is_no_acronym(reading.words[gloss.sign]) and _is_spelled_out(gloss, reading, mention):
                own.add(text)
            if mention is not None and (gloss.start is None or mention.start <= reading.words[gloss.start].start):
                tied.add(text)
            elif gloss.start is not None or _is_of_no_body(gloss, reading):
                barred.add(text)
        tied.update(_opening_glosses(reading, starts))
    return tied, barred, own


def _shares_letters(gloss: Gloss, reading: Reading, mention: Mention) -> bool:
    """Whether every letter of a pronounced acronym is one of the name's first letters, in any order, or it spells the name."""
    if gloss.start is not None:
        return True
    first = next(i for i in range(gloss.end, -1, -1) if reading.words[i].start == mention.start)
    initials = {w.folded[0] for w in reading.words[first : gloss.end] if w.is_word}
    return set(fold(reading.words[gloss.sign].text)) <= initials


def _is_spelled_out(gloss: Gloss, reading: Reading, mention: Mention | None) -> bool:
    """Whether a common short form has a letter of each word of a name, and no other: *Parti démocratique gabonais (PDG)*."""
    sign, skipped = reading.words[gloss.sign].text, reading.lexicon.lists_of("skipped")
    if gloss.start is None or mention is None or reading.words[gloss.start].start != mention.start or len(sign) < _DISTINCT:
        return False
    return spells(sign, _parts(reading, gloss.start, mention.end), skipped, strict=True)


def _opening_glosses(reading: Reading, starts: Mapping[int, Mention]) -> Iterator[str]:
    """Signs before their long form: *ACRO (Full Name)*, and *ACRO, full name,* where the letters say so."""
    words, skipped = reading.words, reading.lexicon.lists_of("skipped")
    for at in reading.capitals:
        if at + 2 >= len(words) or not words[at].is_sign or words[at + 1].text not in ("(", ","):
            continue
        if _is_dateline(reading, at):
            continue
        after = at + 2
        while after + 1 < len(words) and reading.lexicon.has("determiners", words[after]):
            after += 1
        mention = starts.get(words[after].start)
        if (
            mention is not None
            and mention.rule != "dateline"
            and (words[at + 1].text == "(" or spells(words[at].text, _parts(reading, after, mention.end), skipped))
        ):
            yield words[at].text


def _parts(reading: Reading, start: int, end: int) -> list[str]:
    return [w.text.rstrip("'") for w in reading.words[start : start + FARTHEST] if w.is_word and w.end <= end]


def _is_of_no_body(gloss: Gloss, reading: Reading) -> bool:
    """Whether the words before "(ACRO)" are those of a programme, a law or the like."""
    for at in range(gloss.end - 1, max(-1, gloss.end - FARTHEST), -1):
        if reading.words[at].is_break:
            return False
        if reading.lexicon.has("not_bodies", reading.words[at]):
            return True
    return False


def _is_candidate(reading: Reading, at: int) -> bool:
    word = reading.words[at]
    if not word.is_sign or not word.text.replace("-", "").replace(".", "").isalpha() or reading.lexicon.is_no_acronym(word):
        return False
    after = reading.words[at + 1] if at + 1 < len(reading.words) else word
    if after.is_capital and is_country(f"{word.text} {after.text}"):
        return False  # DR Congo
    if _is_dateline(reading, at):
        return False
    return not (at and reading.lexicon.has("not_bodies", reading.words[at - 1]))


def _is_dateline(reading: Reading, at: int) -> bool:
    """Whether a sign is the town of a report: PARIS (Reuters), *NADI, Fiji –*; CANBERRA, PARIS, OTTAWA –."""
    word = reading.words[at]
    if len(word.text) < _DATELINE:
        code, after = reading.passage.language.code, reading.words[at + 1 : at + 2]
        is_open = starts_line(reading.words, at) and any(w.text in _AFTER_TOWN for w in after)
        return is_open and any(code in c.languages for c in gazetteers.candidates(word.text))
    return starts_line(reading.words, at) and is_known_place(word.text)


def _is_borne_out(reading: Reading, at: int) -> bool:
    """Whether the model or the words around a sign say that it is a body: *the XYZ*, *XYZ's*, *XYZ annonce*."""
    word = reading.words[at]
    follower = reading.words[at + 1] if at + 1 < len(reading.words) else None
    if word.label == "ORG" or _acts(reading, at, follower):
        return True
    if at and any(reading.lexicon.has(name, reading.words[at - 1]) for name in ("determiners", "contracted")):
        return follower is None or follower.tag not in ("NOUN", "PROPN", "ADJ", "NUM")
    return follower is not None and follower.text == "'s" and follower.start == word.end and word.label not in ("PERSON", "PLACE")


def _acts(reading: Reading, at: int, follower: Word | None) -> bool:
    """Whether a sign is subject or agent: *le XYZ annonce*, *signé par l'XYZ*, *membre de l'XYZ*."""
    words, lexicon = reading.words, reading.lexicon
    before = at - 1
    while before >= 1 and (lexicon.has("determiners", words[before]) or _is_listed_sign(words, before, lexicon)):
        before -= 1
    if before >= 1 and lexicon.has("of", words[before]):
        return lexicon.has("support", words[before - 1])
    if before >= 0 and lexicon.has("support", words[before]):
        return True
    if follower is None or follower.tag not in ("AUX", "VERB") or at and words[at - 1].label == "PERSON":
        return False
    return before < 0 or words[before].tag not in ("ADJ", "NOUN", "NUM", "PROPN", "ADP")


def _is_listed_sign(words: Sequence[Word], at: int, lexicon: Lexicon) -> bool:
    """Whether a word is a comma, an "and" or a sign in a list of signs: *par XYZ, ABC et | DEF*."""
    if words[at].is_sign:
        return not lexicon.is_no_acronym(words[at])
    return (words[at].text == "," or lexicon.has("conjunctions", words[at])) and words[at - 1].is_sign
