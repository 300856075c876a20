"""The taxonomy: one TOML file an event type, its words in each language and what they need to count.

An entry of `nouns` or `verbs`:

    words      what triggers, as lemmas or phrases
    need       how much evidence of a real occurrence the sentence must give (events.EVIDENCE)
    cues       words that raise the evidence when the sentence holds one
    objects    a verb counts only with one of these among its objects
    unless     phrases around the word, or objects of the verb, that make it something else
    reflexive  only with a reflexive pronoun (se réunir)
    yields_to  types whose triggers in the same sentence explain this one away (killed in a *crash*)
    needs_place  only with a place in the sentence
    examples, counterexamples   sentences that tests run
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

WordClass = Literal["nouns", "verbs"]


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """A group of trigger words of one type and language that behave alike."""

    type: str
    word_class: WordClass
    words: tuple[str, ...]
    need: int
    cues: frozenset[str]
    objects: frozenset[str]
    unless: tuple[str, ...]
    yields_to: frozenset[str]
    is_reflexive: bool
    needs_place: bool
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class EventType:
    """One type: what it is, and the words that tell of it by language.

    is_gathering: people come together, so that *cette rencontre* may take it up.
    """

    name: str
    label: Mapping[str, str]
    definition: Mapping[str, str]
    is_gathering: bool
    entries: Mapping[str, tuple[Entry, ...]]


@lru_cache
def load_all() -> Mapping[str, EventType]:
    """Every event type by name, in alphabetical order."""
    names = sorted(f.name for f in files(__name__).iterdir() if f.name.endswith(".toml"))
    types = (_event_type(tomllib.loads((files(__name__) / name).read_text(encoding="utf-8"))) for name in names)
    return {t.name: t for t in types}


def _event_type(table: dict[str, Any]) -> EventType:
    languages = {code: tuple(_entries(table["name"], table[code])) for code in table["label"] if code in table}
    return EventType(table["name"], table["label"], table["definition"], table.get("gathering", False), languages)


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
                objects=frozenset(raw.get("objects", [])),
                unless=tuple(raw.get("unless", [])),
                yields_to=frozenset(raw.get("yields_to", [])),
                is_reflexive=raw.get("reflexive", False),
                needs_place=raw.get("needs_place", False),
                examples=tuple(raw.get("examples", [])),
                counterexamples=tuple(raw.get("counterexamples", [])),
            )
