"""The word lists of `[organisations]` in languages/*.toml, compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from extractors import languages
from extractors.gazetteers.bodies import fold, undotted
from extractors.languages import Language
from extractors.names.words import Phrase, Phrases, Word, phrase_of, phrases

KINDS = ("any", "place", "proper", "apposition", "capital", "organ")  # lists of body nouns, by what makes a name of them
_PHRASES = ("alone", "lands", "lower", "lower_of", "national", "people", "roles", "titles", "venues")
_SOUGHT = ("introducers", "legal_forms", *_PHRASES)  # what a passage is looked through for


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """The word lists of one language, folded.

    lists: single entries, empty where the language has no such list. tables:
    the lists whose entries may be several words. heads: every body noun; kinds:
    the lists that hold it. participles: with their accents, which tell
    *organisé* from *organise*, as participle_endings and agent_endings are. calendar: months and weekdays.
    head_openings: first words of body nouns, their plurals among them. sought: of a
    word the lists that hold it, and the tables of which a phrase begins with it.
    """

    lists: Mapping[str, frozenset[str]]
    tables: Mapping[str, Phrases]
    heads: Phrases
    kinds: Mapping[Phrase, frozenset[str]]
    participles: frozenset[str]
    participle_endings: tuple[str, ...]
    agent_endings: tuple[str, ...]
    calendar: frozenset[str]
    trusts_long_guesses: bool
    head_openings: frozenset[str]
    sought: Mapping[str, tuple[str, ...]]

    def has(self, name: str, word: Word) -> bool:
        """Whether a word is in a list."""
        return word.folded in self.lists.get(name, ())

    def lists_of(self, name: str) -> frozenset[str]:
        """The entries of a list, none where the language has no such list."""
        return self.lists.get(name, frozenset())

    def phrase(self, name: str, words: Sequence[Word], at: int) -> Phrase | None:
        """The longest phrase of a table that starts at a word."""
        return phrase_at(self.tables[name], words, at)

    def head(self, words: Sequence[Word], at: int) -> Phrase | None:
        """The longest body noun that starts at a word."""
        return phrase_at(self.heads, words, at)

    def is_no_acronym(self, word: Word) -> bool:
        """Whether capitals are a common short form: PDF, VIH, U.S."""
        return undotted(word.folded) in self.lists_of("not_acronyms") and sum(map(str.isupper, word.text)) > 1


@lru_cache
def lexicon(language: Language) -> Lexicon:
    """The tables of a language."""
    section = language.section("organisations")
    lists = {name: frozenset(map(fold, entries)) for name, entries in section.items() if isinstance(entries, list)}
    kinds: dict[Phrase, set[str]] = {}
    for kind in KINDS:
        for entry in section.get(kind, []):
            kinds.setdefault(phrase_of(entry), set()).add(kind)
    calendar = [*language.section("dates").get("months", []), *language.section("dates").get("weekdays", [])]
    tables = {name: phrases(section.get(name, [])) for name in _PHRASES}
    heads = phrases(entry for kind in KINDS for entry in section.get(kind, []))
    return Lexicon(
        lists,
        tables,
        heads,
        {head: frozenset(found) for head, found in kinds.items()},
        frozenset(map(str.casefold, section.get("participles", []))),
        tuple(section.get("participle_endings", ())),
        tuple(section.get("agent_endings", ())),
        frozenset(fold(row[0]) for row in calendar),
        section.get("model_names") == "all",
        frozenset(heads) | {f"{head[0]}s" for head in kinds if len(head) == 1},
        _sought(lists, tables),
    )


def _sought(lists: Mapping[str, frozenset[str]], tables: Mapping[str, Phrases]) -> dict[str, tuple[str, ...]]:
    """All word lists that are looked for as one: of each word the lists and tables in which it would be found.

    Of words, the dictionary of first words is the trie: most words are in none of its lists, which one look-up tells.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in _SOUGHT:
        for word in tables[name] if name in tables else lists.get(name, ()):
            found[word] = (*found.get(word, ()), name)
    return found


@lru_cache
def title_lexicons() -> tuple[Lexicon, ...]:
    """The tables of the languages whose names are written in capitals, their noun last or before "of"."""
    return tuple(found for code in languages.codes() if (found := lexicon(languages.load(code))).lists.get("last"))


@lru_cache
def small_words() -> frozenset[str]:
    """The words of all languages that acronyms skip: of, et, the."""
    return frozenset().union(*(lexicon(languages.load(code)).lists_of("skipped") for code in languages.codes()))


@lru_cache
def town_councils() -> frozenset[str]:
    """Nouns of all languages that name a town's council alike: ville, municipalité, city."""
    return frozenset().union(*(lexicon(languages.load(code)).lists_of("councils") for code in languages.codes()))


def phrase_at(table: Phrases, words: Sequence[Word], at: int) -> Phrase | None:
    """The longest phrase of a table that starts at a word."""
    for phrase in table.get(words[at].folded, ()):
        if len(phrase) == 1 or tuple(w.folded for w in words[at : at + len(phrase)]) == phrase:
            return phrase
    return None
