"""One passage, read once for all that looks for names in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractors import gazetteers
from extractors.document import Passage
from extractors.names.heads import Name
from extractors.names.lexicon import Lexicon, lexicon, title_lexicons
from extractors.names.words import CLOSING, Word, read
from extractors.spans import Mention

POPULOUS = 15_000  # inhabitants of a place whose name a guess alone does not make a body's
QUOTED_WORDS = 9  # words of a quoted name at most: longer quotations are sentences


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage, its words, and the word lists of its language.

    lexicons: its language's and those of names in capitals, which any text may hold.
    ends: end of a word → index after it. capitals: indexes of the words with a capital. found: of each sign, and of each
    list or table that is sought (Lexicon.sought), the indexes at which it stands or may begin.
    """

    passage: Passage
    words: Sequence[Word]
    lexicon: Lexicon
    lexicons: tuple[Lexicon, ...]
    ends: Mapping[int, int]
    capitals: Sequence[int]
    found: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, passage: Passage) -> Reading:
        """A passage that spaCy has read."""
        words, own = read(passage), lexicon(passage.language)
        ends = {word.end: index for index, word in enumerate(words, 1)}
        capitals = [index for index, word in enumerate(words) if word.is_capital]
        return cls(passage, words, own, tuple(dict.fromkeys((own, *title_lexicons()))), ends, capitals, _found(words, own))

    def at(self, *names: str) -> list[int]:
        """Indexes, in order, of the words at which one of these signs stands, or an entry of one of these lists may begin."""
        return sorted({index for name in names for index in self.found.get(name, ())})

    def mention(self, name: Name) -> Mention:
        """A name among the words as a mention in the view."""
        return Mention(self.words[name.start].start, self.end(name.end), name.rule, name.confidence)

    def end(self, after: int) -> int:
        """Code point where a name ends that the word before an index closes, the stop of its abbreviation included: *Example Corp.*"""
        last = self.words[after - 1]
        if after + 1 < len(self.words) and self.words[after].text == "." and self.words[after].start == last.end and self.lexicon.has("abbreviations", last):
            return self.words[after].end if not self.words[after + 1].is_capital and self.words[after + 1].text != "\n" else last.end
        return last.end

    def any_has(self, name: str, word: Word) -> bool:
        """Whether a word is in a list of the passage's language or of names in capitals."""
        return any(table.has(name, word) for table in self.lexicons)

    def closing(self, opening: int, longest: int = QUOTED_WORDS) -> int | None:
        """Index of the quotation mark that closes the one at a word, on the same line and not too far."""
        for index in range(opening + 2, min(opening + 2 + longest, len(self.words))):
            if self.words[index].text in CLOSING:
                return index
            if self.words[index].text == "\n":
                return None
        return None

    def over_determiners(self, at: int) -> int:
        """Index of the word before a word and its articles; -1 at the start."""
        before = at - 1
        while before >= 0 and self.lexicon.has("determiners", self.words[before]):
            before -= 1
        return before


def _found(words: Sequence[Word], lexicon: Lexicon) -> Mapping[str, Sequence[int]]:
    """One look at each word for all lists and signs."""
    found: dict[str, list[int]] = defaultdict(list)
    sought = lexicon.sought
    for index, word in enumerate(words):
        if not word.is_word:
            found[word.text].append(index)
        for name in sought.get(word.folded, ()):
            found[name].append(index)
    return dict(found)


def is_country(text: str) -> bool:
    """Whether a name is a country's."""
    return any(c.kind == "country" for c in gazetteers.candidates(text))


def is_land(text: str) -> bool:
    """Whether a name is a country's or a region's."""
    return any(c.kind in ("country", "region") and c.languages for c in gazetteers.candidates(text))


def is_realm(text: str) -> bool:
    """Whether a name is a country's or a continent's."""
    return any(c.kind == "country" or c.kind == "area" and c.country is None and c.languages for c in gazetteers.candidates(text))


def is_area(text: str) -> bool:
    """Whether a name is that of a country, a region, or a part of the world with its seas."""
    return any(c.kind in ("country", "region", "area", "natural") and c.languages for c in gazetteers.candidates(text))


def is_known_place(text: str) -> bool:
    """Whether a name is a country's, a region's or a fair town's."""
    return any(c.kind in ("country", "region") or c.population > POPULOUS for c in gazetteers.candidates(text))
