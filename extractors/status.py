"""Whether an event took place, is taking place or is to come, or is off: what its days and its words say, weighed.

A rule comes first: its days against the day of publication, else its words. What the rule says is then one sign among others (how
it is told, the words around, what the events beside it are), each with a weight for each status. The weights in status.csv are
log-odds, fitted on texts of our own by `python tests/fit_status.py --write`.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import get_args

from extractors.arguments import Telling
from extractors.attachment import Case
from extractors.event_types import EventType
from extractors.records import Status
from extractors.scene import Moment, Scene
from extractors.syntax import VERBAL, Word

STATUSES: tuple[Status, ...] = get_args(Status)
_YEAR = re.compile(r"\d{4}")
_A_DAY = 3  # Moment.fineness of a day
_BEGUN_DAYS = 3  # what is said to have begun, or to last, so long before the day of publication lasts still
_AROUND = 6  # words on either side of a trigger, in its sentence, that are signs
_LATE, _OLD = 15, 120  # days between an event and the day of publication
_SHARES = ((0.0, "no"), (0.25, "few"), (0.5, "some"), (1.0, "most"))  # of a text's events: at most so many, and how to say it
_OF_CLAUSE = (
    "possible",
    "negated",
    "conditional",
    "supported",
    "passing",
    "infinitive",
    "announced",
    "called",
    "ongoing",
    "beginning",
    "cancelled",
    "postponed",
)
_OF_VERB = re.compile(r"(?:Tense|Mood|VerbForm|Aspect)=\w+")


def of(cases: Sequence[Case], moments: Sequence[Moment | None], types: Mapping[str, EventType]) -> list[Status]:
    """The status of each event of a text, in reading order, whose days are `moments`."""
    return [
        _likeliest(found, _ruled_out(moment, case.scene.published, found[0]))
        for found, case, moment in zip(signs(cases, moments, types), cases, moments, strict=True)
    ]


def signs(cases: Sequence[Case], moments: Sequence[Moment | None], types: Mapping[str, EventType]) -> list[list[str]]:
    """What holds of each event of a text: signs of its status."""
    kinds = [types[case.tellings[0].trigger.type] for case in cases]
    rules = [by_rule(case.tellings, moment, case.scene, kind) for case, moment, kind in zip(cases, moments, kinds, strict=True)]
    beside = [(f"after {before}", f"before {after}") for before, after in zip(["nothing", *rules[:-1]], [*rules[1:], "nothing"], strict=True)] if rules else []
    shares = list(_shares(rules))
    return [
        list(dict.fromkeys([*_of_event(case, moment, kind, rule), *around, *shares]))
        for case, moment, kind, rule, around in zip(cases, moments, kinds, rules, beside, strict=True)
    ]


@lru_cache
def weights() -> Mapping[str, Sequence[float]]:
    """Log-odds of each sign, one a status in the order of STATUSES; "always" is the intercept."""
    rows = csv.DictReader((files(__name__.rpartition(".")[0]) / "status.csv").read_text(encoding="utf-8").splitlines())
    return {row["sign"]: [float(row[status]) for status in STATUSES] for row in rows}


def _likeliest(found: Sequence[str], ruled_out: Collection[Status]) -> Status:
    known = weights()
    odds = [sum(column) for column in zip(known["always"], *[known[sign] for sign in found if sign in known], strict=True)]
    return max((odd, status) for odd, status in zip(odds, STATUSES, strict=True) if status not in ruled_out)[1]


def _ruled_out(moment: Moment | None, published: date | None, rule: str) -> Collection[Status]:
    """What cannot be by the days alone: what is to come has not taken place, unless its own verb says so, and what is over is not to come."""
    if moment is None or published is None:
        return ()
    if moment.start is not None and moment.start > published:
        return () if rule == "occurred" else ("occurred", "ongoing")
    is_over = moment.end is not None and moment.end < published
    return frozenset[Status]({"planned"}) if is_over else ()


def _shares(rules: Sequence[Status]) -> Iterator[str]:
    """How many of a text's events are what, by the rule."""
    counts = Counter(rules)
    for status in ("planned", "ongoing"):
        share = counts[status] / max(len(rules), 1)
        yield f"{next(word for most, word in _SHARES if share <= most)} {status}"


def _of_event(case: Case, moment: Moment | None, kind: EventType, rule: Status) -> Iterator[str]:
    tellings, scene = case.tellings, case.scene
    best = _surest(tellings, moment)
    clause, entry = best.clause, best.trigger.entry
    tense, when = clause.tense or "no tense", _when(moment, scene.published)
    lasts = "lasting" if kind.is_lasting else "brief kind"
    yield from (rule, f"{rule}, {lasts}", f"{rule}, {when}", f"{rule}, {kind.name}", f"{kind.name}, {when}")
    yield from (when, f"{when}, {tense}", f"{when}, {tense}, {lasts}", tense, f"{tense}, {lasts}", f"{tense}, {entry.word_class}", f"{tense}, {kind.name}")
    for name in _OF_CLAUSE:
        if getattr(clause, f"is_{name}"):
            yield from (f"is {name}", f"is {name}, {tense}", f"is {name}, {lasts}")
        if any(getattr(t.clause, f"is_{name}") for t in tellings):
            yield f"somewhere {name}"
    told_in = sorted({t.clause.tense for t in tellings if t.clause.tense is not None})
    yield f"told in {' and '.join(told_in) or 'no tense'}"
    yield "told once" if len(tellings) == 1 else "told again"
    yield "in heading" if best.is_heading else "in item" if best.is_brief else "in prose"
    yield f"{'in item' if best.is_brief else 'in prose'}, {when}, {tense}"
    if moment is not None:
        yield f"fineness {moment.fineness}, {when}, {lasts}"
        yield f"{when}, {'tied' if best.is_dated else 'not tied'}"
    yield from _of_words(best, scene)


