"""Dates: what is written comes back as itself, in linear time, and nothing is invented."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import calendars, date_grammar, date_points, date_words, dates, languages
from extractors.document import Document, Passage, view
from extractors.pipeline import extract
from extractors.records import DateRange, Notice

PUBLISHED = date(2024, 12, 12)
FEW = settings(max_examples=25, deadline=None)  # a form: there are two dozen
CODES = languages.codes()
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
# {d} day, {o} with its ordinal, {m} month, {a} abbreviated, {p} with its point, {w} weekday, {n} month in figures
FORMS = {
    "fr": (
        "{d} {m} {y}", "{o} {m} {y}", "{w} {d} {m} {y}", "{w} le {d} {m} {y}", "{d}\u00a0{m}\u00a0{y}", "{d} {p} {y}", "{d} {a} {y}", "{d} {U} {y}",
        "{d:02}/{n:02}/{y}", "{d}/{n}/{y}", "{d:02}.{n:02}.{y}", "{d:02}-{n:02}-{y}", "{y}-{n:02}-{d:02}",
    ),
    "en": (
        "{d} {m} {y}", "{o} {m} {y}", "{o} of {m} {y}", "{m} {d}, {y}", "{m} {o}, {y}", "{m} {d} {y}", "{w}, {m} {d}, {y}", "{w} {d} {m} {y}",
        "{d} {p} {y}", "{p} {d}, {y}", "{U} {d}, {y}", "{y} {m} {d:02}", "{d}-{a}-{y}", "{n:02}/{d:02}/{y}", "{y}-{n:02}-{d:02}",
    ),
}  # fmt: skip
FRAMES = {"fr": "Le comité s'est réuni le {} à Bamako.", "en": "The panel met on {} in Accra."}
# what would be quadratic if a rule looked ahead without bound
HOSTILE = {
    "fr": (
        "1, 2, 3, ",
        "du ",
        "entre ",
        "depuis le ",
        "3 mai et ",
        "du 3 au ",
        "lundi ",
        "1",
        "mai ",
        "2 0 2 4 ",
        "fin de ",
        "quatre-vingt-",
        "le 3 mai, ",
        "semaine 42 ",
        "mardi de la semaine ",
        "premier et ",
    ),
    "en": (
        "1, 2, 3, ",
        "from ",
        "between ",
        "since the ",
        "May 3 and ",
        "from 3 to ",
        "Monday, ",
        "1/",
        "in May ",
        "2024-",
        "late ",
        "twenty-",
        "on May 3, ",
        "last Monday ",
        "last May ",
        "in May ",
        "week 42 of ",
    ),
}


def resolved(text: str, code: str, published: date | None = PUBLISHED) -> list[DateRange]:
    language, seen = languages.load(code), view(text).text
    return dates.resolve(dates.find(seen, language), seen, [Passage(0, len(seen), language, seen)], published)


def dateline(text: str, code: str) -> date | None:
    return dates.dateline(text, [Passage(0, len(text), languages.load(code), text)])


def written(day: date, form: str, code: str) -> str:
    section = languages.load(code).section("dates")
    names = section["months"][day.month - 1]
    month, weekday = names[0], section["weekdays"][day.weekday()][0]
    if code == "en":
        month, weekday, names = month.title(), weekday.title(), [name.title() for name in names]
        ordinal = f"{day.day}{'th' if 10 < day.day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day.day % 10, 'th')}"
    else:
        ordinal = "1er" if day.day == 1 else str(day.day)
    pointed = f"{names[-1]}." if len(names) > 1 else names[-1]
    return form.format(d=day.day, o=ordinal, m=month, a=names[-1], p=pointed, U=month.upper(), w=weekday, n=day.month, y=day.year)


@pytest.mark.parametrize(("code", "form"), [(code, form) for code in FORMS for form in FORMS[code]])
@FEW
@given(day=DAYS)
def test_any_date_in_any_form_comes_back_as_itself(code: str, form: str, day: date) -> None:
    expression = written(day, form, code)
    text = FRAMES[code].format(expression)
    found = resolved(text, code)
    assert [(d.start, d.end, [text[s:e] for s, e in d.mentions]) for d in found] == [(day, day, [expression])]


@pytest.mark.parametrize(("code", "form"), [("fr", "du {} au {}"), ("en", "from {} to {}"), ("en", "between {} and {}")])
@FEW
@given(start=DAYS, days=st.integers(1, 900))
def test_any_range_comes_back_as_itself(code: str, form: str, start: date, days: int) -> None:
    end = start + timedelta(days=days)
    expression = form.format(*(written(day, "{d} {m} {y}", code) for day in (start, end)))
    found = resolved(f"({expression})", code)
    assert [(d.start, d.end) for d in found] == [(start, end)]


@pytest.mark.parametrize("code", CODES)
@given(day=DAYS, published=DAYS)
def test_a_day_without_a_year_is_within_a_year_of_publication(code: str, day: date, published: date) -> None:
    found = resolved(FRAMES[code].format(written(day, "{d} {m}", code)), code, published)
    leap = (day.month, day.day) == (2, 29)
    assert [(d.start is not None and (d.start.month, d.start.day)) for d in found] == [(day.month, day.day)]
    assert all(d.start is not None and abs((d.start - published).days) <= (366 * 8 if leap else 366) for d in found)


@pytest.mark.parametrize("code", CODES)
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reader_and_every_mention_lies_in_it(code: str, text: str) -> None:
    for found in resolved(text, code):
        assert all(0 <= start < end <= len(text) for start, end in found.mentions)


@pytest.mark.parametrize("code", CODES)
@given(words=st.lists(st.sampled_from(sorted(w for kinds in HOSTILE.values() for forms in kinds for w in forms.split())), max_size=40))
def test_any_run_of_date_words_gives_ordered_days(code: str, words: list[str]) -> None:
    for found in resolved(" ".join(words), code):
        assert found.start is None or found.end is None or found.start <= found.end


@pytest.mark.parametrize("text", ["semaine {}", "en {}", "du {} au {} mai", "2023-{}", "années {}", "T{} 2024", "il y a {} jours", "{}/{}/{}"])
def test_a_number_of_ten_thousand_figures_is_no_date(text: str) -> None:
    assert not [d for d in resolved(text.replace("{}", "9" * 10_000), "fr") if d.start is not None and d.precision == "day"]


@pytest.mark.parametrize(("code", "piece"), [(code, piece) for code in HOSTILE for piece in HOSTILE[code]])
def test_the_work_grows_with_the_length_of_the_text_and_no_faster(code: str, piece: str) -> None:
    short, long = calls_of(piece * 150, code), calls_of(piece * 600, code)
    assert long < 5 * short


def calls_of(text: str, code: str) -> int:
    """How many Python calls it takes to find and resolve a text."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        resolved(text, code)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "Le 24 juillet, mardi prochain, hier, en mai, du 3 au 5 juin, cet automne, il y a deux semaines, à Noël."),
        ("en", "On July 24, next Tuesday, yesterday, in May, from 3 to 5 June, this autumn, two weeks ago, at Christmas."),
    ],
)
def test_an_undated_text_invents_no_year(code: str, text: str) -> None:
    found = resolved(text, code, published=None)
    assert len(found) >= 7
    assert all(d.start is None and d.end is None and d.edtf is not None for d in found)


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("Le 24 juillet, il pleut.", "XXXX-07-24"),
        ("En octobre, il pleut.", "XXXX-10"),
        ("Du 10 au 12 novembre, il pleut.", "XXXX-11-10/XXXX-11-12"),
        ("Depuis le 3 mars, il pleut.", "XXXX-03-03/.."),
        ("Jusqu'au 3 mars, il pleut.", "../XXXX-03-03"),
        ("Au printemps, il pleut.", "XXXX-21"),
    ],
)
def test_what_is_known_of_an_unresolved_date_is_kept_as_edtf(text: str, edtf: str) -> None:
    assert [d.edtf for d in resolved(text, "fr", published=None)] == [edtf]


