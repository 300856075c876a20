"""When, where and who: what ties a date, a place or a body to its event, and what does not."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date

import fit_attachment
import pytest
from fit_attachment import Bag, Sample

from extractors import Document, attachment, events, extract, signs
from extractors.arguments import Telling
from extractors.records import Event, Record
from extractors.scene import Scene
from extractors.triggers import Trigger

PUBLISHED = date(2025, 3, 12)  # a Wednesday


def _record(text: str, language: str) -> Record:
    return extract(Document(text=text, published=PUBLISHED, published_from="caller", language=language))


def _event(record: Record, kind: str) -> Event:
    [event] = [e for e in record.events if e.type == kind]
    return event


def _names(record: Record, ids: list[str]) -> set[str]:
    names = {e.id: e.name for e in record.entities if e.label != "DATE"}
    return {names[name] for name in ids}


def test_the_line_above_an_item_of_an_agenda_dates_and_places_it() -> None:
    text = (
        "Agenda du printemps\n\nJeudi 3 avril, à Namur\nAtelier sur la médiation, proposé par la Ville de Namur. Entrée libre.\n\n"
        "Mardi 8 avril, à Mons\nColloque sur le vol à main armée, proposé par la Ville de Mons. Entrée libre.\n"
    )
    record = _record(text, "fr")
    workshop, conference = _event(record, "training"), _event(record, "conference")
    assert (workshop.start, conference.start) == (date(2025, 4, 3), date(2025, 4, 8))
    assert _names(record, workshop.places) == {"Namur"}
    assert _names(record, conference.places) == {"Mons"}


def test_two_events_of_one_sentence_keep_their_own_days() -> None:
    record = _record("La police a arrêté deux hommes le 3 mars à Namur et le tribunal les a condamnés le 10 mars.", "fr")
    assert _event(record, "enforcement").start == date(2025, 3, 3)
    assert _event(record, "justice").start == date(2025, 3, 10)


def test_a_date_in_a_sentence_without_rival_counts_however_far_it_stands() -> None:
    text = "A lecture on the long history of neighbourhood watch schemes in the towns of the north, with questions after it, will be held on 2 April 2025."
    assert _event(_record(text, "en"), "conference").start == date(2025, 4, 2)


def test_a_short_text_tells_one_story_whose_day_and_place_its_later_sentences_share() -> None:
    text = "Un camion a quitté la route le 4 février 2025 à Nevers. Le chauffeur avait perdu le contrôle du véhicule. L'incendie a détruit la cargaison."
    record = _record(text, "fr")
    fire = next(e for e in record.events if e.type == "disaster")
    assert fire.start == date(2025, 2, 4)
    assert _names(record, fire.places) == {"Nevers"}


def test_who_only_reports_takes_no_part() -> None:
    record = _record("According to the Daily Chronicle, the Ministry of Justice signed an agreement with the City of Leeds on 3 March 2025.", "en")
    assert _names(record, _event(record, "agreement").organisations) == {"Ministry of Justice", "City of Leeds"}


def test_the_place_that_holds_a_place_belongs_to_the_event_too() -> None:
    record = _record("Armed men killed nine villagers near Goma, in eastern Congo, on 3 March 2025.", "en")
    assert {"Goma"} < _names(record, _event(record, "violence").places)


def test_every_kind_of_argument_has_weights_with_an_intercept() -> None:
    assert {kind.name for kind in fit_attachment.KINDS} == attachment.weights().keys()
    assert all("always" in signs and len(signs) > 100 for signs in attachment.weights().values())


def test_the_table_of_weights_names_each_sign_once() -> None:
    with fit_attachment.WEIGHTS.open(encoding="utf-8", newline="") as table:
        rows = [(row["kind"], row["sign"]) for row in csv.DictReader(table)]
    assert len(rows) == len(set(rows))


def test_the_fit_finds_the_sign_that_tells_right_from_wrong() -> None:
    samples = [Sample(f"d{n}", 1, [Bag([("close", "in it")], True), Bag([("far", "in it"), ("far",)], False)]) for n in range(20)]
    model = fit_attachment.Model(samples)
    assert model.odds(("close",)) > 0 > model.odds(("far",))
    assert fit_attachment.f1(samples, fit_attachment.held_out(samples), 0.0, is_single=False) == pytest.approx(1.0)


def _signs(text: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The signs of each telling of a type."""
    seen: list[tuple[str, ...]] = []
    resolve = events.resolve

    def noted(found: Sequence[Trigger], scene: Scene) -> list[Event]:
        seen.extend(told.signs for told in events.tellings(found, scene) if told.trigger.type == kind)
        return resolve(found, scene)

    monkeypatch.setattr(events, "resolve", noted)
    _record(text, "en")
    return seen


def test_a_telling_knows_of_the_others_of_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A workshop in Kisumu\n\nThe workshop took place on 3 March 2025 in Kisumu.\n\nPolice arrested a man after the workshop in Mombasa."
    first, *others = _signs(text, "training", monkeypatch)
    assert "word sure elsewhere" in first
    assert all("type in heading elsewhere" in signs for signs in others)
    assert "training beside enforcement" in others[-1]
    assert "training beside enforcement" not in first


def test_a_sentence_of_many_triggers_costs_each_telling_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    of_mates = signs._of_mates

    def counted(told: Telling, mates: Sequence[Telling], scene: Scene) -> Iterator[str]:
        looked.append(len(mates))
        return of_mates(told, mates, scene)

    monkeypatch.setattr(signs, "_of_mates", counted)
    _record("Kisumu\n\nIn Kisumu there was " + ", ".join(["a workshop and a strike"] * 100) + ".", "en")
    assert len(looked) > 100
    assert max(looked) <= 2 * signs._MATES + 1