def _of_words(best: Telling, scene: Scene) -> Iterator[str]:
    """Which kinds of cue stand around, and how its verb is put."""
    setting = scene.setting_of(best.trigger)
    sentence, words = setting.sentence, setting.sentence.passage
    word = words[best.trigger.token]
    low, high = max(word.i - _AROUND, sentence.words[0].i), min(word.i + _AROUND, sentence.words[-1].i)
    yield from dict.fromkeys(f"near cue {kind}" for other in words[low : high + 1] if other is not word for kind in other.kinds)
    yield from [f"cue {kind}" for kind in sentence.kinds]
    verb = _verb(word)
    if verb is not None:
        yield f"{'own verb' if verb is word else 'verb'} {' '.join(_OF_VERB.findall(verb.morph))}"
        yield from [f"auxiliary {' '.join(_OF_VERB.findall(w.morph))}" for w in verb.children if w.pos == "AUX"]


def _verb(word: Word) -> Word | None:
    """The word if a verb, else the verb right above it."""
    return next((w for w in (word, word.head, word.head.head) if w.pos in VERBAL), None)


def _when(moment: Moment | None, published: date | None) -> str:
    """How its days lie to the day of publication."""
    if moment is None:
        return "no date"
    if published is None:
        return "undated text"
    start, end = moment.start, moment.end
    if start is not None and start > published:
        return "after" if (start - published).days <= _LATE else "long after"
    if end is not None and end < published:
        days = (published - end).days
        return (
            "day before"
            if days == 1
            else "just before"
            if days <= _BEGUN_DAYS
            else "before"
            if days <= _LATE
            else "long before"
            if days <= _OLD
            else "long past"
        )
    if end is None:
        return "since"
    return "that day" if start == end else "until" if start is None else "around"


def by_rule(tellings: Sequence[Telling], moment: Moment | None, scene: Scene, kind: EventType) -> Status:
    """The status by the rule alone."""
    published = scene.published
    if any(t.clause.is_postponed for t in tellings):
        return "postponed"
    if any(t.clause.is_cancelled for t in tellings):
        return "cancelled"
    best = _surest(tellings, moment)
    goes_on = kind.is_lasting and (best.clause.is_ongoing or any(t.clause.is_beginning and t.clause.tense != "future" for t in tellings))
    by_days = _by_days(best, moment, published, goes_on) if moment is not None and published is not None else None
    if by_days is None and published is None and moment is not None and _is_of_agenda(best, moment, scene):
        return "planned"
    return by_days or _by_words(best, kind)


def _is_of_agenda(best: Telling, moment: Moment, scene: Scene) -> bool:
    """Whether an item without a verb gives a day without a year, in a text of unknown day: a chronology gives years."""
    return best.is_brief and not _says_when(best) and _YEAR.search(scene.text, *moment.span) is None


def _surest(tellings: Sequence[Telling], moment: Moment | None) -> Telling:
    """The telling whose words count: the one that gives the days, that has a verb, that a support verb makes happen, the likeliest."""
    return max(
        tellings, key=lambda t: (t.moment is not None and t.moment == moment and t.moment.fineness > 1, _says_when(t), t.clause.is_supported, t.log_odds)
    )


def _says_when(telling: Telling) -> bool:
    clause = telling.clause
    return clause.tense is not None or clause.is_announced or clause.is_ongoing


def _by_days(best: Telling, moment: Moment, published: date, goes_on: bool) -> Status | None:
    """From the days alone, None where those around the day of publication leave it to the words."""
    start, end = moment.start, moment.end
    if start is not None and start > published:
        return "occurred" if _is_told_of(best) else "planned"  # *a été inculpé et comparaîtra demain*: the day is of what follows
    if end is not None and end < published:
        return "ongoing" if goes_on and moment.fineness == _A_DAY and (published - end).days <= _BEGUN_DAYS else "occurred"
    if start is not None and end is None:
        return "ongoing"
    if start == end:
        return "ongoing" if goes_on and not _is_to_come(best) else None
    is_done = best.trigger.entry.word_class == "verbs" and best.clause.tense == "past"  # *a décrété un couvre-feu du 3 au 7*
    return "ongoing" if (moment.first is not moment.last or moment.first.precision == "range") and not (is_done or _is_to_come(best)) else None


def _by_words(best: Telling, kind: EventType) -> Status:
    clause = best.clause
    if _is_to_come(best) or (clause.is_called and kind.is_lasting):
        return "planned"
    return "ongoing" if clause.is_ongoing else "occurred"


def _is_told_of(telling: Telling) -> bool:
    """Whether its own verb says in the past that it took place."""
    clause = telling.clause
    is_open = clause.is_announced or clause.is_called or clause.is_possible or clause.is_infinitive
    return clause.tense == "past" and telling.trigger.entry.word_class == "verbs" and not is_open


def _is_to_come(telling: Telling) -> bool:
    clause = telling.clause
    is_told = clause.tense == "past" and (clause.is_supported or telling.trigger.entry.word_class == "verbs")
    return clause.tense == "future" or (clause.is_announced and not is_told)