@pytest.mark.parametrize(
    ("code", "text", "days"),
    [
        ("fr", "Agenda du 16 au 22 décembre\n\nLundi – Visite du phare.\nJeudi : bal. On dansait lundi.\n", ["2024-12-16", "2024-12-19", "2024-12-09"]),
        ("en", "The week of 2–8 December 2024\n\nTuesday 3\nTogo – A bridge opens.\nSunday 8\nPeru – Votes are cast.\n", ["2024-12-03", "2024-12-08"]),
    ],
)
def test_a_weekday_that_opens_a_line_is_that_of_the_week_in_the_heading(code: str, text: str, days: list[str]) -> None:
    found = sorted((mention, str(day.start)) for day in resolved(text, code) for mention in day.mentions if day.start == day.end)
    assert [day for _, day in found] == days


def test_a_text_without_a_day_of_its_own_goes_on_from_its_first_date_after_a_look_back() -> None:
    text = "Seisme\n\nLe 21 mai 2003, la terre a tremblé.\n\nOn se souvenait du 10 octobre 1980.\n\nLa visite du ministre, le 24 mai, fut brève."
    assert str(resolved(text, "fr", None)[-1].start) == "2003-05-24"


def test_equal_days_are_one_entity_with_all_its_mentions() -> None:
    text = "Mercredi, le pont a cédé ; hier encore, le 11 décembre 2024, on y passait."
    found = resolved(text, "fr")
    assert [[text[s:e] for s, e in d.mentions] for d in found] == [["Mercredi", "hier", "11 décembre 2024"]]
    assert [d.id for d in found] == ["d1"]


