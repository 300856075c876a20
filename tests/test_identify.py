"""Which language a text is in, and what is left out of it."""

from __future__ import annotations

import pytest

from extractors.document import Document, Passage, view
from extractors.errors import EmptyDocument, UnsupportedLanguage
from extractors.languages.identify import passages, readable, tag_code
from extractors.options import Options
from extractors.records import Notice

DEFAULTS = Options()
FRENCH = "Le conseil municipal a adopté hier le budget de la ville, et la maire a présenté les travaux qui commenceront au printemps."
ENGLISH = "The town council adopted the budget yesterday, and the mayor presented the works that will begin in the spring."
FOREIGN = {
    "Polish": "Rada miasta przyjęła wczoraj budżet, a burmistrz przedstawił prace, które rozpoczną się wiosną przyszłego roku i potrwają dwa lata.",
    "German": "Der Gemeinderat hat gestern den Haushalt angenommen, und die Bürgermeisterin stellte die Arbeiten vor, die im Frühjahr beginnen werden.",
    "Spanish": "El concejo municipal aprobó ayer el presupuesto de la ciudad, y la alcaldesa presentó las obras que comenzarán en la primavera.",
    "Italian": "Il consiglio comunale ha approvato ieri il bilancio della città, e la sindaca ha presentato i lavori che inizieranno in primavera.",
    "Portuguese": "A câmara municipal aprovou ontem o orçamento da cidade, e a presidente apresentou as obras que vão começar na primavera.",
    "Dutch": "De gemeenteraad heeft gisteren de begroting goedgekeurd, en de burgemeester stelde de werken voor die in de lente zullen beginnen.",
    "Romanian": "Consiliul local a adoptat ieri bugetul orașului, iar primarul a prezentat lucrările care vor începe în primăvară.",
    "Swedish": "Kommunfullmäktige antog i går budgeten för staden, och borgmästaren presenterade arbetena som ska börja till våren.",
}


def told(text: str, language: str | None = None, options: Options = DEFAULTS) -> tuple[list[Passage], list[Notice]]:
    return passages(Document(text, language=language, source="post.txt"), view(text).text, options)


def codes(text: str, language: str | None = None) -> list[str]:
    return [passage.language.code for passage in told(text, language)[0]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (FRENCH, "fr"),
        (ENGLISH, "en"),
        ("Le marché de Noël aura lieu samedi.", "fr"),
        ("The market is on Saturday.", "en"),
        ("Signature de la convention par les maires", "fr"),
        ("Signing of the agreement by both mayors", "en"),
        ("RÉUNION DU CONSEIL MUNICIPAL LE 3 MAI", "fr"),
        ("COUNCIL MEETING ON THE THIRD OF MAY", "en"),
    ],
)
def test_french_and_english_are_told_apart(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize("language", FOREIGN)
def test_a_text_in_another_language_is_refused_by_name(language: str) -> None:
    with pytest.raises(UnsupportedLanguage, match=f"post.txt: the text is in {language}; French and English are read"):
        told(FOREIGN[language])


@pytest.mark.parametrize("language", FOREIGN)
def test_the_caller_cannot_make_another_language_ours(language: str) -> None:
    with pytest.raises(UnsupportedLanguage):
        told(FOREIGN[language] * 2, "fr")


def test_a_foreign_text_in_short_lines_is_refused_too() -> None:
    with pytest.raises(UnsupportedLanguage, match="Polish"):
        told(FOREIGN["Polish"].replace(" ", "\n"))


@pytest.mark.parametrize("text", ["Вчера городской совет принял бюджет города.", "市议会昨天通过了该市的预算。", "وافق المجلس البلدي أمس على الميزانية"])
def test_another_script_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedLanguage, match="another script"):
        told(text)


def test_each_paragraph_has_its_language() -> None:
    assert codes(f"{FRENCH}\n\n{ENGLISH}\n\n{FRENCH}") == ["fr", "en", "fr"]


def test_short_paragraphs_take_that_of_their_neighbours() -> None:
    text = f"Budget 2025\n\n{FRENCH}\n\nPhoto : Ann Harper\n\n{ENGLISH}\n\nContact: Ann Harper"
    found, _ = told(text)
    assert [(passage.language.code, passage.text.split("\n")[0]) for passage in found] == [("fr", "Budget 2025"), ("en", ENGLISH)]
    assert "Photo" in found[0].text and "Contact" in found[1].text


def test_a_foreign_paragraph_is_left_out_with_a_warning() -> None:
    found, notices = told(f"{FRENCH}\n\n{FOREIGN['Spanish']}\n\n{FRENCH}")
    assert [passage.text for passage in found] == [view(FRENCH).text] * 2
    assert [notice.code for notice in notices] == ["unsupported_language"]
    assert "Spanish" in notices[0].message


def test_a_list_of_foreign_names_stays_in_its_document() -> None:
    names = "Ministerio de Justicia, Universidad Nacional Autónoma de México, Comisión Nacional de Derechos Humanos, Instituto Federal Electoral"
    found, notices = told(f"{FRENCH}\n\n{names}\n\n{FRENCH}")
    assert len(found) == 1 and not notices


@pytest.mark.parametrize("text", ["2/15", "on 2/15", "15 sept", "12:30"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_cannot_be_told_is_in_the_callers_language(text: str, language: str) -> None:
    assert codes(text, language) == [language]


def test_without_the_callers_word_the_setting_counts_and_warns() -> None:
    found, notices = told("2/15", options=Options(default_language="fr"))
    assert found[0].language.code == "fr"
    assert [notice.code for notice in notices] == ["language_assumed"]


def test_without_either_the_error_asks_for_it() -> None:
    with pytest.raises(UnsupportedLanguage, match="give the language"):
        told("2/15")


def test_an_unread_language_of_the_caller_is_named() -> None:
    with pytest.raises(UnsupportedLanguage, match="'de'"):
        told("2/15", "de")


def test_a_blank_text_is_empty() -> None:
    with pytest.raises(EmptyDocument, match=r"post\.txt"):
        told(" \n ")


def test_the_same_text_has_the_same_language_every_time() -> None:
    title = "Visite présidentielle : accords commerciaux signés Dakar"
    assert {tuple(codes(title)) for _ in range(20)} == {("fr",)}


@pytest.mark.parametrize("run", ["!" * 20_000, "(" * 501, "a.b-" * 200])
def test_runs_that_stall_the_tokenizer_are_blanked_and_told(run: str) -> None:
    text = f"{FRENCH} {run} {FRENCH}"
    found, notices = told(text)
    assert [notice.code for notice in notices] == ["long_run"]
    shown = "".join(readable(passage.text, Options()) for passage in found)
    assert len(shown) == sum(len(passage.text) for passage in found)
    assert max(map(len, shown.split())) < 30 and "printemps" in shown


def test_a_long_word_is_left_alone() -> None:
    text = "https://exemple.org/" + "a" * 480
    assert readable(text, Options()) == text


@pytest.mark.parametrize(("tag", "code"), [("fr", "fr"), ("fr-CA", "fr"), ("EN_us", "en"), (" de ", "de"), ("français", None), ("", None)])
def test_a_language_tag_gives_its_code(tag: str, code: str | None) -> None:
    assert tag_code(tag) == code
