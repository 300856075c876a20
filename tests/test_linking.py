"""Whether two events of two documents are one: each reason both ways round, groups, and the stories of pairs/."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files
from itertools import combinations

import pytest
from pairs import measure

from extractors import event_types, linking, similar, wording
from extractors.gazetteers.bodies import fold
from extractors.linking import Body, Candidate, Spot, same

EXTRACTED = ("second", "fourth")  # all four take twice the time: benchmarks/linking.py runs them

COTONOU = Spot("Cotonou", 2394819, "BJ", 6.37, 2.42, "city")
PORTO_NOVO = Spot("Porto-Novo", 2392087, "BJ", 6.5, 2.6, "city")
PARAKOU = Spot("Parakou", 2392204, "BJ", 9.34, 2.63, "city")
BENIN = Spot("Bénin", 2395170, "BJ", 9.5, 2.25, "country")
TOGO = Spot("Togo", 2363686, "TG", 8.67, 1.08, "country")


def body(name: str, key: str | None = None, acronym: str | None = None) -> Body:
    return Body(name, key, acronym, wording.name_stems(name))


UNODC = body("Office des Nations unies contre la drogue et le crime", "unodc", "ONUDC")

FRENCH = Candidate(
    id="a",
    document="fr",
    type="training",
    status="occurred",
    start=date(2024, 6, 18),
    end=date(2024, 6, 20),
    published=date(2024, 6, 21),
    language="fr",
    places=(COTONOU,),
    organisations=(UNODC,),
    words=("media", "polic", "sante"),
)
ENGLISH = replace(FRENCH, id="b", document="en", language="en", organisations=(body("UNODC", "unodc", "UNODC"),))


def reasons(a: Candidate, b: Candidate) -> str:
    assert same(a, b) == same(b, a)
    return "; ".join(same(a, b).reasons)


def days(candidate: Candidate, start: date | None, end: date | None = None) -> Candidate:
    return replace(candidate, start=start, end=end or start)


# ---------------------------------------------------------------- one event or two


def test_type_days_place_and_organisation_make_one_event_of_two_languages() -> None:
    verdict = same(FRENCH, ENGLISH)
    assert verdict.is_same and verdict.score > 0.9
    assert {"same days", "same place", "ONUDC in both"} <= set(verdict.reasons)


def test_a_week_later_it_is_another_event() -> None:
    assert reasons(FRENCH, days(ENGLISH, date(2024, 6, 25), date(2024, 6, 27))) == "5 days apart"


def test_another_town_of_the_country_is_another_event() -> None:
    assert reasons(FRENCH, replace(ENGLISH, places=(PARAKOU,))).endswith("km apart")
    assert not same(FRENCH, replace(ENGLISH, places=(PARAKOU,))).is_same


def test_a_town_and_its_country_are_one_place_and_another_country_is_not() -> None:
    assert "one place lies in the other's country" in reasons(FRENCH, replace(ENGLISH, places=(BENIN,)))
    assert same(FRENCH, replace(ENGLISH, places=(BENIN,))).is_same
    assert reasons(FRENCH, replace(ENGLISH, places=(TOGO,))) == "other countries"


def test_a_neighbouring_town_is_weighed_less_than_the_same() -> None:
    assert "km apart" in reasons(FRENCH, replace(ENGLISH, places=(PORTO_NOVO,)))
    assert same(FRENCH, replace(ENGLISH, places=(PORTO_NOVO,))).score < same(FRENCH, ENGLISH).score


def test_two_events_of_one_document_are_never_one() -> None:
    assert reasons(FRENCH, replace(ENGLISH, document="fr")) == "one document"


@pytest.mark.parametrize(("other", "is_same"), [("conference", True), ("meeting", True), ("election", False), ("disaster", False)])
def test_a_gathering_is_told_as_another_and_never_as_what_is_none(other: str, is_same: bool) -> None:
    assert same(FRENCH, replace(ENGLISH, type=other)).is_same is is_same


def test_announced_in_one_and_reported_in_the_other_is_one_event() -> None:
    assert same(replace(FRENCH, status="planned", published=date(2024, 5, 1)), ENGLISH).is_same


def test_days_that_overlap_and_a_month_that_holds_them_agree() -> None:
    assert "days overlap" in reasons(FRENCH, days(ENGLISH, date(2024, 6, 19)))
    assert "same first day" in reasons(FRENCH, days(ENGLISH, date(2024, 6, 18)))
    assert "within the month" in reasons(FRENCH, days(ENGLISH, date(2024, 6, 1), date(2024, 6, 30)))
    assert "days apart" in reasons(FRENCH, days(ENGLISH, date(2024, 7, 1), date(2024, 7, 31)))


def test_an_attack_at_night_may_be_told_by_either_day_and_a_gathering_may_not() -> None:
    night, morning = days(FRENCH, date(2024, 6, 18)), days(ENGLISH, date(2024, 6, 19))
    assert reasons(night, morning) == "1 days apart"
    assert "one day apart" in reasons(replace(night, type="violence"), replace(morning, type="violence"))


def test_what_is_undated_agrees_with_news_of_its_day_and_with_none_of_last_month() -> None:
    undated = days(ENGLISH, None)
    assert "told within days of it" in reasons(FRENCH, undated)
    assert same(FRENCH, undated).is_same
    assert not same(FRENCH, replace(undated, published=date(2024, 8, 1))).is_same
    assert reasons(FRENCH, replace(undated, published=None)) == "nothing says when"


def test_other_numbers_of_a_series_are_other_events() -> None:
    assert reasons(replace(FRENCH, series=2), replace(ENGLISH, series=3)) == "numbers 2 and 3 of a series"
    assert same(replace(FRENCH, series=2), replace(ENGLISH, series=2)).is_same
    assert same(replace(FRENCH, series=2), ENGLISH).is_same


def test_the_same_day_and_town_alone_do_not_make_one_meeting() -> None:
    bare = replace(FRENCH, type="meeting", start=date(2024, 6, 18), end=date(2024, 6, 18), organisations=())
    assert not same(bare, replace(bare, id="b", document="other", words=("coton", "prix", "syndi"))).is_same
    assert same(bare, replace(bare, id="b", document="other")).is_same


def test_people_tell_two_appointments_of_one_day_apart() -> None:
    first = days(replace(FRENCH, type="appointment", names=("audet",), words=()), date(2024, 6, 18))
    second = replace(first, id="b", document="en", language="en")
    assert same(first, second).is_same
    assert not same(first, replace(second, names=("lanct",))).is_same
    assert "no name in both" in reasons(first, replace(second, names=("lanct",)))


def test_an_organisation_that_stands_elsewhere_in_the_document_counts_a_little() -> None:
    other = replace(ENGLISH, organisations=(), beside=ENGLISH.organisations)
    assert "one organisation in both documents" in reasons(FRENCH, other)
    assert same(FRENCH, replace(ENGLISH, organisations=())).score < same(FRENCH, other).score < same(FRENCH, ENGLISH).score


def test_an_unknown_word_of_a_user_type_links_with_itself() -> None:
    assert same(replace(FRENCH, type="my_type"), replace(ENGLISH, type="my_type")).is_same
    assert not same(replace(FRENCH, type="my_type"), ENGLISH).is_same


@pytest.mark.parametrize(
    ("french", "english", "is_one"),
    [
        ("ministère de la Santé", "Ministry of Health", True),
        ("ministère de la Santé", "Ministry of the Interior", False),
        ("Croix-Rouge genevoise", "Geneva Red Cross", True),
        ("université de Nantes", "University of Nantes", True),
        ("université de Nantes", "University of Ottawa", False),
    ],
)
def test_a_name_is_known_again_in_the_other_language(french: str, english: str, is_one: bool) -> None:
    assert linking.is_same_body(body(french), body(english)) is is_one


def test_two_keys_of_the_table_tell_bodies_apart_whatever_their_names() -> None:
    assert not linking.is_same_body(body("Croix-Rouge", "icrc"), body("Croix-Rouge", "ifrc"))
    assert linking.is_same_body(body("Commission de l'océan Indien", None, "COI"), body("Indian Ocean body", None, "C.O.I."))


# ---------------------------------------------------------------- words


def told(text: str, title: str = "") -> wording.Wording:
    return wording.tell(title, text, (0, len(text)), "meeting", [])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Le cinquième Forum de l'eau", 5),
        ("The 5th Mediterranean Water Forum", 5),
        ("La XIIe édition du congrès", 12),
        ("Le 5 mai, le forum", None),
        ("The fifth man", None),
    ],
)
def test_the_number_of_an_edition_is_read_in_both_languages(text: str, number: int | None) -> None:
    assert told(text).series == number


def test_both_languages_say_the_same_words() -> None:
    french, english = told("Les agriculteurs demandent de l'eau et des routes."), told("The farmers want water and roads.")
    assert set(french.words) & set(english.words) >= {"agric", "eau", "highway"}


def test_names_and_numbers_are_told_from_words_and_dates() -> None:
    assert told("Le 5 mai 2024, Aïcha Diallo a remis 30 000 euros.").names == ("30000", "aicha", "diall")
    assert told("Ministers Meet Over Northern Border Trade").names == ()


def test_countries_that_act_are_told_by_their_code() -> None:
    assert told("Le Sénégal et l'Espagne négocient.").states == ("ES", "SN")
    assert told("Senegal's minister spoke.").states == ("SN",)
    assert told("The minister spoke.").states == ()


def test_each_word_of_the_table_stands_in_one_row() -> None:
    words = [w for row in _table()["words"]["alike"] for w in row]
    assert len(words) == len(set(words))
    assert all(word == fold(word) for word in words)
    assert all(len(row) > 1 for row in _table()["words"]["alike"])
    openings = {word.rstrip("-") for word in words if word.endswith("-")}
    assert [w for w in words if not w.endswith("-") and any(w.startswith(opening) for opening in openings)] == []


def test_the_table_speaks_of_types_that_there_are() -> None:
    table = _table()
    rows = [*table["families"], *table["told_as"], table["names_decide"], table["rare"]]
    assert {name for row in rows for name in row["types"]} <= set(event_types.load_all())
    families = [set(row["types"]) for row in table["families"]]
    assert not any(a & b for a, b in combinations(families, 2))
    assert all(any(set(row["types"]) <= family for family in families) for row in table["told_as"])


def _table() -> dict[str, dict[str, list[list[str]]]]:
    return tomllib.loads((files("extractors") / "linking.toml").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- blocks and groups


def test_what_an_index_would_not_find_is_never_linked() -> None:
    events = measure.gold(("first", "fourth")).candidates
    linked = [(a, b) for a, b in combinations(events, 2) if same(a, b).is_same]
    assert linked
    assert all(set(linking.blocks(a)) & set(linking.blocks(b)) for a, b in linked)


def test_an_event_without_place_and_organisation_or_without_time_has_no_block() -> None:
    assert linking.blocks(replace(FRENCH, places=(), organisations=())) == ()
    assert linking.blocks(replace(days(FRENCH, None), published=None)) == ()
    assert linking.blocks(days(FRENCH, date(2017, 1, 1), date(2024, 12, 31))) == ()


def test_a_candidate_comes_back_from_the_store_as_it_was() -> None:
    for candidate in (FRENCH, replace(days(FRENCH, None), published=None, beside=(UNODC,), states=("BJ",), names=("30000",), series=3)):
        assert Candidate.loads(candidate.dumps()) == candidate


def test_a_group_bears_the_smallest_id() -> None:
    third = replace(ENGLISH, id="0", document="third")
    assert linking.groups([FRENCH, ENGLISH, third]) == {"a": "0", "b": "0", "0": "0"}


def test_no_chain_joins_events_that_contradict_each_other() -> None:
    first, last = days(FRENCH, date(2024, 6, 1), date(2024, 6, 10)), days(replace(ENGLISH, id="c"), date(2024, 6, 12), date(2024, 6, 20))
    between = replace(days(ENGLISH, date(2024, 6, 8), date(2024, 6, 14)), document="between")
    assert same(first, between).is_same and same(between, last).is_same
    group = linking.groups([first, between, last])
    assert group["a"] != group["c"]


def test_two_events_of_a_document_do_not_meet_in_another() -> None:
    twice = replace(FRENCH, id="c", type="meeting")
    group = linking.groups([FRENCH, ENGLISH, twice])
    assert group["a"] == group["b"] != group["c"]


def test_what_a_user_split_is_never_merged_again() -> None:
    third = replace(ENGLISH, id="c", document="third")
    group = linking.groups([FRENCH, ENGLISH, third], apart=[("b", "a")])
    assert group["a"] != group["b"]
    assert linking.groups([FRENCH, ENGLISH], apart=[("a", "b")], together=[("a", "b")])["b"] == "b"


def test_what_a_user_merged_is_one_and_draws_what_agrees_with_either() -> None:
    misread = days(replace(FRENCH, id="c", document="misread"), date(2024, 1, 5))
    group = linking.groups([FRENCH, misread, ENGLISH], together=[("c", "a")])
    assert set(group.values()) == {"a"}
    assert linking.groups([FRENCH, misread, ENGLISH])["c"] == "c"


@pytest.mark.parametrize("seed", range(10))
def test_groups_are_the_same_in_any_order(seed: int) -> None:
    events = [*measure.gold(measure.PARTS).candidates]
    split, merged = [(events[0].id, events[1].id)], [(events[3].id, events[9].id)]
    expected = linking.groups(events, apart=split, together=merged)
    random.Random(seed).shuffle(events)
    assert linking.groups(events, apart=[(b, a) for a, b in split], together=[(b, a) for a, b in merged]) == expected


def test_a_connected_set_can_be_grouped_alone() -> None:
    events = measure.gold(measure.PARTS).candidates
    linked = linking.links(events)
    whole = linking.grouped(events, linked)
    known = {c.id: c for c in events}
    for start in set(whole.values()):
        reached, border = {start}, [start]
        while border:
            at = border.pop()
            new = {x for link in linked if at in (link.a, link.b) for x in (link.a, link.b)} - reached
            reached |= new
            border += new
        alone = linking.grouped([known[x] for x in reached], [link for link in linked if link.a in reached])
        assert alone == {x: whole[x] for x in reached}


# ---------------------------------------------------------------- the stories


@pytest.mark.parametrize("part", measure.PARTS)
def test_annotated_events_are_linked_rightly(part: str) -> None:
    score = measure.score(measure.gold((part,)))
    assert score.precision >= 0.97, score.wrong
    assert score.recall >= 0.85, score.missed


def test_events_as_the_pipeline_finds_them_are_linked_rightly() -> None:
    found = measure.score(measure.found(EXTRACTED))
    assert found.precision >= 0.97, found.wrong
    assert found.recall >= 0.80, found.missed
    assert measure.score(measure.found(EXTRACTED, only_found=True)).recall >= 0.85


def test_found_events_are_linked_the_same_in_any_order() -> None:
    labelled = measure.found(EXTRACTED)
    assert {measure.score(labelled, seed=seed) for seed in range(10)} == {measure.score(labelled)}


def test_there_are_more_than_forty_stories_each_in_both_languages_with_a_hard_negative() -> None:
    stories: dict[str, list[measure.Text]] = {}
    for text in (t for part in measure.PARTS for t in measure.texts(part)):
        stories.setdefault(text.story, []).append(text)
    assert len(stories) >= 40
    for told_in in stories.values():
        assert {t.language for t in told_in} == {"en", "fr"}
        assert len({e["same"] for t in told_in for e in t.events}) > 1


# ---------------------------------------------------------------- near-identical texts

DISPATCH = (
    "Le maire de Kaya a ouvert lundi un marché couvert de trois cents étals, après deux ans de travaux payés par la commune et par une banque. "
    "Les commerçantes, qui vendaient le long de la route, y paieront une redevance de cinquante francs par jour. "
    "Un second marché est prévu dans le quartier de la gare, où les camions déchargent les légumes la nuit."
)


def test_a_dispatch_under_another_headline_and_cut_is_one_report() -> None:
    printed = "KAYA SE DOTE D'UN MARCHÉ\n\n" + DISPATCH[: len(DISPATCH) * 4 // 5]
    assert similar.is_same_report(similar.signature(DISPATCH), similar.signature(printed))
    assert set(similar.bands(similar.signature(DISPATCH))) & set(similar.bands(similar.signature(printed)))


def test_the_same_event_in_other_words_is_another_report() -> None:
    other = (
        "Trois cents vendeuses ont pris place à Kaya dans un bâtiment neuf que la commune a mis deux ans à construire avec le prêt d'une banque. "
        "Le maire, qui l'inaugurait hier, leur demande cinquante francs chaque matin. Près de la gare, un autre chantier doit commencer."
    )
    assert similar.similarity(similar.signature(DISPATCH), similar.signature(other)) < 0.1


def test_case_accents_and_line_breaks_do_not_count() -> None:
    wrapped = DISPATCH.upper().replace(", ", ",\n")
    assert similar.signature(wrapped) == similar.signature(DISPATCH)


def test_a_short_text_must_have_the_same_words() -> None:
    short = similar.signature("Le marché de Kaya ouvre lundi.")
    assert similar.is_same_report(short, similar.signature("LE MARCHÉ de Kaya ouvre lundi !"))
    assert not similar.is_same_report(short, similar.signature("Le marché de Kaya ouvre mardi."))
    assert not similar.is_same_report(short, similar.signature(DISPATCH))


def test_five_papers_print_one_report_in_any_order() -> None:
    prints = {f"paper{n}": f"Titre numéro {n} du journal\n{DISPATCH}" for n in range(5)} | {"other": "Autre nouvelle, sans rapport."}
    expected = {name: "paper0" if name != "other" else "other" for name in prints}
    for seed in range(10):
        names = list(prints)
        random.Random(seed).shuffle(names)
        assert similar.reports({name: similar.signature(prints[name]) for name in names}) == expected


def test_one_text_beside_many_is_compared_as_with_each() -> None:
    texts = [DISPATCH, DISPATCH.replace("a", "e"), DISPATCH[:-60], DISPATCH[60:], "Le marché de Kaya ouvre lundi.", "Le marché de Kaya ouvre mardi.", ""]
    signatures = [*map(similar.signature, texts), b"m\x00short"]
    for signed in signatures[:-1]:
        assert similar.same_reports(signed, signatures) == [similar.is_same_report(signed, other) for other in signatures[:-1]] + [False]
    assert similar.same_reports(signatures[0], []) == []
