"""What only spaCy's model calls a body: cut to whole words, and sifted, since half of it is wrong."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile

from extractors import gazetteers
from extractors.names.heads import Name
from extractors.names.reading import Reading, is_known_place
from extractors.names.words import opens
from extractors.spans import Mention, Span

_LONGEST = 8  # words of a guess: longer ones are sentences


def guesses(reading: Reading) -> Iterator[Name]:
    """The model's names of bodies that may be some."""
    if reading.passage.doc is None:
        return
    labels = reading.passage.language.table["model"]["entities"]
    starts = [w.start for w in reading.words]
    for entity in reading.passage.doc.ents:
        if labels.get(entity.label_) != "ORG":
            continue
        first = bisect_left(starts, reading.passage.start + entity.start_char)
        after = bisect_left(starts, reading.passage.start + entity.end_char)
        start, end = _trimmed(reading, first, after)
        if start < end and not _is_refuted(reading, start, end):
            yield Name(start, end, "model", 0.5)


def trusted(guessed: Sequence[Mention], readings: Sequence[Reading]) -> list[Mention]:
    """The guesses that the model does not elsewhere in the document call something else, and that are no known place or person of a title."""
    people = _titled(readings)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    singles: dict[Span, str] = {}
    wanted = {m.start: m for m in guessed}
    for reading in readings:
        for word in reading.words:
            if not word.is_capital:
                continue
            labels[word.text][word.label] += 1
            if word.start in wanted and word.end == wanted[word.start].end:
                singles[word.start, word.end] = word.text
    return [m for m in guessed if m.span not in singles or singles[m.span] not in people and _is_trusted(singles[m.span], labels)]


def _titled(readings: Sequence[Reading]) -> set[str]:
    """The last capitals after a person's title: *Mrs Tamihana*, *M. Hubert Wagner*."""
    found: set[str] = set()
    for reading in readings:
        honorifics = reading.lexicon.lists_of("honorifics")
        for at in reading.capitals:
            if reading.words[at].folded not in honorifics:
                continue
            start = at + 1 + (at + 1 < len(reading.words) and reading.words[at + 1].text == ".")
            found.update(word.text for word in takewhile(lambda word: word.is_capital, islice(reading.words, start, start + _LONGEST)))
    return found


def _is_trusted(text: str, labels: Mapping[str, Counter[str]]) -> bool:
    counts = labels[text]
    return counts["ORG"] > 3 * (counts["PERSON"] + counts["PLACE"]) and 2 * counts["ORG"] >= counts.total() and not is_known_place(text)


def is_something_else(reading: Reading, start: int, end: int) -> bool:
    """Whether a span is a product, a state, an event, a document or a person's office."""
    words = reading.words[start:end]
    text = " ".join(w.folded for w in words)
    for table in reading.lexicons:
        main = next((i for i, w in enumerate(words) if table.has("of", w)), len(words)) - 1
        if text in table.lists_of("products") or text in table.lists_of("states") or table.has("titles", words[0]):
            return True
        if table.has("not_bodies", words[0]) or table.has("not_bodies", words[main]):
            return True
    return False


def is_common_word(reading: Reading, at: int) -> bool:
    """Whether a single capital is only a sentence's first word, a short form of a common noun, or a body noun on its own."""
    word = reading.words[at]
    if reading.lexicon.is_no_acronym(word) or len(word.text) < 3:
        return True
    if word.is_sign:
        return any(map(str.isdigit, word.text))
    is_body_noun = reading.lexicon.head(reading.words, at) is not None or reading.any_has("last", word)
    return is_body_noun or opens(reading.words, at) and word.tag not in ("PROPN", "X")


def _is_town(reading: Reading, at: int) -> bool:
    """Whether a single word is a place's own name in the passage's language, however small the place: *Luganville*."""
    word, code = reading.words[at], reading.passage.language.code
    if reading.lexicon.heads and at and reading.lexicon.has("determiners", reading.words[at - 1]):
        return False  # a town has no article: de la Rega
    return not word.is_sign and any(code in c.languages for c in gazetteers.candidates(word.text))


def _trimmed(reading: Reading, start: int, end: int) -> Span:
    """A guess without articles, common words and dates at its ends, and without the noun that introduces it."""
    words, lexicon = reading.words, reading.lexicon
    while start < end and (not words[start].is_capital or lexicon.has("determiners", words[start]) or lexicon.has("openers", words[start])):
        start += 1
    while end > start and (not words[end - 1].is_capital or words[end - 1].folded in lexicon.calendar):
        end -= 1
    while end - start > 1 and words[start].is_sign and lexicon.has("introducers", words[start]):
        start += 1
    return start, end


def _is_refuted(reading: Reading, start: int, end: int) -> bool:
    words, lexicon = reading.words, reading.lexicon
    if end - start > _LONGEST or any(w.is_break for w in words[start:end]):
        return True
    if words[start].text.isupper() and not words[start].is_sign and end - start == 1:
        return True
    if start and any(lexicon.has(name, words[start - 1]) for name in ("via", "not_bodies", "titles")):
        return True
    if is_something_else(reading, start, end) or _is_office(reading, start):
        return True
    if end - start > 1:
        return not lexicon.trusts_long_guesses
    return is_common_word(reading, start) or _is_cut(reading, start) or _is_where(reading, start) or _is_town(reading, start)


def _is_where(reading: Reading, at: int) -> bool:
    """Whether a preposition right before a word says that it is a place: *in Kopli*; not *a stake in Qualcomm*."""
    words, lexicon = reading.words, reading.lexicon
    return at > 0 and not words[at].is_sign and lexicon.has("placing", words[at - 1]) and not (at > 1 and lexicon.has("holdings", words[at - 2]))


def _is_cut(reading: Reading, at: int) -> bool:
    """Whether another capital stands right beside a word, or an adjective after it, so that it is half a name."""
    after = reading.words[at + 1] if at + 1 < len(reading.words) else None
    if after is not None and after.tag == "ADJ" and after.is_word and not after.is_capital and reading.lexicon.heads:
        return True
    for index in (at - 1, at + 1):
        if 0 <= index < len(reading.words):
            word = reading.words[index]
            if word.is_capital and not word.is_sign and not word.text.endswith("'") and not opens(reading.words, index):
                return True
    return False


def _is_office(reading: Reading, at: int) -> bool:
    """Whether the capitals that run up to a word open with an office: *Minister for Law and | Home Affairs*."""
    words = reading.words
    back = at
    while back and (words[back - 1].is_capital or any(reading.any_has(name, words[back - 1]) for name in ("inner", "of", "determiners"))):
        back -= 1
    return any(reading.any_has("titles", w) for w in words[max(0, back - 1) : at])