@pytest.mark.parametrize(
    ("expression", "precision"),
    [("3 mai 2024", "day"), ("mai 2024", "month"), ("été 2020", "season"), ("2017", "year"), ("années 1990", "range"), ("du 3 au 5 mai 2024", "range")],
)
def test_a_date_says_how_fine_it_is(expression: str, precision: str) -> None:
    assert [d.precision for d in resolved(f"Voyez ({expression}).", "fr")] == [precision]


def test_an_impossible_day_keeps_its_month_and_says_so() -> None:
    (found,) = resolved("Signé le 31 avril 2024.", "fr")
    assert (found.start, found.end) == (date(2024, 4, 1), date(2024, 4, 30))
    assert found.rule == "dates.day.impossible"
    assert found.confidence < 0.5


def test_a_wrong_weekday_keeps_the_day_and_says_so() -> None:
    (found,) = resolved("Signé le lundi 14 mai 2024.", "fr")
    assert found.start == date(2024, 5, 14)
    assert found.rule == "dates.day.impossible"


@pytest.mark.parametrize(
    ("text", "quote", "kept"),
    [
        ("Signé le 31 avril 2024.", "31 avril 2024", "2024-04-01 to 2024-04-30"),
        ("Signé le lundi 14 mai 2024.", "lundi 14 mai 2024", "2024-05-14"),
        ("Le 14 mai 2024, tout va ; on a signé le lundi 14 mai 2024.", "lundi 14 mai 2024", "2024-05-14"),
        ("Ouvert du 31 avril au 3 mai 2024.", "du 31 avril au 3 mai 2024", "2024-04-01 to 2024-05-03"),
        ("On signera le 30 février.", "30 février", "2025-02-01 to 2025-02-28"),
    ],
)
def test_a_day_that_is_on_no_calendar_is_told_with_what_was_kept(text: str, quote: str, kept: str) -> None:
    (notice,) = notices(text)
    assert notice.code == "impossible_date"
    assert f"“{quote}”" in notice.message and notice.message.endswith(f"kept {kept}")


def test_a_record_warns_of_a_day_that_is_on_no_calendar() -> None:
    record = extract(Document("La convention a été signée le 31 avril 2024 à Lomé.", language="fr", published=PUBLISHED))
    assert [w.code for w in record.warnings] == ["impossible_date"]
    assert "“31 avril 2024”" in record.warnings[0].message


