"""Whether a telling is of an event that the text has told of before: signs for and against, weighed.

The weights in coreference.csv are log-odds, fitted on texts of our own by
`python tests/fit_coreference.py --write`. A telling is compared with the events of its
type that came before it, the latest first; each sign is a few words, the same in every language.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from extractors.arguments import Telling, are_near
from extractors.clauses import Tense
from extractors.records import Place
from extractors.scene import Moment, Scene
from extractors.syntax import VERBAL, Word

_STEM = 5  # letters by which *arrested* and *arrest* are one word
_DEEP = 2  # steps below a trigger to which words are its own
_CONTENT = ("NOUN", "PROPN", "ADJ", "NUM")
_FAR = 4  # paragraphs from which on it does not matter how many
_A_DAY = 3  # Moment.fineness of a day
_NEAR = 3  # paragraphs within which a word that nothing speaks against tells of the same
# Log-odds for what nothing speaks against. The fit sees tellings of real events alone; of the others most are near one of their
# type, and joined to it they do no harm, where left alone they would make an event that never was.
_COMPATIBLE = 2.0
_OTHER_TENSE: Mapping[Tense | None, Tense] = {"past": "future", "future": "past"}
_HERE = ("same sentence", "sentence after", "same paragraph")
_HAD = ("Tense=Imp", "Tense=Past")  # of an auxiliary: *avait été*, *had been*


@dataclass(eq=False, slots=True)
class Account:
    """A telling as others are compared with it: words, names and figures of its own, and all words of its sentence."""

    told: Telling
    sentence: int
    stem: str
    own: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]
    around: frozenset[str]
    modifiers: Sequence[str]
    places: Mapping[str, Place]
    bodies: frozenset[str]
    is_verb: bool
    is_plural: bool
    is_pluperfect: bool

    @classmethod
    def of(cls, told: Telling, scene: Scene) -> Account:
        """The account of a telling."""
        trigger = told.trigger
        words = scene.words_of(trigger.passage)
        word, sentence = words[trigger.token], words[trigger.sentence[0] : trigger.sentence[1]]
        below = list(_below(word, _DEEP))
        is_verb = trigger.entry.word_class == "verbs" and not told.is_heading
        return cls(
            told,
            scene.sentence_of(trigger.start),
            word.lemma[:_STEM],
            frozenset(w.lemma for w in below if w.pos in _CONTENT),
            frozenset(w.lower for w in sentence if w.pos == "PROPN"),
            frozenset(w.lower for w in below if w.like_num),
            frozenset(w.lemma for w in sentence if w.pos in _CONTENT),
            [w.lemma for w in word.children if w.pos in ("ADJ", "ADV", "DET", "NUM")],
            {place.id: place for place in told.places},
            frozenset(body.id for body in told.organisations),
            is_verb,
            "Number=Plur" in word.morph,
            any(w.pos == "AUX" and any(form in w.morph for form in _HAD) for w in word.children) and told.clause.tense == "past",
        )


class Thread:
    """One event as told so far. Its words are put together when something is first compared with it: most events are of a type alone."""

    def __init__(self, scene: Scene) -> None:
        self.tellings: list[Telling] = []
        self.moment: Moment | None = None  # the finest date of the tellings, the earliest told of equals
        self.own: set[str] = set()
        self.names: set[str] = set()
        self.figures: set[str] = set()
        self.around: set[str] = set()
        self.bodies: set[str] = set()
        self.stems: set[str] = set()
        self.lemmas: set[str] = set()
        self.places: dict[str, Place] = {}
        self.located: dict[str, Place] = {}  # those that a preposition puts there, by id
        self.is_counted = False
        self.last: Account | None = None
        self._scene = scene
        self._pending: list[Account | Telling] = []
        self._fineness = (False, 0)
        self._told_in: dict[Tense, set[str]] = {}  # lemmas of its verbs by their tense

    def add(self, told: Telling, account: Account | None = None) -> None:
        """Another telling, with its account where that is known."""
        self.tellings.append(told)
        self._pending.append(account or told)
        if told.moment is not None and told.moment.is_known:
            fineness = told.is_dated, told.moment.fineness
            if self.moment is None or fineness > self._fineness:
                self.moment, self._fineness = told.moment, fineness

    def read(self) -> Account:
        """The latest account, once what all of them say is put together."""
        for item in self._pending:
            account = item if isinstance(item, Account) else Account.of(item, self._scene)
            self._put_together(account)
            self.last = account
        self._pending.clear()
        assert self.last is not None, "nothing tells of it"
        return self.last

    def _put_together(self, account: Account) -> None:
        told = account.told
        self.own |= account.own
        self.names |= account.names
        self.figures |= account.figures
        self.around |= account.around
        self.bodies |= account.bodies
        self.stems.add(account.stem)
        self.lemmas.add(told.lemma)
        self.places.update(account.places)
        self.is_counted |= told.is_counted
        if told.is_located:
            self.located.update(account.places)
        if account.is_verb and told.clause.tense is not None:
            self._told_in.setdefault(told.clause.tense, set()).add(told.lemma)

    def is_apart_from(self, account: Account) -> bool:
        """Whether one verb tells of what was and another of what is to come: *was charged and will appear in court*."""
        other = _OTHER_TENSE.get(account.told.clause.tense) if account.is_verb else None
        return other is not None and not self._told_in.get(other, set()) <= {account.told.lemma}


def _below(word: Word, depth: int) -> Iterator[Word]:
    for child in word.children:
        yield child
        if depth > 1 and child.pos not in VERBAL:
            yield from _below(child, depth - 1)


@lru_cache
def weights() -> Mapping[str, float]:
    """Log-odds of each sign; "always" is the intercept."""
    rows = csv.DictReader((files(__name__.rpartition(".")[0]) / "coreference.csv").read_text(encoding="utf-8").splitlines())
    return {row["sign"]: float(row["weight"]) for row in rows}


def log_odds(account: Account, thread: Thread, back: int) -> float:
    """How much speaks for an account being of an event; above 0 it is likelier than not. back: events of its type that were told of since."""
    known = weights()
    odds = known["always"] + sum([known[sign] for sign in signs(account, thread, back) if sign in known])
    return odds + (_COMPATIBLE if _is_compatible(account, thread) else 0)


def signs(account: Account, thread: Thread, back: int) -> list[str]:
    """What holds of an account and an event that the text has told of before."""
    told, last = account.told, thread.read()
    where = _where(account, last)
    word = "same word" if told.lemma in thread.lemmas else "same stem" if account.stem in thread.stems else "other word"
    found = [
        where,
        word,
        f"{word}, {where}",
        f"{told.trigger.type}, {word}",
        f"{told.trigger.type}, {'here' if where in _HERE else 'apart'}",
        f"back {min(back, 3)}",
        f"back {min(back, 3)}, {word}",
        f"{'in' if told.section == last.told.section else 'out of'} section",
    ]
    found += _of_manner(account, thread, last, word, where)
    found += _of_content(account, thread, word, where)
    found += [f"with {lemma}" for lemma in account.modifiers]
    return found


def _of_manner(account: Account, thread: Thread, last: Account, word: str, where: str) -> Iterator[str]:
    """How it is told: article, verb or noun, number, tense, below its heading."""
    told, first, manner = account.told, thread.tellings[0], _manner(account)
    classes = f"{'verb' if account.is_verb else 'noun'} after {'verb' if last.is_verb else 'heading' if last.told.is_heading else 'noun'}"
    yield from (manner, f"{word}, {manner}", f"{manner}, {where}", classes, f"{word}, {classes}")
    yield f"number {'plural' if account.is_plural else 'singular'} after {'plural' if last.is_plural else 'singular'}, {classes}"
    yield f"tense {told.clause.tense} after {last.told.clause.tense}"
    if account.is_pluperfect != last.is_pluperfect:
        yield f"pluperfect {'now' if account.is_pluperfect else 'before'}"
    if told.is_counted != thread.is_counted:
        yield f"counted {'now' if told.is_counted else 'before'}"
    if first.is_heading:
        yield f"after its heading, {'title' if first.paragraph == 0 else 'below'}"
        yield from (f"after its heading, {where}", f"after its heading, {word}")
    if told.clause.is_cancelled or told.clause.is_postponed:
        yield "undone"


def _of_content(account: Account, thread: Thread, word: str, where: str) -> Iterator[str]:
    """What it says: days, places, bodies, names, figures and words that both have, or that only one has."""
    when = _when(account.told, thread)
    yield from (when, f"{when}, {word}", f"{when}, {where}")
    yield _shared("place", account.places.keys(), thread.places.keys(), _are_near(account, thread))
    yield _shared("body", account.bodies, thread.bodies)
    yield _shared("own word", account.own, thread.own)
    yield _shared("name", account.names, thread.names)
    yield _shared("figure", account.figures, thread.figures)
    yield f"own words {_held(account.own, thread.around)}"
    yield f"others' own words {_held(thread.own, account.around)}"


def _is_compatible(account: Account, thread: Thread) -> bool:
    """Whether they are near or alike, and nothing speaks against their being one: days, places, tenses, how many there are."""
    told, last = account.told, thread.tellings[-1]
    if not _agree(account, thread):
        return False
    if last.sentence == told.sentence:
        return True
    shares_day = told.moment is not None and thread.moment is not None and told.moment.fineness == thread.moment.fineness == _A_DAY
    shares_word = told.lemma in thread.lemmas
    if told.section != last.section and not (shares_day and shares_word) and last.section > 0:
        return False
    if told.is_indefinite and not last.is_heading and not shares_day:
        return False
    return shares_day or shares_word or told.paragraph - last.paragraph <= _NEAR


def _agree(account: Account, thread: Thread) -> bool:
    told = account.told
    if told.moment is not None and not told.moment.agrees_with(thread.moment):
        return False
    if thread.is_apart_from(account):
        return False
    if told.is_counted != thread.is_counted and not thread.tellings[0].is_heading:
        return False
    if not told.is_located or not thread.located or not account.places or thread.located.keys() & account.places.keys():
        return True
    return any(are_near(a, b) for a in thread.located.values() for b in account.places.values())


def _where(account: Account, last: Account) -> str:
    told = account.told
    if told.paragraph == last.told.paragraph:
        steps = account.sentence - last.sentence
        return "same sentence" if steps == 0 else "sentence after" if steps == 1 else "same paragraph"
    return f"{min(told.paragraph - last.told.paragraph, _FAR)} paragraphs on"


def _manner(account: Account) -> str:
    told = account.told
    if told.is_heading:
        return "heading"
    if account.is_verb:
        return "passing" if told.clause.is_passing else "infinitive" if told.clause.is_infinitive else "finite"
    return (
        "demonstrative"
        if told.is_demonstrative
        else "definite"
        if told.is_definite
        else "indefinite"
        if told.is_indefinite
        else "bare"
        if told.is_bare
        else "other"
    )


def _when(told: Telling, thread: Thread) -> str:
    """What the dates say to each other, and whether the new one is surely its own."""
    moment, known = told.moment, thread.moment
    if moment is None or known is None:
        return "no date" if moment is known else "date before" if moment is None else "date now, tied" if told.is_dated else "date now"
    tied = ", tied" if told.is_dated else ""
    if not moment.agrees_with(known):
        return f"other date{tied}"
    is_day = moment.fineness == known.fineness == _A_DAY
    return f"same day{tied}" if is_day else f"date agrees{tied}"


def _are_near(account: Account, thread: Thread) -> bool:
    return any(are_near(a, b) for a in account.places.values() for b in thread.places.values())


def _shared(kind: str, mine: AbstractSet[str], theirs: AbstractSet[str], are_near: bool = False) -> str:
    if not mine or not theirs:
        return f"no {kind} {'on either side' if not mine and not theirs else 'now' if not mine else 'before'}"
    if not mine.isdisjoint(theirs):
        return f"shared {kind}"
    return f"{kind} near" if are_near else f"other {kind}"


def _held(words: AbstractSet[str], around: AbstractSet[str]) -> str:
    """Which part of some words stands in a sentence."""
    if not words:
        return "none"
    share = len(words & around) / len(words)
    return "all there" if share == 1 else "half there" if share >= 0.5 else "few there" if share > 0 else "not there"
