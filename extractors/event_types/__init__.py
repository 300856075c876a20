"""The taxonomy: what each event type is, TYPE.toml, and its words in each language with what they need to count, LANGUAGE/TYPE.toml.

An entry of `nouns` or `verbs`:

    words      what triggers, as lemmas or phrases
    need       how much evidence of a real occurrence the sentence must give (arguments._evidence)
    cues       words that raise the evidence when the sentence holds one
    objects    a verb counts only with one of these, words or phrases, among its objects; "<name>" is any named person or body
    unless     phrases around the word, or objects of the verb, that make it something else
    reflexive  only with a reflexive pronoun (se réunir)
    yields_to  types whose triggers in the same sentence explain this one away (killed in a *crash*)
    needs_place  only with a place in the sentence
    examples, counterexamples   sentences that tests run

A user's own types are one file each in a folder of theirs, entries under `fr.nouns`, `en.verbs` and so on;
one that bears the name of a built-in type adds its words to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import tomli  # compiled: every command's start waits for these files, and tomllib takes three times as long

from extractors import languages

WordClass = Literal["nouns", "verbs"]


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """A group of trigger words of one type and language that behave alike; object_phrases: those objects that are several words."""

    type: str
    word_class: WordClass
    words: tuple[str, ...]
    need: int
    cues: frozenset[str]
    objects: frozenset[str]
    object_phrases: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...]
    yields_to: frozenset[str]
    is_reflexive: bool
    needs_place: bool
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]

    @property
    def needs_object(self) -> bool:
        """Whether its verbs count only with some objects."""
        return bool(self.objects or self.object_phrases)


@dataclass(frozen=True, eq=False, slots=True)
class EventType:
    """One type: what it is, and the words that tell of it by language.

    is_gathering: people come together, so that *cette rencontre* may take it up.
    is_lasting: it takes time, so that what has begun is going on.
    own: entries of the user's own, by language.
    """

    name: str
    label: Mapping[str, str]
    definition: Mapping[str, str]
    is_gathering: bool
    is_lasting: bool
    own: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def entries(self, language: str) -> tuple[Entry, ...]:
        """Those of one language, the built-in ones, which are read when first asked for, and then the user's own."""
        return (*_built_in_entries(self.name, language), *self.own.get(language, ()))

    @property
    def by_language(self) -> Mapping[str, tuple[Entry, ...]]:
        """Those of every language that has some."""
        return {code: entries for code in languages.codes() if (entries := self.entries(code))}


def load_all(folder: Path | None = None) -> Mapping[str, EventType]:
    """Every event type by name, the built-in ones in alphabetical order, then those of a user's folder.

    Raises InvalidRequest, naming file, line and cure, for a folder or a file of it that is not right.
    """
    return _loaded(folder)


@lru_cache
def _built_in() -> Mapping[str, EventType]:
    names = sorted(f.name for f in files(__name__).iterdir() if f.name.endswith(".toml"))
    return {t.name: t for t in (_event_type(tomli.loads((files(__name__) / name).read_text(encoding="utf-8"))) for name in names)}


@lru_cache
def _built_in_entries(name: str, language: str) -> tuple[Entry, ...]:
    if name not in _built_in():
        return ()
    file = files(__name__) / language / f"{name}.toml"
    return tuple(_entries(name, tomli.loads(file.read_text(encoding="utf-8")))) if file.is_file() else ()


@lru_cache
def _loaded(folder: Path | None) -> Mapping[str, EventType]:
    types = dict(_built_in())
    if folder is not None:
        from extractors.event_types import own

        for table in own.tables(folder, frozenset(types)):
            kind = _event_type(table)
            types[kind.name] = kind if kind.name not in types else replace(types[kind.name], own=kind.own)
    return types


def _event_type(table: dict[str, Any]) -> EventType:
    own = {code: tuple(_entries(table["name"], table[code])) for code in languages.codes() if code in table}
    label = table.get("label", {})
    return EventType(table["name"], label, table.get("definition", label), table.get("gathering", False), table.get("lasting", False), own)


def _entries(name: str, words: Mapping[str, Any]) -> Iterator[Entry]:
    classes: tuple[WordClass, WordClass] = ("nouns", "verbs")
    for word_class in classes:
        for raw in words.get(word_class, []):
            yield Entry(
                type=name,
                word_class=word_class,
                words=tuple(raw["words"]),
                need=raw["need"],
                cues=frozenset(raw.get("cues", [])),
                objects=frozenset(phrase for phrase in raw.get("objects", []) if " " not in phrase),
                object_phrases=tuple(tuple(phrase.replace("'", "' ").split()) for phrase in raw.get("objects", []) if " " in phrase),
                unless=tuple(raw.get("unless", [])),
                yields_to=frozenset(raw.get("yields_to", [])),
                is_reflexive=raw.get("reflexive", False),
                needs_place=raw.get("needs_place", False),
                examples=tuple(raw.get("examples", [])),
                counterexamples=tuple(raw.get("counterexamples", [])),
            )