def test_possible_days_give_no_warning() -> None:
    assert notices("Signé le mardi 14 mai 2024, le 29 février 2024 et lundi 9 décembre, puis hier et dimanche 8.") == []


def notices(text: str) -> list[Notice]:
    language = languages.load("fr")
    mentions = dates.find(text, language)
    found = dates.resolve(mentions, text, [Passage(0, len(text), language, text)], PUBLISHED)
    return dates.notices(mentions, found, text)


@pytest.mark.parametrize(
    "pattern", [p for module in (calendars, date_grammar, date_points, date_words, dates) for p in vars(module).values() if isinstance(p, re.Pattern)]
)
def test_no_pattern_repeats_a_repetition(pattern: re.Pattern[str]) -> None:
    assert unbounded_within(re._parser.parse(pattern.pattern, pattern.flags)) <= 1  # type: ignore[attr-defined]


def unbounded_within(tree: Iterable[Any]) -> int:
    """How deep endless repetitions stand within each other; two can cost the square of the text's length."""
    depth = 0
    for name, argument in tree:
        inner = [part for part in (argument if isinstance(argument, tuple | list) else [argument]) if hasattr(part, "data")]
        inner += [branch for part in (argument if isinstance(argument, tuple) else ()) if isinstance(part, list) for branch in part if hasattr(branch, "data")]
        is_endless = str(name).endswith("REPEAT") and argument[1] is re._parser.MAXREPEAT  # type: ignore[attr-defined]
        depth = max(depth, is_endless + max(map(unbounded_within, inner), default=0))
    return depth


def test_the_depth_of_repetitions_is_told() -> None:
    depths = {"a{2,4}(?:b|c)": 0, "a*b+": 1, "(?:x|y*)+": 2, "(a+)*": 2}
    assert {p: unbounded_within(re._parser.parse(p)) for p in depths} == depths  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "text", "day"),
    [
        ("fr", "Un titre\n\n21 juin 2012. - Le gouvernement est formé.", date(2012, 6, 21)),
        ("fr", "Publié le 3 mai 2024\n\nLe conseil a voté.", date(2024, 5, 3)),
        ("fr", "LYON, 3 mai 2024 — Le conseil a voté.", date(2024, 5, 3)),
        ("fr", "Le conseil a voté.\n\nFait à Lyon, le 3 mai 2024", date(2024, 5, 3)),
        ("en", "A title\n\nFriday, July 21, 2017\n\nA group has won.", date(2017, 7, 21)),
        ("en", "A title\n4 March 2024 Posted in Press releases\nThe minister left.", date(2024, 3, 4)),
        ("en", "The minister left.\n\nMINISTRY OF LAW\n\n24 MARCH 2021\n", date(2021, 3, 24)),
        ("en", "The minister left.\n\nMINISTRY OF LAW 16 MAY 2019\n", date(2019, 5, 16)),
    ],
)
def test_a_dateline_gives_the_day_of_publication(code: str, text: str, day: date) -> None:
    assert dateline(text, code) == day


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "Le 10 décembre 2024, la mairie a signé une lettre d'intention."),
        ("fr", "Ils se sont réunis le 3 mai 2024 à Lyon pour en parler."),
        ("fr", "Un titre\n\nLe conseil a voté la loi du 3 mai 2024."),
        ("en", "On 3 May 2024 the minister left."),
        ("en", "A title\n\nThe minister left in May 2024."),
        ("en", ""),
    ],
)
def test_a_date_in_a_sentence_is_no_dateline(code: str, text: str) -> None:
    assert dateline(text, code) is None


CHRONOLOGIES = {
    "fr": "Dix ans de médiation\n\n{}2 mars 2012 : le bureau ouvre.\n\n{}5 juin 2014 : un atelier.\n\n{}7 mai 2016 : la charte.\n\n{}3 juillet 2019 : le prix.",
    "en": "Ten years of mediation\n\n{}2 March 2012: the office opens.\n\n{}5 June 2014: a workshop.\n\n{}7 May 2016: the charter.\n\n{}3 July 2019: the prize.",
}


