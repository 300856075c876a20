"""Which date, places and bodies belong to an event: every candidate that its tellings can see, weighed by the signs that tie it there.

The weights in attachment.csv are log-odds, fitted on texts of our own by
`python tests/fit_attachment.py --write`. A thing named several times, or seen from several
tellings, counts by its strongest tie.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Generic, TypeVar

from extractors import ties
from extractors.arguments import Telling
from extractors.records import Organisation, Place
from extractors.scene import Moment, Scene
from extractors.spans import Span
from extractors.ties import Vantage

T = TypeVar("T")  # Python 3.11 has no PEP 695
Row = tuple[Span, T]
_BEFORE, _AFTER = 4, 2  # mentions of a paragraph looked at before and after the sentence of a telling
_ABOVE = 3  # mentions of a heading or of the paragraph before
_OPENING = 3  # paragraphs that open a text: title, dateline, first lines
_OFTEN = 3  # bodies named most often that an event may go back to
_STORY = 2  # paragraphs, title included, of a text that tells one story
_TELLINGS = 8  # of one event that are looked at: a long report has hundreds


@dataclass(frozen=True, eq=False)
class Case:
    """One event as its tellings tell it. starts: of the triggers of all events of the text, in order."""

    tellings: Sequence[Telling]
    starts: Sequence[int]
    scene: Scene

    @property
    def surest(self) -> Telling:
        """The telling that most speaks for a real occurrence, the first of equals."""
        return max(self.tellings, key=lambda t: (t.moment is not None, t.evidence, -t.trigger.start))

    @cached_property
    def views(self) -> list[Vantage]:
        """The text as each telling sees it."""
        own = sorted(t.trigger.start for t in self.tellings)
        return [Vantage(told, self.scene, self.starts, own, number == 0) for number, told in enumerate(self.tellings[:_TELLINGS])]


@dataclass(frozen=True, eq=False, slots=True)
class Tie(Generic[T]):
    """One mention of a thing as one telling sees it. key: the same for all mentions of the thing."""

    thing: T
    key: Hashable
    signs: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Kind(Generic[T]):
    """A kind of argument: where its mentions are listed, what makes two of them the same, and its own signs."""

    name: str
    rows: Callable[[Scene], Sequence[Row[T]]]
    key: Callable[[T], Hashable]
    signs: Callable[[T, Span, str, Vantage], Iterator[str]]
    known: Callable[[Scene], Sequence[Row[T]]] = lambda scene: ()

    def ties(self, case: Case) -> Iterator[Tie[T]]:
        """Every mention that a telling of an event sees, and those that the whole text is about."""
        rows, starts = self.rows(case.scene), case.scene.starts_of(self.name, self.rows)
        known = self.known(case.scene)
        has_own = any(bisect_left(starts, v.told.sentence[0]) < bisect_left(starts, v.told.sentence[1]) for v in case.views)
        for view in case.views:
            seen = dict(_seen(view, rows, starts))
            named = {self.key(thing) for thing in seen.values()}
            if view.is_first:
                seen |= {span: thing for span, thing in known if self.key(thing) not in named}
            for span, thing in seen.items():
                relation = ties.relation_of(span, view)
                signs = (*ties.common(span, relation, view, starts, has_own), *self.signs(thing, span, relation, view))
                yield Tie(thing, self.key(thing), tuple(dict.fromkeys(signs)))

    def chosen(self, case: Case) -> list[tuple[float, T]]:
        """The things that likelier belong to an event than not, each with its log-odds, in the order first seen."""
        best: dict[Hashable, tuple[float, T]] = {}
        for tie in self.ties(case):
            odds = log_odds(self.name, tie.signs)
            if tie.key not in best or odds > best[tie.key][0]:
                best[tie.key] = odds, tie.thing
        return [row for row in best.values() if row[0] >= 0]


DATES: Kind[Moment] = Kind("date", lambda scene: scene.dated_mentions, lambda moment: (moment.start, moment.end), ties.of_date)
PLACES: Kind[Place] = Kind("place", lambda scene: scene.place_mentions, lambda place: place.id, ties.of_place)
ORGANISATIONS: Kind[Organisation] = Kind(
    "organisation",
    lambda scene: scene.acting_mentions,
    lambda body: body.id,
    ties.of_organisation,
    lambda scene: [(body.mentions[0], body) for body in (*scene.main_organisations[:_OFTEN], scene.letterhead) if body is not None],
)


def moment(case: Case) -> Moment | None:
    """The date of an event, the likeliest one, or None where no date of the text is likely its own."""
    likeliest = max(DATES.chosen(case), key=lambda row: row[0], default=None)
    return likeliest[1] if likeliest is not None else _day_of_the_story(case)


def places(case: Case) -> list[Place]:
    """Where an event takes place."""
    return [place for _, place in PLACES.chosen(case)] or _place_of_the_story(case)


def organisations(case: Case) -> list[Organisation]:
    """The bodies that take part in an event."""
    return [body for _, body in ORGANISATIONS.chosen(case)]


def _day_of_the_story(case: Case) -> Moment | None:
    """In a text of a paragraph or two, which tells one story: the only day that its paragraph names, where it stands before what is past."""
    told, scene = case.surest, case.scene
    if len(scene.paragraphs) > _STORY or told.clause.tense != "past":
        return None
    days = [m for m in scene.moments_within(scene.paragraphs[told.paragraph]) if m.is_known]
    is_one_day = len({(m.start, m.end) for m in days}) == 1 and days[0].start == days[0].end
    return days[0] if is_one_day and days[0].span[0] < told.sentence[0] else None


def _place_of_the_story(case: Case) -> list[Place]:
    """In such a text the place that its paragraph names last before the telling."""
    told, scene = case.surest, case.scene
    rows, starts = scene.place_mentions, scene.starts_of(PLACES.name, PLACES.rows)
    last = bisect_left(starts, told.sentence[0]) - 1
    is_before = last >= 0 and starts[last] >= scene.paragraphs[told.paragraph][0]
    return [rows[last][1]] if is_before and len(scene.paragraphs) <= _STORY else []


@lru_cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """Log-odds of each sign by kind of argument; "always" is the intercept."""
    rows = csv.DictReader((files(__name__.rpartition(".")[0]) / "attachment.csv").read_text(encoding="utf-8").splitlines())
    table: dict[str, dict[str, float]] = {}
    for row in rows:
        table.setdefault(row["kind"], {})[row["sign"]] = float(row["weight"])
    return table


def log_odds(kind: str, signs: Iterable[str]) -> float:
    """Sum of the weights of the signs that hold; at 0 and above a mention counts as the event's."""
    known = weights()[kind]
    return known["always"] + sum([known[sign] for sign in signs if sign in known])


def _seen(view: Vantage, rows: Sequence[Row[T]], starts: Sequence[int]) -> Iterator[Row[T]]:
    """Mentions in the sentence and around it in its paragraph, above and below it, in the title and the lines that open the text.

    What stands apart from the paragraph, only the first telling of an event looks at.
    """
    told, paragraphs = view.told, view.scene.paragraphs

    def cut(span: Span) -> range:
        return range(bisect_left(starts, span[0]), bisect_left(starts, span[1]))

    here, around = cut(told.sentence), cut(paragraphs[told.paragraph])
    chosen = dict.fromkeys(range(max(around.start, here.start - _BEFORE), min(around.stop, here.stop + _AFTER)))
    if told.paragraph:
        chosen.update(dict.fromkeys(cut(paragraphs[told.paragraph - 1])[-_ABOVE:]))
    others = {view.heading, *range(_OPENING)} if view.is_first else set()
    if told.is_heading or view.scene.is_line(told.paragraph):
        others.add(told.paragraph + 1)
    for number in sorted(others - {told.paragraph}):
        if 0 <= number < len(paragraphs):
            chosen.update(dict.fromkeys(cut(paragraphs[number])[:_ABOVE]))
    return (rows[index] for index in chosen)
