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
from itertools import chain
from typing import Any, Generic, TypeVar

from extractors import ties
from extractors.arguments import Telling
from extractors.records import Organisation, Place
from extractors.scene import Moment, Scene
from extractors.spans import Span
from extractors.ties import Named, NamedBody, NamedDay, NamedPlace, Signs, Vantage

T = TypeVar("T")  # Python 3.11 has no PEP 695
N = TypeVar("N", bound=Named[Any])
Row = tuple[Span, T]
_BEFORE, _AFTER = 4, 2  # mentions of a paragraph looked at before and after the sentence of a telling
_ABOVE = 3  # mentions of a heading or of the paragraph before
_OPENING = 3  # paragraphs that open a text: title, dateline, first lines
_OFTEN = 3  # bodies named most often that an event may go back to
_STORY = 2  # paragraphs, title included, of a text that tells one story
_ALWAYS: Signs = ("always",)
_HAIR = 1e-9  # sums of weights of two decimals: 0 is 0 in whatever order they are added
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
        return [Vantage(told, self.scene, self.starts, own, is_first=number == 0) for number, told in enumerate(self.tellings[:_TELLINGS])]


@dataclass(eq=False, slots=True)
class Tie(Generic[N]):
    """One mention of a thing as one telling sees it: bundles of signs."""

    named: N
    bundles: Sequence[Signs]

    @property
    def signs(self) -> Signs:
        """Every sign, once."""
        return tuple(dict.fromkeys(chain.from_iterable(self.bundles)))


class Listing(Generic[T, N]):
    """The mentions of a kind in a text: in reading order, and those that the whole text is about. Kept with the scene for all its events."""

    def __init__(self, kind: Kind[T, N], scene: Scene) -> None:
        self.rows, self._kind, self._scene = kind.rows(scene), kind, scene
        self.starts = [span[0] for span, _ in self.rows]
        self._known: dict[Span, N] = {}
        self.prominent = [self.named(row) for row in kind.known(scene)]

    def named(self, row: Row[T]) -> N:
        """What is known of a mention whatever the telling, looked up once."""
        span, thing = row
        if span not in self._known:
            self._known[span] = self._kind.make(thing, self._kind.key(thing), span, self._scene)
        return self._known[span]

    def cut(self, span: Span) -> range:
        """Numbers of the mentions that begin inside a span."""
        return range(bisect_left(self.starts, span[0]), bisect_left(self.starts, span[1]))


@dataclass(frozen=True, eq=False, slots=True)
class Kind(Generic[T, N]):
    """A kind of argument: where its mentions are listed, what makes two of them the same, and its own signs."""

    name: str
    rows: Callable[[Scene], Sequence[Row[T]]]
    key: Callable[[T], Hashable]
    make: Callable[[T, Hashable, Span, Scene], N]
    signs: Callable[[N, str, Vantage], Sequence[Signs]]
    known: Callable[[Scene], Sequence[Row[T]]] = lambda scene: ()

    def ties(self, case: Case) -> Iterator[Tie[N]]:
        """Every mention that a telling of an event sees, and those that the whole text is about."""
        listing: Listing[T, N] = case.scene.listed(self.name, lambda scene: Listing(self, scene))
        if not listing.rows and not listing.prominent:
            return
        has_own = any(len(listing.cut(v.told.sentence)) for v in case.views)
        for view in case.views:
            seen = [listing.named(listing.rows[index]) for index in _seen(view, listing)]
            if view.is_first and listing.prominent:
                keys = {named.key for named in seen}
                seen += [named for named in listing.prominent if named.key not in keys]
            for named in seen:
                relation = ties.relation_of(named, view)
                yield Tie(named, [*ties.common(named, relation, view, listing.starts, has_own=has_own), *self.signs(named, relation, view)])

    def chosen(self, case: Case) -> list[tuple[float, T]]:
        """The things that likelier belong to an event than not, each with its log-odds, in the order first seen."""
        best: dict[Hashable, tuple[float, T]] = {}
        worth = _worth(self.name)
        always = worth[_ALWAYS]
        for tie in self.ties(case):
            odds, named = sum([worth[bundle] for bundle in tie.bundles], always), tie.named
            if named.key not in best or odds > best[named.key][0]:
                best[named.key] = odds, named.thing
        return [row for row in best.values() if row[0] > -_HAIR]


DATES: Kind[Moment, NamedDay] = Kind("date", lambda scene: scene.dated_mentions, lambda moment: (moment.start, moment.end), NamedDay, ties.of_date)
PLACES: Kind[Place, NamedPlace] = Kind("place", lambda scene: scene.place_mentions, lambda place: place.id, NamedPlace, ties.of_place)
ORGANISATIONS: Kind[Organisation, NamedBody] = Kind(
    "organisation",
    lambda scene: scene.acting_mentions,
    lambda body: body.id,
    NamedBody,
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
    rows, starts = scene.place_mentions, scene.place_starts
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


class _Worth(dict[Signs, float]):
    """The sum of the weights of a bundle of signs, added up once."""

    def __init__(self, known: Mapping[str, float]) -> None:
        super().__init__()
        self._weights = known

    def __missing__(self, bundle: Signs) -> float:
        self[bundle] = worth = sum([self._weights[sign] for sign in bundle if sign in self._weights])
        return worth


@lru_cache
def _worth(kind: str) -> _Worth:
    return _Worth(weights()[kind])


def _seen(view: Vantage, listing: Listing[T, N]) -> Iterable[int]:
    """Numbers of the mentions in the sentence and around it in its paragraph, above and below it, in the title and the lines that open the text.

    What stands apart from the paragraph, only the first telling of an event looks at.
    """
    told, paragraphs, cut = view.told, view.scene.paragraphs, listing.cut
    here, around = cut(told.sentence), cut(paragraphs[told.paragraph])
    parts = [range(max(around.start, here.start - _BEFORE), min(around.stop, here.stop + _AFTER))]
    if told.paragraph:
        parts.append(cut(paragraphs[told.paragraph - 1])[-_ABOVE:])
    parts += [cut(paragraphs[number])[:_ABOVE] for number in _apart(view)]
    return dict.fromkeys(chain.from_iterable(parts))


def _apart(view: Vantage) -> list[int]:
    """Numbers of the paragraphs apart from its own and the one before that a telling looks at, in order."""
    own = view.told.paragraph
    others = {view.heading, *range(_OPENING)} if view.is_first else set()
    if view.told.is_heading or view.scene.is_line(own):
        others.add(own + 1)
    return sorted(number for number in others if number != own and 0 <= number < len(view.scene.paragraphs))