@pytest.mark.parametrize("code", ["fr", "en"])
@pytest.mark.parametrize("bullet", ["", "– ", "* "])
def test_the_first_entry_of_a_chronology_is_no_dateline(code: str, bullet: str) -> None:
    assert dateline(CHRONOLOGIES[code].replace("{}", bullet), code) is None


@pytest.mark.parametrize("code", ["fr", "en"])
def test_the_last_line_of_a_chronology_may_say_when_it_came_out(code: str) -> None:
    foot = {"fr": "Fait à Lyon, le 3 mai 2024", "en": "LEEDS, 3 May 2024"}[code]
    assert dateline(f"{CHRONOLOGIES[code].replace('{}', '')}\n\n{foot}", code) == date(2024, 5, 3)


@pytest.mark.parametrize("code", ["fr", "en"])
def test_a_dateline_stands_above_a_chronology(code: str) -> None:
    text = {"fr": "LYON, 3 mai 2024 — Dix ans.\n\n", "en": "LEEDS, 3 May 2024 — Ten years.\n\n"}[code] + CHRONOLOGIES[code].replace("{}", "")
    assert dateline(text, code) == date(2024, 5, 3)


@pytest.mark.parametrize("year", range(1990, 2040))
def test_easter_is_the_day_that_the_holidays_package_has(year: int) -> None:
    holidays = pytest.importorskip("holidays")
    (friday,) = holidays.country_holidays("US", subdiv="CT", years=year, language="en_US").get_named("Good Friday")
    assert calendars.Feast(easter=-2).on(year) == friday


@pytest.mark.parametrize("code", CODES)
def test_every_feast_of_the_tables_has_its_day(code: str) -> None:
    for row in languages.load(code).section("dates")["feasts"]:
        (found,) = resolved(f"({row['names'][0]} 2023)", code)
        assert found.start is not None, row
        assert found.start == found.end


@pytest.mark.parametrize(("text", "code"), [("Suite.\n7-9 mai 2022 – Fête", "fr"), ("More.\n7–9 May 2022: fair", "en")])
def test_a_range_that_opens_a_line_is_one_date(text: str, code: str) -> None:
    (found,) = resolved(text, code)
    assert (found.start, found.end) == (date(2022, 5, 7), date(2022, 5, 9))


@pytest.mark.parametrize(
    ("code", "text", "day"),
    [
        ("fr", "– 26 août 2023 : scrutin.\n– 30 août : coup de force.\n– 9 mars 2024 : levée des sanctions.\n– 16 novembre : référendum.", "2024-11-16"),
        ("fr", "26 août 2012. Scrutin.\n\n4-11 mai 2015. Forum national.\n\n29 novembre. Visite.", "2015-11-29"),
        ("fr", "3 octobre 2019. Grève.\n\n5 février. Reprise.", "2020-02-05"),
        ("en", "1 July 2020: the mill opens.\n4 March 2021: a fire breaks out.\n13 May: the mill shuts.", "2021-05-13"),
        ("en", "On 6 April 2009 the river rose. A meeting was moved to the hills, where it took place from 8 to 10 July.", "2009-07-10"),
    ],
)
def test_a_text_without_day_of_publication_goes_on_from_its_last_year(code: str, text: str, day: str) -> None:
    assert str(resolved(text, code, None)[-1].end) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The deputies vote on Friday.", "2024-12-13"),
        ("On Saturday, the mayor opens the new bridge.", "2024-12-14"),
        ("The report released on Tuesday shows a fall in thefts.", "2024-12-10"),
        ("The party emerges from Sunday's poll with six seats.", "2024-12-08"),
        ("Two men were fined on Friday.", "2024-12-06"),
    ],
)
def test_the_weekday_of_a_verb_in_the_present_is_ahead(text: str, day: str) -> None:
    record = extract(Document(text, language="en", published=PUBLISHED, published_from="caller"))
    assert [str(e.start) for e in record.entities if e.label == "DATE"] == [day]
