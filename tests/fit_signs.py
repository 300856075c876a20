"""Fit extractors/signs.csv: `python tests/fit_signs.py` prints how well, `--write` writes the weights.

The texts are our own: tests/gold, tests/training and tests/posts. A telling is right where its trigger lies on a word of a gold event
of its type. Logistic regression with a ridge (Newton's method, plain numpy); the ridge and what an
event's confidence makes of the log-odds are measured on documents held out, eight folds.

Later words are grown from what these texts tell of, and a fit with them would believe a word because the text that it was taken
from has it (of texts that nobody read, French type F1 was 0.56 with such a fit and 0.61 without). So each text is read
without the words that were grown from it: training/words/N.txt are those that were taken while the texts up to own-N were read for words.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import posts

from extractors import events, signs, triggers
from extractors.arguments import Telling
from extractors.document import Document
from extractors.evaluate import Json, load_gold
from extractors.languages import Language
from extractors.pipeline import extract
from extractors.records import Event
from extractors.scene import Scene
from extractors.spans import Span, overlap
from extractors.triggers import Trigger

WORDS = Path(__file__).parent / "training" / "words"
LEXICON = triggers.lexicon
WEIGHTS = Path(signs.__file__).with_name("signs.csv")
LAST = 10**9  # above the number of every text
FOLDS = 8
RIDGE = 10.0  # of 3, 5, 10 and 20 the best log loss on documents held out, and the best events
LEAST_SEEN = 8  # a sign seen less often gets no weight

Floats = npt.NDArray[np.float64]


# Not tests/held: what is fitted is measured on that.
FOLDERS = tuple(Path(__file__).parent / name for name in ("gold", "training"))


@dataclass(frozen=True)
class Reading:
    """One text as the pipeline reads it, with its events."""

    group: str
    found: Sequence[Trigger]
    scene: Scene
    told: Sequence[Telling]
    gold: Sequence[Json]


def readings() -> list[Reading]:
    """Every text of ours that says which events it tells of, read without the words that were grown from it."""
    whole = [*load_gold(FOLDERS), *posts.load()]
    return [reading for texts in _by_words(whole) for reading in texts]


def _by_words(whole: Sequence[Json]) -> Iterator[list[Reading]]:
    grown = {int(path.stem): [tuple(row) for row in csv.reader(path.open(encoding="utf-8"), delimiter="\t")] for path in WORDS.glob("*.txt")}
    first = 0
    for last in (*sorted(grown), LAST):
        hidden = frozenset(row for number, rows in grown.items() if number >= last for row in rows)
        with patch.object(triggers, "lexicon", partial(_lexicon_without, hidden)):
            yield [_reading(g) for g in whole if first <= _number(g) <= last]
        first = last + 1


def _number(gold: Json) -> int:
    """Of *own-1234*; the first texts have none."""
    name, _, number = str(gold["id"]).rpartition("-")
    return int(number) if name == "own" and number.isdigit() else 0


@lru_cache
def _lexicon_without(hidden: frozenset[tuple[str, ...]], language: Language, types_folder: Path | None = None) -> triggers.Lexicon:
    """The lexicon of a language without some of its words."""
    return LEXICON(language, types_folder).only(lambda row: (language.code, row[1].type, " ".join(row[0])) not in hidden)


def document_of(gold: Json) -> Document:
    published = date.fromisoformat(gold["published"]) if gold.get("published") else None
    return Document(gold["text"], title=gold.get("title"), published=published, published_from="caller" if published else None)


def _reading(gold: Json) -> Reading:
    found, scene = heard(gold)
    return Reading(gold["id"], found, scene, events.tellings(found, scene), gold["events"])


def heard(gold: Json) -> tuple[Sequence[Trigger], Scene]:
    """The triggers of a text and its scene, as the pipeline has them when it comes to the events."""
    seen: list[tuple[Sequence[Trigger], Scene]] = []

    def keep(found: Sequence[Trigger], scene: Scene) -> list[Event]:
        seen.append((found, scene))
        return []

    with patch.object(events, "resolve", keep):
        extract(document_of(gold))
    [told] = seen
    return told


def is_right(told: Telling, gold: Sequence[Json]) -> bool:
    """Whether a telling lies on a word of an event of its type."""
    return any(e["type"] == told.trigger.type and touches([told.trigger.span], e["mentions"]) for e in gold)


def touches(mine: Sequence[Span], theirs: Sequence[Sequence[int]]) -> bool:
    """Whether any two spans overlap."""
    return any(overlap(a, (b[0], b[1])) for a in mine for b in theirs)


@dataclass(frozen=True)
class Sample:
    """One telling whose truth is known."""

    group: str
    told: Telling
    is_right: bool


def sampled(read: Sequence[Reading]) -> list[Sample]:
    """Every telling whose truth is known."""
    return [Sample(reading.group, told, is_right(told, reading.gold)) for reading in read for told in reading.told]


class Signed(Protocol):
    """What signs are known of."""

    @property
    def signs(self) -> Iterable[str]:
        """Their names."""


class Table:
    """Signs as columns of numbers."""

    def __init__(self, tellings: Sequence[Signed], least: int = LEAST_SEEN) -> None:
        counts = Counter(sign for told in tellings for sign in set(told.signs))
        self.names = sorted(sign for sign, count in counts.items() if count >= least)
        self._column = {sign: column for column, sign in enumerate(self.names, 1)}

    def rows(self, tellings: Sequence[Signed]) -> Floats:
        """One row a telling, the first column always 1."""
        matrix = np.zeros((len(tellings), len(self.names) + 1))
        matrix[:, 0] = 1
        for row, told in enumerate(tellings):
            matrix[row, [self._column[sign] for sign in told.signs if sign in self._column]] = 1
        return matrix


def fitted(rows: Floats, right: Floats, ridge: float) -> Floats:
    """Weights of a logistic regression; the intercept is not held back."""
    weights = np.zeros(rows.shape[1])
    held = np.full(rows.shape[1], ridge)
    held[0] = 1e-3
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (chance - right) + held * weights
        step = np.linalg.solve((rows.T * (chance * (1 - chance))) @ rows + np.diag(held), gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def held_out(samples: Sequence[Sample], table: Table, ridge: float) -> Floats:
    """Log-odds of each telling by the weights that its own document had no part in."""
    rows, right = table.rows([s.told for s in samples]), _truths(samples)
    fold = _folds([s.group for s in samples])
    odds = np.zeros(len(samples))
    for number in range(FOLDS):
        rest = fold != number
        odds[~rest] = rows[~rest] @ fitted(rows[rest], right[rest], ridge)
    return odds


def _truths(samples: Sequence[Sample]) -> Floats:
    return np.array([float(s.is_right) for s in samples])


def _folds(groups: Sequence[str]) -> npt.NDArray[np.int64]:
    number = {group: index % FOLDS for index, group in enumerate(sorted(set(groups)))}
    return np.array([number[group] for group in groups])


def log_loss(samples: Sequence[Sample], odds: Floats) -> float:
    """Mean of minus the logarithm of the chance given to what is so."""
    return float(np.logaddexp(0, np.where(_truths(samples) > 0, -odds, odds)).mean())


def event_weights(read: Sequence[Reading], samples: Sequence[Sample], odds: Floats) -> dict[str, float]:
    """What an event's confidence makes of its surest telling's log-odds, from whole documents held out."""
    known = {(s.group, s.told.trigger.span, s.told.trigger.entry): value for s, value in zip(samples, odds, strict=True)}
    rows, right = [], []
    for reading in read:
        told = [replace(t, log_odds=known[reading.group, t.trigger.span, t.trigger.entry]) for t in reading.told]
        surest = {t.trigger.span: t.log_odds for t in sorted(told, key=lambda t: t.log_odds)}
        with patch.object(events, "tellings", lambda found, scene, told=told: told):
            happened = events.resolve(reading.found, reading.scene)
        for event in happened:
            rows.append([1.0, max(surest[m] for m in event.mentions), float(len(event.mentions) > 1)])
            right.append(float(any(e["type"] == event.type and touches(event.mentions, e["mentions"]) for e in reading.gold)))
    weights = fitted(np.array(rows), np.array(right), 0.1)
    return dict(zip(("event: always", "event: log-odds", "event: told again"), map(float, weights), strict=True))


def main() -> None:
    """Print what held-out documents say of several ridges; write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    arguments = parser.parse_args()
    read = readings()
    samples = sampled(read)
    table = Table([s.told for s in samples])
    right = _truths(samples)
    print(f"{len(samples)} tellings of {len(read)} texts, {int(right.sum())} of them right; {len(table.names)} signs")
    for ridge in () if arguments.write else (3.0, 5.0, RIDGE, 20.0):
        print(f"ridge {ridge:4.0f}: log loss {log_loss(samples, held_out(samples, table, ridge)):.4f}")
    weights = fitted(table.rows([s.told for s in samples]), right, RIDGE)
    rows = {"always": float(weights[0]), **dict(zip(table.names, map(float, weights[1:]), strict=True))}
    rows |= event_weights(read, samples, held_out(samples, table, RIDGE))
    print("\n".join(f"{name}: {rows[name]:.3f}" for name in rows if name.startswith("event:")))
    if arguments.write:
        with WEIGHTS.open("w", encoding="utf-8", newline="") as out:
            table_of = csv.writer(out, lineterminator="\n")
            table_of.writerow(("sign", "weight"))
            table_of.writerows((name, f"{weight:.3f}") for name, weight in rows.items())


if __name__ == "__main__":
    main()
