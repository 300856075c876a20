"""A language's words about places, compiled from the [places] section of its file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractors.languages import Language

_ASIDE = r"(?: \([^()\n]{1,30}\))?"  # BOGOTA (Colombia)
_DAY = r",(?: [^\W\d_]+[.,]?){0,3} \d{1,2}(?:er|st|nd|rd|th)?\b"  # Lomé, le 3 mai; MALABO, Monday, Oct. 31


@dataclass(frozen=True, slots=True)
class Cues:
    """What a language's words say about names: patterns for the text before a name, after it, between two, and word sets.

    needs_context: the language's model calls so much a place that its word alone does not do.
    """

    language: Language
    needs_context: bool
    spoken_in: frozenset[str]
    # the text before a name, up to it
    preposition: re.Pattern[str]
    noun_before: re.Pattern[str]
    maybe: re.Pattern[str]
    local: re.Pattern[str]
    surely: re.Pattern[str]
    moving: re.Pattern[str]
    governed: re.Pattern[str]
    kinds: Mapping[str, re.Pattern[str]]
    sides: Mapping[str, re.Pattern[str]]
    # the text after a name, from its end
    acting: re.Pattern[str]
    not_before: re.Pattern[str]
    not_after: re.Pattern[str]
    possessive: re.Pattern[str]
    region_after: re.Pattern[str]
    part_after: re.Pattern[str]
    close_joint: re.Pattern[str]
    goes_on: re.Pattern[str]
    dateline: re.Pattern[str]
    heading: re.Pattern[str]
    # the text of a line before the name that opens it
    opening: re.Pattern[str]
    # the text between two names
    joint: re.Pattern[str]
    inward: re.Pattern[str]
    listing: re.Pattern[str]
    enumerating: re.Pattern[str]
    # nouns that make a name
    heads: re.Pattern[str]
    natural: re.Pattern[str]
    tails: re.Pattern[str]
    natural_tails: re.Pattern[str]
    region_tails: re.Pattern[str]
    whole_names: re.Pattern[str]
    not_places: re.Pattern[str]
    lower_heads: frozenset[str]
    generic: frozenset[str]
    determiners: frozenset[str]
    surnames: frozenset[str]
    of_town: re.Pattern[str]
    event_nouns: frozenset[str]
    # words inside and around names
    particles: frozenset[str]
    inner: frozenset[str]
    of: frozenset[str]
    separating: frozenset[str]
    openers: frozenset[str]
    completing: frozenset[str]
    stop: frozenset[str]


@lru_cache
def cues(language: Language) -> Cues:
    """The cues of a language, compiled once a process."""
    table = language.section("places")
    heads, names = table["facilities"], table["names"]
    return Cues(
        language=language,
        needs_context=table["needs_context"],
        spoken_in=frozenset(table["spoken_in"]),
        **_before(table),
        acting=_acting(table["acting"]),
        not_before=re.compile(rf" (?:{_any(names['not_before'])})\b"),
        not_after=re.compile(rf"(?:{_any(names['not_after'])}) ?$"),
        possessive=re.compile(_any(names["possessives"])),
        region_after=re.compile(rf" (?:{_any(table['kinds']['region'])})s?\b"),
        part_after=re.compile(rf" (?:{_any(noun for nouns in table['kinds'].values() for noun in nouns)})s?\b"),
        close_joint=re.compile(_any(table["containment"]["close"])),
        goes_on=re.compile(rf"[.;)\n]|(?:{_any(table['containment']['listing'])})(?=[A-ZÀ-Ý])"),
        dateline=re.compile(rf"{_ASIDE}(?:{_DAY}|(?:, (?:{_weekdays(language)}))? [–—|] | --? )"),
        heading=re.compile(rf"{_ASIDE}\.(?= [A-ZÀ-Ý«“\"])"),
        opening=_opening(language),
        joint=re.compile(_any([*table["containment"]["close"], *table["containment"]["joints"]])),
        inward=re.compile(_any(table["containment"]["inward"])),
        listing=re.compile(_any(table["containment"]["listing"])),
        enumerating=re.compile(rf"(?:{_any(table['containment']['listing'])})(?:{_any(table['containment']['listed_before'])})?"),
        heads=re.compile(rf"(?:{_any([*heads['heads'], *heads['natural']])})\b", re.IGNORECASE if heads["in_any_case"] else 0),
        natural=re.compile(rf"(?:{_any(heads['natural'])})$", re.IGNORECASE),
        tails=re.compile(rf"(?:{_any([*heads['tails'], *heads['natural_tails'], *names['region_tails']])})\b"),
        natural_tails=re.compile(_any(heads["natural_tails"])),
        region_tails=re.compile(_any(names["region_tails"])),
        whole_names=re.compile(rf"\b(?:{_any(heads['names'])})\b(?: (?:{_any(names['of'])}) ?[A-ZÀ-Ý][\w-]+)?"),
        not_places=re.compile(rf"(?:{_any(names['not_places'])})\b"),
        lower_heads=frozenset(h.split()[0] for h in [*heads["natural"], *heads["heads"]] if h[0].islower()),
        generic=frozenset([*heads["generic"], *heads["determiners"]]),
        determiners=frozenset(heads["determiners"]),
        of_town=re.compile(_any(heads["of_town"]), re.IGNORECASE),
        surnames=frozenset(heads["surnames"]),
        event_nouns=frozenset(names["event_nouns"]),
        particles=frozenset(names["particles"]),
        inner=frozenset(names["inner"]),
        of=frozenset(names["of"]),
        separating=frozenset(names["separating"]),
        openers=frozenset(a.capitalize() for a in names["articles"]),
        completing=frozenset(names["completing"]),
        stop=frozenset(names["stop"]),
    )


def _weekdays(language: Language) -> str:
    return _any((row[0] for row in language.section("dates")["weekdays"]), any_case=True)


def _opening(language: Language) -> re.Pattern[str]:
    """What stands on a line before the place that opens it: a bullet, a number, a day ("• 4 mai, ", "3. ", "Friday – ")."""
    dates = language.section("dates")
    days = _any((row[0] for row in [*dates["months"], *dates["weekdays"]]), any_case=True)
    return re.compile(rf"(?:[ \t•·▪◦■□●○→►*#>–—-]|\d{{1,2}}[.)])*(?:[^\n.;:]{{0,24}}\b(?:{days})(?: \d{{1,4}})?(?:[,:]| [–—-]) )?")


def _before(table: Mapping[str, Any]) -> dict[str, Any]:
    """Patterns for the text that ends where a name begins."""
    article = rf"(?:{_any(table['names']['articles'])})?"
    of = rf"(?: (?:{_any(table['names']['of'])}) ?| )"
    loosely_of = rf"(?:{of}|, )"
    # "the capital, Bamako"; but "Jilin City, China"
    kinds = {kind: rf"\b(?:{_any(nouns, any_case=True)})s?{of}|\b(?:{_any(nouns)})s?, " for kind, nouns in table["kinds"].items()}
    sides = {kind: rf"(?:^|[\s(«\"“])(?:{_any(table['before_' + kind], any_case=True)}) ?$" for kind in ("city", "region")}
    return {
        "preposition": re.compile(rf"(?:^|[\s(«\"“])(?:{_any(table['before_place'], any_case=True)}) ?{article} ?[«\"“]?$"),
        "noun_before": re.compile(rf"(?:{'|'.join(kinds.values())})[«\"“]?$"),
        "maybe": re.compile(rf"(?:^|[\s(«\"“])(?:{_any(table['before_maybe'], any_case=True)}) ?{article} ?$"),
        "surely": re.compile(rf"\s(?:{_any(table['before_unknown'])}) ?$"),
        "moving": re.compile(rf"\s(?:{_any(table['before_town'])}) ?$"),
        "local": re.compile(rf"\b(?:{_any(table['local'], any_case=True)})s?{loosely_of}$"),
        "governed": re.compile(rf"(?:^|[\s(«\"“])(?:{_any([*table['before_place'], *table['acting']['governors']], any_case=True)}) ?{article} ?$"),
        "kinds": {kind: re.compile(rf"(?:{kinds[kind]})[«\"“]?$") for kind in kinds},
        "sides": {kind: re.compile(pattern) for kind, pattern in sides.items()},
    }


def _acting(table: Mapping[str, Any]) -> re.Pattern[str]:
    """What follows a name that acts: a verb at once, or after further names that act with it."""
    name = rf"(?:{_any(table['articles'])})?[A-ZÀ-Ý][\w'-]*(?: [A-ZÀ-Ý][\w'-]*)?"
    # a headline's verbs are capitalised: "Singapore and Uzbekistan Sign MOU"
    verb = rf"(?:{_any(table['auxiliaries'])}) (?:\w+ )?(?:{_any(table['participles'])})|{_any(table['forms'], any_case=True)}"
    return re.compile(rf"(?:(?:{_any(table['between'])}){name}){{0,3}}(?:, [^,.;:\n]{{1,60}},)? (?:{verb})\b")


def _any(words: Iterable[str], any_case: bool = False) -> str:
    """A pattern of literal words, longest first; one that matches nothing where there are none.

    any_case: also with the first letter capitalised.
    """
    forms = {form for w in words for form in ((w, w[:1].upper() + w[1:]) if any_case else (w,))}
    return _trie(forms) if forms else r"(?!)"


def _trie(words: Collection[str]) -> str:
    """What some words begin with in common stands once, so that a text is refused at its first letter, not once a word.

    "au", "aux", "en" → "(?:au(?:x)?|en)"
    """
    following: dict[str, set[str]] = {}
    for word in words:
        following.setdefault(word[:1], set()).add(word[1:])
    is_end = following.pop("", None) is not None
    branches = [re.escape(letter) + _trie(rest) for letter, rest in sorted(following.items())]
    return branches[0] if len(branches) == 1 and not is_end else f"(?:{'|'.join(branches)}){'?' * is_end}" if branches else ""
